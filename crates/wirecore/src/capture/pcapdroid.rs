//! What PCAPdroid adds to its captures: which app each packet belongs to.
//!
//! In a pcap, an Ethernet header of zeros before and a trailer of 32 bytes behind each packet; in a pcapng, custom
//! blocks that name the app of a user id, and the id as the comment `u-10123` of each packet. Both are read, and only
//! where an app itself cannot have written them: behind the packet's own end, or in the recorder's block.
//! Source: PCAPdroid's `pcapdroid.lua` and the description of its "PCAPdroid extensions".

use std::ops::Range;

use rustc_hash::FxHashMap;

use super::sections::Order;
use super::Frame;

/// Private enterprise number of PCAPdroid's custom blocks.
const ENTERPRISE: u32 = 62_652;
const VERSION: u16 = 1;
const UID_MAP: u8 = 1;

/// First word of the trailer.
const MAGIC: [u8; 4] = [0x01, 0x07, 0x20, 0x21];
/// Magic, uid, 20 bytes of name, checksum.
const TRAILER: usize = 32;
const ETHERNET: u16 = 1;
const ETHERNET_HEADER: usize = 14;

/// Apps remembered of one capture; Android hands out fewer user ids.
const APPS: usize = 65_536;

/// The app that PCAPdroid says a frame belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct App<'a> {
    /// Android user id of the app.
    pub uid: i32,
    /// Name of the app as PCAPdroid cut it (at most 19 bytes of UTF-8).
    pub name: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The app named in the trailer, when there is one behind the packet's end.
    pub fn app(&self) -> Option<App<'a>> {
        let at = self.data.len().checked_sub(TRAILER)?;
        let trailer = self.data.get(at..)?;
        if !trailer.starts_with(&MAGIC) || self.link != ETHERNET || at < self.packet_end()? {
            return None;
        }
        let uid = i32::from_be_bytes(trailer.get(4..8)?.try_into().ok()?);
        let name = trailer.get(8..28)?;
        let end = name.iter().position(|&b| b == 0).unwrap_or(name.len());
        Some(App {
            uid,
            name: name.get(..end)?,
        })
    }

    /// Where the IP packet behind PCAPdroid's header of zeros ends; `None` where the header is another's.
    fn packet_end(&self) -> Option<usize> {
        let (header, packet) = self.data.split_at_checked(ETHERNET_HEADER)?;
        let (addresses, kind) = header.split_at(12);
        if addresses.iter().any(|&b| b != 0) {
            return None;
        }
        let word = |at: usize| {
            let bytes = packet.get(at..at + 2)?.try_into().ok()?;
            Some(usize::from(u16::from_be_bytes(bytes)))
        };
        match kind {
            [0x08, 0x00] => Some(ETHERNET_HEADER + word(2)?),
            [0x86, 0xdd] => Some(ETHERNET_HEADER + 40 + word(4)?),
            _ => None,
        }
    }

    /// The user id in a comment such as `u-10123`.
    fn commented_uid(&self) -> Option<i32> {
        let digits = self.comment?.strip_prefix(b"u-")?;
        std::str::from_utf8(digits).ok()?.parse().ok()
    }
}

/// The user id and where its app's name stands in the body of a custom block, when it is one of PCAPdroid's that names
/// an app: the package's name, or the app's where there is none.
pub(super) fn named_app(order: Order, body: &[u8]) -> Option<(i32, Range<usize>)> {
    if order.u32(body, 0)? != ENTERPRISE
        || order.u16(body, 4)? != VERSION
        || *body.get(6)? != UID_MAP
    {
        return None;
    }
    let uid = order.u32(body, 8)? as i32;
    let package = 14..14 + usize::from(*body.get(12)?);
    let app = package.end..package.end + usize::from(*body.get(13)?);
    body.get(package.start..app.end)?;
    Some((uid, if package.is_empty() { app } else { package }))
}

/// The apps of one capture by user id.
#[derive(Debug, Default)]
pub struct Apps {
    by_uid: FxHashMap<i32, String>,
}

impl Apps {
    /// A user id is an app's; the first name stays, as PCAPdroid itself holds it.
    pub fn learn(&mut self, uid: i32, name: &[u8]) {
        if self.by_uid.len() < APPS {
            self.by_uid
                .entry(uid)
                .or_insert_with(|| String::from_utf8_lossy(name).into_owned());
        }
    }

    /// The app of a frame as the recorder noted it, or "". Asked once a flow.
    pub fn of(&self, frame: &Frame<'_>) -> String {
        if let Some(uid) = frame.commented_uid() {
            return self.by_uid.get(&uid).cloned().unwrap_or_default();
        }
        // A negative id stands for "unknown".
        frame
            .app()
            .filter(|app| app.uid >= 0)
            .map(|app| String::from_utf8_lossy(app.name).into_owned())
            .unwrap_or_default()
    }
}
