//! HTTPDNS: names that apps ask of a resolver by plain HTTP, in forms of their own instead of DNS messages.
//!
//! In: the target of a request ([`question`]), then the whole body of its answer ([`answer`]). Out: rows of names, as
//! from DNS. Only known forms ([`FORMS`]) are read, and of an answer only addresses that it gives to a name that was
//! asked for: anything else (an encrypted name, an error, a page) gives nothing. A body is whole or not given at all:
//! there is no "need more".

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::Range;

use crate::limits::Limits;
use crate::record::Name;
use crate::unwrap::{walk, Hint, Keys, Node, Visitor};

use super::type_text;

/// A known form of question and answer.
#[derive(Debug)]
pub struct Form {
    /// Its name in the column `via` of the table of names: a closed list, documented.
    pub name: &'static str,
    /// Who answers so, and where that is written.
    pub reason: &'static str,
    /// Paths of the request; `*` stands for one segment.
    paths: &'static [&'static str],
    /// The parameter that holds the name, or several with commas between.
    parameter: &'static str,
    answer: Answer,
}

/// How the answer is written.
#[derive(Debug)]
enum Answer {
    /// Text: addresses with semicolons between, then `,` and seconds, then `|` and the client's address. Of several
    /// names, each in a line behind the name, a point and a colon.
    Text,
    /// JSON with lists of addresses.
    Lists(&'static [List]),
    /// JSON with records as DNS has them, or (`short=1`) an array of addresses and nothing else.
    Records,
}

/// Where a list of addresses stands in JSON, and of which name it is.
#[derive(Debug)]
struct List {
    /// A JSON Pointer; `*` stands for an index, `{}` for the name.
    at: &'static str,
    /// The member beside the list that holds the name, where the pointer does not.
    name: &'static str,
}

/// A list whose name is the member `host` beside it.
const fn beside(at: &'static str) -> List {
    List { at, name: "host" }
}

/// A list whose name stands in the way to it.
const fn under(at: &'static str) -> List {
    List { at, name: "" }
}

/// Every form that is read.
pub const FORMS: &[Form] = &[
    Form {
        name: "tencent",
        reason: "Tencent Cloud HTTPDNS: http://119.29.29.98/d?dn=NAME (119.29.29.29 before it) answers in text; its documentation 379/95497 and 379/61200. With DES or AES the name is no name: not read.",
        paths: &["/d"],
        parameter: "dn",
        answer: Answer::Text,
    },
    Form {
        name: "alibaba",
        reason: "Alibaba Cloud HTTPDNS: http://203.107.1.1/ACCOUNT/d?host=NAME answers one name in JSON; its documentation 52679 (\"Resolve a domain name\").",
        paths: &["/*/d", "/*/sign_d", "/d"],
        parameter: "host",
        answer: Answer::Lists(&[beside("/ips"), beside("/ipsv6")]),
    },
    Form {
        name: "alibaba_batch",
        reason: "Alibaba Cloud HTTPDNS: http://203.107.1.33/ACCOUNT/resolve?host=NAME,NAME answers several names in JSON; its documentation 52680 (\"Batch domain name resolution\").",
        paths: &["/*/resolve", "/*/sign_resolve"],
        parameter: "host",
        answer: Answer::Lists(&[beside("/dns/*/ips"), beside("/dns/*/ipsv6")]),
    },
    Form {
        name: "baidu",
        reason: "Baidu Cloud HTTPDNS: http://180.76.76.200/v4/resolve?dn=NAME,NAME (v3 before it) answers in JSON under each name; its documentation HTTPDNS/s/Vjwvxm96x and Android kit.",
        paths: &["/v3/resolve", "/v4/resolve"],
        parameter: "dn",
        answer: Answer::Lists(&[
            under("/data/{}/ip"),
            under("/data/{}/ipv6"),
            under("/data/{}/ipv4/ip"),
            under("/data/{}/ipv6/ip"),
        ]),
    },
    Form {
        name: "xiaomi",
        reason: "Xiaomi's own resolver: http://resolver.gslb.mi-idc.com/gslb/gslb/getbucket.asp?list=NAME,NAME (recorded from phones in June 2014; later resolver.msg.xiaomi.net/gslb/) answers in JSON under the network and each name, as com.xiaomi.network.HostManager of MIUI reads it.",
        paths: &["/gslb/gslb/getbucket.asp", "/gslb/"],
        parameter: "list",
        answer: Answer::Lists(&[under("/R/wifi/{}"), under("/R/wap/{}")]),
    },
    Form {
        name: "json",
        reason: "The JSON interface of public resolvers that Google began: dns.google/resolve?name=NAME, cloudflare-dns.com/dns-query?name=NAME, dns.alidns.com and doh.pub alike; developers.google.com/speed/public-dns/docs/doh/json and Cloudflare's \"Using JSON\".",
        paths: &["/resolve", "/dns-query"],
        parameter: "name",
        answer: Answer::Records,
    },
];

/// Names in one question, at most (Baidu allows ten, Alibaba five; Xiaomi's phones ask for a dozen).
const NAMES: usize = 32;

/// A question that was asked in a known form.
#[derive(Clone, Debug)]
pub struct Question {
    form: &'static Form,
    names: Vec<String>,
}

/// The question that a request's target asks; None for any other request.
pub fn question(target: &[u8]) -> Option<Question> {
    let mark = memchr::memchr(b'?', target)?;
    let path = std::str::from_utf8(path_of(&target[..mark])).ok()?;
    let fits = |form: &&Form| form.paths.iter().any(|known| path_fits(known, path));
    let mut forms = FORMS.iter().filter(fits).peekable();
    forms.peek()?;
    forms.find_map(|form| {
        let value = parameter(target, form.parameter)?;
        let text = unescaped(&target[value])?;
        let names: Option<Vec<String>> = text.split(',').map(host).collect();
        let names = names.filter(|names| names.len() <= NAMES)?;
        Some(Question { form, names })
    })
}

/// Reads the answer to a question. Rows have their `flow`, `capture` and `time_ns` left for the caller to fill.
pub fn answer(question: &Question, body: &[u8], limits: &Limits, out: &mut dyn FnMut(Name)) {
    match question.form.answer {
        Answer::Text => text_answer(question, body, out),
        Answer::Lists(lists) => {
            let leaves = Leaves::of(body, limits);
            for list in lists {
                list_answer(question, &leaves, list, out);
            }
        }
        Answer::Records => records_answer(question, &Leaves::of(body, limits), out),
    }
}

impl Question {
    /// The names that it asks for.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The name as it was asked for, where it was.
    fn asked(&self, name: &str) -> Option<&str> {
        let name = host(name)?;
        self.names.iter().find(|n| **n == name).map(String::as_str)
    }

