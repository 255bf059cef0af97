//! Stories of TLS: sessions that OpenSSL made, sessions made by hand, hostile input, and captures that others made.

mod capture;
mod session;

mod corpus;
mod dtls;
mod hostile;
mod ndpi;
mod sessions;
