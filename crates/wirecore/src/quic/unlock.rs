//! From ids, hellos and the key log to the keys of a packet, and why there are none.

use super::conn::QuicConn;
use super::keys::Keys;
use super::ladder::{Level, Opened, Sealed};
use super::packets::{ConnId, Packet};
use super::side::Space;
use super::version::recipe;
use crate::anomaly::OpaqueReason;
use crate::net::Numbers;
use crate::record::Dir;
use crate::tls::{KeyLog, Label, Stage, Trial};

/// First ids that keys are kept for: one more comes with each Retry, version or attempt.
const FIRSTS: usize = 4;

/// The keys of Initial packets that one first destination id gives.
pub(super) struct First {
    pub dcid: ConnId,
    version: u32,
    /// The client's, then the server's.
    pub levels: [Level; 2],
}

impl QuicConn {
    /// Opens an Initial packet with the keys known, else with those of its own destination id.
    pub(super) fn initial(
        &mut self,
        dir: Dir,
        packet: &Packet,
        sealed: Sealed<'_>,
        buffer: &mut Vec<u8>,
    ) -> Option<Opened> {
        let role = self.role(dir).index();
        let side = &mut self.sides[dir.index()];
        let numbers = &side.numbers[Space::Initial as usize];
        let known = self.firsts.iter_mut().rev();
        for first in known.filter(|first| first.version == packet.version) {
            let level = &mut first.levels[role];
            if let Some(opened) = level.open(sealed, numbers, &mut side.trial, buffer) {
                self.settle_version(dir, packet.version);
                return Some(opened);
            }
        }
        let not_client = self.client_is == Some(dir.other());
        if not_client {
            // The server may choose another version than the client began with (RFC 9368 section 2.3).
            let begun: Vec<ConnId> = self.firsts.iter().map(|first| first.dcid).collect();
            for dcid in begun {
                let mut first = First::new(dcid, packet.version)?;
                let opened = first.levels[1].open(sealed, numbers, &mut side.trial, buffer);
                if opened.is_some() {
                    self.keep_first(first);
                    self.settle_version(dir, packet.version);
                    return opened;
                }
            }
            return None;
        }
        let again = self.firsts.iter().any(|first| first.dcid == packet.dcid);
        if self.answered && again {
            return None;
        }
        let (first, opened) = First::open(packet, sealed.bytes, buffer)?;
        self.client_is.get_or_insert(dir);
        if !self.firsts.is_empty() && !self.answered {
            // After a Retry, another version, or a new attempt: the handshake begins again.
            let side = &mut self.sides[dir.index()];
            side.numbers[Space::Initial as usize] = Numbers::default();
            if self.info.client_random.is_some() {
                side.crypto = Some(Box::default());
            }
        }
        self.keep_first(first);
        self.settle_version(dir, packet.version);
        Some(opened)
    }

    fn keep_first(&mut self, first: First) {
        if self.firsts.len() >= FIRSTS {
            self.firsts.remove(0);
        }
        self.firsts.push(first);
    }

    /// The server's version holds; before it answers, the client's.
    pub(super) fn settle_version(&mut self, dir: Dir, version: u32) {
        let by_server = self.client_is.is_some_and(|client| client != dir);
        if self.version != version && (by_server || !self.answered) {
            self.version = version;
            for side in &mut self.sides {
                for level in [&mut side.handshake, &mut side.application] {
                    if !level.proven {
                        *level = Level::default();
                    }
                }
            }
        }
    }

    pub(super) fn protected(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        early: bool,
        sealed: Sealed<'_>,
        buffer: &mut Vec<u8>,
    ) -> Option<Opened> {
        let rung = if early {
            Rung::Early
        } else {
            Rung::Application
        };
        self.ask(keys, dir, rung);
        let from_client = self.role(dir) == Dir::Client;
        let side = &mut self.sides[dir.index()];
        let numbers = &side.numbers[Space::Application as usize];
        if early {
            return side.early.open(sealed, numbers, &mut side.trial, buffer);
        }
        let (level, generations) = (&mut side.application, &mut side.generations);
        let opened = level.open_last(generations, sealed, numbers, &mut side.trial, buffer);
        let shut = level.candidates.is_empty();
        // The client has these keys only once the server has finished; the server speaks with them earlier.
        if from_client && self.info.stage < Stage::Established {
            self.info.stage = Stage::Established;
            if shut && self.info.client_random.is_some() {
                self.forget_handshake();
            }
        }
        self.answered |= opened.is_some();
        opened
    }

