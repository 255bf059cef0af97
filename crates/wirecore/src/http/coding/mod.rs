//! Content codings (RFC 9110, section 8.4): the encoded bytes of one body in, pieces of the decoded
//! body out. There is no "need more": each [`ContentDecoder::feed`] gives what can be given, and
//! [`ContentDecoder::finish`] says when the end never came.
//!
//! A body that is visibly not what its header says passes through as it is (and that is said):
//! what an observer cannot decode must still be searched.

mod stage;

use crate::anomaly::Kind as OddKind;
use crate::limits::Limits;
use crate::record::Odd;
pub(crate) use stage::is_zlib;
use stage::{Kind, Stage};

/// Decoded bytes are handed on in pieces of at most this size.
const PIECE: usize = 32 * 1024;
/// Below this many decoded bytes no ratio is too high.
const RATIO_FLOOR: u64 = 1 << 20;
/// Codings in a row; more is an attack.
const CODINGS_MAX: usize = 8;

/// Decodes one body through its codings, last applied first.
pub struct ContentDecoder {
    layers: Vec<Layer>,
    identity: bool,
    ratio: u64,
    /// Encoded bytes fed so far.
    fed: u64,
    /// Encoded bytes fed after decoding had stopped.
    unread: u64,
    stopped: bool,
}

struct Layer {
    kind: Kind,
    state: State,
    scratch: Box<[u8]>,
    written: u64,
}

enum State {
    /// Too few bytes yet to choose a decoder.
    Sniffing(Vec<u8>),
    Decoding(Stage),
    /// A member or frame has ended; another may follow.
    Between,
    /// Not of the kind announced: bytes pass as they are.
    Passing,
}

/// Why a layer stopped.
enum Fault {
    Damaged(String),
    Ratio,
}

type Sink<'s> = &'s mut dyn FnMut(&[u8]);

impl std::fmt::Debug for ContentDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kinds: Vec<_> = self.layers.iter().map(|layer| layer.kind).collect();
        f.debug_struct("ContentDecoder")
            .field("layers", &kinds)
            .field("fed", &self.fed)
            .finish_non_exhaustive()
    }
}

impl ContentDecoder {
    /// For the value of a Content-Encoding header, e.g. `"gzip"` or `"deflate, br"` (in the order
    /// applied). `Err` is [`OddKind::CodingUnknown`]: the body can only be kept as it is.
    pub fn new(codings: &str, limits: &Limits) -> Result<Self, Odd> {
        let mut layers = Vec::new();
        for name in codings
            .split(',')
            .map(|name| name.trim().to_ascii_lowercase())
        {
            if matches!(name.as_str(), "" | "identity" | "none") {
                continue;
            }
            let kind = Kind::named(&name).filter(|_| layers.len() < CODINGS_MAX);
            let Some(kind) = kind else {
                let detail = format!(
                    "content coding {:?}",
                    name.chars().take(40).collect::<String>()
                );
                return Err(Odd {
                    kind: OddKind::CodingUnknown,
                    offset: 0,
                    detail,
                });
            };
            let scratch = vec![0; PIECE].into_boxed_slice();
            layers.push(Layer {
                kind,
                state: State::Sniffing(Vec::new()),
                scratch,
                written: 0,
            });
        }
        layers.reverse();
        Ok(ContentDecoder {
            identity: layers.is_empty(),
            layers,
            ratio: limits.coding_ratio,
            fed: 0,
            unread: 0,
            stopped: false,
        })
    }

    /// True when there is nothing to decode: bytes pass as they are.
    pub fn is_identity(&self) -> bool {
        self.identity
    }

    /// Encoded bytes that were fed after decoding had stopped at damage or at a bound.
    pub fn unread(&self) -> u64 {
        self.unread
    }

    /// Decodes `bytes`; `sink` gets each decoded piece, at most 32 KiB long unless nothing is
    /// encoded. `Err` (once) is [`OddKind::CodingDamaged`] or [`OddKind::BoundReached`] with the
    /// offset in the encoded body of the piece where it happened; what came before was given, what
    /// follows counts as unread.
    pub fn feed(&mut self, bytes: &[u8], sink: Sink<'_>) -> Result<(), Odd> {
        if self.stopped {
            self.unread += bytes.len() as u64;
            return Ok(());
        }
        let before = self.fed;
        self.fed += bytes.len() as u64;
        let budget = RATIO_FLOOR.max(self.fed.saturating_mul(self.ratio));
        let result = run(&mut self.layers, bytes, budget, sink);
        let (kind, detail) = match result {
            Ok(()) => return Ok(()),
            Err((coding, Fault::Damaged(text))) => {
                (OddKind::CodingDamaged, format!("{}: {text}", coding.text()))
            }
            Err((coding, Fault::Ratio)) => (
                OddKind::BoundReached,
                format!(
                    "coding_ratio: {} grows more than {} times",
                    coding.text(),
                    self.ratio
                ),
            ),
        };
        self.stop();
        Err(Odd {
            kind,
            offset: before,
            detail,
        })
    }

