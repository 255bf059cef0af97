//! DTLS: sessions that OpenSSL and dimpl made are read whole, in any order and with copies; what is lost is counted; captures that
//! others made.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use wirecore::anomaly::OpaqueReason;
use wirecore::limits::Limits;
use wirecore::record::Dir;
use wirecore::tls::{looks_like_dtls, DtlsConn, KeyLog, Stage};

use crate::session::{sessions_in, Seen, Session};

fn all() -> Vec<Session> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dtls");
    sessions_in(&folder)
}

fn one(name: &str) -> Session {
    let found = all().into_iter().find(|session| session.name == name);
    found.unwrap_or_else(|| panic!("no session {name}"))
}

fn follow<'a>(keys: &KeyLog, wire: impl IntoIterator<Item = &'a (Dir, Vec<u8>)>) -> Seen {
    let mut seen = Seen::default();
    let mut conn = DtlsConn::new(&Limits::default());
    for (dir, datagram) in wire {
        conn.datagram(keys, *dir, datagram, &mut |event| seen.event(event));
    }
    conn.finish(keys, &mut |event| seen.event(event));
    seen.info = conn.info().clone();
    seen
}

#[test]
fn every_session_is_read_whole_with_its_keys() {
    let sessions = all();
    assert!(sessions.len() >= 13, "the fixtures are there");
    for session in sessions {
        let name = &session.name;
        let seen = follow(&session.key_log(), &session.wire);
        assert_eq!(seen.plain, session.plain, "{name}");
        assert_eq!((seen.opaque_bytes(), &seen.odd), (0, &vec![]), "{name}");
        assert_eq!(
            seen.info.version_text(),
            session.expect["version"],
            "{name}"
        );
        assert_eq!(seen.info.sni.as_ref(), session.expect.get("sni"), "{name}");
        assert_eq!(seen.info.stage, Stage::Established, "{name}");
        assert!(seen.info.ja4.starts_with("dd"), "{name}: {}", seen.info.ja4);
        assert!(looks_like_dtls(&session.wire[0].1), "{name}");
    }
}

#[test]
fn without_keys_the_name_is_known_and_the_rest_is_counted() {
    for session in all() {
        let seen = follow(&KeyLog::new(), &session.wire);
        assert_eq!(seen.plain, [vec![], vec![]], "{}", session.name);
        assert_eq!(seen.info.sni.as_ref(), session.expect.get("sni"));
        assert_eq!(seen.info.reason, Some(OpaqueReason::NoKeys));
        assert_eq!(seen.info.stage, Stage::Established);
        let said: usize = session.plain.iter().map(Vec::len).sum();
        assert!(seen.opaque_bytes() >= said as u64);
    }
}

/// A small generator, so that each run shuffles alike (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below
    }
}

#[test]
fn copies_are_told_once_and_order_makes_no_difference_to_what_is_read() {
    let mut dice = Dice(6347);
    for session in all() {
        let keys = session.key_log();
        for _ in 0..20 {
            let mut wire = session.wire.clone();
            for _ in 0..dice.roll(8) {
                let from = dice.roll(wire.len());
                let to = from + dice.roll(6.min(wire.len() - from));
                let copy = wire[from].clone();
                wire.insert(to, copy);
            }
            // Neighbours change places, as on a path that reorders.
            for at in 1..wire.len() {
                if dice.roll(3) == 0 {
                    wire.swap(at - 1, at);
                }
            }
            let seen = follow(&keys, &wire);
            let sorted = |bytes: &[u8]| {
                let mut bytes = bytes.to_vec();
                bytes.sort_unstable();
                bytes
            };
            for side in 0..2 {
                assert_eq!(
                    sorted(&seen.plain[side]),
                    sorted(&session.plain[side]),
                    "{}",
                    session.name
                );
            }
            assert_eq!(seen.opaque_bytes(), 0, "{}", session.name);
        }
    }
}

#[test]
fn the_hello_with_the_cookie_may_come_before_the_one_without() {
    // Its keys are made of all messages from that hello on (RFC 7627).
    let mut session = one("dtls12-psk");
    session.wire.swap(0, 2);
    let seen = follow(&session.key_log(), &session.wire);
    assert_eq!(seen.plain, session.plain);
    assert_eq!(seen.opaque_bytes(), 0);
}

#[test]
fn what_is_lost_never_makes_other_bytes_of_what_was_said() {
    let mut dice = Dice(9147);
    for session in all() {
        let keys = session.key_log();
        for _ in 0..20 {
            let mut wire = session.wire.clone();
            for _ in 0..=dice.roll(4) {
                wire.remove(dice.roll(wire.len()));
            }
            let seen = follow(&keys, &wire);
            for side in 0..2 {
                assert!(seen.plain[side].len() <= session.plain[side].len());
                let said = String::from_utf8_lossy(&session.plain[side]);
                let read = String::from_utf8_lossy(&seen.plain[side]);
                assert!(said.contains(&*read), "{}: {read}", session.name);
            }
        }
    }
}

