//! Entities of HTML (WHATWG HTML, section 13.5) in a text that is not markup itself: numbers of either base and the
//! names of Latin 1. Others stay as they are.

use super::look::MARKUP;
use super::Codec;
use memchr::{memchr, memchr_iter};

pub(super) const CODEC: Codec = Codec {
    name: "entities",
    reason:
        "texts that were made ready for a page before they were sent (WHATWG HTML, section 13.5)",
    wants: MARKUP,
    recognise: |view| view.text && holds_one(view.bytes),
    open: |tree, view| {
        let mut out = Vec::with_capacity(view.bytes.len());
        resolve(view.bytes, &mut out);
        let all = 0..view.bytes.len();
        tree.child(&CODEC, all, &out, view.key, &super::Hint::default());
        true
    },
    derive: |raw, _step, out| {
        resolve(raw, out);
        true
    },
};

/// True when an entity that is resolved stands in the text.
pub(super) fn holds_one(text: &[u8]) -> bool {
    memchr_iter(b'&', text).any(|at| reference(&text[at..]).is_some())
}

/// Longest reference: `&#1114111;`.
const LONGEST: usize = 12;

/// The names of U+00A0 to U+00FF, in order.
const LATIN: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 \
sup3 acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring \
AElig Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash \
Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml \
igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn \
yuml";

/// Appends `raw` with its entities resolved (also XML 1.0, sections 4.1 and 4.6); others stay.
pub(super) fn resolve(raw: &[u8], out: &mut Vec<u8>) {
    let mut rest = raw;
    while let Some(at) = memchr(b'&', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at..];
        let len = if let Some((c, len)) = reference(rest) {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            len
        } else {
            out.push(b'&');
            1
        };
        rest = &rest[len..];
    }
    out.extend_from_slice(rest);
}

/// The character that the reference at the start stands for, and its length.
fn reference(text: &[u8]) -> Option<(char, usize)> {
    let end = memchr(b';', &text[..text.len().min(LONGEST)])?;
    entity(&text[1..end]).map(|c| (c, end + 1))
}

fn entity(name: &[u8]) -> Option<char> {
    let code = match name {
        b"amp" => return Some('&'),
        b"lt" => return Some('<'),
        b"gt" => return Some('>'),
        b"quot" => return Some('"'),
        b"apos" => return Some('\''),
        [b'#', b'x' | b'X', hex @ ..] => {
            u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()?
        }
        [b'#', digits @ ..] => std::str::from_utf8(digits).ok()?.parse().ok()?,
        _ => {
            let mut names = LATIN.split(' ').map(str::as_bytes);
            0xa0 + names.position(|known| known == name)? as u32
        }
    };
    char::from_u32(code)
}
