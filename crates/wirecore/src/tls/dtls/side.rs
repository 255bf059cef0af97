//! One direction of a DTLS connection: its epochs and their keys, which records came already, what waits.

use std::collections::BTreeMap;

use super::flight::Flight;
use super::keys::RecordKey;
use crate::anomaly::{Kind, OpaqueReason};
use crate::net::Numbers;
use crate::tls::legacy_cipher::{Head, LegacyCipher};

/// Epochs that are remembered: the present one and what comes late of the one before.
const EPOCHS: usize = 4;

/// How the records of one epoch up to DTLS 1.2 are protected.
pub(super) enum Protection {
    /// Several until one of them has opened a record.
    Legacy(Vec<LegacyCipher>),
    /// Integrity only: this many bytes of MAC at each record's end.
    Null(usize),
    Blind(OpaqueReason),
}

/// The keys of DTLS 1.3, by what they are for; several where the log names several or the suite is not known.
#[derive(Default)]
pub(super) struct Rungs {
    pub early: Vec<RecordKey>,
    pub handshake: Vec<RecordKey>,
    /// By epoch, 3 and more; the last two.
    pub traffic: BTreeMap<u64, Vec<RecordKey>>,
}

/// One direction.
#[derive(Default)]
pub(super) struct Side {
    pub flight: Flight,
    epochs: BTreeMap<u64, Protection>,
    numbers: BTreeMap<u64, Numbers>,
    pub rungs: Option<Rungs>,
    /// The highest epoch of which a record was opened (DTLS 1.3).
    pub epoch: u64,
    /// Length of the connection ids that it wants in what is sent to it.
    pub id_len: u8,
    /// Which of the rounds it is at.
    pub round: usize,
    /// Messages by their numbers, where a master secret may be made of them.
    pub log: BTreeMap<u16, Vec<u8>>,
    /// Number of its last hello, and of the message that ends what is hashed.
    pub hello: Option<u16>,
    pub last: Option<u16>,
    /// Records that wait for the hellos.
    pub held: Vec<Vec<u8>>,
    /// Something came that they may have waited for.
    pub woken: bool,
    /// Nothing is waited for any more.
    pub ended: bool,
    pub finished: bool,
    pub taken: u64,
    /// Kinds of odd things already told of.
    pub told: Vec<Kind>,
}

impl Side {
    pub fn held_bytes(&self) -> usize {
        let log = self.log.values().map(Vec::capacity);
        let held = self.held.iter().map(Vec::capacity);
        self.flight.held() + log.chain(held).sum::<usize>()
    }

    pub fn knows(&self, epoch: u64) -> bool {
        self.epochs.contains_key(&epoch)
    }

    pub fn enter(&mut self, epoch: u64, protection: Protection) {
        if self.epochs.len() >= EPOCHS {
            self.epochs.pop_first();
        }
        self.epochs.insert(epoch, protection);
    }

    /// The keys of an epoch and the numbers of its records.
    pub fn epoch(&mut self, epoch: u64) -> Option<(&mut Protection, &mut Numbers)> {
        if self.numbers.len() >= EPOCHS && !self.numbers.contains_key(&epoch) {
            self.numbers.pop_first();
        }
        let numbers = self.numbers.entry(epoch).or_default();
        Some((self.epochs.get_mut(&epoch)?, numbers))
    }

    /// The numbers of the records of an epoch.
    pub fn numbers(&mut self, epoch: u64) -> &mut Numbers {
        if self.numbers.len() >= EPOCHS && !self.numbers.contains_key(&epoch) {
            self.numbers.pop_first();
        }
        self.numbers.entry(epoch).or_default()
    }
}

/// Opens a record with the first cipher that fits, which is the only one from then on.
pub(super) fn open(
    ciphers: &mut Vec<LegacyCipher>,
    head: Head<'_>,
    body: &[u8],
) -> Result<Vec<u8>, OpaqueReason> {
    for n in 0..ciphers.len() {
        let mut plain = body.to_vec();
        if let Some(range) = ciphers[n].open(head, &mut plain) {
            ciphers.swap(0, n);
            ciphers.truncate(1);
            return Ok(plain.get(range).unwrap_or_default().to_vec());
        }
    }
    Err(OpaqueReason::KeysDoNotFit)
}
