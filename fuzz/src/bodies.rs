//! What lies in bodies: framings, content codings, the unwrap tree, facts and pictures.

use wirecore::http::parts::{Deflate, Part, Parts};
use wirecore::http::ContentDecoder;
use wirecore::limits::Limits;
use wirecore::scan::media::{images, Search};
use wirecore::scan::needles::{Needles, Plain};
use wirecore::scan::picture::decode;
use wirecore::unwrap::{optin_chunk as chunk, Hint};

use super::script::{Script, Turn};
use super::seen::shown_with;

/// The messages of a body, neighbouring bytes joined.
fn parts(make: impl Fn() -> Parts, bytes: &[u8]) {
    let run = |size: usize| {
        let mut parts = make();
        let mut told: Vec<String> = Vec::new();
        let mut tell = |part: Part<'_>| match part {
            Part::Bytes(bytes) => {
                let more = bytes.escape_ascii().to_string();
                match told.last_mut() {
                    Some(last) if last.starts_with("bytes ") => last.push_str(&more),
                    _ => told.push(format!("bytes {more}")),
                }
            }
            Part::Unread(n) => match told.last_mut().and_then(|last| {
                let before: u64 = last.strip_prefix("unread ")?.parse().ok()?;
                Some((last, before))
            }) {
                Some((last, before)) => *last = format!("unread {}", before + n),
                None => told.push(format!("unread {n}")),
            },
            // Its offset is that of the piece in which it was met.
            Part::Odd(odd) => told.push(format!("{} {}", odd.kind.text(), odd.detail)),
            other => told.push(format!("{other:?}")),
        };
        for turn in Script(bytes) {
            match turn {
                Turn::Bytes(_, bytes) => {
                    for piece in bytes.chunks(size) {
                        parts.feed(piece, true, &mut tell);
                    }
                }
                Turn::Gap(_, len) => parts.gap(Some(len)),
            }
        }
        told
    };
    let whole = run(usize::MAX);
    assert_eq!(whole, run(1), "in pieces");
}

/// One side of a WebSocket; the first byte chooses whether and how messages are compressed.
pub fn websocket(bytes: &[u8]) {
    let Some((&how, rest)) = bytes.split_first() else {
        return;
    };
    let agreed = match how % 3 {
        0 => "",
        1 => "permessage-deflate",
        _ => "permessage-deflate; client_no_context_takeover; server_max_window_bits=10",
    };
    let make = || Parts::websocket(Deflate::agreed(agreed, how & 0x80 == 0), &Limits::default());
    parts(make, rest);
}

fn typed(content_type: &'static str, bytes: &[u8]) {
    parts(
        || Parts::of_type(content_type, true).expect("a type of messages"),
        bytes,
    );
}

pub fn grpc(bytes: &[u8]) {
    typed("application/grpc", bytes);
    typed("application/grpc-web+proto", bytes);
}

pub fn grpc_web_text(bytes: &[u8]) {
    typed("application/grpc-web-text", bytes);
}

pub fn sse(bytes: &[u8]) {
    typed("text/event-stream", bytes);
}

/// A coded body; the first byte chooses the coding.
pub fn codings(bytes: &[u8]) {
    let Some((&which, rest)) = bytes.split_first() else {
        return;
    };
    let names = [
        "gzip",
        "deflate",
        "br",
        "zstd",
        "compress",
        "deflate, gzip",
        "gzip, br",
        "br, br, br",
    ];
    let run = |size: usize| {
        let limits = Limits {
            coding_ratio: 50,
            ..Limits::default()
        };
        let name = names[usize::from(which) % names.len()];
        let Ok(mut decoder) = ContentDecoder::new(name, &limits) else {
            return Vec::new();
        };
        let mut plain = Vec::new();
        for piece in rest.chunks(size) {
            // Damage is told once; what follows is counted.
            let _odd = decoder.feed_into(piece, &mut plain);
        }
        let _odd = decoder.finish(&mut |bytes| plain.extend_from_slice(bytes));
        assert!(decoder.unread() <= rest.len() as u64);
        plain
    };
    let whole = run(usize::MAX);
    assert!(
        whole.len() <= (1 << 20) + 64 * 1024 + rest.len() * 50,
        "{} of {}",
        whole.len(),
        rest.len()
    );
}

