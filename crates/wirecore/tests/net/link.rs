//! Stories of link layers, IP headers, tunnels, ICMP and the names of conversations.

use std::net::IpAddr;

use wirecore::net::{
    community_id, parse_icmp, parse_ip, parse_link, parse_tcp, parse_udp, Packet, Parsed, Tuple,
};

use crate::wire::*;

fn segment() -> Vec<u8> {
    ip(PHONE, CLOUD, 6, &tcp(4000, 443, ACK, 1, 1, b"hello"))
}

fn payload_of(link: u16, frame: &[u8]) -> Option<Vec<u8>> {
    let packet = parse_link(link, frame).packet()?;
    parse_tcp(&packet).ok().map(|(_, payload)| payload.to_vec())
}

#[test]
fn every_link_type_finds_the_same_packet() {
    let packet = segment();
    let with = |head: &[u8]| [head, &packet].concat();
    let macs = [0u8; 12];
    let cases: Vec<(u16, Vec<u8>)> = vec![
        (1, ethernet(&packet)),
        (1, with(&[&macs[..], &[0x81, 0, 0, 5, 8, 0]].concat())),
        (
            1,
            with(&[&macs[..], &[0x88, 0xa8, 0, 5, 0x81, 0, 0, 6, 8, 0]].concat()),
        ),
        (
            1,
            with(&[&macs[..], &[0x88, 0x47, 0, 1, 0, 9, 0, 1, 1, 9]].concat()),
        ),
        (
            1,
            with(&[&macs[..], &[0x88, 0x64, 0x11, 0, 0, 1, 0, 47, 0, 0x21]].concat()),
        ),
        (
            1,
            with(&[&macs[..], &[0, 60, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0]].concat()),
        ),
        (
            1,
            with(&[&macs[..], &[0x89, 0x4f, 0, 6, 1, 1, 0, 0, 1, 2], &[0; 16]].concat()),
        ),
        (12, packet.clone()),
        (14, packet.clone()),
        (101, packet.clone()),
        (228, packet.clone()),
        (0, with(&[2, 0, 0, 0])),
        (0, with(&[0, 0, 0, 2])),
        (108, with(&[0, 0, 0, 2])),
        (
            113,
            with(&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 0x23, 0, 0, 8, 0]),
        ),
        (
            276,
            with(&[
                8, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 6, 2, 0, 0, 0, 0, 0x23, 0, 0,
            ]),
        ),
        (9, with(&[0xff, 3, 0, 0x21])),
        (9, with(&[0x21])),
        (104, with(&[0x0f, 0, 8, 0])),
        (
            239,
            with(&[
                2, 0, 0, 9, 8, 0, 1, 0, 8, 0, 3, 0, 5, 0, 10, 0, 0, 0, 0, 0, 49, 0, 9, 0,
            ]),
        ),
        (
            239,
            with(&[2, 0, 0, 9, 0, 8, 0, 1, 8, 0, 3, 0, 0, 49, 0, 9]),
        ),
        (
            192,
            [&[0, 0, 8, 0, 1, 0, 0, 0][..], &ethernet(&packet)].concat(),
        ),
        (50, with(&[0xff, 3, 0, 0x21])),
    ];
    for (link, frame) in cases {
        assert_eq!(
            payload_of(link, &frame).as_deref(),
            Some(b"hello".as_slice()),
            "link {link} {frame:02x?}"
        );
        for cut in 0..frame.len() {
            let _ = parse_link(link, &frame[..cut]);
        }
    }
}

#[test]
fn the_senders_address_is_known_where_the_link_has_one() {
    let mac = |link, frame: &[u8]| parse_link(link, frame).packet().and_then(|p| p.src_mac);
    assert_eq!(mac(1, &ethernet(&segment())), Some(PHONE_MAC));
    let cooked = [
        &[0, 0, 0, 1, 0, 6][..],
        &PHONE_MAC,
        &[0, 0, 8, 0],
        &segment(),
    ]
    .concat();
    assert_eq!(mac(113, &cooked), Some(PHONE_MAC));
    assert_eq!(mac(101, &segment()), None);
}

#[test]
fn what_is_not_ip_is_counted_as_such() {
    let arp = [&[0u8; 12][..], &[8, 6], &[0; 28]].concat();
    assert_eq!(parse_link(1, &arp), Parsed::NonIp { ethertype: 0x0806 });
    assert_eq!(parse_link(195, &arp), Parsed::LinkUnknown);
    let endless = [[0x81u8, 0].repeat(40), vec![0; 40]].concat();
    assert!(matches!(parse_link(1, &endless), Parsed::Bad { .. }));
}

#[test]
fn padding_behind_the_packet_is_no_payload() {
    let frame = [ethernet(&segment()), vec![0xee; 30]].concat();
    assert_eq!(payload_of(1, &frame).as_deref(), Some(b"hello".as_slice()));
}

#[test]
fn a_length_of_zero_means_all_that_is_there() {
    let mut packet = segment();
    packet[2..4].copy_from_slice(&[0, 0]);
    assert_eq!(
        payload_of(101, &packet).as_deref(),
        Some(b"hello".as_slice())
    );
    let mut packet = ip(PHONE6, CLOUD6, 6, &tcp(1, 2, ACK, 1, 1, b"hello"));
    packet[4..6].copy_from_slice(&[0, 0]);
    assert_eq!(
        payload_of(101, &packet).as_deref(),
        Some(b"hello".as_slice())
    );
}

