//! The bounds. Everything from a capture is hostile; each bound is named here and tested.

/// Bounds on memory, depth, count and ratio. What a bound cuts off is counted as unread.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Largest packet record accepted, bytes (libpcap's own maximum).
    pub packet_bytes: usize,
    /// Bytes held out of order per flow and direction.
    pub reorder_bytes: usize,
    /// Bytes held out of order over all flows.
    pub reorder_total_bytes: usize,
    /// Flows kept open at once; beyond it the longest idle ones are closed.
    pub open_flows: usize,
    /// State and buffers of the open flows, bytes over all of them, without what `reorder_total_bytes` bounds; beyond it
    /// the longest idle ones that hold more than 1 KiB are closed.
    pub open_state_bytes: usize,
    /// Fragments kept for joining, bytes over all datagrams.
    pub fragment_bytes: usize,
    /// One TLS handshake message, bytes.
    pub tls_handshake_bytes: usize,
    /// Decryptions with private RSA keys for one capture, a few milliseconds each; handshakes beyond it stay unread.
    pub rsa_operations: u64,
    /// Bytes of packets that wait for a connection's ClientHello to be whole.
    pub quic_waiting_bytes: usize,
    /// QUIC connections decoded at once; the datagrams of others are counted only.
    pub quic_connections: usize,
    /// Connection ids of QUIC that are remembered, so that connections can be followed to other addresses.
    pub quic_ids: usize,
    /// Start line and headers of one HTTP message, bytes.
    pub http_head_bytes: usize,
    /// Dynamic table of HPACK kept for one direction of a connection, bytes; what lies behind becomes unknown.
    pub hpack_table_bytes: usize,
    /// Dynamic tables over all connections, bytes; beyond it new entries push out more of the old ones.
    pub hpack_total_bytes: usize,
    /// Bytes of an HTTP/3 connection that wait for its dynamic table; beyond it sections are read with placeholders.
    pub qpack_waiting_bytes: usize,
    /// Streams open at once on one connection of HTTP/2 or HTTP/3; beyond it the oldest are given up.
    pub open_streams: usize,
    /// Streams open at once over all connections; beyond it a connection's oldest make room for its new ones.
    pub open_streams_total: usize,
    /// A body (decoded) is scanned in windows of this many bytes.
    pub body_window_bytes: usize,
    /// Bytes that a window repeats from the one before.
    pub body_overlap_bytes: usize,
    /// Decoders (content codings, per-message deflate) held at once, of up to 72 KiB each; what is compressed beyond
    /// it stays unread.
    pub open_decoders: usize,
    /// Decoded bytes over encoded bytes; beyond it (and over 1 MiB) decoding stops.
    pub coding_ratio: u64,
    /// Depth of the unwrap tree.
    pub unwrap_depth: usize,
    /// Leaves of the unwrap tree of one message.
    pub unwrap_leaves: usize,
    /// Bytes made by the unwrap tree of one window.
    pub unwrap_bytes: usize,
    /// A codec that is not tried: only to measure what each is worth.
    pub left_out: Option<&'static str>,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            packet_bytes: 256 * 1024 + 64 * 1024,
            reorder_bytes: 4 << 20,
            reorder_total_bytes: 32 << 20,
            open_flows: 32_768,
            open_state_bytes: 48 << 20,
            fragment_bytes: 4 << 20,
            tls_handshake_bytes: 256 * 1024,
            rsa_operations: 10_000,
            quic_waiting_bytes: 24 * 1024,
            quic_connections: 8192,
            quic_ids: 65_536,
            http_head_bytes: 256 * 1024,
            hpack_table_bytes: 64 * 1024,
            hpack_total_bytes: 24 << 20,
            qpack_waiting_bytes: 256 * 1024,
            open_streams: 1024,
            open_streams_total: 16_384,
            body_window_bytes: 4 << 20,
            body_overlap_bytes: 64 * 1024,
            open_decoders: 512,
            coding_ratio: 200,
            unwrap_depth: 12,
            unwrap_leaves: 100_000,
            unwrap_bytes: 64 << 20,
            left_out: None,
        }
    }
}
