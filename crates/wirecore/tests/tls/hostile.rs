//! Missing bytes and hostile bytes: what can be read is read, the rest is counted, nothing panics.

use wirecore::anomaly::OpaqueReason;
use wirecore::record::Dir;
use wirecore::tls::KeyLog;

use crate::session::{all, follow, one, Session, Step};

/// A small generator, so that each run mutates alike (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below
    }
}

/// How many times more than usual to try; set WIREWITNESS_TRIES for a long search.
fn tries(usual: usize) -> usize {
    let more = std::env::var("WIREWITNESS_TRIES")
        .ok()
        .and_then(|n| n.parse::<usize>().ok());
    usual * more.unwrap_or(1)
}

#[test]
fn mutated_sessions_never_panic_and_never_give_more_than_was_said() {
    let mut dice = Dice(2014);
    for session in all() {
        let keys = session.key_log();
        for _ in 0..tries(60) {
            let mut wire = session.wire.clone();
            for _ in 0..=dice.roll(4) {
                let one = dice.roll(wire.len());
                let bytes = &mut wire[one].1;
                if bytes.is_empty() {
                    continue;
                }
                let at = dice.roll(bytes.len());
                match dice.roll(4) {
                    0 => bytes[at] ^= 1 << dice.roll(8),
                    1 => bytes[at] = 0xff,
                    2 => bytes.truncate(at),
                    _ => {
                        bytes.remove(at);
                    }
                }
            }
            let steps: Vec<_> = wire
                .iter()
                .map(|(dir, bytes)| Step::Bytes(*dir, bytes))
                .collect();
            let seen = follow(&keys, &steps);
            if !session.name.contains("null") {
                for dir in 0..2 {
                    assert!(
                        seen.plain[dir].len() <= session.plain[dir].len(),
                        "{}",
                        session.name
                    );
                }
            }
        }
    }
}

#[test]
fn random_bytes_are_counted_as_unread() {
    let mut dice = Dice(7);
    for _ in 0..tries(200) {
        let noise: Vec<u8> = (0..dice.roll(3000)).map(|_| dice.roll(256) as u8).collect();
        let mut bytes = b"\x16\x03\x01".to_vec();
        bytes.extend(&noise);
        let seen = follow(&KeyLog::new(), &[Step::Bytes(Dir::Client, &bytes)]);
        assert_eq!(seen.plain, [vec![], vec![]]);
    }
}

/// The client's stream with `missing` bytes left out at `at`; the server's comes whole and first.
fn with_hole(session: &Session, at: usize, missing: usize) -> crate::session::Seen {
    let (client, server) = (session.stream(Dir::Client), session.stream(Dir::Server));
    let hello = session.wire[0].1.len();
    follow(
        &session.key_log(),
        &[
            Step::Bytes(Dir::Client, &client[..hello]),
            Step::Bytes(Dir::Server, &server),
            Step::Bytes(Dir::Client, &client[hello..at]),
            Step::Gap(Dir::Client, missing as u64),
            Step::Bytes(Dir::Client, &client[at + missing..]),
        ],
    )
}

/// True when `part` is `whole` with bytes left out.
fn is_subsequence(part: &[u8], whole: &[u8]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|p| whole.any(|w| w == p))
}

#[test]
fn after_a_hole_in_the_data_reading_goes_on_with_the_next_record() {
    for name in ["tls12-aes128gcm", "tls13-aes256gcm"] {
        let session = one(name);
        let len = session.stream(Dir::Client).len();
        // The data ends with two large records; a hole before, inside and across them.
        for (from_end, missing) in [(20_000, 100), (20_000, 18_000), (4_300, 500), (20_400, 300)] {
            let seen = with_hole(&session, len - from_end, missing);
            assert!(
                is_subsequence(&seen.plain[0], &session.plain[0]),
                "{name} {from_end}"
            );
            assert!(
                seen.plain[0].len() > 10,
                "{name} {from_end} {missing}: {:?} {:?}",
                seen.plain[0].len(),
                seen.opaque
            );
            assert!(
                seen.opaque.contains_key(&(0, OpaqueReason::AfterGap)),
                "{name}: {:?}",
                seen.opaque
            );
            assert_eq!(seen.plain[1], session.plain[1], "the other side is whole");
        }
    }
}

#[test]
fn a_hole_anywhere_never_gives_bytes_that_were_not_said() {
    let mut dice = Dice(99);
    for session in all() {
        if session.name.contains("null") || session.name.contains("refused") {
            continue;
        }
        let (hello, len) = (session.wire[0].1.len(), session.stream(Dir::Client).len());
        for _ in 0..tries(40) {
            let at = hello + dice.roll(len - hello);
            let missing = dice.roll(len - at) + 1;
            let seen = with_hole(&session, at, missing.min(len - at));
            assert!(
                is_subsequence(&seen.plain[0], &session.plain[0]),
                "{}",
                session.name
            );
        }
    }
}

#[test]
fn around_a_hole_cuts_make_no_difference() {
    let mut dice = Dice(5);
    for session in all() {
        let keys = session.key_log();
        let (client, server) = (session.stream(Dir::Client), session.stream(Dir::Server));
        for _ in 0..tries(10) {
            let at = dice.roll(client.len());
            let end = at + 1 + dice.roll((client.len() - at).min(2000));
            let parts = |size: usize| {
                let mut steps: Vec<_> = client[..at]
                    .chunks(size)
                    .map(|b| Step::Bytes(Dir::Client, b))
                    .collect();
                steps.extend(server.chunks(size).map(|b| Step::Bytes(Dir::Server, b)));
                steps.push(Step::Gap(Dir::Client, (end - at) as u64));
                let rest = &client[end.min(client.len())..];
                steps.extend(rest.chunks(size).map(|b| Step::Bytes(Dir::Client, b)));
                follow(&keys, &steps)
            };
            let whole = parts(usize::MAX >> 1);
            assert!(parts(1) == whole, "{} {at} {end}", session.name);
            assert!(parts(100) == whole, "{} {at} {end}", session.name);
        }
    }
}

#[test]
fn a_capture_that_begins_later_is_midstream() {
    let session = one("tls13-aes256gcm");
    let client = session.stream(Dir::Client);
    let from = session.wire[0].1.len() + 6;
    let seen = follow(
        &session.key_log(),
        &[Step::Bytes(Dir::Client, &client[from..])],
    );
    assert_eq!(seen.info.reason, Some(OpaqueReason::Midstream));
    assert_eq!(seen.plain[0], b"");
}
