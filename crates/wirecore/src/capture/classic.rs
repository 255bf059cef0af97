//! Classic pcap: a 24-byte file header, then records of a header and a packet.
//!
//! Source: draft-ietf-opsawg-pcap; libpcap's savefile reader for what old writers did.

/// What the magic number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Variant {
    big_endian: bool,
    /// Nanoseconds in one unit of the fraction field.
    unit_ns: i64,
    /// The "modified" variant of Linux's old libpcap patch has 8 more bytes in each record header.
    modified: bool,
}

/// Length of the file header.
pub(super) const FILE_HEADER: usize = 24;

impl Variant {
    pub(super) fn of(magic: [u8; 4]) -> Option<Variant> {
        let read = |big_endian: bool| {
            let word = if big_endian {
                u32::from_be_bytes(magic)
            } else {
                u32::from_le_bytes(magic)
            };
            let (unit_ns, modified) = match word {
                0xa1b2_c3d4 => (1_000, false),
                0xa1b2_3c4d => (1, false),
                0xa1b2_cd34 => (1_000, true),
                _ => return None,
            };
            Some(Variant {
                big_endian,
                unit_ns,
                modified,
            })
        };
        read(false).or_else(|| read(true))
    }

    fn u32(self, data: &[u8], at: usize) -> u32 {
        let bytes = data
            .get(at..at + 4)
            .and_then(|b| b.try_into().ok())
            .unwrap_or([0; 4]);
        if self.big_endian {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        }
    }

    fn u16(self, data: &[u8], at: usize) -> u16 {
        let bytes = data
            .get(at..at + 2)
            .and_then(|b| b.try_into().ok())
            .unwrap_or([0; 2]);
        if self.big_endian {
            u16::from_be_bytes(bytes)
        } else {
            u16::from_le_bytes(bytes)
        }
    }
}

/// In which order a writer put the two lengths of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lengths {
    CapturedFirst,
    /// libpcap before version 2.3 and one vendor's version 543.
    WireFirst,
    /// Version 2.3 was written both ways: the smaller one is what was captured.
    Either,
}

/// How to read the records of one file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Classic {
    variant: Variant,
    lengths: Lengths,
    /// `LINKTYPE_` number.
    pub(super) link: u16,
}

/// A record's header, read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record {
    pub(super) ts_ns: i64,
    pub(super) captured: u32,
    pub(super) wire: u32,
}

impl Classic {
    /// Reads the file header (24 bytes that begin with a known magic).
    pub(super) fn parse(header: &[u8]) -> Option<Classic> {
        let variant = Variant::of(header.get(..4)?.try_into().ok()?)?;
        header.get(..FILE_HEADER)?;
        let (major, minor) = (variant.u16(header, 4), variant.u16(header, 6));
        let lengths = match (major, minor) {
            (0 | 1, _) | (2, 0..=2 | 543) => Lengths::WireFirst,
            (2, 3) => Lengths::Either,
            _ => Lengths::CapturedFirst,
        };
        // The upper half carries the length of a frame check sequence; the IP length cuts it off.
        Some(Classic {
            variant,
            lengths,
            link: variant.u32(header, 20) as u16,
        })
    }

    pub(super) fn record_header(&self) -> usize {
        if self.variant.modified {
            24
        } else {
            16
        }
    }

    #[inline]
    pub(super) fn record(&self, header: &[u8]) -> Record {
        let v = self.variant;
        let (first, second) = (v.u32(header, 8), v.u32(header, 12));
        let (captured, wire) = match self.lengths {
            Lengths::CapturedFirst => (first, second),
            Lengths::WireFirst => (second, first),
            Lengths::Either => (first.min(second), first.max(second)),
        };
        let ts_ns =
            i64::from(v.u32(header, 0)) * 1_000_000_000 + i64::from(v.u32(header, 4)) * v.unit_ns;
        Record {
            ts_ns,
            captured,
            wire,
        }
    }
}
