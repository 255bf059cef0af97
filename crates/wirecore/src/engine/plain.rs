//! A stream of readable bytes: which protocol it speaks, and the way to its decoder.
//!
//! In: bytes in order, gaps, the end. Out: messages, through the decoder that was chosen.

use crate::dns::DnsStream;
use crate::http::looks_like_http;
use crate::record::Dir;

use super::account::Account;
use super::dns_talk::{framed_dns, DnsTalk};
use super::http_talk::HttpTalk;
use super::shared::{Place, Shared};
use super::talk::FIRST_BYTES;
use super::unknown_talk::UnknownTalk;

/// A stream of readable bytes.
pub(super) enum Plain {
    Undecided([Vec<u8>; 2]),
    Http(Box<HttpTalk>),
    Dns(Box<DnsTalk>),
    Unknown(Box<UnknownTalk>),
}

impl Plain {
    pub(super) fn feed(
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
    pub(super) fn pass(
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

    pub(super) fn decide(
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

    pub(super) fn gap(
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

    pub(super) fn finish(
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
