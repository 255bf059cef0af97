//! SOCKS 4, 4a and 5 (RFC 1928, RFC 1929): a few bytes of agreement, then the stream to the server behind the proxy,
//! which has layers of its own.

use crate::record::Dir;
use crate::tls::TlsInfo;

use super::account::Account;
use super::layers::Layers;
use super::shared::{Place, Shared};
use super::small_talk::whole_message;
use super::unknown_talk::UnknownTalk;

/// Bytes that an agreement may take: names of 255 bytes, a password, and what a hasty client sends at once.
const MOST: usize = 64 << 10;

/// True when a client begins so.
pub(super) fn begins_socks(client: &[u8]) -> bool {
    match client {
        // Methods in use: none, GSSAPI, name and password, CHAP and those up to 9.
        [5, count, methods @ ..] => {
            *count > 0 && methods.len() == usize::from(*count) && methods.iter().all(|m| *m < 10)
        }
        [4, 1, _, _, _, _, _, _, rest @ ..] => rest.last() == Some(&0) && rest.len() < 512,
        _ => false,
    }
}

/// True when more bytes of the client may make it SOCKS.
pub(super) fn may_be_socks(client: &[u8]) -> bool {
    match client {
        [5] => true,
        [5, count, methods @ ..] => {
            methods.len() < usize::from(*count) && methods.iter().all(|m| *m < 10)
        }
        [4] => true,
        [4, 1, ..] => client.len() < 512 && !begins_socks(client),
        _ => false,
    }
}

enum State {
    Agreeing([Vec<u8>; 2]),
    Through(Box<Layers>),
    Unknown(Box<UnknownTalk>),
}

/// What was agreed on.
struct Agreed {
    /// Bytes of each direction that belong to the agreement.
    len: [usize; 2],
    /// The name asked for, where it is a name.
    host: String,
}

pub(super) struct SocksTalk {
    state: State,
    depth: u8,
}

impl SocksTalk {
    pub(super) fn new(depth: u8) -> Self {
        SocksTalk {
            state: State::Agreeing([Vec::new(), Vec::new()]),
            depth,
        }
    }

    pub(super) fn tls(&self) -> Option<&TlsInfo> {
        match &self.state {
            State::Through(layers) => layers.tls(),
            _ => None,
        }
    }

    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        match &self.state {
            State::Agreeing(held) => held.iter().map(Vec::capacity).sum(),
            State::Through(layers) => layers.held(),
            State::Unknown(unknown) => unknown.held(),
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
        match &mut self.state {
            State::Through(layers) => through(layers, dir, bytes, place, account, shared),
            State::Unknown(unknown) => unknown.feed(dir, bytes, place, account, shared),
            State::Agreeing(held) => {
                held[dir.index()].extend_from_slice(bytes);
                match agreement(&held[0], &held[1]) {
                    Ok(None) if held.iter().all(|held| held.len() < MOST) => {}
                    Ok(Some(agreed)) => self.open(&agreed, place, account, shared),
                    Ok(None) | Err(()) => self.give_up(place, account, shared),
                }
            }
        }
    }

    fn open(
        &mut self,
        agreed: &Agreed,
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let Some(mut layers) = Layers::inside(self.depth, "") else {
            return self.give_up(place, account, shared);
        };
        let State::Agreeing(held) = &self.state else {
            return;
        };
        account.host.clone_from(&agreed.host);
        account.proxied = true;
        account.outside = account.app;
        for (index, outside) in account.outside.iter_mut().enumerate() {
            let rest = held[index].len() - agreed.len[index];
            *outside = outside.saturating_sub(rest as u64);
        }
        for dir in [Dir::Client, Dir::Server] {
            let (own, rest) = held[dir.index()].split_at(agreed.len[dir.index()]);
            whole_message(place, place.stream, dir, 0, "socks", own, shared);
            if !rest.is_empty() {
                through(&mut layers, dir, rest, place, account, shared);
            }
        }
        self.state = State::Through(layers);
    }

