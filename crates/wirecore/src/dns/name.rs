//! Domain names on the wire (RFC 1035 sections 3.1 and 4.1.4).

use std::fmt::Write;

/// Length of a name on the wire, at most.
const NAME_BYTES: usize = 255;
/// Compression pointers followed for one name; a name has at most 127 labels.
const POINTERS: usize = 127;

/// The name at `at` (lower case, dots between labels, no final dot) and where the message goes on.
///
/// Bytes that would confuse a reader are written as `\.` and `\DDD` (RFC 1035 section 5.1). `None`
/// for a name that is cut, longer than 255 bytes, or loops.
pub(super) fn read(data: &[u8], at: usize) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut at = at;
    let mut after = None;
    let mut length = 1;
    let mut pointers = 0;
    loop {
        let head = *data.get(at)?;
        match head >> 6 {
            0 if head == 0 => return Some((text, after.unwrap_or(at + 1))),
            0 => {
                let label = data.get(at + 1..at + 1 + usize::from(head))?;
                length += 1 + label.len();
                if length > NAME_BYTES {
                    return None;
                }
                if !text.is_empty() {
                    text.push('.');
                }
                push_label(label, &mut text);
                at += 1 + label.len();
            }
            3 => {
                let low = *data.get(at + 1)?;
                after.get_or_insert(at + 2);
                pointers += 1;
                if pointers > POINTERS {
                    return None;
                }
                at = usize::from(head & 0x3f) << 8 | usize::from(low);
            }
            _ => return None,
        }
    }
}

fn push_label(label: &[u8], text: &mut String) {
    // mDNS names are UTF-8; anything else is escaped byte by byte.
    let utf8 = std::str::from_utf8(label).is_ok_and(|l| !l.chars().any(char::is_control));
    match std::str::from_utf8(label) {
        Ok(label) if utf8 => {
            for c in label.chars() {
                match c {
                    '.' | '\\' => text.extend(['\\', c]),
                    _ => text.push(c.to_ascii_lowercase()),
                }
            }
        }
        _ => {
            for &byte in label {
                match byte {
                    b'.' | b'\\' => text.extend(['\\', byte.into()]),
                    0x21..=0x7e => text.push(char::from(byte.to_ascii_lowercase())),
                    // Writing to a String cannot fail.
                    _ => drop(write!(text, "\\{byte:03}")),
                }
            }
        }
    }
}
