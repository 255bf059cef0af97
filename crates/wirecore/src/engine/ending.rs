//! The end of a capture: what its packets could not show is said, and its flows become rows.

use super::arrival::fresh_defragmenters;
use super::conversation::end_flow;
use super::{Engine, Rows, PORTION_ROWS};
use crate::anomaly::Kind;
use crate::record::Odd;

impl Engine {
    /// Ends a capture: what the file's packets could not show is said.
    pub fn end_capture(&mut self) {
        let counts = std::mem::take(&mut self.counts);
        let refused = self.shared.keys.refused_private();
        if refused > 0 {
            let detail =
                format!("rsa_operations: {refused} decryptions with private keys were not tried");
            self.odd(
                0,
                Odd {
                    kind: Kind::BoundReached,
                    offset: 0,
                    detail,
                },
            );
        }
        if counts.link_unknown > 0 {
            let detail = format!(
                "{} packets of a link type that is not decoded",
                counts.link_unknown
            );
            self.odd(
                0,
                Odd {
                    kind: Kind::LinkTypeUnknown,
                    offset: 0,
                    detail,
                },
            );
        }
        if counts.cut > 0 {
            let detail = format!("{} packets were cut short by the capture", counts.cut);
            self.odd(
                counts.cut_first,
                Odd {
                    kind: Kind::SnapLength,
                    offset: 0,
                    detail,
                },
            );
        }
        if counts.bad > 0 {
            let detail = format!(
                "{} packets with unreadable headers; the first: {}",
                counts.bad, counts.bad_first.1
            );
            self.odd(
                counts.bad_first.0,
                Odd {
                    kind: Kind::BadHeader,
                    offset: 0,
                    detail,
                },
            );
        }
        let unjoined: u64 = self
            .defragmenters
            .iter()
            .flatten()
            .map(|level| level.unjoined())
            .sum();
        if unjoined > 0 {
            let detail = format!("{unjoined} datagrams whose fragments never came together");
            self.odd(
                0,
                Odd {
                    kind: Kind::Fragment,
                    offset: 0,
                    detail,
                },
            );
        }
        self.defragmenters = fresh_defragmenters(&self.shared.desk.limits);
        for odd in self.pressure.tell() {
            self.odd(0, odd);
        }
    }

    /// After the last capture: secrets that belong to none of its sessions are told, since they open nothing.
    pub fn tell_unused_keys(&mut self) {
        let secrets = self.shared.keys.len();
        if secrets > 0 && !self.shared.keys_met {
            self.odd(
                0,
                Odd {
                    kind: Kind::KeysUnused,
                    offset: 0,
                    detail: format!("{secrets} secrets, none for a session in the captures"),
                },
            );
        }
    }

    /// Ends all flows after a capture; `sink` is given the rows in portions, so that a table of many open flows
    /// does not become as many rows at once.
    pub fn finish(&mut self, sink: &mut dyn FnMut(Rows)) {
        let Engine {
            table,
            shared,
            capture,
            ..
        } = self;
        table.drain(&mut |slot, how| {
            end_flow(slot, how, shared);
            if shared.rows.len() >= PORTION_ROWS {
                sink(std::mem::take(&mut shared.rows));
            }
        });
        shared.tell_tried(*capture);
        sink(std::mem::take(&mut shared.rows));
    }
}
