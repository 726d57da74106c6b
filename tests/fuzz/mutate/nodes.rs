//! Changes of a tree's nodes.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use crate::corpus::{Corpus, parsed};

use super::nasty::nasty;

/// Changes one node of a tree.
pub(super) fn node(tree: &mut Value, corpus: &Corpus, rng: &mut Rng) {
    let count = size(tree);
    let mut left = rng.usize(..count);
    if let Some(found) = nth(tree, &mut left) {
        change(found, corpus, rng);
    }
}

/// How many nodes a tree has.
fn size(tree: &Value) -> usize {
    1 + match tree {
        Value::Object(map) => map.values().map(size).sum(),
        Value::Array(list) => list.iter().map(size).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// How deep a tree is.
fn depth(tree: &Value) -> usize {
    1 + match tree {
        Value::Object(map) => map.values().map(depth).max().unwrap_or(0),
        Value::Array(list) => list.iter().map(depth).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

/// The node with `left` others before it.
fn nth<'a>(tree: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(tree);
    }
    *left -= 1;
    match tree {
        Value::Object(map) => map.values_mut().find_map(|child| nth(child, left)),
        Value::Array(list) => list.iter_mut().find_map(|child| nth(child, left)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn change(found: &mut Value, corpus: &Corpus, rng: &mut Rng) {
    match found {
        Value::Object(map) if !map.is_empty() => change_map(map, corpus, rng),
        Value::Array(list) if !list.is_empty() => change_list(list, corpus, rng),
        Value::Number(number) if rng.bool() => {
            let by = [1.0, -1.0, 0.01, 10.0, 1e18][rng.usize(..5)];
            *found = json!(number.as_f64().unwrap_or(0.0) + by);
        }
        Value::String(text) if rng.u8(..3) == 0 => {
            let at = text
                .char_indices()
                .map(|(at, _)| at)
                .nth(rng.usize(..=text.len()));
            let at = at.unwrap_or(text.len());
            text.insert(
                at,
                ['-', '.', 'a', '0', '*', '/', 'Z', '\u{202e}', '\0', '\n'][rng.usize(..10)],
            );
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Object(_)
        | Value::Array(_) => {
            *found = other(corpus, rng);
        }
    }
}

fn change_map(map: &mut Map<String, Value>, corpus: &Corpus, rng: &mut Rng) {
    let key = map
        .keys()
        .nth(rng.usize(..map.len()))
        .cloned()
        .unwrap_or_default();
    match rng.u8(..8) {
        0 => {
            map.shift_remove(&key);
        }
        1 => {
            let (new, value) = corpus.entry(rng);
            map.insert(new.to_owned(), value.clone());
        }
        2 => {
            // Two values change places.
            let with = map
                .keys()
                .nth(rng.usize(..map.len()))
                .cloned()
                .unwrap_or_default();
            let (one, two) = (map.get(&key).cloned(), map.get(&with).cloned());
            map.extend(
                one.map(|one| (with, one))
                    .into_iter()
                    .chain(two.map(|two| (key, two))),
            );
        }
        3 => {
            map.insert(nasty(rng), other(corpus, rng));
        }
        _ => {
            let value = match corpus.value(&key, rng) {
                Some(known) if rng.u8(..5) > 0 => known.clone(),
                _ => other(corpus, rng),
            };
            map.insert(key, value);
        }
    }
}

fn change_list(list: &mut Vec<Value>, corpus: &Corpus, rng: &mut Rng) {
    let at = rng.usize(..list.len());
    match rng.u8(..5) {
        0 => {
            list.remove(at);
        }
        1 => list.insert(at, list[at].clone()),
        2 => {
            let with = rng.usize(..list.len());
            list.swap(at, with);
        }
        3 => list[at] = other(corpus, rng),
        _ => {
            let copy = list[at].clone();
            list.extend(std::iter::repeat_n(copy, rng.usize(1..60)));
        }
    }
}

/// Any value: of some rollout, or one that nobody expects.
fn other(corpus: &Corpus, rng: &mut Rng) -> Value {
    if rng.u8(..3) == 0 {
        return corpus.entry(rng).1.clone();
    }
    let text = nasty(rng);
    parsed(&text)
        .filter(|value| depth(value) < 64)
        .unwrap_or(Value::String(text))
}
