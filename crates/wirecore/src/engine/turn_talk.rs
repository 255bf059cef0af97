//! Protocols of text that speak in turns (SMTP, IMAP, POP3, XMPP): what one side says until the other answers is a
//! message. When TLS is started, what follows has layers of its own, in which the same protocol goes on.

use crate::anomaly::OpaqueReason;
use crate::record::Dir;
use crate::tls::{begins_client_hello, TlsInfo};

use super::account::Account;
use super::layers::Layers;
use super::message::OpenMessage;
use super::shared::{Place, Shared};

/// Which such protocol the first bytes of both directions are. `before`: the one spoken before TLS was started.
pub(super) fn spoken_in_turns(first: &[Vec<u8>; 2], before: &'static str) -> Option<&'static str> {
    let [client, server] = [&first[0], &first[1]].map(|held| held.trim_ascii_start());
    let greets = |text: &[u8]| server.starts_with(text);
    let hails = |text: &[u8]| {
        client
            .get(..text.len())
            .is_some_and(|c| c.eq_ignore_ascii_case(text))
    };
    let names = |word: &[u8]| {
        server
            .windows(word.len())
            .any(|w| w.eq_ignore_ascii_case(word))
    };
    let stream = |text: &[u8]| text.windows(14).take(256).any(|w| w == b"<stream:stream");
    if stream(client) || stream(server) {
        return Some("xmpp");
    }
    if hails(b"EHLO ") || hails(b"HELO ") || (greets(b"220") && names(b"SMTP")) {
        return Some("smtp");
    }
    if greets(b"* OK") || greets(b"* PREAUTH") {
        return Some("imap");
    }
    if greets(b"+OK") {
        return Some("pop3");
    }
    (!before.is_empty()).then_some(before)
}

/// True when more bytes may make it such a protocol.
pub(super) fn may_speak_in_turns(first: &[Vec<u8>; 2]) -> bool {
    let begins = |held: &[u8], word: &[u8]| {
        let len = held.len().min(word.len());
        len > 0 && held[..len].eq_ignore_ascii_case(&word[..len])
    };
    let [client, server] = [&first[0], &first[1]].map(|held| held.trim_ascii_start());
    let stream = |held: &[u8]| {
        begins(held, b"<?xml") && held.len() < 256
            || held.len() < 14 && begins(held, b"<stream:stream")
    };
    let line =
        |held: &[u8], word: &[u8]| begins(held, word) && !held.contains(&b'\n') && held.len() < 512;
    if spoken_in_turns(first, "").is_some() {
        return false;
    }
    stream(client)
        || stream(server)
        || line(server, b"220")
        || line(server, b"* OK")
        || line(server, b"+OK")
        || line(client, b"EHLO ")
        || line(client, b"HELO ")
}

/// One such conversation.
pub(super) struct TurnTalk {
    protocol: &'static str,
    depth: u8,
    open: [Option<Box<OpenMessage>>; 2],
    count: [u32; 2],
    inner: Option<Box<Layers>>,
}

impl TurnTalk {
    pub(super) fn new(protocol: &'static str, depth: u8) -> Self {
        TurnTalk {
            protocol,
            depth,
            open: [None, None],
            count: [0; 2],
            inner: None,
        }
    }

    pub(super) fn tls(&self) -> Option<&TlsInfo> {
        self.inner.as_ref().and_then(|layers| layers.tls())
    }

    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        let open = self.open.iter().flatten().map(|open| open.held());
        let inner = self.inner.as_ref().map_or(0, |layers| layers.held());
        size_of::<Self>() + open.sum::<usize>() + inner
    }

    pub(super) fn feed(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        if self.inner.is_none() && dir == Dir::Client && begins_client_hello(bytes) {
            self.end(Dir::Client, account, shared);
            self.end(Dir::Server, account, shared);
            self.inner = Layers::inside(self.depth, self.protocol);
            account.outside = account.app;
            account.outside[0] = account.app[0].saturating_sub(bytes.len() as u64);
        }
        if let Some(layers) = &mut self.inner {
            // Its own layers count them again, as what they are.
            let app = &mut account.app[dir.index()];
            *app = app.saturating_sub(bytes.len() as u64);
            layers.feed(dir, bytes, place, account, shared);
            return;
        }
        self.end(dir.other(), account, shared);
        if !is_text(bytes) {
            account.unread(OpaqueReason::UnknownProtocol, dir, bytes.len() as u64);
        }
        if self.protocol == "xmpp" && dir == Dir::Client && account.host.is_empty() {
            account.host = domain(bytes).unwrap_or_default();
        }
        if self.open[dir.index()].is_none() {
            let number = self.count[dir.index()];
            self.count[dir.index()] += 1;
            let keep = shared.keeps(place, place.stream, dir, number);
            if !keep && (!place.phone.sends(dir) || shared.keep.is_some()) {
                return;
            }
            let mut row = place.row(dir, number, self.protocol, shared);
            row.host.clone_from(&account.host);
            let message =
                OpenMessage::begin(row, None, true, keep, &mut shared.desk, &mut shared.rows);
            self.open[dir.index()] = Some(Box::new(message));
        }
        if let Some(message) = &mut self.open[dir.index()] {
            message.body(bytes, &mut shared.desk, &mut shared.rows);
        }
    }

    fn end(&mut self, dir: Dir, account: &mut Account, shared: &mut Shared) {
        if let Some(message) = self.open[dir.index()].take() {
            let (sealed, kept) = message.end(true, shared.now, &mut shared.desk, &mut shared.rows);
            account.unread(OpaqueReason::OwnEncryption, dir, sealed);
            shared.kept.extend(kept);
        }
    }

    pub(super) fn gap(
        &mut self,
        dir: Dir,
        len: u64,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        if let Some(layers) = &mut self.inner {
            layers.gap(dir, len, place, account, shared);
        } else if let Some(message) = &mut self.open[dir.index()] {
            message.gap(&mut shared.desk, &mut shared.rows);
        }
    }

    pub(super) fn finish(&mut self, place: &Place<'_>, account: &mut Account, shared: &mut Shared) {
        self.end(Dir::Client, account, shared);
        self.end(Dir::Server, account, shared);
        if let Some(layers) = &mut self.inner {
            layers.finish(place, account, shared);
        }
    }
}

fn is_text(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .all(|b| *b >= b' ' && *b != 0x7f || matches!(b, b'\t' | b'\r' | b'\n'))
}

/// The domain that a stream is opened to.
fn domain(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (_, rest) = text.split_once(" to=")?;
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let name = rest[1..].split(quote).next()?;
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    (!name.is_empty() && name.len() < 256 && name.chars().all(is_name)).then(|| name.to_lowercase())
}
