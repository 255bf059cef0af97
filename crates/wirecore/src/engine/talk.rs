//! What is said on one flow: which protocol it is, and the way of its bytes from the transport to messages.
//!
//! In: stream bytes in order with their packet's time, gaps, the end. Out: rows, and the byte accounts of the flow.

use std::sync::Arc;

use crate::anomaly::OpaqueReason;
use crate::dns::DnsStream;
use crate::http::{looks_like_http, H1Conn, H1Event};
use crate::net::tcp::{Close, StreamSink};
use crate::record::{Anomaly, Dir, Message, Name, Odd};
use crate::tls::{looks_like_tls, KeyLog, TlsConn, TlsEvent};

use super::message::{Desk, Kept, OpenMessage};
use super::rows::Rows;
use super::Keep;

/// Bytes of a direction that are held until the protocol is known.
const FIRST_BYTES: usize = 8 << 10;

/// What the flows of one thread share.
pub(super) struct Shared {
    pub keys: Arc<KeyLog>,
    pub desk: Desk,
    pub rows: Rows,
    pub keep: Option<Keep>,
    pub kept: Option<Kept>,
    /// Number and time of the packet being read.
    pub packet: u64,
    pub now: i64,
}

/// Which side of a flow is the phone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PhoneSide {
    Client,
    Server,
    Neither,
}

impl PhoneSide {
    pub fn text(self) -> &'static str {
        match self {
            PhoneSide::Client => "client",
            PhoneSide::Server => "server",
            PhoneSide::Neither => "none",
        }
    }

    /// True when bytes of this direction leave the phone.
    pub fn sends(self, dir: Dir) -> bool {
        matches!(
            (self, dir),
            (PhoneSide::Client, Dir::Client) | (PhoneSide::Server, Dir::Server)
        )
    }
}

/// The byte accounts of a flow (design section 8), by direction.
#[derive(Default)]
pub(super) struct Account {
    pub app: [u64; 2],
    pub handshake: [u64; 2],
    /// Unread bytes by reason; a flow has one or two reasons.
    pub unread: Vec<(OpaqueReason, [u64; 2])>,
    pub host: String,
    pub protocol: &'static str,
}

impl Account {
    fn unread(&mut self, reason: OpaqueReason, dir: Dir, bytes: u64) {
        if bytes == 0 {
            return;
        }
        if let Some((_, counts)) = self.unread.iter_mut().find(|(known, _)| *known == reason) {
            counts[dir.index()] += bytes;
        } else {
            let mut counts = [0; 2];
            counts[dir.index()] = bytes;
            self.unread.push((reason, counts));
        }
    }

    /// Application bytes of a direction that were read.
    pub fn readable(&self, dir: Dir) -> u64 {
        let unread: u64 = self
            .unread
            .iter()
            .map(|(_, counts)| counts[dir.index()])
            .sum();
        self.app[dir.index()].saturating_sub(unread)
    }

    /// The reason of most unread bytes, those of `first` weighing before the other direction's.
    pub fn reason(&self, first: Dir) -> &'static str {
        self.unread
            .iter()
            .max_by_key(|(reason, counts)| {
                (
                    counts[first.index()],
                    counts[first.other().index()],
                    std::cmp::Reverse(*reason),
                )
            })
            .map_or("", |(reason, _)| reason.text())
    }
}

/// The conversation on one flow.
pub(super) struct Talk {
    pub id: String,
    pub capture: u32,
    pub phone: PhoneSide,
    /// False when this flow was not asked for: its packets are counted only.
    pub wanted: bool,
    pub account: Account,
    layer: Layer,
}

enum Layer {
    Undecided([Vec<u8>; 2]),
    Clear(Plain),
    Tls(Box<TlsConn>, Plain),
}

/// A stream of readable bytes.
enum Plain {
    Undecided([Vec<u8>; 2]),
    Http(Box<HttpTalk>),
    Dns(Box<DnsTalk>),
    Unknown(Box<UnknownTalk>),
}

