//! Stories of the unwrap tree.

#[path = "unwrap/json_and_form.rs"]
mod json_and_form;
#[path = "unwrap/seen.rs"]
mod seen;
