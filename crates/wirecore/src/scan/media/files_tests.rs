//! Files that other people's programs wrote (`tools/make_media_fixtures.py`), and what somebody hides behind their
//! heads.

use super::*;
use crate::scan::random::Random;

/// Every fixture: its name, and the format that is told.
const FILES: &[(&str, &str)] = &[
    ("lossy.webp", "webp"),
    ("lossless.webp", "webp"),
    ("plain.gif", "gif"),
    ("moving.gif", "gif"),
    ("colour.bmp", "bmp"),
    ("palette.bmp", "bmp"),
    ("plain.tiff", "tiff"),
    ("deflate.tiff", "tiff"),
    ("jpeg.tiff", "tiff"),
    ("photo.jpg", "jpeg"),
    ("photo.png", "png"),
    ("photo.heic", "heic"),
    ("photo.avif", "avif"),
    ("film.mp4", "mp4"),
    ("faststart.mp4", "mp4"),
    ("fragments.mp4", "mp4"),
    ("film.mov", "mov"),
    ("film.3gp", "3gp"),
    ("film.mkv", "mkv"),
    ("film.webm", "webm"),
    ("live.webm", "weba"),
    ("film.avi", "avi"),
    ("pictures.avi", "avi"),
    ("live.avi", "avi"),
    ("sound.flac", "flac"),
    ("live.flac", "flac"),
    ("sound.m4a", "m4a"),
    ("sound.aac", "aac"),
    ("sound.opus", "opus"),
    ("sound.amr", "amr"),
    ("sound.wav", "wav"),
    ("sound.mp3", "mp3"),
    ("bare.mp3", "mp3"),
];

fn file(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/media/");
    std::fs::read(format!("{folder}{name}")).expect("a fixture")
}

fn explained(images: &[Image]) -> u64 {
    images
        .iter()
        .flat_map(|image| image.explained().collect::<Vec<_>>())
        .map(|(start, end)| end - start)
        .sum()
}

#[test]
fn a_file_is_found_whole_at_any_place_and_nothing_in_it_is_left_over() {
    for &(name, format) in FILES {
        let whole = file(name);
        for before in [0, 3, 100] {
            let behind = b"\xFE\x00--boundary--\r\n and a few words more to read";
            let bytes = [&vec![b'x'; before], &whole[..], behind].concat();
            let found = images(&bytes);
            let first = found.iter().find(|image| image.format == format);
            let first = first.unwrap_or_else(|| panic!("{name} at {before}: {found:?}"));
            assert!(first.complete, "{name}: {first:?}");
            assert_eq!(first.start, before as u64, "{name}");
            assert_eq!(first.end, (before + whole.len()) as u64, "{name}");
            assert_eq!(first.sha256, sha256(&whole), "{name}");
            assert_eq!(first.holes, [], "{name}");
        }
    }
}

#[test]
fn windows_make_no_difference_to_films_and_sounds() {
    for &(name, format) in FILES {
        // What is decoded to be proved needs all its bytes, and of a TIFF the directories must be near.
        let at_hand = matches!(format, "webp" | "tiff");
        let bytes = [
            &b"some bytes \0 before"[..],
            &file(name),
            b"\xFE\0and behind",
        ]
        .concat();
        let whole = images(&bytes);
        for size in [700, 4000, 9000] {
            let found = super::tests::images_in_windows(&bytes, size, 64);
            if at_hand {
                assert!(explained(&found) <= explained(&whole), "{name} {size}");
                continue;
            }
            assert_eq!(found.len(), whole.len(), "{name} {size}");
            for (found, whole) in found.iter().zip(&whole) {
                assert_eq!(
                    (found.start, found.end, found.complete, found.sha256),
                    (whole.start, whole.end, whole.complete, whole.sha256),
                    "{name} {size}"
                );
            }
        }
    }
}

