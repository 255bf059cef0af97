//! Packet protection (RFC 9001 section 5): a secret in, packets opened out.

use ring::aead::quic::{HeaderProtectionKey, AES_128, AES_256, CHACHA20};
use ring::hmac;

use super::version::{Labels, Recipe};
use crate::tls::{expand_label, mixed_nonce, Aead, Bulk, Hash, Suite};

/// Bytes of ciphertext that the header's mask is made from, and how far behind the packet number's begin they stand.
const SAMPLE: usize = 16;
const SAMPLE_AT: usize = 4;

/// A header without its protection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Header {
    pub first: u8,
    /// The packet number as sent: its lowest bytes.
    pub truncated: u64,
    /// Bytes of it.
    pub number_len: usize,
    number: [u8; 4],
}

/// What hides the packet number. Key updates do not change it (RFC 9001 section 6).
struct Mask(HeaderProtectionKey);

impl Mask {
    fn unmask(&self, packet: &[u8], number_at: usize) -> Option<Header> {
        let sample = packet.get(number_at + SAMPLE_AT..number_at + SAMPLE_AT + SAMPLE)?;
        let mask = self.0.new_mask(sample).ok()?;
        let first = *packet.first()?;
        let hidden = if first & 0x80 != 0 { 0x0f } else { 0x1f };
        let first = first ^ (mask[0] & hidden);
        let number_len = usize::from(first & 3) + 1;
        let mut number = [0; 4];
        let mut truncated = 0;
        let sent = packet.get(number_at..number_at + number_len)?;
        for ((place, byte), mask) in number.iter_mut().zip(sent).zip(&mask[1..]) {
            *place = byte ^ mask;
            truncated = truncated << 8 | u64::from(*place);
        }
        Some(Header {
            first,
            truncated,
            number_len,
            number,
        })
    }
}

/// One generation of keys of one direction.
pub(super) struct PacketKey {
    suite: Suite,
    labels: &'static Labels,
    secret: Box<[u8]>,
    key: Aead,
    iv: [u8; 12],
}

impl PacketKey {
    fn new(suite: Suite, labels: &'static Labels, secret: &[u8]) -> Option<PacketKey> {
        if secret.len() != suite.hash.len() {
            return None;
        }
        let mut key = [0; 32];
        let key = key.get_mut(..suite.bulk.key_len())?;
        let mut iv = [0; 12];
        expand_label(suite.hash, secret, labels.key, key);
        expand_label(suite.hash, secret, labels.iv, &mut iv);
        Some(PacketKey {
            suite,
            labels,
            secret: secret.into(),
            key: Aead::new(suite.bulk, key)?,
            iv,
        })
    }

    /// The next generation (RFC 9001 section 6.1).
    pub fn next(&self) -> Option<PacketKey> {
        let mut secret = [0; 48];
        let secret = secret.get_mut(..self.secret.len())?;
        expand_label(self.suite.hash, &self.secret, self.labels.update, secret);
        PacketKey::new(self.suite, self.labels, secret)
    }

    /// Opens a packet into `opened`; where its payload lies there. `packet` is as sent and stays so.
    pub fn open(
        &self,
        packet: &[u8],
        number_at: usize,
        header: &Header,
        number: u64,
        opened: &mut Vec<u8>,
    ) -> Option<std::ops::Range<usize>> {
        let at = number_at + header.number_len;
        opened.clear();
        opened.extend_from_slice(packet);
        *opened.first_mut()? = header.first;
        opened
            .get_mut(number_at..at)?
            .copy_from_slice(&header.number[..header.number_len]);
        let (associated, data) = opened.split_at_mut_checked(at)?;
        let len = self
            .key
            .open(mixed_nonce(&self.iv, number), associated, data)?;
        Some(at..at + len)
    }
}

/// Everything that opens the packets of one direction and level.
pub(super) struct Keys {
    mask: Mask,
    pub packet: PacketKey,
}

impl Keys {
    /// None when the suite has no QUIC form, or the secret is not of the length of its hash.
    pub fn new(suite: Suite, labels: &'static Labels, secret: &[u8]) -> Option<Keys> {
        let packet = PacketKey::new(suite, labels, secret)?;
        let algorithm = match suite.bulk {
            Bulk::Aes128Gcm | Bulk::Aes128Ccm => &AES_128,
            Bulk::Aes256Gcm => &AES_256,
            Bulk::ChaCha20 => &CHACHA20,
            _ => return None,
        };
        let mut mask = [0; 32];
        let mask = mask.get_mut(..suite.bulk.key_len())?;
        expand_label(suite.hash, secret, labels.hp, mask);
        let mask = Mask(HeaderProtectionKey::new(algorithm, mask).ok()?);
        Some(Keys { mask, packet })
    }

