//! One compression format behind one interface: some input in, some output out.

use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{DParameter, Decoder, InBuffer, Operation, OutBuffer};

/// Largest zstd window, as a power of two: HTTP's own bound (RFC 9659, section 3).
const ZSTD_WINDOW_LOG: u32 = 23;

/// A coding by its registered name (RFC 9110, section 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

impl Kind {
    pub fn named(name: &str) -> Option<Kind> {
        Some(match name {
            "gzip" | "x-gzip" => Kind::Gzip,
            "deflate" => Kind::Deflate,
            "br" => Kind::Brotli,
            "zstd" => Kind::Zstd,
            _ => return None,
        })
    }

    pub fn text(self) -> &'static str {
        match self {
            Kind::Gzip => "gzip",
            Kind::Deflate => "deflate",
            Kind::Brotli => "br",
            Kind::Zstd => "zstd",
        }
    }

    /// True when members or frames may follow one another.
    pub fn repeats(self) -> bool {
        matches!(self, Kind::Gzip | Kind::Zstd)
    }

    /// Bytes that must be seen before a decoder can be chosen.
    pub fn sniffed(self) -> usize {
        match self {
            Kind::Gzip | Kind::Deflate => 2,
            Kind::Brotli => 0,
            Kind::Zstd => 4,
        }
    }
}

/// What one call did.
pub(super) struct Progress {
    pub read: usize,
    pub written: usize,
    /// True at the end of a member or frame; another may follow.
    pub ended: bool,
    /// What is damaged; what was written before it is good.
    pub fault: Option<String>,
}

type Brotli = BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>;

/// A decoder at work.
pub(super) enum Stage {
    Inflate(Decompress),
    Brotli(Box<Brotli>),
    Zstd(Decoder<'static>),
}

impl Stage {
    /// The decoder for a body that begins with `first` (at least `kind.sniffed()` bytes). `None`
    /// when the body is visibly not of that kind.
    pub fn begin(kind: Kind, first: &[u8]) -> Option<Stage> {
        Some(match kind {
            Kind::Gzip if first.starts_with(b"\x1f\x8b") => {
                Stage::Inflate(Decompress::new_gzip(15))
            }
            // Some senders confuse the two names.
            Kind::Gzip if is_zlib(first) => Stage::Inflate(Decompress::new(true)),
            Kind::Gzip => return None,
            // "deflate" is zlib by the book, and raw from many senders (RFC 9110, section 8.4.1.2).
            Kind::Deflate => Stage::Inflate(Decompress::new(is_zlib(first))),
            Kind::Brotli => {
                let alloc = StandardAlloc::default();
                Stage::Brotli(Box::new(BrotliState::new_strict(alloc, alloc, alloc)))
            }
            Kind::Zstd => Stage::zstd(first)?,
        })
    }

    fn zstd(first: &[u8]) -> Option<Stage> {
        // A frame, or a skippable one before it (RFC 8878, section 3.1).
        let skippable = first
            .get(..4)
            .is_some_and(|m| m[0] & 0xf0 == 0x50 && m[1..] == [0x2a, 0x4d, 0x18]);
        if !skippable && !first.starts_with(b"\x28\xb5\x2f\xfd") {
            return None;
        }
        let mut decoder = Decoder::new().ok()?;
        decoder
            .set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG))
            .ok()?;
        Some(Stage::Zstd(decoder))
    }

    /// Decodes some of `input` into `output`.
    pub fn step(&mut self, input: &[u8], output: &mut [u8]) -> Progress {
        match self {
            Stage::Inflate(inflate) => {
                let (read, written) = (inflate.total_in(), inflate.total_out());
                let status = inflate.decompress(input, output, FlushDecompress::None);
                Progress {
                    read: (inflate.total_in() - read) as usize,
                    written: (inflate.total_out() - written) as usize,
                    ended: matches!(status, Ok(Status::StreamEnd)),
                    fault: status.err().map(|error| error.to_string()),
                }
            }
            Stage::Brotli(state) => {
                let (mut left, mut read) = (input.len(), 0);
                let (mut room, mut written, mut total) = (output.len(), 0, 0);
                let result = BrotliDecompressStream(
                    &mut left,
                    &mut read,
                    input,
                    &mut room,
                    &mut written,
                    output,
                    &mut total,
                    state,
                );
                Progress {
                    read,
                    written,
                    ended: matches!(result, BrotliResult::ResultSuccess),
                    fault: matches!(result, BrotliResult::ResultFailure)
                        .then(|| "not brotli".to_owned()),
                }
            }
            Stage::Zstd(decoder) => {
                let mut source = InBuffer::around(input);
                let mut target = OutBuffer::around(output);
                let left = decoder.run(&mut source, &mut target);
                Progress {
                    read: source.pos(),
                    written: target.pos(),
                    ended: matches!(left, Ok(0)),
                    fault: left.err().map(|error| error.to_string()),
                }
            }
        }
    }
}

/// True for the first bytes of a zlib stream (RFC 1950, section 2.2).
pub(crate) fn is_zlib(first: &[u8]) -> bool {
    let [cmf, flags, ..] = *first else {
        return false;
    };
    cmf & 0x0f == 8 && cmf >> 4 <= 7 && (u16::from(cmf) << 8 | u16::from(flags)) % 31 == 0
}
