//! What is known of one side of a connection.

use super::crypto_stream::CryptoStream;
use super::ladder::{Generations, Level};
use super::packets::ConnId;
use crate::net::Numbers;
use crate::tls::Trial;

/// Ids of a side that are remembered; the oldest go first.
pub(super) const IDS: usize = 32;

/// The levels that have packet numbers of their own (RFC 9000 section 12.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Space {
    Initial,
    Handshake,
    Application,
}

pub(super) struct Side {
    /// Ids that this side wants to be addressed by.
    pub ids: Vec<ConnId>,
    pub numbers: [Numbers; 3],
    pub early: Level,
    pub handshake: Level,
    pub application: Level,
    pub generations: Generations,
    /// Given back once the handshake is over.
    pub crypto: Option<Box<[CryptoStream; 3]>>,
    pub trial: Trial,
    pub finished: bool,
}

impl Side {
    pub fn new() -> Side {
        Side {
            ids: Vec::new(),
            numbers: Default::default(),
            early: Level::default(),
            handshake: Level::default(),
            application: Level::default(),
            generations: Generations::default(),
            crypto: Some(Box::default()),
            trial: Trial::new(0),
            finished: false,
        }
    }

    /// Bytes of the id that a short header to this side begins with.
    pub fn id_len(&self, rest: &[u8]) -> usize {
        let known = self.ids.iter().map(ConnId::bytes);
        let known = known.filter(|id| !id.is_empty() && rest.starts_with(id));
        let known = known.map(<[u8]>::len).max();
        known
            .or_else(|| self.ids.last().map(|id| id.bytes().len()))
            .unwrap_or_default()
    }
}
