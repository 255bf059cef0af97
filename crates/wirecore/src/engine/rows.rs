//! The rows made since they were last taken: what the engine hands upwards, table by table.

use crate::record::{Anomaly, Flow, Hit, Media, Message, Name, Token, Tried, Volume};

/// Rows by table, in the order in which they were finished.
#[derive(Default)]
pub struct Rows {
    /// Conversations, emitted when they end.
    pub flows: Vec<Flow>,
    /// Application units.
    pub messages: Vec<Message>,
    /// Needles and detectors seen.
    pub hits: Vec<Hit>,
    /// Images.
    pub media: Vec<Media>,
    /// DNS questions and answers.
    pub names: Vec<Name>,
    /// What went through long flows, by minute.
    pub volumes: Vec<Volume>,
    /// Places that short forms were compared with, by capture.
    pub tried: Vec<Tried>,
    /// Tokens that nothing explains.
    pub tokens: Vec<Token>,
    /// Odd traffic.
    pub anomalies: Vec<Anomaly>,
}

impl Rows {
    /// How many rows wait, over all tables.
    pub fn len(&self) -> usize {
        self.flows.len()
            + self.messages.len()
            + self.hits.len()
            + self.media.len()
            + self.names.len()
            + self.volumes.len()
            + self.tried.len()
            + self.tokens.len()
            + self.anomalies.len()
    }

    /// True when no row waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