    /// What cannot be followed is looked at as unknown bytes.
    fn give_up(&mut self, place: &Place<'_>, account: &mut Account, shared: &mut Shared) {
        let unknown = State::Unknown(Box::default());
        let State::Agreeing(held) = std::mem::replace(&mut self.state, unknown) else {
            return;
        };
        for dir in [Dir::Client, Dir::Server] {
            if !held[dir.index()].is_empty() {
                self.feed(dir, &held[dir.index()], place, account, shared);
            }
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
        match &mut self.state {
            State::Agreeing(_) => self.give_up(place, account, shared),
            State::Through(layers) => layers.gap(dir, len, place, account, shared),
            State::Unknown(unknown) => unknown.gap(dir, len, shared),
        }
    }

    pub(super) fn finish(&mut self, place: &Place<'_>, account: &mut Account, shared: &mut Shared) {
        if matches!(self.state, State::Agreeing(_)) {
            self.give_up(place, account, shared);
        }
        match &mut self.state {
            State::Agreeing(_) => {}
            State::Through(layers) => layers.finish(place, account, shared),
            State::Unknown(unknown) => unknown.finish(shared),
        }
    }
}

fn through(
    layers: &mut Layers,
    dir: Dir,
    bytes: &[u8],
    place: &Place<'_>,
    account: &mut Account,
    shared: &mut Shared,
) {
    // Its own layers count them again, as what they are.
    let app = &mut account.app[dir.index()];
    *app = app.saturating_sub(bytes.len() as u64);
    layers.feed(dir, bytes, place, account, shared);
}

/// The whole agreement; `Ok(None)` while bytes are missing, an error when it is refused or none that is known.
fn agreement(client: &[u8], server: &[u8]) -> Result<Option<Agreed>, ()> {
    if client.first() == Some(&4) {
        return version_4(client, server);
    }
    let (Some(&methods), Some(&chosen)) = (client.get(1), server.get(1)) else {
        return Ok(None);
    };
    let mut at = [2 + usize::from(methods), 2];
    match chosen {
        0 => {}
        2 => {
            // Version, name, password; the answer is two bytes.
            let name = client.get(at[0] + 1).map(|n| usize::from(*n));
            let Some(name) = name else { return Ok(None) };
            let word = client.get(at[0] + 2 + name).map(|n| usize::from(*n));
            let Some(word) = word else { return Ok(None) };
            at = [at[0] + 3 + name + word, 4];
        }
        _ => return Err(()),
    }
    let (asked, told) = (client.get(at[0]..), server.get(at[1]..));
    let (Some(asked), Some(told)) = (asked, told) else {
        return Ok(None);
    };
    let (Some(asked_len), Some(told_len)) = (address_len(asked)?, address_len(told)?) else {
        return Ok(None);
    };
    if asked.get(1) != Some(&1) || told.get(1) != Some(&0) {
        return Err(());
    }
    let host = match asked {
        [_, _, _, 3, len, name @ ..] => name.get(..usize::from(*len)).map(host_text),
        _ => None,
    };
    Ok(Some(Agreed {
        len: [at[0] + asked_len, at[1] + told_len],
        host: host.unwrap_or_default(),
    }))
}

/// Length of a request or answer of version 5, once it is whole.
fn address_len(bytes: &[u8]) -> Result<Option<usize>, ()> {
    let address = match bytes {
        [5, _, _, 1, ..] => 4,
        [5, _, _, 4, ..] => 16,
        [5, _, _, 3, len, ..] => 1 + usize::from(*len),
        [] | [5] | [5, _] | [5, _, _] | [5, _, _, 3] => return Ok(None),
        _ => return Err(()),
    };
    let whole = 4 + address + 2;
    Ok((bytes.len() >= whole).then_some(whole))
}

fn version_4(client: &[u8], server: &[u8]) -> Result<Option<Agreed>, ()> {
    let text_end = |from: usize| {
        let text = client.get(from..)?;
        text.iter().position(|b| *b == 0).map(|len| from + len)
    };
    let Some(user) = text_end(8) else {
        return Ok(None);
    };
    let mut len = user + 1;
    let mut host = String::new();
    // 4a: an address 0.0.0.x stands for a name behind the user.
    if matches!(client.get(4..8), Some([0, 0, 0, x]) if *x != 0) {
        let Some(end) = text_end(len) else {
            return Ok(None);
        };
        host = host_text(&client[len..end]);
        len = end + 1;
    }
    match server {
        [0, 90, ..] if server.len() >= 8 => Ok(Some(Agreed {
            len: [len, 8],
            host,
        })),
        [] | [0] | [0, 90, ..] => Ok(None),
        _ => Err(()),
    }
}

fn host_text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).to_ascii_lowercase()
}
