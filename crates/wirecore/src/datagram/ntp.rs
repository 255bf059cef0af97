//! NTP (RFC 5905, section 7.3).

/// True for a packet of a client, server, peer or broadcast that is nothing but its header, with or without a key's
/// digest. Extension fields and control messages are not read.
pub(super) fn is_whole(payload: &[u8]) -> bool {
    // 48 bytes, then perhaps a key identifier and an MD5 or SHA-1 digest.
    if !matches!(payload.len(), 48 | 68 | 72) {
        return false;
    }
    let (version, mode) = (payload[0] >> 3 & 7, payload[0] & 7);
    (1..=4).contains(&version) && (1..=5).contains(&mode)
}
