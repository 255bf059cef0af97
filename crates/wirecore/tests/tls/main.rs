//! Stories of TLS: sessions that OpenSSL made, sessions made by hand, hostile input, and captures that others made.

mod session;

mod hostile;
mod sessions;
