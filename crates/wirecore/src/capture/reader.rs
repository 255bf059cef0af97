//! The reader: opens by content, then one item after the other.

use std::io::Read;
use std::ops::Range;

use super::blocks::{may_hold_more, wanted, Blocks, BLOCK_BYTES, SECTION_HEADER};
use super::classic::{Classic, FILE_HEADER};
use super::error::{io_error, not_a_capture, CaptureError, CaptureErrorKind};
use super::input::Input;
use super::sections::Order;
use super::sniff::{sniff, Format, SNIFF_BYTES};
use super::source::{Failure, Source, Stored};
use super::{Frame, Item};
use crate::anomaly::Kind;
use crate::limits::Limits;
use crate::record::Odd;

/// Reads a capture file. See the module's head.
pub struct Reader<R: Read> {
    input: Input<R>,
    layout: Layout,
    compression: Option<Format>,
    packet_bytes: usize,
    number: u64,
    last_ns: i64,
    ended: bool,
    /// Told after the item that was found together with it.
    pending: Option<Odd>,
    /// Blocks of kinds that are not read, and where the first stands.
    unread_blocks: (u64, u64),
}

enum Layout {
    Classic(Classic),
    Blocks(Blocks),
}

/// An item whose bytes are still ranges of the window.
pub(super) enum Found {
    Frame {
        ts_ns: i64,
        link: u16,
        interface: u32,
        wire_len: u32,
        data: Range<usize>,
        comment: Option<Range<usize>>,
    },
    Secrets {
        kind: u32,
        data: Range<usize>,
    },
    Dropped {
        interface: u32,
        received: Option<u64>,
        dropped: Option<u64>,
        ran: Option<(i64, i64)>,
    },
    AppName {
        uid: i32,
        name: Range<usize>,
    },
    Odd(Odd),
}

impl<R: Read> Reader<R> {
    /// Opens a capture, compressed or not.
    pub fn open(r: R, limits: &Limits) -> Result<Self, CaptureError> {
        let stored = Stored::open(r, SNIFF_BYTES).map_err(|e| io_error(0, &e.to_string()))?;
        if stored.head().is_empty() {
            return Err(CaptureError {
                offset: 0,
                kind: CaptureErrorKind::Empty,
                text: "The file is empty.".into(),
            });
        }
        let compression =
            sniff(stored.head()).filter(|f| !matches!(f, Format::Pcap | Format::Pcapng));
        let source = Source::new(stored, compression).map_err(|e| CaptureError {
            offset: 0,
            kind: CaptureErrorKind::Compression,
            text: format!("The compressed file cannot be opened: {e}."),
        })?;
        let mut input = Input::new(source);
        let have = input.fill(FILE_HEADER);
        let format = sniff(input.bytes());
        let layout = match format {
            Some(Format::Pcap) if have >= FILE_HEADER => {
                Classic::parse(input.bytes()).map(Layout::Classic)
            }
            Some(Format::Pcapng) => Order::of(input.bytes().get(8..12).unwrap_or_default())
                .map(|order| Layout::Blocks(Blocks::new(order))),
            _ => None,
        };
        let Some(layout) = layout else {
            return Err(not_a_capture(&input, compression, format));
        };
        if matches!(layout, Layout::Classic(_)) {
            input.take(FILE_HEADER);
        }
        Ok(Reader {
            input,
            layout,
            compression,
            packet_bytes: limits.packet_bytes,
            number: 0,
            last_ns: 0,
            ended: false,
            pending: None,
            unread_blocks: (0, 0),
        })
    }

