//! The images in `testdata` are 24 by 16 pixels of a colour ramp, written by Pillow: quality 60, plain;
//! progressive with restart markers; with an EXIF thumbnail of 8 by 8.

use super::*;
use crate::scan::random::Random;

const BASELINE: &[u8] = include_bytes!("testdata/baseline.jpg");
const PROGRESSIVE: &[u8] = include_bytes!("testdata/progressive.jpg");
const THUMBNAIL: &[u8] = include_bytes!("testdata/thumbnail.jpg");
const PNG: &[u8] = include_bytes!("testdata/small.png");
const ALL: [(&str, &[u8]); 4] = [
    ("jpeg", BASELINE),
    ("jpeg", PROGRESSIVE),
    ("jpeg", THUMBNAIL),
    ("png", PNG),
];

/// Searches `bytes` in windows of at most `size` bytes that repeat `overlap` each.
pub(super) fn images_in_windows(bytes: &[u8], size: usize, overlap: usize) -> Vec<Image> {
    let mut found = Vec::new();
    let mut search = Search::new(overlap, None);
    let mut from = 0;
    loop {
        let end = (from + size).min(bytes.len());
        search.feed(
            &bytes[from..end],
            from as u64,
            end == bytes.len(),
            &mut |image| found.push(image),
        );
        if end == bytes.len() {
            found.sort_by_key(|image| image.start);
            return found;
        }
        from = end - overlap;
    }
}

#[test]
fn an_image_is_found_whole_at_any_place() {
    for (format, file) in ALL {
        for before in [0, 1, 7, 100] {
            let bytes = [&vec![b'x'; before], file, b"\r\n--boundary--\r\n"].concat();
            let found = images(&bytes);
            let expected = Image {
                format,
                start: before as u64,
                end: (before + file.len()) as u64,
                width: 24,
                height: 16,
                sha256: sha256(file),
                complete: true,
                looked: Looked::Not,
                holes: vec![],
            };
            assert_eq!(found, [expected]);
        }
    }
}

#[test]
fn images_in_a_row_are_each_found() {
    let bytes = [BASELINE, b"between", PNG, PROGRESSIVE, PNG].concat();
    let formats: Vec<&str> = images(&bytes)
        .iter()
        .filter(|i| i.complete)
        .map(|i| i.format)
        .collect();
    assert_eq!(formats, ["jpeg", "png", "jpeg", "png"]);
}

#[test]
fn windows_make_no_difference() {
    let mut random = Random::new(3);
    let bytes = [
        &random.bytes(300),
        THUMBNAIL,
        &random.bytes(90),
        PNG,
        BASELINE,
        &PROGRESSIVE[..400],
        &random.bytes(50),
    ]
    .concat();
    let whole = images(&bytes);
    assert!(whole.len() >= 4);
    for size in [11, 16, 63, 200, 500, 1000, 1500] {
        for overlap in [7, 8, 10] {
            assert_eq!(
                images_in_windows(&bytes, size, overlap),
                whole,
                "{size} {overlap}"
            );
        }
    }
}

#[test]
fn a_cut_image_is_marked_as_soon_as_its_size_is_known() {
    for (_, file) in ALL {
        for len in 0..file.len() {
            for image in images(&file[..len]) {
                assert!(!image.complete || image.start > 0, "{len}");
                // Cut before the frame header, the thumbnail stands for the image.
                let thumbnail =
                    file == THUMBNAIL && len < 1200 && (image.width, image.height) == (8, 8);
                assert!(thumbnail || (image.start, image.width, image.height) == (0, 24, 16));
            }
        }
        assert_eq!(images(&file[..file.len() - 1]).len(), 1);
        assert_eq!(images(&file[..20]), []);
    }
}

#[test]
fn bytes_missing_between_windows_close_what_is_open() {
    let mut found = Vec::new();
    let mut search = Search::default();
    let half = BASELINE.len() - 20;
    search.feed(&BASELINE[..half], 0, false, &mut |image| found.push(image));
    assert_eq!(search.open_since(true), Some(0));
    search.feed(&BASELINE[half + 5..], half as u64 + 5, true, &mut |image| {
        found.push(image);
    });
    assert_eq!(found.len(), 1);
    assert!(!found[0].complete && found[0].end == half as u64);
}