#[test]
fn a_packet_cut_by_the_snap_length_keeps_its_true_length() {
    let packet = segment();
    let Parsed::Ip(cut) = parse_ip(&packet[..42]) else {
        panic!("a packet")
    };
    assert!(cut.truncated);
    let (header, payload) = parse_tcp(&cut).expect("a header");
    assert_eq!((header.payload_len, payload), (5, b"he".as_slice()));
    let datagram = ip(PHONE, CLOUD, 17, &udp(1, 53, b"question"));
    let Parsed::Ip(cut) = parse_ip(&datagram[..30]) else {
        panic!("a packet")
    };
    let (header, payload) = parse_udp(&cut).expect("a header");
    assert_eq!((header.payload_len, payload), (8, b"qu".as_slice()));
}

#[test]
fn extension_headers_are_passed_over() {
    let inner = tcp(4000, 443, ACK, 1, 1, b"hello");
    // Hop-by-hop, then destination options, then an atomic fragment, then TCP.
    let chain = [
        &[60, 0, 0, 0, 0, 0, 0, 0][..],
        &[44, 0, 0, 0, 0, 0, 0, 0],
        &[6, 0, 0, 0, 0, 0, 0, 9],
        &inner,
    ]
    .concat();
    assert_eq!(
        payload_of(101, &ip(PHONE6, CLOUD6, 0, &chain)).as_deref(),
        Some(b"hello".as_slice())
    );
    let endless = [[0u8, 0, 0, 0, 0, 0, 0, 0].repeat(100), inner].concat();
    assert!(matches!(
        parse_ip(&ip(PHONE6, CLOUD6, 0, &endless)),
        Parsed::Bad { .. }
    ));
}

#[test]
fn ip_in_ip_is_opened_to_a_bounded_depth() {
    let inner6 = ip(PHONE6, CLOUD6, 6, &tcp(4000, 443, ACK, 1, 1, b"hello"));
    let outer = ip(PHONE, CLOUD, 41, &inner6);
    let Parsed::Ip(packet) = parse_ip(&outer) else {
        panic!("a packet")
    };
    assert_eq!((packet.src, packet.proto), (PHONE6, 6));
    let mut deep = segment();
    for _ in 0..6 {
        deep = ip(PHONE, CLOUD, 4, &deep);
    }
    assert!(matches!(parse_ip(&deep), Parsed::Ip(p) if p.proto == 4));
    let hollow = ip(PHONE, CLOUD, 4, b"\x45");
    assert!(
        matches!(parse_ip(&hollow), Parsed::Ip(p) if p.proto == 4),
        "the outer packet stays"
    );
}

#[test]
fn headers_that_contradict_themselves_are_bad() {
    let mut short = segment();
    short[0] = 0x44;
    let mut total = segment();
    total[3] = 10;
    for bad in [
        vec![],
        vec![0x45; 19],
        vec![0x60; 39],
        vec![0x95; 60],
        short,
        total,
    ] {
        assert!(matches!(parse_ip(&bad), Parsed::Bad { .. }), "{bad:02x?}");
    }
    let mut offset = segment();
    offset[32] = 0x40;
    let Parsed::Ip(packet) = parse_ip(&offset) else {
        panic!("IP is fine")
    };
    assert!(parse_tcp(&packet).is_err());
}

/// Values of the specification's own baseline.
#[test]
fn community_ids_are_those_of_the_specification() {
    let id = |a: &str, b: &str, proto, s, d| {
        let [a, b]: [IpAddr; 2] = [a, b].map(|t| t.parse().expect("an address"));
        let forth = community_id(a, b, proto, s, d);
        if proto != 1 && proto != 58 {
            assert_eq!(
                forth,
                community_id(b, a, proto, d, s),
                "both directions have one name"
            );
        }
        forth
    };
    assert_eq!(
        id("128.232.110.120", "66.35.250.204", 6, 34855, 80),
        "1:LQU9qZlK+B5F3KDmev6m5PMibrg="
    );
    assert_eq!(
        id("192.168.1.52", "8.8.8.8", 17, 54585, 53),
        "1:d/FP5EW3wiY1vCndhwleRRKHowQ="
    );
    assert_eq!(
        id("192.168.0.89", "192.168.0.1", 1, 8, 0),
        "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="
    );
    assert_eq!(
        id("192.168.0.1", "192.168.0.89", 1, 0, 8),
        "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="
    );
}

#[test]
fn an_icmp_error_names_the_conversation_it_is_about() {
    let quoted = ip(PHONE, CLOUD, 6, &tcp(4000, 443, SYN, 1, 0, b""));
    let error = [&[3, 1, 0, 0, 0, 0, 0, 0][..], &quoted[..28]].concat();
    let frame = ip(CLOUD, PHONE, 1, &error);
    let Parsed::Ip(packet) = parse_ip(&frame) else {
        panic!("a packet")
    };
    let icmp = parse_icmp(&packet).expect("an error");
    assert!(icmp.refuses);
    let tuple = Tuple {
        src: PHONE,
        dst: CLOUD,
        sport: 4000,
        dport: 443,
        proto: 6,
    };
    assert_eq!(icmp.quoted, Some(tuple));
    for cut in 0..frame.len() {
        if let Parsed::Ip(packet) = parse_ip(&frame[..cut]) {
            let _ = parse_icmp(&packet);
        }
    }
}

#[test]
fn an_echo_and_its_reply_are_one_conversation() {
    let ports = |kind: u8| {
        let frame = ip(PHONE, CLOUD, 1, &[kind, 0, 0, 0, 0, 0, 0, 0]);
        let Parsed::Ip(Packet { .. }) = parse_ip(&frame) else {
            panic!("a packet")
        };
        let packet = parse_ip(&frame).packet().expect("a packet");
        parse_icmp(&packet).map(|icmp| (icmp.sport, icmp.dport))
    };
    assert_eq!(ports(8), Some((8, 0)));
    assert_eq!(ports(0), Some((0, 8)));
    assert_eq!(ports(3), Some((3, 0)));
}
