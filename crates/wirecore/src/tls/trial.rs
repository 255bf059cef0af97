//! How much trying is allowed when records were lost and the next one's number is not known.

use std::ops::RangeInclusive;

/// Most records that a gap is thought to have held; a longer gap is searched this far.
const WINDOW: u64 = 1024;
/// Bytes that may be decrypted in vain at once.
const CREDIT: u64 = 4 << 20;
/// Bytes that may be decrypted in vain for each byte that comes, so that the whole cost stays linear.
const EARNED: u64 = 8;
/// A gap of this many bytes may have held one record more: header, a byte of content, tag.
const SMALLEST_RECORD: u64 = 22;

/// Uncertainty about the number of the next record, and the credit for resolving it.
pub(crate) struct Trial {
    slack: u64,
    credit: u64,
}

impl Trial {
    pub fn new(lost: u64) -> Trial {
        Trial {
            slack: lost.min(WINDOW),
            credit: CREDIT,
        }
    }

    /// True when no record can have been lost.
    pub fn certain(&self) -> bool {
        self.slack == 0
    }

    /// Up to this many records were lost.
    pub fn lost(&mut self, records: u64) {
        self.slack = self.slack.saturating_add(records).min(WINDOW);
    }

    /// A record was opened: its number is known again.
    pub fn settle(&mut self) {
        self.slack = 0;
    }

    /// The numbers that a record may have.
    pub fn numbers(&self, next: u64) -> RangeInclusive<u64> {
        next..=next.saturating_add(self.slack)
    }

    pub fn earn(&mut self, len: usize) {
        self.credit = (self.credit + EARNED * len as u64).min(CREDIT);
    }

    /// False when the credit is used up.
    pub fn spend(&mut self, len: usize) -> bool {
        let cost = len as u64;
        let enough = self.credit >= cost;
        self.credit = self.credit.saturating_sub(cost);
        enough
    }
}

/// The most records that `bytes` missing bytes can have held.
pub(super) fn records_in(bytes: u64) -> u64 {
    bytes / SMALLEST_RECORD + 1
}
