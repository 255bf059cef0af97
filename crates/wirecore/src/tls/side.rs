//! One direction of a connection: where its bytes stand and how they are protected.

use super::framer::Framer;
use super::legacy::Legacy;
use super::messages::Messages;
use super::modern::Modern;
use super::unlock::Blind;
use crate::anomaly::Kind;

/// How the records of one direction are protected now.
pub(super) enum Protection {
    Clear,
    /// Encrypted, but the hello of one side has not been seen yet: records are held back.
    Waiting,
    Legacy(Box<Legacy>),
    Modern(Box<Modern>),
    /// Integrity only: this many bytes of MAC at each record's end.
    Null(usize),
    Blind(Blind),
}

/// One direction.
pub(super) struct Side {
    /// The begin of the stream while it may be the begin of an SSL 2 style hello; None once it is decided.
    pub first: Option<Vec<u8>>,
    pub framer: Framer,
    pub messages: Messages,
    pub protection: Protection,
    /// Whole records that wait for the hellos.
    pub held: Vec<u8>,
    /// Bytes fed or missing so far.
    pub taken: u64,
    /// Where the piece now looked at begins, counted like `taken`.
    pub at: u64,
    /// Records that may have been lost before encryption began.
    pub lost_records: u64,
    pub gap: bool,
    /// A handshake record in clear was seen.
    pub greeted: bool,
    /// A Finished was seen or inferred.
    pub finished: bool,
    /// Which of [`TlsConn::rounds`] it is at; None before its first hello.
    pub round: Option<usize>,
    /// Kinds of odd things already told of.
    pub told: Vec<Kind>,
}

impl Side {
    pub fn new() -> Side {
        Side {
            first: Some(Vec::new()),
            framer: Framer::new(),
            messages: Messages::default(),
            protection: Protection::Clear,
            held: Vec::new(),
            taken: 0,
            at: 0,
            lost_records: 0,
            gap: false,
            greeted: false,
            finished: false,
            round: None,
            told: Vec::new(),
        }
    }
}
