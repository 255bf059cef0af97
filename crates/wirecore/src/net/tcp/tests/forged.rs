//! Segments that lie, ends and begins of connections, and the bounds.

use super::*;

#[test]
fn a_reset_ends_and_a_forged_one_hides_nothing() {
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1001, 5001, b"forbidden word");
    talk.say(Dir::Server, RST | ACK, 5001, 1015, b"");
    assert!(talk.flow.is_closed());
    assert_eq!(talk.flow.state(), "reset");
    // The true server goes on: the reset came from someone between.
    talk.say(Dir::Server, ACK, 5001, 1015, b"answer");
    assert!(!talk.flow.is_closed());
    let (seen, flow) = talk.finish();
    assert_eq!(seen.streams[1], b"answer");
    assert_eq!(flow.state(), "established");

    let mut talk = Talk::open();
    talk.say(Dir::Client, RST, 1001, 0, b"");
    talk.say(Dir::Server, ACK, 5001, 1001, b"under way");
    assert!(
        talk.flow.is_closed(),
        "what was under way does not undo a reset"
    );
    let (seen, flow) = talk.finish();
    assert_eq!(seen.streams[1], b"under way");
    assert_eq!(seen.closed, [Some(Close::Rst); 2]);
    assert_eq!(flow.state(), "reset");
}

#[test]
fn forged_answers_before_the_true_one_hide_nothing() {
    let mut talk = Talk::new();
    talk.say(Dir::Client, SYN, 1000, 0, b"");
    talk.say(Dir::Server, RST | ACK, 77, 1001, b"");
    talk.say(Dir::Server, FIN | ACK, 77, 1001, b"");
    talk.say(Dir::Server, SYN | ACK, 5000, 1001, b"");
    talk.say(Dir::Client, ACK, 1001, 5001, b"question");
    talk.say(Dir::Server, ACK, 5001, 1009, b"answer");
    assert!(!talk.flow.is_closed());
    let (seen, flow) = talk.finish();
    assert_eq!(seen.streams, [b"question".to_vec(), b"answer".to_vec()]);
    assert!(seen.gaps.is_empty());
    assert_eq!(flow.state(), "established");

    let mut talk = Talk::new();
    talk.say(Dir::Client, SYN, 1000, 0, b"");
    talk.say(Dir::Server, ACK, 77, 1001, b"forged ");
    talk.say(Dir::Server, SYN | ACK, 5000, 1001, b"");
    talk.say(Dir::Server, ACK, 5001, 1001, b"true");
    let (seen, _) = talk.finish();
    assert_eq!(seen.streams[1], b"forged true");
    assert_eq!(seen.odds, [Kind::BadHeader]);
}

#[test]
fn of_several_answers_to_a_syn_the_acknowledged_one_counts() {
    let mut talk = Talk::new();
    talk.say(Dir::Client, SYN, 1000, 0, b"");
    talk.say(Dir::Server, SYN | ACK, 5000, 1001, b"");
    talk.say(Dir::Server, SYN | ACK, 3_000_000_000, 1001, b"");
    talk.say(Dir::Client, ACK, 1001, 3_000_000_001, b"question");
    talk.say(Dir::Server, ACK, 3_000_000_001, 1009, b"answer");
    let (seen, _) = talk.finish();
    assert_eq!(seen.streams[1], b"answer");
    assert!(seen.gaps.is_empty() && seen.odds.is_empty());
}

#[test]
fn one_wild_acknowledgement_makes_no_gap() {
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1001, 5001, b"abc");
    talk.say(Dir::Server, ACK, 5001, 1004 + (800 << 20), b"");
    talk.say(Dir::Server, ACK, 5001, 1004, b"answer");
    let (seen, _) = talk.finish();
    assert!(seen.gaps.is_empty());
}

#[test]
fn attempts_are_told_apart() {
    let mut unanswered = Talk::new();
    unanswered.say(Dir::Client, SYN, 1000, 0, b"");
    unanswered.say(Dir::Client, SYN, 1000, 0, b"");
    assert_eq!(unanswered.flow.state(), "unanswered");
    unanswered.flow.refuse();
    assert_eq!(
        unanswered.flow.state(),
        "refused",
        "an ICMP error answered it"
    );

    let mut refused = Talk::new();
    refused.say(Dir::Client, SYN, 1000, 0, b"");
    refused.say(Dir::Server, RST | ACK, 0, 1001, b"");
    assert_eq!(refused.flow.state(), "refused");
}

#[test]
fn a_port_used_again_is_a_new_connection_and_a_repeated_syn_is_not() {
    let syn = |seq| TcpHeader {
        seq,
        flags: SYN,
        ..TcpHeader::default()
    };
    let mut talk = Talk::open();
    assert!(!talk.flow.is_new_connection(Dir::Client, &syn(1000)));
    assert!(talk.flow.is_new_connection(Dir::Client, &syn(9000)));
    talk.say(Dir::Client, ACK | FIN, 1001, 5001, b"");
    talk.say(Dir::Server, ACK | FIN, 5001, 1002, b"");
    assert!(!talk.flow.is_new_connection(Dir::Client, &syn(1000)));
    assert!(talk.flow.is_new_connection(Dir::Client, &syn(9000)));
    assert!(talk.flow.is_new_connection(Dir::Server, &syn(9000)));

    let mut midway = Talk::new();
    midway.say(Dir::Client, ACK, 1001, 5001, b"abc");
    assert!(midway.flow.is_new_connection(Dir::Client, &syn(9000)));
    assert!(!midway.flow.is_new_connection(Dir::Client, &syn(1000)));
}