#[test]
fn a_magic_number_alone_is_nothing() {
    let mut random = Random::new(4);
    for magic in [
        &b"\xFF\xD8\xFF"[..],
        b"\xFF\xD8\xFF\xE0\x00\x10JFIF\0",
        b"\x89PNG\r\n\x1a\n",
    ] {
        for len in [0, 10, 1000, 100_000] {
            assert_eq!(images(&[magic, &random.bytes(len)].concat()), []);
        }
    }
}

#[test]
fn a_wrong_checksum_ends_a_png_where_it_was_right_last() {
    let mut bytes = PNG.to_vec();
    let at = bytes.len() - 20; // in the image data
    bytes[at] ^= 1;
    let found = images(&bytes);
    assert!(found.len() == 1 && !found[0].complete && found[0].end == 8 + 25);
    bytes[20] ^= 1; // in the header
    assert_eq!(images(&bytes), []);
}

#[test]
fn a_chunk_that_claims_too_much_does_not_hide_what_follows() {
    let mut bytes = PNG[..33].to_vec();
    bytes.extend_from_slice(b"\x7f\xff\xff\xffIDAT");
    bytes.extend_from_slice(BASELINE);
    bytes.extend_from_slice(b"the end");
    for found in [images(&bytes), images_in_windows(&bytes, 200, 10)] {
        let photo = found.iter().find(|image| image.format == "jpeg").unwrap();
        assert!(photo.complete && photo.sha256 == sha256(BASELINE));
    }
}

#[test]
fn changed_bytes_never_panic_and_never_give_an_image_outside_the_bytes() {
    let mut random = Random::new(11);
    for (_, file) in ALL {
        for _ in 0..3000 {
            let mut bytes = [file, file].concat();
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len() as u64) as usize;
                match random.below(3) {
                    0 => bytes[at] = random.next() as u8,
                    1 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, 0xFF),
                }
            }
            for image in images(&bytes) {
                assert!(image.start < image.end && image.end <= bytes.len() as u64);
            }
        }
    }
}

/// How often each byte may be looked at, in the mean: hostile bytes are searched in time linear in their number.
/// A quadratic search would take days here.
#[test]
fn hostile_bytes_take_linear_time() {
    let len = 8 << 20;
    let repeat = |unit: &[u8]| unit.iter().copied().cycle().take(len).collect::<Vec<u8>>();
    let png_head = [&PNG[..33], b"\x7f\xff\xff\xffIDAT"].concat();
    let frame = b"\xFF\xD8\xFF\xC0\x00\x0B\x08\x00\x10\x00\x10\x01\x01\x11\x00\xFF\xDB\x00\x43";
    for unit in [
        &b"\xFF\xD8\xFF"[..],
        b"\xFF\xD8",
        b"\xFF\xD8\xFF\xE0\xFF\xFF",
        b"\xFF\xD8\xFF\xE0\x00\x02\xFF\xE0\x00\x02",
        b"\xFF\xD8\xFF\xFF\xFF\xFF\xFF\xFF",
        b"\x89PNG\r\n\x1a\n",
        &png_head,
        frame,
        BASELINE,
        PNG,
    ] {
        let bytes = repeat(unit);
        let mut count = 0;
        Search::default().feed(&bytes, 0, true, &mut |_| count += 1);
        assert!(
            count <= len / MIN_IMAGE.min(unit.len().max(16)) + 1,
            "{unit:?}: {count}"
        );
    }
}

#[test]
fn an_owners_file_with_bytes_after_the_image_is_known_by_both() {
    let file = [BASELINE, b"maker's trailer"].concat();
    let expected = [
        (sha256(&file), file.len() as u64),
        (sha256(BASELINE), BASELINE.len() as u64),
    ];
    assert_eq!(fingerprints(&file), expected);
    assert_eq!(
        fingerprints(BASELINE),
        [(sha256(BASELINE), BASELINE.len() as u64)]
    );
    assert_eq!(fingerprints(b"no image"), [(sha256(b"no image"), 8)]);
}
