//! Stories of files: every variant that is read, every way a file can be bad.

use std::io::{self, Cursor, Read, Write};

use proptest::prelude::*;
use wirecore::anomaly::Kind;
use wirecore::capture::{sniff, CaptureErrorKind, Format, Item, Reader};
use wirecore::limits::Limits;

use crate::wire::*;

/// Items as owned text, so that readers of different files can be compared.
pub fn items(file: &[u8]) -> Vec<String> {
    items_of(Cursor::new(file.to_vec()))
}

fn items_of(file: impl Read) -> Vec<String> {
    let mut reader = Reader::open(file, &Limits::default()).expect("a capture");
    let mut out = Vec::new();
    while let Some(item) = reader.next_item().expect("no failing medium") {
        out.push(format!("{item:?}"));
    }
    out
}

fn odds(file: &[u8]) -> (u64, Vec<Kind>) {
    let mut reader = Reader::open(file, &Limits::default()).expect("a capture");
    let (mut frames, mut odds) = (0, Vec::new());
    while let Some(item) = reader.next_item().expect("no failing medium") {
        match item {
            Item::Frame(_) => frames += 1,
            Item::Odd(odd) => odds.push(odd.kind),
            Item::Secrets { .. } | Item::Dropped { .. } | Item::AppName { .. } => {}
        }
    }
    (frames, odds)
}

fn failure(file: &[u8]) -> (CaptureErrorKind, String) {
    match Reader::open(file, &Limits::default()) {
        Ok(_) => panic!("this is no capture"),
        Err(error) => (error.kind, error.text),
    }
}

/// Gives its bytes in pieces as small as a pipe may, with interruptions.
struct Trickle<'a> {
    data: &'a [u8],
    interrupt: bool,
}

impl Read for Trickle<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.interrupt = !self.interrupt;
        if self.interrupt {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let n = 1.min(into.len());
        self.data.read(&mut into[..n])
    }
}

/// Fails as a medium does after its data.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.read(into)? {
            0 => Err(io::Error::other("the medium is gone")),
            n => Ok(n),
        }
    }
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(data).expect("memory");
    out.finish().expect("memory")
}

fn compressed(data: &[u8]) -> Vec<(Format, Vec<u8>)> {
    let mut xz = xz2::write::XzEncoder::new(Vec::new(), 1);
    xz.write_all(data).expect("memory");
    let blocks = lz4_flex::frame::FrameInfo::new().block_size(lz4_flex::frame::BlockSize::Max64KB);
    let mut lz4 = lz4_flex::frame::FrameEncoder::with_frame_info(blocks, Vec::new());
    lz4.write_all(data).expect("memory");
    vec![
        (Format::Gzip, gzip(data)),
        (Format::Zstd, zstd::encode_all(data, 1).expect("memory")),
        (Format::Xz, xz.finish().expect("memory")),
        (Format::Lz4, lz4.finish().expect("memory")),
    ]
}

#[test]
fn every_classic_variant_gives_the_same_frames() {
    let frames = conversation(40_000);
    let plain = items(&pcap(&frames));
    assert_eq!(plain.len(), frames.len());
    for big_endian in [false, true] {
        for (nanoseconds, modified) in [(false, false), (true, false), (false, true)] {
            let how = Classic {
                big_endian,
                nanoseconds,
                modified,
                link: 1,
            };
            assert_eq!(items(&pcap_as(how, &frames)), plain);
        }
    }
    for big_endian in [false, true] {
        assert_eq!(items(&pcapng(Blocks { big_endian }, &frames)), plain);
    }
}

#[test]
fn times_are_nanoseconds_since_1970() {
    let how = Classic {
        nanoseconds: true,
        ..PLAIN
    };
    let mut file = how.header();
    file.extend(how.record(START_NS + 7, &[0; 20], 60));
    let mut reader = Reader::open(file.as_slice(), &Limits::default()).expect("a capture");
    let Ok(Some(Item::Frame(frame))) = reader.next_item() else {
        panic!("a frame")
    };
    assert_eq!(frame.ts_ns, START_NS as i64 + 7);
    assert_eq!(
        (frame.data.len(), frame.wire_len),
        (20, 60),
        "a frame cut by the snap length"
    );
}

#[test]
fn the_frame_check_sequence_bits_are_no_part_of_the_link_type() {
    let how = Classic {
        link: 0x2400_0001,
        ..PLAIN
    };
    let file = pcap_as(how, &conversation(1));
    let mut reader = Reader::open(file.as_slice(), &Limits::default()).expect("a capture");
    assert!(matches!(reader.next_item(), Ok(Some(Item::Frame(f))) if f.link == 1));
}

