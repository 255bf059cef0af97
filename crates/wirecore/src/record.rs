//! The rows that leave the core. One struct a table; a field a column, with its unit in its comment.
//!
//! Times are integer nanoseconds since 1970-01-01 UTC. `client` is the side that opened the flow,
//! `up` is what leaves the phone; they differ when the phone serves.

/// Version of the whole set of tables. Python refuses another.
pub const SCHEMA_VERSION: u32 = 8;

/// One side of a flow, named by who opened it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dir {
    /// From the side that opened the flow.
    Client,
    /// From the side that answered.
    Server,
}

impl Dir {
    /// 0 for the client, 1 for the server: index into per-direction arrays.
    pub fn index(self) -> usize {
        self as usize
    }
    /// The other side.
    #[must_use]
    pub fn other(self) -> Dir {
        match self {
            Dir::Client => Dir::Server,
            Dir::Server => Dir::Client,
        }
    }
}

/// Something odd in the traffic: recorded, never raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// Which of the closed list.
    pub kind: crate::anomaly::Kind,
    /// Byte offset in the thing being parsed (file, stream or message; the kind's text says which).
    pub offset: u64,
    /// A short detail for people; never holds bytes of the traffic unescaped.
    pub detail: String,
}

/// One transport conversation.
#[derive(Clone, Debug, Default)]
pub struct Flow {
    /// Community ID 1.0 with `#` and the ordinal of that tuple within the capture.
    pub id: String,
    /// Index of the capture in the order given.
    pub capture: u32,
    /// Number of the first packet in its capture, from 1.
    pub first_packet: u64,
    /// IP protocol number.
    pub ip_proto: u8,
    /// Address text of the side that opened.
    pub client: String,
    /// Port of the side that opened.
    pub client_port: u16,
    /// Address text of the other side.
    pub server: String,
    /// Port of the other side.
    pub server_port: u16,
    /// Which side is the phone: "client", "server" or "none" (another device).
    pub phone: &'static str,
    /// First packet.
    pub first_ns: i64,
    /// Last packet.
    pub last_ns: i64,
    /// Packets by direction, `[client, server]`.
    pub packets: [u64; 2],
    /// Bytes on the wire (IP packet length) by direction.
    pub wire_bytes: [u64; 2],
    /// Transport payload, retransmissions counted once.
    pub payload_bytes: [u64; 2],
    /// Application bytes as in design section 8: plaintext where decrypted, else ciphertext; no handshakes.
    pub app_bytes: [u64; 2],
    /// Part of `app_bytes` that was read.
    pub readable_bytes: [u64; 2],
    /// Bytes of TLS handshakes.
    pub handshake_bytes: [u64; 2],
    /// Bytes missing from the capture.
    pub gap_bytes: [u64; 2],
    /// Payload bytes seen again.
    pub retransmitted_bytes: [u64; 2],
    /// "established", "refused" (answered by reset or ICMP), "unanswered", "reset", "midstream", "aborted_handshake", "datagram".
    pub state: &'static str,
    /// What speaks on it: "http/1.1", "h2", "h3", "websocket", "tls", "quic", "dns", "unknown", ...
    pub protocol: String,
    /// TLS version or empty.
    pub tls_version: String,
    /// Server name indicated, or empty.
    pub sni: String,
    /// Negotiated ALPN, or the offered list joined with `,` when unknown, or empty.
    pub alpn: String,
    /// JA4 fingerprint of the ClientHello, or empty.
    pub ja4: String,
    /// Cipher suite's IANA name or hex, or empty.
    pub cipher: String,
    /// ClientHello random in hex (joins vantages), or empty.
    pub client_random: String,
    /// Leaf certificate: SHA-256 in hex, subject, issuer, DNS names joined with `,`.
    pub cert_sha256: String,
    /// Subject of the leaf certificate.
    pub cert_subject: String,
    /// Issuer of the leaf certificate.
    pub cert_issuer: String,
    /// DNS names of the leaf certificate, joined with `,`.
    pub cert_names: String,
    /// Why bytes stayed unread: empty when nothing did; see `anomaly::OpaqueReason`.
    pub opaque_reason: String,
    /// Alert that ended the handshake ("client unknown_ca"), or empty.
    pub alert: String,
    /// Server name by the best source: SNI, Host, else empty (DNS is joined later).
    pub host: String,
    /// The maker's part of the client's link-layer address, "aa:bb:cc", or empty; the whole is a private value.
    pub client_mac: String,
    /// App that the capture or a phone's own list says sent it, or empty.
    pub app: String,
    /// True when the other end is a proxy that passes it on: where it arrived is not known from its address.
    pub proxied: bool,
    /// True when an encrypted ClientHello or server name was offered: the name told may be a front for another
    /// (many clients offer a decoy always).
    pub ech: bool,
}

