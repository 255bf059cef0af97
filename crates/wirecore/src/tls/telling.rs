//! What TLS and DTLS tell alike of a connection: plaintext, what stays unread, alerts, odd things.

use super::conn::{Sink, TlsEvent};
use super::info::{Stage, TlsInfo};
use crate::anomaly::{Kind, OpaqueReason};
use crate::record::{Dir, Odd};

impl TlsInfo {
    /// Application data that was decrypted, or stood in clear.
    pub(super) fn tell_plain(&mut self, dir: Dir, bytes: &[u8], early: bool, out: Sink<'_>) {
        self.decrypted[dir.index()] = true;
        if !early {
            self.stage = Stage::Established;
        }
        if !bytes.is_empty() {
            out(TlsEvent::Plain { dir, bytes, early });
        }
    }

    /// Application bytes that stay unread.
    pub(super) fn tell_opaque(&mut self, dir: Dir, len: u64, reason: OpaqueReason, out: Sink<'_>) {
        if len > 0 {
            self.reason.get_or_insert(reason);
            out(TlsEvent::Opaque { dir, len, reason });
        }
    }

    /// An alert.
    pub(super) fn tell_alert(&mut self, dir: Dir, level: u8, description: u8, out: Sink<'_>) {
        out(TlsEvent::Alert {
            dir,
            level,
            description,
        });
        if description == 0 {
            out(TlsEvent::Closed { dir });
        } else {
            self.alert.get_or_insert((dir, description));
        }
        // Warnings (an unrecognised name, say) do not end an attempt; a good-bye does.
        if self.stage < Stage::Established && (level == 2 || description == 0) {
            self.stage = Stage::Aborted;
        }
    }
}

/// Tells of something odd at `offset` of a direction, once for each kind: `told` holds those told before.
pub(super) fn tell_odd(
    (told, offset): (&mut Vec<Kind>, u64),
    dir: Dir,
    kind: Kind,
    detail: impl FnOnce() -> String,
    out: Sink<'_>,
) {
    if told.contains(&kind) {
        return;
    }
    told.push(kind);
    let name = if dir == Dir::Client {
        "client"
    } else {
        "server"
    };
    out(TlsEvent::Odd(Odd {
        kind,
        offset,
        detail: format!("{name}: {}", detail()),
    }));
}