    /// The one name that was asked for.
    fn only(&self) -> Option<&str> {
        match self.names.as_slice() {
            [name] => Some(name),
            _ => None,
        }
    }

    fn tell(&self, name: &str, address: IpAddr, ttl: u32, out: &mut dyn FnMut(Name)) {
        if address.is_unspecified() {
            // How resolvers say that they refuse a name.
            return;
        }
        let kind = if address.is_ipv4() { "A" } else { "AAAA" };
        out(Name {
            question: name.to_owned(),
            qtype: kind.to_owned(),
            name: name.to_owned(),
            rtype: kind.to_owned(),
            value: address.to_string(),
            ttl,
            answered: true,
            via: self.form.name,
            ..Name::default()
        });
    }
}

fn text_answer(question: &Question, body: &[u8], out: &mut dyn FnMut(Name)) {
    let Ok(text) = std::str::from_utf8(body) else {
        return;
    };
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty())
        .collect();
    for line in &lines {
        let named = line
            .split_once(':')
            .and_then(|(name, rest)| Some((question.asked(name)?, rest)));
        let unnamed = question.only().filter(|_| lines.len() == 1);
        let Some((name, rest)) = named.or_else(|| unnamed.map(|name| (name, *line))) else {
            continue;
        };
        let rest = rest.split('|').next().unwrap_or_default();
        let (addresses, ttl) = match rest.split_once(',') {
            None => (rest, Some(0)),
            Some((addresses, ttl)) => (addresses, ttl.trim().parse().ok()),
        };
        let addresses: Option<Vec<IpAddr>> = addresses
            .split(';')
            .map(|one| one.trim().parse().ok())
            .collect();
        if let (Some(addresses), Some(ttl)) = (addresses, ttl) {
            for address in addresses {
                question.tell(name, address, ttl, out);
            }
        }
    }
}

