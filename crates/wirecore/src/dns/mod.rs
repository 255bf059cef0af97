//! DNS messages (RFC 1035, mDNS RFC 6762, LLMNR RFC 4795): bytes of one message in, rows out.
//!
//! Over UDP a datagram is one message ([`parse_message`]); over TCP each stands behind its length
//! ([`DnsStream`], which needs more until the length is reached). A message that breaks off midway
//! gives the rows before the break, then what is wrong.

pub mod httpdns;
mod name;
mod rdata;
mod stream;
#[cfg(test)]
mod tests;

pub use stream::DnsStream;

use crate::anomaly::Kind;
use crate::net::{be16, be32};
use crate::record::{Name, Odd};

/// UDP and TCP ports on which DNS messages are expected: DNS, mDNS, LLMNR.
pub const DNS_PORTS: [u16; 3] = [53, 5353, 5355];

const HEADER: usize = 12;
const RESPONSE: u16 = 0x8000;
/// EDNS pseudo-record (RFC 6891): no name of anything.
const TYPE_OPT: u16 = 41;

/// Reads one message. Rows have their `flow`, `capture` and `time_ns` left for the caller to fill.
///
/// A question gives one row each; a response one row for each answer and each additional record,
/// or one row with the question and the response code when there is none.
pub fn parse_message(data: &[u8], out: &mut dyn FnMut(Name)) -> Option<Odd> {
    Message { data, at: HEADER }
        .read(out)
        .err()
        .map(|Broken { at, what }| Odd {
            kind: Kind::DnsMalformed,
            offset: at as u64,
            detail: what.into(),
        })
}

/// True when a datagram could be a DNS message: a sane header and a first question that can be read.
pub fn looks_like_dns(data: &[u8]) -> bool {
    let (Some(flags), Some(questions)) = (be16(data, 2), be16(data, 4)) else {
        return false;
    };
    let opcode = flags >> 11 & 15;
    if !matches!(opcode, 0 | 4 | 5) || flags & 0x0040 != 0 || !(1..=8).contains(&questions) {
        return false;
    }
    let mut message = Message { data, at: HEADER };
    message.question().is_ok()
}

/// True for what mDNS sends unasked (RFC 6762, section 8.3): a response without a question that can be read whole.
pub fn is_announcement(data: &[u8]) -> bool {
    let counts = (be16(data, 2), be16(data, 4), be16(data, 6));
    let (Some(flags), Some(0), Some(1..=256)) = counts else {
        return false;
    };
    flags & 0xf840 == RESPONSE && parse_message(data, &mut |_| {}).is_none()
}

/// Where a message breaks off, and why.
struct Broken {
    at: usize,
    what: &'static str,
}

struct Message<'a> {
    data: &'a [u8],
    at: usize,
}

struct Question {
    name: String,
    kind: u16,
}

impl Message<'_> {
    fn read(&mut self, out: &mut dyn FnMut(Name)) -> Result<(), Broken> {
        let word = |at| {
            be16(self.data, at).ok_or(Broken {
                at,
                what: "a DNS header is cut",
            })
        };
        let (flags, questions) = (word(2)?, word(4)?);
        let sections = [(word(6)?, true), (word(8)?, false), (word(10)?, true)];
        let answered = flags & RESPONSE != 0;
        let rcode = if answered { (flags & 15) as u8 } else { 0 };
        let mut row = Name {
            rcode,
            answered,
            ..Name::default()
        };
        for number in 0..questions {
            let question = self.question()?;
            if !answered {
                out(Name {
                    question: question.name,
                    qtype: type_text(question.kind),
                    ..row.clone()
                });
            } else if number == 0 {
                row.question = question.name;
                row.qtype = type_text(question.kind);
            }
        }
        if !answered {
            // Records in a question (known answers of mDNS) are no answers.
            return Ok(());
        }
        let mut told = false;
        for (count, wanted) in sections {
            for _ in 0..count {
                let record = match self.record(&row) {
                    Ok(record) => record,
                    Err(broken) => {
                        if !told {
                            out(row);
                        }
                        return Err(broken);
                    }
                };
                if let Some(record) = record.filter(|_| wanted) {
                    told = true;
                    out(record);
                }
            }
        }
        if !told {
            out(row);
        }
        Ok(())
    }

    fn question(&mut self) -> Result<Question, Broken> {
        let name = self.name()?;
        let kind = self.u16("a DNS question is cut")?;
        self.u16("a DNS question is cut")?;
        Ok(Question { name, kind })
    }

    /// A resource record; `None` for pseudo-records.
    fn record(&mut self, row: &Name) -> Result<Option<Name>, Broken> {
        const CUT: &str = "a DNS record is cut";
        let owner = self.name()?;
        let kind = self.u16(CUT)?;
        self.u16(CUT)?;
        let ttl = be32(self.data, self.at).ok_or(Broken {
            at: self.at,
            what: CUT,
        })?;
        self.at += 4;
        let length = usize::from(self.u16(CUT)?);
        let start = self.at;
        if self.data.get(start..start + length).is_none() {
            return Err(Broken {
                at: start,
                what: CUT,
            });
        }
        self.at += length;
        if kind == TYPE_OPT {
            return Ok(None);
        }
        let value = rdata::text(self.data, start, length, kind, &owner).ok_or(Broken {
            at: start,
            what: "a DNS record's data does not fit its type",
        })?;
        Ok(Some(Name {
            name: owner,
            rtype: type_text(kind),
            value,
            ttl,
            ..row.clone()
        }))
    }

    fn name(&mut self) -> Result<String, Broken> {
        let (name, after) = name::read(self.data, self.at).ok_or(Broken {
            at: self.at,
            what: "a DNS name is cut, too long or loops",
        })?;
        self.at = after;
        Ok(name)
    }

    fn u16(&mut self, what: &'static str) -> Result<u16, Broken> {
        let word = be16(self.data, self.at).ok_or(Broken { at: self.at, what })?;
        self.at += 2;
        Ok(word)
    }
}

/// Name of a record type; `TYPE` and the number where it has none here (RFC 3597).
pub fn type_text(kind: u16) -> String {
    let known = match kind {
        1 => "A",
        2 => "NS",
        5 => "CNAME",
        6 => "SOA",
        12 => "PTR",
        13 => "HINFO",
        15 => "MX",
        16 => "TXT",
        28 => "AAAA",
        33 => "SRV",
        35 => "NAPTR",
        39 => "DNAME",
        43 => "DS",
        46 => "RRSIG",
        47 => "NSEC",
        48 => "DNSKEY",
        64 => "SVCB",
        65 => "HTTPS",
        255 => "ANY",
        257 => "CAA",
        other => return format!("TYPE{other}"),
    };
    known.to_owned()
}
