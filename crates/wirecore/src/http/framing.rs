//! Where a body ends (RFC 9112, section 6.3), and what to say when headers contradict each other.

use super::head::{get, values, Header};

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    None,
    Length(u64),
    Chunked,
    UntilClose,
    /// A request whose length cannot be known.
    Unknown,
}

/// What a message's headers say about its body.
pub(super) struct BodyPlan {
    pub framing: Framing,
    /// Transfer codings under the chunked one, in order, or empty.
    pub codings: String,
    /// Contradictions, with which side was followed.
    pub ambiguous: Option<String>,
}

/// The method of the request that a response answers, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Head,
    Connect,
    Other,
    Unknown,
}

/// The plan for the body of a request, or (`status` not 0) of a response to `asked`.
pub(super) fn plan(headers: &[Header<'_>], status: u16, asked: Asked) -> BodyPlan {
    let mut plan = BodyPlan {
        framing: Framing::None,
        codings: String::new(),
        ambiguous: None,
    };
    let bodiless = matches!(status, 100..=199 | 204 | 304) || asked == Asked::Head;
    if status != 0 && (bodiless || asked == Asked::Connect && matches!(status, 200..=299)) {
        return plan;
    }
    let (length, odd) = content_length(headers);
    plan.ambiguous = odd;
    let open_end = if status == 0 {
        Framing::Unknown
    } else {
        Framing::UntilClose
    };
    if get(headers, "Transfer-Encoding").is_none() {
        plan.framing = match length {
            Length::None if status == 0 => Framing::None,
            Length::None => Framing::UntilClose,
            Length::Bad => open_end,
            Length::Known(n) => Framing::Length(n),
        };
        return plan;
    }
    let mut codings = transfer_codings(headers);
    let chunked = codings.last().is_some_and(|c| c == "chunked");
    if chunked {
        codings.pop();
        plan.framing = Framing::Chunked;
    } else {
        plan.framing = open_end;
    }
    if let Length::Known(n) = length {
        let followed = if chunked { "chunked" } else { "the length" };
        plan.ambiguous = Some(format!(
            "Content-Length and Transfer-Encoding; {followed} was followed"
        ));
        if !chunked {
            plan.framing = Framing::Length(n);
        }
    }
    if codings.iter().any(|c| c == "chunked") {
        plan.ambiguous =
            Some("chunked is not the last transfer coding, or stands twice".to_owned());
        codings.retain(|c| c != "chunked");
    }
    plan.codings = codings.join(",");
    plan
}

enum Length {
    None,
    Known(u64),
    Bad,
}

/// All Content-Length values together, and what is wrong with them.
fn content_length(headers: &[Header<'_>]) -> (Length, Option<String>) {
    let mut first = None;
    for value in values(headers, "Content-Length").flat_map(|v| v.split(|&b| b == b',')) {
        let value = value.trim_ascii();
        if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
            return (
                Length::Bad,
                Some("a Content-Length is not a number".to_owned()),
            );
        }
        // Longer than any stream is as good as endless.
        let n = value.iter().fold(0u64, |n, &b| {
            n.saturating_mul(10).saturating_add(u64::from(b - b'0'))
        });
        match first {
            None => first = Some(n),
            Some(seen) if seen == n => {}
            Some(seen) => {
                return (
                    Length::Known(seen),
                    Some(format!(
                        "Content-Length {seen} and {n}; {seen} was followed"
                    )),
                )
            }
        }
    }
    (first.map_or(Length::None, Length::Known), None)
}

fn transfer_codings(headers: &[Header<'_>]) -> Vec<String> {
    let all = values(headers, "Transfer-Encoding").flat_map(|v| v.split(|&b| b == b','));
    let named = all.map(|c| {
        // Parameters of a transfer coding do not change how it is undone.
        let name = c.split(|&b| b == b';').next().unwrap_or_default();
        String::from_utf8_lossy(name.trim_ascii()).to_ascii_lowercase()
    });
    named.filter(|c| !c.is_empty() && c != "identity").collect()
}
