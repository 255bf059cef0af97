//! The bound on what all open flows hold together: bytes and flows in; when to weigh, and what was closed early, out.
//!
//! Weighing walks over all open flows, so it waits until so much was fed that the bound may be near.

use crate::anomaly::Kind;
use crate::limits::Limits;
use crate::net::flows::Ended;
use crate::record::Odd;

/// What a flow that begins may come to hold without another byte.
const FLOW_BYTES: usize = 1 << 10;

/// How near the bound may be, and which flows it cost.
pub(super) struct Pressure {
    bound: usize,
    /// Bytes that may be fed before the flows are weighed.
    left: usize,
    /// Flows that were closed though they had not ended: for their number, for what all held.
    early: [u64; 2],
}

impl Pressure {
    pub fn new(limits: &Limits) -> Self {
        let bound = limits.open_state_bytes;
        Pressure {
            bound,
            left: bound / 4,
            early: [0; 2],
        }
    }

    /// A payload of so many bytes came.
    #[inline]
    pub fn feed(&mut self, bytes: usize) {
        self.left = self.left.saturating_sub(bytes);
    }

    /// A flow began.
    pub fn begin_flow(&mut self) {
        self.feed(FLOW_BYTES);
    }

    /// The bound, when it is time to weigh.
    #[inline]
    pub fn due(&self) -> Option<usize> {
        (self.left == 0).then_some(self.bound)
    }

    /// So much is held now.
    pub fn weighed(&mut self, held: usize) {
        self.left = self.bound.saturating_sub(held).max(self.bound / 4);
    }

    /// A flow left the table.
    pub fn ended(&mut self, how: Ended, closed: bool) {
        match how {
            Ended::Pressure if !closed => self.early[0] += 1,
            Ended::Weight if !closed => self.early[1] += 1,
            _ => {}
        }
    }

    /// What is to be said of the flows that were closed early since this was last asked.
    pub fn tell(&mut self) -> impl Iterator<Item = Odd> {
        let early = std::mem::take(&mut self.early);
        ["open_flows", "open_state_bytes"]
            .into_iter()
            .zip(early)
            .filter(|(_, flows)| *flows > 0)
            .map(|(bound, flows)| Odd {
                kind: Kind::BoundReached,
                offset: 0,
                detail: format!("{bound}: {flows} flows were closed before their end"),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_time_to_weigh_when_the_bound_may_be_near() {
        let limits = Limits {
            open_state_bytes: 64 << 10,
            ..Limits::default()
        };
        let mut pressure = Pressure::new(&limits);
        assert_eq!(pressure.due(), None);
        (0..16).for_each(|_| pressure.begin_flow());
        assert_eq!(pressure.due(), Some(64 << 10));
        pressure.weighed(10 << 10);
        pressure.feed((54 << 10) - 1);
        assert_eq!(pressure.due(), None);
        pressure.feed(1);
        assert!(pressure.due().is_some());
        pressure.weighed(1 << 20);
        assert_eq!(pressure.due(), None, "a quarter may come in between");
    }

    #[test]
    fn only_flows_that_had_not_ended_are_told() {
        let mut pressure = Pressure::new(&Limits::default());
        pressure.ended(Ended::Pressure, true);
        pressure.ended(Ended::Idle, false);
        pressure.ended(Ended::CaptureEnd, false);
        assert_eq!(pressure.tell().count(), 0);
        pressure.ended(Ended::Pressure, false);
        pressure.ended(Ended::Weight, false);
        let told: Vec<_> = pressure.tell().map(|odd| odd.detail).collect();
        assert_eq!(
            told,
            [
                "open_flows: 1 flows were closed before their end",
                "open_state_bytes: 1 flows were closed before their end"
            ]
        );
        assert_eq!(pressure.tell().count(), 0, "each is told once");
    }
}
