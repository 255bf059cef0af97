//! From the hellos and the key log to the protection of one direction, and what can be said of records without keys.

use super::conn::{Sink, TlsConn, TlsEvent};
use super::info::Stage;
use super::keylog::{KeyLog, Label};
use super::legacy::Legacy;
use super::legacy_cipher::{LegacyCipher, Session};
use super::modern::{Epoch, Modern, Rungs};
use super::modern_cipher::TrafficKey;
use super::premaster;
use super::records::content;
use super::round::{Offer, Round};
use super::server_hello::{draft, is_modern, ServerHello};
use super::side::Protection;
use super::suites::{Bulk, Suite};
use super::HEADER;
use crate::anomaly::OpaqueReason;
use crate::record::Dir;

/// Body of a TLS 1.3 record: content, one byte of type, a tag of 16.
const MODERN_OVERHEAD: usize = 17;

/// Records that cannot be opened.
pub(super) struct Blind {
    reason: OpaqueReason,
    /// TLS 1.3: bytes of the hash, so that a Finished is known by its size.
    modern: Option<usize>,
    early_data: bool,
    /// TLS 1.3: the client's handshake is over.
    decided: bool,
    handshake_bytes: usize,
}

impl Blind {
    pub fn new(reason: OpaqueReason) -> Blind {
        Blind {
            reason,
            modern: None,
            early_data: false,
            decided: false,
            handshake_bytes: 0,
        }
    }

    pub fn midstream(gap: bool) -> Blind {
        Blind::new(if gap {
            OpaqueReason::AfterGap
        } else {
            OpaqueReason::Midstream
        })
    }
}

/// What the keys make of one side of a handshake up to TLS 1.2.
pub(super) enum Unlocked {
    /// What the master secret is made from is still to be heard.
    Waiting,
    /// In clear, with so many bytes of MAC.
    Null(usize),
    Blind(OpaqueReason),
    /// One of them may fit.
    Ciphers(Vec<LegacyCipher>),
}

pub(super) fn legacy_ciphers(
    keys: &KeyLog,
    role: Dir,
    round: &Round,
    server: &ServerHello,
    random: &[u8; 32],
) -> Unlocked {
    let suite = Suite::of(server.cipher);
    let mut masters: Vec<Vec<u8>> = keys
        .secrets(random, Label::Master)
        .map(<[u8]>::to_vec)
        .collect();
    masters.extend(keys.session(&server.session_id).map(<[u8]>::to_vec));
    if let Some(offer) = round.client.as_ref().filter(|_| round.resumed) {
        masters.extend(keys.session(&offer.ticket).map(<[u8]>::to_vec));
    }
    if masters.is_empty() && keys.has_premasters() && !round.resumed {
        if !round.exchanged || !round.hello_done {
            return Unlocked::Waiting;
        }
        let make = || premaster::masters(keys, round, server, random);
        masters.clone_from(round.masters.get_or_init(make));
    }
    if let (
        Some(Suite {
            bulk: Bulk::Null,
            hash,
        }),
        [],
    ) = (suite, &masters[..])
    {
        // In clear on the wire; without keys its integrity alone is not checked.
        return Unlocked::Null(hash.len());
    }
    if masters.is_empty() {
        return Unlocked::Blind(OpaqueReason::NoKeys);
    }
    let unsupported = Unlocked::Blind(OpaqueReason::UnsupportedCipher);
    let Some(suite) = suite.filter(|_| server.compression <= 1 && server.version >= 0x0300) else {
        return unsupported;
    };
    let session = Session {
        version: server.version,
        suite,
        client_random: random,
        server_random: &server.random,
        encrypt_then_mac: server.encrypt_then_mac,
    };
    let ciphers: Vec<_> = masters
        .iter()
        .filter_map(|m| LegacyCipher::new(&session, m, role))
        .collect();
    if ciphers.is_empty() {
        unsupported
    } else {
        Unlocked::Ciphers(ciphers)
    }
}

