//! Content codings: whole, cut, damaged, lying, and grown beyond reason.

use std::io::Write as _;
use wirecore::anomaly::Kind;
use wirecore::http::ContentDecoder;
use wirecore::limits::Limits;
use wirecore::record::Odd;

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn raw(data: &[u8]) -> Vec<u8> {
    let mut encoder =
        flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn zstd(data: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(data, 3).unwrap()
}

/// [`fox`] as the reference encoder writes it at its highest quality (by `zlib.brotliCompressSync` of Node.js).
const BROTLI: &[u8] = include_bytes!("fox.br");
fn fox() -> Vec<u8> {
    (0..10)
        .flat_map(|n| format!("The quick brown fox {n}\n").into_bytes())
        .collect()
}

/// Decodes in pieces of `size`; what came out, what was said, and how much stayed unread.
fn run(codings: &str, data: &[u8], size: usize) -> (Vec<u8>, Vec<Odd>, u64) {
    let mut decoder = ContentDecoder::new(codings, &Limits::default()).expect("known codings");
    let mut out = Vec::new();
    let mut said = Vec::new();
    for piece in data.chunks(size) {
        said.extend(decoder.feed_into(piece, &mut out).err());
    }
    said.extend(
        decoder
            .finish(&mut |piece| out.extend_from_slice(piece))
            .err(),
    );
    (out, said, decoder.unread())
}

/// Decodes; however the bytes are cut, the same comes out and the same is said.
fn decoded(codings: &str, data: &[u8]) -> (Vec<u8>, Vec<Odd>) {
    let (whole, said, _) = run(codings, data, usize::MAX);
    for size in [1, 2, 5, 1000] {
        let (cut, cut_said, _) = run(codings, data, size);
        assert_eq!(
            whole.escape_ascii().to_string(),
            cut.escape_ascii().to_string(),
            "{codings} in pieces of {size}"
        );
        let kinds = |said: &[Odd]| {
            said.iter()
                .map(|odd| (odd.kind, odd.detail.clone()))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            kinds(&said),
            kinds(&cut_said),
            "{codings} in pieces of {size}"
        );
    }
    (whole, said)
}

#[test]
fn every_coding_gives_back_what_went_in() {
    let text = fox();
    let long: Vec<u8> = (0..60_000u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    for data in [&text, &long] {
        for (name, coded) in [
            ("gzip", gzip(data)),
            ("X-Gzip", gzip(data)),
            ("deflate", zlib(data)),
            ("deflate", raw(data)),
            ("zstd", zstd(data)),
            ("identity", data.clone()),
            ("", data.clone()),
            ("gzip, zstd", zstd(&gzip(data))),
            ("deflate , identity, gzip", gzip(&zlib(data))),
        ] {
            assert_eq!(decoded(name, &coded), (data.clone(), vec![]), "{name}");
        }
    }
    assert_eq!(decoded("br", BROTLI), (text, vec![]));
}

#[test]
fn members_and_frames_in_a_row_are_one_body() {
    let joined = [gzip(b"one "), gzip(b"two "), vec![0; 20]].concat();
    assert_eq!(decoded("gzip", &joined), (b"one two ".to_vec(), vec![]));
    assert_eq!(
        decoded("zstd", &[zstd(b"one "), zstd(b"two")].concat()),
        (b"one two".to_vec(), vec![])
    );
}

#[test]
fn a_cut_body_gives_what_there_is_and_says_so() {
    let data: Vec<u8> = (0..30_000u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    for (name, coded) in [
        ("gzip", gzip(&data)),
        ("deflate", zlib(&data)),
        ("zstd", zstd(&data)),
    ] {
        let (out, said) = decoded(name, &coded[..coded.len() / 2]);
        // zstd gives whole blocks of 128 KiB only.
        assert!(
            name == "zstd" || out.len() > data.len() / 3,
            "{name} gave {}",
            out.len()
        );
        assert!(data.starts_with(&out));
        assert_eq!((said.len(), said[0].kind), (1, Kind::CodingDamaged));
        assert!(said[0].detail.ends_with("ended early"));
    }
}

#[test]
fn damage_stops_the_decoding_and_the_rest_is_counted() {
    let data: Vec<u8> = (0..100_000u32)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    let mut coded = gzip(&data);
    let end = coded.len();
    // The check value at the end does not fit: everything was given, and it is said.
    coded[end - 6] ^= 1;
    let (out, said) = decoded("gzip", &coded);
    assert_eq!(
        (out.len(), said.len(), said[0].kind),
        (data.len(), 1, Kind::CodingDamaged)
    );
    // A block type that does not exist, after a first good member.
    let bad = [
        gzip(b"good"),
        b"\x1f\x8b\x08\0\0\0\0\0\0\x03\xff\xff\xff".to_vec(),
        vec![7; 5000],
    ]
    .concat();
    let (out, said, unread) = run("gzip", &bad, 100);
    assert_eq!((out, said.len()), (b"good".to_vec(), 1));
    assert!(unread > 4000, "{unread}");
}

#[test]
fn a_body_that_is_not_what_its_header_says_passes_as_it_is() {
    for name in ["gzip", "zstd"] {
        let (out, said) = decoded(name, b"{\"imei\":\"490154203237518\"}");
        assert_eq!(out, b"{\"imei\":\"490154203237518\"}");
        assert_eq!((said.len(), said[0].kind), (1, Kind::CodingDamaged));
        assert_eq!(decoded(name, b"x").0, b"x");
        assert_eq!(decoded(name, b""), (vec![], vec![]));
    }
    assert_eq!(
        decoded("gzip", &zlib(b"swapped")),
        (b"swapped".to_vec(), vec![])
    );
    let (out, said) = decoded("gzip", &[gzip(b"one"), b"garbage".to_vec()].concat());
    assert_eq!((out, said[0].kind), (b"one".to_vec(), Kind::CodingDamaged));
}

#[test]
fn unknown_codings_keep_their_name() {
    let odd = ContentDecoder::new("gzip, rot13", &Limits::default()).unwrap_err();
    assert_eq!(
        (odd.kind, odd.detail.as_str()),
        (Kind::CodingUnknown, "content coding \"rot13\"")
    );
    let many = vec!["gzip"; 50].join(",");
    assert!(ContentDecoder::new(&many, &Limits::default()).is_err());
}

#[test]
fn a_bomb_is_stopped_and_never_held_whole() {
    let zeros = vec![0u8; 200 << 20];
    for (name, bomb) in [
        ("gzip", gzip(&zeros)),
        ("zstd", zstd(&zeros)),
        ("gzip, gzip", gzip(&gzip(&zeros))),
    ] {
        let mut decoder = ContentDecoder::new(name, &Limits::default()).unwrap();
        let (mut total, mut largest) = (0, 0);
        let odd = decoder.feed(&bomb, &mut |piece| {
            total += piece.len();
            largest = largest.max(piece.len());
        });
        assert_eq!(odd.unwrap_err().kind, Kind::BoundReached, "{name}");
        assert!(
            total >= 1 << 20 && total <= bomb.len() * 200 + (1 << 20),
            "{name}: {total}"
        );
        assert!(largest <= 32 * 1024);
        let mut after = 0;
        decoder
            .feed(&bomb, &mut |piece| after += piece.len())
            .unwrap();
        assert_eq!((after, decoder.unread()), (0, bomb.len() as u64));
    }
}
