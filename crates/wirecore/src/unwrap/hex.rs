//! Base16 (RFC 4648, section 8) of either case. The child is what an even run of digits stands for.
//! Tokens are looked for together with base64's (see `token`).

use super::percent::hex_digit;
use super::Codec;
use crate::record::Step;

pub(super) const CODEC: Codec = Codec {
    name: "hex",
    reason: "hashes, identifiers and whole payloads printed as hex digits (RFC 4648, section 8)",
    wants: 0,
    recognise: |_| false,
    open: |_, _| false,
    derive,
};

fn derive(raw: &[u8], _step: &Step, out: &mut Vec<u8>) -> bool {
    decode(raw, out);
    !out.is_empty()
}

/// Appends what pairs of digits stand for, up to the first that is none.
pub(super) fn decode(raw: &[u8], out: &mut Vec<u8>) {
    let pairs = raw
        .chunks_exact(2)
        .map_while(|pair| Some(hex_digit(pair[0])? << 4 | hex_digit(pair[1])?));
    out.extend(pairs);
}
