//! Which request a response answers (RFC 9112, section 9.3: in order), as well as it can be known
//! when a capture begins midway or misses bytes.

use super::framing::Asked;
use std::collections::VecDeque;

/// Requests that wait for an answer; more are an attack.
const PENDING_MAX: usize = 4096;

#[derive(Default)]
pub(super) struct Pairing {
    pending: VecDeque<(u32, Asked)>,
    /// Responses that came before any request: to requests from before the capture, or, rarely, to
    /// requests that the capture delivers late.
    orphans: u32,
    /// Messages may be missing: only the newest request can be told.
    doubtful: bool,
}

impl Pairing {
    /// A request was sent.
    pub fn request(&mut self, number: u32, method: &str) {
        if self.pending.len() >= PENDING_MAX {
            self.pending.clear();
            self.doubtful = true;
        }
        let asked = match method {
            "HEAD" => Asked::Head,
            "CONNECT" => Asked::Connect,
            _ => Asked::Other,
        };
        self.pending.push_back((number, asked));
    }

    /// A response came: the request that it answers, and what that asked for.
    pub fn response(&mut self, status: u16) -> (Option<u32>, Asked) {
        let sure = !self.doubtful || self.pending.len() == 1;
        while self.pending.len() > 1 && (self.doubtful || self.orphans > 0) {
            self.orphans = self.orphans.saturating_sub(1);
            self.pending.pop_front();
        }
        let interim = matches!(status, 100 | 102..=199);
        let front = if interim {
            self.pending.front().copied()
        } else {
            self.pending.pop_front()
        };
        if front.is_none() {
            self.orphans += u32::from(!interim);
        }
        let asked = front
            .filter(|_| sure)
            .map_or(Asked::Unknown, |(_, asked)| asked);
        (front.map(|(number, _)| number), asked)
    }

    /// Framing was lost in one direction.
    pub fn lost(&mut self) {
        self.pending.clear();
        self.doubtful = true;
    }
}
