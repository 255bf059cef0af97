//! The walk itself: who is shown what, in which order, within which bounds.

use super::look::{classes, is_random, is_text, BINARY, TOKEN};
use super::media_head::is_media;
use super::{
    as_it_stands, base64, hex_bytes, labels, token, Codec, Hint, Keys, Node, Visitor, CODECS,
    MEDIA_CODECS,
};
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
    /// True when the bytes read as text.
    pub text: bool,
    /// The codec that made them, or empty.
    pub parent: &'static str,
}

impl View<'_> {
    /// True when the Content-Type begins so (any case).
    pub fn says(&self, media_type: &str) -> bool {
        let said = self.hint.content_type.as_bytes();
        said.get(..media_type.len())
            .is_some_and(|said| said.eq_ignore_ascii_case(media_type.as_bytes()))
    }
}

/// Where the name of the nearest field stands.
#[derive(Clone, Copy)]
pub(super) enum Name<'a> {
    Given(&'a str),
    /// In the path of the step at `at`: no copy a leaf.
    Path {
        at: usize,
        start: usize,
        end: usize,
    },
}

impl<'a> From<&'a str> for Name<'a> {
    fn from(name: &'a str) -> Self {
        Name::Given(name)
    }
}

/// The step into one datagram of a flow whose protocol is not known.
pub(super) const DATAGRAM: Codec = Codec {
    name: "datagram",
    reason:
        "each datagram of an unknown protocol is a message of its own, whatever its neighbours hold",
    wants: 0,
    recognise: |_| false,
    open: |_, _| false,
    derive: as_it_stands,
};

/// The state of one walk.
pub(super) struct Tree<'w> {
    visitor: &'w mut dyn Visitor,
    limits: &'w Limits,
    /// The way to the node at hand. Codecs that choose many leaves rewrite the last one in place:
    /// no allocation a leaf.
    steps: Vec<Step>,
    nodes_left: usize,
    bytes_left: usize,
    /// Nodes shown so far.
    shown: u64,
    /// Bytes that the bound on nodes left unvisited; said once at the end.
    unvisited: u64,
    /// The node that comes next stands between quotes, or between other signs that are no part of a token.
    quoted: bool,
}

/// Fewest bytes that any codec makes something of.
const CODEC_MIN: usize = 8;

/// Fewest bytes of a field's name that may hide a value: an e-mail or a number in base64 has as many.
const NAME_MIN: usize = 16;

/// What is tried on a field of nothing but letters, digits, blanks and points.
const TOKENS_ONLY: &[Codec] = &[labels::CODEC, hex_bytes::CODEC, base64::CODEC];

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
        nodes_left: limits.unwrap_leaves.max(1),
        bytes_left: limits.unwrap_bytes,
        shown: 0,
        unvisited: 0,
        quoted: false,
    };
    match hint.parts {
        [] => tree.show(bytes, false, "", hint),
        [one] if *one == (0..bytes.len()) => tree.show(bytes, false, "", hint),
        _ => tree.show_parts(bytes, hint),
    }
    let unvisited = tree.unvisited;
    if unvisited > 0 {
        visitor.bound("unwrap_leaves", unvisited);
    }
}