fn list_answer(question: &Question, leaves: &Leaves, list: &List, out: &mut dyn FnMut(Name)) {
    for (path, value) in &leaves.0 {
        let Some((way, _)) = path.rsplit_once('/').filter(|(_, last)| is_index(last)) else {
            continue;
        };
        let Some(under) = pointer_fits(list.at, way) else {
            continue;
        };
        let name = if under.is_empty() {
            way.rsplit_once('/')
                .and_then(|(object, _)| leaves.at(&format!("{object}/{}", list.name)))
        } else {
            Some(under)
        };
        let Some(name) = name.and_then(|name| question.asked(name)) else {
            continue;
        };
        let address = value.parse::<IpAddr>().ok();
        let address = address.or_else(|| value.parse().map(|both: SocketAddr| both.ip()).ok());
        if let Some(address) = address {
            question.tell(name, address, 0, out);
        }
    }
}

fn records_answer(question: &Question, leaves: &Leaves, out: &mut dyn FnMut(Name)) {
    let Some(name) = question.only() else { return };
    let number = |path: &str| leaves.at(path).and_then(|text| text.parse::<u32>().ok());
    let Some(status) = number("/Status") else {
        let addresses: Option<Vec<IpAddr>> = leaves
            .0
            .iter()
            .map(|(path, value)| {
                let index = path.strip_prefix('/').filter(|index| is_index(index));
                index.and_then(|_| value.parse().ok())
            })
            .collect();
        for address in addresses.unwrap_or_default() {
            question.tell(name, address, 0, out);
        }
        return;
    };
    // Google gives an array of questions, Alibaba one object.
    let said = ["/Question/0", "/Question"].into_iter().find(|at| {
        leaves
            .at(&format!("{at}/name"))
            .and_then(|said| question.asked(said))
            .is_some()
    });
    let Some(said) = said else { return };
    let kind = |number: Option<u32>| number.and_then(|number| u16::try_from(number).ok());
    let row = Name {
        question: name.to_owned(),
        qtype: kind(number(&format!("{said}/type"))).map_or_else(String::new, type_text),
        rcode: u8::try_from(status).unwrap_or(u8::MAX),
        answered: true,
        via: question.form.name,
        ..Name::default()
    };
    let mut told = false;
    for at in 0.. {
        let Some(data) = leaves.at(&format!("/Answer/{at}/data")) else {
            break;
        };
        let value = match kind(number(&format!("/Answer/{at}/type"))) {
            Some(1) => data
                .parse::<std::net::Ipv4Addr>()
                .map(|ip| ip.to_string())
                .ok(),
            Some(28) => data
                .parse::<std::net::Ipv6Addr>()
                .map(|ip| ip.to_string())
                .ok(),
            Some(5) => host(data),
            _ => None,
        };
        let owner = leaves.at(&format!("/Answer/{at}/name")).and_then(host);
        let (Some(value), Some(owner)) = (value, owner) else {
            continue;
        };
        told = true;
        out(Name {
            name: owner,
            rtype: kind(number(&format!("/Answer/{at}/type"))).map_or_else(String::new, type_text),
            value,
            ttl: number(&format!("/Answer/{at}/TTL")).unwrap_or(0),
            ..row.clone()
        });
    }
    if !told {
        out(row);
    }
}

