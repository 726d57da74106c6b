//! The names that change, each as a place of the document, which its text and its meaning have in common.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::compile::Source;
use crate::text::{Kind, Node, Route, Segment};
use crate::units::names::BASELINE;

use super::roles::Roles;
use super::scalar::scalar;
use super::{Edit, Refused};

/// One scalar that becomes another one.
#[derive(Clone, Debug)]
pub(super) struct Change {
    at: Route,
    /// Whether it is the key that changes, and not the value.
    is_key: bool,
    to: Value,
}

impl Change {
    pub(super) fn value(at: Route, to: impl Into<Value>) -> Self {
        Self {
            at,
            is_key: false,
            to: to.into(),
        }
    }

    /// The change of a text whose node this is; none where the place has no bytes of its own.
    pub(super) fn edit(&self, text: &str, node: &Node) -> Option<Edit> {
        let span = if self.is_key {
            node.key_span(&self.at)?
        } else {
            node.get(&self.at)?.span
        };
        Some((span, scalar(text.get(span.start..span.end)?, &self.to)))
    }
}

/// What a node says once its changes are made.
pub(super) fn changed(node: &Node, changes: &[Change]) -> Value {
    let by_place = changes
        .iter()
        .map(|change| ((&change.at, change.is_key), &change.to));
    rebuilt(node, &Route::root(), &by_place.collect())
}

fn rebuilt(node: &Node, at: &Route, changes: &BTreeMap<(&Route, bool), &Value>) -> Value {
    if let Some(to) = changes.get(&(at, false)) {
        return (*to).clone();
    }
    match &node.kind {
        Kind::Map(entries) => {
            let entries = entries.iter().map(|entry| {
                let at = at.key(&entry.key);
                let renamed = changes.get(&(&at, true)).and_then(|to| to.as_str());
                let key = renamed.unwrap_or(&entry.key).to_owned();
                (key, rebuilt(&entry.value, &at, changes))
            });
            Value::Object(entries.collect())
        }
        Kind::Seq(items) => {
            let items = items.iter().enumerate();
            let items = items.map(|(index, item)| rebuilt(item, &at.index(index), changes));
            Value::Array(items.collect())
        }
        Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) => node.to_json(),
    }
}

/// Every mention of a model outside `models`, under the name that takes its part.
pub(super) fn renamed(
    source: &Source,
    document: &Node,
    roles: &Roles,
) -> Result<Vec<Change>, Refused> {
    let spec = Route::root().key("spec");
    let mut found = Mentions {
        source,
        document,
        roles,
        changes: Vec::new(),
    };
    found.value(spec.key("stable"))?;
    for at in found.items(&spec.key("steps")) {
        for list in ["deploy", "retire", "keep"] {
            for at in found.items(&at.key(list)) {
                found.value(at)?;
            }
        }
        found.keys(&at.key("weights"))?;
        found.keys(&at.key("replicas"))?;
        found.value(at.key("mirror").key("to"))?;
        found.value(at.key("linear").key("model"))?;
        for at in found.entries(&at.key("cohorts")) {
            found.value(at.clone())?;
            found.keys(&at)?;
        }
    }
    for at in strategies() {
        for (strategy, model) in [
            ("canary", "model"),
            ("blueGreen", "model"),
            ("shadow", "to"),
        ] {
            found.value(at.key(strategy).key(model))?;
        }
        found.keys(&at.key("abTest").key("split"))?;
    }
    found.value(spec.key("service").key("preview"))?;
    for at in found.items(&spec.key("gates")) {
        found.value(at.key("model"))?;
    }
    if document.get(&spec.key("stage")).is_some() {
        found
            .changes
            .push(Change::value(spec.key("stage"), BASELINE));
    }
    Ok(found.changes)
}

/// Where strategies stand.
pub(super) fn strategies() -> [Route; 2] {
    let first = Route::root().key("spec").key("strategy");
    let then = first.key("shadow").key("then");
    [first, then]
}

/// Collects the mentions of models.
struct Mentions<'a> {
    source: &'a Source,
    document: &'a Node,
    roles: &'a Roles,
    changes: Vec<Change>,
}

impl Mentions<'_> {
    /// The places of a sequence's items.
    fn items(&self, at: &Route) -> Vec<Route> {
        match self.document.get(at).map(|node| &node.kind) {
            Some(Kind::Seq(items)) => (0..items.len()).map(|index| at.index(index)).collect(),
            Some(_) | None => Vec::new(),
        }
    }

    /// The places of a mapping's values.
    fn entries(&self, at: &Route) -> Vec<Route> {
        match self.document.get(at).map(|node| &node.kind) {
            Some(Kind::Map(entries)) => entries.iter().map(|entry| at.key(&entry.key)).collect(),
            Some(_) | None => Vec::new(),
        }
    }

    /// A value that names a model, if it is a name.
    fn value(&mut self, at: Route) -> Result<(), Refused> {
        if let Some(node) = self.document.get(&at)
            && let Kind::String(name) = &node.kind
        {
            let to = self.part(name, node.span.start)?;
            self.changes.push(Change::value(at, to));
        }
        Ok(())
    }

    /// The keys of a mapping, which name models.
    fn keys(&mut self, at: &Route) -> Result<(), Refused> {
        for at in self.entries(at) {
            let (Some(Segment::Key(name)), Some(span)) =
                (at.segments().last(), self.document.key_span(&at))
            else {
                continue;
            };
            let to = self.part(name, span.start)?;
            self.changes.push(Change {
                at,
                is_key: true,
                to: to.into(),
            });
        }
        Ok(())
    }

    fn part(&self, name: &str, at: usize) -> Result<String, Refused> {
        let part = self.roles.part_of(name).map(ToOwned::to_owned);
        part.ok_or_else(|| {
            let at = self.source.line_column(at);
            Refused::because(
                &format!(
                    "{}:{}:{} names `{name}`, which neither was stable nor won, and goes",
                    self.source.name(),
                    at.line,
                    at.column
                ),
                "take it out of the steps and gates there, once the rollout is over, render and commit; then run this again",
            )
        })
    }
}
