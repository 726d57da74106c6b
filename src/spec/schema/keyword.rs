//! One error of the validator, as diagnostics.

use std::collections::BTreeMap;

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind as E;
use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, words};
use crate::text::{Node, Route, Source};

use super::route_of;
use super::wording::{self, Found};

/// What a complaint is about; of several about one thing, only the first in rank is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    /// The value at the route.
    Value,
    /// The key that leads to the route.
    Key,
    /// A key that the route should have, by its number among the missing ones.
    Missing(usize),
}

/// A diagnostic, with what is needed to drop the ones that only repeat it.
pub(super) struct Complaint {
    /// The route that the complaint is about.
    pub(super) route: Route,
    /// Whether it is about the key or the value there.
    pub(super) subject: Subject,
    /// The complaint's rank: of several about one place, the lowest is told.
    pub(super) rank: u8,
    /// The complaint itself.
    pub(super) diagnostic: Diagnostic,
}

/// The place in the schema that an error comes from.
struct Rule<'a> {
    /// The whole schema.
    schema: &'a Value,
    /// The subschema that failed.
    at: &'a Value,
    /// JSON pointer to that subschema.
    pointer: &'a str,
}

impl Rule<'_> {
    /// The code that the schema names, or `otherwise`.
    fn code(&self, otherwise: Code) -> Code {
        self.at["x-code"]
            .as_str()
            .and_then(|name| name.parse().ok())
            .unwrap_or(otherwise)
    }

    fn allowed(&self) -> Option<&str> {
        self.at["x-allowed"].as_str()
    }
}

/// What `error` means, as one complaint or one for each key it is about.
pub(super) fn complaints(
    source: &Source,
    node: &Node,
    schema: &Value,
    error: &ValidationError<'_>,
) -> Vec<Complaint> {
    let route = route_of(node, error.instance_path().as_str());
    let path = error.schema_path().as_str();
    // A `false` subschema fails as itself; every other error ends in the keyword that failed.
    let pointer = if matches!(error.kind(), E::FalseSchema) {
        path
    } else {
        path.rsplit_once('/').map_or("", |(parent, _)| parent)
    };
    let rule = Rule {
        schema,
        at: schema.pointer(pointer).unwrap_or(&Value::Null),
        pointer,
    };
    let found = Found {
        name: wording::short(&route),
        value: error.instance(),
        raw: raw(source, node, &route),
    };
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the library's enum is open; what the schema does not use is said in general words"
    )]
    match error.kind() {
        E::AdditionalProperties { unexpected } => unexpected
            .iter()
            .take(super::MAX_COMPLAINTS)
            .map(|key| unknown_field(&rule, &route, error.instance(), key))
            .collect(),
        E::Required { property } => {
            vec![missing_field(
                &rule,
                &route,
                property.as_str().unwrap_or_default(),
            )]
        }
        E::AnyOf { .. } => vec![missing_choice(&rule, &route)],
        E::FalseSchema | E::Not { .. } => vec![excluded(&rule, &route)],
        E::UniqueItems => repeated_items(&route, error.instance()),
        _ if pointer.ends_with("/propertyNames") => {
            let key = error.instance().as_str().unwrap_or_default();
            vec![wrong_key(&rule, &route, key)]
        }
        E::MinItems { .. } | E::MinProperties { .. } => {
            vec![value(&rule, &route, error, wording::empty(&found, rule.at))]
        }
        E::MaxItems { limit } => {
            vec![value(
                &rule,
                &route,
                error,
                wording::too_long(&found, *limit),
            )]
        }
        E::MaxProperties { .. } => {
            vec![value(
                &rule,
                &route,
                error,
                wording::too_many(&found, rule.at),
            )]
        }
        _ => {
            let message = wording::wrong(&found, &wording::allowed(rule.at));
            let mut complaint = value(&rule, &route, error, message);
            complaint.diagnostic.help = wording::help(&found, rule.at);
            vec![complaint]
        }
    }
}

/// The text of the node as it was typed: `2.80` is not `2.8` to the one who wrote it.
fn raw<'a>(source: &'a Source, node: &Node, route: &Route) -> &'a str {
    node.get(route).map_or("", |node| {
        &source.text()[node.span.start.min(node.span.end)..node.span.end]
    })
}

fn value(
    rule: &Rule<'_>,
    route: &Route,
    error: &ValidationError<'_>,
    message: String,
) -> Complaint {
    // A value of the wrong type is that first, whatever code its rule has.
    let is_type = matches!(error.kind(), E::Type { .. });
    let code = if is_type {
        Code::GP006
    } else {
        rule.code(Code::GP006)
    };
    // Nothing has no place of its own.
    let place = if error.instance().is_null() {
        Place::key(route.clone())
    } else {
        Place::value(route.clone())
    };
    Complaint {
        route: route.clone(),
        subject: Subject::Value,
        rank: u8::from(!is_type),
        diagnostic: Diagnostic::new(code, place, message),
    }
}