impl TlsConn {
    /// The protection that the hellos and keys give a direction; Waiting when a hello is missing.
    pub(super) fn unlock(&mut self, keys: &KeyLog, dir: Dir) -> Protection {
        let lost = std::mem::take(&mut self.sides[dir.index()].lost_records);
        let round = self.round_of(dir);
        let hellos = round.and_then(|r| Some((r, r.client.as_ref()?, r.server.as_ref()?)));
        let Some((round, client, server)) = hellos else {
            self.sides[dir.index()].lost_records = lost;
            return Protection::Waiting;
        };
        if !is_modern(server.version) {
            let protection = self.unlock_legacy(keys, dir, round, server, &client.random, lost);
            if matches!(protection, Protection::Waiting) {
                self.sides[dir.index()].lost_records = lost;
            }
            return protection;
        }
        let suite = Suite::of(server.cipher);
        let mut suites: Vec<Suite> = suite.into_iter().collect();
        let early = self.role(dir) == Dir::Client && client.early_data;
        let header_authenticated = draft(server.version).is_none_or(|n| n >= 25);
        let rungs = self.rungs(keys, dir, &suites, header_authenticated);
        if keys.knows(&client.random) && suite.is_none() {
            return Protection::Blind(Blind::new(OpaqueReason::UnsupportedCipher));
        }
        let mut rungs = rungs;
        if early {
            // The suite of early data is that of the resumed session, whatever the server chose now.
            suites.extend(&client.modern_suites);
            suites.dedup();
            let [early_rung, ..] = self.rungs(keys, dir, &suites, header_authenticated);
            rungs[0] = early_rung;
        } else {
            rungs[0].clear();
        }
        if rungs.iter().all(Vec::is_empty) {
            let reason = if self.has_secrets(keys, dir) {
                OpaqueReason::KeysDoNotFit
            } else {
                OpaqueReason::NoKeys
            };
            let mut blind = Blind::new(reason);
            blind.modern = Some(suite.map_or(32, |s| s.hash.len()));
            blind.early_data = early;
            return Protection::Blind(blind);
        }
        let epoch = if early {
            Epoch::Early
        } else {
            Epoch::Handshake
        };
        Protection::Modern(Box::new(Modern::new(rungs, epoch, lost)))
    }

    fn offer(&self, dir: Dir) -> Option<&Offer> {
        self.round_of(dir)?.client.as_ref()
    }

    fn labels(&self, dir: Dir) -> [Option<Label>; 3] {
        match self.role(dir) {
            Dir::Client => [
                Some(Label::ClientEarly),
                Some(Label::ClientHandshake),
                Some(Label::ClientTraffic),
            ],
            Dir::Server => [
                None,
                Some(Label::ServerHandshake),
                Some(Label::ServerTraffic),
            ],
        }
    }

    /// Whether the log names any secret of TLS 1.3 for this direction.
    fn has_secrets(&self, keys: &KeyLog, dir: Dir) -> bool {
        let Some(client) = self.offer(dir) else {
            return false;
        };
        self.labels(dir)
            .into_iter()
            .flatten()
            .any(|label| keys.secrets(&client.random, label).next().is_some())
    }

    fn rungs(
        &self,
        keys: &KeyLog,
        dir: Dir,
        suites: &[Suite],
        header_authenticated: bool,
    ) -> Rungs {
        let mut rungs = Rungs::default();
        let Some(client) = self.offer(dir) else {
            return rungs;
        };
        for (rung, label) in rungs.iter_mut().zip(self.labels(dir)) {
            let secrets = label
                .into_iter()
                .flat_map(|label| keys.secrets(&client.random, label));
            for secret in secrets {
                let keys = suites
                    .iter()
                    .filter_map(|&s| TrafficKey::new(s, secret, header_authenticated));
                rung.extend(keys);
            }
        }
        rungs
    }

