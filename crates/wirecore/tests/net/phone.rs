//! Stories of choosing the phone, and of the pass before the real one.

use std::net::{IpAddr, Ipv4Addr};

use wirecore::capture::{choose_phone, prescan, Prescan};
use wirecore::limits::Limits;

use crate::wire::*;

fn scan(file: &[u8]) -> Prescan {
    prescan(file, &Limits::default(), &mut |_| {}).expect("a capture")
}

fn syn(from: IpAddr, mac: [u8; 6], port: u16) -> Vec<u8> {
    let to = if from.is_ipv4() { CLOUD } else { CLOUD6 };
    ethernet_from(mac, &ip(from, to, 6, &tcp(port, 443, SYN, 1, 0, b"")))
}

fn local(last: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(192, 168, 1, last))
}

#[test]
fn one_pass_tells_what_a_capture_spans() {
    let frames = conversation(1);
    let file = pcap(&frames);
    let mut hashed = Vec::new();
    let scan = prescan(file.as_slice(), &Limits::default(), &mut |bytes| {
        hashed.extend_from_slice(bytes);
    })
    .expect("a capture");
    assert_eq!(hashed, file, "every stored byte is hashed once");
    assert_eq!((scan.packets, scan.stored_bytes), (7, file.len() as u64));
    assert_eq!(scan.first_ns, Some(START_NS as i64));
    assert_eq!(scan.last_ns, Some(START_NS as i64 + 6_000_000));
    assert_eq!(scan.links.into_iter().collect::<Vec<_>>(), [(1, 7)]);
    assert_eq!(scan.dropped, None);
}