    /// As [`ContentDecoder::feed`], onto the end of `out`.
    pub fn feed_into(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Odd> {
        self.feed(bytes, &mut |piece| out.extend_from_slice(piece))
    }

    /// The body has ended. `Err` ([`OddKind::CodingDamaged`]) when an encoding has not, or when the
    /// body was not what its header said and passed as it was.
    pub fn finish(&mut self, sink: Sink<'_>) -> Result<(), Odd> {
        let mut layers = std::mem::take(&mut self.layers);
        if std::mem::replace(&mut self.stopped, true) {
            return Ok(());
        }
        let mut said = None;
        let mut rest = &mut layers[..];
        while let Some((layer, inner)) = rest.split_first_mut() {
            let kind = layer.kind.text();
            match &mut layer.state {
                State::Sniffing(held) if !held.is_empty() => {
                    // Too short to be anything; it is still bytes that were sent.
                    said.get_or_insert(format!("{kind}: ended early"));
                    let _ = run(inner, &std::mem::take(held), RATIO_FLOOR, sink);
                }
                State::Decoding(_) => {
                    said.get_or_insert(format!("{kind}: ended early"));
                }
                State::Passing => {
                    said.get_or_insert(format!("announced as {kind}, is not; read as it is"));
                }
                State::Sniffing(_) | State::Between => {}
            }
            rest = inner;
        }
        let odd = |detail| Odd {
            kind: OddKind::CodingDamaged,
            offset: self.fed,
            detail,
        };
        said.map_or(Ok(()), |detail| Err(odd(detail)))
    }

    /// Bytes are missing here: what follows cannot be decoded.
    pub fn stop(&mut self) {
        self.stopped = true;
        self.layers.clear();
    }
}

/// Feeds `input` to the first layer and its output to the others.
fn run(
    layers: &mut [Layer],
    input: &[u8],
    budget: u64,
    sink: Sink<'_>,
) -> Result<(), (Kind, Fault)> {
    let Some((layer, rest)) = layers.split_first_mut() else {
        if !input.is_empty() {
            sink(input);
        }
        return Ok(());
    };
    let mut input = input;
    loop {
        match &mut layer.state {
            State::Passing => return run(rest, input, budget, sink),
            State::Between => {
                // Zero padding after a member is common (RFC 1952 allows none, gzip(1) does).
                while let [0, tail @ ..] = input {
                    input = tail;
                }
                if input.is_empty() {
                    return Ok(());
                }
                if !layer.kind.repeats() {
                    return Err((
                        layer.kind,
                        Fault::Damaged("other bytes follow the end".to_owned()),
                    ));
                }
                layer.state = State::Sniffing(Vec::new());
            }
            State::Sniffing(held) => {
                let need = layer
                    .kind
                    .sniffed()
                    .saturating_sub(held.len())
                    .min(input.len());
                held.extend_from_slice(&input[..need]);
                input = &input[need..];
                if held.len() < layer.kind.sniffed() || held.is_empty() && input.is_empty() {
                    return Ok(());
                }
                let held = std::mem::take(held);
                match Stage::begin(layer.kind, &held) {
                    Some(stage) => layer.state = State::Decoding(stage),
                    None if layer.written > 0 => {
                        return Err((
                            layer.kind,
                            Fault::Damaged("other bytes follow the end".to_owned()),
                        ));
                    }
                    None => {
                        layer.state = State::Passing;
                    }
                }
                let mut head = &held[..];
                while !head.is_empty() && matches!(layer.state, State::Decoding(_)) {
                    if decode(layer, rest, &mut head, budget, sink)? {
                        break;
                    }
                }
                if matches!(layer.state, State::Passing) {
                    run(rest, head, budget, sink)?;
                }
            }
            State::Decoding(_) => {
                if decode(layer, rest, &mut input, budget, sink)? {
                    return Ok(());
                }
            }
        }
    }
}

/// One call of a layer's decoder; true when it needs more input.
fn decode(
    layer: &mut Layer,
    rest: &mut [Layer],
    input: &mut &[u8],
    budget: u64,
    sink: Sink<'_>,
) -> Result<bool, (Kind, Fault)> {
    let State::Decoding(stage) = &mut layer.state else {
        return Ok(false);
    };
    let progress = stage.step(input, &mut layer.scratch);
    *input = &input[progress.read..];
    layer.written += progress.written as u64;
    if layer.written > budget {
        return Err((layer.kind, Fault::Ratio));
    }
    run(rest, &layer.scratch[..progress.written], budget, sink)?;
    if let Some(text) = progress.fault {
        return Err((layer.kind, Fault::Damaged(text)));
    }
    if progress.ended {
        layer.state = State::Between;
        return Ok(false);
    }
    // A full scratch may mean that more waits inside.
    Ok(input.is_empty() && progress.written < layer.scratch.len()
        || progress.read == 0 && progress.written == 0)
}