#[test]
fn data_behind_an_acknowledged_end_is_told_not_read() {
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK | FIN, 1001, 5001, b"abc");
    talk.say(Dir::Server, ACK, 5001, 1005, b"");
    talk.say(Dir::Client, ACK, 1005, 5001, b"hidden");
    let (seen, _) = talk.finish();
    assert_eq!(seen.streams[0], b"abc");
    assert_eq!(seen.closed[0], Some(Close::Fin));
    assert_eq!(seen.odds, [Kind::BadHeader]);
}

#[test]
fn a_forged_end_hides_nothing() {
    // In order: the true data goes on where the forged FIN stood.
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK | FIN, 1001, 5001, b"");
    talk.say(Dir::Client, ACK, 1001, 5001, b"the upload");
    talk.say(Dir::Server, ACK, 5001, 1011, b"");
    talk.say(Dir::Client, ACK | FIN, 1011, 5001, b"");
    talk.say(Dir::Server, ACK, 5001, 1012, b"");
    let (seen, _) = talk.finish();
    assert_eq!(seen.streams[0], b"the upload");
    assert_eq!(seen.closed[0], Some(Close::Fin));
    assert_eq!(seen.odds, [Kind::BadHeader]);
    // Ahead: the true end comes earlier than the forged one.
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK | FIN, 9001, 5001, b"");
    talk.say(Dir::Client, ACK | FIN, 1001, 5001, b"abc");
    let (seen, _) = talk.finish();
    assert_eq!(
        (seen.streams[0].as_slice(), seen.gaps.len()),
        (b"abc".as_slice(), 0)
    );
    // Behind data that already waits.
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1004, 5001, b"def");
    talk.say(Dir::Client, ACK | FIN, 1001, 5001, b"");
    talk.say(Dir::Client, ACK, 1001, 5001, b"abc");
    let (seen, _) = talk.finish();
    assert_eq!(seen.streams[0], b"abcdef");
}

#[test]
fn one_wild_sequence_number_makes_no_gap_and_a_steady_one_does() {
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1001, 5001, b"abc");
    talk.say(Dir::Client, ACK, 1001 + (200 << 20), 5001, b"junk");
    talk.say(Dir::Client, ACK, 1004, 5001, b"def");
    let (seen, _) = talk.finish();
    assert_eq!(seen.streams[0], b"abcdef");
    assert!(seen.gaps.is_empty());
    assert_eq!(seen.odds, [Kind::BadHeader]);

    let mut talk = Talk::open();
    let far = 1001 + (200 << 20);
    talk.say(Dir::Client, ACK, far, 5001, b"abc");
    talk.say(Dir::Client, ACK, far + 3, 5001, b"def");
    let (seen, _) = talk.finish();
    assert_eq!(seen.streams[0], b"def");
    assert_eq!(seen.gaps, [(Dir::Client, 0, (200 << 20) + 3)]);
}

#[test]
fn a_hole_of_three_gigabytes_is_one() {
    let mut talk = Talk::open();
    talk.say(Dir::Client, ACK, 1001, 5001, b"abc");
    let far = 1004u32.wrapping_add(3 << 30);
    for n in 0..3 {
        talk.say(Dir::Client, ACK, far.wrapping_add(n * 3), 5001, b"def");
    }
    let (seen, _) = talk.finish();
    assert_eq!(seen.streams[0], b"abcdefdef");
    assert_eq!(
        seen.gaps,
        [(Dir::Client, 3, (3 << 30) + 3)],
        "the first leap is not believed"
    );
}

#[test]
fn what_waits_is_bounded_for_a_flow_and_for_all() {
    let limits = Limits {
        reorder_bytes: 10_000,
        ..Limits::default()
    };
    let mut talk = Talk::within(&limits);
    talk.say(Dir::Client, SYN, 1000, 0, b"");
    for n in 0..100u32 {
        talk.say(Dir::Client, ACK, 1002 + n * 1000, 0, &[7; 1000]);
        assert!(talk.flow.budget_used() <= 11_500);
    }
    assert_eq!(talk.seen.gaps, [(Dir::Client, 0, 1)]);
    assert_eq!(talk.seen.streams[0].len(), 100_000);
    assert_eq!(talk.seen.odds, [Kind::TcpBufferFull]);

    let limits = Limits {
        reorder_total_bytes: 5_000,
        ..Limits::default()
    };
    let budget = Budget::new(&limits);
    let mut flows: Vec<_> = (0..20).map(|_| TcpFlow::new(&limits, &budget)).collect();
    let mut seen = Record::default();
    for flow in &mut flows {
        for seq in [0, 1002] {
            let tcp = TcpHeader {
                seq,
                flags: if seq == 0 { SYN } else { ACK },
                payload_len: 1000,
                ..TcpHeader::default()
            };
            seen = Record::default();
            let payload: &[u8] = if seq == 0 { b"" } else { &[7; 1000] };
            flow.segment(
                Dir::Client,
                &TcpHeader {
                    payload_len: payload.len() as u32,
                    ..tcp
                },
                payload,
                0,
                &mut seen,
            );
        }
        assert!(budget.used() <= 7_000);
    }
    assert_eq!(seen.odds, [Kind::TcpBufferFull]);
    drop(flows);
    assert_eq!(budget.used(), 0, "dropped flows give back what they held");
}