struct HttpTalk {
    conn: H1Conn,
    open: [Option<Box<OpenMessage>>; 2],
    count: [u32; 2],
    /// Host of the latest request, for answers.
    host: String,
    secure: bool,
    /// After an upgrade, or where HTTP could not be read.
    rest: UnknownTalk,
}

struct DnsTalk {
    streams: [DnsStream; 2],
    count: [u32; 2],
}

/// A protocol that is not decoded: its bytes are still looked at, as one message a direction.
#[derive(Default)]
struct UnknownTalk {
    open: [Option<Box<OpenMessage>>; 2],
    offset: [u64; 2],
}

impl Talk {
    pub fn new(id: String, capture: u32, phone: PhoneSide, wanted: bool) -> Self {
        let account = Account {
            protocol: "",
            ..Account::default()
        };
        Talk {
            id,
            capture,
            phone,
            wanted,
            account,
            layer: Layer::Undecided([Vec::new(), Vec::new()]),
        }
    }

    /// TLS facts, when the flow speaks TLS.
    pub fn tls(&self) -> Option<&TlsConn> {
        match &self.layer {
            Layer::Tls(conn, _) => Some(conn),
            _ => None,
        }
    }

    /// Bytes of a stream, in order.
    pub fn feed(&mut self, dir: Dir, bytes: &[u8], shared: &mut Shared) {
        let place = Place {
            id: &self.id,
            capture: self.capture,
            phone: self.phone,
        };
        match &mut self.layer {
            Layer::Undecided(first) => {
                let held = &mut first[dir.index()];
                held.extend_from_slice(bytes);
                match looks_like_tls(held) {
                    None if held.len() < FIRST_BYTES => {}
                    verdict => self.decide(verdict == Some(true), shared),
                }
            }
            Layer::Clear(plain) => plain.feed(dir, bytes, false, &place, &mut self.account, shared),
            Layer::Tls(conn, plain) => {
                feed_tls(conn, plain, dir, bytes, &place, &mut self.account, shared);
            }
        }
    }

    /// Both directions' first bytes are handed to the layer that was chosen.
    fn decide(&mut self, tls: bool, shared: &mut Shared) {
        let empty = Layer::Undecided([Vec::new(), Vec::new()]);
        let Layer::Undecided(first) = std::mem::replace(&mut self.layer, empty) else {
            return;
        };
        let plain = Plain::Undecided([Vec::new(), Vec::new()]);
        self.layer = if tls {
            self.account.protocol = "tls";
            Layer::Tls(Box::new(TlsConn::new(&shared.desk.limits)), plain)
        } else {
            Layer::Clear(plain)
        };
        for dir in [Dir::Client, Dir::Server] {
            if !first[dir.index()].is_empty() {
                self.feed(dir, &first[dir.index()], shared);
            }
        }
    }

    /// Bytes are missing.
    pub fn gap(&mut self, dir: Dir, len: u64, shared: &mut Shared) {
        if matches!(&self.layer, Layer::Undecided(first) if first.iter().any(|held| !held.is_empty()))
        {
            self.decide(false, shared);
        }
        let place = Place {
            id: &self.id,
            capture: self.capture,
            phone: self.phone,
        };
        match &mut self.layer {
            Layer::Undecided(_) => {}
            Layer::Clear(plain) => plain.gap(dir, len, &place, &mut self.account, shared),
            Layer::Tls(conn, plain) => {
                let mut events = TlsEvents {
                    plain,
                    place: &place,
                    account: &mut self.account,
                };
                let keys = Arc::clone(&shared.keys);
                conn.gap(&keys, dir, len, &mut |event| events.take(event, shared));
                if conn.info().decrypted[dir.index()] {
                    plain.gap(dir, len, &place, &mut self.account, shared);
                }
            }
        }
    }

