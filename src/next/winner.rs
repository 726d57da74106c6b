//! The winner of an A/B test: written into it when it is known, and taken out of it for the next one.

use serde_json::Value;

use crate::compile::{Compiled, Files, Source, compile};
use crate::text::{Kind, Node, Route, Segment, Span};
use crate::units::DnsLabel;

use super::change::{Change, strategies};
use super::entry::{first, place};
use super::scalar::scalar;
use super::{Edit, Refused, applied, is_read_as};

/// The key of the winner.
const WINNER: &str = "winner";

/// The test of a document, where its strategy is one or ends in one.
fn test_of(document: &Node) -> Option<Route> {
    let strategies = strategies().into_iter();
    let mut tests = strategies.map(|strategy| strategy.key("abTest"));
    tests.find(|at| document.get(at).is_some())
}

/// Whether a rollout is an A/B test, or ends in one.
pub fn is_test(compiled: &Compiled) -> bool {
    let document = compiled.report.document.as_ref();
    document.and_then(test_of).is_some()
}

/// The text with the winner of its A/B test, who then gets all requests.
pub fn decide(
    compiled: &Compiled,
    winner: &DnsLabel,
    files: &dyn Files,
) -> Result<String, Refused> {
    let source = &compiled.report.source;
    let document = compiled.report.document.as_ref();
    let Some((document, at)) = document.and_then(|node| Some((node, test_of(node)?))) else {
        return Err(Refused::because(
            "the rollout is no A/B test, and only such a test has a winner that is given later",
            "write `strategy: {abTest: …}`, or add a step in which one model gets all requests",
        ));
    };
    let (text, name) = (source.text(), winner.as_str());
    let key = at.key(WINNER);
    let edit = match document.get(&key) {
        Some(node) if node.kind == Kind::String(name.to_owned()) => {
            return Err(Refused::because(
                &format!("`{name}` is the winner already"),
                "promote to its stage",
            ));
        }
        Some(_) => Change::value(key, name).edit(text, document),
        None => document.get(&at).and_then(|test| {
            first(
                text,
                test,
                &format!("{WINNER}: {}", scalar("", &name.into())),
            )
        }),
    };
    let mut wanted = document.to_json();
    if let Some(Value::Object(test)) = found(&mut wanted, &at) {
        test.insert(WINNER.to_owned(), name.into());
    }
    let whole = Span::new(0, text.len());
    let made = edit.and_then(|edit| applied(text, whole, &[edit]));
    let Some(made) = made.filter(|made| is_read_as(made, Some(&wanted))) else {
        return Err(Refused::because(
            "the test is written in a way that cannot be changed in place",
            &format!("write `winner: {name}` into `abTest` by hand"),
        ));
    };
    let new = Source::new(source.name(), made.clone());
    compile(&new, files, &compiled.environment)
        .map_err(|report| Refused::Broken(Box::new(report)))?;
    Ok(made)
}

/// A winner that goes, because the next test has none yet.
pub(super) struct Decided(Route);

impl Decided {
    pub(super) fn of(document: &Node) -> Option<Self> {
        let at = test_of(document)?;
        document.get(&at.key(WINNER))?;
        Some(Self(at))
    }

    /// Makes a document say it.
    pub(super) fn say(&self, whole: &mut Value) -> Option<()> {
        let test = found(whole, &self.0)?.as_object_mut()?;
        test.shift_remove(WINNER)?;
        Some(())
    }

    /// The same in the text.
    pub(super) fn edit(&self, text: &str, document: &Node) -> Option<Edit> {
        let Kind::Map(entries) = &document.get(&self.0)?.kind else {
            return None;
        };
        let index = entries.iter().position(|entry| entry.key == WINNER)?;
        Some((place(text, entries, index)?, String::new()))
    }
}

/// The part of a document that a route leads to.
fn found<'a>(whole: &'a mut Value, at: &Route) -> Option<&'a mut Value> {
    let mut segments = at.segments().iter();
    segments.try_fold(whole, |at, segment| match segment {
        Segment::Key(key) => at.get_mut(key),
        Segment::Index(index) => at.get_mut(*index),
    })
}