#[test]
fn a_whole_head_before_sealed_bytes_explains_next_to_nothing_of_them() {
    for &(name, format) in FILES {
        if format == "jpeg" || format == "png" {
            continue; // `media_tests.rs`
        }
        let whole = file(name);
        for keep in [64, 200, 600, 1200] {
            // Of HEIC and AVIF, the head ends where the first length of its one unit begins.
            if keep * 3 > whole.len() || matches!(format, "heic" | "avif") && keep > 250 {
                continue;
            }
            let sealed = Random::new(keep as u64).bytes(whole.len() - keep);
            // As long as the true file, so that every length in the head is right.
            let forged = [&whole[..keep], &sealed].concat();
            let told = explained(&images(&forged));
            assert!(
                told <= keep as u64 + sealed.len() as u64 / 20 + 300,
                "{name}, {keep} of {}: {told}",
                whole.len()
            );
        }
    }
}

#[test]
fn the_index_of_a_film_does_not_make_sealed_bytes_a_film() {
    // All tables of the film are there, and every length is right; only the samples are sealed.
    for name in ["film.mp4", "faststart.mp4", "photo.heic", "photo.avif"] {
        let mut forged = file(name);
        let at = forged.windows(4).position(|four| four == b"mdat").unwrap() + 4;
        let len = u32::from_be_bytes(forged[at - 8..at - 4].try_into().unwrap()) as usize - 8;
        let sealed = Random::new(5).bytes(len);
        forged[at..at + len].copy_from_slice(&sealed);
        let found = images(&forged);
        let left = forged.len() as u64 - explained(&found);
        assert!(left >= len as u64, "{name}: {left} of {len}");
    }
}

#[test]
fn what_hides_in_the_free_space_of_a_container_stays_unexplained() {
    let sealed = Random::new(6).bytes(3000);
    let mut film = file("film.mp4");
    film.extend(3008_u32.to_be_bytes());
    film.extend(b"free");
    film.extend(&sealed);
    let found = images(&film);
    assert_eq!(film.len() as u64 - explained(&found), 3000);
    let mut sound = file("sound.wav");
    sound.extend(b"junk");
    sound.extend(3000_u32.to_le_bytes());
    sound.extend(&sealed);
    let len = sound.len() as u32 - 8;
    sound[4..8].copy_from_slice(&len.to_le_bytes());
    assert_eq!(sound.len() as u64 - explained(&images(&sound)), 3000);
    // Zeros are nothing.
    let mut film = file("film.mp4");
    film.extend(3008_u32.to_be_bytes());
    film.extend(b"free");
    film.extend(vec![0; 3000]);
    assert_eq!(film.len() as u64 - explained(&images(&film)), 0);
}

#[test]
fn a_film_whose_index_lists_other_frames_is_not_believed() {
    let mut forged = file("film.avi");
    let at = forged.windows(4).rposition(|four| four == b"idx1").unwrap();
    forged[at + 8 + 16 + 12] ^= 1; // the second frame's length
    let left = forged.len() as u64 - explained(&images(&forged));
    let film = forged.windows(4).position(|four| four == b"movi").unwrap();
    assert!(left >= (at - film - 4) as u64, "{left} of {}", at - film);
}

#[test]
fn sealed_bytes_that_a_flac_stores_as_samples_stay_unexplained() {
    let mut bytes = b"fLaC\x80\0\0\x22\x01\0\x01\0\0\0\0\0\0\0\x0A\xC4\x40\xF0\0\0\0\0".to_vec();
    bytes.extend([0; 16]);
    let head = bytes.len() as u64;
    for number in 0..8 {
        let start = bytes.len();
        bytes.extend([0xFF, 0xF8, 0x80, 0x08, number, 0]);
        let right = (0..=255).find(|&sum| {
            bytes[start + 5] = sum;
            flac_frame::header(&bytes[start..], 16).is_ok()
        });
        bytes[start + 5] = right.expect("a checksum");
        bytes.push(2);
        bytes.extend(Random::new(u64::from(number) + 1).bytes(512));
        let sum = bytes[start..]
            .iter()
            .fold(0, |sum, &b| flac_frame::next_sum(sum, b));
        bytes.extend(sum.to_be_bytes());
    }
    let found = images(&bytes);
    assert_eq!((found[0].format, found[0].complete), ("flac", true));
    assert_eq!(found[0].end, bytes.len() as u64);
    assert_eq!(explained(&found), head);
}

