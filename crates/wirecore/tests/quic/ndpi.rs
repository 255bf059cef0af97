//! Server names and fingerprints of QUIC are those that nDPI found in the same captures, but for a written list.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use crate::rows::{corpus, rows_of};

/// Captures whose facts differ, each with its reason.
const DIFFERENCES: &[(&str, &str)] = &[];

struct Line {
    ends: [SocketAddr; 2],
    facts: Vec<(&'static str, String)>,
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
    let labels = [("sni", "[Hostname/SNI: "), ("ja4", "[JA4: ")];
    let mut out = Vec::new();
    for line in result.lines() {
        let value = |label: &str| {
            let (_, rest) = line.split_once(label)?;
            Some(
                rest.split_once(']')
                    .map_or(rest, |(value, _)| value)
                    .to_owned(),
            )
        };
        if value("[QUIC ver: ").is_none() {
            continue;
        }
        let Some((_, rest)) = line.split_once("UDP ") else {
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
        let facts = labels.iter();
        let facts = facts
            .filter_map(|(key, label)| Some((*key, value(label)?)))
            .collect();
        out.push(Line {
            ends: [a.min(b), a.max(b)],
            facts,
        });
    }
    out
}

/// nDPI says `d` also without a server name, and takes the first two characters of the protocol's name (see `tls/ndpi.rs`).
fn comparable(ja4: &str) -> String {
    match (ja4.get(..3), ja4.get(4..8), ja4.get(10..)) {
        (Some(version), Some(counts), Some(hashes)) => format!("{version}.{counts}..{hashes}"),
        _ => ja4.to_owned(),
    }
}

#[test]
fn equal_to_ndpi() {
    let Some(folder) = corpus("ndpi") else { return };
    let (mut equals, mut differences) = (BTreeMap::<&str, u64>::new(), Vec::new());
    let mut paths: Vec<_> = std::fs::read_dir(folder.join("result"))
        .expect("results")
        .map(|entry| entry.expect("a result").path())
        .collect();
    paths.sort();
    for path in paths {
        let result = std::fs::read(&path).expect("a result");
        let lines = lines(&String::from_utf8_lossy(&result));
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let listed = DIFFERENCES.iter().any(|(capture, _)| *capture == name);
        if lines.iter().all(|line| line.facts.is_empty()) || listed {
            continue;
        }
        let Some(rows) = rows_of(&folder.join("pcap").join(&name)) else {
            continue;
        };
        for line in lines {
            let mine: Vec<_> = rows
                .flows
                .iter()
                .filter(|flow| {
                    let end = |host: &str, port| Some(SocketAddr::new(host.parse().ok()?, port));
                    let (a, b) = (
                        end(&flow.client, flow.client_port),
                        end(&flow.server, flow.server_port),
                    );
                    a.zip(b)
                        .is_some_and(|(a, b)| line.ends == [a.min(b), a.max(b)])
                })
                .collect();
            for (key, value) in line.facts {
                let same = mine.iter().any(|flow| match key {
                    "sni" => flow.sni == value.to_ascii_lowercase(),
                    _ => comparable(&flow.ja4) == comparable(&value),
                });
                if same {
                    *equals.entry(key).or_default() += 1;
                } else {
                    let ours: Vec<_> = mine
                        .iter()
                        .map(|f| (&f.protocol, &f.sni, &f.ja4, &f.opaque_reason))
                        .collect();
                    differences.push(format!(
                        "{name} {:?} {key}: nDPI {value}, we {ours:?}",
                        line.ends
                    ));
                }
            }
        }
    }
    eprintln!("equal: {equals:?}");
    assert!(differences.is_empty(), "{differences:#?}");
    assert!(equals["ja4"] > 80 && equals["sni"] > 80);
}
