//! Digest-shaped tokens of a message that nothing explained, with what was sent along: for the second pass. What that
//! does not explain either is told, unless it came down before: it may be a fact that was hashed in an unknown way.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::{FxHashSet, FxHasher};

use super::carry::Carry;
use super::frame::Frame;
use super::{Bound, Findings, FoundHit, FoundToken, Piece, Watch};
use crate::record::{Step, Window};
use crate::scan::salted::{self, is_digest_long, names_a_salt, printed_digest, Salt, SecondPass};
use crate::scan::shaped::{each_shaped, is_printed_long, is_shaped_raw, shaped, value_of};
use crate::unwrap::Node;

/// Tokens of one message that are tried.
const TOKENS: usize = 64;
/// Fields of one message that are tried as salts.
const SALTS: usize = 8;
/// Bytes of such a field.
const SALT_BYTES: std::ops::RangeInclusive<usize> = 4..=64;
/// Tokens of one answer that are remembered.
const RECEIVED: usize = 1024;
/// Tokens that came down and are remembered, in each of two ages.
const REMEMBERED: usize = 1 << 15;

struct Token {
    place: String,
    steps: Vec<Step>,
    raw: Vec<u8>,
    /// Bytes of the place, then of each step's output.
    sizes: Vec<u64>,
    /// It may be a salted digest: tried in the second pass.
    tried: bool,
    /// It looks random: told when nothing explains it.
    told: bool,
}

/// The way to a node: its steps, how far a range in it is off, and the sizes of [`Window`].
pub(super) type WayTo = (Vec<Step>, u64, Vec<u64>);

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
    received: Vec<u64>,
}

/// The tokens that came down lately: an app that sends them back gives nothing away.
#[derive(Default)]
pub(super) struct Received {
    young: FxHashSet<u64>,
    old: FxHashSet<u64>,
}

impl Received {
    /// Tokens anywhere in a text that came down.
    pub(super) fn learn(&mut self, text: &[u8]) {
        each_shaped(text, &mut |raw| self.remember(value_of(raw)));
    }

    fn remember(&mut self, value: u64) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(value);
    }

    fn holds(&self, value: u64) -> bool {
        self.young.contains(&value) || self.old.contains(&value)
    }
}

impl Unexplained {
    /// Takes a leaf that leaves the phone, if it is a token without an explanation or may be a salt. `steps` makes the
    /// way to it.
    pub(super) fn take(
        &mut self,
        node: &Node<'_>,
        key: &str,
        frame: &Frame,
        piece: &Piece<'_>,
        steps: &dyn Fn() -> WayTo,
    ) {
        let bytes = node.bytes;
        if SALT_BYTES.contains(&bytes.len()) && self.salts.len() < SALTS && names_a_salt(key) {
            self.salts.push(Salt {
                name: key.to_owned(),
                bytes: bytes.to_vec(),
            });
        }
        if self.tokens.len() == TOKENS || frame.shows(|_| true) {
            return;
        }
        let printed = is_printed_long(bytes.len());
        let ((steps, _, sizes), raw, tried, told) =
            if let Some((codec, raw)) = printed.then(|| printed_digest(bytes)).flatten() {
                let (mut steps, shift, mut sizes) = steps();
                sizes.push(raw.len() as u64);
                steps.push(Step {
                    codec,
                    start: shift,
                    end: shift + bytes.len() as u64,
                    path: String::new(),
                });
                ((steps, 0, sizes), raw, true, shaped(bytes).is_some())
            } else if is_digest_long(bytes.len()) && was_printed(node) {
                // The tree has taken the print off.
                (steps(), bytes.to_vec(), true, is_shaped_raw(bytes))
            } else if let Some(raw) = printed.then(|| shaped(bytes)).flatten() {
                (steps(), raw, false, true)
            } else {
                return;
            };
        self.tokens.push(Token {
            place: piece.place.to_owned(),
            steps,
            raw,
            sizes,
            tried,
            told,
        });
    }

    /// Takes a leaf that comes down, if it is such a token.
    #[inline]
    pub(super) fn take_received(&mut self, node: &Node<'_>) {
        let len = node.bytes.len();
        // Most leaves have another length.
        if is_printed_long(len) || is_digest_long(len) {
            self.receive(node);
        }
    }

    #[inline(never)]
    fn receive(&mut self, node: &Node<'_>) {
        let bytes = node.bytes;
        if self.received.len() == RECEIVED {
            return;
        }
        if let Some(raw) = shaped(bytes) {
            self.received.push(value_of(&raw));
        } else if was_printed(node) && is_shaped_raw(bytes) {
            self.received.push(value_of(bytes));
        }
    }
}

fn was_printed(node: &Node<'_>) -> bool {
    let last = node.steps.last();
    last.is_some_and(|step| matches!(step.codec, "hex" | "base64"))
}

/// Tries the tokens with every salt, and tells those that stay. `host` is whom the message goes to.
pub(super) fn explain(
    watch: &Watch,
    (second, received): (&mut SecondPass, &mut Received),
    carry: &mut Carry,
    (host, time_ns): (&str, i64),
    out: &mut Findings,
) {
    for value in carry.unexplained.received.drain(..) {
        received.remember(value);
    }
    if carry.unexplained.tokens.is_empty() {
        carry.unexplained.salts.clear();
        return;
    }
    let Unexplained {
        mut tokens, salts, ..
    } = std::mem::take(&mut carry.unexplained);
    let seconds = time_ns.div_euclid(1_000_000_000);
    let tried: Vec<usize> = (0..tokens.len()).filter(|&at| tokens[at].tried).collect();
    let sought: Vec<_> = tried
        .iter()
        .map(|&at| salted::Token {
            origin: tokens[at].origin(host),
            raw: &tokens[at].raw,
        })
        .collect();
    for found in second.explain(&watch.salted, &sought, seconds, &salts) {
        let token = &mut tokens[tried[found.token]];
        token.told = false;
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
            window: Window {
                begin: 0,
                bytes: std::mem::take(&mut token.raw),
                sizes: std::mem::take(&mut token.sizes),
                coded: false,
            },
        };
        carry.push(hit, out);
    }
    if second.stopped() {
        out.bounds.push(Bound {
            what: "salt_work".to_owned(),
            unread: 0,
        });
    }
    for token in tokens.into_iter().filter(|token| token.told) {
        let value = value_of(&token.raw);
        if !received.holds(value) {
            out.tokens.push(FoundToken {
                place: token.place,
                steps: token.steps,
                value,
                bytes: token.raw.len() as u8,
            });
        }
    }
}
