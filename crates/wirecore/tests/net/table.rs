//! Stories of the table of flows.

use wirecore::limits::Limits;
use wirecore::net::{Ended, FlowTable, Seen, Slot, Tuple};
use wirecore::record::Dir;

use crate::wire::*;

const SECOND: i64 = 1_000_000_000;

fn seen(sport: u16, dport: u16, proto: u8, number: u64, ts_ns: i64) -> Seen {
    Seen {
        tuple: Tuple {
            src: PHONE,
            dst: CLOUD,
            sport,
            dport,
            proto,
        },
        number,
        ts_ns,
        syn: None,
    }
}

fn back(mut seen: Seen) -> Seen {
    seen.tuple = seen.tuple.reversed();
    seen
}

/// Visits and gives who sent, the flow's id, and what ended.
fn visit(table: &mut FlowTable<u32>, seen: &Seen) -> (Dir, String, Vec<(String, Ended)>) {
    let mut ended = Vec::new();
    let (dir, slot) = table.visit(seen, |_| 0, &mut |slot: Slot<u32>, why| {
        ended.push((slot.id(), why));
    });
    slot.value += 1;
    (dir, slot.id(), ended)
}

#[test]
fn both_directions_are_one_flow_and_the_opener_is_the_client() {
    let mut table = FlowTable::new(&Limits::default());
    let first = visit(&mut table, &seen(40_000, 443, 6, 1, 0));
    let second = visit(&mut table, &back(seen(40_000, 443, 6, 2, 1)));
    assert_eq!((first.0, second.0), (Dir::Client, Dir::Server));
    assert_eq!(first.1, second.1);
    assert_eq!(table.len(), 1);
}

#[test]
fn who_is_the_client_when_the_opening_was_not_captured() {
    let client = |seen: Seen| {
        let mut table = FlowTable::new(&Limits::default());
        table.visit(&seen, |_| (), &mut |_, _| {}).1.tuple.src
    };
    assert_eq!(
        client(back(seen(40_000, 53, 17, 1, 0))),
        PHONE,
        "an answer from a service's port"
    );
    assert_eq!(client(back(seen(40_000, 8443, 6, 1, 0))), PHONE);
    assert_eq!(
        client(back(seen(40_000, 41_000, 6, 1, 0))),
        CLOUD,
        "no port tells: the first sender"
    );
    assert_eq!(client(seen(443, 40_000, 6, 1, 0)), CLOUD);
    assert_eq!(
        client(Seen {
            syn: Some(false),
            ..seen(443, 40_000, 6, 1, 0)
        }),
        PHONE,
        "a SYN tells"
    );
    assert_eq!(
        client(Seen {
            syn: Some(true),
            ..seen(40_000, 41_000, 6, 1, 0)
        }),
        CLOUD
    );
}

#[test]
fn idle_flows_end_and_the_next_one_has_the_next_ordinal() {
    let mut table = FlowTable::new(&Limits::default());
    let (_, first, _) = visit(&mut table, &seen(5000, 443, 17, 1, 0));
    let (_, same, ended) = visit(&mut table, &seen(5000, 443, 17, 2, 170 * SECOND));
    assert!(same == first && ended.is_empty());
    let (_, next, ended) = visit(&mut table, &seen(5000, 443, 17, 3, 400 * SECOND));
    assert_eq!(ended, [(first.clone(), Ended::Idle)]);
    assert!(first.ends_with("#0") && next.ends_with("#1"));
}

#[test]
fn a_push_connection_survives_its_silence_and_a_closed_one_lingers() {
    let mut table = FlowTable::new(&Limits::default());
    visit(&mut table, &seen(5000, 5228, 6, 1, 0));
    let (_, _, ended) = visit(&mut table, &seen(5000, 5228, 6, 2, 1800 * SECOND));
    assert!(ended.is_empty(), "half an hour between heartbeats");
    let (_, slot) = table.find(&seen(5000, 5228, 6, 0, 0).tuple).expect("open");
    slot.closed = true;
    let (_, _, ended) = visit(&mut table, &back(seen(5000, 5228, 6, 3, 1830 * SECOND)));
    assert!(ended.is_empty(), "a late copy belongs to the old flow");
    let (_, id, ended) = visit(&mut table, &seen(5000, 5228, 6, 4, 2000 * SECOND));
    assert_eq!(ended.len(), 1);
    assert!(id.ends_with("#1"));
}