#[test]
fn old_writers_put_the_wire_length_first() {
    let mut file = pcap(&[]);
    file[6] = 2;
    file.extend(PLAIN.record(START_NS, &[], 0));
    let at = file.len() - 8;
    file[at..at + 4].copy_from_slice(&90u32.to_le_bytes());
    file[at + 4..].copy_from_slice(&30u32.to_le_bytes());
    file.extend([5; 30]);
    let mut reader = Reader::open(file.as_slice(), &Limits::default()).expect("a capture");
    assert!(
        matches!(reader.next_item(), Ok(Some(Item::Frame(f))) if f.data.len() == 30 && f.wire_len == 90)
    );
}

#[test]
fn pieces_from_a_pipe_make_no_difference() {
    for file in [
        pcap(&conversation(1)),
        pcapng(LITTLE, &conversation(1)),
        gzip(&pcap(&conversation(1))),
    ] {
        assert_eq!(
            items_of(Trickle {
                data: &file,
                interrupt: false
            }),
            items(&file)
        );
    }
}

#[test]
fn a_compressed_capture_is_known_by_content() {
    let frames: Vec<_> = (0..200).flat_map(conversation).collect();
    let plain = pcap(&frames);
    for (format, file) in compressed(&plain) {
        assert_eq!(sniff(&file), Some(format));
        assert_eq!(items(&file), items(&plain), "{format:?}");
        let reader = Reader::open(file.as_slice(), &Limits::default()).expect("a capture");
        assert_eq!(
            (reader.format(), reader.compression()),
            (Format::Pcap, Some(format))
        );
    }
    let (a, b) = plain.split_at(1000);
    assert_eq!(
        items(&[gzip(a), gzip(b)].concat()),
        items(&plain),
        "members one behind the other"
    );
}

#[test]
fn bytes_read_counts_the_file_as_stored() {
    let file = gzip(&pcap(&conversation(1)));
    let mut reader = Reader::open(file.as_slice(), &Limits::default()).expect("a capture");
    while reader.next_item().expect("readable").is_some() {}
    assert_eq!(reader.bytes_read(), file.len() as u64);
}

#[test]
fn a_large_packet_and_many_small_ones_cross_the_window() {
    let frames: Vec<_> = (0..5_000u32)
        .map(|n| vec![n as u8; 1 + (n as usize * 37) % 3_000])
        .collect();
    let mut file = pcap(&frames);
    file.extend(PLAIN.record(START_NS, &vec![9; 262_144], 262_144));
    let mut reader = Reader::open(file.as_slice(), &Limits::default()).expect("a capture");
    for frame in &frames {
        let Ok(Some(Item::Frame(seen))) = reader.next_item() else {
            panic!("a frame")
        };
        assert_eq!(seen.data, frame.as_slice());
    }
    assert!(matches!(reader.next_item(), Ok(Some(Item::Frame(f))) if f.data.len() == 262_144));
    assert_eq!(reader.next_item(), Ok(None));
}

#[test]
fn a_file_that_ends_inside_a_packet_gives_the_packets_before() {
    let mut file = pcap(&conversation(1));
    file.truncate(file.len() - 5);
    assert_eq!(odds(&file), (6, vec![Kind::CaptureTruncated]));
    let mut file = pcapng(LITTLE, &conversation(1));
    file.truncate(file.len() - 5);
    assert_eq!(odds(&file), (6, vec![Kind::CaptureTruncated]));
}

