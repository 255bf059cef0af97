//! Stories of pcapng: sections, interfaces and their clocks, secrets, statistics, strange blocks.

use wirecore::anomaly::Kind;
use wirecore::capture::{App, Frame, Item, Reader, SECRETS_TLS_KEY_LOG};
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
        } => seen.push(format!("{interface} {received:?} {dropped:?}")),
        other => panic!("{other:?}"),
    });
    assert_eq!(
        seen,
        ["544c534b CLIENT_RANDOM 00 11\n", "0 Some(100) Some(9)"]
    );
}

#[test]
fn unknown_blocks_and_options_are_passed_over() {
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

#[test]
fn an_app_is_named_by_its_trailer() {
    let mut frame = conversation(1).remove(0);
    frame.extend([1, 7, 0x20, 0x21]);
    frame.extend(10_123i32.to_be_bytes());
    let mut name = b"com.example.app".to_vec();
    name.resize(20, 0);
    frame.extend(name);
    frame.extend([0; 4]);
    let mut apps = Vec::new();
    each(&pcap(&[frame, conversation(1).remove(0)]), |item| {
        if let Item::Frame(f) = item {
            apps.push(f.app().map(|App { uid, name }| (uid, name.to_vec())));
        }
    });
    assert_eq!(apps, [Some((10_123, b"com.example.app".to_vec())), None]);
}
