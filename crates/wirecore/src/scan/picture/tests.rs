//! Pictures that are found again, and those that must not be.

use super::*;
use crate::scan::random::Random;

/// A scene without pixels: waves and discs, from a seed. Its brightness at any place of the unit square.
pub(crate) struct Scene {
    waves: Vec<[f32; 4]>,
    discs: Vec<[f32; 4]>,
}

impl Scene {
    pub(crate) fn new(seed: u64) -> Self {
        let mut random = Random::new(seed);
        let mut any = |least: f32, most: f32| {
            least + (most - least) * random.below(1 << 20) as f32 / (1u32 << 20) as f32
        };
        Scene {
            waves: (0..6)
                .map(|_| {
                    [
                        any(-9.0, 9.0),
                        any(-9.0, 9.0),
                        any(0.0, 6.3),
                        any(5.0, 20.0),
                    ]
                })
                .collect(),
            discs: (0..14)
                .map(|_| {
                    [
                        any(0.0, 1.0),
                        any(0.0, 1.0),
                        any(0.02, 0.15),
                        any(-70.0, 70.0),
                    ]
                })
                .collect(),
        }
    }

    fn at(&self, x: f32, y: f32) -> u8 {
        let mut light = 128.0;
        for [u, v, phase, height] in &self.waves {
            light += height * (u * x + v * y + phase).sin();
        }
        for [left, top, radius, height] in &self.discs {
            if (x - left).hypot(y - top) < *radius {
                light += height;
            }
        }
        light.clamp(0.0, 255.0) as u8
    }

    /// The pixels of a window of it, row by row.
    pub(crate) fn pixels(&self, size: (usize, usize), window: [f32; 4]) -> Vec<u8> {
        let [x0, y0, width, height] = window;
        let mut pixels = Vec::with_capacity(size.0 * size.1);
        for y in 0..size.1 {
            for x in 0..size.0 {
                let (fx, fy) = (
                    (x as f32 + 0.5) / size.0 as f32,
                    (y as f32 + 0.5) / size.1 as f32,
                );
                pixels.push(self.at(x0 + fx * width, y0 + fy * height));
            }
        }
        pixels
    }

    fn grey(&self, size: (usize, usize), window: [f32; 4]) -> Grey {
        Grey::of_pixels(size.0, size.1, &self.pixels(size, window)).unwrap()
    }
}

pub(crate) const ALL: [f32; 4] = [0.0, 0.0, 1.0, 1.0];

fn album(count: u64) -> Album {
    let mut album = Album::default();
    for seed in 0..count {
        album
            .add(seed as u32, Scene::new(seed).grey((480, 360), ALL))
            .unwrap();
    }
    album
}

#[test]
fn a_picture_is_found_again_in_any_size_and_light() {
    let album = album(8);
    for (seed, size) in [
        (0, (120, 90)),
        (3, (1000, 750)),
        (5, (96, 96)),
        (7, (64, 48)),
    ] {
        let mut copy = Scene::new(seed).grey(size, ALL);
        for point in &mut copy.points {
            *point = (f32::from(*point) * 0.8 + 30.0) as u8;
        }
        let seen = album.find(&copy).unwrap().expect("the copy");
        assert_eq!((seen.needle, seen.likeness), (seed as u32, Likeness::Whole));
    }
}

#[test]
fn it_is_found_in_all_eight_orientations() {
    let album = album(4);
    let copy = Scene::new(2).grey((200, 150), ALL);
    for which in 0..8 {
        let seen = album.find(&super::patch::turn(&copy, which)).unwrap();
        assert_eq!(seen.map(|seen| seen.needle), Some(2), "orientation {which}");
    }
}

#[test]
fn the_eight_orientations_differ() {
    let grey = Scene::new(1).grey((64, 48), ALL);
    let mut all: Vec<Vec<u8>> = (0..8)
        .map(|which| super::patch::turn(&grey, which).points)
        .collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 8);
}

#[test]
fn a_part_is_found_by_the_second_look() {
    let album = album(8);
    for (seed, window) in [
        (1, [0.0, 0.16, 0.84, 0.84]),
        (4, [0.1, 0.1, 0.8, 0.8]),
        (6, [0.125, 0.0, 0.75, 1.0]),
    ] {
        let size = ((window[2] * 400.0) as usize, (window[3] * 300.0) as usize);
        let part = Scene::new(seed).grey(size, window);
        let seen = album.find(&part).unwrap().expect("the part");
        assert_eq!((seen.needle, seen.likeness), (seed as u32, Likeness::Part));
    }
}

#[test]
fn strangers_are_not_taken_for_the_owners() {
    let album = album(12);
    for seed in 100..130 {
        let stranger = Scene::new(seed).grey((320, 240), ALL);
        assert_eq!(album.find(&stranger), Ok(None), "scene {seed}");
    }
}

#[test]
fn what_is_too_plain_is_never_compared() {
    let flat = Grey::of_pixels(100, 100, &[90; 10_000]).unwrap();
    assert!(!Album::takes(&flat));
    assert_eq!(Album::default().add(0, flat.clone()), Err(Unseen::Plain));
    assert_eq!(album(1).find(&flat), Err(Unseen::Plain));
    assert_eq!(
        Grey::of_pixels(20, 400, &[9; 8_000]),
        Err(Unseen::Plain),
        "a strip"
    );
}

#[test]
fn a_picture_of_one_edge_is_never_compared() {
    let skyline = |height: f32| {
        let at = |x: usize| height + 14.0 * (x as f32 / 40.0).sin();
        let points = (0..100 * 100).map(|i| {
            if (i / 100) as f32 > at(i % 100) {
                200
            } else {
                60
            }
        });
        Grey::of_pixels(100, 100, &points.collect::<Vec<u8>>()).unwrap()
    };
    assert!(!Album::takes(&skyline(50.0)));
    assert_eq!(Album::default().add(0, skyline(50.0)), Err(Unseen::Plain));
    assert_eq!(album(1).find(&skyline(45.0)), Err(Unseen::Plain));
}

#[test]
fn bombs_and_broken_images_are_refused_before_they_cost_anything() {
    let mut bomb = Vec::new();
    let mut encoder = png::Encoder::new(&mut bomb, 60_000, 60_000);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    drop(encoder.write_header().unwrap());
    assert_eq!(decode("png", &bomb), Err(Unseen::TooLarge));
    for format in ["jpeg", "png", "tga"] {
        assert_eq!(
            decode(format, b"\xFF\xD8\xFF\xE0 nothing"),
            Err(Unseen::Undecodable)
        );
    }
    let small = include_bytes!("../testdata/baseline.jpg");
    assert_eq!(decode("jpeg", small), Err(Unseen::Plain), "24 by 16 pixels");
}

#[test]
fn what_is_kept_of_a_picture_can_be_written_and_read() {
    let grey = Scene::new(3).grey((300, 500), ALL);
    assert_eq!((grey.width, grey.height), (76, 128));
    assert_eq!(Grey::from_bytes(&grey.to_bytes()), Some(grey.clone()));
    let bytes = grey.to_bytes();
    for broken in [&bytes[..3], &bytes[..100], &[0, 0, 0, 5], &[255; 40]] {
        assert_eq!(Grey::from_bytes(broken), None);
    }
}
