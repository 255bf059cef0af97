//! The page of protocols says what the list says, and the list names whatever the engine calls a protocol.
#![allow(missing_docs, reason = "tests explain themselves by their names")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use wirecore::capture::Format;
use wirecore::known::{Known, FILES, PROTOCOLS};
use wirecore::net::link::LINK_TYPES;
use wirecore::net::tunnel::TUNNELS;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn table(page: &mut String, rows: &[Known]) {
    page.push_str("| name | what is read | what is not |\n|---|---|---|\n");
    for Known { name, read, unread } in rows {
        let _ = writeln!(
            page,
            "| `{name}` | {read} | {} |",
            if unread.is_empty() { "–" } else { unread }
        );
    }
}

fn page() -> String {
    let mut page = String::from(
        "# What is read\n\nEvery protocol and file of packets, and what stays unread in it. Made from \
         `crates/wirecore/src/known.rs` by\n`WIREWITNESS_GOLDEN=write cargo test -p wirecore --test known`; a test holds \
         the two together. What is not read is\ncounted, named and blinds the claims that it touches.\n\n## Protocols\n\n",
    );
    table(&mut page, PROTOCOLS);
    page.push_str("\n## Files of packets\n\nContent decides, never the name. Other sources (HAR, logs) are importers.\n\n");
    table(&mut page, FILES);
    page.push_str("\n## Tunnels that are opened\n\nOne in another, fragments inside; IPv6 extension headers, VLAN tags, MPLS labels and network service headers are passed over.\n\n| tunnel | defined in |\n|---|---|\n");
    for (name, source) in TUNNELS {
        let _ = writeln!(page, "| {name} | {source} |");
    }
    page.push_str("\n## Link types\n\n| number | link |\n|---|---|\n");
    for (number, name) in LINK_TYPES {
        let _ = writeln!(page, "| {number} | {name} |");
    }
    page
}

#[test]
fn the_page_says_what_the_list_says() {
    let path = root().join("docs/reference/protocols.md");
    if std::env::var("WIREWITNESS_GOLDEN").is_ok_and(|how| how == "write") {
        std::fs::write(&path, page()).expect("the page can be written");
    }
    let written = std::fs::read_to_string(&path).expect("the page");
    assert_eq!(
        written,
        page(),
        "run: WIREWITNESS_GOLDEN=write cargo test -p wirecore --test known"
    );
}

#[test]
fn whatever_the_engine_calls_a_protocol_is_in_the_list() {
    let mut seen = 0;
    let sources = std::fs::read_dir(root().join("crates/wirecore/src/engine")).expect("the engine");
    for source in sources {
        let text = std::fs::read_to_string(source.expect("a file").path()).expect("a text");
        for (at, _) in text.match_indices("protocol = \"") {
            let name = text[at + 12..].split('"').next().unwrap_or_default();
            seen += 1;
            assert!(
                PROTOCOLS.iter().any(|known| known.name == name),
                "{name} is not in the list"
            );
        }
    }
    assert!(
        seen > 5,
        "the engine names protocols otherwise now: mend this test"
    );
}

#[test]
fn each_kind_of_file_is_in_the_list() {
    use Format::{Gzip, Lz4, Pcap, Pcapng, Xz, Zstd};
    for format in [Pcap, Pcapng, Gzip, Zstd, Xz, Lz4] {
        assert!(FILES.iter().any(|known| known.name == format.text()));
    }
}
