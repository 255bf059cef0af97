//! SSDP (UPnP Device Architecture 1.1, section 1): HTTP heads in single datagrams.

/// True for a search, an announcement or an answer: a start line and header lines, nothing but text.
pub(super) fn is_ssdp(payload: &[u8]) -> bool {
    const STARTS: [&[u8]; 3] = [
        b"M-SEARCH * HTTP/1.1\r\n",
        b"NOTIFY * HTTP/1.1\r\n",
        b"HTTP/1.1 200 OK\r\n",
    ];
    STARTS.iter().any(|start| payload.starts_with(start)) && std::str::from_utf8(payload).is_ok()
}
