//! The unwrap tree: what is inside the bytes of one place of a message (a body, a target, a header).
//!
//! Bytes in, [`Node`]s out: [`walk`] shows a [`Visitor`] the bytes themselves and then, parent
//! before child, everything that a codec of [`CODECS`] finds inside. Each node carries the
//! [`Step`]s that lead to it, and [`apply`] re-derives it from them, byte for byte. There is no
//! "need more": a document that is cut yields what was read.

mod base32;
mod base64;
mod bplist;
mod brotli;
mod brotli_head;
mod bson;
mod cbor;
mod compressed;
mod cookie;
mod delimited;
mod entities;
mod exif;
mod film;
mod form;
mod headerless;
mod hex;
mod hex_bytes;
mod json;
mod json_escape;
mod json_string;
mod labels;
mod latin1;
mod line;
pub(crate) mod look;
mod lz4;
pub(crate) mod media_head;
mod msgpack;
mod multipart;
pub mod optin_chunk;
mod percent;
mod place;
mod protobuf;
mod quoted_printable;
mod run;
mod sms;
mod sqlite;
mod structure;
mod tar;
mod token;
mod tree;
mod url;
mod utf16;
mod utf32;
mod xml;
mod zip;

pub use optin_chunk::Keys;
pub use tree::walk;

use crate::record::Step;
use tree::{Tree, View};

/// What the message says about the bytes. A hint only: it may lie.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hint<'a> {
    /// Content-Type with its parameters, or empty.
    pub content_type: &'a str,
    /// "target", "header:Name", "trailer:Name", "body", "name" (DNS), "stream", or empty.
    pub place: &'a str,
    /// Where the bytes came in pieces that mean something (datagrams): each is looked at as a whole of its own.
    pub parts: &'a [std::ops::Range<usize>],
}

/// One node of the tree.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    /// The node's bytes: the last step's output (the root's own bytes when there is no step).
    pub bytes: &'a [u8],
    /// The way from the root; empty for the root.
    pub steps: &'a [Step],
    /// True when no codec was recognised in these bytes, so that no children follow.
    pub leaf: bool,
    /// True when `bytes` equal the parent's bytes at the last step's range (nothing was decoded),
    /// so that whoever scanned the parent has seen them. False for the root.
    pub verbatim: bool,
    /// True when, moreover, quotes stand around them in the parent: what is a word, a number or a digest here is one
    /// there, and the other way round.
    pub quoted: bool,
    /// Nearest field name (JSON member as in its pointer, form key, part name, XML element or
    /// attribute), or empty.
    pub key: &'a str,
    /// Number of steps.
    pub depth: usize,
}

