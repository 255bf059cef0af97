//! WebSocket on a flow, after the upgrade of HTTP/1.1: its messages become rows.

use crate::http::parts::{Deflate, Parts};
use crate::record::{Dir, Message};

use super::account::Account;
use super::body::OpenParts;
use super::shared::{Place, Shared};

pub(super) struct WebSocketTalk {
    sides: [OpenParts; 2],
}

impl WebSocketTalk {
    /// `asked`: the row of the request; `extensions`: what the answer agrees to.
    pub(super) fn new(
        asked: &Message,
        extensions: &str,
        place: &Place<'_>,
        shared: &Shared,
    ) -> Self {
        let side = |dir: Dir| {
            let deflate = Deflate::agreed(extensions, dir == Dir::Client);
            let parts = Parts::websocket(deflate, &shared.desk.limits);
            let like = Message {
                host: asked.host.clone(),
                target: asked.target.clone(),
                scheme: asked.scheme.clone(),
                user_agent: asked.user_agent.clone(),
                ..place.row(dir, 0, "websocket", shared)
            };
            OpenParts::new(parts, &like, "")
        };
        WebSocketTalk {
            sides: [side(Dir::Client), side(Dir::Server)],
        }
    }

    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        self.sides.iter().map(OpenParts::held).sum()
    }

    /// Bytes after the upgrade. `count` goes on from the messages before it.
    pub(super) fn feed(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        count: &mut [u32; 2],
        place: &Place<'_>,
        account: &mut Account,
        shared: &mut Shared,
    ) {
        let count = &mut count[dir.index()];
        self.sides[dir.index()].feed(bytes, count, place, account, shared);
    }

    pub(super) fn gap(&mut self, dir: Dir, len: u64, shared: &mut Shared) {
        self.sides[dir.index()].gap(Some(len), shared);
    }

    pub(super) fn finish(&mut self, account: &mut Account, shared: &mut Shared) {
        for side in &mut self.sides {
            side.end(true, account, shared);
        }
    }
}
