//! Stories of fragments: any order, lost, overlapping, too many.

use proptest::prelude::*;
use wirecore::limits::Limits;
use wirecore::net::{parse_ip, parse_udp, Defragmenter, Packet};
use wirecore::record::Odd;

use crate::wire::*;

fn packet(bytes: &[u8]) -> Packet<'_> {
    parse_ip(bytes).packet().expect("a packet")
}

/// Pushes fragments, gives the UDP payload of the datagram that comes out, and what was odd.
fn join(fragments: &mut Defragmenter, pieces: &[Vec<u8>]) -> (Vec<Vec<u8>>, Vec<Odd>) {
    let (mut out, mut odds) = (Vec::new(), Vec::new());
    for piece in pieces {
        let piece = packet(piece);
        assert!(piece.fragment.is_some());
        if let Some(whole) = fragments.push(&piece, 0, &mut |o| odds.push(o)) {
            assert!(whole.fragment.is_none() && !whole.truncated);
            out.push(parse_udp(&whole).expect("a datagram").1.to_vec());
        }
    }
    (out, odds)
}

fn cut(datagram: &[u8], id: u16, size: usize) -> Vec<Vec<u8>> {
    let last = datagram.len().div_ceil(size) - 1;
    datagram
        .chunks(size)
        .enumerate()
        .map(|(n, part)| ipv4_fragment(id, (n * size) as u16, n < last, 17, part))
        .collect()
}

#[test]
fn the_last_piece_to_come_makes_the_datagram_whole() {
    let datagram = udp(5000, 53, &[7; 3_000]);
    let mut pieces = cut(&datagram, 9, 1480);
    for _ in 0..3 {
        pieces.rotate_left(1);
        let (whole, odds) = join(&mut Defragmenter::new(&Limits::default()), &pieces);
        assert_eq!((whole, odds), (vec![vec![7; 3_000]], vec![]));
    }
}

#[test]
fn version_six_joins_too_and_reads_the_headers_behind() {
    // The fragmented part begins with a destination options header.
    let part = [&[17, 0, 0, 0, 0, 0, 0, 0][..], &udp(5000, 53, &[7; 100])].concat();
    let pieces = [
        ipv6_fragment(1, 64, false, 60, &part[64..]),
        ipv6_fragment(1, 0, true, 60, &part[..64]),
    ];
    let (whole, odds) = join(&mut Defragmenter::new(&Limits::default()), &pieces);
    assert_eq!((whole, odds), (vec![vec![7; 100]], vec![]));
}

#[test]
fn a_tunnel_inside_fragments_is_opened() {
    let inner = ip(PHONE6, CLOUD6, 17, &udp(1, 53, b"question"));
    let pieces = [
        ipv4_fragment(1, 0, true, 41, &inner[..24]),
        ipv4_fragment(1, 24, false, 41, &inner[24..]),
    ];
    let (whole, _) = join(&mut Defragmenter::new(&Limits::default()), &pieces);
    assert_eq!(whole, [b"question".to_vec()]);
}

#[test]
fn overlaps_keep_the_first_and_are_told() {
    let datagram = udp(5000, 53, &[7; 24]);
    let mut evil = datagram.clone();
    evil[8..].fill(9);
    let pieces = [
        ipv4_fragment(1, 0, true, 17, &datagram[..16]),
        ipv4_fragment(1, 8, true, 17, &evil[8..24]),
        ipv4_fragment(1, 24, false, 17, &datagram[24..]),
    ];
    let (whole, odds) = join(&mut Defragmenter::new(&Limits::default()), &pieces);
    assert_eq!(whole, [[vec![7; 8], vec![9; 8], vec![7; 8]].concat()]);
    assert_eq!(odds.len(), 1);
}

#[test]
fn a_missing_piece_is_told_at_the_end_or_in_time() {
    let pieces = cut(&udp(5000, 53, &[7; 3_000]), 9, 1480);
    let mut fragments = Defragmenter::new(&Limits::default());
    let mut odds = 0;
    assert!(fragments
        .push(&packet(&pieces[0]), 0, &mut |_| odds += 1)
        .is_none());
    // Two minutes later the rest no longer belongs to it.
    let late = 120_000_000_000;
    assert!(fragments
        .push(&packet(&pieces[1]), late, &mut |_| odds += 1)
        .is_none());
    assert!(fragments
        .push(&packet(&pieces[2]), late, &mut |_| odds += 1)
        .is_none());
    assert_eq!(odds, 1);
    fragments.finish(&mut |_| odds += 1);
    assert_eq!((odds, fragments.unjoined()), (2, 2));
}

#[test]
fn a_flood_of_fragments_is_bounded() {
    let limits = Limits {
        fragment_bytes: 100_000,
        ..Limits::default()
    };
    let mut fragments = Defragmenter::new(&limits);
    let mut odds = 0;
    for id in 0..20_000u16 {
        let piece = ipv4_fragment(id, 0, true, 17, &[1; 64]);
        fragments.push(&packet(&piece), 0, &mut |_| odds += 1);
    }
    assert!(
        (19_500..20_000).contains(&odds),
        "the oldest were given up: {odds}"
    );
}

#[test]
fn impossible_fragments_are_told() {
    let mut fragments = Defragmenter::new(&Limits::default());
    let mut odds = 0;
    for piece in [
        ipv4_fragment(1, 65_528, false, 17, &[1; 64]),
        ipv4_fragment(1, 0, true, 17, &[1; 63]),
        ipv4_fragment(1, 8, false, 17, &[]),
    ] {
        fragments.push(&packet(&piece), 0, &mut |_| odds += 1);
    }
    assert_eq!(odds, 3);
}

proptest! {
    #[test]
    fn any_order_and_any_repetition_give_the_datagram(
        (datagram, pieces) in (proptest::collection::vec(any::<u8>(), 1..3_000), 1usize..40).prop_flat_map(|(payload, eights)| {
            let datagram = udp(5000, 53, &payload);
            let mut pieces = cut(&datagram, 9, eights * 8);
            let again: Vec<_> = pieces.iter().step_by(3).cloned().collect();
            pieces.extend(again);
            (Just(payload), Just(pieces).prop_shuffle())
        })
    ) {
        prop_assume!(pieces.iter().all(|p| packet(p).fragment.is_some()));
        let (whole, odds) = join(&mut Defragmenter::new(&Limits::default()), &pieces);
        prop_assert_eq!(whole.first(), Some(&datagram));
        prop_assert!(odds.is_empty());
    }
}
