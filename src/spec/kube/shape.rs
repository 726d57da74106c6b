//! One value against one of Kubernetes' types.

use std::collections::BTreeSet;

use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::autoscaling::v2::{
    self as autoscaling, HorizontalPodAutoscalerBehavior, MetricSpec,
};
use k8s_openapi::api::core::v1::{
    self as core, Affinity, Container, ContainerPort, EnvFromSource, EnvVar, Lifecycle,
    LocalObjectReference, PodDNSConfig, PodResourceClaim, PodSecurityContext, PodTemplateSpec,
    Probe, ResourceRequirements, SecurityContext, Toleration, TopologySpreadConstraint, Volume,
    VolumeMount,
};
use k8s_openapi::api::policy::v1 as policy;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, words};
use crate::spec::read::route_of;
use crate::spec::schema::{describe, short};
use crate::text::{Route, Segment};

use super::field::Faults;
use super::fields;

/// Checks a value at a route.
type Check = fn(&Value, &Route, &mut Faults);

/// The most wrong types that are told of one value.
const MAX_FAULTS: usize = 20;

/// A model's fields in Kubernetes' shapes, and what checks them.
pub(super) const FIELDS: &[(&str, Check)] = &[
    ("env", items::<EnvVar>),
    ("envFrom", items::<EnvFromSource>),
    ("ports", items::<ContainerPort>),
    ("readinessProbe", mapping::<Probe>),
    ("livenessProbe", mapping::<Probe>),
    ("startupProbe", mapping::<Probe>),
    ("resources", claims),
    ("tolerations", items::<Toleration>),
    ("affinity", mapping::<Affinity>),
    ("volumes", items::<Volume>),
    ("volumeMounts", items::<VolumeMount>),
    ("imagePullSecrets", items::<LocalObjectReference>),
    ("securityContext", mapping::<PodSecurityContext>),
    ("podTemplate", pod_template),
    ("containerSecurityContext", mapping::<SecurityContext>),
    ("lifecycle", mapping::<Lifecycle>),
    ("initContainers", items::<Container>),
    ("sidecars", items::<Container>),
    ("containers", items::<Container>),
    ("dnsConfig", mapping::<PodDNSConfig>),
    ("resourceClaims", items::<PodResourceClaim>),
    (
        "topologySpreadConstraints",
        items::<TopologySpreadConstraint>,
    ),
];

/// What checks an object of one of Kubernetes' own kinds.
pub(super) fn of_object(api_version: &str, kind: &str) -> Option<Check> {
    let check: Check = match (api_version, kind) {
        ("apps/v1", "Deployment") => mapping::<apps::Deployment>,
        ("apps/v1", "StatefulSet") => mapping::<apps::StatefulSet>,
        ("apps/v1", "DaemonSet") => mapping::<apps::DaemonSet>,
        ("v1", "Service") => mapping::<core::Service>,
        ("v1", "ConfigMap") => mapping::<core::ConfigMap>,
        ("v1", "Secret") => mapping::<core::Secret>,
        ("v1", "ServiceAccount") => mapping::<core::ServiceAccount>,
        ("v1", "PersistentVolumeClaim") => mapping::<core::PersistentVolumeClaim>,
        ("autoscaling/v2", "HorizontalPodAutoscaler") => {
            mapping::<autoscaling::HorizontalPodAutoscaler>
        }
        ("policy/v1", "PodDisruptionBudget") => mapping::<policy::PodDisruptionBudget>,
        _ => return None,
    };
    Some(check)
}

/// `resources` without requests and limits, which have rules of their own.
fn claims(value: &Value, route: &Route, faults: &mut Faults) {
    let mut rest = value.clone();
    if let Some(entries) = rest.as_object_mut() {
        entries.retain(|name, _| name != "requests" && name != "limits");
    }
    mapping::<ResourceRequirements>(&rest, route, faults);
}

