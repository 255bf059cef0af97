//! Stories of tunnels: what they carry is read as if there were none.

use std::net::{IpAddr, Ipv4Addr};

use wirecore::net::tunnel::TUNNELS;

use crate::listen::{datagram, rows_of, IMEI};
use crate::wire::*;

const GATE: IpAddr = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));

/// The packet that tells the IMEI to the cloud, in the clear.
fn secret() -> Vec<u8> {
    ip(
        PHONE,
        CLOUD,
        17,
        &udp(5000, 9999, format!("imei={IMEI}").as_bytes()),
    )
}

fn outer(proto: u8, payload: &[u8]) -> Vec<u8> {
    ip(PHONE, GATE, proto, payload)
}

fn outer_udp(port: u16, payload: &[u8]) -> Vec<u8> {
    outer(17, &udp(40_000, port, payload))
}

/// Each kind of [`TUNNELS`], as the phone would send it.
fn tunnels() -> Vec<(&'static str, Vec<u8>)> {
    let inner = secret();
    let frame = ethernet(&inner);
    let six = ip(
        PHONE6,
        CLOUD6,
        17,
        &udp(5000, 9999, format!("imei={IMEI}").as_bytes()),
    );
    let with = |head: &[u8], inner: &[u8]| [head, inner].concat();
    let length = (inner.len() as u16).to_be_bytes();
    let wifi = [
        &[0x88, 0x01, 0, 0][..],
        &ROUTER_MAC,
        &PHONE_MAC,
        &ROUTER_MAC,
        &[0, 0, 0, 0],
        &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0],
        &inner,
    ]
    .concat();
    let swapped = [&[0x01, 0x88], &wifi[2..]].concat();
    vec![
        ("IP in IP", outer(4, &inner)),
        ("6in4", outer(41, &six)),
        ("GRE", outer(47, &with(&[0, 0, 8, 0], &inner))),
        (
            "GRE",
            outer(
                47,
                &with(&[0xb0, 0, 8, 0, 1, 2, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1], &inner),
            ),
        ),
        ("GRE", outer(47, &with(&[0, 0, 0x65, 0x58], &frame))),
        (
            "PPTP",
            outer(
                47,
                &with(
                    &[
                        0x30, 0x81, 0x88, 0x0b, 0, 9, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0x21,
                    ],
                    &inner,
                ),
            ),
        ),
        ("ERSPAN", outer(47, &with(&[0, 0, 0x88, 0xbe], &frame))),
        (
            "ERSPAN",
            outer(
                47,
                &with(
                    &[0x10, 0, 0x88, 0xbe, 0, 0, 0, 1, 0x10, 0, 0, 0, 0, 0, 0, 0],
                    &frame,
                ),
            ),
        ),
        (
            "ERSPAN",
            outer(
                47,
                &with(
                    &[
                        0x10, 0, 0x22, 0xeb, 0, 0, 0, 1, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                    ],
                    &frame,
                ),
            ),
        ),
        (
            "GTP-U",
            outer_udp(
                2152,
                &[&[0x30, 255], &length[..], &[0, 0, 0, 1], &inner].concat(),
            ),
        ),
        (
            "GTP-U",
            outer_udp(
                2152,
                &[
                    &[0x36, 255, 0, 12, 0, 0, 0, 1, 0, 1, 0, 0x85, 1, 0, 0, 0],
                    &inner[..],
                ]
                .concat(),
            ),
        ),
        (
            "VXLAN",
            outer_udp(4789, &with(&[8, 0, 0, 0, 0, 0, 7, 0], &frame)),
        ),
        (
            "Geneve",
            outer_udp(
                6081,
                &with(&[1, 0, 0x65, 0x58, 0, 0, 7, 0, 1, 2, 3, 0], &frame),
            ),
        ),
        ("Teredo", outer_udp(3544, &six)),
        (
            "Teredo",
            outer_udp(
                3544,
                &with(
                    &[
                        0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 1, 2, 3, 4, 5, 6,
                    ],
                    &six,
                ),
            ),
        ),
        (
            "CAPWAP data in clear",
            outer_udp(5247, &with(&[0, 0x10, 2, 0, 0, 0, 0, 0], &frame)),
        ),
        (
            "CAPWAP data in clear",
            outer_udp(5247, &with(&[0, 0x10, 3, 0, 0, 0, 0, 0], &wifi)),
        ),
        (
            "CAPWAP data in clear",
            outer_udp(5247, &with(&[0, 0x10, 3, 0, 0, 0, 0, 0], &swapped)),
        ),
    ]
}

