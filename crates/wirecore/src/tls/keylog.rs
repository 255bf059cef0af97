//! The key log: text of the NSS format in, secrets by client random out. Lines that are no key are named and left out.
//!
//! Format: <https://www.ietf.org/archive/id/draft-ietf-tls-keylogfile-02.html>, with the older `RSA`, `RSA Session-ID`
//! and `PMS_CLIENT_RANDOM` lines that Wireshark also reads. RSA private keys of servers in PEM and lines
//! `PSK <identity> <key>` are taken as well: they open what was agreed with them.

use std::collections::HashMap;

use super::private_key::PrivateKeys;

/// Type of TLS secrets in a pcapng Decryption Secrets Block ("TLSK").
pub(crate) const PCAPNG_TLS_KEYS: u32 = 0x544c_534b;
/// Odd lines that are described one by one.
const ODD_LINES: usize = 100;
/// Different secrets kept for one label of one session; more is an attack on our time.
const ALTERNATIVES: usize = 4;
/// Longest block of PEM that is kept: a key of 16384 bits has 13 KiB.
const PEM_BYTES: usize = 64 << 10;
/// Pre-shared keys kept, and the longest of them.
const SHARED_KEYS: usize = 64;
const SHARED_BYTES: usize = 256;
/// Sessions learned while decoding; twice as many are kept.
const LEARNED: usize = 4096;

type Bytes = Box<[u8]>;
/// Master secrets by session id or ticket.
type BySession = HashMap<Bytes, Vec<Bytes>>;

/// What a secret is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Label {
    Master,
    PreMaster,
    ClientEarly,
    ClientHandshake,
    ServerHandshake,
    ClientTraffic,
    ServerTraffic,
}

/// A line that is not a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyLogOdd {
    /// Number of the line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: &'static str,
}

#[derive(Clone, Debug)]
struct Entry {
    label: Label,
    /// First four bytes of the client random, when the log gives all 32 (Zeek's give the last 28).
    first: Option<[u8; 4]>,
    secret: Box<[u8]>,
}

/// The secrets of many sessions. Filled before decoding, only read while decoding.
#[derive(Clone, Debug, Default)]
pub struct KeyLog {
    by_random: HashMap<[u8; 28], Vec<Entry>>,
    by_encrypted_premaster: HashMap<[u8; 8], Vec<Box<[u8]>>>,
    by_session: BySession,
    private: PrivateKeys,
    /// Keys shared beforehand: the identity that they answer to (none: any), and the key.
    shared: Vec<(Option<Bytes>, Bytes)>,
    /// Sessions whose secret was found while decoding, the newer and the older ones.
    learned: [BySession; 2],
    count: usize,
    premasters: bool,
}

impl KeyLog {
    /// An empty key log.
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of secrets kept.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True when no secret is kept.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Adds the secrets of a pcapng Decryption Secrets Block; kinds other than TLS key logs are not ours and ignored.
    pub fn add_pcapng_secrets(&mut self, kind: u32, data: &[u8]) -> Vec<KeyLogOdd> {
        if kind == PCAPNG_TLS_KEYS {
            self.add_text(data)
        } else {
            Vec::new()
        }
    }

