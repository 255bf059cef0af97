//! Stories of DTLS on a flow: what leaves inside is found with keys, and counted without; calls lie beside it.

use std::path::PathBuf;

use wirecore::limits::Limits;
use wirecore::record::Dir;
use wirecore::tls::KeyLog;

use crate::listen::{datagram, engine_with, rows_from, IMEI};
use crate::session::{sessions_in, Session};

const PORT: u16 = 5684;

fn sessions() -> Vec<Session> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/dtls");
    sessions_in(&folder)
}

fn frames(session: &Session) -> Vec<Vec<u8>> {
    let wire = session.wire.iter();
    wire.map(|(dir, bytes)| datagram(*dir == Dir::Client, PORT, bytes))
        .collect()
}

#[test]
fn what_leaves_inside_is_found_and_stays_counted_as_of_no_known_protocol() {
    for session in sessions() {
        let name = &session.name;
        let engine = engine_with(&[], session.key_log(), Limits::default());
        let rows = rows_from(engine, &frames(&session));
        let flow = &rows.flows[0];
        assert_eq!(rows.flows.len(), 1, "{name}");
        assert_eq!(flow.protocol, "dtls", "{name}");
        assert_eq!(flow.tls_version, session.expect["version"], "{name}");
        let host = session.expect.get("sni").map_or("", String::as_str);
        assert_eq!(flow.host, host, "{name}");
        assert!(!rows.hits.is_empty(), "{name}: {IMEI} leaves in it");
        assert!(rows.hits.iter().all(|hit| hit.up));
        assert_eq!(flow.app_bytes[0] as usize, session.plain[0].len(), "{name}");
        assert_eq!(flow.opaque_reason, "unknown_protocol");
        assert_eq!(flow.state, "datagram");
        assert!(rows.anomalies.is_empty(), "{name}: {:?}", rows.anomalies);
    }
}

#[test]
fn without_keys_nothing_is_found_and_everything_is_counted() {
    for session in sessions() {
        let engine = engine_with(&[], KeyLog::new(), Limits::default());
        let rows = rows_from(engine, &frames(&session));
        let flow = &rows.flows[0];
        assert_eq!((rows.hits.len(), rows.messages.len()), (0, 0));
        assert_eq!(
            (flow.protocol.as_str(), flow.opaque_reason.as_str()),
            ("dtls", "no_keys")
        );
        assert_eq!(flow.readable_bytes, [0, 0]);
        assert!(flow.app_bytes[0] >= session.plain[0].len() as u64);
    }
}

#[test]
fn a_hello_that_nobody_answers_is_an_attempt() {
    let session = &sessions()[0];
    let engine = engine_with(&[], KeyLog::new(), Limits::default());
    let rows = rows_from(engine, &frames(session)[..1]);
    assert_eq!(rows.flows[0].state, "aborted_handshake");
    assert_eq!(rows.flows[0].app_bytes, [0, 0]);
}

#[test]
fn finding_the_way_and_the_media_of_a_call_go_over_the_same_flow() {
    let session = sessions()
        .into_iter()
        .find(|one| one.name == "dtls13-aes128gcm");
    let session = session.expect("a session");
    let mut stun = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    stun.extend([7; 12]);
    let mut sent = vec![datagram(true, PORT, &stun)];
    sent.extend(frames(&session));
    sent.push(datagram(true, PORT, &stun));
    let engine = engine_with(&[], session.key_log(), Limits::default());
    let rows = rows_from(engine, &sent);
    assert_eq!(rows.flows[0].protocol, "dtls");
    assert!(!rows.hits.is_empty());
    for number in 0u8..5 {
        let mut media = vec![0x80, 111, 0, number, 0, 0, 0, 1, 9, 9, 9, 9];
        media.extend([number; 400]);
        sent.push(datagram(true, PORT, &media));
    }
    let engine = engine_with(&[], session.key_log(), Limits::default());
    let rows = rows_from(engine, &sent);
    let flow = &rows.flows[0];
    assert_eq!(
        (flow.protocol.as_str(), flow.opaque_reason.as_str()),
        ("rtp", "call_media")
    );
    assert!(!rows.hits.is_empty(), "the call hides nothing of it");
}
