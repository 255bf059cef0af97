//! The head and the trailers of a message: what of them stands in its row, and their inspection.

use crate::http::{Header, MessageHead};

use super::desk::Desk;
use super::message::{Look, OpenMessage, DNS_MESSAGE};
use super::rows::Rows;
use super::shown::{shown_target, shown_text};
use super::text::{host_name, text};

/// The name of the pseudo-header field that stands for `Host` (RFC 9113, section 8.3.1).
const AUTHORITY: &str = ":authority";

impl OpenMessage {
    pub(super) fn take_head(
        &mut self,
        head: &MessageHead<'_>,
        wanted: bool,
        desk: &mut Desk,
        rows: &mut Rows,
    ) {
        let row = &mut self.row;
        row.head_bytes = head.bytes;
        row.offset = head.offset;
        if !head.scheme.is_empty() {
            head.scheme.clone_into(&mut row.scheme);
        }
        for Header { name, value } in head.headers {
            let slot = match name.len() {
                12 if name.eq_ignore_ascii_case("content-type") => &mut row.content_type,
                16 if name.eq_ignore_ascii_case("content-encoding") => {
                    if row.content_encoding.is_empty() {
                        &mut row.content_encoding
                    } else {
                        row.content_encoding.push_str(", ");
                        row.content_encoding.push_str(&text(value));
                        continue;
                    }
                }
                10 if name.eq_ignore_ascii_case("user-agent") => &mut row.user_agent,
                4 if head.is_request && name.eq_ignore_ascii_case("host") => {
                    row.host = host_name(value);
                    continue;
                }
                _ => continue,
            };
            *slot = shown_text(&text(value), &desk.inspector);
        }
        if head.is_request {
            row.method = shown_text(head.method, &desk.inspector);
            if !head.authority.is_empty() {
                row.host = host_name(head.authority);
            }
            let path = head.target.split(|b| *b == b'?').next().unwrap_or_default();
            if let Some(name) = path.rsplit(|b| *b == b'/').next().filter(|n| !n.is_empty()) {
                self.chunk_name = Some(text(name));
            }
        } else {
            row.status = head.status;
        }
        if let Some(kept) = &mut self.kept {
            kept.target = head.target.to_vec();
            let authority = [Header {
                name: AUTHORITY,
                value: head.authority,
            }];
            let authority = authority.iter().filter(|h| !h.value.is_empty());
            kept.headers = owned(authority.chain(head.headers));
        }
        if self.look == Look::Up {
            if head.is_request {
                self.inspect_place("target", head.target, desk);
                if wanted {
                    self.take_question(head, desk, rows);
                }
            }
            self.show_target(head, desk);
            if !head.authority.is_empty() {
                self.inspect_place("header::authority", head.authority, desk);
            }
            self.inspect_headers("header", head.headers, desk);
            self.store_findings(desk, rows);
        }
        if self.look != Look::Up {
            self.show_target(head, desk);
        }
        if wanted && !self.row.up {
            for header in head.headers {
                desk.inspector.receive(header.value);
            }
        }
        if wanted && self.look != Look::Up && self.row.content_type == DNS_MESSAGE {
            self.look = Look::Names;
        }
        self.begin_decoding(desk, rows);
    }

    /// The target as the table may hold it; called while the findings of the target are at hand.
    fn show_target(&mut self, head: &MessageHead<'_>, desk: &Desk) {
        if head.is_request {
            self.row.target =
                shown_target(&text(head.target), &desk.findings.hits, &desk.inspector);
        }
    }

    /// `place` is "header" or "trailer". Of several fields of one name, the second is called `Name#2`, and so on.
    fn inspect_headers(&mut self, place: &str, headers: &[Header<'_>], desk: &mut Desk) {
        for (at, Header { name, value }) in headers.iter().enumerate() {
            // A value of a few bytes holds no needle that would count without context.
            if value.len() < 4 {
                continue;
            }
            let (hits, media) = (desk.findings.hits.len(), desk.findings.media.len());
            self.inspect_place(&format!("{place}:{name}"), value, desk);
            let hits = &mut desk.findings.hits[hits..];
            let media = &mut desk.findings.media[media..];
            if hits.is_empty() && media.is_empty() {
                continue;
            }
            let same = |header: &&Header<'_>| header.name.eq_ignore_ascii_case(name);
            let before = headers[..at].iter().filter(same).count();
            if before > 0 {
                let places = hits.iter_mut().map(|hit| &mut hit.place);
                for found in places.chain(media.iter_mut().map(|one| &mut one.place)) {
                    *found = format!("{place}:{name}#{}", before + 1);
                }
            }
        }
    }

    /// Headers that came after the body.
    pub fn trailers(&mut self, headers: &[Header<'_>], desk: &mut Desk, rows: &mut Rows) {
        if let Some(kept) = &mut self.kept {
            kept.trailers = owned(headers.iter());
        }
        if self.look == Look::Up {
            self.inspect_headers("trailer", headers, desk);
            self.store_findings(desk, rows);
        }
    }
}

/// Fields to be kept.
fn owned<'a>(headers: impl Iterator<Item = &'a Header<'a>>) -> Vec<(String, Vec<u8>)> {
    headers
        .map(|h| (h.name.to_owned(), h.value.to_vec()))
        .collect()
}
