//! A value with its way from the document's root, and the complaints about such values.

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place};
use crate::spec::schema::{describe, excerpt};
use crate::text::Route;

use super::MAX_TOLD;

/// A value that is there (`null` is not), and where it stands. A way is made of its parts only for who complains.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    /// The value.
    pub(super) value: &'a Value,
    way: Way<'a>,
}

#[derive(Clone, Copy)]
enum Way<'a> {
    Start(&'a Route),
    Key(&'a Field<'a>, &'a str),
    Index(&'a Field<'a>, usize),
}

impl<'a> Field<'a> {
    /// What stands at a route.
    pub(super) fn at(route: &'a Route, value: &'a Value) -> Self {
        let way = Way::Start(route);
        Self { value, way }
    }

    /// The value of a key, where it has one.
    pub(super) fn get<'b>(&'b self, key: &'b str) -> Option<Field<'b>> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        let way = Way::Key(self, key);
        Some(Field { value, way })
    }

    /// Whether a key has a value.
    pub(super) fn has(&self, key: &str) -> bool {
        self.value.get(key).is_some_and(|value| !value.is_null())
    }

    /// The string of a key, where it is one and not empty: Kubernetes does not tell an empty one from none.
    pub(super) fn text(&self, key: &str) -> Option<&'a str> {
        let text = self.value.get(key)?.as_str()?;
        (!text.is_empty()).then_some(text)
    }

    /// The number of a key, where it is a whole one.
    pub(super) fn int(&self, key: &str) -> Option<i64> {
        self.value.get(key)?.as_i64()
    }

    /// How many items or entries the value of a key has.
    pub(super) fn len(&self, key: &str) -> usize {
        match self.value.get(key) {
            Some(Value::Array(items)) => items.len(),
            Some(Value::Object(entries)) => entries.len(),
            Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => 0,
        }
    }

    /// The items of a list.
    pub(super) fn items(&self) -> impl Iterator<Item = Field<'_>> {
        let items = self.value.as_array().into_iter().flatten().enumerate();
        items.map(|(index, value)| {
            let way = Way::Index(self, index);
            Field { value, way }
        })
    }

    /// The entries of a mapping that have values.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&str, Field<'_>)> {
        let entries = self.value.as_object().into_iter().flatten();
        let entries = entries.filter(|(_, value)| !value.is_null());
        entries.map(|(key, value)| {
            let way = Way::Key(self, key);
            (key.as_str(), Field { value, way })
        })
    }

    /// Where it stands.
    pub(super) fn route(&self) -> Route {
        match self.way {
            Way::Start(route) => route.clone(),
            Way::Key(from, key) => from.route().key(key),
            Way::Index(from, index) => from.route().index(index),
        }
    }

    /// The field's name: its key, with the index of an item behind it.
    pub(super) fn name(&self) -> String {
        match self.way {
            Way::Start(route) => crate::spec::schema::short(route),
            Way::Key(_, key) => key.to_owned(),
            Way::Index(from, index) => format!("{}[{index}]", from.name()),
        }
    }
}

/// Complaints, never more than are told.
#[derive(Default)]
pub(super) struct Faults(Vec<Diagnostic>);

impl Faults {
    /// Whether no more are told.
    pub(super) fn is_full(&self) -> bool {
        self.0.len() >= MAX_TOLD
    }

    /// Adds a complaint, unless it is there or there are too many.
    pub(super) fn push(&mut self, fault: Diagnostic) {
        let is_known =
            |known: &Diagnostic| known.place == fault.place && known.message == fault.message;
        if !self.is_full() && !self.0.iter().any(is_known) {
            self.0.push(fault);
        }
    }

    /// A value that must be something else.
    pub(super) fn must(&mut self, field: &Field, allowed: &str) {
        let found = match field.value {
            Value::String(text) if text.is_empty() => "empty".to_owned(),
            Value::String(text) => format!("`{}`", excerpt(text)),
            Value::Number(number) => format!("`{number}`"),
            other @ (Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                describe(other, "")
            }
        };
        let name = field.name();
        self.say(field, format!("`{name}` is {found}, and must be {allowed}"));
    }

    /// A complaint about a value.
    pub(super) fn say(&mut self, field: &Field, message: impl Into<String>) {
        self.push(Diagnostic::new(
            Code::GP010,
            Place::value(field.route()),
            message,
        ));
    }

    /// A complaint about a key.
    pub(super) fn say_key(&mut self, field: &Field, message: impl Into<String>) {
        self.push(Diagnostic::new(
            Code::GP010,
            Place::key(field.route()),
            message,
        ));
    }

    /// A field that is not there, and must be.
    pub(super) fn lacks(&mut self, field: &Field, key: &str) {
        let route = field.route();
        let message = format!("the required field `{key}` is missing in `{route}`");
        self.push(Diagnostic::new(Code::GP007, Place::key(route), message));
    }

    /// A second use of what may be used once, with the first beside it.
    pub(super) fn twice(&mut self, second: Route, first: Route, message: impl Into<String>) {
        let fault = Diagnostic::new(Code::GP105, Place::value(second), message);
        self.push(fault.label(Place::value(first), "first used here"));
    }

    /// All of them.
    pub(super) fn into_all(self) -> Vec<Diagnostic> {
        self.0
    }
}
