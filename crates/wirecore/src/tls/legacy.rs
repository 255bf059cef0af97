//! Reading one protected direction up to TLS 1.2: which key, which record number, and inflation.

use std::ops::Range;

use flate2::{Decompress, FlushDecompress, Status};

use super::legacy_cipher::{Head, LegacyCipher};
use super::trial::Trial;
use super::MAX_BODY;
use crate::anomaly::OpaqueReason;

/// One direction's reader. Several candidates until one of them has opened a record.
pub(super) struct Legacy {
    candidates: Vec<LegacyCipher>,
    seq: u64,
    proven: bool,
    /// A part of the stream was missing at some time.
    gap: bool,
    trial: Trial,
    inflate: Option<Decompress>,
    /// A record was not opened: compression lacks its history from there on.
    incomplete: bool,
}

impl Legacy {
    /// `lost`: how many records at most were missed since encryption began. `compressed`: RFC 3749.
    pub fn new(mut candidates: Vec<LegacyCipher>, lost: u64, compressed: bool) -> Legacy {
        if lost > 0 {
            for cipher in &mut candidates {
                cipher.skip(0, None);
            }
        }
        let inflate = compressed.then(|| Decompress::new(true));
        Legacy {
            candidates,
            seq: 0,
            proven: false,
            gap: lost > 0,
            trial: Trial::new(lost),
            inflate,
            incomplete: lost > 0,
        }
    }

    /// Opens one record's body in place; where the content lies in it.
    pub fn open(&mut self, header: [u8; 5], body: &mut [u8]) -> Result<Range<usize>, OpaqueReason> {
        self.trial.earn(body.len());
        if self.proven && self.trial.certain() {
            if let Some(range) = self.candidates[0].open(Head::of(self.seq, header), body) {
                self.seq += 1;
                return Ok(range);
            }
            self.skip(body.len(), None);
            return Err(OpaqueReason::KeysDoNotFit);
        }
        let sealed = body.to_vec();
        for (i, cipher) in self.candidates.iter_mut().enumerate() {
            for seq in self.trial.numbers(self.seq) {
                if !self.trial.spend(sealed.len()) {
                    break;
                }
                body.copy_from_slice(&sealed);
                let Some(range) = cipher.open(Head::of(seq, header), body) else {
                    continue;
                };
                self.candidates.swap(0, i);
                self.candidates.truncate(1);
                self.seq = seq + 1;
                self.proven = true;
                self.trial.settle();
                return Ok(range);
            }
        }
        self.skip(sealed.len(), Some(&sealed));
        Err(self.reason())
    }

    fn reason(&self) -> OpaqueReason {
        if self.gap {
            OpaqueReason::AfterGap
        } else {
            OpaqueReason::KeysDoNotFit
        }
    }

    /// A record of this many body bytes was not opened.
    pub fn skip(&mut self, body_len: usize, body: Option<&[u8]>) {
        self.candidates
            .iter_mut()
            .for_each(|c| c.skip(body_len, body));
        self.incomplete = true;
        if self.proven || self.gap {
            self.trial.lost(1);
        }
    }

    /// Up to this many records are missing from the capture.
    pub fn lost(&mut self, records: u64) {
        self.gap = true;
        self.incomplete = true;
        for cipher in &mut self.candidates {
            cipher.skip(0, None);
        }
        self.trial.lost(records);
    }

    /// The content of an opened record before compression; None when it was not compressed.
    pub fn inflate(&mut self, content: &[u8]) -> Option<Result<Vec<u8>, OpaqueReason>> {
        let inflate = self.inflate.as_mut()?;
        if self.incomplete {
            return Some(Err(OpaqueReason::AfterGap));
        }
        let before = inflate.total_in();
        let mut plain = Vec::with_capacity(MAX_BODY);
        let status = inflate.decompress_vec(content, &mut plain, FlushDecompress::Sync);
        let whole = inflate.total_in() - before == content.len() as u64;
        Some(match status {
            Ok(Status::Ok | Status::StreamEnd | Status::BufError) if whole => Ok(plain),
            _ => Err(OpaqueReason::Coding),
        })
    }
}
