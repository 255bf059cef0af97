//! HTTP/1.1 on a flow: its events become messages.

use crate::http::{H1Conn, H1Event, MessageHead};
use crate::record::{Dir, Message};
use crate::tls::TlsInfo;

use super::account::{Account, PhoneSide};
use super::asked::Asking;
use super::body::OpenBody;
use super::h2_talk::H2Talk;
use super::layers::Layers;
use super::shared::{Place, Shared};
use super::unknown_talk::UnknownTalk;
use super::websocket_talk::WebSocketTalk;

pub(super) struct HttpTalk {
    conn: H1Conn,
    open: [Option<Box<OpenBody>>; 2],
    count: [u32; 2],
    /// Host of the latest request, for answers.
    host: String,
    asking: Asking,
    upgrade: Box<Upgrade>,
    secure: bool,
    /// How many tunnels lie around it.
    depth: u8,
    rest: Rest,
}

/// What an upgrade to WebSocket takes along.
#[derive(Default)]
struct Upgrade {
    /// The row of the request that asked for it.
    asked: Message,
    /// What the answer agrees to.
    extensions: String,
}

/// What is outside of messages: after an upgrade, or where HTTP could not be read.
enum Rest {
    Unknown(UnknownTalk),
    H2(Box<H2Talk>),
    WebSocket(Box<WebSocketTalk>),
    /// What a proxy passes on after CONNECT (RFC 9110, section 9.3.6).
    Proxied(Box<Layers>),
}

impl HttpTalk {
    pub(super) fn new(secure: bool, depth: u8, limits: &crate::limits::Limits) -> Self {
        HttpTalk {
            conn: H1Conn::new(limits),
            open: [None, None],
            count: [0; 2],
            host: String::new(),
            asking: Asking::default(),
            upgrade: Box::default(),
            secure,
            depth,
            rest: Rest::Unknown(UnknownTalk::apart(0)),
        }
    }

    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        let open = self.open.iter().flatten().map(|open| open.held());
        let rest = match &self.rest {
            Rest::Unknown(unknown) => unknown.held(),
            Rest::H2(h2) => h2.held(),
            Rest::WebSocket(socket) => socket.held(),
            Rest::Proxied(layers) => layers.held(),
        };
        let own = size_of::<Self>() + size_of::<Upgrade>() + self.conn.held_bytes();
        own + open.sum::<usize>() + rest
    }

    pub(super) fn feed(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let (conn, mut events) = self.events(place, account);
        conn.feed(dir, bytes, &mut |event| events.take(event, shared));
    }

    pub(super) fn gap(
        &mut self,
        dir: Dir,
        len: u64,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        self.asking.lose();
        let (conn, mut events) = self.events(place, account);
        conn.gap(dir, len, &mut |event| events.take(event, shared));
    }

    pub(super) fn finish(&mut self, place: &Place<'_>, account: &mut Account, shared: &mut Shared) {
        let (conn, mut events) = self.events(place, account);
        for dir in [Dir::Client, Dir::Server] {
            conn.finish(dir, &mut |event| events.take(event, shared));
        }
        for dir in [Dir::Client, Dir::Server] {
            events.end(dir, false, shared);
        }
        match &mut self.rest {
            Rest::Unknown(unknown) => unknown.finish(shared),
            Rest::H2(h2) => h2.finish(place, account, shared),
            Rest::WebSocket(socket) => socket.finish(account, shared),
            Rest::Proxied(layers) => layers.finish(place, account, shared),
        }
    }

    /// TLS inside a proxy's tunnel.
    pub(super) fn tls(&self) -> Option<&TlsInfo> {
        match &self.rest {
            Rest::Proxied(layers) => layers.tls(),
            _ => None,
        }
    }

    fn events<'a>(
        &'a mut self,
        place: &'a Place<'a>,
        account: &'a mut Account,
    ) -> (&'a mut H1Conn, HttpEvents<'a>) {
        let events = HttpEvents {
            open: &mut self.open,
            count: &mut self.count,
            host: &mut self.host,
            asking: &mut self.asking,
            upgrade: &mut self.upgrade,
            secure: self.secure,
            depth: self.depth,
            rest: &mut self.rest,
            place,
            account,
        };
        (&mut self.conn, events)
    }
}

