//! The law of the tree: what was wrapped in any chain of codecs is found again, and every step of
//! the way can be derived (which `shown` checks of every node).

use super::seen::shown;
use super::wrap;
use proptest::prelude::*;
use wirecore::unwrap::Hint;

type Wrap = fn(&[u8]) -> Vec<u8>;
type WrapText = fn(&str) -> Vec<u8>;

/// Wrappers of any bytes.
const ANY: [(&str, Wrap); 10] = [
    ("base64", wrap::base64),
    ("base64", wrap::base64url),
    ("hex", wrap::hex),
    ("gzip", wrap::gzip),
    ("zlib", wrap::zlib),
    ("zstd", wrap::zstd),
    ("percent", wrap::percent),
    ("form", wrap::form),
    ("multipart", wrap::multipart),
    ("protobuf", wrap::protobuf),
];

/// Wrappers of text only: of what holds no controls, though its bytes may be UTF-8.
const TEXT: [(&str, WrapText); 5] = [
    ("json", wrap::json),
    ("xml", wrap::xml),
    ("utf16", wrap::utf16le),
    ("utf16", wrap::utf16be_marked),
    ("json_escape", wrap::escaped),
];

/// Wraps, from the inside out; the names of what was done, outermost first.
fn wrapped(value: &str, chain: &[usize]) -> (Vec<u8>, Vec<&'static str>) {
    let mut sent = value.as_bytes().to_vec();
    let mut names = Vec::new();
    for &choice in chain {
        let text = std::str::from_utf8(&sent)
            .ok()
            .filter(|text| !text.contains(|c: char| c.is_control() && !c.is_whitespace()));
        let choices = ANY.len() + if text.is_some() { TEXT.len() } else { 0 };
        let choice = choice % choices;
        let text = choice.checked_sub(ANY.len()).zip(text);
        let (name, outer) = if let Some((at, text)) = text {
            (TEXT[at].0, TEXT[at].1(text))
        } else {
            (ANY[choice].0, ANY[choice].1(&sent))
        };
        sent = outer;
        names.insert(0, name);
    }
    (sent, names)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, rng_seed: prop::test_runner::RngSeed::Fixed(2014), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_was_wrapped_is_found(
        value in "[A-Za-z0-9][A-Za-z0-9@.,:+ -]{18,60}[A-Za-z0-9]|[a-z]{3}[一-龥，。]{6,20}[0-9]{4}",
        chain in prop::collection::vec(0..1000usize, 1..6),
    ) {
        let (sent, names) = wrapped(&value, &chain);
        let seen = shown(&sent, &Hint::default());
        // Not always as a leaf of its own: where text is percent-encoded inside other text, all of
        // it is decoded at once.
        let found = seen.nodes.iter().any(|n| n.bytes.windows(value.len()).any(|w| w == value.as_bytes()));
        prop_assert!(
            found,
            "{names:?} hid {value:?} in {}; seen as far as {:?}",
            sent.escape_ascii(),
            seen.nodes.iter().map(super::seen::Seen::way).collect::<Vec<_>>(),
        );
    }
}