/// Every node shown can be derived again; within small bounds, so that an input takes no long time.
fn unwrap(content_types: &[&'static str], places: &[&'static str], bytes: &[u8]) {
    let Some((&how, rest)) = bytes.split_first() else {
        return;
    };
    let limits = Limits {
        unwrap_leaves: 400,
        unwrap_bytes: 1 << 18,
        ..Limits::default()
    };
    let how = usize::from(how);
    let hint = Hint {
        content_type: content_types[how % content_types.len()],
        place: places[how / content_types.len() % places.len()],
        parts: &[],
    };
    let shown = shown_with(rest, &hint, &limits);
    let made: usize = shown
        .nodes
        .iter()
        .filter(|node| !node.verbatim)
        .map(|node| node.bytes.len())
        .sum();
    assert!(made <= rest.len() + limits.unwrap_bytes, "{made} bytes");
}

/// Texts with a structure: JSON, XML, forms, parts, cookies, addresses, labels of names.
pub fn unwrap_documents(bytes: &[u8]) {
    let types = [
        "",
        "application/json",
        "text/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
    ];
    unwrap(&types, &["body", "target", "header:Cookie", "name"], bytes);
}

/// Records in binary: protobuf, MessagePack, CBOR, BSON, property lists, texts between other bytes.
pub fn unwrap_binary(bytes: &[u8]) {
    let types = ["", "application/x-protobuf", "application/octet-stream"];
    unwrap(&types, &["body", "stream"], bytes);
}

/// Archives and compressed members: zip, tar, gzip, zlib, zstd, LZ4.
pub fn unwrap_archives(bytes: &[u8]) {
    unwrap(&["", "application/zip"], &["body"], bytes);
}

/// Tokens and escapes: base64, base32, hexadecimal, percent, entities, quoted-printable, UTF-16 and 32.
pub fn unwrap_tokens(bytes: &[u8]) {
    unwrap(
        &["", "text/plain"],
        &["body", "target", "header:X-Id"],
        bytes,
    );
}

/// A key and a chunk.
pub fn optin_chunk(bytes: &[u8]) {
    if let Some((key, body)) = bytes.split_first_chunk() {
        if let Ok(opened) = chunk::open(key, body) {
            assert!(opened.content.len() < body.len());
        }
    }
}

/// Forms of facts in any bytes: where one is said to stand, it stands.
pub fn needles(bytes: &[u8]) {
    let forms: [&[u8]; 4] = [
        b"490154203237518",
        b"ada@example.org",
        b"canary-5f3a",
        b"1234567",
    ];
    let plain = forms.iter().zip(0..).map(|(bytes, needle)| Plain {
        needle,
        bytes: bytes.to_vec(),
        whole_token: bytes.len() < 8,
    });
    let needles = Needles::compile(plain.collect(), Vec::new(), Vec::new()).expect("needles");
    let check = |needle: u32, start: usize, end: usize| {
        let found = &bytes[start..end];
        assert!(
            found.eq_ignore_ascii_case(forms[needle as usize]),
            "{found:?}"
        );
    };
    needles.find(bytes, &mut |needle, start, end| check(needle, start, end));
    needles.find_digests(bytes, &mut |_| {});
}

/// Pictures in any bytes, found in windows as in one piece, and decoded.
pub fn media(bytes: &[u8]) {
    for image in images(bytes) {
        assert!(image.start <= image.end && image.end <= bytes.len() as u64);
        let explained: u64 = image.explained().map(|(from, to)| to - from).sum();
        assert!(explained <= image.end - image.start);
        let picture = &bytes[image.start as usize..image.end as usize];
        // What is no picture after all is said to be so.
        let _unseen = decode(image.format, picture);
    }
    let mut search = Search::new(0, None);
    let mut at = 0;
    for piece in bytes.chunks(64) {
        at += piece.len();
        let last = at == bytes.len();
        search.feed(piece, (at - piece.len()) as u64, last, &mut |_| {});
    }
}
