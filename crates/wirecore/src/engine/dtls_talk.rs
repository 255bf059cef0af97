//! DTLS on a flow: what its records hold is looked at datagram by datagram, like that of an unknown protocol; beside it
//! other datagrams may go over the same flow (RFC 7983).

use std::sync::Arc;

use crate::record::Dir;
use crate::tls::{DtlsConn, TlsEvent, TlsInfo};

use super::shared::Shared;
use super::talk::Talk;
use super::unknown_talk::{unknown_datagram, Rest, UnknownTalk};

/// A connection, what it holds, and what goes beside it.
pub(super) struct DtlsTalk {
    conn: DtlsConn,
    inside: UnknownTalk,
    beside: Rest,
}

impl DtlsTalk {
    pub fn new(shared: &Shared) -> Self {
        DtlsTalk {
            conn: DtlsConn::new(&shared.desk.limits),
            inside: UnknownTalk::of_datagrams(0),
            beside: Rest::beside(),
        }
    }

    /// Memory held, bytes.
    pub fn held(&self) -> usize {
        let conn = self.conn.held_bytes();
        size_of::<Self>() + conn + self.inside.held() + self.beside.held()
    }

    /// What is known of the session.
    pub fn info(&self) -> &TlsInfo {
        self.conn.info()
    }

    pub fn datagram(&mut self, talk: &mut Talk, dir: Dir, datagram: &[u8], shared: &mut Shared) {
        if !matches!(datagram, [20..=63, ..]) {
            return unknown_datagram(talk, &mut self.beside, dir, datagram, shared);
        }
        let keys = Arc::clone(&shared.keys);
        let DtlsTalk { conn, inside, .. } = self;
        conn.datagram(&keys, dir, datagram, &mut |event| {
            take(event, inside, talk, shared);
        });
    }

    pub fn finish(&mut self, talk: &mut Talk, shared: &mut Shared) {
        let keys = Arc::clone(&shared.keys);
        let DtlsTalk {
            conn,
            inside,
            beside,
        } = self;
        conn.finish(&keys, &mut |event| take(event, inside, talk, shared));
        inside.finish(shared);
        beside.finish(shared);
    }
}

fn take(event: TlsEvent<'_>, inside: &mut UnknownTalk, talk: &mut Talk, shared: &mut Shared) {
    let (place, account) = talk.place_and_account();
    match event {
        TlsEvent::Plain { dir, bytes, .. } => {
            account.app[dir.index()] += bytes.len() as u64;
            inside.feed(dir, bytes, &place, account, shared);
        }
        TlsEvent::Opaque { dir, len, reason } => {
            account.app[dir.index()] += len;
            account.unread(reason, dir, len);
        }
        TlsEvent::Handshake { dir, len } => account.handshake[dir.index()] += len,
        TlsEvent::Alert { .. } | TlsEvent::Closed { .. } => {}
        TlsEvent::Odd(odd) => place.odd(odd, shared),
    }
}
