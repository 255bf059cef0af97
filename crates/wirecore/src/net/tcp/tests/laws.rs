//! Laws of reassembly: any order, any loss, any segments at all.

use super::*;
use proptest::prelude::*;

/// Cuts `text` into segments as chosen; each is `(start, end)`.
fn cuts() -> impl Strategy<Value = (Vec<u8>, Vec<(usize, usize)>, u32)> {
    (
        proptest::collection::vec(any::<u8>(), 1..2_000),
        proptest::collection::vec((any::<usize>(), 1usize..400), 0..60),
        any::<u32>(),
    )
        .prop_flat_map(|(text, extra, isn)| {
            let len = text.len();
            let mut pieces: Vec<(usize, usize)> = Vec::new();
            let mut at = 0;
            for (_, size) in extra.iter().cycle().take(len) {
                if at >= len {
                    break;
                }
                pieces.push((at, (at + size).min(len)));
                at += size;
            }
            if at < len {
                pieces.push((at, len));
            }
            for (start, size) in &extra {
                let start = start % len;
                pieces.push((start, (start + size).min(len)));
            }
            (Just(text), Just(pieces).prop_shuffle(), Just(isn))
        })
}

proptest! {
    /// Shuffled, repeated and overlapping segments give the original stream back, from any
    /// initial sequence number (so across the wrap too).
    #[test]
    fn any_order_gives_the_original((text, pieces, isn) in cuts()) {
        let mut talk = Talk::new();
        talk.say(Dir::Client, SYN, isn, 0, b"");
        let first = isn.wrapping_add(1);
        let mut sent = 0;
        for (start, end) in pieces {
            sent += end - start;
            talk.say(Dir::Client, ACK, first.wrapping_add(start as u32), 0, &text[start..end]);
        }
        talk.say(Dir::Client, ACK | FIN, first.wrapping_add(text.len() as u32), 0, b"");
        let (seen, flow) = talk.finish();
        prop_assert_eq!(&seen.streams[0], &text);
        prop_assert!(seen.gaps.is_empty());
        prop_assert!(seen.odds.is_empty());
        prop_assert_eq!(seen.closed[0], Some(Close::Fin));
        let stats = flow.stats()[0];
        // A copy of one byte just before the next is taken for a keep-alive and not counted.
        prop_assert!((stats.payload_bytes + stats.retransmitted_bytes) as usize <= sent);
        prop_assert_eq!(stats.payload_bytes as usize, text.len());
    }

    /// With segments lost, what comes out is the original with the lost parts as gaps.
    #[test]
    fn losses_become_gaps_of_the_right_size((text, pieces, isn) in cuts(), lost in any::<u64>()) {
        let mut talk = Talk::new();
        talk.say(Dir::Client, SYN, isn, 0, b"");
        let first = isn.wrapping_add(1);
        let mut kept = vec![false; text.len()];
        for (n, (start, end)) in pieces.into_iter().enumerate() {
            if lost >> (n % 64) & 1 == 1 {
                continue;
            }
            kept[start..end].fill(true);
            talk.say(Dir::Client, ACK, first.wrapping_add(start as u32), 0, &text[start..end]);
        }
        talk.say(Dir::Client, ACK | FIN, first.wrapping_add(text.len() as u32), 0, b"");
        let (seen, _) = talk.finish();
        let expected: Vec<u8> =
            text.iter().zip(&kept).filter(|(_, k)| **k).map(|(b, _)| *b).collect();
        // A lone byte right before the stream's next one may be dropped as a keep-alive probe
        // only when it was there already, so nothing kept is missing.
        prop_assert_eq!(&seen.streams[0], &expected);
        prop_assert_eq!(seen.at[0] as usize, text.len());
    }

    /// Any segments at all, in both directions: the sink's promise holds and all is given back.
    #[test]
    fn hostile_segments_keep_the_promise(
        segments in proptest::collection::vec(
            (any::<bool>(), any::<u8>(), 0u32..5_000, any::<bool>(), 0u32..5_000, 0usize..300, 0u32..300),
            0..80,
        ),
    ) {
        let limits = Limits { reorder_bytes: 2_000, ..Limits::default() };
        let mut talk = Talk::within(&limits);
        for (client, flags, seq, wild, ack, len, cut) in segments {
            let dir = if client { Dir::Client } else { Dir::Server };
            let seq = if wild { seq.wrapping_mul(0x9e37_79b9) } else { seq };
            talk.say_cut(dir, flags, seq, ack, &vec![b'x'; len], len as u32 + cut);
        }
        let (seen, _) = talk.finish();
        prop_assert!(seen.closed.iter().all(Option::is_some));
    }
}
