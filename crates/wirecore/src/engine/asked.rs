//! Names that are asked for over HTTP: DNS over HTTPS (RFC 8484) and the forms of HTTPDNS.
//!
//! In: the head of a request, then the body of its answer. Out: rows of names, as from DNS. Who knows which answer
//! belongs to which request hands the question on; a question whose answer is not known to be its own is forgotten.

use crate::dns::httpdns::{self, Question};
use crate::dns::{looks_like_dns, parse_message};
use crate::http::{Base64, MessageHead};
use crate::record::Name;

use super::desk::Desk;
use super::message::{Look, OpenMessage, DNS_MESSAGE};
use super::rows::Rows;

/// Which question of HTTPDNS the answers of a connection without streams are to: the same number belongs together.
#[derive(Default)]
pub(super) struct Asking {
    latest: Option<(u32, Box<Question>)>,
    requests: u32,
    answers: u32,
    /// Bytes were missing: which answer is to which request is not known any more.
    lost: bool,
}

impl Asking {
    /// A request, and the question that it asks.
    pub(super) fn asks(&mut self, question: Option<Box<Question>>) {
        if let Some(question) = question {
            self.latest = Some((self.requests, question));
        }
        self.requests = self.requests.saturating_add(1);
    }

    /// A final answer begins: what it answers, where that is known.
    pub(super) fn answered(&mut self) -> Option<Box<Question>> {
        let number = self.answers;
        self.answers = number.saturating_add(1);
        let ours = self
            .latest
            .take_if(|(asked, _)| *asked == number && !self.lost)?;
        Some(ours.1)
    }

    pub(super) fn lose(&mut self) {
        *self = Asking {
            lost: true,
            ..Asking::default()
        };
    }
}

impl OpenMessage {
    /// The question that a request asks in its target, A name that holds a fact stays out of the table of names.
    pub(super) fn take_question(&mut self, head: &MessageHead<'_>, desk: &Desk, rows: &mut Rows) {
        let holds_fact = |name: &str| desk.inspector.without_facts(name).is_some();
        if let Some(question) = httpdns::question(head.target) {
            let told = question.names().iter().any(|name| holds_fact(name));
            self.asked = (!told).then(|| Box::new(question));
        } else if let Some(message) = question_of_get(head) {
            let mut told = false;
            parse_message(&message, &mut |name| told |= holds_fact(&name.name));
            if !told {
                self.tell_message(&message, self.row.time_ns, rows);
            }
        }
    }

    /// What comes is the answer to a question of HTTPDNS: it is gathered for the names in it.
    pub(super) fn answers(&mut self, question: Box<Question>, desk: &mut Desk, rows: &mut Rows) {
        let ours = !self.row.up && self.row.status == 200;
        if !ours || self.row.content_type == DNS_MESSAGE {
            return;
        }
        self.asked = Some(question);
        if self.look == Look::No {
            self.look = Look::Names;
            self.begin_decoding(desk, rows);
        }
    }

    /// The names in an answer of HTTPDNS, which waits whole.
    pub(super) fn tell_answer(
        &self,
        question: &Question,
        time_ns: i64,
        desk: &Desk,
        rows: &mut Rows,
    ) {
        if self.window_start == 0 && !self.damaged {
            httpdns::answer(question, &self.window, &desk.limits, &mut |name| {
                rows.names.push(self.named(name, time_ns));
            });
        }
    }

    /// The names in a body of DNS over HTTPS.
    pub(super) fn tell_names(&mut self, time_ns: i64, rows: &mut Rows) {
        if self.window_start > 0 || self.window.is_empty() {
            return;
        }
        let window = std::mem::take(&mut self.window);
        if !self.tell_message(&window, time_ns, rows) {
            self.row.opaque_bytes += window.len() as u64;
        }
        self.window = window;
    }

    /// The names in a DNS message; false (and noted) where it breaks off.
    fn tell_message(&self, message: &[u8], time_ns: i64, rows: &mut Rows) -> bool {
        let odd = parse_message(message, &mut |name| {
            rows.names.push(self.named(name, time_ns));
        });
        let whole = odd.is_none();
        if let Some(odd) = odd {
            self.note(odd, rows);
        }
        whole
    }

    fn named(&self, name: Name, time_ns: i64) -> Name {
        Name {
            flow: self.row.flow.clone(),
            capture: self.row.capture,
            time_ns,
            ..name
        }
    }
}

/// The DNS message in the target of a GET (RFC 8484, section 4.1).
fn question_of_get(head: &MessageHead<'_>) -> Option<Vec<u8>> {
    let value = httpdns::parameter(head.target, "dns")?;
    head.get("accept")
        .filter(|accept| memchr::memmem::find(accept, DNS_MESSAGE.as_bytes()).is_some())?;
    let mut message = Vec::new();
    let mut decoder = Base64::default();
    let sound = decoder.feed(&head.target[value], &mut message).is_none()
        && decoder.feed(b"=", &mut message).is_none();
    let is_question = message.get(2).is_some_and(|flags| flags & 0x80 == 0);
    (sound && is_question && looks_like_dns(&message)).then_some(message)
}