fn unknown_field(rule: &Rule<'_>, route: &Route, parent: &Value, key: &str) -> Complaint {
    let known: Vec<&str> = rule.at["properties"]
        .as_object()
        .into_iter()
        .flatten()
        // What is only there to be refused with a reason is no field.
        .filter(|(_, property)| property.get("not").is_none())
        .map(|(name, _)| name.as_str())
        .filter(|name| parent.get(name).is_none())
        .collect();
    let elsewhere = words::near_miss(key, known.iter().copied())
        .is_none()
        .then(|| wording::home_of(rule.schema, key))
        .flatten();
    let help = elsewhere
        .map(|home| format!("move it: `{key}` is a field of {home}"))
        .or_else(|| wording::meant(key, &known))
        .or_else(|| {
            (rule.pointer.ends_with("/model") && crate::spec::kube::is_of_pods(key))
                .then(|| format!("write it as `podTemplate: {{spec: {{{key}: …}}}}`"))
        })
        .or_else(|| words::field_suggestion(key, known.iter().copied()));
    Complaint {
        route: route.key(key),
        subject: Subject::Key,
        rank: 0,
        diagnostic: Diagnostic::new(
            Code::GP005,
            Place::key(route.key(key)),
            format!("unknown field `{key}` {}", wording::inside(route)),
        )
        .maybe_help(help),
    }
}

fn wrong_key(rule: &Rule<'_>, route: &Route, key: &str) -> Complaint {
    let message = format!(
        "the key `{}` is in `{}`, where keys must be {}",
        wording::excerpt(key),
        wording::short(route),
        wording::allowed(rule.at)
    );
    Complaint {
        route: route.key(key),
        subject: Subject::Key,
        rank: 1,
        diagnostic: Diagnostic::new(rule.code(Code::GP006), Place::key(route.key(key)), message),
    }
}

fn missing_field(rule: &Rule<'_>, route: &Route, key: &str) -> Complaint {
    // A `then` that requires a field does not repeat its description: it stands in the subschema around it.
    let description = rule
        .pointer
        .match_indices('/')
        .map(|(at, _)| &rule.pointer[..at])
        .chain([rule.pointer])
        .rev()
        .find_map(|pointer| {
            rule.schema.pointer(pointer)?["properties"][key]["description"].as_str()
        });
    let number = rule.at["required"].as_array().map_or(0, |names| {
        names
            .iter()
            .position(|name| name.as_str() == Some(key))
            .unwrap_or(0)
    });
    Complaint {
        route: route.clone(),
        subject: Subject::Missing(number),
        rank: 0,
        diagnostic: Diagnostic::new(
            rule.code(Code::GP007),
            Place::key(route.clone()),
            format!(
                "the required field `{key}` is missing {}",
                wording::inside(route)
            ),
        )
        .maybe_help(
            description.map(|text| format!("add `{key}`: {}", wording::first_sentence(text))),
        ),
    }
}

/// An `anyOf` in the schema only ever says that one of some fields is needed.
fn missing_choice(rule: &Rule<'_>, route: &Route) -> Complaint {
    let names: Vec<&str> = rule.at["anyOf"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|branch| branch["required"][0].as_str())
        .collect();
    let message = rule.allowed().map_or_else(
        || {
            format!(
                "one of {} is needed {}, and there is none",
                words::and_list(&names),
                wording::inside(route)
            )
        },
        str::to_owned,
    );
    // Inside a `then`, the field that the `if` asks about is what makes the choice needed.
    let cause = rule
        .pointer
        .strip_suffix("/then")
        .and_then(|parent| rule.schema.pointer(parent)?["if"]["required"][0].as_str());
    let place = cause.map_or_else(|| route.clone(), |name| route.key(name));
    Complaint {
        route: place.clone(),
        subject: Subject::Missing(usize::MAX),
        rank: 0,
        diagnostic: Diagnostic::new(rule.code(Code::GP007), Place::key(place), message),
    }
}

/// A field that another field, or another field's value, rules out.
fn excluded(rule: &Rule<'_>, route: &Route) -> Complaint {
    let name = wording::short(route);
    let other = rule
        .pointer
        .rsplit_once("/dependentSchemas/")
        .and_then(|(_, rest)| {
            let name = rest.split('/').next()?;
            let mut holder = route.clone();
            for _ in rest.matches("/properties/") {
                holder = holder.parent();
            }
            Some((name, holder.key(name)))
        });
    let mut diagnostic = Diagnostic::new(
        rule.code(Code::GP006),
        Place::key(route.clone()),
        match (rule.allowed(), &other) {
            (Some(reason), _) => format!("`{name}` is not allowed here: {reason}"),
            (None, Some((other, _))) => {
                format!("`{name}` cannot stand beside `{other}`, and one of the two is allowed")
            }
            (None, None) => format!("`{name}` is not allowed here"),
        },
    );
    if let Some((_, place)) = other {
        diagnostic = diagnostic
            .label(Place::key(place), "the other is here")
            .help("remove one of the two");
    }
    Complaint {
        route: route.clone(),
        subject: Subject::Key,
        rank: 0,
        diagnostic,
    }
}

fn repeated_items(route: &Route, list: &Value) -> Vec<Complaint> {
    let mut first_at = BTreeMap::new();
    list.as_array()
        .into_iter()
        .flatten()
        .enumerate()
        .filter_map(|(at, item)| {
            let first = *first_at.entry(item.to_string()).or_insert(at);
            if first == at {
                return None;
            }
            Some(Complaint {
                route: route.index(at),
                subject: Subject::Value,
                rank: 2,
                diagnostic: Diagnostic::new(
                    Code::GP006,
                    Place::value(route.index(at)),
                    format!(
                        "{} is in `{}` twice, and once is allowed",
                        wording::describe(item, ""),
                        wording::short(route)
                    ),
                )
                .label(Place::value(route.index(first)), "the first is here")
                .help("remove one of the two"),
            })
        })
        .take(super::MAX_COMPLAINTS)
        .collect()
}
