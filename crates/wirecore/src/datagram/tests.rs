use super::*;
use crate::record::Dir;

fn stun(attributes: &[u8]) -> Vec<u8> {
    let mut sent = vec![0, 1, 0, attributes.len() as u8, 0x21, 0x12, 0xa4, 0x42];
    sent.extend([7; 12]);
    sent.extend(attributes);
    sent
}

fn rtp(number: u16, source: u32) -> Vec<u8> {
    let mut sent = vec![0x80, 111];
    sent.extend(number.to_be_bytes());
    sent.extend([0, 0, 0, 1]);
    sent.extend(source.to_be_bytes());
    sent.extend([9; 40]);
    sent
}

/// A client's request.
pub(crate) fn request(name: &str, class: &str) -> Vec<u8> {
    let mut sent = vec![1, 1, 6, 0];
    sent.extend([0; 24]);
    sent.extend([2, 0, 0, 0, 0, 0x23]);
    sent.resize(236, 0);
    sent.extend([0x63, 0x82, 0x53, 0x63, 53, 1, 3, 0, 50, 4, 192, 168, 1, 23]);
    sent.extend([12, name.len() as u8]);
    sent.extend(name.bytes());
    sent.extend([60, class.len() as u8]);
    sent.extend(class.bytes());
    sent.push(255);
    sent
}

#[test]
fn each_datagram_tells_what_it_is() {
    let mut time = vec![0x23];
    time.resize(48, 0);
    assert_eq!(recognise(5000, 123, &time), Some(Spoken::Ntp));
    assert_eq!(
        recognise(5000, 124, &time),
        None,
        "without its port it is no time"
    );
    time.push(1);
    assert_eq!(recognise(5000, 123, &time), None, "a byte more is not read");
    let search = b"M-SEARCH * HTTP/1.1\r\nST: ssdp:all\r\n\r\n";
    assert_eq!(recognise(5000, 1900, search), Some(Spoken::Ssdp));
    assert_eq!(
        recognise(5000, 9, &stun(&[])),
        Some(Spoken::Stun { carried: 0 })
    );
    let data = stun(&[0, 0x13, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0]);
    assert_eq!(recognise(5000, 9, &data), Some(Spoken::Stun { carried: 5 }));
    assert_eq!(
        recognise(68, 67, &request("pixel-8", "")),
        Some(Spoken::Dhcp)
    );
}

#[test]
fn whatever_is_cut_is_none() {
    for whole in [
        stun(&[0, 0x13, 0, 5, 1, 2, 3, 4, 5, 0, 0, 0]),
        request("n", "c"),
    ] {
        for cut in 0..whole.len() {
            assert_eq!(recognise(68, 67, &whole[..cut]), None);
        }
    }
}

#[test]
fn a_device_names_itself() {
    let said = dhcp::parse(&request("Pixel-8", "android-dhcp-14")).expect("a request");
    assert_eq!(
        (said.hostname.as_str(), said.mac),
        ("Pixel-8", [2, 0, 0, 0, 0, 0x23])
    );
    assert_eq!(said.address, Some([192, 168, 1, 23].into()));
    assert!(said.says_phone());
    for name in ["laptop", "nas", "printer-2f31", "anthonys-macbook"] {
        let said = dhcp::parse(&request(name, "MSFT 5.0")).expect("a request");
        assert!(!said.says_phone(), "{name}");
    }
}

#[test]
fn a_call_is_told_by_three_packets_or_by_stun() {
    let mut calls = Calls::default();
    let told: Vec<bool> = (0..5)
        .map(|n| calls.is_media(Dir::Client, &rtp(n, 7)))
        .collect();
    assert_eq!(told, [false, false, true, true, true]);
    assert!(
        !calls.is_media(Dir::Client, &rtp(900, 8)),
        "another source begins anew"
    );
    let mut calls = Calls::default();
    for number in [3, 900, 17, 40_000] {
        assert!(
            !calls.is_media(Dir::Client, &rtp(number, 7)),
            "numbers at random are no call"
        );
    }
    calls.stun();
    assert!(calls.is_media(Dir::Server, &rtp(1, 7)));
    assert!(
        calls.is_media(Dir::Server, &[0x40, 0, 0, 2, 1, 2]),
        "a TURN channel"
    );
    assert!(!calls.is_media(Dir::Server, b"{\"text\": 1}"));
}