/// Where the events of an HTTP/1.1 connection go.
struct HttpEvents<'a> {
    open: &'a mut [Option<Box<OpenBody>>; 2],
    count: &'a mut [u32; 2],
    host: &'a mut String,
    asking: &'a mut Asking,
    upgrade: &'a mut Upgrade,
    secure: bool,
    depth: u8,
    rest: &'a mut Rest,
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
                if !head.is_request {
                    row.host.clone_from(self.host);
                }
                let keep = shared.keeps(self.place, self.place.stream, dir, number);
                let wanted = self.place.phone != PhoneSide::Neither && shared.keep.is_none();
                let head = MessageHead::from(&head);
                let mut message = OpenBody::begin(row, Some(&head), wanted, keep, shared);
                if head.is_request {
                    self.asking.asks(message.take_asked());
                    // The absolute form is for proxies (RFC 9112, section 3.2.2).
                    self.account.proxied |= head.target.starts_with(b"http://");
                    self.host.clone_from(&message.row().host);
                    if self.account.host.is_empty() {
                        self.account.host.clone_from(&message.row().host);
                    }
                }
                if !head.is_request && head.status >= 200 {
                    message.answers(self.asking.answered(), shared);
                }
                if head.is_request && head.get("upgrade").is_some() {
                    self.upgrade.asked = message.row().clone();
                } else if head.status == 101 {
                    let agreed = head.get_text("sec-websocket-extensions");
                    agreed
                        .unwrap_or_default()
                        .clone_into(&mut self.upgrade.extensions);
                }
                self.open[dir.index()] = Some(Box::new(message));
            }
            H1Event::Body { dir, bytes } => {
                if let Some(message) = &mut self.open[dir.index()] {
                    let count = &mut self.count[dir.index()];
                    message.body(bytes, count, self.place, self.account, shared);
                }
            }
            H1Event::End { dir, complete } => self.end(dir, complete, shared),
            H1Event::Trailers { dir, headers } => {
                if let Some(message) = &mut self.open[dir.index()] {
                    message.trailers(headers, shared);
                }
            }
            H1Event::Missing { dir, len } => match &mut self.open[dir.index()] {
                Some(message) => message.gap(shared),
                None => match self.rest {
                    Rest::Unknown(unknown) => unknown.gap(dir, len, shared),
                    Rest::H2(h2) => h2.gap(dir, len, self.place, self.account, shared),
                    Rest::WebSocket(socket) => socket.gap(dir, len, shared),
                    Rest::Proxied(layers) => layers.gap(dir, len, self.place, self.account, shared),
                },
            },
            H1Event::Upgraded { protocol } => self.upgrade(protocol, shared),
            H1Event::Unknown { dir, bytes } => match self.rest {
                Rest::Unknown(unknown) => {
                    unknown.feed(dir, bytes, self.place, self.account, shared);
                }
                Rest::H2(h2) => h2.feed(dir, bytes, self.place, self.account, shared),
                Rest::WebSocket(socket) => {
                    socket.feed(dir, bytes, self.count, self.place, self.account, shared);
                }
                Rest::Proxied(layers) => {
                    // Its own layers count them again, as what they are.
                    let app = &mut self.account.app[dir.index()];
                    *app = app.saturating_sub(bytes.len() as u64);
                    layers.feed(dir, bytes, self.place, self.account, shared);
                }
            },
            H1Event::Odd(odd) => self.place.odd(odd, shared),
        }
    }

    /// Both directions speak another protocol from here on.
    fn upgrade(&mut self, protocol: &str, shared: &mut Shared) {
        let limits = shared.desk.limits.clone();
        let next = match protocol {
            "h2" => Rest::H2(Box::new(H2Talk::new(&limits))),
            "h2c" => Rest::H2(Box::new(H2Talk::upgraded(&limits, self.host, shared))),
            "websocket" => {
                self.account.protocol = "websocket";
                let Upgrade { asked, extensions } = std::mem::take(self.upgrade);
                let talk = WebSocketTalk::new(&asked, &extensions, self.place, shared);
                Rest::WebSocket(Box::new(talk))
            }
            "connect" => match Layers::inside(self.depth, "") {
                Some(layers) => {
                    self.account.outside = self.account.app;
                    self.account.proxied = true;
                    Rest::Proxied(layers)
                }
                None => return,
            },
            _ => return,
        };
        if let Rest::Unknown(unknown) = self.rest {
            unknown.finish(shared);
        }
        *self.rest = next;
    }

    fn end(&mut self, dir: Dir, complete: bool, shared: &mut Shared) {
        if let Some(message) = self.open[dir.index()].take() {
            message.end(complete, self.account, shared);
        }
    }
}