impl Tree<'_> {
    /// Begins a step of `codec` that reads some of `len` bytes; where its range and path are set
    /// is the value. `None` (and said to the visitor) when the tree is as deep as allowed.
    pub fn push(&mut self, codec: &'static str, len: usize) -> Option<usize> {
        if self.steps.len() >= self.limits.unwrap_depth {
            self.visitor.bound("unwrap_depth", len as u64);
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

    /// The end of that path, from `start` on, as a field's name.
    pub fn name_from(&self, at: usize, start: usize) -> Name<'static> {
        Name::Path {
            at,
            start,
            end: self.steps[at].path.len(),
        }
    }

    /// Shows a field's name in which a token or an escape may hide a value, under the path of the step at `at`
    /// and `#`. Most names are short words: they cost a look at their length.
    pub fn show_name(&mut self, at: usize, range: &Range<usize>, name: &[u8], key: &str) {
        if name.len() < NAME_MIN || !token::hides_a_value(name) {
            return;
        }
        self.aim(at, range);
        self.path(at).push('#');
        self.show(name, true, key, &Hint::default());
        self.path(at).pop();
    }

    /// Ends the step begun last.
    pub fn pop(&mut self) {
        self.steps.pop();
    }

    /// The bounds.
    pub fn limits(&self) -> &Limits {
        self.limits
    }

    /// How many more bytes codecs may make.
    pub fn bytes_left(&self) -> usize {
        self.bytes_left
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

    /// Says that a bound left bytes unread.
    pub fn bound(&mut self, what: &str, unread: u64) {
        self.visitor.bound(what, unread);
    }

    /// Shows one decoded child; false when a bound forbids it.
    pub fn child(
        &mut self,
        codec: &Codec,
        range: Range<usize>,
        made: &[u8],
        key: &str,
        hint: &Hint<'_>,
    ) -> bool {
        if !self.spend(made.len()) {
            return false;
        }
        let Some(at) = self.push(codec.name, range.len()) else {
            return false;
        };
        self.aim(at, &range);
        self.show(made, false, key, hint);
        self.pop();
        true
    }

    /// Shows the root, and its parts one by one.
    fn show_parts(&mut self, bytes: &[u8], hint: &Hint<'_>) {
        if !self.admit(bytes) {
            return;
        }
        self.node(bytes, false, false, "".into());
        let Some(step) = self.push(DATAGRAM.name, bytes.len()) else {
            return;
        };
        for part in hint.parts {
            if let Some(inside) = bytes.get(part.clone()) {
                self.aim(step, part);
                self.show(inside, true, "", &Hint::default());
            }
        }
        self.pop();
    }

    /// Tells of bytes in which nothing was recognised, at the step begun last.
    pub fn tell_opaque(&mut self, bytes: &[u8], key: &str) {
        let node = node(&self.steps, bytes, true, true, key.into());
        self.visitor.sealed(&node);
    }

    /// Shows one node and what is inside it.
    pub fn show<'n>(
        &mut self,
        bytes: &[u8],
        verbatim: bool,
        name: impl Into<Name<'n>>,
        hint: &Hint<'_>,
    ) {
        let name = name.into();
        if !self.admit(bytes) {
            return;
        }
        let seen = if bytes.len() < CODEC_MIN {
            0
        } else {
            classes(bytes)
        };
        if seen == 0 {
            self.node(bytes, true, verbatim, name);
            return;
        }
        if seen & BINARY != 0 && is_media(bytes) {
            self.show_media(bytes, verbatim, name, hint);
            return;
        }
        let parent = self.steps.last().map_or("", |step| step.codec);
        let text = seen & BINARY == 0 || is_text(bytes);
        let mut view = View {
            bytes,
            hint: *hint,
            key: "",
            text,
            parent,
        };
        // Most fields are words, numbers and names, in which only tokens can be.
        let candidates = if seen == TOKEN { TOKENS_ONLY } else { CODECS };
        let left_out = self.limits.left_out;
        let fits = |codec: &Codec, view: &View<'_>| {
            codec.wants & seen != 0 && (codec.recognise)(view) && left_out != Some(codec.name)
        };
        let Some(first) = candidates.iter().position(|codec| fits(codec, &view)) else {
            self.node(bytes, true, verbatim, name);
            if !text && is_random(bytes) {
                let node = node(&self.steps, bytes, true, verbatim, name);
                self.visitor.opaque(&node);
            }
            return;
        };
        self.node(bytes, false, verbatim, name);
        let key = name.text(&self.steps).to_owned();
        view.key = &key;
        let before = self.shown;
        for (at, codec) in candidates.iter().enumerate().skip(first) {
            if (at == first || fits(codec, &view)) && (codec.open)(self, &view) {
                break;
            }
        }
        if self.shown == before && !text && is_random(bytes) {
            let node = node(&self.steps, bytes, false, verbatim, name);
            self.visitor.opaque(&node);
        }
    }

    /// Shows an image, sound or film, and what it says of itself.
    fn show_media(&mut self, bytes: &[u8], verbatim: bool, name: Name<'_>, hint: &Hint<'_>) {
        let view = View {
            bytes,
            hint: *hint,
            key: "",
            text: false,
            parent: self.steps.last().map_or("", |step| step.codec),
        };
        let left_out = self.limits.left_out;
        let tells = |codec: &&Codec| (codec.recognise)(&view) && left_out != Some(codec.name);
        let leaf = !MEDIA_CODECS.iter().any(|codec| tells(&codec));
        self.node(bytes, leaf, verbatim, name);
        let node = node(&self.steps, bytes, leaf, verbatim, name);
        if is_random(bytes) {
            self.visitor.opaque(&node);
        } else {
            self.visitor.media(&node);
        }
        if !leaf {
            let key = name.text(&self.steps).to_owned();
            let view = View { key: &key, ..view };
            for codec in MEDIA_CODECS.iter().filter(tells) {
                (codec.open)(self, &view);
            }
        }
    }

    /// Shows what stands between quotes, as it is written.
    pub fn show_quoted(&mut self, bytes: &[u8], name: Name<'_>) {
        self.quoted = true;
        self.show(bytes, true, name, &Hint::default());
        self.quoted = false;
    }

    /// Shows a node in which nothing can be (a number), and beside which no letter, digit or sign of base64 stands.
    pub fn show_plain(&mut self, bytes: &[u8], name: Name<'_>) {
        if self.admit(bytes) {
            self.quoted = true;
            self.node(bytes, true, true, name);
        }
    }

    /// Counts a node; false when there were too many.
    fn admit(&mut self, bytes: &[u8]) -> bool {
        if self.nodes_left == 0 {
            self.unvisited += bytes.len() as u64;
            return false;
        }
        self.nodes_left -= 1;
        true
    }

    fn node(&mut self, bytes: &[u8], leaf: bool, verbatim: bool, name: Name<'_>) {
        self.shown += 1;
        let quoted = std::mem::take(&mut self.quoted);
        let node = Node {
            quoted,
            ..node(&self.steps, bytes, leaf, verbatim, name)
        };
        self.visitor.node(&node);
    }
}

impl<'t> Name<'t> {
    /// A part of the path of the step at `at`.
    pub fn part(at: usize, (start, end): (usize, usize)) -> Self {
        Name::Path { at, start, end }
    }

    fn text(self, steps: &'t [Step]) -> &'t str {
        match self {
            Name::Given(name) => name,
            Name::Path { at, start, end } => steps
                .get(at)
                .and_then(|step| step.path.get(start..end))
                .unwrap_or_default(),
        }
    }
}

fn node<'t>(
    steps: &'t [Step],
    bytes: &'t [u8],
    leaf: bool,
    verbatim: bool,
    name: Name<'t>,
) -> Node<'t> {
    Node {
        bytes,
        steps,
        leaf,
        verbatim,
        quoted: false,
        key: name.text(steps),
        depth: steps.len(),
    }
}
