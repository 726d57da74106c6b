//! Header changes (`HTTPHeaderFilter`).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place};
use crate::spec::schema::excerpt;
use crate::text::Route;

use super::{entries, is_full, items, refused, unsaid};

/// The most changes of one kind.
const MAX: usize = 16;
/// The longest name of a header.
const MAX_NAME: usize = 256;
/// The longest value of a header.
const MAX_VALUE: usize = 4_096;

/// `given` is a `headers` with changes on both ways.
pub(super) fn check(given: &Value, at: &Route, faults: &mut Vec<Diagnostic>) {
    for direction in ["request", "response"] {
        let Some(operations) = given.get(direction) else {
            continue;
        };
        let at = at.key(direction);
        for kind in ["set", "add"] {
            let at = at.key(kind);
            let changes: Vec<_> = entries(operations.get(kind)).collect();
            count(changes.len(), &at, faults);
            for (name, value) in changes {
                if is_full(faults) {
                    return;
                }
                let value = value.as_str().unwrap_or_default();
                self::name(name, Place::key(at.key(name)), faults);
                self::value(name, value, at.key(name), faults);
            }
        }
        twins(operations, &at, faults);
        let removed: Vec<_> = items(operations.get("remove")).collect();
        count(removed.len(), &at.key("remove"), faults);
        for (index, removed) in removed.into_iter().enumerate() {
            if is_full(faults) {
                return;
            }
            let place = Place::value(at.key("remove").index(index));
            name(removed.as_str().unwrap_or_default(), place, faults);
        }
    }
}

/// A header that is changed twice: which change wins is left to each gateway, and case makes no other header.
fn twins(operations: &Value, at: &Route, faults: &mut Vec<Diagnostic>) {
    let changes = ["set", "add"].into_iter().flat_map(|kind| {
        let names = entries(operations.get(kind)).map(|(name, _)| name.as_str());
        names.map(move |name| (name, Place::key(at.key(kind).key(name))))
    });
    let removed = items(operations.get("remove")).enumerate();
    let removed = removed.filter_map(|(index, name)| {
        Some((name.as_str()?, Place::value(at.key("remove").index(index))))
    });
    let mut known: BTreeMap<String, Place> = BTreeMap::new();
    for (name, place) in changes.chain(removed) {
        match known.entry(name.to_ascii_lowercase()) {
            Entry::Vacant(free) => {
                free.insert(place);
            }
            Entry::Occupied(earlier) => {
                if is_full(faults) {
                    return;
                }
                let message = format!(
                    "the header `{}` is changed twice, and gateways differ in which change counts",
                    excerpt(name)
                );
                let found = Diagnostic::new(Code::GP223, place, message);
                faults.push(
                    found
                        .label(earlier.get().clone(), "first here")
                        .help("keep one of the two"),
                );
            }
        }
    }
}

fn count(count: usize, at: &Route, faults: &mut Vec<Diagnostic>) {
    if count > MAX {
        let message = format!("{count} headers are changed, and Gateway API takes {MAX}");
        faults.push(Diagnostic::new(
            Code::GP224,
            Place::key(at.clone()),
            message,
        ));
    }
}

fn name(name: &str, place: Place, faults: &mut Vec<Diagnostic>) {
    // Every other wrong name is refused whoever routes.
    if name.eq_ignore_ascii_case("host") || name.starts_with(':') {
        let message = format!(
            "the header `{}` cannot be changed by Gateway API",
            excerpt(name)
        );
        let found = Diagnostic::new(Code::GP212, place, message);
        faults.push(found.help("set `rewrite.authority` of a base route for another host"));
    } else if name.len() > MAX_NAME {
        let message = format!(
            "the header's name is longer than the {MAX_NAME} characters that Gateway API takes"
        );
        faults.push(Diagnostic::new(Code::GP224, place, message));
    }
}

fn value(name: &str, value: &str, at: Route, faults: &mut Vec<Diagnostic>) {
    let name = excerpt(name);
    if value.is_empty() {
        let message = format!(
            "the value of the header `{name}` is empty, and Gateway API takes one character or more"
        );
        faults.push(refused(at, message));
    } else if value.chars().count() > MAX_VALUE {
        let message = format!(
            "the value of the header `{name}` is longer than the {MAX_VALUE} characters that Gateway API takes"
        );
        faults.push(refused(at, message));
    } else if value.contains('%') {
        faults.push(
            unsaid(
                at,
                format!("the value of the header `{name}` has a `%`, which one gateway takes as it is, and another for a command"),
            )
            .note("gateways that are Envoy read `%` as the start of a command, and Gateway API says nothing of it")
            .help("let the model set this header"),
        );
    }
}
