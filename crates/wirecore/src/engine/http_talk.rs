//! HTTP/1.1 on a flow: its events become messages.

use crate::anomaly::OpaqueReason;
use crate::http::{H1Conn, H1Event, MessageHead};
use crate::record::Dir;

use super::account::{Account, PhoneSide};
use super::message::OpenMessage;
use super::shared::{Place, Shared};
use super::unknown_talk::UnknownTalk;

pub(super) struct HttpTalk {
    conn: H1Conn,
    open: [Option<Box<OpenMessage>>; 2],
    count: [u32; 2],
    /// Host of the latest request, for answers.
    host: String,
    secure: bool,
    /// After an upgrade, or where HTTP could not be read.
    rest: UnknownTalk,
}

impl HttpTalk {
    pub(super) fn new(secure: bool, limits: &crate::limits::Limits) -> Self {
        HttpTalk {
            conn: H1Conn::new(limits),
            open: [None, None],
            count: [0; 2],
            host: String::new(),
            secure,
            rest: UnknownTalk::default(),
        }
    }

    pub(super) fn feed(
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

    pub(super) fn gap(
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

    pub(super) fn finish(&mut self, place: &Place<'_>, account: &mut Account, shared: &mut Shared) {
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
                if !head.is_request {
                    row.host.clone_from(self.host);
                }
                let keep = shared.keeps(self.place.id, 0, dir, number);
                let wanted = self.place.phone != PhoneSide::Neither && shared.keep.is_none();
                let message = OpenMessage::begin(
                    row,
                    Some(&MessageHead::from(&head)),
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
