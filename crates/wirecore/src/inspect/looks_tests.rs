//! Images in traffic that show an owner's photo, and digests that only a salt explains.

use super::*;
use crate::scan::picture::tests::{Scene, ALL};
use crate::scan::picture::Grey;
use crate::scan::printed::{base64, hex};

fn png(pixels: &[u8], width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(pixels).unwrap();
    writer.finish().unwrap();
    file
}

/// Scene 7 is the owner's photo (fact 0), 460001234567890 the owner's number (fact 1).
fn watch() -> Arc<Watch> {
    let needles = Needles::compile(vec![], vec![], vec![]).unwrap();
    let grey = Grey::of_pixels(400, 300, &Scene::new(7).pixels((400, 300), ALL)).unwrap();
    let mut album = Album::default();
    album.add(0, grey).unwrap();
    let value = Value {
        needle: 1,
        bytes: b"460001234567890".to_vec(),
    };
    let watch = Watch::new(needles, vec![0, 1], vec![]).unwrap();
    let watch = watch.with_album(album).unwrap();
    Arc::new(watch.with_salted(vec![value]).unwrap())
}

fn inspect(body: &[u8], window: usize, time_ns: i64) -> Findings {
    let limits = Limits::default();
    let mut inspector = Inspector::new(watch(), Arc::new(Keys::new()), &limits);
    let (mut carry, mut out) = (Carry::default(), Findings::default());
    let mut start = 0;
    loop {
        let end = (start + window).min(body.len());
        let offset = start.saturating_sub(limits.body_overlap_bytes);
        inspector.inspect(
            &Piece {
                place: "body",
                bytes: &body[offset..end],
                offset: offset as u64,
                last: end == body.len(),
                total: None,
                content_type: "",
                up: true,
                chunk_name: None,
            },
            &mut carry,
            &mut out,
        );
        start = end;
        if end == body.len() {
            break;
        }
    }
    inspector.end_message(&mut carry, "photos.example", time_ns, &mut out);
    out
}

#[test]
fn a_copy_of_which_no_byte_is_the_same_is_the_owners_photo() {
    let copy = png(&Scene::new(7).pixels((160, 120), ALL), 160, 120);
    for body in [
        copy.clone(),
        [b"head ", &copy[..], b" tail"].concat(),
        format!("{{\"screen\":\"{}\"}}", base64(&copy)).into_bytes(),
    ] {
        let found = inspect(&body, usize::MAX, 0);
        assert_eq!(found.media.len(), 1);
        assert_eq!(found.media[0].looked, "owner");
        assert_eq!(found.hits.len(), 1);
        assert_eq!((found.hits[0].needle, found.hits[0].digest), (0, "picture"));
    }
}

#[test]
fn an_image_that_spans_windows_is_looked_at_as_well() {
    let copy = png(&Scene::new(7).pixels((900, 700), ALL), 900, 700);
    let body = [&vec![b'.'; 100_000][..], &copy, &vec![b'.'; 100_000]].concat();
    let found = inspect(&body, 150_000, 0);
    assert_eq!(found.hits.len(), 1);
    let range = (100_000, 100_000 + copy.len() as u64);
    assert_eq!((found.hits[0].start, found.hits[0].end), range);
    assert_eq!(found.media[0].looked, "owner");
}

#[test]
fn somebody_elses_image_is_called_a_stranger_and_a_part_is_not_judged() {
    let other = png(&Scene::new(8).pixels((400, 300), ALL), 400, 300);
    let found = inspect(&other, usize::MAX, 0);
    assert_eq!((found.hits.len(), found.media[0].looked), (0, "stranger"));
    let owners = png(&Scene::new(7).pixels((400, 300), ALL), 400, 300);
    let cut = inspect(&owners[..owners.len() / 2], usize::MAX, 0);
    assert_eq!((cut.hits.len(), cut.media[0].looked), (0, ""));
}