    /// The flow ends: what waits is decided, inspected and emitted.
    pub fn finish(&mut self, shared: &mut Shared) {
        if matches!(&self.layer, Layer::Undecided(first) if first.iter().any(|held| !held.is_empty()))
        {
            self.decide(false, shared);
        }
        let place = Place {
            id: &self.id,
            capture: self.capture,
            phone: self.phone,
        };
        match &mut self.layer {
            Layer::Undecided(_) => {}
            Layer::Clear(plain) => plain.finish(false, &place, &mut self.account, shared),
            Layer::Tls(conn, plain) => {
                let mut events = TlsEvents {
                    plain,
                    place: &place,
                    account: &mut self.account,
                };
                let keys = Arc::clone(&shared.keys);
                conn.finish(&keys, &mut |event| events.take(event, shared));
                plain.finish(true, &place, &mut self.account, shared);
            }
        }
    }
}

/// Coordinates of a flow for the rows made on it.
struct Place<'a> {
    id: &'a str,
    capture: u32,
    phone: PhoneSide,
}

impl Place<'_> {
    fn row(&self, dir: Dir, number: u32, protocol: &str, shared: &Shared) -> Message {
        Message {
            flow: self.id.to_owned(),
            number,
            capture: self.capture,
            up: self.phone.sends(dir),
            from_client: dir == Dir::Client,
            time_ns: shared.now,
            end_ns: shared.now,
            protocol: protocol.to_owned(),
            complete: true,
            ..Message::default()
        }
    }

    fn odd(&self, odd: Odd, shared: &mut Shared) {
        shared.rows.anomalies.push(Anomaly {
            capture: self.capture,
            flow: self.id.to_owned(),
            packet: shared.packet,
            time_ns: shared.now,
            odd,
        });
    }
}

impl Shared {
    /// True when this message's bytes were asked for.
    fn keeps(&self, flow: &str, dir: Dir, number: u32) -> bool {
        self.keep.as_ref().is_some_and(|keep| {
            keep.flow == flow
                && keep.stream == 0
                && keep.number == number
                && keep.from_client == (dir == Dir::Client)
        })
    }
}

fn feed_tls(
    conn: &mut TlsConn,
    plain: &mut Plain,
    dir: Dir,
    bytes: &[u8],
    place: &Place<'_>,
    account: &mut Account,
    shared: &mut Shared,
) {
    let mut events = TlsEvents {
        plain,
        place,
        account,
    };
    let keys = Arc::clone(&shared.keys);
    conn.feed(&keys, dir, bytes, &mut |event| events.take(event, shared));
}

/// Where the events of a TLS connection go.
struct TlsEvents<'a> {
    plain: &'a mut Plain,
    place: &'a Place<'a>,
    account: &'a mut Account,
}

impl TlsEvents<'_> {
    fn take(&mut self, event: TlsEvent<'_>, shared: &mut Shared) {
        match event {
            TlsEvent::Plain { dir, bytes, .. } => {
                self.plain
                    .feed(dir, bytes, true, self.place, self.account, shared);
            }
            TlsEvent::Opaque { dir, len, reason } => {
                self.account.app[dir.index()] += len;
                self.account.unread(reason, dir, len);
                // What was cut out of the middle is missing to the layer above too.
                self.plain.gap(dir, len, self.place, self.account, shared);
            }
            TlsEvent::Handshake { dir, len } => self.account.handshake[dir.index()] += len,
            TlsEvent::Alert { .. } | TlsEvent::Closed { .. } => {}
            TlsEvent::Odd(odd) => self.place.odd(odd, shared),
        }
    }
}

impl Plain {
    fn feed(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        secure: bool,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        account.app[dir.index()] += bytes.len() as u64;
        self.pass(dir, bytes, secure, place, account, shared);
    }

    /// As `feed`, for bytes that the account knows already.
    fn pass(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        secure: bool,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        match self {
            Plain::Undecided(first) => {
                let held = &mut first[dir.index()];
                held.extend_from_slice(bytes);
                match looks_like_http(held) {
                    None if held.len() < FIRST_BYTES => {}
                    verdict => self.decide(verdict == Some(true), secure, place, account, shared),
                }
            }
            Plain::Http(http) => http.feed(dir, bytes, place, account, shared),
            Plain::Dns(dns) => dns.feed(dir, bytes, place, account, shared),
            Plain::Unknown(unknown) => unknown.feed(dir, bytes, place, account, shared),
        }
    }

