//! Digest-shaped tokens of a message that nothing explained, with what was sent along: for the second pass.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::FxHasher;

use super::carry::Carry;
use super::frame::{Frame, How};
use super::{Bound, Findings, FoundHit, Piece, Watch};
use crate::record::Step;
use crate::scan::salted::{self, is_digest_long, names_a_salt, printed_digest, Salt, SecondPass};
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

impl Token {
    /// The same for the same field of messages to the same host.
    fn origin(&self, host: &str) -> u64 {
        let mut hasher = FxHasher::default();
        (host, &self.place).hash(&mut hasher);
        for step in &self.steps {
            (step.codec, &step.path).hash(&mut hasher);
        }
        hasher.finish()
    }
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

/// Tries the tokens with every salt. `host` is whom the message goes to.
pub(super) fn explain(
    watch: &Watch,
    second: &mut SecondPass,
    carry: &mut Carry,
    (host, time_ns): (&str, i64),
    out: &mut Findings,
) {
    if carry.unexplained.tokens.is_empty() {
        carry.unexplained.salts.clear();
        return;
    }
    let Unexplained { mut tokens, salts } = std::mem::take(&mut carry.unexplained);
    let seconds = time_ns.div_euclid(1_000_000_000);
    let sought: Vec<_> = tokens
        .iter()
        .map(|token| salted::Token {
            origin: token.origin(host),
            raw: &token.raw,
        })
        .collect();
    for found in second.explain(&watch.salted, &sought, seconds, &salts) {
        let token = &mut tokens[found.token];
        let mut steps = std::mem::take(&mut token.steps);
        if let Some(step) = steps.last_mut() {
            step.path = format!("salt {}", found.salt);
        }
        let hit = FoundHit {
            needle: found.needle,
            detector: false,
            place: std::mem::take(&mut token.place),
            steps,
            start: 0,
            end: token.raw.len() as u64,
            digest: found.algorithm,
        };
        carry.push(hit, out);
    }
    if second.stopped() {
        out.bounds.push(Bound {
            what: "salt_work".to_owned(),
            unread: 0,
        });
    }
}
