//! The blocks of pcapng: the body of one in, what it says out.
//!
//! Source: draft-ietf-opsawg-pcapng; the obsolete packet block from its appendix.

use super::options::Options;
use super::pcapdroid::named_app;
use super::reader::Found;
use super::sections::{Interface, Order};
use crate::anomaly::Kind;
use crate::record::Odd;

/// Largest pcapng block that is looked into (libpcap's bound too); larger ones are passed over.
pub(super) const BLOCK_BYTES: u32 = 16 << 20;
/// Interfaces remembered over all sections of a file.
const INTERFACES: usize = 65_536;

pub(super) const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const PACKET: u32 = 2;
const SIMPLE_PACKET: u32 = 3;
const NAME_RESOLUTION: u32 = 4;
const INTERFACE_STATISTICS: u32 = 5;
const ENHANCED_PACKET: u32 = 6;
const DECRYPTION_SECRETS: u32 = 10;
const SYSTEM_JOURNAL: u32 = 9;
/// Custom blocks; the second kind is not copied by programs that change a capture.
const CUSTOM: u32 = 0x0bad;
const CUSTOM_UNCOPIED: u32 = 0x4000_0bad;

const OPTION_COMMENT: u16 = 1;
const OPTION_BEGUN: u16 = 2;
const OPTION_ENDED: u16 = 3;
const OPTION_RECEIVED: u16 = 4;
const OPTION_DROPPED: u16 = 5;
const OPTION_SYSTEM_DROPPED: u16 = 7;

/// State of a pcapng file.
pub(super) struct Blocks {
    pub(super) order: Order,
    interfaces: Vec<Interface>,
    /// Number of the section's first interface over the whole file.
    first_interface: u32,
    /// Some interface of the file was recorded with a filter that may have left out traffic of any device.
    pub(super) partial: bool,
}

/// Whether a block of this kind is looked into.
pub(super) fn wanted(kind: u32) -> bool {
    matches!(
        kind,
        SECTION_HEADER
            | INTERFACE_DESCRIPTION
            | PACKET
            | SIMPLE_PACKET
            | INTERFACE_STATISTICS
            | ENHANCED_PACKET
            | DECRYPTION_SECRETS
            | CUSTOM
            | CUSTOM_UNCOPIED
    )
}

/// Whether a block that nothing was found in may have held something: names that the recorder looked up and its system's
/// journal are no traffic.
pub(super) fn may_hold_more(kind: u32) -> bool {
    !matches!(kind, NAME_RESOLUTION | SYSTEM_JOURNAL) && (!wanted(kind) || is_custom(kind))
}

fn is_custom(kind: u32) -> bool {
    matches!(kind, CUSTOM | CUSTOM_UNCOPIED)
}

/// What a block says: nothing of its own (`None`), an item, or what is wrong with it.
type Parsed = Result<Option<Found>, &'static str>;

impl Blocks {
    pub(super) fn new(order: Order) -> Self {
        Blocks {
            order,
            interfaces: Vec::new(),
            first_interface: 0,
            partial: false,
        }
    }

    /// Reads the body of a wanted block. `at` is where the body stands in the window, `offset` where
    /// the block stands in the capture.
    #[inline]
    pub(super) fn parse(
        &mut self,
        kind: u32,
        body: &[u8],
        at: usize,
        offset: u64,
        last_ns: i64,
        packet_bytes: usize,
    ) -> Parsed {
        match kind {
            SECTION_HEADER => self.begin_section(body),
            INTERFACE_DESCRIPTION => self.add_interface(body, offset),
            INTERFACE_STATISTICS => self.statistics(body),
            DECRYPTION_SECRETS => self.secrets(body, at),
            CUSTOM | CUSTOM_UNCOPIED => Ok(self.app_name(body, at)),
            _ => self.packet(kind, body, at, last_ns, packet_bytes),
        }
    }

    fn begin_section(&mut self, body: &[u8]) -> Parsed {
        self.first_interface += self.interfaces.len() as u32;
        self.interfaces.clear();
        match self.order.u16(body, 4) {
            Some(1) => Ok(None),
            Some(_) => Err("a section has an unknown version; it was read as version 1"),
            None => Err("a section header is too short"),
        }
    }

