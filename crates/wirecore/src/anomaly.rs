//! The closed lists of what can be odd and of why bytes stay unread. A test walks both against the docs.

macro_rules! closed_list {
    ($(#[$m:meta])* $name:ident { $($(#[doc = $doc:literal])+ $variant:ident = $text:literal,)+ }) => {
        $(#[$m])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[doc = $doc])+ $variant,)+ }
        impl $name {
            /// Every member, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];
            /// The stable spelling in tables and documents.
            pub fn text(self) -> &'static str { match self { $($name::$variant => $text,)+ } }
            /// What it means, in a sentence.
            pub fn meaning(self) -> &'static str { match self { $($name::$variant => concat!($($doc),+),)+ } }
        }
    };
}

closed_list! {
    /// Kinds of odd traffic and odd files.
    Kind {
        /// The file ended inside a packet or block; what came before was read.
        CaptureTruncated = "capture_truncated",
        /// A block or packet record of the file is malformed and was skipped.
        CaptureBadRecord = "capture_bad_record",
        /// Blocks of the file are of kinds that are not read (another program's own); what they hold is not known.
        CaptureBlockUnknown = "capture_block_unknown",
        /// An interface was recorded with a filter: what the filter left out is nowhere in the capture.
        CaptureFiltered = "capture_filtered",
        /// Packets stand in two files of one rotated capture; they count once.
        CaptureOverlap = "capture_overlap",
        /// The compressed capture ended early or is damaged; what came before was read.
        CaptureCompressionDamaged = "capture_compression_damaged",
        /// Packets were cut by the capture's snap length.
        SnapLength = "snap_length",
        /// A link type that is not decoded; its packets are counted only.
        LinkTypeUnknown = "link_type_unknown",
        /// A network or transport header that contradicts itself or is cut.
        BadHeader = "bad_header",
        /// An IP fragment that was not joined.
        Fragment = "fragment",
        /// Two copies of the same stream bytes differ (first seen is kept).
        TcpOverlapDiffers = "tcp_overlap_differs",
        /// Bytes of a stream are missing from the capture.
        TcpGap = "tcp_gap",
        /// More bytes out of order than the bound allows; the oldest hole was given up.
        TcpBufferFull = "tcp_buffer_full",
        /// A DNS message that cannot be read whole.
        DnsMalformed = "dns_malformed",
        /// A TLS record or handshake message that cannot be read.
        TlsMalformed = "tls_malformed",
        /// A TLS record that the given secrets do not open.
        TlsDecryptFailed = "tls_decrypt_failed",
        /// A QUIC packet or frame that cannot be read; the rest of its packet is unread.
        QuicMalformed = "quic_malformed",
        /// A line of a key log that is not a key.
        KeyLogBadLine = "key_log_bad_line",
        /// The capture holds secrets of a protocol that is not decrypted here (WireGuard, SSH, Zigbee); they are not used.
        SecretsUnread = "secrets_unread",
        /// Secrets were given for sessions, none of which is in the captures.
        KeysUnused = "keys_unused",
        /// An HTTP message that cannot be read; its stream goes on as unknown bytes.
        HttpMalformed = "http_malformed",
        /// Fields of a head of HTTP/2 or HTTP/3 stand in a table that was filled before the capture began or in bytes
        /// that are missing; they stay placeholders.
        HeadersUnknown = "headers_unknown",
        /// Header lines that contradict each other (two lengths, length with chunked).
        HttpAmbiguous = "http_ambiguous",
        /// A body whose content coding is damaged; the part before was read.
        CodingDamaged = "coding_damaged",
        /// A content coding that is not known.
        CodingUnknown = "coding_unknown",
        /// A bound on size, depth, ratio or count cut something off; the rest is unread.
        BoundReached = "bound_reached",
        /// A record of an imported file that cannot be read as what the file is; the others were read.
        RecordSkipped = "record_skipped",
    }
}

closed_list! {
    /// Why application bytes stayed unread.
    OpaqueReason {
        /// No secrets were given for this session.
        NoKeys = "no_keys",
        /// Secrets were given, but they do not open it.
        KeysDoNotFit = "keys_do_not_fit",
        /// The capture began after the handshake.
        Midstream = "midstream",
        /// The early data's own secret was not given.
        NoEarlySecret = "no_early_secret",
        /// Bytes before it are missing, so that it cannot be decrypted or framed.
        AfterGap = "after_gap",
        /// A cipher or protocol version that is not supported.
        UnsupportedCipher = "unsupported_cipher",
        /// Decrypted or in clear, but of a protocol that is not decoded.
        UnknownProtocol = "unknown_protocol",
        /// Encrypted by a transport that is not decrypted (old QUIC, VPN, SSH).
        EncryptedTransport = "encrypted_transport",
        /// Sound or picture of a call (RTP, TURN), which is not decoded.
        CallMedia = "call_media",
        /// A content coding that is unknown, damaged or beyond a bound.
        Coding = "coding",
        /// High-entropy bytes inside readable traffic: own encryption or an unknown format.
        OwnEncryption = "own_encryption",
        /// The imported source counts these bytes and does not hold them (a log, a body that was left out).
        NotRecorded = "not_recorded",
        /// The imported source says that there was a connection, and not even how many bytes went over it.
        SizeUnknown = "size_unknown",
    }
}
