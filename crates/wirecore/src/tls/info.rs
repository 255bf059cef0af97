//! What is known of a connection besides its bytes.

use super::certificate::CertInfo;
use super::client_hello::{printable, ClientHello};
use super::server_hello::{draft, EARLY_DRAFT};
use super::suites::cipher_name;
use crate::anomaly::OpaqueReason;
use crate::record::Dir;

/// How far the handshake came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// No ServerHello was seen.
    #[default]
    Begun,
    /// The server answered.
    Answered,
    /// Application data went, or both sides finished.
    Established,
    /// An alert came before that: the attempt failed.
    Aborted,
}

/// Facts of one TLS connection; those of the first handshake where it renegotiates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsInfo {
    /// The version chosen by the server.
    pub version: Option<u16>,
    /// Server name asked for, lower case, escaped where it is not printable.
    pub sni: Option<String>,
    /// Protocols offered.
    pub alpn_offered: Vec<String>,
    /// The protocol chosen; in TLS 1.3 known only when the handshake was decrypted.
    pub alpn: Option<String>,
    /// JA4 of the first ClientHello, or empty.
    pub ja4: String,
    /// The cipher suite chosen.
    pub cipher: Option<u16>,
    /// Random of the ClientHello: joins vantages and key logs.
    pub client_random: Option<[u8; 32]>,
    /// An earlier session was resumed.
    pub resumed: bool,
    /// An encrypted ClientHello or server name was offered (it may be a decoy).
    pub ech: bool,
    /// The server's leaf certificate; in TLS 1.3 known only when the handshake was decrypted.
    pub certificate: Option<CertInfo>,
    /// Whether application data was decrypted, `[client, server]`.
    pub decrypted: [bool; 2],
    /// Why application bytes stayed unread: the first reason met.
    pub reason: Option<OpaqueReason>,
    /// How far the handshake came.
    pub stage: Stage,
    /// Who sent the first alert other than close_notify, and its description.
    pub alert: Option<(Dir, u8)>,
}

impl TlsInfo {
    /// Takes in what the ClientHello says; `transport` is JA4's letter for what carried it.
    pub(crate) fn describe(&mut self, hello: &ClientHello, transport: char) {
        self.client_random = Some(hello.random);
        self.alpn_offered = hello.alpn.iter().map(|name| printable(name)).collect();
        self.ech = hello.encrypted_name;
        if hello.complete {
            self.ja4 = hello.ja4(transport);
        }
        self.sni.clone_from(&hello.sni);
    }

    /// "TLS 1.3", or empty when no server chose.
    pub fn version_text(&self) -> String {
        self.version.map(version_text).unwrap_or_default()
    }

    /// IANA name of the cipher suite, its number in hexadecimal when it has none, or empty.
    pub fn cipher_text(&self) -> String {
        let text = |id| cipher_name(id).map_or_else(|| format!("0x{id:04x}"), str::to_owned);
        self.cipher.map(text).unwrap_or_default()
    }

    /// HTTP/3 (also of a draft: `h3-29`) was chosen, or offered where the choice is not known.
    pub(crate) fn speaks_h3(&self) -> bool {
        let h3 = |name: &String| name == "h3" || name.starts_with("h3-");
        match &self.alpn {
            Some(chosen) => h3(chosen),
            None => self.alpn_offered.iter().any(h3),
        }
    }

    /// The protocol chosen, else those offered joined with `,`, else empty.
    pub fn alpn_text(&self) -> String {
        self.alpn
            .clone()
            .unwrap_or_else(|| self.alpn_offered.join(","))
    }

    /// The alert that ended an attempt, such as "client unknown_ca", or empty.
    pub fn alert_text(&self) -> String {
        self.alert.map_or_else(String::new, |(dir, description)| {
            let side = if dir == Dir::Client {
                "client"
            } else {
                "server"
            };
            format!("{side} {}", alert_name(description))
        })
    }
}

/// Name of a protocol version.
pub fn version_text(version: u16) -> String {
    match (version, draft(version)) {
        (0x0002, _) => "SSL 2".to_owned(),
        (0x0300, _) => "SSL 3".to_owned(),
        (0x0301, _) => "TLS 1.0".to_owned(),
        (0x0302, _) => "TLS 1.1".to_owned(),
        (0x0303, _) => "TLS 1.2".to_owned(),
        (0x0304, _) => "TLS 1.3".to_owned(),
        (0xfeff, _) => "DTLS 1.0".to_owned(),
        (0xfefd, _) => "DTLS 1.2".to_owned(),
        (0xfefc, _) => "DTLS 1.3".to_owned(),
        (EARLY_DRAFT, _) => "TLS 1.3 (draft <16)".to_owned(),
        (0xfb00..=0xfbff, Some(n)) => format!("TLS 1.3 (Facebook draft {n})"),
        (0x7e00..=0x7eff, _) => format!("TLS 1.3 (experiment {:02x})", version & 0xff),
        (_, Some(n)) => format!("TLS 1.3 (draft {n})"),
        _ => format!("0x{version:04x}"),
    }
}

/// Name of an alert (IANA registry "TLS Alerts"), or "unknown".
pub fn alert_name(description: u8) -> &'static str {
    match description {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        21 => "decryption_failed",
        22 => "record_overflow",
        30 => "decompression_failure",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        52 => "too_many_cids_requested",
        60 => "export_restriction",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        111 => "certificate_unobtainable",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        114 => "bad_certificate_hash_value",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        121 => "ech_required",
        _ => "unknown",
    }
}
