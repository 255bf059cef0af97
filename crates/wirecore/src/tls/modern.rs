//! Reading one protected direction of TLS 1.3: which secret, which record number.
//!
//! The keys form a ladder (early, handshake, application). Where it is not certain which rung a record stands on (early
//! data may have been rejected, a Finished may be missing) the rungs above are tried too: an AEAD admits no wrong answer.

use super::modern_cipher::TrafficKey;
use super::trial::Trial;
use crate::anomaly::OpaqueReason;

/// A rung of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Epoch {
    Early,
    Handshake,
    Application,
}

/// An opened record.
pub(super) struct Opened {
    /// Inner content type.
    pub kind: u8,
    /// Bytes of content at the body's begin.
    pub len: usize,
    pub early: bool,
}

/// Why a record was not opened.
pub(super) enum Unread {
    Opaque(OpaqueReason),
    /// The handshake's secret was not given, but that of the data after it.
    Handshake,
}

/// Keys by rung; several of one rung where the log names several or the suite is not known.
pub(super) type Rungs = [Vec<TrafficKey>; 3];

/// One direction's reader.
pub(super) struct Modern {
    rungs: Rungs,
    epoch: Epoch,
    seq: u64,
    /// The first key of this rung has opened a record.
    proven: bool,
    gap: bool,
    trial: Trial,
}

impl Modern {
    /// `lost`: how many records at most were missed since encryption began.
    pub fn new(rungs: Rungs, epoch: Epoch, lost: u64) -> Modern {
        Modern {
            rungs,
            epoch,
            seq: 0,
            proven: false,
            gap: lost > 0,
            trial: Trial::new(lost),
        }
    }

    /// Opens one record's body in place.
    pub fn open(&mut self, header: [u8; 5], body: &mut [u8]) -> Result<Opened, Unread> {
        self.trial.earn(body.len());
        if self.proven && self.trial.certain() && self.epoch != Epoch::Early {
            let key = &self.rungs[self.epoch as usize][0];
            if let Some((kind, len)) = key.open(self.seq, header, body) {
                self.seq += 1;
                return Ok(Opened {
                    kind,
                    len,
                    early: false,
                });
            }
            self.trial.lost(1);
            return Err(Unread::Opaque(OpaqueReason::KeysDoNotFit));
        }
        self.try_all(header, body).ok_or_else(|| {
            let reason = self.reason();
            if self.proven || self.gap {
                self.trial.lost(1);
            }
            reason
        })
    }

    fn try_all(&mut self, header: [u8; 5], body: &mut [u8]) -> Option<Opened> {
        let sealed = body.to_vec();
        // After a gap a key update may be among what is missing.
        let update = if self.epoch == Epoch::Application && !self.trial.certain() {
            self.rungs[2].first().and_then(TrafficKey::next)
        } else {
            None
        };
        for epoch in [Epoch::Early, Epoch::Handshake, Epoch::Application] {
            if epoch < self.epoch {
                continue;
            }
            let next = if epoch == self.epoch { self.seq } else { 0 };
            for (i, key) in self.rungs[epoch as usize].iter().enumerate() {
                for seq in self.trial.numbers(next) {
                    if !self.trial.spend(sealed.len()) {
                        return None;
                    }
                    body.copy_from_slice(&sealed);
                    if let Some((kind, len)) = key.open(seq, header, body) {
                        let rung = &mut self.rungs[epoch as usize];
                        rung.swap(0, i);
                        rung.truncate(1);
                        return Some(self.opened(epoch, seq, kind, len));
                    }
                }
            }
        }
        let update = update?;
        for seq in self.trial.numbers(0) {
            if !self.trial.spend(sealed.len()) {
                return None;
            }
            body.copy_from_slice(&sealed);
            if let Some((kind, len)) = update.open(seq, header, body) {
                self.rungs[2] = vec![update];
                return Some(self.opened(Epoch::Application, seq, kind, len));
            }
        }
        None
    }

    fn opened(&mut self, epoch: Epoch, seq: u64, kind: u8, len: usize) -> Opened {
        self.epoch = epoch;
        self.seq = seq + 1;
        self.proven = true;
        self.trial.settle();
        Opened {
            kind,
            len,
            early: epoch == Epoch::Early,
        }
    }

    fn reason(&self) -> Unread {
        let none = |epoch: Epoch| self.rungs[epoch as usize].is_empty();
        let reason = match self.epoch {
            Epoch::Early if none(Epoch::Early) => OpaqueReason::NoEarlySecret,
            _ if self.gap => OpaqueReason::AfterGap,
            Epoch::Handshake if none(Epoch::Handshake) => return Unread::Handshake,
            epoch if none(epoch) => OpaqueReason::NoKeys,
            _ => OpaqueReason::KeysDoNotFit,
        };
        Unread::Opaque(reason)
    }

    /// A Finished or EndOfEarlyData was read: the next rung begins with record number 0.
    pub fn advance(&mut self, from: Epoch) {
        if self.epoch == from && from != Epoch::Application {
            self.epoch = if from == Epoch::Early {
                Epoch::Handshake
            } else {
                Epoch::Application
            };
            self.seq = 0;
            self.proven = false;
        }
    }

    /// A KeyUpdate was read: the next generation begins with record number 0.
    pub fn update(&mut self) {
        let next = self.rungs[self.epoch as usize]
            .first()
            .and_then(TrafficKey::next);
        if let Some(next) = next.filter(|_| self.epoch == Epoch::Application) {
            self.rungs[2] = vec![next];
            self.seq = 0;
        }
    }

    /// Up to this many records are missing from the capture.
    pub fn lost(&mut self, records: u64) {
        self.gap = true;
        self.trial.lost(records);
    }
}