    fn decide(
        &mut self,
        http: bool,
        secure: bool,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let Plain::Undecided(first) =
            std::mem::replace(self, Plain::Undecided([Vec::new(), Vec::new()]))
        else {
            return;
        };
        *self = if http {
            account.protocol = "http/1.1";
            Plain::Http(Box::new(HttpTalk::new(secure, &shared.desk.limits)))
        } else if first.iter().any(|held| framed_dns(held)) {
            account.protocol = "dns";
            Plain::Dns(Box::new(DnsTalk {
                streams: [DnsStream::new(), DnsStream::new()],
                count: [0; 2],
            }))
        } else {
            if account.protocol.is_empty() {
                account.protocol = "unknown";
            }
            Plain::Unknown(Box::default())
        };
        for dir in [Dir::Client, Dir::Server] {
            if !first[dir.index()].is_empty() {
                self.pass(dir, &first[dir.index()], secure, place, account, shared);
            }
        }
    }

    fn gap(
        &mut self,
        dir: Dir,
        len: u64,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        match self {
            Plain::Undecided(first) if first.iter().any(|held| !held.is_empty()) => {
                let http = first.iter().any(|held| looks_like_http(held) == Some(true));
                self.decide(http, false, place, account, shared);
                self.gap(dir, len, place, account, shared);
            }
            Plain::Undecided(_) => {}
            Plain::Http(http) => http.gap(dir, len, place, account, shared),
            Plain::Dns(dns) => dns.streams[dir.index()].gap(),
            Plain::Unknown(unknown) => unknown.gap(dir, len, shared),
        }
    }

    fn finish(
        &mut self,
        secure: bool,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        if matches!(self, Plain::Undecided(first) if first.iter().any(|held| !held.is_empty())) {
            self.decide(false, secure, place, account, shared);
        }
        match self {
            Plain::Undecided(_) | Plain::Dns(_) => {}
            Plain::Http(http) => http.finish(place, account, shared),
            Plain::Unknown(unknown) => unknown.finish(shared),
        }
    }
}

impl HttpTalk {
    fn new(secure: bool, limits: &crate::limits::Limits) -> Self {
        HttpTalk {
            conn: H1Conn::new(limits),
            open: [None, None],
            count: [0; 2],
            host: String::new(),
            secure,
            rest: UnknownTalk::default(),
        }
    }

    fn feed(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let HttpTalk {
            conn,
            open,
            count,
            host,
            secure,
            rest,
        } = self;
        let mut events = HttpEvents {
            open,
            count,
            host,
            secure: *secure,
            rest,
            place,
            account,
        };
        conn.feed(dir, bytes, &mut |event| events.take(event, shared));
    }

    fn gap(
        &mut self,
        dir: Dir,
        len: u64,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let HttpTalk {
            conn,
            open,
            count,
            host,
            secure,
            rest,
        } = self;
        let mut events = HttpEvents {
            open,
            count,
            host,
            secure: *secure,
            rest,
            place,
            account,
        };
        conn.gap(dir, len, &mut |event| events.take(event, shared));
    }

    fn finish(&mut self, place: &Place<'_>, account: &mut Account, shared: &mut Shared) {
        for dir in [Dir::Client, Dir::Server] {
            let HttpTalk {
                conn,
                open,
                count,
                host,
                secure,
                rest,
            } = self;
            let mut events = HttpEvents {
                open,
                count,
                host,
                secure: *secure,
                rest,
                place,
                account,
            };
            conn.finish(dir, &mut |event| events.take(event, shared));
        }
        let HttpTalk {
            open,
            count,
            host,
            secure,
            rest,
            ..
        } = self;
        let mut events = HttpEvents {
            open,
            count,
            host,
            secure: *secure,
            rest,
            place,
            account,
        };
        for dir in [Dir::Client, Dir::Server] {
            events.end(dir, false, shared);
        }
        self.rest.finish(shared);
    }
}