    fn add_interface(&mut self, body: &[u8], offset: u64) -> Parsed {
        let interface =
            Interface::parse(self.order, body).ok_or("an interface description is too short")?;
        if self.first_interface as usize + self.interfaces.len() >= INTERFACES {
            return Err("the file describes more interfaces than are kept");
        }
        self.interfaces.push(interface);
        self.partial |= interface.filtered && !interface.by_device;
        let filtered = Odd {
            kind: Kind::CaptureFiltered,
            offset,
            // The filter itself is not told: it may name an address of the owner.
            detail: "recorded with a filter; what it left out is not in the capture".to_owned(),
        };
        Ok(interface.filtered.then_some(Found::Odd(filtered)))
    }

    fn statistics(&self, body: &[u8]) -> Parsed {
        let id = self
            .order
            .u32(body, 0)
            .ok_or("interface statistics are too short")?;
        let (mut received, mut dropped, mut system) = (None, None, None);
        let (mut begun, mut ended) = (None, None);
        let clock = self.interfaces.get(id as usize);
        let time = |value: &[u8]| {
            Some(clock?.time_ns(self.order.u32(value, 0)?, self.order.u32(value, 4)?))
        };
        for (code, value, _) in Options::new(self.order, body.get(12..).unwrap_or_default()) {
            match code {
                OPTION_RECEIVED => received = self.order.u64(value),
                OPTION_DROPPED => dropped = self.order.u64(value),
                OPTION_BEGUN => begun = time(value),
                OPTION_ENDED => ended = time(value),
                OPTION_SYSTEM_DROPPED => system = self.order.u64(value),
                _ => {}
            }
        }
        let dropped = match (dropped, system) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (a, b) => a.or(b),
        };
        let interface = self.first_interface.saturating_add(id);
        Ok(Some(Found::Dropped {
            interface,
            received,
            dropped,
            ran: begun.zip(ended).filter(|(begun, ended)| begun <= ended),
        }))
    }

    fn secrets(&self, body: &[u8], at: usize) -> Parsed {
        let short = "a decryption secrets block is too short for its length";
        let kind = self.order.u32(body, 0).ok_or(short)?;
        let length = self.order.u32(body, 4).ok_or(short)? as usize;
        body.get(8..8usize.saturating_add(length)).ok_or(short)?;
        Ok(Some(Found::Secrets {
            kind,
            data: at + 8..at + 8 + length,
        }))
    }

    /// A custom block: PCAPdroid's name of an app; others are passed over.
    fn app_name(&self, body: &[u8], at: usize) -> Option<Found> {
        let (uid, name) = named_app(self.order, body)?;
        Some(Found::AppName {
            uid,
            name: at + name.start..at + name.end,
        })
    }

    /// Enhanced, simple and obsolete packet blocks.
    #[inline]
    fn packet(
        &self,
        kind: u32,
        body: &[u8],
        at: usize,
        last_ns: i64,
        packet_bytes: usize,
    ) -> Parsed {
        let short = "a packet block is too short for its length";
        let word = |n: usize| self.order.u32(body, n).ok_or(short);
        let (id, header) = match kind {
            ENHANCED_PACKET => (word(0)?, 20),
            PACKET => (u32::from(self.order.u16(body, 0).ok_or(short)?), 20),
            _ => (0, 4),
        };
        let interface = self
            .interfaces
            .get(id as usize)
            .ok_or("a packet names an interface that is not described")?;
        let (ts_ns, captured, wire_len) = if header == 4 {
            let wire = word(0)?;
            let snap = if interface.snap_length == 0 {
                u32::MAX
            } else {
                interface.snap_length
            };
            // A simple packet block has no captured length of its own.
            (last_ns, wire.min(snap).min((body.len() - 4) as u32), wire)
        } else {
            (interface.time_ns(word(4)?, word(8)?), word(12)?, word(16)?)
        };
        let captured = captured as usize;
        if captured > packet_bytes {
            return Err("a packet is longer than any packet; it was passed over");
        }
        body.get(header..header + captured).ok_or(short)?;
        let data = at + header..at + header + captured;
        let after = header + captured.next_multiple_of(4);
        let comment = match body.get(after..) {
            Some(options) if !options.is_empty() => Options::new(self.order, options)
                .find(|&(code, ..)| code == OPTION_COMMENT)
                .map(|(_, text, start)| at + after + start..at + after + start + text.len()),
            _ => None,
        };
        Ok(Some(Found::Frame {
            ts_ns,
            link: interface.link,
            interface: self.first_interface.saturating_add(id),
            wire_len,
            data,
            comment,
        }))
    }
}