#[test]
fn a_digest_salted_with_the_hour_is_the_owners_and_says_with_what() {
    let digest = crate::scan::media::sha256(b"2014072113460001234567890");
    let body = format!("{{\"device\":{{\"id\":\"{}\"}},\"v\":3}}", hex(&digest));
    let found = inspect(body.as_bytes(), usize::MAX, 1_405_947_600_000_000_000);
    assert_eq!(found.hits.len(), 1);
    let hit = &found.hits[0];
    assert_eq!(
        (hit.needle, hit.digest, hit.start, hit.end),
        (1, "salted sha256", 0, 32)
    );
    let last = hit.steps.last().unwrap();
    assert_eq!((last.codec, &last.path[..]), ("hex", "salt 2014072113"));
    let mut bytes = body.into_bytes();
    for step in &hit.steps {
        bytes = crate::unwrap::apply(step, &bytes, &Keys::new()).unwrap();
    }
    assert_eq!(bytes, digest);
    let later = inspect(&bytes, usize::MAX, 1_505_947_600_000_000_000);
    assert_eq!(later.hits, [], "another hour");
}

/// A JPEG in structure whose scan is noise, and a watch that knows it as fact 0.
fn file_in_pieces() -> (Vec<u8>, Arc<Watch>) {
    let noise = crate::scan::random::Random::new(5).bytes(90_000);
    let head =
        b"\xFF\xD8\xFF\xC0\x00\x0B\x08\x02\xD0\x03\xC0\x01\x01\x11\x00\xFF\xDA\x00\x08\x01\x01\x00\x00\x3F\x00";
    let scan: Vec<u8> = noise.into_iter().filter(|&byte| byte != 0xFF).collect();
    let file = [&head[..], &scan, b"\xFF\xD9"].concat();
    let needles = Needles::compile(vec![], vec![], vec![]).unwrap();
    let print = crate::scan::pieces::Print::of(&file, 64).unwrap();
    let watch = Watch::new(needles, vec![0], vec![]).unwrap();
    let watch = watch.with_pieces(Pieces::new(vec![(0, print)])).unwrap();
    (file, Arc::new(watch))
}

fn look_for_pieces(watch: &Arc<Watch>, body: &[u8]) -> Findings {
    let limits = Limits::default();
    let mut inspector = Inspector::new(Arc::clone(watch), Arc::new(Keys::new()), &limits);
    let (mut carry, mut out) = (Carry::default(), Findings::default());
    let piece = Piece {
        place: "body",
        bytes: body,
        offset: 0,
        last: true,
        total: Some(body.len() as u64),
        content_type: "application/octet-stream",
        up: true,
        chunk_name: None,
    };
    inspector.inspect(&piece, &mut carry, &mut out);
    out
}

#[test]
fn each_piece_of_a_file_is_the_owners_and_is_read() {
    let (file, watch) = file_in_pieces();
    for start in (0..file.len()).step_by(16_384) {
        let end = (start + 16_384).min(file.len());
        let found = look_for_pieces(&watch, &file[start..end]);
        assert_eq!(found.hits.len(), 1, "{start}");
        assert_eq!((found.hits[0].needle, found.hits[0].digest), (0, "piece"));
        assert_eq!(
            (found.hits[0].end, found.opaque_bytes),
            ((end - start) as u64, 0)
        );
    }
}

#[test]
fn sealed_bytes_beside_a_piece_stay_unread_and_noise_is_no_piece() {
    let (file, watch) = file_in_pieces();
    let noise = crate::scan::random::Random::new(6).bytes(8000);
    let found = look_for_pieces(&watch, &[&file[20_000..30_000], &noise[..]].concat());
    assert_eq!(found.hits.len(), 1);
    assert!(
        (7900..8070).contains(&found.opaque_bytes),
        "{}",
        found.opaque_bytes
    );
    let found = look_for_pieces(&watch, &noise);
    assert_eq!((found.hits.len(), found.opaque_bytes), (0, 8000));
}