/// One decoded application unit.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Id of the flow.
    pub flow: String,
    /// Stream within the flow (0 for protocols without streams).
    pub stream: u64,
    /// Number of the message within flow, stream and direction, from 0.
    pub number: u32,
    /// Index of the capture.
    pub capture: u32,
    /// True when it leaves the phone.
    pub up: bool,
    /// True when the side that opened the flow sent it.
    pub from_client: bool,
    /// First byte's packet time.
    pub time_ns: i64,
    /// Last byte's packet time.
    pub end_ns: i64,
    /// "http/1.1", "h2", "h3", "dns", "unknown"; "grpc", "grpc-web", "sse" and "websocket" for messages inside a body.
    pub protocol: String,
    /// HTTP method, or empty.
    pub method: String,
    /// Scheme "http" or "https", or empty.
    pub scheme: String,
    /// Host header or SNI, lower case, without port.
    pub host: String,
    /// Request target without the values of its parameters and without facts (`engine/shown.rs`), or empty.
    pub target: String,
    /// HTTP status, 0 when none.
    pub status: u16,
    /// Content-Type, or empty.
    pub content_type: String,
    /// Content-Encoding, or empty.
    pub content_encoding: String,
    /// User-Agent, or empty.
    pub user_agent: String,
    /// Offset of its first byte in the plaintext stream of that direction.
    pub offset: u64,
    /// Bytes of start line and headers.
    pub head_bytes: u64,
    /// Bytes of the body as sent (after transfer coding), without those of the messages inside it.
    pub body_bytes: u64,
    /// Bytes of the body after content coding.
    pub decoded_bytes: u64,
    /// Bytes of high-entropy leaves that no codec opened.
    pub opaque_bytes: u64,
    /// False when it was cut by a gap, a bound or the capture's end.
    pub complete: bool,
}

/// One step of the way from a message to the bytes found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Name of the codec in the closed list (`unwrap::CODECS`), e.g. "gzip", "json", "base64".
    pub codec: &'static str,
    /// Start of its input in the previous step's output.
    pub start: u64,
    /// End (exclusive) of its input in the previous step's output.
    pub end: u64,
    /// For codecs that choose a leaf: its path ("/device/imei", "part:2", "imei"); else empty.
    pub path: String,
}

/// The bytes around what was found, as `wirewitness show` cuts them of the last step's output.
///
/// They are the owner's, so they go their own way: no table of results holds them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Where they begin there.
    pub begin: u64,
    /// At most 256, from 48 before what was found; fewer at the border of two windows of a long body.
    pub bytes: Vec<u8>,
    /// Bytes of the place (0 where its end had not come: a body's are told by its message), then of what each step
    /// made; 0 where nobody saw it whole.
    pub sizes: Vec<u64>,
    /// The place is a body whose content coding was undone.
    pub coded: bool,
}

/// A needle or detector that was seen.
#[derive(Clone, Debug)]
pub struct Hit {
    /// Id of the flow.
    pub flow: String,
    /// Stream within the flow.
    pub stream: u64,
    /// Number of the message.
    pub number: u32,
    /// Index of the capture.
    pub capture: u32,
    /// Same as the message's.
    pub up: bool,
    /// Same as the message's.
    pub from_client: bool,
    /// Time of the message.
    pub time_ns: i64,
    /// Which needle (index given by Python), or the detector's index when `detector`.
    pub needle: u32,
    /// True when a detector row matched, not a needle.
    pub detector: bool,
    /// "target", "header:Name" (the second of a name: "header:Name#2"), "trailer:Name", "body", "name" (DNS), "stream".
    pub place: String,
    /// The steps from the place's bytes to the leaf.
    pub steps: Vec<Step>,
    /// Half-open range in the last step's output (or in the place's bytes when there is no step).
    pub start: u64,
    /// End of the range, exclusive.
    pub end: u64,
    /// For digests: "md5", "sha1", "sha256"; for photos known by their looks: "picture", "picture_part" (cut),
    /// and "piece" for a stretch of a photo's or film's own bytes;
    /// else empty.
    pub digest: &'static str,
    /// The bytes around it; a table of its own.
    pub window: Window,
}

