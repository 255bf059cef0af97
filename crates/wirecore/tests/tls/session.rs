//! A recorded session (see fixtures/tls/sessions.py) and what a reader makes of it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wirecore::anomaly::OpaqueReason;
use wirecore::limits::Limits;
use wirecore::record::Dir;
use wirecore::tls::{KeyLog, TlsConn, TlsEvent, TlsInfo};

pub struct Session {
    pub name: String,
    pub expect: BTreeMap<String, String>,
    pub keys: String,
    pub wire: Vec<(Dir, Vec<u8>)>,
    pub plain: [Vec<u8>; 2],
}

pub fn unhex(text: &str) -> Vec<u8> {
    let text: String = text.split_ascii_whitespace().collect();
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

fn dir(side: &str) -> Dir {
    match side {
        "c" => Dir::Client,
        "s" => Dir::Server,
        _ => panic!("side {side}"),
    }
}

pub fn all() -> Vec<Session> {
    sessions_in(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls"))
}

pub fn sessions_in(folder: &Path) -> Vec<Session> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "session"))
        .collect();
    paths.sort();
    paths.iter().map(read).collect()
}

pub fn one(name: &str) -> Session {
    all()
        .into_iter()
        .find(|s| s.name == name)
        .unwrap_or_else(|| panic!("no session {name}"))
}

fn read(path: &PathBuf) -> Session {
    let mut session = Session {
        name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
        expect: BTreeMap::new(),
        keys: String::new(),
        wire: Vec::new(),
        plain: Default::default(),
    };
    for line in std::fs::read_to_string(path).unwrap().lines() {
        let (word, rest) = line.split_once(' ').unwrap();
        match word {
            "expect" => {
                let (key, value) = rest.split_once(' ').unwrap();
                session.expect.insert(key.to_owned(), value.to_owned());
            }
            "key" => session.keys.extend([rest, "\n"]),
            "plain" => {
                let (side, data) = rest.split_once(' ').unwrap();
                session.plain[dir(side).index()] = unhex(data);
            }
            side => session.wire.push((dir(side), unhex(rest))),
        }
    }
    session
}

/// What came out of a connection, pieces joined so that different cuts of the input can be compared.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub plain: [Vec<u8>; 2],
    pub early: [Vec<u8>; 2],
    pub opaque: BTreeMap<(usize, OpaqueReason), u64>,
    pub handshake: [u64; 2],
    pub alerts: Vec<(Dir, u8, u8)>,
    pub closed: [bool; 2],
    pub odd: Vec<String>,
    pub info: TlsInfo,
}

impl Seen {
    pub fn event(&mut self, event: TlsEvent<'_>) {
        match event {
            TlsEvent::Plain { dir, bytes, early } => {
                self.plain[dir.index()].extend_from_slice(bytes);
                if early {
                    self.early[dir.index()].extend_from_slice(bytes);
                }
            }
            TlsEvent::Opaque { dir, len, reason } => {
                *self.opaque.entry((dir.index(), reason)).or_default() += len;
            }
            TlsEvent::Handshake { dir, len } => self.handshake[dir.index()] += len,
            TlsEvent::Alert {
                dir,
                level,
                description,
            } => self.alerts.push((dir, level, description)),
            TlsEvent::Closed { dir } => self.closed[dir.index()] = true,
            TlsEvent::Odd(odd) => self.odd.push(format!("{} {}", odd.kind.text(), odd.detail)),
        }
    }

    pub fn opaque_bytes(&self) -> u64 {
        self.opaque.values().sum()
    }
}

/// A step of a connection's life.
pub enum Step<'a> {
    Bytes(Dir, &'a [u8]),
    Gap(Dir, u64),
}

pub fn follow(keys: &KeyLog, steps: &[Step<'_>]) -> Seen {
    let mut seen = Seen::default();
    let mut conn = TlsConn::new(&Limits::default());
    for step in steps {
        match step {
            Step::Bytes(dir, bytes) => conn.feed(keys, *dir, bytes, &mut |e| seen.event(e)),
            Step::Gap(dir, len) => conn.gap(keys, *dir, *len, &mut |e| seen.event(e)),
        }
    }
    conn.finish(keys, &mut |e| seen.event(e));
    seen.info = conn.info().clone();
    seen
}

impl Session {
    pub fn key_log(&self) -> KeyLog {
        let mut keys = KeyLog::new();
        assert_eq!(keys.add_text(self.keys.as_bytes()), [], "{}", self.name);
        keys
    }

    pub fn steps(&self) -> Vec<Step<'_>> {
        self.wire
            .iter()
            .map(|(dir, bytes)| Step::Bytes(*dir, bytes))
            .collect()
    }

    /// The same steps, each cut into pieces of `size` bytes.
    pub fn steps_of(&self, size: usize) -> Vec<Step<'_>> {
        let cut = |(dir, bytes): &'_ (Dir, Vec<u8>)| -> Vec<(Dir, usize, usize)> {
            (0..bytes.len())
                .step_by(size)
                .map(|at| (*dir, at, (at + size).min(bytes.len())))
                .collect()
        };
        self.wire
            .iter()
            .flat_map(|one| {
                cut(one)
                    .into_iter()
                    .map(move |(dir, from, to)| Step::Bytes(dir, &one.1[from..to]))
            })
            .collect()
    }

    pub fn stream(&self, dir: Dir) -> Vec<u8> {
        let ours = self.wire.iter().filter(|(d, _)| *d == dir);
        ours.flat_map(|(_, bytes)| bytes.clone()).collect()
    }
}
