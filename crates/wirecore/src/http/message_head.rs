//! What the head of a message says, whatever version of HTTP carried it (RFC 9110). In: the fields of HTTP/2 or HTTP/3
//! in order, or a head of HTTP/1.1; out: one shape for all three.

use super::head::{Head, Header};

/// The head of one message.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessageHead<'a> {
    /// False for a response, for trailers, and where it cannot be known.
    pub is_request: bool,
    /// Method, or empty.
    pub method: &'a str,
    /// "http" or "https", or empty where the connection decides it.
    pub scheme: &'a str,
    /// `:authority`, or empty (HTTP/1.1 names the host in a header line).
    pub authority: &'a [u8],
    /// Request target as sent, or `:path`.
    pub target: &'a [u8],
    /// `:protocol` of an extended CONNECT (RFC 8441), or empty.
    pub protocol: &'a [u8],
    /// Status code, 0 when there is none.
    pub status: u16,
    /// Header fields in order, without the pseudo-header fields.
    pub headers: &'a [Header<'a>],
    /// Bytes that it took on the wire, after decryption.
    pub bytes: u64,
    /// Offset of its first byte in the stream that carried it.
    pub offset: u64,
}

impl<'a> MessageHead<'a> {
    /// Takes the pseudo-header fields out of the fields of HTTP/2 (RFC 9113, section 8.3) or HTTP/3 (RFC 9114,
    /// section 4.3). They come first; one that comes later stays a header field.
    pub fn from_fields(fields: &'a [Header<'a>], offset: u64, bytes: u64) -> Self {
        // `?`: a field whose name is not known, since the capture began late.
        let pseudo = fields
            .iter()
            .take_while(|field| field.name.starts_with([':', '?']))
            .count();
        let (first, rest) = fields.split_at(pseudo);
        let headers = if first.iter().any(|field| field.name.starts_with('?')) {
            fields
        } else {
            rest
        };
        let mut head = MessageHead {
            headers,
            bytes,
            offset,
            ..MessageHead::default()
        };
        for Header { name, value } in first {
            let text = std::str::from_utf8(value).unwrap_or_default();
            match *name {
                ":method" => {
                    head.is_request = true;
                    head.method = text;
                }
                ":path" => {
                    head.is_request = true;
                    head.target = value;
                }
                ":scheme" => head.scheme = text,
                ":authority" => {
                    head.is_request = true;
                    head.authority = value;
                }
                ":protocol" => head.protocol = value,
                ":status" => head.status = text.parse().unwrap_or_default(),
                _ => {}
            }
        }
        head
    }

    /// True when it names neither a request nor an answer: trailers, or a head of which too little could be read.
    pub fn is_nameless(&self) -> bool {
        !self.is_request && self.status == 0
    }

    /// True for an answer that is followed by another one to the same request (RFC 9110, section 15.2).
    pub fn is_interim(&self) -> bool {
        matches!(self.status, 100 | 102..=199)
    }

    /// Value of the first header of that name (any case).
    pub fn get(&self, name: &str) -> Option<&'a [u8]> {
        super::head::get(self.headers, name)
    }

    /// As [`MessageHead::get`], when it is UTF-8.
    pub fn get_text(&self, name: &str) -> Option<&'a str> {
        self.get(name)
            .and_then(|value| std::str::from_utf8(value).ok())
    }
}

impl<'a> From<&'a Head<'a>> for MessageHead<'a> {
    fn from(head: &'a Head<'a>) -> Self {
        MessageHead {
            is_request: head.is_request,
            method: head.method,
            target: head.target,
            status: head.status,
            headers: &head.headers,
            bytes: head.raw.len() as u64,
            offset: head.offset,
            ..MessageHead::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field<'a>(name: &'a str, value: &'a [u8]) -> Header<'a> {
        Header { name, value }
    }

    #[test]
    fn pseudo_fields_are_taken_out_and_a_late_one_is_none() {
        let fields = [
            field(":method", b"POST"),
            field(":path", b"/a?b"),
            field(":authority", b"example.com"),
            field("x-a", b"1"),
            field(":status", b"200"),
        ];
        let head = MessageHead::from_fields(&fields, 9, 40);
        assert!(head.is_request);
        assert_eq!((head.method, head.target), ("POST", &b"/a?b"[..]));
        assert_eq!(
            head.status, 0,
            "an answer's field after the first header is not believed"
        );
        assert_eq!(head.headers, &fields[3..]);
        assert_eq!(head.get("X-A"), Some(&b"1"[..]));
    }

    #[test]
    fn trailers_are_nameless() {
        let fields = [field("grpc-status", b"0")];
        assert!(MessageHead::from_fields(&fields, 0, 0).is_nameless());
        let answer = [field(":status", b"103")];
        let head = MessageHead::from_fields(&answer, 0, 0);
        assert!(head.is_interim() && !head.is_nameless());
    }
}
