//! What the datagrams of a flow are: decided at the first, and the way of each to its room.

use crate::anomaly::{Kind, OpaqueReason};
use crate::net::Tuple;
use crate::quic::looks_like_quic;
use crate::record::{Dir, Odd};
use crate::tls::{looks_like_dtls, TlsInfo};

use super::conversation::Conversation;
use super::dns_talk::dns_datagram;
use super::dtls_talk::DtlsTalk;
use super::quic_talk::QuicTalk;
use super::shared::Shared;
use super::unknown_talk::{unknown_datagram, Rest};

/// What was decided of a flow of datagrams.
#[derive(Default)]
pub(super) enum Datagrams {
    /// No datagram came yet that is not DNS.
    #[default]
    Undecided,
    Rest(Box<Rest>),
    Quic(Box<QuicTalk>),
    Dtls(Box<DtlsTalk>),
    /// A QUIC connection that began at other addresses: at which, and whether this flow's client is its client.
    Moved {
        from: Tuple,
        same_client: bool,
    },
}

/// A datagram's way.
pub(super) enum Way {
    /// Stays with its own flow.
    Here,
    /// Belongs to a connection that began on the other flow, in this direction.
    There(Tuple, Dir),
}

impl Conversation {
    /// Where a datagram belongs; a flow is found to be the new path of a connection by its first one.
    pub(super) fn way(&mut self, dir: Dir, payload: &[u8], shared: &Shared) -> Way {
        let Some(datagrams) = self.datagrams() else {
            return Way::Here;
        };
        match datagrams {
            Datagrams::Undecided => {
                let Some((from, there)) = shared.connections.find(payload) else {
                    return Way::Here;
                };
                let same_client = there == dir;
                *datagrams = Datagrams::Moved { from, same_client };
                self.talk.account.protocol = "quic";
                Way::There(from, there)
            }
            Datagrams::Moved { from, same_client } => {
                let there = if *same_client { dir } else { dir.other() };
                Way::There(*from, there)
            }
            Datagrams::Rest(_) | Datagrams::Quic(_) | Datagrams::Dtls(_) => Way::Here,
        }
    }

    /// One datagram of this flow.
    pub(super) fn udp_payload(
        &mut self,
        dir: Dir,
        tuple: &Tuple,
        payload: &[u8],
        shared: &mut Shared,
    ) {
        let dns_port = [tuple.sport, tuple.dport]
            .iter()
            .any(|port| matches!(port, 53 | 5353 | 5355));
        let ports = (tuple.sport, tuple.dport);
        let announced = [ports.0, ports.1].contains(&5353) && crate::dns::is_announcement(payload);
        if announced || dns_port && crate::dns::looks_like_dns(payload) {
            dns_datagram(
                &mut self.talk,
                &mut self.dns_count[dir.index()],
                dir,
                payload,
                shared,
            );
            return;
        }
        if self.small.take(&mut self.talk, dir, ports, payload, shared) {
            return;
        }
        let super::conversation::Transport::Datagrams(datagrams) = &mut self.transport else {
            return;
        };
        let talk = &mut self.talk;
        if matches!(datagrams, Datagrams::Undecided) && looks_like_dtls(payload) {
            if talk.account.protocol != "rtp" {
                talk.account.protocol = "dtls";
            }
            *datagrams = Datagrams::Dtls(Box::new(DtlsTalk::new(shared)));
        } else if matches!(datagrams, Datagrams::Undecided) {
            let quic = looks_like_quic(payload);
            let room = shared.connections.open < shared.desk.limits.quic_connections;
            if quic && !room {
                let detail = "quic_connections: too many at once; this one is not decoded";
                let odd = Odd {
                    kind: Kind::BoundReached,
                    offset: 0,
                    detail: detail.to_owned(),
                };
                talk.place().odd(odd, shared);
            }
            if talk.account.protocol.is_empty() {
                talk.account.protocol = if quic { "quic" } else { "unknown" };
            }
            *datagrams = if quic && room {
                Datagrams::Quic(Box::new(QuicTalk::new(*tuple, shared)))
            } else {
                Datagrams::Rest(Box::new(Rest::new(quic, dns_port)))
            };
        }
        match datagrams {
            Datagrams::Quic(quic) => quic.datagram(talk, dir, payload, shared),
            Datagrams::Dtls(dtls) => dtls.datagram(talk, dir, payload, shared),
            Datagrams::Rest(rest) => unknown_datagram(talk, rest, dir, payload, shared),
            Datagrams::Moved { .. } | Datagrams::Undecided => {}
        }
    }

    /// A datagram that came by other addresses; the name of the host that the connection asked for. None where the
    /// connection is over.
    pub(super) fn moved(
        &mut self,
        dir: Dir,
        tuple: &Tuple,
        payload: &[u8],
        now: i64,
        shared: &mut Shared,
    ) -> Option<String> {
        let host = self.quic()?.info().sni.clone().unwrap_or_default();
        self.tick(now, shared);
        if self.talk.wanted {
            self.udp_payload(dir, tuple, payload, shared);
        }
        Some(host)
    }

    /// A datagram of a path whose connection has ended before: nothing opens it any more.
    pub(super) fn orphan(&mut self, dir: Dir, payload: &[u8]) {
        let account = &mut self.talk.account;
        account.app[dir.index()] += payload.len() as u64;
        account.unread(OpaqueReason::Midstream, dir, payload.len() as u64);
    }
}

impl Datagrams {
    /// Memory held, bytes.
    pub(super) fn held(&self) -> usize {
        match self {
            Datagrams::Undecided | Datagrams::Moved { .. } => 0,
            Datagrams::Rest(rest) => rest.held(),
            Datagrams::Quic(quic) => quic.held(),
            Datagrams::Dtls(dtls) => dtls.held(),
        }
    }

    /// Facts of the session, where TLS keeps it.
    pub(super) fn session(&self) -> Option<&TlsInfo> {
        match self {
            Datagrams::Quic(quic) => Some(quic.info()),
            Datagrams::Dtls(dtls) => Some(dtls.info()),
            _ => None,
        }
    }

    pub(super) fn quic(&self) -> Option<&QuicTalk> {
        match self {
            Datagrams::Quic(quic) => Some(quic),
            _ => None,
        }
    }
}
