//! Files whose "pixels" are random bytes behind the headers that a format wants.

use super::*;
use crate::scan::random::Random;

/// A JPEG in structure: a colour profile of random bytes that other files share, then a scan.
fn jpeg(seed: u64, len: usize) -> Vec<u8> {
    let profile = Random::new(99).bytes(4000);
    let scan = Random::new(seed).bytes(len);
    let head = b"\xFF\xD8\xFF\xE2\x0F\xA2";
    [head, &profile[..], b"\xFF\xDA\x00\x02", &scan].concat()
}

fn known(files: &[&[u8]]) -> Pieces {
    let prints = files.iter().zip(0..).map(|(file, needle)| {
        let print = Print::of(file, LEAST_BLOCK).unwrap();
        let again = Print::from_bytes(&print.to_bytes()).unwrap();
        assert_eq!(again, print);
        (needle, again)
    });
    Pieces::new(prints.collect())
}

#[test]
fn a_piece_cut_anywhere_is_a_piece_of_its_file() {
    let (one, two) = (jpeg(1, 60_000), jpeg(2, 60_000));
    let pieces = known(&[&one, &two]);
    for (start, end) in [
        (4096, 20_480),
        (16_384, 32_768),
        (10_001, 13_501),
        (50_123, 64_010),
    ] {
        let found = pieces.find(&two[start..end]);
        assert_eq!(
            found,
            [Piece {
                needle: 1,
                start: 0,
                end: end - start
            }],
            "{start}..{end}"
        );
    }
}

#[test]
fn what_stands_around_a_piece_is_not_part_of_it() {
    let file = jpeg(3, 60_000);
    let (before, after) = (Random::new(7).bytes(5000), Random::new(8).bytes(9000));
    let body = [&before, &file[9999..30_001], &after].concat();
    let found = known(&[&file]).find(&body);
    assert_eq!(found.len(), 1);
    let piece = found[0];
    assert!((5000..5064).contains(&piece.start), "{piece:?}");
    assert!((24_938..=25_002).contains(&piece.end), "{piece:?}");
}

#[test]
fn pieces_of_several_files_are_told_apart() {
    let (one, two) = (jpeg(1, 30_000), jpeg(2, 30_000));
    let body = [&two[8192..16_384], &one[8192..16_384]].concat();
    let found = known(&[&one, &two]).find(&body);
    let whose: Vec<_> = found
        .iter()
        .map(|piece| (piece.needle, piece.start, piece.end))
        .collect();
    assert_eq!(whose, [(1, 0, 8192), (0, 8192, 16_384)]);
}

#[test]
fn a_colour_profile_that_files_share_shows_no_file() {
    let (owners, strangers) = (jpeg(1, 30_000), jpeg(2, 30_000));
    let pieces = known(&[&owners]);
    assert_eq!(pieces.find(&strangers), []);
    assert_eq!(pieces.find(&owners[..4000]), []);
    assert_eq!(pieces.find(&Random::new(5).bytes(100_000)), []);
}

#[test]
fn a_changed_byte_ends_a_piece_and_less_than_a_kibibyte_is_none() {
    let file = jpeg(4, 60_000);
    let pieces = known(&[&file]);
    let mut body = file[8192..24_576].to_vec();
    body[8000] ^= 1;
    let found = pieces.find(&body);
    assert_eq!(found.len(), 2);
    assert!(found[0].end <= 8000 && found[1].start > 8000);
    assert_eq!(pieces.find(&file[8192..9152]), []);
}

#[test]
fn what_holds_no_compressed_pixels_has_no_print() {
    assert_eq!(Print::of(b"", 64), None);
    assert_eq!(Print::of(&jpeg(1, 500), 64), None);
    let blank = [&b"\xFF\xD8\xFF\xDA\x00\x02"[..], &vec![0x55; 60_000]].concat();
    assert_eq!(Print::of(&blank, 64), None);
    assert_eq!(Print::of(&Random::new(1).bytes(60_000), 64), None);
    for wrong in [
        &b"12345678"[..],
        &[0; 8],
        &[64, 0, 0, 0, 255, 255, 255, 255, 1],
    ] {
        assert_eq!(Print::from_bytes(wrong), None);
    }
}

#[test]
fn pixels_are_found_in_each_format() {
    let data = Random::new(6).bytes(3000);
    let length = 3000u32;
    let png = [
        b"\x89PNG\r\n\x1a\n",
        &length.to_be_bytes()[..],
        b"IDAT",
        &data,
        b"CRC.",
    ]
    .concat();
    let webp = [b"RIFF\0\0\0\0WEBPVP8 ", &length.to_le_bytes()[..], &data].concat();
    let heic = [
        b"\0\0\0\x0cftypheic",
        &(length + 8).to_be_bytes()[..],
        b"mdat",
        &data,
    ]
    .concat();
    for file in [png, webp, heic] {
        assert!(Print::of(&file, 64).is_some(), "{:?}", &file[..12]);
        for cut in 0..40 {
            pixels(&file[..cut]); // never fails
        }
    }
}
