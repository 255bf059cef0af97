//! Stories of QUIC: the examples of the standards, connections made by hand, hostile datagrams, captures that others made.

mod corpus;
mod hostile;
mod ndpi;
mod rows;
