//! From the hellos and the key log to the keys of an epoch; and the records of DTLS 1.3.

use super::keys::RecordKey;
use super::record::Record;
use super::side::{Protection, Rungs};
use super::DtlsConn;
use crate::anomaly::{Kind, OpaqueReason};
use crate::record::Dir;
use crate::tls::conn::{Sink, TlsEvent};
use crate::tls::info::Stage;
use crate::tls::keylog::{KeyLog, Label};
use crate::tls::suites::Suite;
use crate::tls::unlock::{legacy_ciphers, Unlocked};

/// Epochs of DTLS 1.3 (RFC 9147 section 6.1); later ones count key updates.
const EARLY: u64 = 1;
const HANDSHAKE: u64 = 2;
const TRAFFIC: u64 = 3;

impl DtlsConn {
    /// The protection of an epoch up to DTLS 1.2; None while a hello that may still come is missing.
    pub(super) fn unlock(&mut self, keys: &KeyLog, dir: Dir, epoch: u64) -> Option<Protection> {
        let ended = self.sides[dir.index()].ended;
        let at = epoch.saturating_sub(1) as usize;
        self.gather(at);
        let role = self.role(dir);
        let blind = |reason| Some(Protection::Blind(reason));
        let Some(round) = self.rounds.get(at) else {
            // Where nothing of the handshake came, nothing is waited for.
            let wait = !self.rounds.is_empty() && !ended;
            return if wait {
                None
            } else {
                blind(OpaqueReason::Midstream)
            };
        };
        let (Some(client), Some(server)) = (&round.client, &round.server) else {
            let random = round.client.as_ref().map(|client| client.random);
            return match random {
                _ if !ended => None,
                Some(random) if !keys.knows(&random) => blind(OpaqueReason::NoKeys),
                _ => blind(OpaqueReason::AfterGap),
            };
        };
        // What is hashed into the extended master secret must be whole.
        let made = keys.has_premasters() && !round.resumed && server.extended_master_secret;
        let given = keys.secrets(&client.random, Label::Master).next().is_some();
        if made && !given && round.transcript[0].is_empty() {
            return if ended {
                blind(OpaqueReason::AfterGap)
            } else {
                None
            };
        }
        match legacy_ciphers(keys, role, round, server, &client.random) {
            Unlocked::Waiting if ended => blind(OpaqueReason::AfterGap),
            Unlocked::Waiting => None,
            Unlocked::Ciphers(_) if server.compression != 0 => {
                blind(OpaqueReason::UnsupportedCipher)
            }
            Unlocked::Ciphers(ciphers) => Some(Protection::Legacy(ciphers)),
            Unlocked::Null(mac) => Some(Protection::Null(mac)),
            Unlocked::Blind(reason) => blind(reason),
        }
    }

    /// Puts the messages that the extended master secret is made of in their order, once all are there.
    fn gather(&mut self, at: usize) {
        let flights = [Dir::Client, Dir::Server].map(|role| {
            let dir = if self.client_is == Some(Dir::Server) {
                role.other()
            } else {
                role
            };
            let side = &self.sides[dir.index()];
            let (first, last) = (side.hello?, side.last?);
            let numbers = first..=last;
            let messages: Option<Vec<&[u8]>> = numbers
                .map(|number| side.log.get(&number).map(Vec::as_slice))
                .collect();
            (side.round == at).then_some(messages?.concat())
        });
        if let ([Some(client), Some(server)], Some(round)) = (flights, self.rounds.get_mut(at)) {
            round.transcript = [client, server];
        }
    }

    /// A record of DTLS 1.3.
    pub(super) fn sealed(
        &mut self,
        keys: &KeyLog,
        dir: Dir,
        datagram: &[u8],
        one: &Record,
        out: Sink<'_>,
    ) {
        let wire = (one.body.end - one.start) as u64;
        let body = one.body.len() as u64;
        let ended = self.sides[dir.index()].ended;
        let hellos = self.rounds.first();
        let known = hellos.is_some_and(|round| round.client.is_some() && round.server.is_some());
        if !known && hellos.is_some() && !ended {
            return self.wait(dir, datagram, one);
        }
        if known && self.sides[dir.index()].rungs.is_none() {
            let rungs = self.rungs(keys, dir);
            self.sides[dir.index()].rungs = Some(rungs);
        }
        let epoch = nearest(self.sides[dir.index()].epoch, one.epoch);
        let mut reason = if known {
            OpaqueReason::NoKeys
        } else {
            OpaqueReason::Midstream
        };
        if let Some(mut rungs) = self.sides[dir.index()].rungs.take() {
            let numbers = self.sides[dir.index()].numbers(epoch);
            let opened = rungs.open(epoch, |key| key.open(datagram, one, numbers));
            let fresh = opened
                .as_ref()
                .is_ok_and(|opened| numbers.note(opened.number));
            self.sides[dir.index()].rungs = Some(rungs);
            match opened {
                Ok(opened) => {
                    let side = &mut self.sides[dir.index()];
                    side.epoch = side.epoch.max(epoch);
                    if fresh {
                        let early = epoch == EARLY;
                        self.opened(keys, dir, opened.kind, &opened.content, wire, early, out);
                    }
                    return;
                }
                Err(why) => reason = why,
            }
        }
        if reason == OpaqueReason::KeysDoNotFit {
            let detail = || "a record was not opened by the secrets given".to_owned();
            self.odd(dir, Kind::TlsDecryptFailed, detail, out);
        }
        if epoch == HANDSHAKE {
            return out(TlsEvent::Handshake { dir, len: wire });
        }
        if reason != OpaqueReason::KeysDoNotFit {
            // Without keys the bits alone tell.
            let side = &mut self.sides[dir.index()];
            side.epoch = side.epoch.max(epoch);
        }
        if epoch >= TRAFFIC && self.info.stage == Stage::Answered {
            self.info.stage = Stage::Established;
        }
        self.opaque(dir, body, reason, out);
    }

