//! Stories of HTTP and of content codings.

#[path = "http/codings.rs"]
mod codings;
#[path = "http/frames.rs"]
mod frames;
#[path = "http/h2.rs"]
mod h2;
#[path = "http/losses.rs"]
mod losses;
#[path = "http/messages.rs"]
mod messages;
#[path = "http/mutations.rs"]
mod mutations;
#[path = "http/told.rs"]
mod told;
#[path = "http/told_h2.rs"]
mod told_h2;