    fn unlock_legacy(
        &self,
        keys: &KeyLog,
        dir: Dir,
        round: &Round,
        server: &ServerHello,
        random: &[u8; 32],
        lost: u64,
    ) -> Protection {
        match legacy_ciphers(keys, self.role(dir), round, server, random) {
            Unlocked::Waiting => Protection::Waiting,
            Unlocked::Null(mac) => Protection::Null(mac),
            Unlocked::Blind(reason) => Protection::Blind(Blind::new(reason)),
            Unlocked::Ciphers(ciphers) => {
                let compressed = server.compression == 1;
                Protection::Legacy(Box::new(Legacy::new(ciphers, lost, compressed)))
            }
        }
    }

    /// A hello will not come any more: the direction is read without it where the secrets allow, else counted.
    pub(super) fn stop_waiting(&mut self, keys: &KeyLog, dir: Dir, out: Sink<'_>) {
        if !matches!(self.sides[dir.index()].protection, Protection::Waiting) {
            return;
        }
        let gap = self.sides.iter().any(|s| s.gap);
        let protection = match self.offer(dir) {
            Some(client) if self.has_secrets(keys, dir) => {
                // TLS 1.3, and each suite offered is tried.
                let early = self.role(dir) == Dir::Client && client.early_data;
                let epoch = if early {
                    Epoch::Early
                } else {
                    Epoch::Handshake
                };
                let rungs = self.rungs(keys, dir, &client.modern_suites, true);
                let lost = self.sides[dir.index()].lost_records;
                Protection::Modern(Box::new(Modern::new(rungs, epoch, lost)))
            }
            Some(client) if !keys.knows(&client.random) => {
                Protection::Blind(Blind::new(OpaqueReason::NoKeys))
            }
            _ => Protection::Blind(Blind::midstream(gap)),
        };
        self.sides[dir.index()].protection = protection;
        self.replay(keys, dir, out);
    }

    /// A record without keys. Up to TLS 1.2 its type stands in clear; in TLS 1.3 the handshake is told from data by its
    /// place and size: the server's until the client has finished, the client's by the exact size of a Finished.
    pub(super) fn blind_record(&mut self, dir: Dir, header: [u8; 5], body: &[u8], out: Sink<'_>) {
        let wire = (HEADER + body.len()) as u64;
        if header[0] != content::APPLICATION_DATA {
            if let (content::ALERT, &[level, description]) = (header[0], body) {
                out(TlsEvent::Handshake { dir, len: wire });
                return self.info.tell_alert(dir, level, description, out);
            }
            if let (content::HANDSHAKE, Protection::Blind(Blind { modern: None, .. })) =
                (header[0], &self.sides[dir.index()].protection)
            {
                // The first encrypted handshake message is a Finished.
                self.finished(dir);
            }
            return out(TlsEvent::Handshake { dir, len: wire });
        }
        let role = self.role(dir);
        let client_decided = match &self.sides[dir.other().index()].protection {
            Protection::Blind(blind) => blind.decided,
            Protection::Modern(_) => self.sides[dir.other().index()].finished,
            _ => false,
        };
        let bound = self.bound;
        let Protection::Blind(blind) = &mut self.sides[dir.index()].protection else {
            return;
        };
        let reason = blind.reason;
        let mut finished = false;
        let mut aborted = false;
        let handshake = match (blind.modern, role) {
            (None, _) => false,
            (Some(_), _) if blind.decided => false,
            (Some(hash), Dir::Client) => {
                finished = body.len() == MODERN_OVERHEAD + 4 + hash;
                aborted = body.len() == MODERN_OVERHEAD + 2;
                let end_of_early = blind.early_data && body.len() == MODERN_OVERHEAD + 4;
                blind.decided = finished || !blind.early_data;
                finished || aborted || end_of_early
            }
            (Some(_), Dir::Server) => {
                blind.handshake_bytes += body.len();
                blind.decided = client_decided || blind.handshake_bytes > bound;
                !blind.decided
            }
        };
        if aborted {
            self.info.stage = Stage::Aborted;
        }
        if finished {
            self.sides[dir.index()].finished = true;
        }
        if handshake {
            return out(TlsEvent::Handshake { dir, len: wire });
        }
        if self.info.stage == Stage::Answered {
            self.info.stage = Stage::Established;
        }
        self.opaque(dir, body.len() as u64, reason, out);
    }
}
