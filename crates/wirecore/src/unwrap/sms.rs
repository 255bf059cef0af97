//! Short messages as modems exchange them (3GPP TS 23.040, section 9.2; TS 23.038): the PDU of SMS-SUBMIT or
//! SMS-DELIVER, with or without the centre's address before it, and text packed in seven bits a letter without one.
//!
//! The children are the other side's number and the text, printed; their paths are `=/number` and `=/text`. Bytes are
//! taken for a PDU only when every field of it is possible and its lengths tile them exactly; for packed text only when
//! they read as text.

use super::look::{is_readable, BINARY};
use super::tree::{Tree, View};
use super::{Codec, Hint};

pub(super) const CODEC: Codec = Codec {
    name: "sms",
    reason: "logs and backups of modems keep messages as PDUs, packed in seven bits (3GPP TS 23.040, 23.038)",
    wants: BINARY,
    recognise: |view| read(view.bytes).is_some(),
    open: |tree, view| {
        let Some(message) = read(view.bytes) else {
            return false;
        };
        show(tree, view, "=/number", "number", &message.number);
        show(tree, view, "=/text", "text", &message.text);
        true
    },
    derive: |raw, step, out| {
        let message = read(raw);
        let Some(message) = message else {
            return false;
        };
        let field = if step.path == "=/number" { message.number } else { message.text };
        out.extend_from_slice(&field);
        !field.is_empty()
    },
};

/// Fewest and most bytes of a PDU with its centre's address.
const PDU: std::ops::RangeInclusive<usize> = 9..=178;
/// Fewest letters of packed text without a PDU.
const LETTERS: usize = 20;

struct Message {
    /// Empty for text without a PDU.
    number: Vec<u8>,
    text: Vec<u8>,
}

fn show(tree: &mut Tree<'_>, view: &View<'_>, path: &str, name: &str, value: &[u8]) {
    if value.is_empty() || !tree.spend(value.len()) {
        return;
    }
    let Some(step) = tree.push(CODEC.name, view.bytes.len()) else {
        return;
    };
    tree.aim(step, &(0..view.bytes.len()));
    tree.path(step).push_str(path);
    tree.show(value, false, name, &Hint::default());
    tree.pop();
}

fn read(bytes: &[u8]) -> Option<Message> {
    if !PDU.contains(&bytes.len()) {
        return None;
    }
    pdu(bytes).or_else(|| packed(bytes))
}

/// Seven-bit text alone, letters and blanks for the most part.
fn packed(bytes: &[u8]) -> Option<Message> {
    let count = bytes.len() * 8 / 7;
    let letters = unpack(bytes, 0, count);
    // The last place may be filled with nothing, or with a carriage return.
    let letters = match letters.split_last() {
        Some((0 | 0x0D, rest)) => rest,
        _ => &letters,
    };
    let plain = letters
        .iter()
        .filter(|b| b.is_ascii_lowercase() || **b == b' ')
        .count();
    let possible = letters
        .iter()
        .all(|&b| b >= 0x20 && b != 0x7F || matches!(b, 0..=0x1B));
    if letters.len() < LETTERS || plain * 10 < letters.len() * 7 || !possible {
        return None;
    }
    let text = spell(letters)?;
    is_readable(&text).then_some(Message {
        number: Vec::new(),
        text,
    })
}

/// A PDU behind its centre's address, or without it.
fn pdu(bytes: &[u8]) -> Option<Message> {
    let centre = usize::from(bytes[0]);
    // The address of the centre: its kind, and at least two digits.
    let with_centre = centre == 0 || (3..=11).contains(&centre) && is_kind(bytes[1]);
    let behind = bytes.get(1 + centre..).filter(|_| with_centre);
    behind.and_then(tpdu).or_else(|| tpdu(bytes))
}

/// The kind of an address: its highest bit is set, and the plan is that of telephone numbers or not known.
fn is_kind(byte: u8) -> bool {
    byte & 0x80 != 0 && matches!(byte & 0x0F, 0 | 1)
}

fn tpdu(bytes: &[u8]) -> Option<Message> {
    let (&first, rest) = bytes.split_first()?;
    let submit = match first & 3 {
        0 => false,
        1 => true,
        _ => return None,
    };
    let rest = if submit { rest.get(1..)? } else { rest };
    let (number, rest) = address(rest)?;
    let (&[protocol, scheme], rest) = rest.split_first_chunk::<2>()?;
    let validity = match (submit, first >> 3 & 3) {
        (false, _) => 7,
        (true, 0) => 0,
        (true, 2) => 1,
        (true, _) => 7,
    };
    let (time, rest) = rest.split_at_checked(validity)?;
    if protocol & 0xC0 == 0xC0 || !submit && !is_time(time) {
        return None;
    }
    let (&len, data) = rest.split_first()?;
    let text = content(first & 0x40 != 0, scheme, usize::from(len), data)?;
    Some(Message { number, text })
}

/// An address of so many digits, or letters.
fn address(bytes: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let (&[len, kind], rest) = bytes.split_first_chunk::<2>()?;
    let len = usize::from(len);
    if !(2..=20).contains(&len) || kind & 0x80 == 0 {
        return None;
    }
    let (packed, rest) = rest.split_at_checked(len.div_ceil(2))?;
    if kind & 0x70 == 0x50 {
        return Some((spell(&unpack(packed, 0, len * 4 / 7))?, rest));
    }
    if !is_kind(kind) {
        return None;
    }
    let mut digits = if kind & 0x70 == 0x10 {
        b"+".to_vec()
    } else {
        Vec::new()
    };
    for n in 0..len {
        let digit = packed[n / 2] >> (n % 2 * 4) & 15;
        digits.push(*b"0123456789*#".get(usize::from(digit))?);
    }
    let filled = len % 2 == 0 || packed[len / 2] >> 4 == 15;
    filled.then_some((digits, rest))
}

