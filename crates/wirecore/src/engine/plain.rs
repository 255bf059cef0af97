//! A stream of readable bytes: which protocol it speaks, and the way to its decoder.
//!
//! In: bytes in order, gaps, the end. Out: messages, through the decoder that was chosen.

use crate::dns::DnsStream;
use crate::http::{looks_like_http, was_http, Version};
use crate::record::Dir;

use super::account::Account;
use super::dns_talk::{framed_dns, DnsTalk};
use super::h2_talk::H2Talk;
use super::http_talk::HttpTalk;
use super::shared::{Place, Shared};
use super::talk::FIRST_BYTES;
use super::unknown_talk::UnknownTalk;

/// A stream of readable bytes.
pub(super) enum Plain {
    Undecided([Vec<u8>; 2]),
    Http(Box<HttpTalk>),
    H2(Box<H2Talk>),
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
                    verdict => self.decide(verdict.flatten(), secure, place, account, shared),
                }
            }
            Plain::Http(http) => http.feed(dir, bytes, place, account, shared),
            Plain::H2(h2) => h2.feed(dir, bytes, place, account, shared),
            Plain::Dns(dns) => dns.feed(dir, bytes, place, account, shared),
            Plain::Unknown(unknown) => unknown.feed(dir, bytes, place, account, shared),
        }
    }

    pub(super) fn decide(
        &mut self,
        http: Option<Version>,
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
        *self = if http == Some(Version::One) {
            account.protocol = "http/1.1";
            Plain::Http(Box::new(HttpTalk::new(secure, &shared.desk.limits)))
        } else if http == Some(Version::Two) {
            account.protocol = "h2";
            Plain::H2(Box::new(H2Talk::new(&shared.desk.limits)))
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
                let http = first.iter().find_map(|held| was_http(held));
                self.decide(http, false, place, account, shared);
                self.gap(dir, len, place, account, shared);
            }
            Plain::Undecided(_) => {}
            Plain::Http(http) => http.gap(dir, len, place, account, shared),
            Plain::H2(h2) => h2.gap(dir, len, place, account, shared),
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
        if let Plain::Undecided(first) = self {
            if first.iter().any(|held| !held.is_empty()) {
                let http = first.iter().find_map(|held| was_http(held));
                // The first bytes of HTTP/1.x that are all there are no message.
                let http = http.filter(|version| *version == Version::Two);
                self.decide(http, secure, place, account, shared);
            }
        }
        match self {
            Plain::Undecided(_) | Plain::Dns(_) => {}
            Plain::Http(http) => http.finish(place, account, shared),
            Plain::H2(h2) => h2.finish(place, account, shared),
            Plain::Unknown(unknown) => unknown.finish(shared),
        }
    }
}