    /// The header of a packet without its protection; None when the packet is too short to have one.
    pub fn unmask(&self, packet: &[u8], number_at: usize) -> Option<Header> {
        self.mask.unmask(packet, number_at)
    }

    /// The keys of Initial packets, client's and server's, from the client's first destination id.
    pub fn initial(recipe: &'static Recipe, dcid: &[u8]) -> Option<[Keys; 2]> {
        let suite = Suite {
            bulk: Bulk::Aes128Gcm,
            hash: Hash::Sha256,
        };
        let salt = hmac::Key::new(hmac::HMAC_SHA256, &recipe.salt);
        let initial = hmac::sign(&salt, dcid);
        let side = |label| {
            let mut secret = [0; 32];
            expand_label(suite.hash, initial.as_ref(), label, &mut secret);
            Keys::new(suite, recipe.labels, &secret)
        };
        Some([side("client in")?, side("server in")?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quic::version::recipe;

    fn unhex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text
            .chars()
            .filter_map(|c| c.to_digit(16))
            .map(|d| d as u8)
            .collect();
        digits.chunks(2).map(|d| d[0] << 4 | d[1]).collect()
    }

    const DCID: [u8; 8] = [0x83, 0x94, 0xc8, 0xf0, 0x3e, 0x51, 0x57, 0x08];

    /// RFC 9001 appendix A.3: the server's first packet.
    #[test]
    fn the_servers_initial_of_the_rfc_is_opened_and_no_other() {
        let packet = unhex(
            "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5
             a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4
             cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee",
        );
        let [client, server] = Keys::initial(recipe(1).unwrap(), &DCID).unwrap();
        let header = server.unmask(&packet, 18).unwrap();
        assert_eq!((header.truncated, header.number_len), (1, 2));
        let mut buffer = Vec::new();
        let payload = server.packet.open(&packet, 18, &header, 1, &mut buffer);
        let payload = &buffer[payload.unwrap()];
        assert!(payload.starts_with(&unhex("02000000000600405a020000560303eefce7f7b37ba1d163")));
        assert!(server
            .packet
            .open(&packet, 18, &header, 2, &mut buffer)
            .is_none());
        let wrong = client.unmask(&packet, 18).unwrap();
        assert!(client
            .packet
            .open(&packet, 18, &wrong, 1, &mut buffer)
            .is_none());
        let [_, other_version] = Keys::initial(recipe(0x6b33_43cf).unwrap(), &DCID).unwrap();
        let wrong = other_version.unmask(&packet, 18).unwrap();
        assert!(other_version
            .packet
            .open(&packet, 18, &wrong, 1, &mut buffer)
            .is_none());
    }

    /// RFC 9001 appendix A.5: a short header with ChaCha20-Poly1305.
    #[test]
    fn the_short_header_of_the_rfc_is_opened_and_its_successor_differs() {
        let secret = unhex("9ac312a7f877468ebe69422748ad00a15443f18203a07d6060f688f30f21632b");
        let suite = Suite::modern(0x1303).unwrap();
        let keys = Keys::new(suite, recipe(1).unwrap().labels, &secret).unwrap();
        let packet = unhex("4cfe4189655e5cd55c41f69080575d7999c25a5bfb");
        let header = keys.unmask(&packet, 1).unwrap();
        assert_eq!((header.first, header.truncated), (0x42, 0x00bff4));
        let mut buffer = Vec::new();
        let number = 654_360_564;
        let payload = keys.packet.open(&packet, 1, &header, number, &mut buffer);
        assert_eq!(buffer[payload.unwrap()], [1]);
        let next = keys.packet.next().unwrap();
        assert_eq!(
            next.secret.to_vec(),
            unhex("1223504755036d556342ee9361d253421a826c9ecdf3c7148684b36b714881f9"),
        );
        assert!(next
            .open(&packet, 1, &header, number, &mut buffer)
            .is_none());
    }

    #[test]
    fn a_packet_too_short_for_a_sample_has_no_header() {
        let [client, _] = Keys::initial(recipe(1).unwrap(), &DCID).unwrap();
        assert!(client.unmask(&[0xc0; 37], 18).is_none());
        assert!(client.unmask(&[0xc0; 38], 18).is_some());
    }
}
