//! Tells what a connection of HTTP/2 held, one line an event, and checks that how the bytes are cut makes no difference.

use std::fmt::Write as _;

use wirecore::http::{H2Conn, H2Event};
use wirecore::limits::Limits;
use wirecore::record::Dir;

use super::told::{Act, LostC, LostS, C, S};

/// The story with the pieces as given; it must be the same however they are cut.
pub fn told(acts: &[Act<'_>]) -> Vec<String> {
    told_within(acts, &Limits::default())
}

/// As [`told`], within other limits.
pub fn told_within(acts: &[Act<'_>], limits: &Limits) -> Vec<String> {
    let whole = run(acts, limits, usize::MAX);
    for size in [1, 2, 3, 7, 64] {
        assert_eq!(whole, run(acts, limits, size), "in pieces of {size}");
    }
    whole
}

fn run(acts: &[Act<'_>], limits: &Limits, size: usize) -> Vec<String> {
    let mut conn = H2Conn::new(limits);
    let mut story = Story::default();
    for act in acts {
        match act {
            C(bytes) | S(bytes) => {
                let dir = if matches!(act, C(_)) {
                    Dir::Client
                } else {
                    Dir::Server
                };
                for piece in bytes.chunks(size.min(bytes.len().max(1))) {
                    conn.feed(dir, piece, &mut |event| story.tell(&event));
                }
            }
            LostC(len) => conn.gap(Dir::Client, *len, &mut |event| story.tell(&event)),
            LostS(len) => conn.gap(Dir::Server, *len, &mut |event| story.tell(&event)),
        }
    }
    for dir in [Dir::Client, Dir::Server] {
        conn.finish(dir, &mut |event| story.tell(&event));
    }
    story.0
}

#[derive(Default)]
struct Story(Vec<String>);

impl Story {
    fn tell(&mut self, event: &H2Event<'_>) {
        let side = |dir: &Dir| if *dir == Dir::Client { 'C' } else { 'S' };
        let line = match event {
            H2Event::Fields {
                dir,
                stream,
                fields,
                offset,
                bytes,
                unread,
            } => {
                let mut line = format!("{}{stream} @{offset}+{bytes}", side(dir));
                for field in *fields {
                    let _ = write!(line, " | {}: {}", field.name, field.value.escape_ascii());
                }
                if *unread > 0 {
                    let _ = write!(line, " ({unread} unread)");
                }
                line
            }
            H2Event::Body { dir, stream, bytes } => {
                return self.run(&format!("{}{stream} body ", side(dir)), bytes);
            }
            H2Event::End { dir, stream } => format!("{}{stream} end", side(dir)),
            H2Event::Reset { dir, stream } => format!("{}{stream} reset", side(dir)),
            H2Event::Missing { dir, stream: None } => format!("{} missing", side(dir)),
            H2Event::Missing {
                dir,
                stream: Some(stream),
            } => format!("{}{stream} missing", side(dir)),
            H2Event::Unknown {
                dir,
                bytes,
                after_gap,
            } => {
                let why = if *after_gap { "after gap" } else { "unknown" };
                return self.run(&format!("{} {why} ", side(dir)), bytes);
            }
            H2Event::Unread { dir, bytes } => format!("{} unread {bytes}", side(dir)),
            H2Event::Odd(odd) => format!("odd {} @{}: {}", odd.kind.text(), odd.offset, odd.detail),
        };
        self.0.push(line);
    }

    /// Neighbouring runs of bytes are one line: where they are cut is no part of the story.
    fn run(&mut self, start: &str, bytes: &[u8]) {
        assert!(!bytes.is_empty(), "an empty run says nothing");
        match self.0.last_mut() {
            Some(last) if last.starts_with(start) => {
                let _ = write!(last, "{}", bytes.escape_ascii());
            }
            _ => self.0.push(format!("{start}{}", bytes.escape_ascii())),
        }
    }
}
