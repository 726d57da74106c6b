//! Who is led where: the model that serves, the base routes, and the cohorts in front of them.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::diag::words::and_list;
use crate::diag::{Code, Diagnostic, Route};

use super::model::{Cohort, Model, label_of};
use super::read::Complaints;
use super::routers::{Routing, Rule};
use super::scope::Scope;

/// The ways of the requests.
pub(super) struct Paths<'a> {
    pub(super) routing: &'a Routing,
    pub(super) models: &'a [Model],
}

impl Paths<'_> {
    /// The one model that a rule leads to, by its place in the list, or a complaint.
    fn target(&self, rule: &Rule, complaints: &mut Complaints<'_>) -> Option<usize> {
        let at = rule.at.key("route");
        let mut found = BTreeSet::new();
        for (subset, _) in &rule.shares {
            let index = match subset {
                None if self.models.len() == 1 => Some(0),
                None => {
                    found.extend(0..self.models.len());
                    continue;
                }
                Some(name) => self.models.iter().position(|model| model.name == *name),
            };
            let Some(index) = index else {
                let name = subset.as_deref().unwrap_or_default();
                complaints.push(&rule.object, at, |place| {
                    let message = format!("no pods that were read are the subset `{name}`");
                    Diagnostic::new(Code::GP134, place, message)
                        .help("give what defines the subset, and the Deployment of its pods, too")
                });
                return None;
            };
            found.insert(index);
        }
        if found.len() > 1 {
            let names = found.iter().map(|index| &self.models[*index].name);
            let message = format!(
                "requests are split between {} already, and the first stage of a rollout has one version alone",
                and_list(names)
            );
            complaints.push(&rule.object, at, |place| {
                Diagnostic::new(Code::GP133, place, message)
                    .help("finish that move first, or take it back: give one of them all of the weight, and then take it over")
            });
            return None;
        }
        found.pop_first()
    }

    /// The model that serves: the one that the last rule leads to.
    pub(super) fn stable(&self, scope: &Scope, complaints: &mut Complaints<'_>) -> Option<usize> {
        let Some(last) = self.routing.rules.last() else {
            if self.models.len() == 1 {
                return Some(0);
            }
            let names = self.models.iter().map(|model| &model.name);
            let message = format!(
                "requests are spread over the pods of {} by their numbers, and nothing routes them",
                and_list(names)
            );
            let at = Route::root().key("spec").key("selector");
            complaints.push(&scope.service.identity, at, |place| {
                Diagnostic::new(Code::GP133, place, message).help("let one of them serve alone first: scale the others to none and leave them out, or route to one of them")
            });
            return None;
        };
        if !last.is_base() {
            complaints.push(&last.object, last.at.clone(), |place| {
                let message = "the last rule takes only some requests, and a rollout routes all that come to it";
                Diagnostic::new(Code::GP134, place, message).help("add a last rule without a condition on headers")
            });
            return None;
        }
        self.target(last, complaints)
    }

    /// The base routes, and the cohorts in front of them.
    pub(super) fn divided(
        &self,
        stable: usize,
        complaints: &mut Complaints<'_>,
    ) -> Option<(Vec<Value>, Vec<Cohort>)> {
        let (mut routes, mut cohorts) = (Vec::new(), Vec::<Cohort>::new());
        for rule in &self.routing.rules {
            let target = self.target(rule, complaints)?;
            let given = rule.name.as_deref().and_then(label_of);
            if rule.is_base() && target == stable {
                let known = |name: &String| routes.iter().any(|one: &Value| one["name"] == **name);
                let number = routes.len() + 1;
                let default = if routes.is_empty() {
                    "default".to_owned()
                } else {
                    format!("route-{number}")
                };
                let name = given.filter(|name| !known(name)).unwrap_or(default);
                let mut route = Map::from_iter([("name".to_owned(), json!(name))]);
                if !rule.matches.is_empty() {
                    route.insert("match".to_owned(), json!(rule.matches));
                }
                route.extend(rule.options.clone());
                routes.push(Value::Object(route));
                continue;
            }
            if !routes.is_empty() {
                complaints.push(&rule.object, rule.at.clone(), |place| {
                    let message = "this rule stands behind one for everybody, and a rollout puts those for some requests in front";
                    Diagnostic::new(Code::GP134, place, message).help("move it in front, if that means the same")
                });
                return None;
            }
            let model = self.models[target].name.clone();
            let given = given.map(|name| {
                name.strip_prefix("cohort-")
                    .map_or(name.clone(), str::to_owned)
            });
            let known = |name: &String| cohorts.iter().any(|one| one.name == *name);
            let name = given
                .filter(|name| !known(name))
                .unwrap_or_else(|| format!("to-{model}-{}", cohorts.len() + 1));
            cohorts.push(Cohort {
                name,
                matches: rule.matches.clone(),
                model,
            });
        }
        let is_plain =
            matches!(&routes[..], [only] if only.as_object().is_some_and(|route| route.len() == 1));
        if is_plain {
            routes.clear();
        }
        Some((routes, cohorts))
    }
}