    /// The next item; `None` at the end and ever after. An error is the medium's, and ends it too.
    pub fn next_item(&mut self) -> Result<Option<Item<'_>>, CaptureError> {
        if let Some(odd) = self.pending.take() {
            return Ok(Some(Item::Odd(odd)));
        }
        if self.ended {
            return Ok(None);
        }
        let found = if let Layout::Classic(classic) = self.layout {
            self.next_record(classic)?
        } else {
            self.next_block()?
        };
        Ok(found.map(|found| self.item(found)))
    }

    /// Bytes of the file as stored (before decompression) that were read so far.
    pub fn bytes_read(&self) -> u64 {
        self.input.stored_bytes()
    }

    /// Reads the rest of the stored file without looking at it; gives the whole length.
    pub(super) fn drain(&mut self) -> Result<u64, CaptureError> {
        let offset = self.input.offset();
        self.input.drain().map_err(|text| io_error(offset, &text))
    }

    /// Whether an interface met so far was recorded with a filter that may have left out traffic of any device.
    pub fn is_partial(&self) -> bool {
        matches!(&self.layout, Layout::Blocks(blocks) if blocks.partial)
    }

    /// Pcap or Pcapng.
    pub fn format(&self) -> Format {
        match self.layout {
            Layout::Classic(_) => Format::Pcap,
            Layout::Blocks(_) => Format::Pcapng,
        }
    }

    /// How the file is compressed.
    pub fn compression(&self) -> Option<Format> {
        self.compression
    }

    #[inline]
    fn item(&mut self, found: Found) -> Item<'_> {
        match found {
            Found::Frame {
                ts_ns,
                link,
                interface,
                wire_len,
                data,
                comment,
            } => {
                self.number += 1;
                self.last_ns = ts_ns;
                Item::Frame(Frame {
                    number: self.number,
                    ts_ns,
                    link,
                    interface,
                    wire_len,
                    data: self.input.kept(data),
                    comment: comment.map(|range| self.input.kept(range)),
                })
            }
            Found::Secrets { kind, data } => Item::Secrets {
                kind,
                data: self.input.kept(data),
            },
            Found::Dropped {
                interface,
                received,
                dropped,
                ran,
            } => Item::Dropped {
                interface,
                received,
                dropped,
                ran,
            },
            Found::AppName { uid, name } => Item::AppName {
                uid,
                name: self.input.kept(name),
            },
            Found::Odd(odd) => Item::Odd(odd),
        }
    }

    /// The end of the readable part: an oddity when bytes are missing, nothing at a clean end.
    #[cold]
    fn end(&mut self, offset: u64, have: usize, what: &str) -> Result<Option<Found>, CaptureError> {
        self.ended = true;
        let (kind, detail) = match self.input.failure() {
            Some(Failure::Io(text)) => return Err(io_error(self.input.offset(), text)),
            Some(Failure::Compression(text)) => (
                Kind::CaptureCompressionDamaged,
                format!("{text}; the rest is unread"),
            ),
            None if have == 0 => return Ok(self.tell_unread_blocks()),
            None => (
                Kind::CaptureTruncated,
                format!("the file ends inside {what}"),
            ),
        };
        Ok(Some(Found::Odd(Odd {
            kind,
            offset,
            detail,
        })))
    }

    /// How many blocks were passed over, when there were any.
    fn tell_unread_blocks(&mut self) -> Option<Found> {
        let (count, offset) = std::mem::take(&mut self.unread_blocks);
        (count > 0).then(|| {
            Found::Odd(Odd {
                kind: Kind::CaptureBlockUnknown,
                offset,
                detail: format!("{count} blocks of kinds that are not read; the first stands here"),
            })
        })
    }

    fn pass_over(&mut self, kind: u32, offset: u64) {
        if may_hold_more(kind) {
            let (count, first) = self.unread_blocks;
            self.unread_blocks = (count + 1, if count == 0 { offset } else { first });
        }
    }

    /// A record that breaks the framing: nothing behind it can be found.
    #[cold]
    fn broken(&mut self, offset: u64, detail: String) -> Found {
        self.ended = true;
        Found::Odd(bad(offset, detail))
    }

    #[inline]
    fn next_record(&mut self, classic: Classic) -> Result<Option<Found>, CaptureError> {
        let offset = self.input.offset();
        let header = classic.record_header();
        let have = self.input.fill(header);
        if have < header {
            return self.end(offset, have, "a packet's header");
        }
        let record = classic.record(self.input.bytes());
        let captured = record.captured as usize;
        if captured > self.packet_bytes {
            let detail = format!(
                "a packet claims {captured} captured bytes, more than any packet has; the rest is unread"
            );
            return Ok(Some(self.broken(offset, detail)));
        }
        let have = self.input.fill(header + captured);
        if have < header + captured {
            return self.end(offset, have, "a packet");
        }
        self.input.take(header);
        let data = self.input.take(captured);
        Ok(Some(Found::Frame {
            ts_ns: record.ts_ns,
            link: classic.link,
            interface: 0,
            wire_len: record.wire,
            data,
            comment: None,
        }))
    }

    fn next_block(&mut self) -> Result<Option<Found>, CaptureError> {
        loop {
            let offset = self.input.offset();
            let have = self.input.fill(12);
            if have < 12 {
                return self.end(offset, have, "a block's header");
            }
            let Layout::Blocks(blocks) = &mut self.layout else {
                return Ok(None);
            };
            let head = self.input.bytes();
            // The type of a section header is a palindrome: it reads the same in both orders.
            let kind = blocks.order.u32(head, 0).unwrap_or_default();
            if kind == SECTION_HEADER {
                let Some(order) = Order::of(head.get(8..12).unwrap_or_default()) else {
                    let detail = "a section has no byte-order mark; the rest is unread";
                    return Ok(Some(self.broken(offset, detail.into())));
                };
                blocks.order = order;
            }
            let length = blocks.order.u32(head, 4).unwrap_or_default();
            if length < 12 {
                let detail = format!("a block claims a length of {length}; the rest is unread");
                return Ok(Some(self.broken(offset, detail)));
            }
            if !wanted(kind) || length > BLOCK_BYTES {
                if wanted(kind) {
                    self.pending = Some(bad(
                        offset,
                        format!("a block of {length} bytes was passed over"),
                    ));
                }
                if !self.input.skip(u64::from(length).next_multiple_of(4)) {
                    let found = self.end(offset, 1, "a block");
                    // One oddity is enough for one block.
                    self.pending = None;
                    return found;
                }
                if let Some(odd) = self.pending.take() {
                    return Ok(Some(Found::Odd(odd)));
                }
                self.pass_over(kind, offset);
                continue;
            }
            let padded = (length as usize).next_multiple_of(4);
            let have = self.input.fill(padded);
            if have < padded {
                return self.end(offset, have, "a block");
            }
            let block = self.input.take(padded);
            if let Some(found) = self.parse_block(kind, offset, &block) {
                return Ok(Some(found));
            }
        }
    }

    fn parse_block(&mut self, kind: u32, offset: u64, block: &Range<usize>) -> Option<Found> {
        let Layout::Blocks(blocks) = &mut self.layout else {
            return None;
        };
        let whole = self.input.kept(block.clone());
        let trailer = blocks.order.u32(whole, whole.len() - 4);
        if trailer != blocks.order.u32(whole, 4) {
            self.pending = Some(bad(offset, "a block's two lengths differ".into()));
        }
        let body = block.start + 8..block.end - 4;
        let bytes = self.input.kept(body.clone());
        let found = blocks.parse(
            kind,
            bytes,
            body.start,
            offset,
            self.last_ns,
            self.packet_bytes,
        );
        match found {
            Ok(None) => {
                self.pass_over(kind, offset);
                self.pending.take().map(Found::Odd)
            }
            Ok(found) => found,
            Err(detail) => {
                self.pending = None;
                Some(Found::Odd(bad(offset, detail.into())))
            }
        }
    }
}

fn bad(offset: u64, detail: String) -> Odd {
    Odd {
        kind: Kind::CaptureBadRecord,
        offset,
        detail,
    }
}
