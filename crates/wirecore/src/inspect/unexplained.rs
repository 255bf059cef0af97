//! Digest-shaped tokens of a message that nothing explained, with what was sent along: for the second pass.

use super::carry::Carry;
use super::frame::{Frame, How};
use super::{Findings, FoundHit, Piece, Watch};
use crate::record::Step;
use crate::scan::salted::{is_digest_long, names_a_salt, printed_digest, Salt, SecondPass};
use crate::unwrap::Node;

/// Tokens of one message that are tried.
const TOKENS: usize = 64;
/// Fields of one message that are tried as salts.
const SALTS: usize = 8;
/// Bytes of such a field.
const SALT_BYTES: std::ops::RangeInclusive<usize> = 4..=64;

struct Token {
    place: String,
    steps: Vec<Step>,
    raw: Vec<u8>,
}

/// What one message left.
#[derive(Default)]
pub(super) struct Unexplained {
    tokens: Vec<Token>,
    salts: Vec<Salt>,
}

impl Unexplained {
    /// Takes a leaf, if it is a token without an explanation or may be a salt. `steps` makes the way to it, and how
    /// far its range is off.
    pub(super) fn take(
        &mut self,
        node: &Node<'_>,
        key: &str,
        frame: &Frame,
        piece: &Piece<'_>,
        steps: &dyn Fn() -> (Vec<Step>, u64),
    ) {
        let bytes = node.bytes;
        if SALT_BYTES.contains(&bytes.len()) && self.salts.len() < SALTS && names_a_salt(key) {
            self.salts.push(Salt {
                name: key.to_owned(),
                bytes: bytes.to_vec(),
            });
        }
        if self.tokens.len() == TOKENS || frame.shows(|how| matches!(how, How::Digest(..))) {
            return;
        }
        let was_printed = |step: &Step| matches!(step.codec, "hex" | "base64");
        let (steps, raw) = if let Some((codec, raw)) = printed_digest(bytes) {
            let (mut steps, shift) = steps();
            steps.push(Step {
                codec,
                start: shift,
                end: shift + bytes.len() as u64,
                path: String::new(),
            });
            (steps, raw)
        } else if is_digest_long(bytes.len()) && node.steps.last().is_some_and(was_printed) {
            (steps().0, bytes.to_vec()) // the tree has taken the print off
        } else {
            return;
        };
        self.tokens.push(Token {
            place: piece.place.to_owned(),
            steps,
            raw,
        });
    }
}

/// Tries every token with every salt.
pub(super) fn explain(
    watch: &Watch,
    second: &mut SecondPass,
    carry: &mut Carry,
    time_ns: i64,
    out: &mut Findings,
) {
    let Unexplained { tokens, salts } = std::mem::take(&mut carry.unexplained);
    let seconds = time_ns.div_euclid(1_000_000_000);
    for mut token in tokens {
        let Some(found) = second.explain(&watch.salted, &token.raw, seconds, &salts) else {
            continue;
        };
        if let Some(step) = token.steps.last_mut() {
            step.path = format!("salt {}", found.salt);
        }
        let hit = FoundHit {
            needle: found.needle,
            detector: false,
            place: token.place,
            steps: token.steps,
            start: 0,
            end: token.raw.len() as u64,
            digest: found.algorithm,
        };
        carry.push(hit, out);
    }
}
