//! A visitor that keeps what it is shown, and checks the promises that hold for every walk.

use wirecore::limits::Limits;
use wirecore::record::Step;
use wirecore::unwrap::{apply, walk, Hint, Keys, Node, Visitor};

/// A node as it was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub bytes: Vec<u8>,
    pub steps: Vec<Step>,
    pub leaf: bool,
    pub verbatim: bool,
    pub key: String,
}

impl Seen {
    /// Names of the steps, joined with ` > `.
    pub fn way(&self) -> String {
        self.steps
            .iter()
            .map(|s| s.codec)
            .collect::<Vec<_>>()
            .join(" > ")
    }
    /// Path of the last step.
    pub fn path(&self) -> &str {
        self.steps.last().map_or("", |s| &s.path)
    }
}

/// All that a walk showed.
#[derive(Default, Debug)]
pub struct Shown {
    pub nodes: Vec<Seen>,
    pub bounds: Vec<(String, u64)>,
    pub opaque: Vec<Vec<u8>>,
}

impl Shown {
    /// The deepest node whose bytes are exactly `value`.
    pub fn exactly(&self, value: &[u8]) -> Option<&Seen> {
        self.nodes
            .iter()
            .filter(|n| n.bytes == value)
            .max_by_key(|n| n.steps.len())
    }
}

impl Visitor for Shown {
    fn node(&mut self, node: &Node<'_>) {
        assert_eq!(node.depth, node.steps.len());
        self.nodes.push(Seen {
            bytes: node.bytes.to_vec(),
            steps: node.steps.to_vec(),
            leaf: node.leaf,
            verbatim: node.verbatim,
            key: node.key.to_owned(),
        });
    }
    fn bound(&mut self, what: &str, unread: u64) {
        self.bounds.push((what.to_owned(), unread));
    }
    fn opaque(&mut self, node: &Node<'_>) {
        self.opaque.push(node.bytes.to_vec());
    }
}

/// Walks, and checks of every node that `apply` re-derives it step by step, that a parent came
/// before it, and that `verbatim` means what it says.
pub fn shown_with(bytes: &[u8], hint: &Hint<'_>, limits: &Limits) -> Shown {
    let keys = Keys::default();
    let mut shown = Shown::default();
    walk(bytes, hint, &keys, limits, &mut shown);
    for (index, node) in shown.nodes.iter().enumerate() {
        let mut derived = bytes.to_vec();
        for (depth, step) in node.steps.iter().enumerate() {
            let parent = shown.nodes[..index]
                .iter()
                .any(|p| p.bytes == derived && p.steps == node.steps[..depth] && !p.leaf);
            assert!(parent, "no parent before {:?}", node.steps);
            if node.verbatim && depth + 1 == node.steps.len() {
                assert_eq!(&derived[step.start as usize..step.end as usize], node.bytes);
            }
            derived = apply(step, &derived, &keys).expect("a shown step can be applied");
        }
        assert_eq!(derived, node.bytes, "{:?}", node.steps);
    }
    shown
}

/// As [`shown_with`], with the default limits.
pub fn shown(bytes: &[u8], hint: &Hint<'_>) -> Shown {
    shown_with(bytes, hint, &Limits::default())
}

/// A hint with only a content type.
pub fn body(content_type: &str) -> Hint<'_> {
    Hint {
        content_type,
        place: "body",
        parts: &[],
    }
}
