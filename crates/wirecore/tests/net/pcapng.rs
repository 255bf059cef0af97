//! Stories of pcapng: sections, interfaces and their clocks, secrets, statistics, strange blocks.

use wirecore::anomaly::Kind;
use wirecore::capture::{Apps, Frame, Item, Reader, SECRETS_TLS_KEY_LOG};
use wirecore::limits::Limits;

use crate::capture::items;
use crate::wire::*;

/// Reads a file and hands each item to a function.
fn each(file: &[u8], mut look: impl FnMut(Item<'_>)) {
    let mut reader = Reader::open(file, &Limits::default()).expect("a capture");
    while let Some(item) = reader.next_item().expect("no failing medium") {
        look(item);
    }
}

fn frames(file: &[u8]) -> Vec<(i64, u16, u32, usize, u32)> {
    let mut out = Vec::new();
    each(file, |item| match item {
        Item::Frame(f) => out.push((f.ts_ns, f.link, f.interface, f.data.len(), f.wire_len)),
        other => panic!("only frames: {other:?}"),
    });
    out
}

fn odds(file: &[u8]) -> Vec<Kind> {
    let mut out = Vec::new();
    each(file, |item| {
        if let Item::Odd(odd) = item {
            out.push(odd.kind);
        }
    });
    out
}

#[test]
fn each_interface_has_its_own_clock_and_link() {
    for blocks in [LITTLE, Blocks { big_endian: true }] {
        let mut file = blocks.section();
        file.extend(blocks.interface(1, 0, &[]));
        file.extend(blocks.interface(101, 0, &blocks.option(9, &[9])));
        file.extend(blocks.interface(101, 0, &blocks.option(9, &[0x8a])));
        file.extend(blocks.interface(
            101,
            0,
            &[blocks.option(9, &[3]), blocks.option(14, &blocks.u64(1000))].concat(),
        ));
        file.extend(blocks.interface(101, 0, &blocks.option(9, &[12])));
        for (interface, ticks) in [(0, 5), (1, 5), (2, 1024), (3, 5), (4, 5_000)] {
            file.extend(blocks.packet(interface, ticks, &[1; 7], 9, &[]));
        }
        assert_eq!(
            frames(&file),
            [
                (5_000, 1, 0, 7, 9),
                (5, 101, 1, 7, 9),
                (1_000_000_000, 101, 2, 7, 9),
                (1_000_005_000_000, 101, 3, 7, 9),
                (5, 101, 4, 7, 9),
            ]
        );
    }
}

#[test]
fn sections_of_either_order_follow_one_another() {
    let mut file = pcapng(LITTLE, &conversation(1)[..2]);
    file.extend(pcapng(Blocks { big_endian: true }, &conversation(2)[..2]));
    let seen = frames(&file);
    assert_eq!(
        seen.iter().map(|f| f.2).collect::<Vec<_>>(),
        [0, 0, 1, 1],
        "interfaces count on"
    );
}

#[test]
fn simple_and_obsolete_packets_are_read() {
    let b = LITTLE;
    let mut file = b.section();
    file.extend(b.interface(1, 5, &[]));
    file.extend(b.packet(0, 77, &[1; 5], 5, &[]));
    file.extend(b.block(3, &[b.u32(9).to_vec(), vec![2; 5]].concat()));
    let old = [
        b.u16(0).to_vec(),
        b.u16(3).to_vec(),
        b.u32(0).to_vec(),
        b.u32(90).to_vec(),
        b.u32(4).to_vec(),
        b.u32(8).to_vec(),
        vec![3; 4],
    ];
    file.extend(b.block(2, &old.concat()));
    assert_eq!(
        frames(&file),
        [
            (77_000, 1, 0, 5, 5),
            (77_000, 1, 0, 5, 9),
            (90_000, 1, 0, 4, 8)
        ]
    );
}

#[test]
fn secrets_and_statistics_stand_beside_the_frames() {
    let b = LITTLE;
    let mut file = b.section();
    file.extend(b.interface(1, 0, &[]));
    let log = b"CLIENT_RANDOM 00 11\n";
    file.extend(
        b.block(
            10,
            &[
                b.u32(SECRETS_TLS_KEY_LOG).to_vec(),
                b.u32(log.len() as u32).to_vec(),
                log.to_vec(),
            ]
            .concat(),
        ),
    );
    let stats = [
        b.u32(0).to_vec(),
        vec![0; 8],
        b.option(2, &[b.u32(0), b.u32(3_000_000)].concat()),
        b.option(3, &[b.u32(0), b.u32(9_000_000)].concat()),
        b.option(4, &b.u64(100)),
        b.option(5, &b.u64(7)),
        b.option(7, &b.u64(2)),
    ];
    file.extend(b.block(5, &stats.concat()));
    let mut seen = Vec::new();
    each(&file, |item| match item {
        Item::Secrets { kind, data } => {
            seen.push(format!("{kind:x} {}", String::from_utf8_lossy(data)));
        }
        Item::Dropped {
            interface,
            received,
            dropped,
            ran,
        } => seen.push(format!("{interface} {received:?} {dropped:?} {ran:?}")),
        other => panic!("{other:?}"),
    });
    assert_eq!(
        seen,
        [
            "544c534b CLIENT_RANDOM 00 11\n",
            "0 Some(100) Some(9) Some((3000000000, 9000000000))"
        ]
    );
}

#[test]
fn unknown_blocks_are_counted_and_options_passed_over() {
    let b = LITTLE;
    let mut file = b.section();
    file.extend(b.interface(1, 0, &b.option(2, b"wlan0")));
    file.extend(b.block(0x0bad, &[1; 33]));
    file.extend(b.block(4, &[0; 40]));
    file.extend(b.block(0x8000_0001, &vec![7; 1_000_000]));
    file.extend(b.packet(
        0,
        1,
        &[1; 3],
        3,
        &[b.option(1, b"u-10123"), b.option(2, &[0; 4])].concat(),
    ));
    let mut seen = 0;
    each(&file, |item| match item {
        Item::Frame(Frame { comment, data, .. }) => {
            seen += 1;
            assert_eq!(
                (comment, data),
                (Some(b"u-10123".as_slice()), [1u8; 3].as_slice())
            );
        }
        Item::Odd(odd) => {
            assert_eq!(odd.kind, Kind::CaptureBlockUnknown);
            assert!(
                odd.detail.starts_with("2 blocks"),
                "not the names that a recorder looked up"
            );
        }
        other => panic!("{other:?}"),
    });
    assert_eq!(seen, 1);
}

#[test]
fn bad_blocks_are_told_and_the_rest_is_read() {
    let b = LITTLE;
    let good = b.packet(0, 1, &[1; 3], 3, &[]);
    let start = [b.section(), b.interface(1, 0, &[])].concat();
    let no_interface = b.packet(9, 1, &[1; 3], 3, &[]);
    let mut long_packet = b.packet(0, 1, &[1; 3], 3, &[]);
    long_packet[20..24].copy_from_slice(&b.u32(500));
    let short_secrets = b.block(10, &[0; 3]);
    let mut two_lengths = good.clone();
    let at = two_lengths.len() - 4;
    two_lengths[at] ^= 4;
    for bad in [no_interface, long_packet, short_secrets] {
        let file = [start.clone(), good.clone(), bad, good.clone()].concat();
        assert_eq!(odds(&file), [Kind::CaptureBadRecord]);
        assert_eq!(items(&file).len(), 3);
    }
    let file = [start.clone(), two_lengths, good.clone()].concat();
    assert_eq!(odds(&file), [Kind::CaptureBadRecord]);
    assert_eq!(items(&file).len(), 3, "the packet itself is whole");
    let file = [
        start,
        good,
        b.u32(6).to_vec(),
        b.u32(8).to_vec(),
        vec![0; 40],
    ]
    .concat();
    assert_eq!(
        odds(&file),
        [Kind::CaptureBadRecord],
        "a length below a block's own header ends it"
    );
}

#[test]
fn more_interfaces_than_are_kept_end_in_oddities_not_in_memory() {
    let mut file = LITTLE.section();
    for _ in 0..66_000 {
        file.extend(LITTLE.interface(1, 0, &[]));
    }
    assert_eq!(odds(&file).len(), 66_000 - 65_536);
}

/// A frame as PCAPdroid writes it: a header of zeros, the packet, padding, and the trailer.
fn with_trailer(packet: &[u8], uid: i32, name: &[u8]) -> Vec<u8> {
    let mut frame = ethernet_from([0; 6], packet);
    frame[..6].fill(0);
    frame.resize(frame.len().next_multiple_of(4), 0);
    frame.extend(trailer(uid, name));
    frame
}

fn trailer(uid: i32, name: &[u8]) -> Vec<u8> {
    let mut out = vec![1, 7, 0x20, 0x21];
    out.extend(uid.to_be_bytes());
    out.extend(name);
    out.resize(28, 0);
    out.extend([0; 4]);
    out
}

fn apps(file: &[u8]) -> Vec<String> {
    let mut known = Apps::default();
    let mut out = Vec::new();
    each(file, |item| match item {
        Item::Frame(frame) => out.push(known.of(&frame)),
        Item::AppName { uid, name } => known.learn(uid, name),
        Item::Odd(odd) => out.push(odd.kind.text().to_owned()),
        _ => {}
    });
    out
}

#[test]
fn an_app_is_named_by_its_trailer() {
    let (v4, v6) = (
        ip(PHONE, CLOUD, 6, &[0; 21]),
        ip(PHONE6, CLOUD6, 6, &[0; 21]),
    );
    let frames = [
        with_trailer(&v4, 10_123, b"Weather"),
        with_trailer(&v6, 10_123, b"Weather"),
        with_trailer(&v4, -1, b"Unknown"),
        conversation(1).remove(0),
    ];
    assert_eq!(apps(&pcap(&frames)), ["Weather", "Weather", "", ""]);
}

#[test]
fn an_app_cannot_put_the_blame_on_another_by_sending_a_trailer() {
    let forged = ip(PHONE, CLOUD, 17, &trailer(10_001, b"Innocent"));
    let mut zeros = ethernet_from([0; 6], &forged);
    zeros[..6].fill(0);
    assert_eq!(apps(&pcap(&[ethernet(&forged), zeros])), ["", ""]);
}

/// PCAPdroid's block that names the app of a user id.
fn uid_block(b: Blocks, enterprise: u32, uid: u32, package: &[u8], app: &[u8]) -> Vec<u8> {
    let mut body = b.u32(enterprise).to_vec();
    body.extend(b.u16(1));
    body.extend([1, 0]);
    body.extend(b.u32(uid));
    body.extend([package.len() as u8, app.len() as u8]);
    body.extend([package, app].concat());
    body.resize(body.len().next_multiple_of(4), 0);
    b.block(0x0bad, &body)
}

#[test]
fn an_app_is_named_by_the_recorders_blocks_and_comments() {
    for b in [LITTLE, Blocks { big_endian: true }] {
        let packet = |comment: &[u8]| b.packet(0, 1, &[1; 3], 3, &b.option(1, comment));
        let file = [
            b.section(),
            b.interface(101, 0, &[]),
            packet(b"u-10123"),
            uid_block(b, 62_652, 10_123, b"org.example.weather", b"Weather"),
            uid_block(b, 62_652, 10_123, b"org.example.other", b"Other"),
            uid_block(b, 62_652, 0, b"", b"root"),
            packet(b"u-10123"),
            packet(b"u-0"),
            packet(b"u-10124"),
            packet(b"u-10123 and more"),
            packet(b"written by hand"),
        ]
        .concat();
        assert_eq!(
            apps(&file),
            ["", "org.example.weather", "root", "", "", ""],
            "no app is named that the recorder did not name before"
        );
    }
}

#[test]
fn another_programs_custom_block_names_no_app() {
    let b = LITTLE;
    let mut cut = uid_block(b, 62_652, 7, b"org.example.cut", b"");
    let at = 8 + 12;
    cut[at] = 200;
    let file = [
        b.section(),
        b.interface(101, 0, &[]),
        uid_block(b, 999, 10_123, b"org.example.weather", b"Weather"),
        cut,
        b.packet(0, 1, &[1; 3], 3, &b.option(1, b"u-10123")),
        b.packet(0, 1, &[1; 3], 3, &b.option(1, b"u-7")),
    ]
    .concat();
    assert_eq!(apps(&file), ["", "", "capture_block_unknown"]);
}

#[test]
fn that_an_interface_was_recorded_with_a_filter_is_told_without_the_filter() {
    let b = LITTLE;
    let file = [
        b.section(),
        b.interface(1, 0, &b.option(11, b"\0ether host 02:00:00:00:00:23")),
        b.interface(1, 0, &b.option(11, b"\0")),
    ]
    .concat();
    let mut told = Vec::new();
    each(&file, |item| {
        if let Item::Odd(odd) = item {
            told.push((odd.kind, odd.detail));
        }
    });
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].0, Kind::CaptureFiltered);
    assert!(!told[0].1.contains("02:00"));
}

#[test]
fn only_a_filter_by_link_address_leaves_out_nothing_of_its_device() {
    let b = LITTLE;
    let partial = |filter: &[u8]| {
        let file = [b.section(), b.interface(1, 0, &b.option(11, filter))].concat();
        let mut reader = Reader::open(file.as_slice(), &Limits::default()).expect("a capture");
        while reader.next_item().expect("no failing medium").is_some() {}
        reader.is_partial()
    };
    assert!(!partial(b"\0"));
    assert!(!partial(b"\0ether host 02:00:00:00:00:23"));
    assert!(!partial(
        b"\0ether host 02:00:00:00:00:23 or ether host 02-00-00-00-00-24"
    ));
    for filter in [
        &b"\0tcp port 443"[..],
        b"\0host 192.168.1.23",
        b"\0ether host 02:00:00:00:00:23 and not port 22",
        b"\0not ether host 02:00:00:00:00:23",
        b"\x01\0\0\0\0",
        b"\0ether host \xff",
    ] {
        assert!(partial(filter), "{filter:?}");
    }
}
