//! Hours and days as salts: in, a message's hour; out, the digests of the owner's values with the times that a clock
//! shows then somewhere on Earth, made once and kept from hour to hour.

use rustc_hash::{FxHashMap, FxHashSet};

use super::salted::{digests, Algorithm, Half, Value, HOUR_S, WAYS};

/// Digests with times that are kept for each algorithm, beyond those of one hour.
const KEPT: usize = 1 << 16;
/// Zones of whole hours, in hours east of UTC.
const ZONES: std::ops::RangeInclusive<i64> = -12..=14;

/// A time as a salt, and the hours since 1970 in which somewhere on Earth a clock shows it.
struct TimeSalt {
    text: String,
    hours: std::ops::RangeInclusive<i64>,
}

/// Digests of the values with the times around the hours that occurred, of one algorithm.
#[derive(Default)]
pub(super) struct Times {
    salts: Vec<TimeSalt>,
    /// By digest: value, salt, keyed.
    made: FxHashMap<Half, (u16, u16, bool)>,
    /// Spans whose texts are among the salts.
    hours: FxHashSet<i64>,
    local_hours: FxHashSet<i64>,
    days: FxHashSet<i64>,
}

impl Times {
    /// Adds what is missing for a message of that hour; `false` when that would be more than `left`.
    pub(super) fn prepare(
        &mut self,
        algorithm: Algorithm,
        values: &[Value],
        hour: i64,
        left: &mut u64,
    ) -> bool {
        if self.hours.contains(&hour) {
            return true;
        }
        let one_hours = ZONES.count() * 8 * values.len() * WAYS as usize;
        if self.made.len() > KEPT.max(2 * one_hours) {
            *self = Times::default();
        }
        let from = self.salts.len();
        self.add_hour(hour);
        let work = (self.salts.len() - from) as u64 * values.len() as u64 * WAYS;
        if work > *left {
            *left = 0;
            *self = Times::default();
            return false;
        }
        *left -= work;
        for (place, salt) in (0..).zip(&self.salts).skip(from) {
            digests(
                algorithm,
                values,
                salt.text.as_bytes(),
                &mut |value, keyed, half| {
                    self.made.entry(half).or_insert((value, place, keyed));
                },
            );
        }
        true
    }

    pub(super) fn find(&self, sought: Half, hour: i64) -> Option<(u16, bool, String)> {
        let &(value, salt, keyed) = self.made.get(&sought)?;
        let salt = self.salts.get(usize::from(salt))?;
        // What other hours left here is not this message's time.
        salt.hours
            .contains(&hour)
            .then(|| (value, keyed, salt.text.clone()))
    }

    /// The hour and the day as programs write them, in every zone of whole hours.
    fn add_hour(&mut self, hour: i64) {
        self.hours.insert(hour);
        for number in [hour, hour * HOUR_S, hour * HOUR_S * 1000] {
            self.add(number.to_string(), hour..=hour);
        }
        for local in hour + ZONES.start()..=hour + ZONES.end() {
            let (day, of_day) = (local.div_euclid(24), local.rem_euclid(24));
            let (year, month, date) = civil(day);
            if self.local_hours.insert(local) {
                let shown = local - ZONES.end()..=local - ZONES.start();
                self.add(
                    format!("{year}{month:02}{date:02}{of_day:02}"),
                    shown.clone(),
                );
                self.add(
                    format!("{year}-{month:02}-{date:02} {of_day:02}"),
                    shown.clone(),
                );
                self.add(format!("{year}-{month:02}-{date:02}T{of_day:02}"), shown);
            }
            if self.days.insert(day) {
                let shown = day * 24 - ZONES.end()..=day * 24 + 23 - ZONES.start();
                self.add(format!("{year}{month:02}{date:02}"), shown.clone());
                self.add(format!("{year}-{month:02}-{date:02}"), shown.clone());
                self.add(day.to_string(), shown);
            }
        }
    }

    fn add(&mut self, text: String, hours: std::ops::RangeInclusive<i64>) {
        self.salts.push(TimeSalt { text, hours });
    }
}

/// Year, month and day of a day since 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms").
fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted_month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (day, date) in [
            (0, (1970, 1, 1)),
            (16_272, (2014, 7, 21)),
            (11_016, (2000, 2, 29)),
        ] {
            assert_eq!(civil(day), date);
        }
    }
}
