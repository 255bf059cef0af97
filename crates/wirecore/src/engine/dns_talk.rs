//! DNS on a flow: names become rows, and the phone's questions become messages.

use crate::anomaly::OpaqueReason;
use crate::dns::DnsStream;
use crate::record::{Dir, Name, Odd};

use super::account::Account;
use super::message::OpenMessage;
use super::shared::{Place, Shared};
use super::small_talk::whole_message;
use super::talk::Talk;

pub(super) struct DnsTalk {
    pub(super) streams: [DnsStream; 2],
    pub(super) count: [u32; 2],
}

impl DnsTalk {
    pub(super) fn feed(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let mut names: Vec<Name> = Vec::new();
        let mut odd_ones: Vec<Odd> = Vec::new();
        self.streams[dir.index()].feed(bytes, &mut |name| names.push(name), &mut |odd| {
            odd_ones.push(odd);
        });
        let count = &mut self.count[dir.index()];
        store_names(names, dir, count, place, shared);
        if !odd_ones.is_empty() {
            account.unread(OpaqueReason::UnknownProtocol, dir, bytes.len() as u64);
        }
        for odd in odd_ones {
            place.odd(odd, shared);
        }
    }
}

/// One DNS datagram of a flow; returns false when it is not DNS.
pub(super) fn dns_datagram(
    talk: &mut Talk,
    number: &mut u32,
    dir: Dir,
    payload: &[u8],
    shared: &mut Shared,
) {
    let (place, account) = talk.place_and_account();
    account.protocol = "dns";
    account.app[dir.index()] += payload.len() as u64;
    let mut names: Vec<Name> = Vec::new();
    if let Some(odd) = crate::dns::parse_message(payload, &mut |name| names.push(name)) {
        account.unread(OpaqueReason::UnknownProtocol, dir, payload.len() as u64);
        place.odd(odd, shared);
    }
    let announced = !names.is_empty() && names.iter().all(|name| name.question.is_empty());
    store_names(names, dir, number, &place, shared);
    if announced {
        // What the phone advertises of itself to everyone near.
        let unread = whole_message(&place, 0, dir, *number, "dns", payload, shared);
        *number += 1;
        account.unread(OpaqueReason::OwnEncryption, dir, unread);
    }
}

/// Names become rows; the phone's questions become messages too, so that a name can carry an exposure.
fn store_names(
    names: Vec<Name>,
    dir: Dir,
    number: &mut u32,
    place: &Place<'_>,
    shared: &mut Shared,
) {
    let mut question = String::new();
    for mut name in names {
        place.id.clone_into(&mut name.flow);
        name.capture = place.capture;
        name.time_ns = shared.now;
        if question.is_empty() && !name.answered {
            question.clone_from(&name.question);
        }
        shared.rows.names.push(name);
    }
    if question.is_empty() || !place.phone.sends(dir) {
        return;
    }
    let mut row = place.row(dir, *number, "dns", shared);
    let keep = shared.keeps(place, place.stream, dir, *number);
    *number += 1;
    row.host.clone_from(&question);
    row.body_bytes = question.len() as u64;
    row.decoded_bytes = row.body_bytes;
    let wanted = shared.keep.is_none();
    let mut message =
        OpenMessage::begin(row, None, wanted, keep, &mut shared.desk, &mut shared.rows);
    if wanted {
        message.inspect_place("name", question.as_bytes(), &mut shared.desk);
        message.store_findings(&mut shared.desk, &mut shared.rows);
    }
    let (_, kept) = message.end_named(
        question.as_bytes(),
        shared.now,
        &mut shared.desk,
        &mut shared.rows,
    );
    shared.kept.extend(kept);
}

/// DNS over TCP: a length that fits, then a DNS header (RFC 7766, section 8).
pub(super) fn framed_dns(first: &[u8]) -> bool {
    let Some((length, rest)) = first.split_first_chunk::<2>() else {
        return false;
    };
    let length = usize::from(u16::from_be_bytes(*length));
    length >= 12 && rest.len() >= 12 && crate::dns::looks_like_dns(&rest[..rest.len().min(length)])
}