/// Seven pairs of swapped digits: a date of this century, a time, a zone.
fn is_time(time: &[u8]) -> bool {
    let value = |n: usize| {
        let byte = time.get(n).copied().unwrap_or(0xFF);
        let (low, high) = (byte & 15, byte >> 4);
        (low < 10 && high < 10).then_some(low * 10 + high)
    };
    value(0).is_some()
        && value(1).is_some_and(|month| (1..=12).contains(&month))
        && value(2).is_some_and(|day| (1..=31).contains(&day))
        && value(3).is_some_and(|hour| hour < 24)
        && value(4).is_some_and(|minute| minute < 60)
        && value(5).is_some_and(|second| second < 60)
}

/// The text by its scheme of coding; its length is in letters where these are packed.
fn content(has_header: bool, scheme: u8, len: usize, data: &[u8]) -> Option<Vec<u8>> {
    let alphabet = match scheme {
        0x00..=0x3F => scheme >> 2 & 3,
        0xF0..=0xFF => scheme >> 2 & 1,
        0xC0..=0xDF => 0,
        0xE0..=0xEF => 2,
        _ => return None,
    };
    let bytes = if alphabet == 0 {
        (len * 7).div_ceil(8)
    } else {
        len
    };
    if data.len() != bytes || len == 0 {
        return None;
    }
    let header = if has_header {
        usize::from(data[0]) + 1
    } else {
        0
    };
    let rest = data.get(header..)?;
    match alphabet {
        0 => {
            let before = (header * 8).div_ceil(7);
            spell(&unpack(data, before, len.checked_sub(before)?))
        }
        1 => Some(rest.to_vec()),
        2 if rest.len() % 2 == 0 => {
            let units = rest
                .chunks_exact(2)
                .map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            String::from_utf16(&units.collect::<Vec<_>>())
                .ok()
                .map(String::into_bytes)
        }
        _ => None,
    }
}

/// Letters of seven bits, from the letter `from` on.
fn unpack(bytes: &[u8], from: usize, count: usize) -> Vec<u8> {
    let letter = |n: usize| {
        let (byte, shift) = (n * 7 / 8, n * 7 % 8);
        let low = u16::from(bytes.get(byte).copied().unwrap_or(0));
        let high = u16::from(bytes.get(byte + 1).copied().unwrap_or(0));
        ((low | high << 8) >> shift & 0x7F) as u8
    };
    (from..from + count).map(letter).collect()
}

/// The default alphabet, from 0x00 on; where it has the letters of ASCII, a blank.
const ALPHABET: [char; 128] = [
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å', 'Δ', '_',
    'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', '\u{1b}', 'Æ', 'æ', 'ß', 'É', ' ', '!', '"', '#',
    '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/', '0', '1', '2', '3', '4', '5', '6',
    '7', '8', '9', ':', ';', '<', '=', '>', '?', '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I',
    'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö',
    'Ñ', 'Ü', '§', '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
];
/// Letters behind an escape.
const EXTENSION: [(u8, char); 10] = [
    (0x0A, '\u{c}'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
];

/// Letters of the default alphabet in UTF-8.
fn spell(letters: &[u8]) -> Option<Vec<u8>> {
    let mut text = String::new();
    let mut letters = letters.iter();
    while let Some(&letter) = letters.next() {
        if letter == 0x1B {
            let behind = letters.next()?;
            text.push(EXTENSION.iter().find(|(code, _)| code == behind)?.1);
        } else {
            text.push(*ALPHABET.get(usize::from(letter))?);
        }
    }
    Some(text.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let mut out = Vec::new();
        super::super::hex::decode(hex.as_bytes(), &mut out);
        out
    }

    #[test]
    fn a_message_that_came_and_one_that_goes() {
        let came =
            bytes("07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37");
        assert!(read(&came).is_none(), "a kind of number that is not in use");
        let came =
            bytes("07917283010010F5040B917238880900F10000993092516195800AE8329BFD4697D9EC37");
        let message = read(&came).unwrap();
        assert_eq!(message.number, b"+27838890001");
        assert_eq!(message.text, b"hellohello");
        let goes = bytes("0011000B916407281553F80000AA0AE8329BFD4697D9EC37");
        let message = read(&goes).unwrap();
        assert_eq!(
            (&message.number[..], &message.text[..]),
            (&b"+46708251358"[..], &b"hellohello"[..])
        );
        // One digit of a length more or less, and it is none.
        for at in [3, 14] {
            let mut odd = goes.clone();
            odd[at] = odd[at].wrapping_add(7);
            assert!(read(&odd).is_none(), "{at}");
        }
        assert!(read(&goes[..goes.len() - 1]).is_none());
    }

    #[test]
    fn random_bytes_are_no_message() {
        let mut random = crate::scan::random::Random::new(11);
        let found = (0..200_000).filter(|n| read(&random.bytes(9 + n % 150)).is_some());
        assert_eq!(found.count(), 0);
    }
}
