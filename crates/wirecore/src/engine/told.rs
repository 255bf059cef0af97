//! What another program has decoded (a HAR, a proxy's flows, a log): flows and whole messages in, the same rows
//! out as of packets. Bodies go through the same inspection; what the source counts and does not hold stays unread.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use crate::anomaly::{Kind, OpaqueReason};
use crate::dns::httpdns::Question;
use crate::http::{ContentDecoder, Header, MessageHead};
use crate::inspect::{Inspector, Watch};
use crate::limits::Limits;
use crate::record::{Anomaly, Dir, Flow, Message, Name, Odd};
use crate::tls::KeyLog;
use crate::unwrap::optin_chunk::Keys;

use super::account::{Account, PhoneSide};
use super::kept::Kept;
use super::message::OpenMessage;
use super::rows::Rows;
use super::shared::Shared;
use super::text::host_name;

/// One whole message as its source tells it.
#[derive(Clone, Debug, Default)]
pub struct ToldMessage {
    /// Stream within the flow.
    pub stream: u64,
    /// Number within flow, stream and direction.
    pub number: u32,
    /// True when the side that opened the flow sent it.
    pub from_client: bool,
    /// First byte, nanoseconds since 1970 UTC.
    pub time_ns: i64,
    /// Last byte.
    pub end_ns: i64,
    /// "http/1.1", "h2", "websocket", "unknown".
    pub protocol: String,
    /// "http", "https" or empty.
    pub scheme: String,
    /// Host where no header names it.
    pub host: String,
    /// Method; empty for what is no request.
    pub method: String,
    /// Request target as sent.
    pub target: Vec<u8>,
    /// Status; 0 for what is no response.
    pub status: u16,
    /// Header names and values in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body as the source holds it.
    pub body: Vec<u8>,
    /// Bytes that the source counts and does not hold.
    pub missing: u64,
    /// False when the source says that it was cut.
    pub complete: bool,
    /// Byte offset of its record in the source.
    pub offset: u64,
}

struct Open {
    row: Flow,
    phone: PhoneSide,
    account: Account,
    /// Stream and number of the latest request that asks by HTTPDNS.
    asked: Option<(u64, u32, Box<Question>)>,
}

/// Makes rows of what sources tell; one thread.
pub struct Teller {
    shared: Shared,
    addresses: Vec<IpAddr>,
    capture: u32,
    open: BTreeMap<u64, Open>,
}

impl Teller {
    /// A teller that looks for `watch`.
    pub fn new(
        watch: Arc<Watch>,
        chunk_keys: Arc<Keys>,
        wants_answers: bool,
        addresses: Vec<IpAddr>,
    ) -> Self {
        let limits = Limits::default();
        let inspector = Inspector::new(watch, chunk_keys, &limits);
        Teller {
            shared: Shared::new(inspector, limits, KeyLog::new(), wants_answers, None),
            addresses,
            capture: 0,
            open: BTreeMap::new(),
        }
    }

    /// Begins a source: `index` is its place in the order given.
    pub fn begin_capture(&mut self, index: u32) {
        self.capture = index;
    }

    /// Opens a flow under the caller's `key`, or tells more of an open one. `row.app_bytes` is what the source counts, [0, 0] when it does not;
    /// `row.opaque_reason` why what no message brings stays unread (empty: there is no more).
    pub fn flow(&mut self, key: u64, mut row: Flow) {
        let ours = |text: &str| {
            text.parse()
                .is_ok_and(|address| self.addresses.contains(&address))
        };
        let phone = if row.client.is_empty() || ours(&row.client) {
            PhoneSide::Client
        } else if ours(&row.server) {
            PhoneSide::Server
        } else {
            PhoneSide::Neither
        };
        row.capture = self.capture;
        row.phone = phone.text();
        // The maker's half: the whole is a private value of the owner.
        row.client_mac = row.client_mac.chars().take("00:00:00".len()).collect();
        let (account, asked) = match self.open.remove(&key) {
            Some(known) => {
                row.last_ns = row.last_ns.max(known.row.last_ns);
                for (text, before) in [
                    (&mut row.host, known.row.host),
                    (&mut row.protocol, known.row.protocol),
                ] {
                    if text.is_empty() {
                        *text = before;
                    }
                }
                (known.account, known.asked)
            }
            None => (Account::default(), None),
        };
        self.open.insert(
            key,
            Open {
                row,
                phone,
                account,
                asked,
            },
        );
    }

