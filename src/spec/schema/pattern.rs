//! The keyword `pattern`, with automata that the build has compiled.
//!
//! `build.rs` renames the keyword to `x-pattern` for the validator. Our patterns are made of ASCII classes, on which the automata
//! agree with ECMA 262; a test holds the two against each other.

use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use regex_automata::Input;
use regex_automata::dfa::{Automaton, dense::DFA};
use serde_json::{Map, Value};

/// An automaton's file, where numbers of four bytes may begin.
#[repr(C)]
struct Aligned<Bytes: ?Sized> {
    align: [u32; 0],
    bytes: Bytes,
}

macro_rules! aligned {
    ($file:literal) => {
        &Aligned {
            align: [],
            bytes: *include_bytes!(concat!(env!("OUT_DIR"), "/", $file)),
        }
    };
}

/// Every pattern of the schema and its automaton, by pattern.
static PATTERNS: &[(&str, &Aligned<[u8]>)] = &include!(concat!(env!("OUT_DIR"), "/patterns.rs"));

/// What the validator calls at the keyword's first use.
pub(in crate::spec) fn keyword<'a>(
    _schema: &'a Map<String, Value>,
    pattern: &'a Value,
    _path: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    let found = PATTERNS
        .binary_search_by_key(&pattern.as_str(), |(pattern, _)| Some(pattern))
        .ok()
        .and_then(|index| DFA::from_bytes(&PATTERNS[index].1.bytes).ok());
    match found {
        Some((automaton, _)) => Ok(Box::new(Pattern(automaton))),
        None => Err(ValidationError::custom("not a pattern of the build")),
    }
}

/// A string that the automaton finds something in; other types are none of its business.
struct Pattern(DFA<&'static [u32]>);

impl<'i> Keyword<'i> for Pattern {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        if <Self as Keyword<'i>>::is_valid(self, instance) {
            return Ok(());
        }
        Err(ValidationError::custom("does not match the pattern"))
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        instance.as_str().is_none_or(|text| {
            let found = self.0.try_search_fwd(&Input::new(text).earliest(true));
            found.is_ok_and(|found| found.is_some())
        })
    }
}
