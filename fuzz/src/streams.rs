//! Protocols of connections, each alone: TLS, QUIC, HTTP, DNS.

use std::collections::BTreeMap;

use wirecore::http::{H3Conn, H3Event};
use wirecore::limits::Limits;
use wirecore::net::tcp::Budget;
use wirecore::quic::{QuicConn, QuicEvent};
use wirecore::record::Dir;
use wirecore::tls::{looks_like_dtls, CertInfo, DtlsConn, KeyLog, TlsEvent};

use super::script::{behind_keys, Script, Turn};
use super::session::{follow, Step};
use super::told::{self, Act};
use super::told_h2;

/// Turns of records behind a key log; however they are cut, the same is told.
pub fn tls(bytes: &[u8]) {
    let (keys, rest) = behind_keys(bytes);
    let turns: Vec<Turn<'_>> = Script(rest).collect();
    let steps = |size: usize| {
        let mut steps = Vec::new();
        for turn in &turns {
            match *turn {
                Turn::Gap(dir, len) => steps.push(Step::Gap(dir, len)),
                Turn::Bytes(dir, bytes) => {
                    steps.extend(bytes.chunks(size).map(|piece| Step::Bytes(dir, piece)));
                }
            }
        }
        steps
    };
    let whole = follow(&keys, &steps(usize::MAX));
    for size in [1, 100] {
        assert_eq!(whole, follow(&keys, &steps(size)), "in pieces of {size}");
    }
}

/// Datagrams of records behind a key log; no more is told than came.
pub fn dtls(bytes: &[u8]) {
    let (keys, rest) = behind_keys(bytes);
    let mut conn = DtlsConn::new(&Limits::default());
    let (mut sent, mut told) = (0, 0);
    let mut count = |event: TlsEvent<'_>| match event {
        TlsEvent::Opaque { len, .. } | TlsEvent::Handshake { len, .. } => told += len,
        TlsEvent::Plain { bytes, .. } => told += bytes.len() as u64,
        _ => {}
    };
    for turn in Script(rest) {
        if let Turn::Bytes(dir, datagram) = turn {
            sent += datagram.len() as u64;
            looks_like_dtls(datagram);
            conn.datagram(&keys, dir, datagram, &mut count);
        }
    }
    conn.finish(&keys, &mut count);
    assert!(told <= sent, "{told} of {sent}");
}

/// DER.
pub fn certificate(bytes: &[u8]) {
    let info = CertInfo::of(bytes);
    assert!(info.subject.len() + info.issuer.len() <= 2 * 4096);
    assert!(info.dns_names.len() <= 200);
}

/// Lines, PEM and secrets blocks.
pub fn keylog(bytes: &[u8]) {
    let mut keys = KeyLog::new();
    assert!(keys.add_text(bytes).len() <= 101);
    let text_keys = keys.len();
    if let Some((kind, data)) = bytes.split_first_chunk() {
        let mut keys = KeyLog::new();
        keys.add_pcapng_secrets(u32::from_be_bytes(*kind), data);
        assert!(keys.len() <= data.len());
    }
    assert!(text_keys <= bytes.len());
}

/// Datagrams behind a key log; no more is told than came.
pub fn quic(bytes: &[u8]) {
    let (keys, rest) = behind_keys(bytes);
    let limits = Limits::default();
    let mut conn = QuicConn::new(&limits, &Budget::new(&limits));
    let (mut buffer, mut sent, mut told) = (Vec::new(), 0, 0);
    let mut count = |event: QuicEvent<'_>| {
        if let QuicEvent::Opaque { len, .. } | QuicEvent::Handshake { len, .. } = event {
            told += len;
        }
    };
    for turn in Script(rest) {
        if let Turn::Bytes(dir, datagram) = turn {
            sent += datagram.len() as u64;
            if !conn.is_another(dir, datagram, &mut buffer) {
                conn.datagram(&keys, dir, datagram, &mut buffer, &mut count);
            }
        }
    }
    conn.finish(&mut count);
    assert!(told <= sent, "{told} of {sent}");
}

fn acts(bytes: &[u8]) -> Vec<Act<'_>> {
    let act = |turn| match turn {
        Turn::Bytes(Dir::Client, bytes) => Act::C(bytes),
        Turn::Bytes(Dir::Server, bytes) => Act::S(bytes),
        Turn::Gap(Dir::Client, len) => Act::LostC(len),
        Turn::Gap(Dir::Server, len) => Act::LostS(len),
    };
    Script(bytes).map(act).collect()
}

