//! The hostile captures, one after another.

use std::io::Write as _;

use wirecore::limits::Limits;

use super::listen::{datagram, Line};
use super::wire;

/// Takes a frame.
pub type One<'o> = &'o mut dyn FnMut(&[u8]);

/// A capture that asks for more than it gets.
pub struct Attack {
    pub name: &'static str,
    /// For the page: what comes, and what holds it.
    pub what: &'static str,
    pub held: &'static str,
    /// Part of the anomaly that must be told.
    pub said: &'static str,
    /// A recorded session whose keys are given.
    pub keys: &'static str,
    pub limits: fn(&mut Limits),
    /// A file that is read before the frames; empty where the frames are the attack.
    pub file: fn() -> Vec<u8>,
    pub frames: fn(One<'_>),
}

const fn attack(
    name: &'static str,
    what: &'static str,
    held: &'static str,
    said: &'static str,
    frames: fn(One<'_>),
) -> Attack {
    Attack {
        name,
        what,
        held,
        said,
        keys: "",
        limits: |_| {},
        file: Vec::new,
        frames,
    }
}

const fn file_attack(
    name: &'static str,
    what: &'static str,
    held: &'static str,
    said: &'static str,
    file: fn() -> Vec<u8>,
) -> Attack {
    Attack {
        file,
        ..attack(name, what, held, said, |_| {})
    }
}

/// Connections that begin with `first`, and go on with `more` eight times.
fn begin_many(one: One<'_>, more: &[u8], first: &[u8]) {
    for port in 10_000..30_000 {
        let mut line = Line::new(port);
        line.open().iter().for_each(|frame| one(frame));
        one(&line.say(true, first));
        for _ in 0..8 {
            one(&line.say(true, more));
        }
    }
}

pub const ATTACKS: &[Attack] = &[
    attack(
        "coding_bomb",
        "a body that its content coding lets grow a thousandfold (256 MiB out of 256 KiB)",
        "`coding_ratio`",
        "coding_ratio",
        |one| post(one, "Content-Encoding: gzip", &gzip(256)),
    ),
    attack(
        "bomb_in_a_bomb",
        "the same inside a body, in a file of its own",
        "`coding_ratio`, `unwrap_bytes`",
        "coding_ratio",
        |one| {
            let inner = gzip(96);
            let outer = gzip_of(&inner);
            post(one, "Content-Type: application/octet-stream", &outer);
        },
    ),
    file_attack(
        "length_of_2_31_in_pcap",
        "a packet of 2^31 bytes in a pcap file",
        "`packet_bytes`; nothing is held for a length that is only promised",
        "claims 2147483648 captured bytes",
        || {
            let mut file = wire::pcap(&[]);
            file.extend([0; 8]);
            file.extend([0x8000_0000_u32.to_le_bytes(); 2].concat());
            file.extend(b"abc");
            file
        },
    ),
    file_attack(
        "length_of_2_31_in_pcapng",
        "a packet of 2^31 bytes in a block of a pcapng file, secrets of 2^31 bytes in another, then a block of 2^31 bytes",
        "`packet_bytes`; nothing is held for a length that is only promised",
        "longer than any packet",
        || {
            let blocks = wire::LITTLE;
            let mut file = [blocks.section(), blocks.interface(1, 0, &[])].concat();
            let long = blocks.u32(0x8000_0000);
            file.extend(blocks.block(6, &[[0; 4], [0; 4], [0; 4], long, long].concat()));
            file.extend(blocks.block(10, &[*b"KSLT", long, *b"abcd"].concat()));
            file.extend([*b"\x06\0\0\0", long, *b"abcd", *b"efgh"].concat());
            file
        },
    ),
    attack(
        "length_of_2_31_in_http",
        "a chunk of 2^63 bytes that never come",
        "nothing is held for a length that is only promised",
        "",
        |one| {
            let head = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7fffffffffffffff\r\nabc";
            say(one, 8080, &[head]);
        },
    ),
    attack(
        "length_of_2_31_in_websocket",
        "a WebSocket frame of 2^62 bytes",
        "nothing is held for a length that is only promised",
        "",
        |one| {
            let mut line = Line::new(8080);
            line.open().iter().for_each(|frame| one(frame));
            one(&line.say(true, b"GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n"));
            one(&line.say(false, b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\n\r\n"));
            one(&line.say(true, b"\x82\xff\x3f\xff\xff\xff\xff\xff\xff\xff\x01\x02\x03\x04abc"));
        },
    ),
    attack(
        "length_of_2_24_in_tls",
        "a handshake message of 16 MiB, in records",
        "`tls_handshake_bytes`",
        "longer than the bound",
        |one| {
            let mut line = Line::new(443);
            line.open().iter().for_each(|frame| one(frame));
            one(&line.say(true, b"\x16\x03\x01\x00\x04\x01\xff\xff\xff"));
            for _ in 0..4096 {
                let mut record = b"\x16\x03\x01\x10\x00".to_vec();
                record.resize(5 + 4096, 7);
                one(&line.say(true, &record));
            }
        },
    ),
    attack(
        "endless_head",
        "a head of HTTP/1 that never ends (64 MiB of lines)",
        "`http_head_bytes`",
        "head",
        |one| {
            let mut line = Line::new(8080);
            line.open().iter().for_each(|frame| one(frame));
            one(&line.say(true, b"GET / HTTP/1.1\r\nHost: h\r\n"));
            let lines = b"X-Filler: abcdefghijklmnopqrstuvwxyz0123456789\r\n".repeat(28);
            for _ in 0..48_000 {
                one(&line.say(true, &lines));
            }
        },
    ),
    attack(
        "endless_chunks",
        "a chunked body of a million chunks of one byte that never ends",
        "a body is looked at in windows (`body_window_bytes`) and never held",
        "",
        |one| {
            let mut line = Line::new(8080);
            line.open().iter().for_each(|frame| one(frame));
            one(&line.say(true, b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"));
            let chunks = b"1\r\na\r\n".repeat(200);
            for _ in 0..5_000 {
                one(&line.say(true, &chunks));
            }
        },
    ),
    attack(
        "million_streams",
        "a million tiny streams of HTTP/2 on one connection, none of which ends",
        "`open_streams`; ended and given-up streams are remembered by ranges",
        "open_streams",
        |one| {
            let mut line = Line::new(8080);
            line.open().iter().for_each(|frame| one(frame));
            one(&line.say(true, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"));
            for hundred in 0..10_000u32 {
                let mut frames = Vec::new();
                for n in 0..100 {
                    let stream = (hundred * 100 + n) * 2 + 1;
                    frames.extend([0, 0, 3, 1, 4]);
                    frames.extend(stream.to_be_bytes());
                    frames.extend([0x82, 0x84, 0x86]);
                }
                one(&line.say(true, &frames));
            }
        },
    ),
    attack(
        "million_flows",
        "a million flows of one datagram each",
        "`open_flows`",
        "open_flows",
        |one| {
            for n in 0..1_000_000u32 {
                let [_, a, b, c] = n.to_be_bytes();
                let cloud = std::net::IpAddr::from([203, a, b, c]);
                let packet = wire::ip(wire::PHONE, cloud, 17, &wire::udp(40_000, 9_999, b"x"));
                one(&wire::ethernet(&packet));
            }
        },
    ),
    attack(
        "heads_of_many_flows",
        "twenty thousand connections, each with 11 KB of a head of HTTP/1 that never ends",
        "`open_state_bytes`",
        "open_state_bytes",
        |one| {
            let lines = b"X-Filler: abcdefghijklmnopqrstuvwxyz0123456789\r\n".repeat(28);
            begin_many(one, &lines, b"GET / HTTP/1.1\r\nHost: h\r\n");
        },
    ),
    attack(
        "records_of_many_flows",
        "twenty thousand connections, each with 11 KB of a record of TLS that never ends",
        "`open_state_bytes`",
        "open_state_bytes",
        |one| begin_many(one, &[7; 1400], b"\x16\x03\x01\x40\x00\x01\x00\x3f\xf0\x03\x03"),
    ),
    attack(
        "hpack_bomb",
        "a dynamic table of HPACK filled to its bound and named ten thousand times in each of many heads",
        "`http_head_bytes`, `hpack_table_bytes`",
        "http_head_bytes",
        |one| {
            let mut line = Line::new(8080);
            line.open().iter().for_each(|frame| one(frame));
            one(&line.say(true, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0"));
            let mut filler = vec![0x82, 0x84, 0x86, 0x40, 1, b'x', 0x7f, 0xa1, 0x1e];
            filler.resize(filler.len() + 4000, b'v');
            for n in 0..200u32 {
                let mut block = if n == 0 { filler.clone() } else { vec![0x82, 0x84, 0x86] };
                block.resize(block.len() + 10_000, 0xbe);
                let mut head = (block.len() as u32).to_be_bytes()[1..].to_vec();
                head.extend([1, 5]);
                head.extend((n * 2 + 1).to_be_bytes());
                head.extend(block);
                for part in head.chunks(1400) {
                    one(&line.say(true, part));
                }
            }
        },
    ),
    Attack {
        keys: QPACK_BOMB,
        ..attack(
            "qpack_bomb",
            "a dynamic table of QPACK in which an entry of 4,000 bytes is duplicated by a byte each, eight thousand times, and sections that name it as often",
            "`http_head_bytes`, `hpack_table_bytes`",
            "http_head_bytes: fields",
            |one| {
                for (from_phone, bytes) in said(QPACK_BOMB) {
                    one(&datagram(from_phone, 443, &bytes));
                }
            },
        )
    },
    attack(
        "deep_json",
        "a document of a hundred thousand arrays in each other",
        "`unwrap_depth`, `unwrap_leaves`",
        "",
        |one| {
            let mut body = vec![b'['; 100_000];
            body.extend(vec![b']'; 100_000]);
            post(one, "Content-Type: application/json", &body);
            let mut xml = b"<a>".repeat(100_000);
            xml.extend(b"</a>".repeat(100_000));
            post(one, "Content-Type: text/xml", &xml);
        },
    ),
    attack(
        "deep_layers",
        "a value in twenty layers of quoted JSON",
        "`unwrap_depth`",
        "unwrap_depth",
        |one| {
            let mut text = "{\"a\":\"some words of a text\"}".to_owned();
            while text.len() < 200_000 {
                let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
                text = format!("{{\"a\":\"{quoted}\"}}");
            }
            post(one, "Content-Type: application/json", text.as_bytes());
        },
    ),
    attack(
        "overlapping_fragments",
        "fragments of one datagram that lie over each other and never make it whole, a hundred thousand times",
        "`fragment_bytes`; the first copy of a byte stays",
        "fragment",
        |one| {
            let data = [0x55; 64];
            for n in 0..100_000u32 {
                let id = (n >> 4) as u16;
                let offset = (n & 15) as u16 * 24;
                one(&wire::ethernet(&wire::ipv4_fragment(id, offset, true, 17, &data)));
            }
        },
    ),
    attack(
        "holes",
        "segments with a hole before each, on and on (256 MiB of holes)",
        "`reorder_bytes`, `reorder_total_bytes`",
        "",
        |one| {
            let mut line = Line::new(9999);
            line.open().iter().for_each(|frame| one(frame));
            one(&line.say(true, b"own protocol"));
            line.lose(1);
            let data = [0x5a; 1400];
            for _ in 0..40_000 {
                one(&line.say(true, &data));
                line.lose(5000);
            }
        },
    ),
    attack(
        "quic_flood",
        "hellos of ten thousand QUIC connections",
        "`quic_connections`, `quic_waiting_bytes`",
        "quic_connections",
        |one| {
            for n in 0..10_000u16 {
                let mut initial = vec![0xc3, 0, 0, 0, 1, 8];
                initial.extend([7; 8]);
                initial.extend([0, 0, 0x44, 0x90]);
                initial.resize(1200, n as u8);
                let udp = wire::udp(10_000 + n, 443, &initial);
                one(&wire::ethernet(&wire::ip(wire::PHONE, wire::CLOUD, 17, &udp)));
            }
        },
    ),
    attack(
        "dtls_fragments",
        "fragments of DTLS handshake messages of which none is ever whole",
        "`tls_handshake_bytes`",
        "",
        |one| {
            for n in 0..20_000u32 {
                let mut body = vec![11, 3, 0xff, 0xff];
                body.extend((n as u16).to_be_bytes());
                body.extend(&(n % 9_000 * 20).to_be_bytes()[1..]);
                body.extend([0, 2, 0]);
                body.resize(12 + 512, 7);
                let mut record = vec![22, 0xfe, 0xfd, 0, 0, 0, 0];
                record.extend(n.to_be_bytes());
                record.extend((body.len() as u16).to_be_bytes());
                record.extend(body);
                one(&datagram(true, 5684, &record));
            }
        },
    ),
    Attack {
        keys: include_str!("../fixtures/tls/tls12-private-key-pkcs1.session"),
        limits: |limits| limits.rsa_operations = 3,
        ..attack(
            "private_keys",
            "handshakes that each ask for a decryption with a private key (here beyond 3)",
            "`rsa_operations`",
            "rsa_operations",
            |one| {
                let session = include_str!("../fixtures/tls/tls12-private-key-pkcs1.session");
                for port in 1000..1010 {
                    let mut line = Line::new(port);
                    line.open().iter().for_each(|frame| one(frame));
                    for (from_phone, bytes) in said(session) {
                        for part in bytes.chunks(1400) {
                            one(&line.say(from_phone, part));
                        }
                    }
                }
            },
        )
    },
];

const QPACK_BOMB: &str = include_str!("../fixtures/quic/qpack-bomb.session");

/// What a recorded session says: (from the phone, bytes) in order.
fn said(session: &str) -> impl Iterator<Item = (bool, Vec<u8>)> + '_ {
    session.lines().filter_map(|line| {
        let (side, digits) = line.split_at_checked(2)?;
        match side {
            "c " => Some((true, unhex(digits))),
            "s " => Some((false, unhex(digits))),
            _ => None,
        }
    })
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal");
    (0..text.len()).step_by(2).map(digit).collect()
}

/// So many MiB of zeros, compressed.
fn gzip(mib: usize) -> Vec<u8> {
    let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..mib {
        coder.write_all(&zeros).expect("memory");
    }
    coder.finish().expect("memory")
}

fn gzip_of(bytes: &[u8]) -> Vec<u8> {
    let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    coder.write_all(bytes).expect("memory");
    coder.finish().expect("memory")
}

fn say(one: One<'_>, port: u16, parts: &[&[u8]]) {
    let mut line = Line::new(port);
    line.open().iter().for_each(|frame| one(frame));
    for part in parts.iter().flat_map(|bytes| bytes.chunks(1400)) {
        one(&line.say(true, part));
    }
    line.close().iter().for_each(|frame| one(frame));
}

/// An upload with this header.
fn post(one: One<'_>, header: &str, body: &[u8]) {
    let head = format!(
        "POST /up HTTP/1.1\r\nHost: h\r\n{header}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    say(one, 8080, &[head.as_bytes(), body]);
}