/// A patch of a `T`: what it does not name is not missing, `null` takes away, and a key with `$` directs the merge.
fn patch<T: DeserializeOwned + Serialize>(value: &Value, route: &Route, faults: &mut Faults) {
    fn plain(value: &Value) -> Value {
        match value {
            Value::Object(entries) => {
                let entries = entries
                    .iter()
                    .filter(|(key, value)| !key.starts_with('$') && !value.is_null());
                Value::Object(
                    entries
                        .map(|(key, value)| (key.clone(), plain(value)))
                        .collect(),
                )
            }
            Value::Array(items) => Value::Array(items.iter().map(plain).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }
    let mut found = Faults::default();
    mapping::<T>(&plain(value), route, &mut found);
    let found = found.into_all().into_iter();
    // The merged pod is held against what must be there.
    for fault in found.filter(|fault| fault.code != Code::GP007) {
        faults.push(fault);
    }
}

/// `podTemplate`: said in place, or in a file and then nowhere else.
fn pod_template(value: &Value, route: &Route, faults: &mut Faults) {
    if value.get("file").is_none() {
        return template_patch(value, route, faults);
    }
    let fields = value.as_object().into_iter().flatten();
    for (field, _) in fields.filter(|(field, _)| *field != "file") {
        faults.push(
            Diagnostic::new(
                Code::GP006,
                Place::key(route.key(field)),
                format!("`{field}` beside `file`: the file says it"),
            )
            .label(Place::key(route.key("file")), "given here")
            .help("remove one of them"),
        );
    }
}

/// What is merged over a whole pod.
pub(super) fn template_patch(value: &Value, route: &Route, faults: &mut Faults) {
    patch::<PodTemplateSpec>(value, route, faults);
}

/// A whole pod.
pub(super) fn template(value: &Value, route: &Route, faults: &mut Faults) {
    mapping::<PodTemplateSpec>(value, route, faults);
}

/// An autoscaler's metrics.
pub(super) fn metrics(value: &Value, route: &Route, faults: &mut Faults) {
    items::<MetricSpec>(value, route, faults);
}

/// How fast an autoscaler scales.
pub(super) fn behavior(value: &Value, route: &Route, faults: &mut Faults) {
    mapping::<HorizontalPodAutoscalerBehavior>(value, route, faults);
}

fn items<T: DeserializeOwned + Serialize>(value: &Value, route: &Route, faults: &mut Faults) {
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        if faults.is_full() {
            return;
        }
        mapping::<T>(item, &route.index(index), faults);
    }
}

/// Reads `value` as a `T`; what `T` cannot hold, does not know or would have to invent is a fault.
fn mapping<T: DeserializeOwned + Serialize>(value: &Value, route: &Route, faults: &mut Faults) {
    if !value.is_object() {
        return;
    }
    let mut rest = value.clone();
    let mut wrong = BTreeSet::new();
    // Each wrong value is told and then taken out, so that the next one shows.
    let typed = loop {
        let error = match serde_path_to_error::deserialize::<_, T>(&rest) {
            Ok(typed) => break Some(typed),
            Err(error) => error,
        };
        let below = existing(&rest, &route_of(error.path()));
        if !wrong.insert(below.clone()) || wrong.len() > MAX_FAULTS {
            break None;
        }
        let Some(found) = at_mut(&mut rest, &below) else {
            break None;
        };
        faults.push(wrong_type(
            &join(route, &below),
            found,
            &error.inner().to_string(),
        ));
        *found = Value::Null;
    };
    let Some(typed) = typed else { return };
    match serde_json::to_value(&typed) {
        Ok(held) => compare::<T>(&rest, &held, &wrong, route, &Route::root(), faults),
        Err(error) => faults.push(Diagnostic::new(
            Code::GP006,
            Place::value(route.clone()),
            format!("internal error: a Kubernetes object cannot be written ({error}); please report this"),
        )),
    }
}

/// What differs between the value that was given and the one that Kubernetes' type holds.
fn compare<T: DeserializeOwned>(
    given: &Value,
    held: &Value,
    wrong: &BTreeSet<Route>,
    base: &Route,
    below: &Route,
    faults: &mut Faults,
) {
    match (given, held) {
        (Value::Object(given), Value::Object(held)) => {
            for (key, value) in given.iter().filter(|(_, value)| !value.is_null()) {
                if faults.is_full() {
                    return;
                }
                let below = below.key(key);
                match held.get(key) {
                    Some(held) => compare::<T>(value, held, wrong, base, &below, faults),
                    None => faults.push(unknown_field::<T>(base, &below, key)),
                }
            }
            for key in held.keys() {
                let absent = given.get(key).is_none_or(Value::is_null);
                // Kubernetes' types always write a required field, given or not.
                if absent && !wrong.contains(&below.key(key)) {
                    let route = join(base, below);
                    faults.push(Diagnostic::new(
                        Code::GP007,
                        Place::key(route.clone()),
                        format!("the required field `{key}` is missing in `{route}`"),
                    ));
                }
            }
        }
        (Value::Array(given), Value::Array(held)) => {
            for (index, (given, held)) in given.iter().zip(held).enumerate() {
                compare::<T>(given, held, wrong, base, &below.index(index), faults);
            }
        }
        _ => {}
    }
}

fn unknown_field<T: DeserializeOwned>(base: &Route, below: &Route, key: &str) -> Diagnostic {
    let known = fields::of::<T>(&below.parent());
    Diagnostic::new(
        Code::GP005,
        Place::key(join(base, below)),
        format!("unknown field `{key}` in `{}`", join(base, &below.parent())),
    )
    .maybe_help(words::field_suggestion(key, known.iter().copied()))
}

/// The library's "invalid type: integer `8080`, expected a string", in our words.
fn wrong_type(route: &Route, found: &Value, said: &str) -> Diagnostic {
    let expected = said
        .rsplit_once("expected ")
        .map_or("another value", |(_, expected)| expected);
    let expected = expected.split(" at line ").next().unwrap_or(expected);
    let allowed = match expected {
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "i32" | "i64" | "u32" | "u64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "IntOrString" | "Quantity" => "a number or a string".to_owned(),
        "a string" | "another value" => expected.to_owned(),
        kind => format!(
            "a mapping (Kubernetes' {})",
            kind.trim_start_matches("struct ")
        ),
    };
    let name = short(route);
    let help = match found {
        Value::Number(_) | Value::Bool(_) if allowed == "a string" => {
            Some(format!("quote it: `\"{found}\"`"))
        }
        Value::String(text) if allowed == "a whole number" && text.parse::<i64>().is_ok() => {
            Some(format!("remove the quotes: `{text}`"))
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => None,
    };
    Diagnostic::new(
        Code::GP010,
        Place::value(route.clone()),
        format!("`{name}` is {}, and must be {allowed}", describe(found, "")),
    )
    .maybe_help(help)
}

/// As much of `route` as `value` has: the path of an error may name what is not there.
fn existing(value: &Value, route: &Route) -> Route {
    let mut at = value;
    route
        .segments()
        .iter()
        .map_while(|segment| {
            at = child(at, segment)?;
            Some(segment.clone())
        })
        .collect()
}

fn child<'a>(value: &'a Value, segment: &Segment) -> Option<&'a Value> {
    match segment {
        Segment::Key(key) => value.get(key),
        Segment::Index(index) => value.get(index),
    }
}

fn at_mut<'a>(value: &'a mut Value, route: &Route) -> Option<&'a mut Value> {
    route
        .segments()
        .iter()
        .try_fold(value, |value, segment| match segment {
            Segment::Key(key) => value.get_mut(key),
            Segment::Index(index) => value.get_mut(index),
        })
}

fn join(base: &Route, below: &Route) -> Route {
    base.segments()
        .iter()
        .chain(below.segments())
        .cloned()
        .collect()
}
