//! The JSON Schema, compiled in, and its errors in our words.

/// The schema as `glidepath schema` prints it.
pub const SCHEMA: &str = include_str!("../../schema/rollout.schema.json");
