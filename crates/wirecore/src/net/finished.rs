//! Which streams of a connection have ended: small, because they end nearly in the order of their numbers.

use std::collections::BTreeMap;

/// Kinds of stream ids: HTTP/2 tells two by the lowest bit, QUIC four by the lowest two (RFC 9000, section 2.1).
const KINDS: u64 = 4;
/// Spans kept for each kind. Beyond it the two lowest become one: the streams between count as ended.
const SPANS: usize = 256;

/// The ended streams, as spans of ids of one kind.
#[derive(Debug, Default)]
pub(crate) struct Finished {
    /// First and last of each span, in units of `KINDS`.
    spans: [BTreeMap<u64, u64>; KINDS as usize],
}

impl Finished {
    pub(crate) fn has(&self, stream: u64) -> bool {
        let at = stream / KINDS;
        self.spans[(stream % KINDS) as usize]
            .range(..=at)
            .next_back()
            .is_some_and(|(_, last)| *last >= at)
    }

    pub(crate) fn add(&mut self, stream: u64) {
        if self.has(stream) {
            return;
        }
        let spans = &mut self.spans[(stream % KINDS) as usize];
        let at = stream / KINDS;
        let first = match spans.range_mut(..at).next_back() {
            Some((first, last)) if *last + 1 == at => {
                *last = at;
                *first
            }
            _ => {
                spans.insert(at, at);
                at
            }
        };
        if let Some(last) = spans.remove(&(at + 1)) {
            spans.insert(first, last);
        }
        if spans.len() > SPANS {
            let second = spans.pop_first().zip(spans.pop_first());
            if let Some(((first, _), (_, last))) = second {
                spans.insert(first, last);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_that_end_in_any_order_are_known_and_no_others() {
        let mut finished = Finished::default();
        for stream in [1, 9, 5, 0, 13, 2] {
            assert!(!finished.has(stream));
            finished.add(stream);
            assert!(finished.has(stream));
        }
        assert!(!finished.has(3) && !finished.has(17) && !finished.has(4));
        assert_eq!(finished.spans[1].len(), 1, "1, 5, 9 and 13 are one span");
    }

    #[test]
    fn it_stays_small_when_every_other_stream_never_ends() {
        let mut finished = Finished::default();
        for n in 0..100_000 {
            finished.add(n * 8);
        }
        assert!(finished.spans[0].len() <= SPANS);
        assert!(finished.has(99_999 * 8), "the newest are told exactly");
        assert!(!finished.has(99_998 * 8 + 4));
    }
}