    /// A message of an open flow; of none, nothing happens.
    pub fn message(&mut self, key: u64, told: &ToldMessage) {
        let Some(open) = self.open.get_mut(&key) else {
            return;
        };
        let dir = side(told);
        let wanted = open.phone != PhoneSide::Neither;
        let row = message_row(told, &open.row.id, self.capture, open.phone);
        self.shared.now = told.time_ns;
        let mut asked = open
            .asked
            .take_if(|(stream, number, _)| {
                !told.from_client && (*stream, *number) == (told.stream, told.number)
            })
            .map(|(_, _, question)| question);
        let shared = &mut self.shared;
        let (unread, _) = send(told, row, wanted, false, &mut asked, shared, |row| {
            open.account.app[dir.index()] += row.head_bytes + row.body_bytes + told.missing;
            if open.row.host.is_empty() && told.from_client {
                open.row.host.clone_from(&row.host);
            }
            if open.row.protocol.is_empty() {
                open.row.protocol.clone_from(&row.protocol);
            }
            open.row.last_ns = open.row.last_ns.max(told.end_ns);
        });
        if let Some(question) = asked.filter(|_| told.from_client) {
            open.asked = Some((told.stream, told.number, question));
        }
        let coded = told.headers.iter().any(|(name, _)| is_coding(name));
        let reason = if coded {
            OpaqueReason::Coding
        } else {
            OpaqueReason::OwnEncryption
        };
        open.account.unread(reason, dir, unread);
        open.account
            .unread(OpaqueReason::NotRecorded, dir, told.missing);
    }

    /// Ends a flow: its row is made.
    pub fn end_flow(&mut self, key: u64) {
        if let Some(open) = self.open.remove(&key) {
            self.shared.rows.flows.push(ended(open));
        }
    }

    /// Ends every open flow, in the order of their keys.
    pub fn end_capture(&mut self) {
        let open = std::mem::take(&mut self.open);
        self.shared.rows.flows.extend(open.into_values().map(ended));
        self.shared.tell_tried(self.capture);
    }

    /// A DNS question or answer.
    pub fn name(&mut self, mut name: Name) {
        name.capture = self.capture;
        self.shared.rows.names.push(name);
    }

    /// A record that could not be read: what was expected, and where it begins (a line, or a byte).
    pub fn skipped(&mut self, offset: u64, detail: String) {
        self.shared.rows.anomalies.push(Anomaly {
            capture: self.capture,
            flow: String::new(),
            packet: 0,
            time_ns: 0,
            odd: Odd {
                kind: Kind::RecordSkipped,
                offset,
                detail,
            },
        });
    }

    /// How many rows wait.
    pub fn rows_waiting(&self) -> usize {
        self.shared.rows.len()
    }

    /// The rows made since the last call.
    pub fn take_rows(&mut self) -> Rows {
        std::mem::take(&mut self.shared.rows)
    }
}

/// The bytes of one told message, its body decoded as it is for inspection.
pub fn keep_told(told: &ToldMessage) -> Result<Kept, String> {
    let needles = crate::scan::needles::Needles::compile(Vec::new(), Vec::new(), Vec::new())?;
    let watch = Watch::new(needles, Vec::new(), Vec::new())?;
    let mut teller = Teller::new(Arc::new(watch), Arc::new(Keys::new()), false, Vec::new());
    let row = message_row(told, "", 0, PhoneSide::Client);
    let shared = &mut teller.shared;
    let (_, kept) = send(told, row, false, true, &mut None, shared, |_| {});
    Ok(kept.unwrap_or_default())
}

fn side(told: &ToldMessage) -> Dir {
    if told.from_client {
        Dir::Client
    } else {
        Dir::Server
    }
}

fn message_row(told: &ToldMessage, flow: &str, capture: u32, phone: PhoneSide) -> Message {
    Message {
        flow: flow.to_owned(),
        stream: told.stream,
        number: told.number,
        capture,
        up: phone.sends(side(told)),
        from_client: told.from_client,
        time_ns: told.time_ns,
        end_ns: told.end_ns,
        protocol: told.protocol.clone(),
        scheme: told.scheme.clone(),
        host: host_name(told.host.as_bytes()),
        offset: told.offset,
        complete: told.complete,
        ..Message::default()
    }
}

