//! Server names, fingerprints, versions and ciphers are those that nDPI found in the same captures, but for a written list.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use crate::capture::{connections, corpus, Found};

/// A line of an nDPI result file about a TCP flow.
struct Line {
    ends: [SocketAddr; 2],
    facts: BTreeMap<&'static str, String>,
}

fn address(text: &str) -> Option<SocketAddr> {
    let (host, port) = text.rsplit_once(':')?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Some(SocketAddr::new(
        host.parse::<IpAddr>().ok()?,
        port.parse().ok()?,
    ))
}

fn lines(result: &str) -> Vec<Line> {
    let labels = [
        ("sni", "[Hostname/SNI: "),
        ("ja4", "[JA4: "),
        ("cipher", "[Cipher: "),
        ("offered", "[(Advertised) ALPNs: "),
        ("alpn", "[(Negotiated) ALPN: "),
        ("names", "[ServerNames: "),
        ("validity", "[Validity: "),
    ];
    let mut out = Vec::new();
    for line in result.lines() {
        let Some((_, rest)) = line.split_once("TCP ") else {
            continue;
        };
        let mut words = rest.split_ascii_whitespace();
        let (Some(a), Some("<->" | "->"), Some(b)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        let b = b.split_once("[proto").map_or(b, |(b, _)| b);
        let (Some(a), Some(b)) = (address(a), address(b)) else {
            continue;
        };
        let mut facts = BTreeMap::new();
        for (key, label) in labels {
            if let Some((_, rest)) = rest.split_once(label) {
                facts.insert(
                    key,
                    rest.split_once(']').map_or(rest, |(v, _)| v).to_owned(),
                );
            }
        }
        // A name alone may be that of an HTTP request.
        if ["ja4", "cipher", "names"]
            .iter()
            .any(|key| facts.contains_key(key))
        {
            let ends = [a.min(b), a.max(b)];
            out.push(Line { ends, facts });
        }
    }
    out
}

/// Seconds since 1970 as a date and time.
fn date(seconds: i64) -> String {
    let (day, second) = (
        seconds.div_euclid(86_400) + 719_468,
        seconds.rem_euclid(86_400),
    );
    let era_day = day.rem_euclid(146_097);
    let year = (era_day - era_day / 1460 + era_day / 36_524 - era_day / 146_096) / 365;
    let of_year = era_day - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + day.div_euclid(146_097) * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day_of_month:02} {hour:02}:{minute:02}:{second:02}")
}

fn facts(found: &Found) -> BTreeMap<&'static str, String> {
    let info = &found.seen.info;
    let cert = info.certificate.clone().unwrap_or_default();
    BTreeMap::from([
        ("names", cert.dns_names.join(",")),
        (
            "validity",
            format!("{} - {}", date(cert.not_before), date(cert.not_after)),
        ),
        ("sni", info.sni.clone().unwrap_or_default()),
        ("ja4", info.ja4.clone()),
        ("cipher", info.cipher_text()),
        ("offered", info.alpn_offered.join(";")),
        ("alpn", info.alpn.clone().unwrap_or_default()),
    ])
}

/// Captures whose flows the small extractor of these tests does not reach, each with its reason.
const NOT_REACHED: &[(&str, &str)] = &[
    ("4in6tunnel.pcap", "IPv4 inside IPv6"),
    ("6in4tunnel.pcap", "IPv6 inside IPv4"),
    ("capwap_data.pcapng", "inside CAPWAP"),
    ("vxlan.pcap", "inside VXLAN"),
    ("tls_invalid_reads.pcap", "inside GTP"),
    ("ja3_lots_of_cipher_suites_2_anon.pcap", "inside GTP"),
    (
        "ftp-start-tls.pcap",
        "TLS begins after a conversation in clear",
    ),
    (
        "imap-starttls.pcap",
        "TLS begins after a conversation in clear",
    ),
    ("pop3_stls.pcap", "TLS begins after a conversation in clear"),
    (
        "smtp-starttls.pcap",
        "TLS begins after a conversation in clear",
    ),
    ("rdp_over_tls.pcap", "TLS begins after RDP's negotiation"),
    (
        "heuristic_tcp_ack_payload.pcap",
        "a stray byte in an acknowledgement takes the place of the first one",
    ),
    (
        "tls_multiple_synack_different_seq.pcapng",
        "the server's first sequence number is ambiguous",
    ),
];

/// nDPI's JA4 differs from FoxIO's text in three places; with them masked the rest must be equal:
/// it says `d` also without a server name (it says `i` for an address), it takes the first two characters of the
/// protocol name (not the first and the last), and it hashes an empty list of extensions (not twelve zeros).
fn comparable(ja4: &str) -> String {
    match (ja4.get(..3), ja4.get(4..8), ja4.get(10..)) {
        (Some(version), Some(counts), Some(hashes)) => {
            format!(
                "{version}.{counts}..{}",
                hashes.replace("e3b0c44298fc", "000000000000")
            )
        }
        _ => ja4.to_owned(),
    }
}

fn equal(key: &str, ours: &str, theirs: &str) -> bool {
    ours == theirs
        || key == "ja4" && comparable(ours) == comparable(theirs)
        // nDPI keeps some of the names only.
        || key == "names" && ours.starts_with(theirs)
}

#[test]
fn equal_to_ndpi() {
    let Some(folder) = corpus("ndpi") else { return };
    let (mut equals, mut differences) = (BTreeMap::<&str, u64>::new(), Vec::new());
    let mut paths: Vec<_> = std::fs::read_dir(folder.join("pcap"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    paths.sort();
    for capture in paths {
        let name = capture.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(result) = std::fs::read(folder.join("result").join(format!("{name}.out"))) else {
            continue;
        };
        let mut ours: BTreeMap<[SocketAddr; 2], Vec<BTreeMap<&str, String>>> = BTreeMap::new();
        for one in connections(&capture, &[]) {
            let ends = [one.client.min(one.server), one.client.max(one.server)];
            ours.entry(ends).or_default().push(facts(&one));
        }
        if NOT_REACHED.iter().any(|(n, _)| *n == name) {
            continue;
        }
        for line in lines(&String::from_utf8_lossy(&result)) {
            // nDPI sees several connections of one pair of ends as one flow.
            let mine = ours.get(&line.ends).map_or(&[][..], Vec::as_slice);
            for (key, value) in line.facts {
                if mine.iter().any(|f| equal(key, &f[key], &value)) {
                    *equals.entry(key).or_default() += 1;
                } else {
                    differences.push(format!(
                        "{name} {:?} {key}: nDPI {value}, we {mine:?}",
                        line.ends
                    ));
                }
            }
        }
    }
    eprintln!("equal: {equals:?}");
    assert_eq!(differences, Vec::<String>::new());
    assert!(equals["ja4"] > 750 && equals["sni"] > 650);
}
