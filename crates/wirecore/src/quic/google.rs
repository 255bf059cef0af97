//! Google's QUIC before it became a standard (versions Q024 to Q050), as phones spoke it from 2013 to 2020. Its content
//! stays shut; the server's name stands in the client's first message ("CHLO"), in clear up to Q046.

use memchr::memmem;

use crate::tls::printable;

/// Flags of the public header: a version follows, behind an id of eight bytes.
const HAS_VERSION: u8 = 0x01;
const HAS_ID: u8 = 0x08;
/// Tags of one message; the format allows no more.
const TAGS: usize = 128;

/// Whether a datagram begins a conversation in the header form before Q046.
pub(super) fn begins(datagram: &[u8]) -> bool {
    let [flags, _, _, _, _, _, _, _, _, b'Q', b'0', b'0'..=b'9', b'0'..=b'9', ..] = datagram else {
        return false;
    };
    flags & (HAS_VERSION | HAS_ID | 0x80) == HAS_VERSION | HAS_ID
}

/// The server's name in the first message of a client, wherever in `bytes` that begins.
pub(super) fn server_name(bytes: &[u8]) -> Option<String> {
    let at = memmem::find(bytes, b"CHLO")?;
    let (head, rest) = bytes.get(at + 4..)?.split_first_chunk::<4>()?;
    let tags = usize::from(u16::from_le_bytes([head[0], head[1]]));
    if tags > TAGS {
        return None;
    }
    let values = rest.get(tags * 8..)?;
    let mut start = 0;
    for entry in rest.chunks_exact(8).take(tags) {
        let end = u32::from_le_bytes([entry[4], entry[5], entry[6], entry[7]]) as usize;
        if entry.starts_with(b"SNI\0") {
            let name = values.get(start..end).filter(|name| !name.is_empty())?;
            return Some(printable(name).to_ascii_lowercase());
        }
        start = end;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello() -> Vec<u8> {
        let mut bytes = b"\x09\x01\x02\x03\x04\x05\x06\x07\x08Q043....CHLO\x02\0\0\0".to_vec();
        bytes.extend(b"PAD\0\x02\0\0\0SNI\0\x0d\0\0\0--");
        bytes.extend(b"WWW.example");
        bytes
    }

    #[test]
    fn the_name_is_the_value_of_its_tag() {
        assert!(begins(&hello()));
        assert_eq!(server_name(&hello()).as_deref(), Some("www.example"));
    }

    #[test]
    fn a_message_cut_anywhere_has_no_name_and_no_other_bytes_are_read() {
        let whole = hello();
        for cut in 0..whole.len() {
            assert_eq!(server_name(&whole[..cut]), None, "cut at {cut}");
        }
        assert_eq!(server_name(b"CHLO\xff\xff\0\0"), None);
        assert!(!begins(b"\x09 a query of another protocol"));
    }
}
