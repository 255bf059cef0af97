//! Connections changed and cut at random (with a fixed seed): nothing panics, and how the bytes are
//! cut into pieces makes no difference to what is told.

use super::told::{told_within, Act, LostC, LostS, C, S};
use wirecore::limits::Limits;

const CLIENT: &[u8] = b"POST /up?x=1 HTTP/1.1\r\nHost: a.example\r\nContent-Length: 5\r\n\r\nhello\
HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n\
PUT /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nabcde\r\n0\r\nX-T: 1\r\n\r\n\
GET /z HTTP/1.0\nX: y\n\n\
POST /g HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\n\x1f\x8b\x08\r\n0\r\n\r\n";

const SERVER: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\
HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n\
HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n\
HTTP/1.1 204 None\r\n\r\nHTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>HTTP/1.1 is told of here\n</html>";

/// Pieces that upset a parser.
const PIECES: &[&[u8]] = &[
    b"\r\n",
    b"\n\n",
    b"\r",
    b"Content-Length: 3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Connection: Upgrade\r\nUpgrade: x\r\n",
    b"HTTP/1.1 101 Go\r\nUpgrade: websocket\r\n\r\n",
    b"CONNECT a:1 HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"HTTP/1.",
    b"GET / HTTP/1.1\r\n",
    b"ffffffffffffffff\r\n",
    b"0\r\n\r\n",
    b" ",
    b":",
    b"\x00\xff",
];

/// A sequence of numbers, the same on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides.max(1)
    }
}

fn changed(bytes: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..dice.roll(5) {
        let at = dice.roll(bytes.len());
        match dice.roll(4) {
            0 => bytes[at] = dice.roll(256) as u8,
            1 => drop(bytes.drain(at..(at + 1 + dice.roll(40)).min(bytes.len()))),
            2 => bytes
                .splice(at..at, PIECES[dice.roll(PIECES.len())].iter().copied())
                .for_each(drop),
            _ => bytes.truncate(at + 1),
        }
        if bytes.is_empty() {
            bytes.push(b'G');
        }
    }
    bytes
}

#[test]
fn whatever_comes_is_told_the_same_in_any_pieces() {
    let limits = Limits {
        http_head_bytes: 200,
        ..Limits::default()
    };
    let mut dice = Dice(20_140_722);
    for _ in 0..4000 {
        let (client, server) = (changed(CLIENT, &mut dice), changed(SERVER, &mut dice));
        let (cut_c, cut_s) = (dice.roll(client.len()), dice.roll(server.len()));
        let mut acts: Vec<Act<'_>> = vec![C(&client[..cut_c]), S(&server[..cut_s])];
        match dice.roll(4) {
            0 => acts.push(LostC(1 + dice.roll(60) as u64)),
            1 => acts.push(LostS(1 + dice.roll(60) as u64)),
            _ => {}
        }
        acts.extend([C(&client[cut_c..]), S(&server[cut_s..])]);
        told_within(&acts, &limits);
    }
}