/// An image (or other media) confirmed by structure.
#[derive(Clone, Debug)]
pub struct Media {
    /// Id of the flow.
    pub flow: String,
    /// Stream within the flow.
    pub stream: u64,
    /// Number of the message.
    pub number: u32,
    /// Index of the capture.
    pub capture: u32,
    /// Same as the message's.
    pub up: bool,
    /// Same as the message's.
    pub from_client: bool,
    /// Time of the message.
    pub time_ns: i64,
    /// "jpeg", "png".
    pub format: &'static str,
    /// As in [`Hit`].
    pub place: String,
    /// As in [`Hit`].
    pub steps: Vec<Step>,
    /// Range of the file in the last step's output.
    pub start: u64,
    /// End, exclusive.
    pub end: u64,
    /// Pixels across, 0 when unknown.
    pub width: u32,
    /// Pixels down, 0 when unknown.
    pub height: u32,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// False when the end of the file was not seen.
    pub complete: bool,
    /// What a look at its pixels said: "owner" (it shows a photo of the owner's, see the hits), "stranger" (none
    /// of them), "plain" (too small or plain to tell), "too_large", "undecodable"; empty when nobody looked.
    pub looked: &'static str,
    /// The bytes around its start; a table of its own.
    pub window: Window,
}

/// A DNS question or answer.
#[derive(Clone, Debug, Default)]
pub struct Name {
    /// Id of the flow.
    pub flow: String,
    /// Index of the capture.
    pub capture: u32,
    /// Time of the packet.
    pub time_ns: i64,
    /// The name asked for, lower case, without final dot.
    pub question: String,
    /// Type asked for ("A", "AAAA", "HTTPS", "TYPE65").
    pub qtype: String,
    /// Owner name of this answer, or empty for a question without answer.
    pub name: String,
    /// Type of this answer, or empty.
    pub rtype: String,
    /// Address or target name, or empty.
    pub value: String,
    /// Seconds.
    pub ttl: u32,
    /// RCODE of the answer; 0 also for a question.
    pub rcode: u8,
    /// True when this row is from a response.
    pub answered: bool,
    /// Which form of HTTPDNS it was asked and answered in (the closed list), or empty for DNS itself.
    pub via: &'static str,
    /// App that asked, where a phone's own list says it; else it is that of the flow, or not known.
    pub app: String,
}

/// What went through a flow of the phone in one minute; told of flows that last beyond a minute's end.
#[derive(Clone, Debug, Default)]
pub struct Volume {
    /// Id of the flow.
    pub flow: String,
    /// Index of the capture.
    pub capture: u32,
    /// Start of the minute.
    pub time_ns: i64,
    /// Application bytes by direction, as in `flow`; those of all its minutes are those of the flow.
    pub app_bytes: [u64; 2],
}

/// How many tokens of a shape the phone sent that short forms of facts were compared with.
#[derive(Clone, Debug)]
pub struct Tried {
    /// Index of the capture.
    pub capture: u32,
    /// "digits", or "hex" for hexadecimal digits with a letter among them.
    pub shape: &'static str,
    /// Characters.
    pub length: u8,
    /// How many; 0 is no row. Lengths that no form has are not counted.
    pub count: u64,
}

/// A token of the shape of a digest (or a UUID) that left the phone, that nothing explains and that did not come down
/// before.
#[derive(Clone, Debug)]
pub struct Token {
    /// Id of the flow.
    pub flow: String,
    /// Stream within the flow.
    pub stream: u64,
    /// Number of the message.
    pub number: u32,
    /// Index of the capture.
    pub capture: u32,
    /// Same as the message's.
    pub from_client: bool,
    /// Time of the message.
    pub time_ns: i64,
    /// As in [`Hit`].
    pub place: String,
    /// As in [`Hit`].
    pub steps: Vec<Step>,
    /// The first 64 bits of the SHA-256 of its raw bytes: equal for equal tokens, however printed.
    pub value: u64,
    /// Raw bytes: 16, 20, 32 or 64.
    pub bytes: u8,
}

/// Odd traffic, with where.
#[derive(Clone, Debug)]
pub struct Anomaly {
    /// Index of the capture.
    pub capture: u32,
    /// Flow, or empty.
    pub flow: String,
    /// Packet number from 1, 0 when it is about the file.
    pub packet: u64,
    /// Time, 0 when unknown.
    pub time_ns: i64,
    /// Which, where and detail.
    pub odd: Odd,
}