    /// Makes the keys of a rung from the log, where they are not there yet and the log has grown.
    pub(super) fn ask(&mut self, keys: &KeyLog, dir: Dir, rung: Rung) {
        let asked = keys.len() + 1;
        let server = self.role(dir) == Dir::Server;
        let side = &mut self.sides[dir.index()];
        let level = match rung {
            Rung::Early => &mut side.early,
            Rung::Handshake => &mut side.handshake,
            Rung::Application => &mut side.application,
        };
        let (Some(random), Some(recipe)) = (&self.info.client_random, recipe(self.version)) else {
            return;
        };
        if !level.candidates.is_empty() || level.asked == asked {
            return;
        }
        level.asked = asked;
        let suites = match (&self.chosen, rung) {
            // The suite of early data is that of the resumed session.
            (Some(chosen), Rung::Handshake | Rung::Application) => std::slice::from_ref(chosen),
            _ => &self.offered[..],
        };
        for secret in keys.secrets(random, rung.label(server)) {
            let fitting = suites
                .iter()
                .filter_map(|&suite| Keys::new(suite, recipe.labels, secret));
            level.candidates.extend(fitting);
        }
    }

    pub(super) fn reason(&self, keys: &KeyLog, dir: Dir, early: bool, cut: bool) -> OpaqueReason {
        let Some(random) = &self.info.client_random else {
            return if self.firsts.is_empty() {
                OpaqueReason::Midstream
            } else {
                OpaqueReason::AfterGap
            };
        };
        let rung = if early {
            Rung::Early
        } else {
            Rung::Application
        };
        let label = rung.label(self.role(dir) == Dir::Server);
        if keys.secrets(random, label).next().is_none() {
            return if early && keys.knows(random) {
                OpaqueReason::NoEarlySecret
            } else {
                OpaqueReason::NoKeys
            };
        }
        match self.chosen {
            None if self.info.cipher.is_some() => OpaqueReason::UnsupportedCipher,
            _ if cut => OpaqueReason::AfterGap,
            _ => OpaqueReason::KeysDoNotFit,
        }
    }
}

#[derive(Clone, Copy)]
pub(super) enum Rung {
    Early,
    Handshake,
    Application,
}

impl Rung {
    fn label(self, server: bool) -> Label {
        match (self, server) {
            (Rung::Early, _) => Label::ClientEarly,
            (Rung::Handshake, false) => Label::ClientHandshake,
            (Rung::Handshake, true) => Label::ServerHandshake,
            (Rung::Application, false) => Label::ClientTraffic,
            (Rung::Application, true) => Label::ServerTraffic,
        }
    }
}

impl First {
    fn new(dcid: ConnId, version: u32) -> Option<First> {
        let [client, server] = Keys::initial(recipe(version)?, dcid.bytes())?;
        let level = |keys| Level {
            candidates: vec![keys],
            ..Level::default()
        };
        Some(First {
            dcid,
            version,
            levels: [level(client), level(server)],
        })
    }

    /// The keys of the packet's own destination id, if they open it: then its sender is the client.
    pub(super) fn open(
        packet: &Packet,
        bytes: &[u8],
        buffer: &mut Vec<u8>,
    ) -> Option<(First, Opened)> {
        let mut first = First::new(packet.dcid, packet.version)?;
        let sealed = Sealed {
            bytes,
            number_at: packet.number_at,
        };
        let (numbers, mut trial) = (Numbers::default(), Trial::new(0));
        let opened = first.levels[0].open(sealed, &numbers, &mut trial, buffer)?;
        Some((first, opened))
    }
}
