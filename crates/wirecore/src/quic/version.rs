//! Versions of QUIC: a number in, how its first keys are made out. Version 1 (RFC 9001), 2 (RFC 9369), and the drafts
//! that phones spoke before.

use super::google;

/// What differs between versions.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Recipe {
    /// Salt of the Initial secrets (RFC 9001 section 5.2).
    pub salt: [u8; 20],
    /// Labels of key, IV, header protection and key update.
    pub labels: &'static Labels,
    /// Version 2 numbers its long headers anew (RFC 9369 section 3.2).
    pub kinds_shifted: bool,
    /// Google's frames: of these only those of the handshake are read.
    pub google: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Labels {
    pub key: &'static str,
    pub iv: &'static str,
    pub hp: &'static str,
    pub update: &'static str,
}

const FIRST: Labels = Labels {
    key: "quic key",
    iv: "quic iv",
    hp: "quic hp",
    update: "quic ku",
};

const SECOND: Labels = Labels {
    key: "quicv2 key",
    iv: "quicv2 iv",
    hp: "quicv2 hp",
    update: "quicv2 ku",
};

const fn first(salt: [u8; 20]) -> Recipe {
    Recipe {
        salt,
        labels: &FIRST,
        kinds_shifted: false,
        google: false,
    }
}

static V1: Recipe = first([
    0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad,
    0xcc, 0xbb, 0x7f, 0x0a,
]);
static V2: Recipe = Recipe {
    salt: [
        0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26, 0x9d,
        0xcb, 0xf9, 0xbd, 0x2e, 0xd9,
    ],
    labels: &SECOND,
    kinds_shifted: true,
    google: false,
};
static DRAFT_29: Recipe = first([
    0xaf, 0xbf, 0xec, 0x28, 0x99, 0x93, 0xd2, 0x4c, 0x9e, 0x97, 0x86, 0xf1, 0x9c, 0x61, 0x11, 0xe0,
    0x43, 0x90, 0xa8, 0x99,
]);
static DRAFT_23: Recipe = first([
    0xc3, 0xee, 0xf7, 0x12, 0xc7, 0x2e, 0xbb, 0x5a, 0x11, 0xa7, 0xd2, 0x43, 0x2b, 0xb4, 0x63, 0x65,
    0xbe, 0xf9, 0xf5, 0x02,
]);
static DRAFT_22: Recipe = first([
    0x7f, 0xbc, 0xdb, 0x0e, 0x7c, 0x66, 0xbb, 0xe9, 0x19, 0x3a, 0x96, 0xcd, 0x21, 0x51, 0x9e, 0xbd,
    0x7a, 0x02, 0x64, 0x4a,
]);
const fn google(salt: [u8; 20]) -> Recipe {
    Recipe {
        google: true,
        ..first(salt)
    }
}

/// Google's last version with a handshake of its own.
static Q050: Recipe = google([
    0x50, 0x45, 0x74, 0xef, 0xd0, 0x66, 0xfe, 0x2f, 0x9d, 0x94, 0x5c, 0xfc, 0xdb, 0xd3, 0xa7, 0xf0,
    0xd3, 0xb5, 0x6b, 0x45,
]);
/// Google's with the handshake of TLS 1.3.
static T050: Recipe = google([
    0x7f, 0xf5, 0x79, 0xe5, 0xac, 0xd0, 0x72, 0x91, 0x55, 0x80, 0x30, 0x4c, 0x43, 0xa2, 0x36, 0x7c,
    0x60, 0x48, 0x83, 0x10,
]);
static T051: Recipe = google([
    0x7a, 0x4e, 0xde, 0xf4, 0xe7, 0xcc, 0xee, 0x5f, 0xa4, 0x50, 0x6c, 0x19, 0x12, 0x4f, 0xc8, 0xcc,
    0xda, 0x6e, 0x03, 0x3d,
]);

/// How a version makes its keys; None for versions that are not decoded. Facebook's own numbers follow the draft they
/// were cut from.
pub(super) fn recipe(version: u32) -> Option<&'static Recipe> {
    Some(match version {
        0x0000_0001 | 0xff00_0021..=0xff00_0022 => &V1,
        0x6b33_43cf => &V2,
        0xff00_001d..=0xff00_0020 => &DRAFT_29,
        0xff00_0017..=0xff00_001c | 0xface_b002 | 0xface_b00e => &DRAFT_23,
        0xff00_0015..=0xff00_0016 | 0xface_b001 => &DRAFT_22,
        0x5130_3530 => &Q050,
        0x5430_3530 => &T050,
        0x5430_3531 => &T051,
        _ => return None,
    })
}

/// Whether a version is in use at all: decoded or not, GREASE (RFC 9000 section 15) included.
fn in_use(version: u32) -> bool {
    recipe(version).is_some()
        || version & 0x0f0f_0f0f == 0x0a0a_0a0a
        || version >> 8 == 0x00ff_0000
        || version >> 8 == 0x00fa_ceb0
        || (matches!(version >> 24, 0x51 | 0x54) && (version >> 16) & 0xff == u32::from(b'0'))
}

/// Whether a datagram begins a conversation of QUIC: a long header (RFC 9000 section 17.2, RFC 8999) of a version that is
/// in use. Short headers say nothing of themselves.
///
/// ```
/// let mut initial = vec![0; 1200];
/// initial[..6].copy_from_slice(&[0xc3, 0, 0, 0, 1, 8]);
/// assert!(wirecore::quic::looks_like_quic(&initial));
/// assert!(!wirecore::quic::looks_like_quic(b"\x12\x34\x01\x00\x00\x01 a question of DNS"));
/// ```
pub fn looks_like_quic(datagram: &[u8]) -> bool {
    let Some(([first, version @ ..], rest)) = datagram.split_first_chunk::<5>() else {
        return false;
    };
    let version = u32::from_be_bytes(*version);
    // Before version 1 the lengths of the ids stood elsewhere (Q046 and older).
    let old = matches!(version, 0x5130_0000..=0x5130_3439);
    let ids = old || rest.first().is_some_and(|len| *len <= 20);
    // The fixed bit; Google's versions do not set it always.
    let fixed = first & 0x40 != 0 || old;
    // The first datagram seen may be a small one: early data that overtook its ClientHello.
    let long_enough = datagram.len() >= if recipe(version).is_some() { 40 } else { 100 };
    (first & 0x80 != 0 && fixed && ids && long_enough && in_use(version))
        || google::begins(datagram)
}