#[test]
fn what_each_tunnel_carries_is_read() {
    let all = tunnels();
    for (kind, _) in TUNNELS {
        assert!(
            all.iter().any(|(name, _)| name == kind),
            "no example of {kind}"
        );
    }
    for (kind, packet) in all {
        let rows = rows_of(&[ethernet(&packet)]);
        assert_eq!(rows.flows.len(), 1, "{kind}");
        let flow = &rows.flows[0];
        assert!(
            flow.server == CLOUD.to_string() || flow.server == CLOUD6.to_string(),
            "{kind}: {flow:?}"
        );
        assert_eq!(flow.phone, "client", "{kind}");
        assert_eq!(rows.hits.len(), 1, "{kind}");
        // Cut anywhere, it is never more than that, and nothing breaks.
        for cut in 14..packet.len() + 14 {
            assert!(rows_of(&[ethernet(&packet)[..cut].to_vec()]).flows.len() <= 1);
        }
    }
}

#[test]
fn tunnels_in_tunnels_and_fragments_in_both_are_joined() {
    let inner = ip(
        PHONE,
        CLOUD,
        17,
        &udp(5000, 9999, &[&[b'.'; 700][..], IMEI.as_bytes()].concat()),
    );
    let datagram = &inner[20..];
    let pieces = [
        ipv4_fragment(7, 0, true, 17, &datagram[..400]),
        ipv4_fragment(7, 400, false, 17, &datagram[400..]),
    ];
    let mut frames = Vec::new();
    for (id, piece) in (1u16..).zip(pieces) {
        let vxlan = [&[8, 0, 0, 0, 0, 0, 7, 0][..], &ethernet(&piece)].concat();
        let carrier = udp(40_000, 4789, &vxlan);
        let gre = |part: &[u8]| outer(47, &[&[0, 0, 8, 0][..], part].concat());
        frames.push(ethernet(&gre(&ipv4_fragment(
            id,
            0,
            true,
            17,
            &carrier[..200],
        ))));
        frames.push(ethernet(&gre(&ipv4_fragment(
            id,
            200,
            false,
            17,
            &carrier[200..],
        ))));
    }
    frames.swap(0, 3);
    let rows = rows_of(&frames);
    assert_eq!((rows.flows.len(), rows.hits.len()), (1, 1));
    assert!(rows.anomalies.is_empty(), "{:?}", rows.anomalies);
}

#[test]
fn the_phones_tunnel_is_the_phones_whatever_addresses_it_carries() {
    let stranger = IpAddr::V4(Ipv4Addr::new(10, 8, 0, 2));
    let inner = ip(stranger, CLOUD, 17, &udp(5000, 9999, IMEI.as_bytes()));
    let gre = |src, dst, inner: &[u8]| ip(src, dst, 47, &[&[0, 0, 8, 0][..], inner].concat());
    let rows = rows_of(&[ethernet_from(ROUTER_MAC, &gre(PHONE, GATE, &inner))]);
    assert_eq!((rows.flows[0].phone, rows.hits.len()), ("client", 1));
    let answer = ip(CLOUD, stranger, 17, &udp(9999, 5000, IMEI.as_bytes()));
    let rows = rows_of(&[ethernet_from(ROUTER_MAC, &gre(GATE, PHONE, &answer))]);
    assert!(
        rows.hits.iter().all(|hit| !hit.up),
        "what comes down leaves nobody"
    );
}

#[test]
fn what_only_looks_like_a_tunnel_is_a_flow_of_its_own_and_looked_at() {
    for port in [2152, 4789, 6081, 3544, 5247] {
        let rows = rows_of(&[datagram(true, port, format!("imei={IMEI}").as_bytes())]);
        assert_eq!(rows.flows[0].server_port, port);
        assert_eq!(rows.hits.len(), 1, "port {port}");
    }
}

#[test]
fn tunnels_without_end_end() {
    let mut packet = secret();
    for _ in 0..200 {
        packet = ip(PHONE, GATE, 47, &[&[0, 0, 8, 0][..], &packet].concat());
    }
    let rows = rows_of(&[ethernet(&packet)]);
    assert_eq!(rows.flows.len(), 1);
    assert_eq!(
        rows.flows[0].ip_proto, 47,
        "what is deeper than the bound is counted as the tunnel"
    );
}