    /// Adds the lines of a key log file. Returns at most 100 lines that are not keys; comments and blank lines are fine.
    ///
    /// ```
    /// let mut keys = wirecore::tls::KeyLog::new();
    /// let odd = keys.add_text(b"# a comment\nCLIENT_RANDOM 00 11\n");
    /// assert_eq!((keys.len(), odd[0].line), (0, 2));
    /// ```
    pub fn add_text(&mut self, data: &[u8]) -> Vec<KeyLogOdd> {
        let data = data.strip_prefix(b"\xef\xbb\xbf").unwrap_or(data);
        let mut odd = Vec::new();
        let mut block: Option<(u64, String)> = None;
        for (line, number) in data.split(|&b| b == b'\n').zip(1..) {
            // Logs that went through a text processor end their lines with its mark.
            let line = line.trim_ascii();
            let line = line.strip_suffix(b"\\").unwrap_or(line);
            let mut told = |line, added: Result<(), &'static str>| {
                if let Err(why) = added {
                    if odd.len() < ODD_LINES {
                        odd.push(KeyLogOdd { line, why });
                    }
                }
            };
            if let Some((begin, text)) = &mut block {
                text.push_str(&String::from_utf8_lossy(line));
                text.push('\n');
                if line.starts_with(b"-----END ") || text.len() > PEM_BYTES {
                    told(*begin, self.add_pem(text));
                    block = None;
                }
            } else if line.starts_with(b"-----BEGIN ") {
                block = Some((number, format!("{}\n", String::from_utf8_lossy(line))));
            } else {
                told(number, self.add_line(line));
            }
        }
        if let Some((line, _)) = block {
            odd.push(KeyLogOdd {
                line,
                why: "begins a block of PEM that does not end",
            });
        }
        odd
    }

    /// A private key of a server.
    fn add_pem(&mut self, block: &str) -> Result<(), &'static str> {
        if self.private.add_pem(block)? {
            self.count += 1;
            self.premasters = true;
        }
        Ok(())
    }

    /// `PSK <identity in hexadecimal, or *> <key in hexadecimal>`: a key that both sides knew beforehand.
    fn add_shared(&mut self, identity: &str, key: &str) -> Result<(), &'static str> {
        let key = hex(key).filter(|key| !key.is_empty() && key.len() <= SHARED_BYTES);
        let key = key.ok_or("has a pre-shared key that is not 1 to 256 bytes in hexadecimal")?;
        let identity = match identity {
            "*" => None,
            text => Some(hex(text).ok_or("has an identity that is neither * nor hexadecimal")?),
        };
        let entry = (identity.map(Into::into), key.into_boxed_slice());
        if self.shared.contains(&entry) {
            return Ok(());
        }
        if self.shared.len() >= SHARED_KEYS {
            return Err("is one pre-shared key too many");
        }
        self.shared.push(entry);
        self.count += 1;
        self.premasters = true;
        Ok(())
    }

    fn add_line(&mut self, line: &[u8]) -> Result<(), &'static str> {
        if line.is_empty() || line[0] == b'#' {
            return Ok(());
        }
        let line = std::str::from_utf8(line).map_err(|_| "is not text")?;
        let mut words = line.split_ascii_whitespace();
        let (name, first, second) = (words.next(), words.next(), words.next());
        let (Some(name), Some(first), Some(second), None) = (name, first, second, words.next())
        else {
            return Err("is not three words: label, client random, secret");
        };
        // Early clients of QUIC wrote the same secrets under names of their own.
        let name = name.strip_prefix("QUIC_").unwrap_or(name);
        let label = match name {
            "CLIENT_RANDOM" => Label::Master,
            "PMS_CLIENT_RANDOM" => Label::PreMaster,
            "CLIENT_EARLY_TRAFFIC_SECRET" => Label::ClientEarly,
            "CLIENT_HANDSHAKE_TRAFFIC_SECRET" => Label::ClientHandshake,
            "SERVER_HANDSHAKE_TRAFFIC_SECRET" => Label::ServerHandshake,
            "CLIENT_TRAFFIC_SECRET_0" => Label::ClientTraffic,
            "SERVER_TRAFFIC_SECRET_0" => Label::ServerTraffic,
            "RSA" => return self.add_rsa(first, second),
            "PSK" => return self.add_shared(first, second),
            "EXPORTER_SECRET"
            | "EARLY_EXPORTER_SECRET"
            | "EARLY_EXPORTER_MASTER_SECRET"
            | "ECH_SECRET"
            | "ECH_CONFIG" => {
                return match (hex(first), hex(second)) {
                    (Some(_), Some(_)) => Ok(()),
                    _ => Err("does not hold hexadecimal digits"),
                };
            }
            // Later generations follow from the first; OpenSSL writes a letter for their number.
            _ if name.ends_with("_TRAFFIC_SECRET_N") => return Ok(()),
            _ => return Err("begins with an unknown label"),
        };
        let random = hex(first).ok_or("has a client random that is not hexadecimal")?;
        let secret = hex(second).ok_or("has a secret that is not hexadecimal")?;
        let right = match label {
            Label::Master => secret.len() == 48,
            Label::PreMaster => !secret.is_empty() && secret.len() <= 1024,
            _ => secret.len() == 32 || secret.len() == 48,
        };
        if !right {
            return Err("has a secret of the wrong length");
        }
        let (first, last) = match random.len() {
            32 => (random.first_chunk::<4>().copied(), &random[4..]),
            28 => (None, &random[..]),
            _ => return Err("has a client random that is neither 32 nor 28 bytes"),
        };
        let key =
            <[u8; 28]>::try_from(last).map_err(|_| "has a client random of the wrong length")?;
        let entries = self.by_random.entry(key).or_default();
        let secret = secret.into_boxed_slice();
        let same = |e: &&Entry| e.label == label;
        if entries.iter().filter(same).any(|e| e.secret == secret) {
            return Ok(());
        }
        if entries.iter().filter(same).count() >= ALTERNATIVES {
            return Err("is one of too many different secrets for the same session");
        }
        entries.push(Entry {
            label,
            first,
            secret,
        });
        self.premasters |= label == Label::PreMaster;
        self.count += 1;
        Ok(())
    }

    /// `RSA <first 8 bytes of the encrypted pre-master> <pre-master>` or `RSA Session-ID:<id> Master-Key:<master>`.
    fn add_rsa(&mut self, first: &str, second: &str) -> Result<(), &'static str> {
        if let Some(id) = first.strip_prefix("Session-ID:") {
            let id = hex(id).filter(|id| !id.is_empty() && id.len() <= 32);
            let id = id.ok_or("has a session id that is not 1 to 32 bytes in hexadecimal")?;
            let master = second.strip_prefix("Master-Key:").and_then(hex);
            let master = master
                .filter(|m| m.len() == 48)
                .ok_or("has no master key of 48 bytes")?;
            self.count += usize::from(add_new(
                self.by_session.entry(id.into()).or_default(),
                master,
            ));
            return Ok(());
        }
        let begin = hex(first).and_then(|b| <[u8; 8]>::try_from(b).ok());
        let begin = begin.ok_or("does not begin with 8 bytes of an encrypted pre-master secret")?;
        let secret = hex(second).filter(|s| s.len() == 48);
        let secret = secret.ok_or("has a pre-master secret that is not 48 bytes")?;
        let kept = self.by_encrypted_premaster.entry(begin).or_default();
        self.count += usize::from(add_new(kept, secret));
        self.premasters = true;
        Ok(())
    }

    /// True when any secret of the session with this client random is kept.
    pub fn knows(&self, client_random: &[u8; 32]) -> bool {
        self.entries(client_random).next().is_some()
    }

    /// True when handshakes must be remembered because a pre-master secret may need them.
    pub(super) fn has_premasters(&self) -> bool {
        self.premasters
    }

    fn entries<'a>(&'a self, random: &'a [u8; 32]) -> impl Iterator<Item = &'a Entry> {
        let (first, last) = random.split_at(4);
        let found = self.by_random.get(last).map_or(&[][..], Vec::as_slice);
        found
            .iter()
            .filter(move |e| e.first.is_none_or(|f| f == first))
    }

    /// The secrets of one kind for a session.
    pub(crate) fn secrets<'a>(
        &'a self,
        random: &'a [u8; 32],
        label: Label,
    ) -> impl Iterator<Item = &'a [u8]> {
        self.entries(random)
            .filter(move |e| e.label == label)
            .map(|e| &*e.secret)
    }

    /// Master secrets by session id or ticket.
    pub(super) fn session<'a>(&'a self, id: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let learned = self.learned.iter().filter_map(|known| known.get(id));
        self.by_session
            .get(id)
            .into_iter()
            .chain(learned)
            .flatten()
            .map(AsRef::as_ref)
    }

    /// Takes in what a connection found out ([`super::TlsConn::take_learned`]); of very many sessions the oldest go.
    pub fn learn(&mut self, sessions: Vec<(Vec<u8>, Vec<u8>)>) {
        for (id, secret) in sessions {
            if self.learned[0].len() >= LEARNED {
                self.learned[1] = std::mem::take(&mut self.learned[0]);
            }
            add_new(self.learned[0].entry(id.into()).or_default(), secret);
        }
    }

    /// Pre-master secrets of an encrypted one: by its first bytes in the log, and by private keys.
    pub(super) fn by_encrypted_premaster(&self, encrypted: &[u8]) -> Vec<Vec<u8>> {
        let begin = encrypted.first_chunk::<8>();
        let logged = begin.and_then(|begin| self.by_encrypted_premaster.get(begin));
        let logged = logged.into_iter().flatten().map(|secret| secret.to_vec());
        logged.chain(self.private.decrypt(encrypted)).collect()
    }

    /// So many decryptions with private keys are allowed from now on (`Limits::rsa_operations`).
    pub fn allow_private(&self, trials: u64) {
        self.private.allow(trials);
    }

    /// Decryptions with private keys that were not tried since then.
    pub fn refused_private(&self) -> u64 {
        self.private.refused()
    }

    /// Keys shared beforehand that answer to an identity.
    pub(super) fn shared_keys<'a>(&'a self, identity: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let answers =
            move |own: &Option<Box<[u8]>>| own.as_deref().is_none_or(|own| own == identity);
        self.shared
            .iter()
            .filter(move |(own, _)| answers(own))
            .map(|(_, key)| &**key)
    }
}

fn add_new(kept: &mut Vec<Box<[u8]>>, secret: Vec<u8>) -> bool {
    let secret = secret.into_boxed_slice();
    let new = !kept.contains(&secret) && kept.len() < ALTERNATIVES;
    if new {
        kept.push(secret);
    }
    new
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| (b as char).to_digit(16).map(|d| d as u8);
    let pairs = text.as_bytes().chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|p| Some(digit(p[0])? << 4 | digit(p[1])?))
        .collect()
}

#[cfg(test)]
#[path = "keylog_tests.rs"]
mod tests;
