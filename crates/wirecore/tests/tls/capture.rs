//! A small capture reader for these tests alone: TCP payload in order, nothing else. The real one is `wirecore::capture`.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use wirecore::limits::Limits;
use wirecore::record::Dir;
use wirecore::tls::{looks_like_tls, KeyLog, TlsConn};

use crate::session::Seen;

/// The corpus folder, or None with a word on why the test is skipped.
pub fn corpus(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("WIREWITNESS_CORPUS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    let path = root.join(part);
    if path.is_dir() {
        return Some(path);
    }
    eprintln!(
        "skipped: no corpus at {} (set WIREWITNESS_CORPUS)",
        path.display()
    );
    None
}

/// The packets of a capture, as (link type, bytes), and its TLS secrets.
pub fn packets(path: &Path) -> (Vec<(u32, Vec<u8>)>, Vec<u8>) {
    let mut data = std::fs::read(path).unwrap();
    if data.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        flate2::read::MultiGzDecoder::new(&data[..])
            .read_to_end(&mut plain)
            .unwrap();
        data = plain;
    }
    let mut out = (Vec::new(), Vec::new());
    if data.starts_with(&[0x0a, 0x0d, 0x0d, 0x0a]) {
        pcapng(&data, &mut out);
    } else {
        pcap(&data, &mut out.0);
    }
    out
}

fn number(bytes: &[u8], at: usize, big: bool) -> usize {
    let b: [u8; 4] = bytes[at..at + 4].try_into().unwrap();
    if big {
        u32::from_be_bytes(b) as usize
    } else {
        u32::from_le_bytes(b) as usize
    }
}

fn pcap(data: &[u8], out: &mut Vec<(u32, Vec<u8>)>) {
    if data.len() < 24 {
        return;
    }
    let big = matches!(data[..4], [0xa1, ..]);
    let link = number(data, 20, big) as u32 & 0xffff;
    let mut at = 24;
    while at + 16 <= data.len() {
        let len = number(data, at + 8, big);
        let Some(packet) = data.get(at + 16..at + 16 + len) else {
            return;
        };
        out.push((link, packet.to_vec()));
        at += 16 + len;
    }
}

fn pcapng(data: &[u8], out: &mut (Vec<(u32, Vec<u8>)>, Vec<u8>)) {
    let (mut at, mut big, mut links) = (0, false, Vec::new());
    while at + 12 <= data.len() {
        if data[at..at + 4] == [0x0a, 0x0d, 0x0d, 0x0a] {
            big = data[at + 8] == 0x1a;
            links.clear();
        }
        let (kind, len) = (number(data, at, big), number(data, at + 4, big));
        let Some(block) = data.get(at..at + len).filter(|_| len >= 12) else {
            return;
        };
        match kind {
            1 => {
                let b = [block[8], block[9]];
                let link = if big {
                    u16::from_be_bytes(b)
                } else {
                    u16::from_le_bytes(b)
                };
                links.push(u32::from(link));
            }
            6 => {
                let (interface, len) = (number(block, 8, big), number(block, 20, big));
                out.0.push((links[interface], block[28..28 + len].to_vec()));
            }
            3 => {
                let len = number(block, 8, big).min(block.len() - 16);
                out.0.push((links[0], block[12..12 + len].to_vec()));
            }
            10 if number(block, 8, big) == 0x544c_534b => {
                let len = number(block, 12, big);
                out.1.extend_from_slice(&block[16..16 + len]);
                out.1.push(b'\n');
            }
            _ => {}
        }
        at += len;
    }
}

struct Segment<'a> {
    from: SocketAddr,
    to: SocketAddr,
    seq: u32,
    flags: u8,
    payload: &'a [u8],
}

fn be(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn segment(link: u32, packet: &[u8]) -> Option<Segment<'_>> {
    let mut rest = match link {
        1 => {
            let mut at = 12;
            while matches!(be(packet, at)?, 0x8100 | 0x88a8) {
                at += 4;
            }
            packet.get(at + 2..)?
        }
        12 | 14 | 101 | 228 | 229 => packet,
        0 | 108 => packet.get(4..)?,
        113 => packet.get(16..)?,
        276 => packet.get(20..)?,
        9 => packet.get(4..)?,
        _ => return None,
    };
    let (from, to): (IpAddr, IpAddr);
    match rest.first()? >> 4 {
        4 => {
            let head = usize::from(rest[0] & 15) * 4;
            let whole = usize::from(be(rest, 2)?);
            if *rest.get(9)? != 6 || be(rest, 6)? & 0x3fff != 0 {
                return None;
            }
            from = IpAddr::from(<[u8; 4]>::try_from(rest.get(12..16)?).ok()?);
            to = IpAddr::from(<[u8; 4]>::try_from(rest.get(16..20)?).ok()?);
            let end = if whole == 0 {
                rest.len()
            } else {
                whole.min(rest.len())
            };
            rest = rest.get(head..end)?;
        }
        6 => {
            let whole = usize::from(be(rest, 4)?);
            if *rest.get(6)? != 6 {
                return None;
            }
            from = IpAddr::from(<[u8; 16]>::try_from(rest.get(8..24)?).ok()?);
            to = IpAddr::from(<[u8; 16]>::try_from(rest.get(24..40)?).ok()?);
            rest = rest.get(40..(40 + whole).min(rest.len()))?;
        }
        _ => return None,
    }
    let head = usize::from(rest.get(12)? >> 4) * 4;
    Some(Segment {
        from: SocketAddr::new(from, be(rest, 0)?),
        to: SocketAddr::new(to, be(rest, 2)?),
        seq: u32::from_be_bytes(rest[4..8].try_into().ok()?),
        flags: *rest.get(13)?,
        payload: rest.get(head..)?,
    })
}

