//! Hands the schema to the validator that is compiled in, with `pattern` under a name of our own.
//!
//! The validator would compile each regular expression with a full engine when it first meets it, and that alone was nearly half of a
//! run of the Argo CD plugin. `x-pattern` is checked by `src/spec/schema/pattern.rs` instead, with an engine that compiles in
//! microseconds. It is handed the schema around it, so the words that only people read are left out.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use serde_json::Value;

const SCHEMA: &str = "schema/rollout.schema.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SCHEMA}");
    println!("cargo::rerun-if-changed=build.rs");
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(SCHEMA)?)?;
    prepare(&mut schema);
    let code = format!(
        "/// The validator that the build made of the schema.\n\
         #[jsonschema::validator(schema = {:?}, keywords = {{ \"x-pattern\" => crate::spec::schema::pattern::keyword }})]\n\
         struct Compiled;\n",
        schema.to_string()
    );
    let folder = env::var_os("OUT_DIR").ok_or("Cargo sets OUT_DIR")?;
    fs::write(Path::new(&folder).join("validator.rs"), code)?;
    Ok(())
}

/// What only people and error messages read.
const WORDS: [&str; 3] = ["description", "x-allowed", "x-code"];

/// Renames every `pattern` and drops every word, where they are keywords: a field of such a name has a schema, not a string.
fn prepare(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(prepare),
        Value::Object(entries) => {
            *entries = std::mem::take(entries)
                .into_iter()
                .filter(|(key, value)| !(WORDS.contains(&key.as_str()) && value.is_string()))
                .map(|(key, mut value)| {
                    prepare(&mut value);
                    let is_keyword = key == "pattern" && value.is_string();
                    (
                        if is_keyword {
                            "x-pattern".to_owned()
                        } else {
                            key
                        },
                        value,
                    )
                })
                .collect();
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
