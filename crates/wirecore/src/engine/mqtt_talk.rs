//! MQTT 3.1, 3.1.1 and 5 (OASIS): PUBLISH becomes a message with its topic as target and its payload as body; what
//! else leaves the phone (who it is, what it asks to hear) is a message of the whole packet.

use crate::anomaly::OpaqueReason;
use crate::http::{Header, MessageHead};
use crate::net::be16;
use crate::record::Dir;

use super::account::Account;
use super::message::OpenMessage;
use super::shared::{Place, Shared};
use super::unknown_talk::UnknownTalk;

const PUBLISH: u8 = 3;
/// Bytes of a packet that are held to find where its payload begins; other packets up to this size are held whole.
const HELD: usize = 128 << 10;
const NAMES: [&str; 16] = [
    "",
    "CONNECT",
    "CONNACK",
    "PUBLISH",
    "PUBACK",
    "PUBREC",
    "PUBREL",
    "PUBCOMP",
    "SUBSCRIBE",
    "SUBACK",
    "UNSUBSCRIBE",
    "UNSUBACK",
    "PINGREQ",
    "PINGRESP",
    "DISCONNECT",
    "AUTH",
];

/// True when a client begins with CONNECT.
pub(super) fn begins_mqtt(client: &[u8]) -> bool {
    let Some((_, body)) = fixed(client).filter(|_| client.first() == Some(&0x10)) else {
        return false;
    };
    let rest = client.get(body..).unwrap_or_default();
    rest.starts_with(b"\0\x04MQTT") || rest.starts_with(b"\0\x06MQIsdp")
}

/// True when more bytes of the client may make it MQTT.
pub(super) fn may_be_mqtt(client: &[u8]) -> bool {
    if client.first() != Some(&0x10) {
        return false;
    }
    match fixed(client) {
        None => client.len() < 5,
        Some((_, body)) => {
            let rest = client.get(body..).unwrap_or_default();
            [&b"\0\x04MQTT"[..], b"\0\x06MQIsdp"]
                .iter()
                .any(|name| rest.len() < name.len() && name.starts_with(rest))
        }
    }
}

/// Remaining length and where the packet's body begins; `None` while bytes are missing or when it is no length.
fn fixed(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut length = 0;
    for (at, byte) in bytes.get(1..)?.iter().take(4).enumerate() {
        length |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((length, at + 2));
        }
    }
    None
}

#[derive(Default)]
struct Side {
    held: Vec<u8>,
    /// A payload that is passing, and how many bytes of it are still to come.
    open: Option<(Box<OpenMessage>, usize)>,
    count: u32,
    /// Bytes of a packet too long to hold that are still to be passed over.
    skip: usize,
}

pub(super) struct MqttTalk {
    sides: [Side; 2],
    five: bool,
    /// After a gap no packet border is known.
    lost: [bool; 2],
    rest: UnknownTalk,
}

impl Default for MqttTalk {
    fn default() -> Self {
        MqttTalk {
            sides: Default::default(),
            five: false,
            lost: [false; 2],
            rest: UnknownTalk::apart(0),
        }
    }
}