/// Where the events of an HTTP/1.1 connection go.
struct HttpEvents<'a> {
    open: &'a mut [Option<Box<OpenMessage>>; 2],
    count: &'a mut [u32; 2],
    host: &'a mut String,
    secure: bool,
    rest: &'a mut UnknownTalk,
    place: &'a Place<'a>,
    account: &'a mut Account,
}

impl HttpEvents<'_> {
    fn take(&mut self, event: H1Event<'_>, shared: &mut Shared) {
        match event {
            H1Event::Head(head) => {
                let dir = head.dir;
                self.end(dir, false, shared);
                let number = self.count[dir.index()];
                self.count[dir.index()] += 1;
                let mut row = self.place.row(dir, number, "http/1.1", shared);
                let scheme = if self.secure { "https" } else { "http" };
                scheme.clone_into(&mut row.scheme);
                row.offset = head.offset;
                if !head.is_request {
                    row.host.clone_from(self.host);
                }
                let keep = shared.keeps(self.place.id, dir, number);
                let wanted = self.place.phone != PhoneSide::Neither && shared.keep.is_none();
                let message = OpenMessage::begin(
                    row,
                    Some(&head),
                    wanted,
                    keep,
                    &mut shared.desk,
                    &mut shared.rows,
                );
                if head.is_request {
                    self.host.clone_from(&message.row.host);
                    if self.account.host.is_empty() {
                        self.account.host.clone_from(&message.row.host);
                    }
                }
                self.open[dir.index()] = Some(Box::new(message));
            }
            H1Event::Body { dir, bytes } => {
                if let Some(message) = &mut self.open[dir.index()] {
                    message.body(bytes, &mut shared.desk, &mut shared.rows);
                }
            }
            H1Event::End { dir, complete } => self.end(dir, complete, shared),
            H1Event::Trailers { dir, headers } => {
                if let Some(message) = &mut self.open[dir.index()] {
                    message.trailers(headers, &mut shared.desk, &mut shared.rows);
                }
            }
            H1Event::Missing { dir, len } => match &mut self.open[dir.index()] {
                Some(message) => message.gap(&mut shared.desk, &mut shared.rows),
                None => self.rest.gap(dir, len, shared),
            },
            H1Event::Upgraded { .. } => {}
            H1Event::Unknown { dir, bytes } => {
                self.rest.feed(dir, bytes, self.place, self.account, shared);
            }
            H1Event::Odd(odd) => self.place.odd(odd, shared),
        }
    }

    fn end(&mut self, dir: Dir, complete: bool, shared: &mut Shared) {
        if let Some(message) = self.open[dir.index()].take() {
            let damaged = !message.row.content_encoding.is_empty();
            let (unread, kept) =
                message.end(complete, shared.now, &mut shared.desk, &mut shared.rows);
            let reason = if damaged {
                OpaqueReason::Coding
            } else {
                OpaqueReason::OwnEncryption
            };
            self.account.unread(reason, dir, unread);
            if kept.is_some() {
                shared.kept = kept;
            }
        }
    }
}