/// Sees the nodes of a tree, each parent before its children.
pub trait Visitor {
    /// A node. Its children, when there are any, follow before its siblings.
    fn node(&mut self, node: &Node<'_>);
    /// A bound cut something off: which (a name in `Limits`), and how many bytes stayed unread.
    fn bound(&mut self, what: &str, unread: u64);
    /// A high-entropy leaf of at least 64 bytes that no codec opened; also one that begins as media do: whoever knows
    /// its structure decides what of it is explained.
    fn opaque(&mut self, node: &Node<'_>);
    /// A leaf that begins as media do and is not evenly spread as a whole.
    fn media(&mut self, _node: &Node<'_>) {}
    /// As `opaque`, of a stretch of its parent (at the last step's range) that was not shown as a node.
    fn sealed(&mut self, node: &Node<'_>) {
        self.opaque(node);
    }
}

/// One way of wrapping bytes in others.
pub struct Codec {
    /// Its name in steps: a closed list, documented.
    pub name: &'static str,
    /// Where it occurs and what defines it.
    pub reason: &'static str,
    /// Classes of bytes without one of which it cannot apply; none: it is never tried by itself.
    wants: look::Classes,
    /// Cheap test: may it apply to these bytes?
    recognise: fn(&View<'_>) -> bool,
    /// Shows every child to the tree; true when the codec explains the bytes as a whole, so that
    /// no further codec is tried on them.
    open: fn(&mut Tree<'_>, &View<'_>) -> bool,
    /// Re-derives one child from the bytes of its step's range; false when they are not its kind.
    derive: fn(&[u8], &Step, &mut Vec<u8>) -> bool,
}

/// What codecs derive whose children stand in the bytes as they are.
fn as_it_stands(raw: &[u8], _step: &Step, out: &mut Vec<u8>) -> bool {
    out.extend_from_slice(raw);
    true
}

impl std::fmt::Debug for Codec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Codec")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// Every codec, in the order in which they are tried: what explains the bytes as a whole first.
pub const CODECS: &[Codec] = &[
    // Before those that look for compressed members at any place: its fields hold them.
    protobuf::CODEC,
    delimited::CODEC,
    msgpack::CODEC,
    cbor::CODEC,
    bson::CODEC,
    sqlite::CODEC,
    bplist::CODEC,
    zip::CODEC,
    tar::CODEC,
    lz4::CODEC,
    compressed::GZIP,
    compressed::ZLIB,
    compressed::ZSTD,
    // Its mark begins like UTF-16's.
    utf32::CODEC,
    utf16::CODEC,
    latin1::CODEC,
    multipart::CODEC,
    json::CODEC,
    xml::CODEC,
    cookie::CODEC,
    url::CODEC,
    // Its escapes look like pairs.
    quoted_printable::CODEC,
    form::CODEC,
    // Each line is encoded for itself.
    line::CODEC,
    // A backslash that is to be seen was not percent-encoded: that layer lies within.
    json_escape::CODEC,
    percent::CODEC,
    entities::CODEC,
    labels::CODEC,
    // Before the tokens, which would take its pairs for none.
    hex_bytes::CODEC,
    base64::CODEC,
    base32::CODEC,
    base32::HEX,
    hex::CODEC,
    // Of a media file, what it says of itself.
    exif::CODEC,
    film::CODEC,
    // What announces itself by nothing.
    sms::CODEC,
    headerless::DEFLATE,
    headerless::BROTLI,
    headerless::LZ4_BLOCK,
    // After all others: what is left may still hold texts.
    run::CODEC,
    tree::DATAGRAM,
];

/// What is tried on an image, sound or film.
const MEDIA_CODECS: &[Codec] = &[exif::CODEC, film::CODEC];

/// Re-derives the output of one step from the whole output of the step before (the place's bytes
/// for the first step). Same input, same step: the same bytes that [`walk`] showed.
///
/// Errors: a sentence when the range does not lie in the input, the codec is unknown, or the
/// bytes are not what the codec reads.
pub fn apply(step: &Step, input: &[u8], keys: &Keys) -> Result<Vec<u8>, String> {
    let range = usize::try_from(step.start)
        .ok()
        .zip(usize::try_from(step.end).ok());
    let bytes = range
        .and_then(|(start, end)| input.get(start..end))
        .ok_or_else(|| {
            format!(
                "step {} reads bytes {}..{} of only {}",
                step.codec,
                step.start,
                step.end,
                input.len()
            )
        })?;
    if step.codec == optin_chunk::CODEC {
        let key = keys
            .get(&step.path)
            .ok_or_else(|| format!("no key is known for chunk {}", step.path))?;
        return optin_chunk::open(key, bytes)
            .map(|opened| opened.content)
            .map_err(|error| format!("chunk {}: {error}", step.path));
    }
    let codec = CODECS.iter().find(|codec| codec.name == step.codec);
    let codec = codec.ok_or_else(|| format!("there is no codec named {}", step.codec))?;
    let mut output = Vec::new();
    if (codec.derive)(bytes, step, &mut output) {
        Ok(output)
    } else {
        Err(format!(
            "bytes {}..{} are not {}",
            step.start, step.end, step.codec
        ))
    }
}
