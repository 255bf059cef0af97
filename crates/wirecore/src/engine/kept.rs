//! The bytes of chosen messages, kept whole so that a finding can be derived again.

use std::collections::HashMap;

use crate::record::{Dir, Message};

/// Which message's bytes are asked for (`wirewitness show`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Keep {
    /// Flow id, with its ordinal.
    pub flow: String,
    /// Stream within the flow.
    pub stream: u64,
    /// Number of the message.
    pub number: u32,
    /// Its side.
    pub from_client: bool,
}

/// The bytes of one message, kept on request.
#[derive(Clone, Default, Debug)]
pub struct Kept {
    /// Which message it is.
    pub of: Keep,
    /// Request target.
    pub target: Vec<u8>,
    /// Header names and values in order.
    pub headers: Vec<(String, Vec<u8>)>,
    /// Names and values of the fields after the body.
    pub trailers: Vec<(String, Vec<u8>)>,
    /// The body as it was sent, after transfer coding.
    pub body_as_sent: Vec<u8>,
    /// The body after content coding.
    pub body: Vec<u8>,
}

impl Kept {
    /// Nothing yet of the message with this row.
    pub(super) fn of(row: &Message) -> Self {
        Kept {
            of: Keep {
                flow: row.flow.clone(),
                stream: row.stream,
                number: row.number,
                from_client: row.from_client,
            },
            ..Kept::default()
        }
    }
}

/// The messages asked for, by flow.
pub(super) struct Wanted(HashMap<String, Vec<Keep>>);

impl Wanted {
    pub fn new(keep: Vec<Keep>) -> Self {
        let mut flows: HashMap<String, Vec<Keep>> = HashMap::new();
        for one in keep {
            flows.entry(one.flow.clone()).or_default().push(one);
        }
        Wanted(flows)
    }

    pub fn has_flow(&self, flow: &str) -> bool {
        self.0.contains_key(flow)
    }

    pub fn has(&self, flow: &str, stream: u64, dir: Dir, number: u32) -> bool {
        self.0.get(flow).is_some_and(|keep| {
            keep.iter().any(|one| {
                one.stream == stream
                    && one.number == number
                    && one.from_client == (dir == Dir::Client)
            })
        })
    }
}
