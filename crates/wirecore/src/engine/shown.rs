//! What of a message's own text may stand in a table: tables hold facts by number, never a private value.
//!
//! In: text of the traffic. Out: the same with `*` where a value stood. The bytes themselves are untouched:
//! `show` derives them again from the capture.

use crate::inspect::{FoundHit, Inspector};
use crate::record::Step;

/// A request target as a table may hold it: the path, and the names of the parameters.
///
/// Every parameter's value is left out, whether anybody knows it or not. A path in which a fact was found, in
/// whatever encoding (`hits` are those of the target), is left out whole.
pub(super) fn shown_target(target: &str, hits: &[FoundHit], inspector: &Inspector) -> String {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let told = hits
        .iter()
        .any(|hit| !hit.detector && hit.place == "target" && in_path(hit, path.len() as u64));
    let mut shown = if told {
        "/*".to_owned()
    } else {
        shown_text(path, inspector)
    };
    let Some(query) = query else { return shown };
    shown.push('?');
    for (number, pair) in query.split('&').enumerate() {
        if number > 0 {
            shown.push('&');
        }
        match pair.split_once('=') {
            Some((name, _)) => {
                shown.push_str(&shown_text(name, inspector));
                shown.push_str("=*");
            }
            None if pair.is_empty() => {}
            None => shown.push('*'),
        }
    }
    shown
}

/// Whether a finding in a target stands in its path: its first step, or else the finding itself, begins there.
fn in_path(hit: &FoundHit, path_bytes: u64) -> bool {
    begins(hit) < path_bytes
}

/// Where in its place a finding begins.
pub(super) fn begins(hit: &FoundHit) -> u64 {
    hit.steps.first().map_or(hit.start, |step| step.start)
}

/// A text with a `*` for each form of a fact in it.
pub(super) fn shown_text(text: &str, inspector: &Inspector) -> String {
    inspector
        .without_facts(text)
        .unwrap_or_else(|| text.to_owned())
}

/// Steps whose paths name no fact: a member of `{"490154203237518": ...}` is `/*`. Ranges lead the way, so that
/// they derive the same bytes.
pub(super) fn shown_steps(mut steps: Vec<Step>, inspector: &Inspector) -> Vec<Step> {
    for step in &mut steps {
        if let Some(shown) = inspector.without_facts(&step.path) {
            step.path = shown;
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::inspect::Watch;
    use crate::limits::Limits;
    use crate::record::Window;
    use crate::scan::needles::{Needles, Plain};
    use crate::unwrap::Keys;

    const IMEI: &str = "490154203237518";

    fn inspector() -> Inspector {
        let form = Plain {
            needle: 0,
            bytes: IMEI.as_bytes().to_vec(),
            whole_token: false,
        };
        let needles = Needles::compile(vec![form], vec![], vec![]).expect("a form that fits");
        let watch = Watch::new(needles, vec![0], vec![]).expect("one fact");
        Inspector::new(
            Arc::new(watch),
            Arc::new(Keys::default()),
            &Limits::default(),
        )
    }

    fn hit(start: u64, end: u64) -> FoundHit {
        FoundHit {
            needle: 0,
            detector: false,
            place: "target".to_owned(),
            steps: vec![],
            start,
            end,
            digest: "",
            window: Window::default(),
        }
    }

    #[test]
    fn values_of_parameters_stay_out_of_the_table_and_their_names_stay_in() {
        let shown = |target: &str| shown_target(target, &[], &inspector());
        assert_eq!(
            shown("/check?imei=490154203237518&v=2"),
            "/check?imei=*&v=*"
        );
        assert_eq!(shown("/check?490154203237518"), "/check?*");
        assert_eq!(shown("/check?490154203237518=1&&x"), "/check?*=*&&*");
        assert_eq!(shown("/plain/path"), "/plain/path");
        assert_eq!(shown(""), "");
    }

    #[test]
    fn a_path_that_holds_a_fact_is_left_out() {
        let inspector = inspector();
        // Seen as it stands, without any hit (another device's request is not inspected) ...
        assert_eq!(
            shown_target("/d/490154203237518/up", &[], &inspector),
            "/d/*/up"
        );
        // ... and in an encoding, where only the hit knows.
        assert_eq!(
            shown_target("/d/NDkwMTU0?a=1", &[hit(3, 11)], &inspector),
            "/*?a=*"
        );
        // A fact in the query says nothing about the path.
        assert_eq!(
            shown_target("/d/x?a=490154203237518", &[hit(7, 22)], &inspector),
            "/d/x?a=*"
        );
    }
}
