//! The encoders: written apart from the decoders, for tests only.

use std::io::Write as _;

/// Base64 with a given pair of last digits, and padding or none.
pub fn base64_with(data: &[u8], last: [u8; 2], pad: bool) -> Vec<u8> {
    let mut alphabet: Vec<u8> = (b'A'..=b'Z')
        .chain(b'a'..=b'z')
        .chain(b'0'..=b'9')
        .collect();
    alphabet.extend(last);
    let mut out = Vec::new();
    for group in data.chunks(3) {
        let bits =
            group.iter().fold(0u32, |bits, &b| bits << 8 | u32::from(b)) << (8 * (3 - group.len()));
        for place in 0..4 {
            if place <= group.len() {
                out.push(alphabet[(bits >> (18 - 6 * place)) as usize & 63]);
            } else if pad {
                out.push(b'=');
            }
        }
    }
    out
}

pub fn base64(data: &[u8]) -> Vec<u8> {
    base64_with(data, *b"+/", true)
}

pub fn base64url(data: &[u8]) -> Vec<u8> {
    base64_with(data, *b"-_", false)
}

pub fn hex(data: &[u8]) -> Vec<u8> {
    data.iter()
        .flat_map(|b| format!("{b:02x}").into_bytes())
        .collect()
}

pub fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

pub fn zlib(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

pub fn zstd(data: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(data, 3).unwrap()
}

/// Percent-encodes all but letters and digits.
pub fn percent(data: &[u8]) -> Vec<u8> {
    let one = |&b: &u8| {
        if b.is_ascii_alphanumeric() {
            vec![b]
        } else {
            format!("%{b:02X}").into_bytes()
        }
    };
    data.iter().flat_map(one).collect()
}

pub fn form(data: &[u8]) -> Vec<u8> {
    [b"v=1&data=".to_vec(), percent(data)].concat()
}

/// The inside of a JSON string, all but plain ASCII as `\\uXXXX`.
pub fn escaped(text: &str) -> Vec<u8> {
    let plain = |b: u8| b.is_ascii_graphic() && b != b'"' && b != b'\\' || b == b' ';
    let one = |unit: u16| match u8::try_from(unit) {
        Ok(b) if plain(b) => vec![b],
        _ => format!("\\u{unit:04x}").into_bytes(),
    };
    text.encode_utf16().flat_map(one).collect()
}

pub fn json(text: &str) -> Vec<u8> {
    [
        b"{\"v\":[1,2],\"data\":\"".to_vec(),
        escaped(text),
        b"\"}".to_vec(),
    ]
    .concat()
}

pub fn utf16le(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

pub fn utf16be_marked(text: &str) -> Vec<u8> {
    [0xfeff]
        .into_iter()
        .chain(text.encode_utf16())
        .flat_map(u16::to_be_bytes)
        .collect()
}

pub fn xml(text: &str) -> Vec<u8> {
    let text = text
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&#34;");
    format!("<?xml version=\"1.0\"?>\n<map><string name=\"data\">{text}</string></map>")
        .into_bytes()
}

/// A part named `data`; the boundary is one that does not occur inside.
pub fn multipart(data: &[u8]) -> Vec<u8> {
    let boundary = (0..10_000)
        .map(|n| format!("--frontier{n}"))
        .find(|b| !data.windows(b.len()).any(|w| w == b.as_bytes()))
        .unwrap();
    let head = format!("{boundary}\r\nContent-Disposition: form-data; name=\"data\"\r\n\r\n");
    [
        head.as_bytes(),
        data,
        format!("\r\n{boundary}--\r\n").as_bytes(),
    ]
    .concat()
}

/// A message that holds the data as its field 9, after a number and a short text.
pub fn protobuf(data: &[u8]) -> Vec<u8> {
    [b"\x08\x03\x12\x0bframe_stats".to_vec(), field(9, data)].concat()
}

/// A length-delimited field of protocol buffers.
pub fn field(number: u8, data: &[u8]) -> Vec<u8> {
    assert!((1..16).contains(&number), "one byte of tag");
    let mut sent = vec![number << 3 | 2];
    let mut len = data.len();
    while len > 0x7f {
        sent.push((len & 0x7f) as u8 | 0x80);
        len >>= 7;
    }
    sent.push(len as u8);
    sent.extend_from_slice(data);
    sent
}

/// Bytes that no codec makes anything of, the same on every run.
pub fn noise(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 56) as u8
    };
    (0..len).map(|_| next()).collect()
}
