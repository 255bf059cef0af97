//! unwrap
pub mod optin_chunk;