    /// The keys of DTLS 1.3 of one direction.
    fn rungs(&self, keys: &KeyLog, dir: Dir) -> Rungs {
        let mut rungs = Rungs::default();
        let Some((client, server)) = self
            .rounds
            .first()
            .and_then(|round| Some((round.client.as_ref()?, round.server.as_ref()?)))
        else {
            return rungs;
        };
        let suite: Vec<Suite> = Suite::of(server.cipher).into_iter().collect();
        let made = |label, suites: &[Suite]| -> Vec<RecordKey> {
            let secrets = keys.secrets(&client.random, label);
            secrets
                .flat_map(|secret| {
                    suites
                        .iter()
                        .filter_map(|&suite| RecordKey::new(suite, secret))
                })
                .collect()
        };
        let (handshake, traffic) = match self.role(dir) {
            Dir::Client => (Label::ClientHandshake, Label::ClientTraffic),
            Dir::Server => (Label::ServerHandshake, Label::ServerTraffic),
        };
        if self.role(dir) == Dir::Client && client.early_data {
            // The suite of early data is that of the session before.
            rungs.early = made(Label::ClientEarly, &client.modern_suites);
        }
        rungs.handshake = made(handshake, &suite);
        rungs.traffic.insert(TRAFFIC, made(traffic, &suite));
        rungs
    }
}

impl Rungs {
    /// Opens with the keys of an epoch; those of the next one follow from those of the last.
    fn open<T>(
        &mut self,
        epoch: u64,
        mut open: impl FnMut(&RecordKey) -> Option<T>,
    ) -> Result<T, OpaqueReason> {
        let keys = match epoch {
            EARLY => &mut self.early,
            HANDSHAKE => &mut self.handshake,
            _ if self.traffic.contains_key(&epoch) => self.traffic.entry(epoch).or_default(),
            _ => {
                let last = self.traffic.last_key_value();
                let Some((_, keys)) = last.filter(|(&last, _)| last + 1 == epoch) else {
                    return Err(OpaqueReason::AfterGap);
                };
                if keys.is_empty() {
                    return Err(OpaqueReason::NoKeys);
                }
                let mut next = keys.iter().filter_map(RecordKey::next);
                let found = next.find_map(|key| Some((open(&key)?, key)));
                let (opened, key) = found.ok_or(OpaqueReason::KeysDoNotFit)?;
                self.traffic.insert(epoch, vec![key]);
                if self.traffic.len() > 2 {
                    self.traffic.pop_first();
                }
                return Ok(opened);
            }
        };
        if keys.is_empty() {
            return Err(match epoch {
                EARLY => OpaqueReason::NoEarlySecret,
                _ => OpaqueReason::NoKeys,
            });
        }
        for n in 0..keys.len() {
            if let Some(opened) = open(&keys[n]) {
                keys.swap(0, n);
                keys.truncate(1);
                return Ok(opened);
            }
        }
        Err(OpaqueReason::KeysDoNotFit)
    }
}

/// The epoch with these lowest two bits: the highest that is no more than one beyond the present.
fn nearest(now: u64, bits: u64) -> u64 {
    let most = (now + 1).max(TRAFFIC);
    let back = (most & 3).wrapping_sub(bits) & 3;
    most.saturating_sub(back)
        .max(if bits == 0 { 4 } else { bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_bits_name_the_epoch_that_is_near() {
        assert_eq!([1, 2, 3].map(|bits| nearest(0, bits)), [1, 2, 3]);
        assert_eq!([1, 2, 3, 0].map(|bits| nearest(3, bits)), [1, 2, 3, 4]);
        assert_eq!([1, 2, 3, 0].map(|bits| nearest(4, bits)), [5, 2, 3, 4]);
        assert_eq!([1, 2, 3, 0].map(|bits| nearest(7, bits)), [5, 6, 7, 8]);
    }
}
