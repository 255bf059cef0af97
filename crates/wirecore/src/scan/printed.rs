//! Bytes printed as hex and base64, for tests only.

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Lower-case hex.
pub(crate) fn hex(raw: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16).expect("a value below 16");
    raw.iter()
        .flat_map(|&byte| [digit(byte >> 4), digit(byte & 15)])
        .collect()
}

/// Base64 without padding.
pub(crate) fn base64(raw: &[u8]) -> String {
    let mut text = String::new();
    for group in raw.chunks(3) {
        let mut bits = 0;
        for i in 0..3 {
            bits = bits << 8 | u32::from(group.get(i).copied().unwrap_or(0));
        }
        for i in 0..=group.len() {
            text.push(BASE64[(bits >> (18 - 6 * i) & 63) as usize] as char);
        }
    }
    text
}