impl MqttTalk {
    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        let side = |side: &Side| {
            let open = side.open.as_ref().map_or(0, |(message, _)| message.held());
            side.held.capacity() + open
        };
        size_of::<Self>() + self.sides.iter().map(side).sum::<usize>() + self.rest.held()
    }

    pub(super) fn feed(
        &mut self,
        dir: Dir,
        mut bytes: &[u8],
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        if self.lost[dir.index()] {
            self.rest.feed(dir, bytes, place, account, shared);
            return;
        }
        while !bytes.is_empty() {
            let side = &mut self.sides[dir.index()];
            if let Some((message, left)) = &mut side.open {
                let now = bytes.len().min(*left);
                message.body(&bytes[..now], &mut shared.desk, &mut shared.rows);
                *left -= now;
                bytes = &bytes[now..];
                if *left == 0 {
                    self.end(dir, true, account, shared);
                }
                continue;
            }
            if side.skip > 0 {
                let now = bytes.len().min(side.skip);
                side.skip -= now;
                self.rest.feed(dir, &bytes[..now], place, account, shared);
                bytes = &bytes[now..];
                continue;
            }
            // One packet at a time: what is behind it waits in `bytes`.
            let before = side.held.len();
            let room = bytes.len().min(HELD - before.min(HELD));
            side.held.extend_from_slice(&bytes[..room]);
            match self.packet(dir, place, account, shared) {
                Packet::Whole(len) => {
                    self.sides[dir.index()].held.clear();
                    bytes = bytes.get(len.saturating_sub(before)..).unwrap_or_default();
                }
                Packet::Long(whole) => {
                    // Too long to be held: looked at as unknown bytes, from its begin.
                    let mut held = std::mem::take(&mut self.sides[dir.index()].held);
                    held.truncate(before);
                    self.rest.feed(dir, &held, place, account, shared);
                    self.sides[dir.index()].skip = whole - before;
                }
                Packet::More if room == bytes.len() => return,
                Packet::More | Packet::Broken => {
                    let held = std::mem::take(&mut self.sides[dir.index()].held);
                    self.lost[dir.index()] = true;
                    self.rest.feed(dir, &held, place, account, shared);
                    self.rest.feed(dir, &bytes[room..], place, account, shared);
                    return;
                }
            }
        }
    }

    /// Reads the packet that is held, if it is far enough; says how many of the held bytes were taken.
    fn packet(
        &mut self,
        dir: Dir,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) -> Packet {
        let held = std::mem::take(&mut self.sides[dir.index()].held);
        let result = self.read(dir, &held, place, account, shared);
        self.sides[dir.index()].held = held;
        result
    }

    fn read(
        &mut self,
        dir: Dir,
        held: &[u8],
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) -> Packet {
        let Some((length, body)) = fixed(held) else {
            return if held.len() < 5 {
                Packet::More
            } else {
                Packet::Broken
            };
        };
        let (kind, flags) = (held[0] >> 4, held[0] & 15);
        if kind == 0 {
            return Packet::Broken;
        }
        if kind == PUBLISH {
            return self.publish(dir, held, (length, body), flags, place, shared);
        }
        if body + length > HELD {
            return Packet::Long(body + length);
        }
        let Some(packet) = held.get(..body + length) else {
            return Packet::More;
        };
        if kind == 1 {
            // The protocol's name, then its level.
            let name = be16(packet, body).map_or(0, usize::from);
            self.five = packet.get(body + 2 + name) == Some(&5);
        }
        // Pings and acknowledgements say nothing; the rest may.
        if length > 4 {
            let number = self.number(dir);
            let keep = shared.keeps(place, place.stream, dir, number);
            if keep || (place.phone.sends(dir) && shared.keep.is_none()) {
                let mut row = place.row(dir, number, "mqtt", shared);
                NAMES[usize::from(kind)].clone_into(&mut row.method);
                row.host.clone_from(&account.host);
                let mut message =
                    OpenMessage::begin(row, None, true, keep, &mut shared.desk, &mut shared.rows);
                message.body(packet, &mut shared.desk, &mut shared.rows);
                close(message, true, dir, account, shared);
            }
        }
        Packet::Whole(body + length)
    }

    fn publish(
        &mut self,
        dir: Dir,
        held: &[u8],
        (length, body): (usize, usize),
        flags: u8,
        place: &Place<'_>,
        shared: &mut Shared,
    ) -> Packet {
        let Some(topic_len) = be16(held, body).map(usize::from) else {
            return Packet::More;
        };
        let Some(topic) = held.get(body + 2..body + 2 + topic_len) else {
            return Packet::More;
        };
        let mut at = body + 2 + topic_len + if flags & 6 == 0 { 0 } else { 2 };
        let mut properties: &[u8] = &[];
        if self.five {
            // `fixed` reads the length that stands behind one byte.
            match held.get(at.saturating_sub(1)..).and_then(fixed) {
                Some((length, begin)) => {
                    let start = at + begin - 1;
                    at = start + length;
                    properties = held.get(start..at).unwrap_or_default();
                }
                None => return Packet::More,
            }
        }
        let Some(left) = (body + length).checked_sub(at) else {
            return Packet::Broken;
        };
        if held.len() < at {
            return Packet::More;
        }
        let number = self.number(dir);
        let keep = shared.keeps(place, place.stream, dir, number);
        let wanted = keep || (place.phone.sends(dir) && shared.keep.is_none());
        let row = place.row(dir, number, "mqtt", shared);
        // Properties may hold anything.
        let headers = [Header {
            name: "properties",
            value: properties,
        }];
        let head = MessageHead {
            is_request: true,
            method: "PUBLISH",
            target: topic,
            headers: &headers,
            bytes: at as u64,
            ..MessageHead::default()
        };
        let message = OpenMessage::begin(
            row,
            Some(&head),
            wanted,
            keep,
            &mut shared.desk,
            &mut shared.rows,
        );
        if left == 0 {
            self.sides[dir.index()].open = None;
            let (_, kept) = message.end(true, shared.now, &mut shared.desk, &mut shared.rows);
            shared.kept.extend(kept);
        } else {
            self.sides[dir.index()].open = Some((Box::new(message), left));
        }
        Packet::Whole(at)
    }

    fn number(&mut self, dir: Dir) -> u32 {
        let count = &mut self.sides[dir.index()].count;
        *count += 1;
        *count - 1
    }

    fn end(&mut self, dir: Dir, complete: bool, account: &mut Account, shared: &mut Shared) {
        if let Some((message, _)) = self.sides[dir.index()].open.take() {
            close(*message, complete, dir, account, shared);
        }
    }

    pub(super) fn gap(&mut self, dir: Dir, account: &mut Account, shared: &mut Shared) {
        self.end(dir, false, account, shared);
        self.sides[dir.index()].held = Vec::new();
        self.lost[dir.index()] = true;
    }

    pub(super) fn finish(&mut self, account: &mut Account, shared: &mut Shared) {
        for dir in [Dir::Client, Dir::Server] {
            self.end(dir, false, account, shared);
            let held = self.sides[dir.index()].held.len() as u64;
            account.unread(OpaqueReason::UnknownProtocol, dir, held);
        }
        self.rest.finish(shared);
    }
}

/// How far the bytes held were read.
enum Packet {
    /// So many of them are done with.
    Whole(usize),
    /// The packet is so long that it is not held.
    Long(usize),
    More,
    Broken,
}

fn close(
    message: OpenMessage,
    complete: bool,
    dir: Dir,
    account: &mut Account,
    shared: &mut Shared,
) {
    let (sealed, kept) = message.end(complete, shared.now, &mut shared.desk, &mut shared.rows);
    account.unread(OpaqueReason::OwnEncryption, dir, sealed);
    shared.kept.extend(kept);
}
