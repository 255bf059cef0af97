//! MB/s of the HTTP and unwrap layers alone, on made bodies: `cargo run --release --example layer_speed`.
//! Figures are for comparing one change with another on the same machine.

use std::time::Instant;
use wirecore::http::{ContentDecoder, H1Conn, H1Event};
use wirecore::limits::Limits;
use wirecore::record::Dir;
use wirecore::unwrap::{walk, Hint, Keys, Node, Visitor};

/// Counts, so that nothing is optimised away.
#[derive(Default)]
struct Count {
    nodes: u64,
    bytes: u64,
}

impl Visitor for Count {
    fn node(&mut self, node: &Node<'_>) {
        self.nodes += 1;
        self.bytes += node.bytes.len() as u64;
    }
    fn bound(&mut self, what: &str, unread: u64) {
        println!("  bound {what}: {unread} unread");
    }
    fn opaque(&mut self, _: &Node<'_>) {}
}

/// Runs for about half a second, and says how fast the best round was.
fn measure(name: &str, bytes: usize, mut round: impl FnMut() -> u64) {
    // With an argument, only what is named so.
    if std::env::args()
        .nth(1)
        .is_some_and(|wanted| !name.contains(&wanted))
    {
        return;
    }
    let mut best = f64::MAX;
    let mut seen = 0;
    let begin = Instant::now();
    while begin.elapsed().as_millis() < 500 {
        let start = Instant::now();
        seen = round();
        best = best.min(start.elapsed().as_secs_f64());
    }
    println!(
        "{name:<44} {:>8.0} MB/s   {seen}",
        bytes as f64 / best / 1e6
    );
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 88_172_645_463_325_252u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    };
    std::iter::repeat_with(next).take(len).collect()
}

fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or('0');
    bytes
        .iter()
        .flat_map(|b| [digit(b >> 4), digit(b & 15)])
        .collect()
}

fn base64(data: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |g: &[u8]| {
        let bits = u32::from(g[0]) << 16 | u32::from(g[1]) << 8 | u32::from(g[2]);
        [18, 12, 6, 0].map(|shift| digits[(bits >> shift) as usize & 63] as char)
    };
    data.chunks_exact(3).flat_map(group).collect()
}

/// A batch of an analytics kit, some 4 MB.
fn json() -> String {
    let noise = noise(32 * 12_000);
    let events = noise.chunks(32).enumerate().map(|(n, chunk)| {
        format!(
            "{{\"event\":\"screen_view\",\"ts\":{},\"session\":\"{}\",\"screen\":\"com.example.news.ArticleActivity\",\
             \"title\":\"The quick brown fox jumps over the lazy dog\",\"duration_ms\":{},\"network\":\"wifi\",\
             \"device\":{{\"model\":\"HM NOTE 1W\",\"os\":\"4.2.2\",\"locale\":\"en_SG\",\"battery\":0.{}}},\"ok\":true}}",
            1_405_843_200_000u64 + n as u64 * 997,
            hex(&chunk[..8]),
            n % 9000,
            n % 100,
        )
    });
    format!("{{\"batch\":[{}]}}", events.collect::<Vec<_>>().join(","))
}

fn form() -> String {
    let pairs = (0..60_000)
        .map(|n| format!("param{n}=value-{n}.example&flag{n}=1&screen{n}=ArticleActivity"));
    pairs.collect::<Vec<_>>().join("&")
}

fn encoded_form() -> String {
    let pairs = (0..60_000).map(|n| format!("text{n}=The+quick%20brown%20fox%2C+jumps+over%3A{n}"));
    pairs.collect::<Vec<_>>().join("&")
}

fn xml() -> String {
    let rows = (0..20_000).map(|n| {
        format!("<sms protocol=\"0\" address=\"+8613800{n:06}\" date=\"1405843200{n:05}\" type=\"2\" body=\"See you at {n}, the usual place &amp; time\" read=\"1\"/>\n")
    });
    format!(
        "<?xml version='1.0'?>\n<smses count=\"20000\">\n{}</smses>",
        rows.collect::<String>()
    )
}

