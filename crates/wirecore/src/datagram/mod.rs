//! Small protocols of single datagrams: time (NTP), addresses (DHCP), what is advertised at home (SSDP), and the
//! ways and sounds of calls (STUN, TURN, RTP).
//!
//! One datagram in, what it is out ([`recognise`]); each parser checks its own form, since a port proves nothing.
//! Only RTP, which has no mark of its own, needs what came before ([`Calls`]).

pub mod dhcp;
mod media;
mod ntp;
mod ssdp;
mod stun;

pub use media::Calls;

/// What a datagram is, and how many of its bytes are sealed within (a call's media in TURN).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoken {
    /// Network time (RFC 5905).
    Ntp,
    /// Dynamic host configuration (RFC 2131).
    Dhcp,
    /// Simple service discovery (UPnP Device Architecture 1.1).
    Ssdp,
    /// Session traversal (RFC 8489), also with TURN's methods (RFC 8656).
    Stun {
        /// Bytes of a DATA attribute: what the relay carries.
        carried: usize,
    },
    /// Sound or picture of a call: RTP, RTCP (RFC 3550), or TURN's channels.
    Media,
}

impl Spoken {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Spoken::Ntp => "ntp",
            Spoken::Dhcp => "dhcp",
            Spoken::Ssdp => "ssdp",
            Spoken::Stun { .. } => "stun",
            Spoken::Media => "rtp",
        }
    }
}

/// What a datagram is, told by itself.
pub fn recognise(sport: u16, dport: u16, payload: &[u8]) -> Option<Spoken> {
    let on = |port: u16| sport == port || dport == port;
    if let Some(carried) = stun::carried(payload) {
        return Some(Spoken::Stun { carried });
    }
    if on(123) && ntp::is_whole(payload) {
        return Some(Spoken::Ntp);
    }
    if on(67) && on(68) && dhcp::parse(payload).is_some() {
        return Some(Spoken::Dhcp);
    }
    (on(1900) && ssdp::is_ssdp(payload)).then_some(Spoken::Ssdp)
}

#[cfg(test)]
mod tests;
