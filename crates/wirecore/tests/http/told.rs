//! Tells what a connection held, one line an event, and checks that how the bytes are cut into
//! pieces makes no difference to the story.

use std::fmt::Write as _;
use wirecore::http::{H1Conn, H1Event};
use wirecore::limits::Limits;
use wirecore::record::Dir;

/// What happens to a connection.
#[derive(Clone, Debug)]
pub enum Act<'a> {
    /// The client sends.
    C(&'a [u8]),
    /// The server sends.
    S(&'a [u8]),
    /// The capture misses bytes of the client.
    LostC(u64),
    /// The capture misses bytes of the server.
    LostS(u64),
}
pub use Act::{LostC, LostS, C, S};

/// The story with the pieces as given; it must be the same however they are cut.
pub fn told(acts: &[Act<'_>]) -> Vec<String> {
    told_within(acts, &Limits::default())
}

/// As [`told`], within other limits.
pub fn told_within(acts: &[Act<'_>], limits: &Limits) -> Vec<String> {
    let whole = run(acts, limits, usize::MAX, false);
    for size in [1, 2, 3, 7, 64] {
        assert_eq!(whole, run(acts, limits, size, false), "in pieces of {size}");
    }
    assert_eq!(
        whole,
        run(acts, limits, usize::MAX, true),
        "neighbours joined"
    );
    whole
}

fn run(acts: &[Act<'_>], limits: &Limits, size: usize, join: bool) -> Vec<String> {
    let mut conn = H1Conn::new(limits);
    let mut story = Story::default();
    let mut at = 0;
    while at < acts.len() {
        let act = &acts[at];
        at += 1;
        match act {
            C(bytes) | S(bytes) => {
                let dir = if matches!(act, C(_)) {
                    Dir::Client
                } else {
                    Dir::Server
                };
                let mut bytes = bytes.to_vec();
                while let Some(more) =
                    acts.get(at)
                        .filter(|_| join)
                        .and_then(|next| match (dir, next) {
                            (Dir::Client, C(more)) | (Dir::Server, S(more)) => Some(more),
                            _ => None,
                        })
                {
                    bytes.extend_from_slice(more);
                    at += 1;
                }
                story.streams[dir.index()].extend_from_slice(&bytes);
                for piece in bytes.chunks(size.min(bytes.len().max(1))) {
                    conn.feed(dir, piece, &mut |event| story.tell(&event));
                }
            }
            LostC(len) | LostS(len) => {
                let dir = if matches!(act, LostC(_)) {
                    Dir::Client
                } else {
                    Dir::Server
                };
                let end =
                    story.streams[dir.index()].len() + usize::try_from(*len).unwrap().min(1000);
                story.streams[dir.index()].resize(end, 0);
                conn.gap(dir, *len, &mut |event| story.tell(&event));
            }
        }
    }
    conn.finish(Dir::Client, &mut |event| story.tell(&event));
    conn.finish(Dir::Server, &mut |event| story.tell(&event));
    story.lines
}

#[derive(Default)]
struct Story {
    lines: Vec<String>,
    /// Both streams as sent, lost bytes as zeros: where events say that bytes stand, they stand.
    streams: [Vec<u8>; 2],
}

impl Story {
    fn tell(&mut self, event: &H1Event<'_>) {
        let line = match event {
            H1Event::Head(head) => {
                let sent = &self.streams[head.dir.index()][head.offset as usize..];
                assert!(sent.starts_with(head.raw), "the head stands at its offset");
                let mut line = format!("{} #{} @{} ", side(head.dir), head.number, head.offset);
                if head.is_request {
                    let _ = write!(line, "{} {}", head.method, head.target.escape_ascii());
                } else {
                    let _ = write!(line, "{} {}", head.status, head.reason.escape_ascii());
                    if let Some(number) = head.answers {
                        let _ = write!(line, " answers #{number}");
                    }
                }
                for header in &head.headers {
                    let _ = write!(line, " | {}: {}", header.name, header.value.escape_ascii());
                }
                line
            }
            H1Event::Body { dir, bytes } => return self.run("body", *dir, bytes),
            H1Event::Unknown { dir, bytes } => return self.run("unknown", *dir, bytes),
            H1Event::Trailers { dir, headers } => {
                let lines = headers
                    .iter()
                    .map(|h| format!("{}: {}", h.name, h.value.escape_ascii()));
                format!(
                    "{} trailers {}",
                    side(*dir),
                    lines.collect::<Vec<_>>().join(" | ")
                )
            }
            H1Event::Missing { dir, len } => format!("{} missing {len}", side(*dir)),
            H1Event::End { dir, complete } => format!(
                "{} end{}",
                side(*dir),
                if *complete { "" } else { ", incomplete" }
            ),
            H1Event::Upgraded { protocol } => format!("upgraded to {protocol}"),
            H1Event::Odd(odd) => format!("odd {} @{}: {}", odd.kind.text(), odd.offset, odd.detail),
        };
        self.lines.push(line);
    }

    /// Neighbouring runs of bytes are one line: where they are cut is no part of the story.
    fn run(&mut self, what: &str, dir: Dir, bytes: &[u8]) {
        assert!(!bytes.is_empty(), "an empty run says nothing");
        let start = format!("{} {what} ", side(dir));
        match self.lines.last_mut() {
            Some(last) if last.starts_with(&start) => {
                let _ = write!(last, "{}", bytes.escape_ascii());
            }
            _ => self.lines.push(format!("{start}{}", bytes.escape_ascii())),
        }
    }
}

fn side(dir: Dir) -> char {
    match dir {
        Dir::Client => 'C',
        Dir::Server => 'S',
    }
}
