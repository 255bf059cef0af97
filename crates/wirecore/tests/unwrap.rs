//! Stories of the unwrap tree.

#[path = "unwrap/bounds.rs"]
mod bounds;
#[path = "unwrap/chains.rs"]
mod chains;
#[path = "unwrap/encodings.rs"]
mod encodings;
#[path = "unwrap/files.rs"]
mod files;
#[path = "unwrap/formats.rs"]
mod formats;
#[path = "unwrap/json_and_form.rs"]
mod json_and_form;
#[path = "unwrap/parts.rs"]
mod parts;
#[path = "unwrap/seen.rs"]
mod seen;
#[path = "unwrap/wrap.rs"]
mod wrap;
