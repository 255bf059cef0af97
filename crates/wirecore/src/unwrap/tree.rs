//! The walk itself: who is shown what, in which order, within which bounds.

use super::{Hint, Keys, Node, Visitor, CODECS};
use crate::limits::Limits;
use crate::record::Step;
use std::ops::Range;

/// What a codec is given to recognise and open.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub bytes: &'a [u8],
    pub hint: Hint<'a>,
    /// Nearest field name, or empty.
    pub key: &'a str,
    /// True when the bytes read as text (see [`looks_like_text`]).
    pub text: bool,
}

/// The state of one walk.
pub(super) struct Tree<'w> {
    visitor: &'w mut dyn Visitor,
    limits: &'w Limits,
    /// The way to the node at hand. Codecs that choose many leaves rewrite the last one in place:
    /// no allocation a leaf.
    steps: Vec<Step>,
    nodes_left: usize,
    bytes_left: usize,
    /// Bytes that the node bound left unvisited; reported once at the end.
    unvisited: u64,
}

/// Shows `visitor` the bytes and everything inside them. `_keys` opens chunks by name, which
/// needs the request target and is done by who knows it (`inspect`); see [`super::apply`].
pub fn walk(
    bytes: &[u8],
    hint: &Hint<'_>,
    _keys: &Keys,
    limits: &Limits,
    visitor: &mut dyn Visitor,
) {
    let mut tree = Tree {
        visitor,
        limits,
        steps: Vec::with_capacity(limits.unwrap_depth),
        nodes_left: limits.unwrap_leaves,
        bytes_left: limits.unwrap_bytes,
        unvisited: 0,
    };
    tree.show(bytes, false, "", hint);
    let unvisited = tree.unvisited;
    if unvisited > 0 {
        visitor.bound("unwrap_leaves", unvisited);
    }
}

impl Tree<'_> {
    /// Begins a step of `codec`; the children's range and path are set by [`Tree::aim`].
    /// `None` when the tree is as deep as allowed.
    pub fn push(&mut self, codec: &'static str, unread: usize) -> Option<usize> {
        if self.steps.len() >= self.limits.unwrap_depth {
            self.visitor.bound("unwrap_depth", unread as u64);
            return None;
        }
        self.steps.push(Step {
            codec,
            start: 0,
            end: 0,
            path: String::new(),
        });
        Some(self.steps.len() - 1)
    }

    /// Sets the range that the step at `at` reads.
    pub fn aim(&mut self, at: usize, range: &Range<usize>) {
        let step = &mut self.steps[at];
        step.start = range.start as u64;
        step.end = range.end as u64;
    }

    /// The path of the step at `at`, to be rewritten in place.
    pub fn path(&mut self, at: usize) -> &mut String {
        &mut self.steps[at].path
    }

    /// Ends the step begun last.
    pub fn pop(&mut self) {
        self.steps.pop();
    }

    /// Counts bytes that a codec made; false (and said to the visitor) when they are too many.
    pub fn spend(&mut self, made: usize) -> bool {
        if made > self.bytes_left {
            self.visitor.bound("unwrap_bytes", made as u64);
            return false;
        }
        self.bytes_left -= made;
        true
    }

    /// Shows one node and what is inside it.
    pub fn show(&mut self, bytes: &[u8], verbatim: bool, key: &str, hint: &Hint<'_>) {
        if self.nodes_left == 0 {
            self.unvisited += bytes.len() as u64;
            return;
        }
        self.nodes_left -= 1;
        if bytes.len() < 8 {
            self.node(bytes, true, verbatim, key);
            return;
        }
        let view = View {
            bytes,
            hint: *hint,
            key,
            text: looks_like_text(bytes),
        };
        let mut fit = CODECS
            .iter()
            .filter(|codec| (codec.recognise)(&view))
            .peekable();
        let leaf = fit.peek().is_none();
        self.node(bytes, leaf, verbatim, key);
        for codec in fit {
            if (codec.open)(self, &view) {
                break;
            }
        }
    }

    fn node(&mut self, bytes: &[u8], leaf: bool, verbatim: bool, key: &str) {
        let node = Node {
            bytes,
            steps: &self.steps,
            leaf,
            verbatim,
            key,
            depth: self.steps.len(),
        };
        self.visitor.node(&node);
    }
}

/// True for UTF-8, also when it is cut inside a character, and for the like without controls.
pub(super) fn looks_like_text(bytes: &[u8]) -> bool {
    match simdutf8::compat::from_utf8(bytes) {
        Ok(_) => !bytes.iter().take(64).any(|&b| b == 0),
        Err(e) => e.error_len().is_none() && e.valid_up_to() > 0,
    }
}
