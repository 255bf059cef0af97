//! Which minute of a flow is being counted. Times in, the spans between two rows out.

const MINUTE_NS: i64 = 60_000_000_000;

/// The minute that the last packet lay in. Time that runs backwards stays in it.
#[derive(Default)]
pub(super) struct Minutes {
    start: i64,
    begun: u32,
    told: [u64; 2],
}

impl Minutes {
    /// True when a packet of that time belongs to another minute.
    pub fn is_over(&self, now: i64) -> bool {
        self.begun == 0 || now.saturating_sub(self.start) >= MINUTE_NS
    }

    pub fn begin(&mut self, now: i64) {
        self.start = now - now.rem_euclid(MINUTE_NS);
        self.begun = self.begun.saturating_add(1);
    }

    pub fn start(&self) -> i64 {
        self.start
    }

    /// True when packets lay in more than one minute: the flow's own times do not say when its bytes went.
    pub fn are_several(&self) -> bool {
        self.begun > 1
    }

    /// The bytes since this was last asked, of running totals.
    pub fn since_told(&mut self, total: [u64; 2]) -> [u64; 2] {
        let since = [0, 1].map(|at: usize| total[at].saturating_sub(self.told[at]));
        self.told = total;
        since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_belong_to_the_minute_of_their_packet_and_add_up() {
        let mut minutes = Minutes::default();
        assert!(minutes.is_over(-1), "nothing was begun");
        minutes.begin(61 * 1_000_000_000);
        assert_eq!((minutes.start(), minutes.are_several()), (MINUTE_NS, false));
        assert!(!minutes.is_over(2 * MINUTE_NS - 1) && !minutes.is_over(5));
        assert!(minutes.is_over(2 * MINUTE_NS));
        assert_eq!(minutes.since_told([5, 7]), [5, 7]);
        minutes.begin(2 * MINUTE_NS);
        assert_eq!(minutes.since_told([6, 7]), [1, 0]);
        assert!(minutes.are_several());
    }

    #[test]
    fn times_before_1970_have_minutes_too() {
        let mut minutes = Minutes::default();
        minutes.begin(-1);
        assert_eq!(minutes.start(), -MINUTE_NS);
    }
}
