//! Does at build time what the validator would do at the start of every run: compiles the schema's regular expressions.
//!
//! Writes two files into `OUT_DIR`. `validator.rs` has the schema for the macro that makes the validator, with `pattern` renamed to
//! `x-pattern`, a keyword of our own. `patterns.rs` has each pattern as a finished automaton, which `src/spec/schema/pattern.rs` reads.
//! Compiling them when they were first met was nearly half of a run of the Argo CD plugin.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use regex_automata::dfa::{StartKind, dense};
use serde_json::Value;

const SCHEMA: &str = "schema/rollout.schema.json";
/// What only people and error messages read.
const WORDS: [&str; 3] = ["description", "x-allowed", "x-code"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={SCHEMA}");
    println!("cargo::rerun-if-changed=build.rs");
    let mut schema: Value = serde_json::from_str(&fs::read_to_string(SCHEMA)?)?;
    let mut patterns = BTreeSet::new();
    prepare(&mut schema, &mut patterns);
    let folder = env::var_os("OUT_DIR").ok_or("Cargo sets OUT_DIR")?;
    let folder = Path::new(&folder);
    fs::write(folder.join("validator.rs"), validator(&schema))?;
    let mut list = String::from("[\n");
    for (number, pattern) in patterns.iter().enumerate() {
        let name = format!("pattern-{number}.dfa");
        fs::write(folder.join(&name), automaton(pattern)?)?;
        writeln!(list, "    ({pattern:?}, aligned!({name:?})),")?;
    }
    fs::write(folder.join("patterns.rs"), list + "]\n")?;
    Ok(())
}

/// Renames every `pattern` and drops every word, where they are keywords: a field of such a name has a schema, not a string.
fn prepare(schema: &mut Value, patterns: &mut BTreeSet<String>) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(|item| prepare(item, patterns)),
        Value::Object(entries) => {
            let old = std::mem::take(entries);
            for (key, mut value) in old {
                match (key.as_str(), &value) {
                    (word, Value::String(_)) if WORDS.contains(&word) => {}
                    ("pattern", Value::String(pattern)) => {
                        patterns.insert(pattern.clone());
                        entries.insert("x-pattern".to_owned(), value);
                    }
                    _ => {
                        prepare(&mut value, patterns);
                        entries.insert(key, value);
                    }
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn validator(schema: &Value) -> String {
    format!(
        "/// The validator that the build made of the schema.\n\
         #[jsonschema::validator(schema = {:?}, keywords = {{ \"x-pattern\" => crate::spec::schema::pattern::keyword }})]\n\
         struct Compiled;\n",
        schema.to_string()
    )
}

/// The automaton of one pattern, in the bytes of the machine that will run it.
fn automaton(pattern: &str) -> Result<Vec<u8>, Box<dyn Error>> {
    let config = dense::Config::new()
        .start_kind(StartKind::Unanchored)
        .accelerate(false)
        .minimize(true);
    let automaton = dense::Builder::new().configure(config).build(pattern)?;
    let (bytes, padding) = match env::var("CARGO_CFG_TARGET_ENDIAN")?.as_str() {
        "big" => automaton.to_bytes_big_endian(),
        _ => automaton.to_bytes_little_endian(),
    };
    // The reader aligns the file itself.
    Ok(bytes[padding..].to_vec())
}