/// The scalars of a JSON document with their pointers.
struct Leaves(BTreeMap<String, String>);

impl Leaves {
    fn of(body: &[u8], limits: &Limits) -> Leaves {
        let hint = Hint {
            content_type: "application/json",
            ..Hint::default()
        };
        let mut leaves = Leaves(BTreeMap::new());
        if matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) {
            walk(body, &hint, &Keys::default(), limits, &mut leaves);
        }
        leaves
    }

    fn at(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }
}

impl Visitor for Leaves {
    fn node(&mut self, node: &Node<'_>) {
        if let ([step], Ok(value)) = (node.steps, std::str::from_utf8(node.bytes)) {
            if step.codec == "json" {
                let first = self.0.entry(step.path.clone());
                first.or_insert_with(|| value.to_owned());
            }
        }
    }

    // What a bound cut off of an answer names nothing.
    fn bound(&mut self, _what: &str, _unread: u64) {}

    fn opaque(&mut self, _node: &Node<'_>) {}
}

/// The path of a target without scheme and authority (requests to a proxy have them).
fn path_of(target: &[u8]) -> &[u8] {
    let Some(at) = memchr::memmem::find(target, b"://") else {
        return target;
    };
    let behind = &target[at + 3..];
    memchr::memchr(b'/', behind).map_or(b"/", |slash| &behind[slash..])
}

fn path_fits(known: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let fits = known.split('/').all(|wanted| {
        segments.next().is_some_and(|given| {
            if wanted == "*" {
                !given.is_empty()
            } else {
                wanted == given
            }
        })
    });
    fits && segments.next().is_none()
}

/// The name that stands in a pointer ("" where none does); None where it is not the known one.
fn pointer_fits<'p>(known: &str, pointer: &'p str) -> Option<&'p str> {
    let mut segments = pointer.split('/');
    let mut name = "";
    for wanted in known.split('/') {
        let given = segments.next()?;
        match wanted {
            "{}" => name = given,
            "*" if is_index(given) => {}
            _ if wanted == given => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(name)
}

fn is_index(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Where the value of a parameter stands in a target.
pub fn parameter(target: &[u8], name: &str) -> Option<Range<usize>> {
    let mut at = memchr::memchr(b'?', target)? + 1;
    for pair in target.get(at..)?.split(|b| *b == b'&') {
        let end = at + pair.len();
        if pair.len() > name.len() && pair.starts_with(name.as_bytes()) && pair[name.len()] == b'='
        {
            return Some(at + name.len() + 1..end);
        }
        at = end + 1;
    }
    None
}

/// A parameter's value without its escapes; None where it is no text of names.
fn unescaped(value: &[u8]) -> Option<String> {
    let mut text = String::with_capacity(value.len());
    let mut rest = value.iter();
    while let Some(byte) = rest.next() {
        let byte = match byte {
            b'%' => {
                let digit = |b: Option<&u8>| b.and_then(|b| char::from(*b).to_digit(16));
                let (high, low) = (digit(rest.next())?, digit(rest.next())?);
                (high << 4 | low) as u8
            }
            byte => *byte,
        };
        if !byte.is_ascii_graphic() {
            return None;
        }
        text.push(char::from(byte));
    }
    Some(text)
}

/// A host's name in lower case without the final dot; None for what is none: an address, a word, a ciphertext.
fn host(text: &str) -> Option<String> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    let last = name.rsplit('.').next().unwrap_or_default();
    let fits = name.len() <= 253
        && name.contains('.')
        && name.split('.').all(is_label)
        && !last.bytes().all(|b| b.is_ascii_digit());
    fits.then_some(name)
}

#[cfg(test)]
#[path = "httpdns_tests.rs"]
mod tests;
