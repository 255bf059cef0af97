//! Bytes of headers as text.

/// Header bytes as text: UTF-8 where they are, else Latin-1 (RFC 9110, section 5.5).
pub(super) fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|b| *b as char).collect(),
    }
}

/// `Example.COM:8080` -> `example.com`; `[::1]:80` -> `::1`.
pub(super) fn host_name(value: &[u8]) -> String {
    let value = text(value).trim().to_ascii_lowercase();
    if let Some(rest) = value.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default().to_owned();
    }
    value
        .split(':')
        .next()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_owned()
}
