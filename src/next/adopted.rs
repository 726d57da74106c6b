//! The `adopt` of a rollout that took over what ran: it has done its work and goes, and the Service selects what it selected.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::compile::Compiled;
use crate::text::{Kind, Node, Route};

use super::entry::{first, is_block, line_end, own, place};
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
