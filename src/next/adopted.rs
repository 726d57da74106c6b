//! The `adopt` of a rollout that took over what ran: it has done its work and goes, and the Service selects what it selected.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::compile::Compiled;
use crate::text::{Entry, Kind, Node, Route, Span};

use super::roles::Roles;
use super::scalar::scalar;
use super::{Edit, Refused};

/// What becomes of `adopt`.
pub(super) struct Adopted<'a> {
    /// The Service's selector, where the file does not say it: without `adopt` its default would be another one.
    selector: Option<&'a BTreeMap<String, String>>,
}

impl<'a> Adopted<'a> {
    /// None where nothing was adopted, or where the winner runs by a selector of its own: its pods may then be adopted again.
    pub(super) fn of(compiled: &'a Compiled, document: &Node, roles: &Roles) -> Option<Self> {
        let adopt = document.get(&spec().key("adopt"))?;
        let winner = super::models_route().index(roles.winner);
        let says = |key: &str| document.get(&winner.key(key)).is_some();
        let is_over = !says("selector") || says("subset");
        let is_said = document.get(&service().key("selector")).is_some();
        (adopt.kind == Kind::Bool(true) && is_over).then(|| Self {
            selector: (!is_said).then_some(&compiled.plan.service.selector),
        })
    }

    /// Makes a document say it.
    pub(super) fn say(&self, whole: &mut Value) -> Option<()> {
        let spec = whole.get_mut("spec")?.as_object_mut()?;
        spec.remove("adopt")?;
        if let Some(selector) = self.selector {
            let service = spec.entry("service").or_insert_with(|| json!({}));
            let service = service.as_object_mut()?;
            service.insert("selector".to_owned(), json!(selector));
        }
        Some(())
    }

    /// The same in the text.
    pub(super) fn edits(&self, text: &str, document: &Node) -> Result<Vec<Edit>, Refused> {
        self.found(text, document).ok_or_else(|| {
            let selector = match self.selector {
                Some(selector) => format!(
                    ", and with `service: {{selector: {}}}`, by which the pods are found now",
                    flow(selector)
                ),
                None => String::new(),
            };
            Refused::because(
                "`adopt` has done its work, and is written in a way that cannot be taken out in place",
                &format!(
                    "write `adopt: true` on a line of its own and run this again, or write the next rollout by hand: without `adopt`{selector}"
                ),
            )
        })
    }

    fn found(&self, text: &str, document: &Node) -> Option<Vec<Edit>> {
        let Kind::Map(entries) = &document.get(&spec())?.kind else {
            return None;
        };
        let index = entries.iter().position(|entry| entry.key == "adopt")?;
        let Some(selector) = self.selector else {
            return Some(vec![(place(text, entries, index)?, String::new())]);
        };
        let selector = format!("selector: {}", flow(selector));
        let Some(service) = document.get(&service()) else {
            // The Service takes the place of what goes.
            let (span, rest) = (place(text, entries, index)?, own(text, &entries[index])?);
            let service = format!("service: {{{selector}}}");
            let before = text.get(span.start..rest.start)?;
            let after = text.get(rest.end..span.end)?;
            let after = if is_block(text, &entries[index]) {
                line_end(after)
            } else {
                after
            };
            return Some(vec![(span, format!("{before}{service}{after}"))]);
        };
        Some(vec![
            (place(text, entries, index)?, String::new()),
            first(text, service, &selector)?,
        ])
    }
}

fn spec() -> Route {
    Route::root().key("spec")
}

fn service() -> Route {
    spec().key("service")
}

/// Labels between braces.
fn flow(labels: &BTreeMap<String, String>) -> String {
    let labels = labels.iter().map(|(key, value)| {
        let [key, value] = [key, value].map(|word| scalar("", &word.as_str().into()));
        format!("{key}: {value}")
    });
    format!("{{{}}}", labels.collect::<Vec<_>>().join(", "))
}

/// The text of an entry alone; none where it is not all on one line, such as a value that stands at an anchor.
fn own(text: &str, entry: &Entry) -> Option<Span> {
    let span = Span::new(entry.key_span.start, entry.value.span.end);
    let written = text.get(span.start..span.end)?;
    (entry.key_span.end <= entry.value.span.start && !written.contains('\n')).then_some(span)
}

/// What stands before an entry on its line.
fn indent<'a>(text: &'a str, entry: &Entry) -> &'a str {
    let start = text[..entry.key_span.start]
        .rfind('\n')
        .map_or(0, |at| at + 1);
    &text[start..entry.key_span.start]
}

/// The line end that a text ends with.
fn line_end(text: &str) -> &str {
    &text[text.trim_end_matches(['\r', '\n']).len()..]
}

/// Whether an entry has a line to itself, but for a comment.
fn is_block(text: &str, entry: &Entry) -> bool {
    let rest = text[entry.value.span.end..].lines().next();
    let rest = rest.unwrap_or_default().trim_start();
    let is_alone = rest.is_empty() || rest.starts_with('#');
    is_alone && indent(text, entry).trim_start_matches(' ').is_empty()
}

/// What goes with an entry: its line with the comment there, or, between braces, a comma.
fn place(text: &str, entries: &[Entry], index: usize) -> Option<Span> {
    let entry = entries.get(index)?;
    let own = own(text, entry)?;
    if is_block(text, entry) {
        let start = own.start - indent(text, entry).len();
        let line = text[own.end..].split_inclusive('\n').next();
        return Some(Span::new(start, own.end + line.map_or(0, str::len)));
    }
    let plain = |from: usize, to: usize| {
        let gap = text.get(from..to)?;
        (gap.trim() == ",").then_some(())
    };
    if let Some(next) = entries.get(index + 1) {
        plain(own.end, next.key_span.start)?;
        return Some(Span::new(own.start, next.key_span.start));
    }
    let before = entries.get(index.checked_sub(1)?)?.value.span.end;
    plain(before, own.start)?;
    Some(Span::new(before, own.end))
}

/// The edit that makes a new entry the first one of a mapping.
fn first(text: &str, mapping: &Node, new: &str) -> Option<Edit> {
    let Kind::Map(entries) = &mapping.kind else {
        return None;
    };
    let at = mapping.span.start;
    if text.get(at..)?.starts_with('{') {
        let gap = if entries.is_empty() { "" } else { ", " };
        return Some((Span::new(at + 1, at + 1), format!("{new}{gap}")));
    }
    let entry = entries.first()?;
    let (at, indent) = (entry.key_span.start, indent(text, entry));
    let eol = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let is_alone = indent.trim_start_matches(' ').is_empty();
    is_alone.then(|| (Span::new(at, at), format!("{new}{eol}{indent}")))
}
