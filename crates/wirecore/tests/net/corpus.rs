//! Runs over captures that others made. Skipped, and said so, where they are absent.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use wirecore::anomaly::Kind;
use wirecore::limits::Limits;

use crate::walk::{walk, Summary};

/// The corpus folder: `WIREWITNESS_CORPUS`, or beside the project.
fn corpus(part: &str) -> Option<PathBuf> {
    let root = std::env::var_os("WIREWITNESS_CORPUS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
        PathBuf::from,
    );
    let folder = root.join(part);
    if folder.is_dir() {
        return Some(folder);
    }
    println!(
        "skipped: no corpus at {} (set WIREWITNESS_CORPUS)",
        folder.display()
    );
    None
}

/// What lies beside captures in the corpus: results, rules, texts.
const BESIDE: [&str; 8] = ["out", "yaml", "rules", "md", "txt", "lua", "py", "sh"];

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|e| e.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, out);
        } else if !path
            .extension()
            .is_some_and(|e| BESIDE.iter().any(|b| e == *b))
        {
            out.push(path);
        }
    }
}

/// Walks every file below a folder; what is no capture is counted.
fn survive(part: &str) -> Option<BTreeMap<PathBuf, Result<Summary, String>>> {
    let folder = corpus(part)?;
    let mut paths = Vec::new();
    files(&folder, &mut paths);
    let limits = Limits::default();
    let mut out = BTreeMap::new();
    for path in paths {
        let file = fs::File::open(&path).expect("a readable file");
        out.insert(path, walk(file, &limits).map_err(|e| e.text));
    }
    Some(out)
}

fn told(part: &str, all: &BTreeMap<PathBuf, Result<Summary, String>>) {
    let read = all.values().filter(|r| r.is_ok()).count();
    let packets: u64 = all.values().flatten().map(|s| s.packets).sum();
    let bytes: u64 = all.values().flatten().map(|s| s.stream_bytes).sum();
    for (path, summary) in all.iter().filter_map(|(p, r)| Some((p, r.as_ref().ok()?))) {
        if !summary.odd.is_empty() {
            println!("  odd {}: {:?}", path.display(), summary.odd);
        }
    }
    let mut odd = BTreeMap::new();
    for summary in all.values().flatten() {
        for (kind, count) in &summary.odd {
            *odd.entry(kind.text()).or_insert(0) += count;
        }
    }
    println!("{part}: {read} of {} files are captures, {packets} packets, {bytes} stream bytes, odd {odd:?}", all.len());
    for (path, error) in all.iter().filter_map(|(p, r)| Some((p, r.as_ref().err()?))) {
        println!("  {}: {error}", path.display());
    }
}

#[test]
fn captures_of_many_hands_are_survived() {
    for part in [
        "tcpdump",
        "zeek",
        "wireshark/captures",
        "pcapng-suite",
        "suricata-verify",
    ] {
        if let Some(all) = survive(part) {
            told(part, &all);
            assert!(all.values().any(Result::is_ok));
        }
    }
}

#[test]
fn the_pcapng_suite_is_read_without_oddities_in_both_orders() {
    let Some(all) = survive("pcapng-suite") else {
        return;
    };
    for (path, result) in &all {
        if path.extension().is_some_and(|e| e == "pcapng") {
            let summary = result.as_ref().expect("a capture");
            let told = [Kind::CaptureBlockUnknown, Kind::CaptureFiltered];
            let odd = summary.odd.keys().filter(|kind| !told.contains(kind));
            assert_eq!(odd.count(), 0, "{}: {:?}", path.display(), summary.odd);
            let other = path.to_string_lossy().replace("output_be", "output_le");
            let other = all[Path::new(&other)].as_ref().expect("a capture");
            assert_eq!(summary, other, "{}", path.display());
        }
    }
}

const TUNNEL: &str = "nDPI looks into GTP, GRE, VXLAN or CAPWAP; here the tunnel is one flow";
const VLAN: &str = "nDPI counts a conversation once for each VLAN tag; here it is one flow";
const BROKEN: &str = "damaged headers or fragments, which nDPI reads as if they were whole";

/// Captures whose flow counts differ from nDPI's, and why.
const DIFFERENT: &[(&str, &str)] = &[
    ("capwap.pcap", TUNNEL),
    ("capwap_data.pcapng", TUNNEL),
    ("false_positives.pcapng", TUNNEL),
    ("fuzz-2006-06-26-2594.pcap", BROKEN),
    ("fuzz-2020-02-16-11740.pcap", BROKEN),
    ("fuzz-2021-06-07-c6c72a0a56.pcap", BROKEN),
    ("fuzz-2021-10-13.pcap", BROKEN),
    ("gre.pcapng", TUNNEL),
    ("http_origin_different_than_host.pcap", TUNNEL),
    ("ip_fragmented_garbage.pcap", BROKEN),
    ("ipv6_in_gtp.pcap", TUNNEL),
    ("ja3_lots_of_cipher_suites_2_anon.pcap", TUNNEL),
    ("kerberos_fuzz.pcapng", BROKEN),
    ("mongodb.pcap", VLAN),
    ("quic-fuzz-overflow.pcapng", BROKEN),
    ("reasm_segv_anon.pcapng", TUNNEL),
    ("rtmp.pcap", TUNNEL),
    ("syslog.pcap", VLAN),
    ("tls_change_cipher.pcap", TUNNEL),
    ("tls_invalid_reads.pcap", TUNNEL),
    ("vxlan.pcap", TUNNEL),
];

/// TCP and UDP flows that nDPI's result file lists.
fn listed(text: &str) -> [usize; 2] {
    ["TCP", "UDP"].map(|transport| {
        let is_flow = |line: &&str| {
            let mut words = line.split_whitespace();
            words
                .next()
                .is_some_and(|number| number.parse::<u32>().is_ok())
                && words.next() == Some(transport)
                && line.contains("[proto:")
        };
        text.lines().filter(is_flow).count()
    })
}

#[test]
fn ndpi_flow_counts_are_met_save_for_the_listed_differences() {
    let (Some(all), Some(results)) = (survive("ndpi/pcap"), corpus("ndpi/result")) else {
        return;
    };
    told("ndpi", &all);
    for (path, result) in &all {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let summary = result.as_ref().expect("a capture");
        let Ok(text) = fs::read_to_string(results.join(format!("{name}.out"))) else {
            continue;
        };
        let ours = [6, 17].map(|proto| summary.tuples.get(&proto).map_or(0, BTreeSet::len));
        let theirs = listed(&text);
        let reason = DIFFERENT.iter().find(|(file, _)| *file == name);
        if let Some((_, why)) = reason {
            println!("  {name}: TCP and UDP flows {ours:?}, nDPI {theirs:?}: {why}");
        }
        assert_eq!(
            ours != theirs,
            reason.is_some(),
            "{name}: here {ours:?}, nDPI {theirs:?}"
        );
    }
}