#[test]
fn a_cut_file_is_not_whole_and_no_cut_or_damage_does_harm() {
    for &(name, format) in FILES {
        let whole = file(name);
        for len in (0..whole.len()).step_by(1 + whole.len() / 25) {
            for image in images(&whole[..len]) {
                // Sounds may end behind any of their frames.
                let may = matches!(image.format, "amr" | "aac" | "mp3" | "opus" | "weba")
                    || matches!(name, "live.avi" | "live.flac");
                let inside = image.start > 0;
                // A film whose tables stand first, and its boxes all there.
                let boxes = matches!(format, "mp4" | "mov" | "3gp" | "m4a") && len > 0;
                assert!(!image.complete || may || inside || boxes, "{name} {len}");
            }
        }
        for at in (0..whole.len()).step_by(1 + whole.len() / 60) {
            for byte in [0, 0x80, 0xFF] {
                let mut damaged = whole.clone();
                damaged[at] = byte;
                images(&damaged);
            }
        }
    }
}

#[test]
fn a_picture_inside_a_film_is_told_as_well() {
    let photo = file("photo.jpg");
    let mut film = file("film.mp4");
    film.extend((photo.len() as u32 + 8).to_be_bytes());
    film.extend(b"free");
    film.extend(&photo);
    let found = images(&film);
    assert!(found
        .iter()
        .any(|image| image.format == "mp4" && image.complete));
    let inner = found.iter().find(|image| image.format == "jpeg").unwrap();
    assert_eq!(inner.sha256, sha256(&photo));
}

#[test]
fn containers_in_containers_take_linear_time() {
    // Each box of brands may begin a film that holds all that follows.
    let head = b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\0mdat";
    let nest = head.repeat(40_000);
    assert!(images(&nest).len() < 64);
    let directories =
        b"II*\0\x08\0\0\0\x01\0\0\x01\x04\0\x01\0\0\0\x10\0\0\0\0\0\0\0".repeat(30_000);
    assert_eq!(images(&directories), []);
    let tags = b"ID3\x03\0\0\0\0\x01\x00".repeat(100_000);
    assert_eq!(images(&tags), []);
}

#[test]
fn random_bytes_are_no_file_of_any_format() {
    let mut random = Random::new(7);
    for len in [100, 1000, 100_000, 1_000_000] {
        assert_eq!(images(&random.bytes(len)), []);
    }
}

#[test]
fn a_picture_of_any_decoded_format_shows_the_owners_photo() {
    use crate::scan::picture::{decode, Album, Likeness};
    let mut album = Album::default();
    album
        .add(7, decode("jpeg", &file("photo.jpg")).unwrap())
        .unwrap();
    for (name, format) in [
        ("lossy.webp", "webp"),
        ("plain.gif", "gif"),
        ("jpeg.tiff", "tiff"),
        ("colour.bmp", "bmp"),
    ] {
        let grey = decode(format, &file(name)).unwrap();
        let seen = album
            .find(&grey)
            .unwrap()
            .unwrap_or_else(|| panic!("{name}"));
        assert_eq!((seen.needle, seen.likeness), (7, Likeness::Whole), "{name}");
        // Damage makes it unseen, and nothing else.
        for at in (0..file(name).len()).step_by(997) {
            let mut damaged = file(name);
            damaged[at] ^= 0x55;
            let _ = decode(format, &damaged);
        }
    }
    // A picture that claims more pixels than are decoded.
    let mut bomb = file("plain.gif");
    bomb[6..10].copy_from_slice(&[0xFF; 4]);
    assert!(decode("gif", &bomb).is_err());
}

#[test]
fn a_bitmap_whose_sizes_make_no_sense_is_none() {
    // The length of the file, where pixels begin, the length of the header, width, height, bits.
    for at in [2, 10, 14, 18, 22, 28] {
        let mut forged = file("colour.bmp");
        forged[at..at + 2].copy_from_slice(&[0xFF; 2]);
        if at != 28 {
            forged[at + 2..at + 4].copy_from_slice(&[0xFF, if at == 22 { 0x7F } else { 0xFF }]);
        }
        assert_eq!(images(&forged), [], "{at}");
    }
}