#[test]
fn a_damaged_file_is_hashed_to_its_end() {
    let mut file = pcap(&conversation(1));
    file.extend(PLAIN.record(START_NS, &[], 0));
    let at = file.len() - 8;
    file[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    file.extend(vec![5; 2_000_000]);
    let mut hashed = 0;
    let scan = prescan(file.as_slice(), &Limits::default(), &mut |bytes| {
        hashed += bytes.len();
    })
    .expect("a capture");
    assert_eq!((hashed, scan.odd.len(), scan.packets), (file.len(), 1, 7));
}

#[test]
fn the_phone_is_who_initiates_with_all_addresses_of_its_link() {
    let v6_private: IpAddr = "fe80::23".parse().expect("an address");
    let frames = vec![
        syn(PHONE, PHONE_MAC, 1),
        syn(PHONE, PHONE_MAC, 2),
        syn(PHONE, PHONE_MAC, 3),
        syn(PHONE6, PHONE_MAC, 4),
        syn(v6_private, PHONE_MAC, 5),
        syn(local(77), [2, 0, 0, 0, 0, 0x77], 6),
    ];
    let phone = choose_phone(&scan(&pcap(&frames)));
    assert_eq!(phone.addresses, [PHONE, PHONE6, v6_private]);
    assert_eq!(phone.macs, [PHONE_MAC]);
    assert_eq!(phone.how, "dominant initiator of a private address");
}

#[test]
fn behind_a_router_only_the_dominant_address_is_the_phone() {
    let frames = vec![
        syn(PHONE, ROUTER_MAC, 1),
        syn(PHONE, ROUTER_MAC, 2),
        syn(local(77), ROUTER_MAC, 3),
        syn(local(78), ROUTER_MAC, 4),
    ];
    let phone = choose_phone(&scan(&pcap(&frames)));
    assert_eq!((phone.addresses, phone.macs), (vec![PHONE], vec![]));
}

#[test]
fn answers_broadcasts_and_repeats_initiate_nothing() {
    let to_all = IpAddr::V4(Ipv4Addr::BROADCAST);
    let mut frames = vec![syn(PHONE, PHONE_MAC, 1), syn(PHONE, PHONE_MAC, 2)];
    for n in 0..50 {
        frames.push(ethernet_from(
            [9; 6],
            &ip(local(1), PHONE, 17, &udp(53, 4000 + n, b"answer")),
        ));
        frames.push(ethernet_from(
            [9; 6],
            &ip(local(2), to_all, 17, &udp(3000 + n, 1900, b"here")),
        ));
        frames.push(ethernet_from(
            [8; 6],
            &ip(local(3), CLOUD, 17, &udp(5000, 443, b"again")),
        ));
    }
    let scan = scan(&pcap(&frames));
    assert_eq!(choose_phone(&scan).addresses, [PHONE]);
    assert_eq!(
        scan.initiators
            .get(&(local(3), Some([8; 6])))
            .map(|i| i.udp),
        Some(1)
    );
}

#[test]
fn a_link_without_addresses_gives_both_protocol_versions() {
    let v6: IpAddr = "fd00:2::1".parse().expect("an address");
    let raw = Classic { link: 101, ..PLAIN };
    let packet = |from: IpAddr, port| syn(from, PHONE_MAC, port)[14..].to_vec();
    let file = pcap_as(raw, &[packet(PHONE, 1), packet(v6, 2)]);
    assert_eq!(choose_phone(&scan(&file)).addresses, [PHONE, v6]);
}

#[test]
fn without_a_private_initiator_it_says_so() {
    let file = pcap(&[ethernet(&ip(CLOUD, PHONE, 6, &tcp(1, 2, SYN, 1, 0, b"")))]);
    let phone = choose_phone(&scan(&file));
    assert_eq!(phone.addresses, [CLOUD]);
    assert_eq!(
        phone.how,
        "dominant initiator (no private address initiates)"
    );
    let nobody = choose_phone(&scan(&pcap(&[])));
    assert!(nobody.addresses.is_empty());
}

/// A client's DHCP request for an address of the home, naming itself.
fn joins(mac: [u8; 6], last: u8, name: &str) -> Vec<u8> {
    let mut said = vec![1, 1, 6, 0];
    said.resize(28, 0);
    said.extend(mac);
    said.resize(236, 0);
    said.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 3, 50, 4, 192, 168, 1, last]);
    said.extend([12, name.len() as u8]);
    said.extend(name.bytes());
    said.push(255);
    let nobody = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
    let all = IpAddr::V4(Ipv4Addr::BROADCAST);
    ethernet_from(mac, &ip(nobody, all, 17, &udp(68, 67, &said)))
}

/// The server's answer.
fn granted(mac: [u8; 6], last: u8) -> Vec<u8> {
    let mut said = vec![2, 1, 6, 0];
    said.resize(16, 0);
    said.extend([192, 168, 1, last]);
    said.resize(28, 0);
    said.extend(mac);
    said.resize(236, 0);
    said.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 5, 255]);
    ethernet_from(
        ROUTER_MAC,
        &ip(local(1), local(last), 17, &udp(67, 68, &said)),
    )
}

#[test]
fn a_device_that_calls_itself_a_phone_is_the_phone_though_another_talks_more() {
    let laptop = [2, 0, 0, 0, 0, 9];
    let mut frames = vec![
        joins(laptop, 9, "laptop"),
        granted(laptop, 9),
        joins(PHONE_MAC, 23, "Redmi-Note"),
        granted(PHONE_MAC, 23),
        syn(local(23), PHONE_MAC, 1),
    ];
    frames.extend((0..9).map(|n| syn(local(9), laptop, 100 + n)));
    let phone = choose_phone(&scan(&pcap(&frames)));
    assert_eq!(
        (phone.addresses, phone.macs),
        (vec![local(23)], vec![PHONE_MAC])
    );
    assert_eq!(phone.how, "the one device that calls itself a phone (DHCP)");
    // Two phones: the rule cannot tell, and the one that opens most is taken.
    frames.push(joins(laptop, 9, "iPhone"));
    frames.push(granted(laptop, 9));
    assert_eq!(choose_phone(&scan(&pcap(&frames))).addresses, [local(9)]);
}