#[test]
fn a_four_gigabyte_length_allocates_nothing_and_ends_the_readable_part() {
    let mut file = pcap(&conversation(1));
    file.extend(PLAIN.record(START_NS, &[], 0));
    let at = file.len() - 8;
    file[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(odds(&file), (7, vec![Kind::CaptureBadRecord]));

    let mut file = pcapng(LITTLE, &conversation(1));
    file.extend(LITTLE.u32(6));
    file.extend(LITTLE.u32(u32::MAX - 3));
    file.extend([0; 100]);
    assert_eq!(odds(&file), (7, vec![Kind::CaptureTruncated]));
}

#[test]
fn a_truncated_or_damaged_compression_gives_what_came_before() {
    let frames: Vec<_> = (0..500).flat_map(conversation).collect();
    let whole = pcap(&frames);
    for (format, mut file) in compressed(&whole) {
        file.truncate(file.len() * 2 / 3);
        let (count, odd) = odds(&file);
        assert_eq!(odd, [Kind::CaptureCompressionDamaged], "{format:?}");
        if format == Format::Gzip {
            assert!(count > 1_000, "{format:?} gave {count}");
        }
    }
    let mut wrong_check = gzip(&whole);
    let at = wrong_check.len() - 8;
    wrong_check[at] ^= 1;
    assert_eq!(
        odds(&wrong_check),
        (3_500, vec![Kind::CaptureCompressionDamaged])
    );
    let mut followed = gzip(&whole);
    followed.extend(b"and some more");
    assert_eq!(
        odds(&followed),
        (3_500, vec![Kind::CaptureCompressionDamaged])
    );
}

#[test]
fn what_is_no_capture_says_what_it_seems_to_be() {
    let cases: [(&[u8], CaptureErrorKind, &str); 8] = [
        (b"", CaptureErrorKind::Empty, "empty"),
        (b"\n", CaptureErrorKind::NotACapture, "text"),
        (b"{\"log\": {}}", CaptureErrorKind::NotACapture, "JSON"),
        (b"PK\x03\x04.......", CaptureErrorKind::NotACapture, "ZIP"),
        (
            b"\x7fELF\x00\x01\x02",
            CaptureErrorKind::NotACapture,
            "no capture format",
        ),
        (
            b"\xd4\xc3\xb2\xa1\x02\x00",
            CaptureErrorKind::NotACapture,
            "header",
        ),
        (
            b"\x1f\x8b\x08\x00\x00\x00",
            CaptureErrorKind::Compression,
            "gzip",
        ),
        (
            b"\x28\xb5\x2f\xfd\xff\xff\xff\xff",
            CaptureErrorKind::Compression,
            "zstd",
        ),
    ];
    for (file, kind, word) in cases {
        let (found, text) = failure(file);
        assert_eq!(found, kind, "{text}");
        assert!(text.contains(word), "{text}");
        assert!(
            text.ends_with('.') && !text.contains('/'),
            "one sentence without a path: {text}"
        );
    }
    assert_eq!(failure(&gzip(b"hello")).0, CaptureErrorKind::NotACapture);
    assert_eq!(failure(&gzip(b"")).0, CaptureErrorKind::Empty);
    assert!(failure(&gzip(&gzip(&pcap(&[])))).1.contains("second time"));
}

#[test]
fn a_capture_without_packets_is_no_error() {
    assert_eq!(items(&pcap(&[])), Vec::<String>::new());
    assert_eq!(items(&LITTLE.section()), Vec::<String>::new());
}

#[test]
fn a_failing_medium_is_an_error_after_what_could_be_read() {
    let file = pcap(&conversation(1));
    let mut reader =
        Reader::open(Broken(&file[..file.len() - 3]), &Limits::default()).expect("a capture");
    for _ in 0..6 {
        assert!(matches!(reader.next_item(), Ok(Some(Item::Frame(_)))));
    }
    let error = reader.next_item().expect_err("the medium failed");
    assert_eq!(error.kind, CaptureErrorKind::Io);
    assert!(error.text.contains("the medium is gone"));
    assert_eq!(reader.next_item(), Ok(None));
}

/// Everything before a cut stays as it was; at the cut at most one oddity.
fn cut_is_a_prefix(file: &[u8], cut: usize) {
    let whole = items(file);
    let part = &file[..cut];
    if Reader::open(part, &Limits::default()).is_err() {
        return;
    }
    let mut read = items(part);
    if read.last().is_some_and(|last| last.starts_with("Odd(")) {
        read.pop();
    }
    assert_eq!(read, whole[..read.len()]);
}

proptest! {
    #[test]
    fn cutting_a_capture_changes_nothing_before_the_cut(cut in 0.0f64..1.0, big_endian: bool, ng: bool) {
        let frames: Vec<_> = (0..20).flat_map(conversation).collect();
        let file = if ng {
            pcapng(Blocks { big_endian }, &frames)
        } else {
            pcap_as(Classic { big_endian, ..PLAIN }, &frames)
        };
        cut_is_a_prefix(&file, (cut * file.len() as f64) as usize);
    }

    #[test]
    fn cutting_a_compressed_capture_changes_nothing_before_the_cut(cut in 0.0f64..1.0, which in 0usize..4) {
        let frames: Vec<_> = (0..50).flat_map(conversation).collect();
        let (_, file) = compressed(&pcap(&frames)).swap_remove(which);
        cut_is_a_prefix(&file, (cut * file.len() as f64) as usize);
    }
}