fn h1() {
    let limits = Limits::default();
    for (name, size) in [
        ("h1: length, 64 KiB pieces", 65_536),
        ("h1: length, 1460-byte pieces", 1460),
    ] {
        let total = 64 << 20;
        let head =
            format!("POST /up HTTP/1.1\r\nHost: a.example\r\nContent-Length: {total}\r\n\r\n");
        let body = vec![0x55u8; size];
        measure(name, total, || {
            let mut conn = H1Conn::new(&limits);
            let mut seen = 0;
            let mut out = |event: H1Event<'_>| {
                if let H1Event::Body { bytes, .. } = event {
                    seen += bytes.len() as u64;
                }
            };
            conn.feed(Dir::Client, head.as_bytes(), &mut out);
            for _ in 0..total / size {
                conn.feed(Dir::Client, &body, &mut out);
            }
            seen
        });
    }
    let chunk = [b"1000\r\n".to_vec(), vec![0x55; 4096], b"\r\n".to_vec()].concat();
    let chunks = chunk.repeat(256);
    measure("h1: chunks of 4 KiB", chunks.len() * 32, || {
        let mut conn = H1Conn::new(&limits);
        let mut seen = 0;
        let mut out = |event: H1Event<'_>| {
            if let H1Event::Body { bytes, .. } = event {
                seen += bytes.len() as u64;
            }
        };
        conn.feed(
            Dir::Client,
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n",
            &mut out,
        );
        for _ in 0..32 {
            for piece in chunks.chunks(1460) {
                conn.feed(Dir::Client, piece, &mut out);
            }
        }
        seen
    });
    let request = b"GET /v1/config?sdk=4.2&app=news HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: okhttp/2.0\r\n\
        Accept: */*\r\nAccept-Encoding: gzip\r\nCookie: sid=0123456789abcdef\r\nConnection: keep-alive\r\n\r\n";
    measure("h1: small requests", request.len() * 10_000, || {
        let mut conn = H1Conn::new(&limits);
        let mut seen = 0;
        for _ in 0..10_000 {
            conn.feed(Dir::Client, request, &mut |event| {
                seen += u64::from(matches!(event, H1Event::End { .. }));
            });
        }
        seen
    });
    let unknown = noise(16 << 20);
    measure("h1: searching in unknown bytes", unknown.len(), || {
        let mut conn = H1Conn::new(&limits);
        let mut seen = 0;
        for piece in unknown.chunks(1460) {
            conn.feed(Dir::Client, piece, &mut |event| {
                if let H1Event::Unknown { bytes, .. } = event {
                    seen += bytes.len() as u64;
                }
            });
        }
        seen
    });
}

fn unwrap() {
    let limits = Limits {
        unwrap_leaves: 10_000_000,
        ..Limits::default()
    };
    let photo = [b"\xff\xd8\xff\xe0".to_vec(), noise(4 << 20)].concat();
    let bodies: Vec<(&str, &str, Vec<u8>)> = vec![
        ("walk: JSON batch", "application/json", json().into_bytes()),
        ("walk: form", "application/x-www-form-urlencoded", form().into_bytes()),
        ("walk: percent-encoded form", "application/x-www-form-urlencoded", encoded_form().into_bytes()),
        ("walk: XML of messages", "text/xml", xml().into_bytes()),
        ("walk: plain text", "text/plain", "The quick brown fox jumps over the lazy dog. ".repeat(100_000).into_bytes()),
        ("walk: JPEG", "image/jpeg", photo.clone()),
        ("walk: unknown binary", "application/octet-stream", noise(4 << 20)),
        ("walk: photo in base64 in JSON", "application/json", format!("{{\"photo\":\"{}\"}}", base64(&photo)).into_bytes()),
        ("walk: small JSON (140 bytes)", "application/json", br#"{"imei":"490154203237518","model":"HM NOTE 1W","os":"4.2.2","lang":"en","app":"com.example.news","v":12,"net":"wifi","up":true,"id":"a1b2"}"#.to_vec()),
    ];
    for (name, content_type, body) in &bodies {
        let rounds = (1 << 20) / body.len().max(1) + 1;
        measure(name, body.len() * rounds, || {
            let mut count = Count::default();
            for _ in 0..rounds {
                walk(
                    body,
                    &Hint {
                        content_type,
                        place: "body",
                        ..Hint::default()
                    },
                    &Keys::default(),
                    &limits,
                    &mut count,
                );
            }
            count.nodes
        });
    }
}

fn codings() {
    use std::io::Write as _;
    let text = json().into_bytes();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&text).expect("memory");
    let gzip = gzip.finish().expect("memory");
    let zstd = zstd::bulk::compress(&text, 3).expect("memory");
    for (name, coded) in [("gzip", gzip), ("zstd", zstd)] {
        measure(
            &format!("coding: {name} of the JSON batch (out)"),
            text.len(),
            || {
                let mut decoder = ContentDecoder::new(name, &Limits::default()).expect("known");
                let mut seen = 0;
                for piece in coded.chunks(1460) {
                    decoder
                        .feed(piece, &mut |bytes| seen += bytes.len() as u64)
                        .expect("whole");
                }
                seen
            },
        );
    }
}

fn main() {
    h1();
    codings();
    unwrap();
}
