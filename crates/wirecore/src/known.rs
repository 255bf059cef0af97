//! The closed list of what is read of which protocol and file. The page docs/reference/protocols.md is made of it,
//! and a test holds the two, and the names that tables use, together.

/// A protocol or a kind of file.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Its name in tables.
    pub name: &'static str,
    /// What is read.
    pub read: &'static str,
    /// What is not, and stays counted as unread; or what is not told.
    pub unread: &'static str,
}

const fn row(name: &'static str, read: &'static str, unread: &'static str) -> Known {
    Known { name, read, unread }
}

/// Protocols of flows and messages, by their names in the tables.
pub const PROTOCOLS: &[Known] = &[
    row("http/1.1", "HTTP/1.0 and 1.1: heads, chunked and delimited bodies, trailers, pipelines, content codings, upgrades, CONNECT and what it passes on", "the address behind a proxy is not told by CONNECT: the flow's address is the proxy's"),
    row("h2", "HTTP/2: HPACK, continuation, interleaved streams, push, trailers, prior knowledge and upgrade", "header fields that refer to a table filled before the capture began"),
    row("h3", "HTTP/3: QPACK with both tables, push, trailers", "header fields that refer to a table filled before the capture began"),
    row("grpc", "each message of a call", "the schema: fields are numbers"),
    row("grpc-web", "each message of gRPC-web and gRPC-web-text", "the schema: fields are numbers"),
    row("sse", "each server-sent event", ""),
    row("websocket", "messages, fragments, per-message deflate; also where the capture begins after the upgrade, at a frame", "other extensions"),
    row("tls", "SSL 3 and TLS 1.0 to 1.3 with a key log or embedded secrets; RSA key exchange with the server's private key (PEM, PKCS#1 or PKCS#8) and pre-shared keys (`PSK` and `RSA_PSK` suites, a line `PSK <identity or *> <key>` in hexadecimal), with the sessions that go on from them; names, certificates, JA4, alerts without; that an encrypted ClientHello was offered", "sessions without secrets; more than 10,000 decryptions with private keys in one capture; pre-shared keys with Diffie-Hellman or TLS 1.3 without their secrets in the log; export, Camellia, ARIA, SEED and IDEA suites; the inner name of an encrypted ClientHello"),
    row("dtls", "DTLS 1.0 to 1.3: names, certificates, JA4, alerts without keys; what its records hold with a key log, embedded secrets, the server's RSA key or a pre-shared key as for `tls`; lost, copied and reordered datagrams, fragments, key updates, connection ids (1.2: RFC 9146; 1.3); STUN and RTP on the same flow are told apart", "what is inside is looked at datagram by datagram as an unknown protocol; connection ids whose length nobody saw (a capture that begins behind the hellos), and a session that goes on from another address by its id; sessions that go on from earlier ones only with secrets of their own; media that is keyed by it (SRTP)"),
    row("quic", "versions 1 and 2: names without keys, streams with a key log, key updates, migration, several connection ids", "Google's and the drafts' own versions beyond the names of some"),
    row("dns", "DNS over UDP and TCP, mDNS questions and announcements, LLMNR; DNS over TLS and HTTPS once decrypted; names that apps ask for by plain HTTP (HTTPDNS) in the forms of the [closed list](closed-lists.md); hex and base32 data in the labels of a name", "data spread over several names is looked at name by name; HTTPDNS whose names are encrypted by the app; DNS over QUIC"),
    row("mqtt", "MQTT 3.1, 3.1.1 and 5: publications with topic and properties, and every other packet that says something", "packets after missing bytes; packets over 128 KiB that are no publication"),
    row("xmpp", "stanzas turn by turn, the host that a stream names, started TLS", "stream compression"),
    row("smtp", "submission turn by turn, started TLS", "quoted-printable is not decoded"),
    row("imap", "commands and appended mail turn by turn, started TLS", "COMPRESS"),
    row("pop3", "turn by turn, started TLS", ""),
    row("socks", "SOCKS 4, 4a and 5 (none, name and password); what is passed on is read as itself", "other methods, BIND, UDP ASSOCIATE; the address behind the proxy"),
    row("ntp", "whole packets of versions 1 to 4", "extension fields, control messages"),
    row("dhcp", "IPv4: what a device says of itself; a single device that calls itself a phone is taken for the phone", "DHCPv6"),
    row("ssdp", "searches, announcements and answers", "the descriptions that they point to are HTTP messages of their own"),
    row("stun", "messages and attributes, TURN's among them", "what a relay carries counts as media of a call"),
    row("rtp", "counted as media of a call (RTP, RTCP, TURN channels)", "sound and picture are not decoded"),
    row("unknown", "texts, compressed members and each datagram by itself go through the same decoding as bodies, and facts are looked for in all of it", "all of it stays counted as unread"),
];

/// Kinds of files that hold packets, by the names that results use.
pub const FILES: &[Known] = &[
    row("pcap", "microseconds, nanoseconds, both byte orders, the modified variant, the trailer by which PCAPdroid names apps", ""),
    row("pcapng", "both byte orders, several sections, interface, enhanced, simple and old packet blocks with their comments, statistics, secrets of TLS, the apps that PCAPdroid names; when an interface was recorded, by its statistics; that it was recorded with a filter is told, and what the filter may have left out blinds", "other programs' custom blocks are counted; names that the recorder looked up and its system's journal are passed over; secrets of other protocols (WireGuard, SSH, Zigbee, OPC UA), which are told"),
    row("gzip", "around a capture, several members", ""),
    row("zstd", "around a capture", ""),
    row("xz", "around a capture", ""),
    row("lz4", "frames around a capture", ""),
];