#[test]
fn a_hello_in_tiny_fragments_is_put_together_and_a_cut_one_tells_no_more_than_is_there() {
    let session = one("dtls12-aes128gcm");
    let (_, first) = &session.wire[0];
    let body = &first[13 + 12..];
    let piece = |offset: usize, len: usize| {
        let mut record = first[..11].to_vec();
        record.extend((12 + len as u16).to_be_bytes());
        record.extend(&first[13..19]);
        record.extend(&(offset as u32).to_be_bytes()[1..]);
        record.extend(&(len as u32).to_be_bytes()[1..]);
        record.extend(&body[offset..offset + len]);
        (Dir::Client, record)
    };
    let mut pieces: Vec<_> = (0..body.len())
        .step_by(9)
        .map(|at| piece(at, 9.min(body.len() - at)))
        .collect();
    pieces.reverse();
    pieces.push(piece(3, 30));
    let seen = follow(&KeyLog::new(), &pieces);
    assert_eq!(seen.info.sni.as_deref(), Some("api.vendor.example"));
    assert!(!seen.info.ja4.is_empty());

    let cut = follow(&KeyLog::new(), &[piece(0, body.len() - 4)]);
    assert_eq!(cut.info.sni, None, "the begin of a name is no name");
    assert!(cut.info.client_random.is_some());
    assert_eq!(cut.info.ja4, "", "its end is missing");
}

#[test]
fn a_session_whose_begin_is_missing_is_counted_as_that() {
    let session = one("dtls12-aes256gcm");
    let data = session.wire.iter().filter(|(_, bytes)| bytes[0] == 23);
    let seen = follow(&session.key_log(), data);
    assert_eq!(seen.info.reason, Some(OpaqueReason::Midstream));
    assert_eq!(seen.plain, [vec![], vec![]]);
}

#[test]
fn damage_is_survived_and_never_read() {
    let mut dice = Dice(77);
    for session in all() {
        let keys = session.key_log();
        for _ in 0..60 {
            let mut wire = session.wire.clone();
            for _ in 0..=dice.roll(5) {
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
                    _ => drop(bytes.remove(at)),
                }
            }
            let seen = follow(&keys, &wire);
            for side in 0..2 {
                assert!(seen.plain[side].len() <= session.plain[side].len());
            }
        }
    }
}

type Wire = Vec<(Dir, Vec<u8>)>;

/// The datagrams of the longest conversation of a capture, and its secrets.
fn conversation(path: &Path) -> (Wire, Vec<u8>) {
    use wirecore::capture::{Item, Reader};
    use wirecore::net::{parse_link, parse_udp};
    let file = std::fs::File::open(path).expect("a capture");
    let mut reader = Reader::open(file, &Limits::default()).expect("a capture");
    let mut talks: HashMap<_, Wire> = HashMap::new();
    let mut secrets = Vec::new();
    while let Some(item) = reader.next_item().expect("an item") {
        match item {
            Item::Secrets { data, .. } => secrets.extend_from_slice(data),
            Item::Frame(frame) => {
                let Some(packet) = parse_link(frame.link, frame.data).packet() else {
                    continue;
                };
                let Ok((udp, payload)) = parse_udp(&packet) else {
                    continue;
                };
                let (from, to) = ((packet.src, udp.sport), (packet.dst, udp.dport));
                let (dir, ends) = if talks.contains_key(&(to, from)) {
                    (Dir::Server, (to, from))
                } else {
                    (Dir::Client, (from, to))
                };
                talks.entry(ends).or_default().push((dir, payload.to_vec()));
            }
            _ => {}
        }
    }
    let longest = talks.into_values().max_by_key(Vec::len);
    (longest.unwrap_or_default(), secrets)
}

fn captured(folder: &str, name: &str, keys: &str) -> Option<Seen> {
    let folder = crate::capture::corpus(folder)?;
    let (wire, secrets) = conversation(&folder.join(name));
    let mut log = KeyLog::new();
    log.add_text(&secrets);
    let text = match std::fs::read(folder.join("keys").join(keys)) {
        Ok(text) => text,
        Err(_) => keys.as_bytes().to_vec(),
    };
    log.add_text(&text);
    Some(follow(&log, &wire))
}

#[test]
fn captures_of_others_are_read() {
    let psk = "PSK * ca19e028a8a372ad2d325f950fcaceed";
    for (name, keys) in [
        ("captures/dtls12-aes128ccm8-dsb.pcapng", ""),
        ("captures/dtls12-aes128ccm8.pcap", psk),
    ] {
        let Some(seen) = captured("wireshark", name, keys) else {
            return;
        };
        let said =
            String::from_utf8_lossy(&[seen.plain[0].clone(), seen.plain[1].clone()].concat())
                .into_owned();
        assert_eq!(said.matches("Works for me!\n").count(), 2, "{name}: {said}");
        assert_eq!(seen.opaque_bytes(), 0, "{name}");
    }
    let Some(seen) = captured("wireshark", "captures/udt-dtls.pcapng.gz", "udt-dtls.key") else {
        return;
    };
    assert!(seen.plain[0].len() > 1000 && seen.opaque_bytes() == 0);
    for name in [
        "dtls13-wolfssl.pcap",
        "dtls13-cid.pcap",
        "dtls1_0.pcap",
        "dtls1_2.pcap",
    ] {
        let Some(seen) = captured("zeek/tls", name, "") else {
            return;
        };
        assert!(
            seen.info.version_text().starts_with("DTLS 1."),
            "{name} {seen:?}"
        );
        assert_eq!(seen.odd, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn behind_hellos_that_nobody_saw_a_connection_id_hides_where_a_record_ends() {
    let session = one("dtls12-id-chacha20");
    let is_sealed = |(_, bytes): &&(Dir, Vec<u8>)| bytes[0] == 25;
    let sealed: Vec<_> = session.wire.iter().filter(is_sealed).cloned().collect();
    assert!(looks_like_dtls(&sealed[0].1));
    let seen = follow(&session.key_log(), &sealed);
    assert_eq!(seen.plain, [vec![], vec![]]);
    let bodies: usize = sealed.iter().map(|(_, bytes)| bytes.len() - 11).sum();
    assert_eq!((seen.opaque_bytes(), &seen.odd), (bodies as u64, &vec![]));
}