impl DnsTalk {
    fn feed(
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
    talk.account.protocol = "dns";
    talk.account.app[dir.index()] += payload.len() as u64;
    let place = Place {
        id: &talk.id,
        capture: talk.capture,
        phone: talk.phone,
    };
    let mut names: Vec<Name> = Vec::new();
    if let Some(odd) = crate::dns::parse_message(payload, &mut |name| names.push(name)) {
        talk.account
            .unread(OpaqueReason::UnknownProtocol, dir, payload.len() as u64);
        place.odd(odd, shared);
    }
    store_names(names, dir, number, &place, shared);
}

/// A datagram of a protocol that is not decoded.
pub(super) fn unknown_datagram(
    talk: &mut Talk,
    rest: &mut Rest,
    dir: Dir,
    payload: &[u8],
    shared: &mut Shared,
) {
    talk.account.app[dir.index()] += payload.len() as u64;
    let place = Place {
        id: &talk.id,
        capture: talk.capture,
        phone: talk.phone,
    };
    if rest.encrypted {
        talk.account
            .unread(OpaqueReason::EncryptedTransport, dir, payload.len() as u64);
    } else {
        rest.unknown
            .feed(dir, payload, &place, &mut talk.account, shared);
    }
}

/// What is kept of a datagram flow whose protocol is not decoded.
pub(super) struct Rest {
    unknown: UnknownTalk,
    pub encrypted: bool,
}

impl Rest {
    pub fn new(encrypted: bool) -> Self {
        Rest {
            encrypted,
            unknown: UnknownTalk::default(),
        }
    }

    pub fn finish(&mut self, shared: &mut Shared) {
        self.unknown.finish(shared);
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
    let keep = shared.keeps(place.id, dir, *number);
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
    if kept.is_some() {
        shared.kept = kept;
    }
}

/// DNS over TCP: a length that fits, then a DNS header (RFC 7766, section 8).
fn framed_dns(first: &[u8]) -> bool {
    let Some((length, rest)) = first.split_first_chunk::<2>() else {
        return false;
    };
    let length = usize::from(u16::from_be_bytes(*length));
    length >= 12 && rest.len() >= 12 && crate::dns::looks_like_dns(&rest[..rest.len().min(length)])
}

impl UnknownTalk {
    fn feed(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        account.unread(OpaqueReason::UnknownProtocol, dir, bytes.len() as u64);
        self.offset[dir.index()] += bytes.len() as u64;
        let keep = shared.keeps(place.id, dir, 0);
        let looked_at = keep || (place.phone.sends(dir) && shared.keep.is_none());
        if !looked_at {
            return;
        }
        let open = &mut self.open[dir.index()];
        if open.is_none() {
            let row = place.row(dir, 0, "unknown", shared);
            let message =
                OpenMessage::begin(row, None, true, keep, &mut shared.desk, &mut shared.rows);
            *open = Some(Box::new(message));
        }
        if let Some(message) = open {
            message.body(bytes, &mut shared.desk, &mut shared.rows);
        }
    }

    fn gap(&mut self, dir: Dir, len: u64, shared: &mut Shared) {
        self.offset[dir.index()] += len;
        if let Some(message) = &mut self.open[dir.index()] {
            message.gap(&mut shared.desk, &mut shared.rows);
        }
    }

    fn finish(&mut self, shared: &mut Shared) {
        for open in &mut self.open {
            if let Some(message) = open.take() {
                let (_, kept) = message.end(true, shared.now, &mut shared.desk, &mut shared.rows);
                if kept.is_some() {
                    shared.kept = kept;
                }
            }
        }
    }
}

/// A TCP flow's stream events, led to its talk.
pub(super) struct TalkSink<'a> {
    pub talk: &'a mut Talk,
    pub shared: &'a mut Shared,
}

impl StreamSink for TalkSink<'_> {
    fn data(&mut self, dir: Dir, _offset: u64, bytes: &[u8], ts_ns: i64) {
        if self.talk.wanted {
            self.shared.now = ts_ns;
            self.talk.feed(dir, bytes, self.shared);
        }
    }

    fn gap(&mut self, dir: Dir, _offset: u64, len: u64, _ts_ns: i64) {
        if self.talk.wanted {
            self.talk.gap(dir, len, self.shared);
        }
    }

    fn closed(&mut self, _dir: Dir, _how: Close, _ts_ns: i64) {}

    fn odd(&mut self, odd: Odd) {
        Place {
            id: &self.talk.id,
            capture: self.talk.capture,
            phone: self.talk.phone,
        }
        .odd(odd, self.shared);
    }
}