/// One direction of one connection: what comes next, and what came too early.
#[derive(Default)]
struct Half {
    next: Option<u32>,
    early: BTreeMap<u32, Vec<u8>>,
}

/// One TLS connection found in a capture.
pub struct Found {
    pub client: SocketAddr,
    pub server: SocketAddr,
    pub seen: Seen,
}

struct Open {
    client: SocketAddr,
    server: SocketAddr,
    halves: [Half; 2],
    /// None until the first payload decides; then None again for what is no TLS.
    conn: Option<TlsConn>,
    undecided: bool,
    seen: Seen,
}

impl Open {
    fn bytes(&mut self, keys: &KeyLog, dir: Dir, bytes: &[u8]) {
        if std::mem::take(&mut self.undecided) && looks_like_tls(bytes) != Some(false) {
            self.conn = Some(TlsConn::new(&Limits::default()));
        }
        if let Some(conn) = &mut self.conn {
            let seen = &mut self.seen;
            conn.feed(keys, dir, bytes, &mut |e| seen.event(e));
        }
    }

    fn segment(&mut self, keys: &KeyLog, dir: Dir, seq: u32, payload: &[u8]) {
        let half = &mut self.halves[dir.index()];
        half.next.get_or_insert(seq);
        half.early.entry(seq).or_insert_with(|| payload.to_vec());
        self.catch_up(keys, dir);
    }

    /// Gives out what has its turn now.
    fn catch_up(&mut self, keys: &KeyLog, dir: Dir) {
        loop {
            let half = &mut self.halves[dir.index()];
            let next = half.next.unwrap_or(0);
            let ready = half
                .early
                .keys()
                .copied()
                .find(|seq| seq.wrapping_sub(next) as i32 <= 0);
            let Some(seq) = ready else { return };
            let payload = half.early.remove(&seq).unwrap();
            let new = payload
                .get(next.wrapping_sub(seq) as usize..)
                .unwrap_or_default()
                .to_vec();
            half.next = Some(next.wrapping_add(new.len() as u32));
            if !new.is_empty() {
                self.bytes(keys, dir, &new);
            }
        }
    }

    fn finish(mut self, keys: &KeyLog) -> Option<Found> {
        for dir in [Dir::Client, Dir::Server] {
            while let Some((&seq, _)) = self.halves[dir.index()].early.iter().next() {
                let next = self.halves[dir.index()].next.replace(seq).unwrap_or(seq);
                if let Some(conn) = &mut self.conn {
                    let seen = &mut self.seen;
                    conn.gap(keys, dir, u64::from(seq.wrapping_sub(next)), &mut |e| {
                        seen.event(e);
                    });
                }
                self.catch_up(keys, dir);
            }
        }
        let mut conn = self.conn?;
        let mut seen = self.seen;
        conn.finish(keys, &mut |e| seen.event(e));
        seen.info = conn.info().clone();
        Some(Found {
            client: self.client,
            server: self.server,
            seen,
        })
    }
}

/// Every TLS connection of a capture, in the order in which they were opened.
pub fn connections(path: &Path, key_files: &[PathBuf]) -> Vec<Found> {
    let (packets, secrets) = packets(path);
    let mut keys = KeyLog::new();
    keys.add_text(&secrets);
    for file in key_files {
        keys.add_text(&std::fs::read(file).unwrap());
    }
    let (mut open, mut order): (HashMap<_, usize>, Vec<Open>) = (HashMap::new(), Vec::new());
    for (link, packet) in &packets {
        let Some(segment) = segment(*link, packet) else {
            continue;
        };
        let (a, b) = (segment.from.min(segment.to), segment.from.max(segment.to));
        let fresh = segment.flags & 0x12 == 2;
        let known = open.get(&(a, b)).copied().filter(|&i| {
            let half = &order[i].halves[usize::from(order[i].client != segment.from)];
            !fresh || half.next.is_none_or(|n| n.wrapping_sub(segment.seq) < 2)
        });
        let i = known.unwrap_or_else(|| {
            // Without a handshake, the lower port is taken for the server's.
            let swapped = segment.flags & 0x12 == 0x12
                || (segment.flags & 2 == 0 && segment.from.port() < segment.to.port());
            let (client, server) = if swapped {
                (segment.to, segment.from)
            } else {
                (segment.from, segment.to)
            };
            order.push(Open {
                client,
                server,
                halves: Default::default(),
                conn: None,
                undecided: true,
                seen: Seen::default(),
            });
            open.insert((a, b), order.len() - 1);
            order.len() - 1
        });
        let one = &mut order[i];
        let dir = if one.client == segment.from {
            Dir::Client
        } else {
            Dir::Server
        };
        let mut seq = segment.seq;
        if segment.flags & 2 != 0 {
            seq = seq.wrapping_add(1);
            one.halves[dir.index()].next.get_or_insert(seq);
        }
        if !segment.payload.is_empty() {
            one.segment(&keys, dir, seq, segment.payload);
        }
    }
    order
        .into_iter()
        .filter_map(|one| one.finish(&keys))
        .collect()
}