/// The message through head, body and end; `counted` sees the row before it leaves. `asked` is the question of
/// HTTPDNS that it answers, and then the one that it asks.
fn send(
    told: &ToldMessage,
    row: Message,
    wanted: bool,
    keep: bool,
    asked: &mut Option<Box<Question>>,
    shared: &mut Shared,
    counted: impl FnOnce(&Message),
) -> (u64, Option<Kept>) {
    let Shared { desk, rows, .. } = shared;
    let is_request = !told.method.is_empty();
    let stale = coding_is_stale(told, &desk.limits);
    let headers: Vec<Header<'_>> = told
        .headers
        .iter()
        .filter(|(name, _)| !(stale && is_coding(name)))
        .map(|(name, value)| Header { name, value })
        .collect();
    let head = MessageHead {
        is_request,
        method: &told.method,
        scheme: &told.scheme,
        authority: b"",
        target: &told.target,
        protocol: b"",
        status: told.status,
        headers: &headers,
        bytes: head_bytes(told),
        offset: told.offset,
    };
    let head = (is_request || told.status > 0).then_some(&head);
    let mut message = OpenMessage::begin(row, head, wanted, keep, desk, rows);
    if is_request {
        *asked = message.asked.take();
    } else if let Some(question) = asked.take() {
        message.answers(question, desk, rows);
    }
    if message.row.host.is_empty() {
        message.row.host = host_name(told.host.as_bytes());
    }
    if !told.body.is_empty() {
        message.body(&told.body, desk, rows);
    }
    counted(&message.row);
    let complete = told.complete && told.missing == 0;
    message.end(complete, told.end_ns, desk, rows)
}

/// Bytes of the head as HTTP/1.1 would write it: a measure that is the same for every source.
fn head_bytes(told: &ToldMessage) -> u64 {
    let first = if told.method.is_empty() {
        "HTTP/1.1 200 ".len()
    } else {
        told.method.len() + told.target.len() + " HTTP/1.1 ".len()
    };
    let lines: usize = told
        .headers
        .iter()
        .map(|(name, value)| name.len() + value.len() + ": \r\n".len())
        .sum();
    (first + lines + "\r\n\r\n".len()) as u64
}

fn is_coding(name: &str) -> bool {
    name.eq_ignore_ascii_case("content-encoding")
}

/// True when the body does not decode as its header says: browsers and proxies store it decoded and keep the header.
fn coding_is_stale(told: &ToldMessage, limits: &Limits) -> bool {
    let codings: Vec<String> = told
        .headers
        .iter()
        .filter(|(name, _)| is_coding(name))
        .map(|(_, value)| super::text::text(value))
        .collect();
    if codings.is_empty() || told.body.is_empty() {
        return false;
    }
    let Ok(mut decoder) = ContentDecoder::new(&codings.join(", "), limits) else {
        return false;
    };
    let mut decoded = 0;
    let mut count = |piece: &[u8]| decoded += piece.len();
    let fed = decoder.feed(&told.body, &mut count);
    let whole = fed.is_ok() && decoder.finish(&mut count).is_ok();
    // A damaged body that began well was encoded; one of which nothing came out was not.
    !whole && decoded == 0
}

/// The flow's row with its accounts; what the source counted beyond its messages is unread.
fn ended(open: Open) -> Flow {
    let Open {
        mut row,
        phone,
        mut account,
        ..
    } = open;
    let reason = OpaqueReason::ALL
        .iter()
        .copied()
        .find(|reason| reason.text() == row.opaque_reason);
    for dir in [Dir::Client, Dir::Server] {
        let beyond = row.app_bytes[dir.index()].saturating_sub(account.app[dir.index()]);
        account.app[dir.index()] += beyond;
        account.unread(reason.unwrap_or(OpaqueReason::NotRecorded), dir, beyond);
    }
    row.app_bytes = account.app;
    row.readable_bytes = [account.readable(Dir::Client), account.readable(Dir::Server)];
    let up = if phone == PhoneSide::Server {
        Dir::Server
    } else {
        Dir::Client
    };
    let found = account.reason(up);
    if reason != Some(OpaqueReason::SizeUnknown) {
        found.clone_into(&mut row.opaque_reason);
    }
    row
}
