//! Hostile bytes: nothing is read beyond its end, nothing grows without bound, and pieces make no difference.

use wirecore::http::{H3Conn, H3Event};
use wirecore::limits::Limits;
use wirecore::net::tcp::Budget;
use wirecore::quic::{QuicConn, QuicEvent};
use wirecore::record::Dir;
use wirecore::tls::KeyLog;

/// A small generator with a fixed seed, so that a failure can be had again.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next() as u8).collect()
    }
}

#[test]
fn damaged_datagrams_are_counted_whole_or_as_handshake() {
    let limits = Limits::default();
    let mut random = Random(0x5eed_0001);
    let (keys, mut buffer) = (KeyLog::new(), Vec::new());
    for round in 0..300 {
        let mut conn = QuicConn::new(&limits, &Budget::new(&limits));
        let (mut sent, mut told) = (0, 0);
        for _ in 0..20 {
            let len = 1 + random.next() as usize % 300;
            let mut datagram = random.bytes(len);
            if random.next() % 4 > 0 && len > 6 {
                let version = [[0, 0, 0, 1], [0x6b, 0x33, 0x43, 0xcf], [0, 0, 0, 0]];
                datagram[0] |= 0xc0;
                datagram[1..5].copy_from_slice(&version[random.next() as usize % 3]);
                datagram[5] = random.next() as u8 % 22;
            }
            sent += len as u64;
            let dir = if random.next() % 2 == 0 {
                Dir::Client
            } else {
                Dir::Server
            };
            conn.datagram(&keys, dir, &datagram, &mut buffer, &mut |event| {
                if let QuicEvent::Opaque { len, .. } | QuicEvent::Handshake { len, .. } = event {
                    told += len;
                }
            });
        }
        conn.finish(&mut |event| {
            if let QuicEvent::Opaque { len, .. } = event {
                told += len;
            }
        });
        assert!(told <= sent, "round {round}: {told} of {sent}");
    }
}

fn h3(pieces: &[(u64, &[u8])], limits: &Limits) -> Vec<String> {
    let mut conn = H3Conn::new(limits);
    let mut out: Vec<String> = Vec::new();
    let mut bodies: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut take = |event: H3Event<'_>| match event {
        H3Event::Body { stream, bytes, .. } => match bodies.iter_mut().find(|b| b.0 == stream) {
            Some((_, body)) => body.extend_from_slice(bytes),
            None => bodies.push((stream, bytes.to_vec())),
        },
        H3Event::Unknown { .. } => {}
        event => out.push(format!("{event:?}")),
    };
    for (stream, bytes) in pieces {
        conn.feed(Dir::Client, *stream, bytes, &mut take);
    }
    let mut streams: Vec<u64> = pieces.iter().map(|(stream, _)| *stream).collect();
    streams.dedup();
    for stream in streams {
        conn.end(Dir::Client, stream, &mut take);
    }
    conn.finish(&mut take);
    out.extend(bodies.iter().map(|body| format!("{body:?}")));
    out
}

/// A request of the static table only, a body in two frames with an unknown frame between, trailers.
const REQUEST: &[u8] = b"\x01\x0e\0\0\xd4\xd7\x50\x07example\xc1\x00\x03one\x40\x77\x02??\x00\x05 body\x01\x08\0\0\x23x-a\x011";

#[test]
fn a_request_in_pieces_says_the_same() {
    let limits = Limits::default();
    let whole = h3(&[(0, REQUEST)], &limits);
    assert!(
        whole[0].contains("\":method\"") && whole[0].contains(":authority"),
        "{whole:?}"
    );
    assert!(whole.iter().any(|event| event.contains("x-a")));
    assert!(whole
        .iter()
        .any(|event| *event == format!("{:?}", (0, b"one body".to_vec()))));
    for size in 1..REQUEST.len() {
        let pieces: Vec<_> = REQUEST.chunks(size).map(|piece| (0, piece)).collect();
        assert_eq!(h3(&pieces, &limits), whole, "pieces of {size}");
    }
}

#[test]
fn damaged_streams_end() {
    let limits = Limits::default();
    let mut random = Random(0x5eed_0002);
    for _ in 0..3000 {
        let mut bytes = REQUEST.to_vec();
        for _ in 0..=random.next() % 3 {
            let at = random.next() as usize % bytes.len();
            bytes[at] = random.next() as u8;
        }
        let stream = random.next() % 4;
        h3(
            &[(stream, &bytes), (2, b"\x02\x3f\xe1\x1f"), (stream, &bytes)],
            &limits,
        );
    }
}

#[test]
fn sections_that_wait_for_a_table_that_never_comes_are_read_with_placeholders() {
    let mut limits = Limits::default();
    let section = b"\x01\x04\x02\x80\x10\xd1\x00\x02hi";
    let waits = h3(&[(0, section)], &limits);
    assert!(waits[0].contains("HeadersUnknown"), "{waits:?}");
    assert!(
        waits[1].contains("?0") && waits[1].contains(":method"),
        "{waits:?}"
    );
    limits.qpack_waiting_bytes = 100;
    let body = vec![b'x'; 200];
    let mut conn = H3Conn::new(&limits);
    let mut kinds = Vec::new();
    let mut take = |event: H3Event<'_>| {
        kinds.push(format!("{event:?}").chars().take(4).collect::<String>());
    };
    conn.feed(Dir::Client, 0, section, &mut take);
    conn.feed(Dir::Client, 0, b"\x00\x40\xc8", &mut take);
    conn.feed(Dir::Client, 0, &body, &mut take);
    conn.feed(Dir::Client, 4, section, &mut take);
    let told = ["Odd(", "Odd(", "Fiel", "Body", "Body", "Fiel", "Body"];
    assert_eq!(
        kinds, told,
        "the bound and the unknown fields are told once"
    );
}
