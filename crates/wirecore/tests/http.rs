//! Stories of HTTP/1.x and of content codings.

#[path = "http/codings.rs"]
mod codings;
#[path = "http/losses.rs"]
mod losses;
#[path = "http/messages.rs"]
mod messages;
#[path = "http/mutations.rs"]
mod mutations;
#[path = "http/told.rs"]
mod told;