fn tight() -> Limits {
    Limits {
        http_head_bytes: 400,
        hpack_table_bytes: 300,
        open_streams: 4,
        ..Limits::default()
    }
}

/// Turns of HTTP/1.
pub fn http1(bytes: &[u8]) {
    told::told_within(&acts(bytes), &tight());
}

/// Turns of HTTP/2.
pub fn http2(bytes: &[u8]) {
    told_h2::told_within(&acts(bytes), &tight());
}

/// Turns of HTTP/3: the first byte of each names its stream, its highest bit ends it.
pub fn http3(bytes: &[u8]) {
    let run = |size: usize| {
        let mut conn = H3Conn::new(&tight());
        let mut lines: Vec<String> = Vec::new();
        let mut runs: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        let mut unread = [0; 2];
        let mut tell = |event: H3Event<'_>| match event {
            H3Event::Body { dir, stream, bytes } => {
                let run = runs.entry(format!("body {dir:?} {stream}")).or_default();
                run.extend_from_slice(bytes);
            }
            H3Event::Unknown { dir, bytes, .. } => {
                let run = runs.entry(format!("unknown {dir:?}")).or_default();
                run.extend_from_slice(bytes);
            }
            H3Event::Unread { dir, bytes } => unread[dir.index()] += bytes,
            other => lines.push(format!("{other:?}")),
        };
        for turn in Script(bytes) {
            match turn {
                Turn::Bytes(dir, [stream, bytes @ ..]) => {
                    let id = u64::from(stream & 0x1f);
                    for piece in bytes.chunks(size) {
                        conn.feed(dir, id, piece, &mut tell);
                    }
                    if stream & 0x80 != 0 {
                        conn.end(dir, id, &mut tell);
                    } else if stream & 0x40 != 0 {
                        conn.reset(dir, id, &mut tell);
                    }
                }
                Turn::Bytes(..) => {}
                Turn::Gap(dir, len) => conn.gap(dir, len % 8, len, &mut tell),
            }
        }
        conn.finish(&mut tell);
        // Events of different streams have no order of their own.
        lines.sort_unstable();
        (lines, runs, unread)
    };
    assert_eq!(run(usize::MAX), run(1), "in pieces");
}

/// A request's target in the first line, and behind it the body of the answer.
pub fn httpdns(bytes: &[u8]) {
    use wirecore::dns::httpdns::{answer, parameter, question, FORMS};
    let end = bytes
        .iter()
        .position(|b| *b == b'\n')
        .unwrap_or(bytes.len());
    let (target, body) = bytes.split_at(end);
    for name in ["dn", "dns"] {
        assert!(parameter(target, name).is_none_or(|range| target.get(range).is_some()));
    }
    let Some(asked) = question(target) else {
        return;
    };
    assert!(!asked.names().is_empty());
    let mut names = 0;
    let body = body.get(1..).unwrap_or_default();
    answer(&asked, body, &Limits::default(), &mut |name| {
        assert!(name.answered && name.question.contains('.'));
        assert!(FORMS.iter().any(|form| form.name == name.via));
        let address = name.value.parse::<std::net::IpAddr>();
        assert!(address.is_ok() || matches!(name.rtype.as_str(), "CNAME" | ""));
        names += 1;
    });
    assert!(names <= body.len() + 1);
}

/// A message, and the same as a stream.
pub fn dns(bytes: &[u8]) {
    use wirecore::dns::{is_announcement, looks_like_dns, parse_message, DnsStream};
    let mut names = 0;
    parse_message(bytes, &mut |name| {
        assert!(name.question.len() <= 4 * 255 + 255);
        names += 1;
    });
    assert!(names <= bytes.len());
    looks_like_dns(bytes);
    is_announcement(bytes);
    let run = |size: usize| {
        let mut told = Vec::new();
        let mut odd = Vec::new();
        let mut stream = DnsStream::new();
        for piece in bytes.chunks(size) {
            stream.feed(
                piece,
                &mut |name| told.push(format!("{name:?}")),
                &mut |one| odd.push(one),
            );
        }
        (told, odd)
    };
    assert_eq!(run(usize::MAX), run(1), "in pieces");
}