#[test]
fn a_port_used_again_replaces_the_flow() {
    let mut table = FlowTable::new(&Limits::default());
    visit(&mut table, &seen(5000, 443, 6, 1, 0));
    let mut ended = Vec::new();
    let again = seen(5000, 443, 6, 2, 1);
    let (_, slot) = table.restart(&again, |_| 7, &mut |slot, why| {
        ended.push((slot.ordinal, why));
    });
    assert_eq!((slot.ordinal, slot.value, slot.first_packet), (1, 7, 2));
    assert_eq!(ended, [(0, Ended::Replaced)]);
    assert_eq!(table.len(), 1);
}

#[test]
fn beyond_the_bound_the_longest_idle_flows_end_first() {
    let limits = Limits {
        open_flows: 100,
        ..Limits::default()
    };
    let mut table = FlowTable::new(&limits);
    let mut ended = Vec::new();
    for n in 0..1_000u16 {
        let (_, _, gone) = visit(
            &mut table,
            &seen(5_000 + n, 443, 6, u64::from(n) + 1, i64::from(n)),
        );
        ended.extend(gone);
        assert!(table.len() <= 100);
    }
    assert!(ended.iter().all(|(_, why)| *why == Ended::Pressure));
    let mut rest = Vec::new();
    table.drain(&mut |slot, why| rest.push((slot.first_packet, why)));
    assert_eq!(ended.len() + rest.len(), 1_000);
    assert!(
        rest.is_sorted_by_key(|r| r.0),
        "told in the order in which they began"
    );
    assert_eq!(rest.last(), Some(&(1_000, Ended::CaptureEnd)));
}

#[test]
fn beyond_the_weight_the_longest_idle_flows_that_hold_much_end_first() {
    let mut table: FlowTable<u16> = FlowTable::new(&Limits::default());
    for n in 0..100u16 {
        let packet = seen(5_000 + n, 443, 6, u64::from(n) + 1, i64::from(n));
        table.visit(&packet, |_| n, &mut |_, _| {});
    }
    let weight = |n: &u16| if n % 2 == 0 { 10_000 } else { 100 };
    let mut ended = Vec::new();
    let mut lighten = |table: &mut FlowTable<u16>, bound| {
        table.lighten(bound, weight, &mut |slot, why| {
            ended.push((slot.value, why));
        })
    };
    let held = lighten(&mut table, 1 << 20);
    assert!(held > 505_000, "what the flows hold, and the table");
    assert_eq!(lighten(&mut table, held), held);
    let left = lighten(&mut table, held - 1);
    assert!(left <= held / 4 * 3 && left > held / 2);
    assert_eq!(table.len(), 100 - (held - left) / 10_000);
    let longest_idle: Vec<_> = (0..ended.len() as u16)
        .map(|n| (2 * n, Ended::Weight))
        .collect();
    assert!(!ended.is_empty());
    assert_eq!(ended, longest_idle);
}

#[test]
fn ids_stay_unique_when_more_tuples_come_than_are_remembered() {
    let limits = Limits {
        open_flows: 64,
        ..Limits::default()
    };
    let mut table: FlowTable<()> = FlowTable::new(&limits);
    let mut ordinals = Vec::new();
    let watched = seen(1, 443, 6, 1, 0);
    for round in 0..3u32 {
        let (_, slot) = table.restart(&watched, |_| (), &mut |_, _| {});
        ordinals.push(slot.ordinal);
        for n in 0..300_000u32 {
            let mut other = seen((n % 60_000) as u16 + 2, 443, 6, 1, 0);
            other.tuple.proto = 100 + (n / 60_000) as u8 + 10 * round as u8;
            table.visit(&other, |_| (), &mut |_, _| {});
        }
    }
    let mut unique = ordinals.clone();
    unique.sort_unstable();
    unique.dedup();
    assert_eq!(unique.len(), 3, "{ordinals:?}");
}

#[test]
fn clocks_that_run_backwards_end_nothing() {
    let mut table = FlowTable::new(&Limits::default());
    visit(&mut table, &seen(5000, 443, 17, 1, 900 * SECOND));
    let (_, _, ended) = visit(&mut table, &seen(5000, 443, 17, 2, i64::MIN));
    assert!(ended.is_empty());
}
