//! Containers, by Kubernetes' `validateContainerCommon`: one rule for the one that serves and for those before and beside it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::spec::schema::excerpt;
use crate::text::Route;

use super::field::{Faults, Field};
use super::form::{DNS_LABEL, NOT_EMPTY};
use super::pod::Shared;
use super::rule::Rule;
use super::volumes::texts;
use super::{env, lifecycle, mounts, ports, probes, resources, security};

/// What the fields of a container must be.
const FIELDS: &[(&str, Rule)] = &[
    ("env", env::ENV),
    ("envFrom", env::ENV_FROM),
    (
        "imagePullPolicy",
        Rule::MaybeOneOf(&["Always", "IfNotPresent", "Never"]),
    ),
    ("lifecycle", lifecycle::LIFECYCLE),
    ("livenessProbe", probes::RESTARTING),
    ("ports", ports::PORTS),
    ("readinessProbe", probes::READINESS),
    ("resizePolicy", resources::RESIZE),
    ("resources", resources::RESOURCES),
    ("startupProbe", probes::RESTARTING),
    (
        "terminationMessagePolicy",
        Rule::MaybeOneOf(&["File", "FallbackToLogsOnError"]),
    ),
    ("volumeDevices", mounts::DEVICES),
    ("volumeMounts", mounts::MOUNTS),
];

/// What a container is for, which decides about some of its fields.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It runs as long as the pod, beside the others.
    Beside,
    /// It runs before them, to its end, or as a sidecar where it says so.
    Before,
    /// It starts before them and stays.
    Sidecar,
}

/// Holds the fields of a container against the rules, wherever they stand; `security` is the key of its security context.
pub(super) fn check(container: &Field, security: &str, shared: &Shared, faults: &mut Faults) {
    for (name, rule) in FIELDS {
        if let Some(field) = container.get(name) {
            rule.check(&field, faults);
        }
    }
    if let Some(context) = container.get(security) {
        security::CONTAINER.check(&context, faults);
        security::on_the_host(&context, shared, faults);
    }
    mounts::propagation(container, security, faults);
    mounts::have_volumes(container, shared, faults);
    resources::have_claims(container, shared, faults);
    lifecycle::fits(container, shared, faults);
}

/// Holds a list of whole containers against the rules.
pub(super) fn check_list(list: &Field, kind: Kind, shared: &Shared, faults: &mut Faults) {
    const WHOLE: Rule = Rule::Map(&texts(
        &["name", "image"],
        &[
            ("name", Rule::Text(&DNS_LABEL)),
            ("image", Rule::Text(&NOT_EMPTY)),
        ],
    ));
    for container in list.items().filter(|item| item.value.is_object()) {
        WHOLE.check(&container, faults);
        check(&container, "securityContext", shared, faults);
        of_kind(&container, kind, faults);
        if faults.is_full() {
            return;
        }
    }
}

/// Who is restarted, and who can be asked whether it is well.
fn of_kind(container: &Field, kind: Kind, faults: &mut Faults) {
    let restarts = container.get("restartPolicy");
    if let Some(policy) = &restarts {
        if kind == Kind::Beside {
            let message = "`restartPolicy` is for init containers: the others are always restarted";
            faults.say_key(policy, message);
        } else {
            Rule::OneOf(&["Always"]).check(policy, faults);
        }
    }
    if kind != Kind::Before || restarts.is_some() {
        return;
    }
    for key in [
        "lifecycle",
        "livenessProbe",
        "readinessProbe",
        "startupProbe",
    ] {
        if let Some(field) = container.get(key) {
            faults.say_key(
                &field,
                format!(
                    "`{key}` is for containers that stay: this one has no `restartPolicy: Always`"
                ),
            );
        }
    }
}

/// No two containers of a pod have one name, whatever list they are in.
pub(super) fn names(lists: &[Option<Field>], faults: &mut Faults) {
    let mut first: BTreeMap<&str, Route> = BTreeMap::new();
    for list in lists.iter().flatten() {
        for container in list.items() {
            let Some(name) = container.value.get("name").and_then(|name| name.as_str()) else {
                continue;
            };
            let place = container.route().key("name");
            match first.entry(name) {
                Entry::Vacant(entry) => {
                    entry.insert(place);
                }
                Entry::Occupied(entry) => {
                    let message = format!("the container name `{}` is used twice", excerpt(name));
                    faults.twice(place, entry.get().clone(), message);
                }
            }
            if faults.is_full() {
                return;
            }
        }
    }
}

/// No two containers that run together take one port of the node.
pub(super) fn host_ports(lists: &[Field], faults: &mut Faults) {
    let mut first: BTreeMap<String, Route> = BTreeMap::new();
    for list in lists {
        for port in list.items() {
            let Some(taken) = ports::host_port(&port) else {
                continue;
            };
            let place = port.route().key("hostPort");
            match first.entry(taken) {
                Entry::Vacant(entry) => {
                    entry.insert(place);
                }
                Entry::Occupied(entry) => {
                    let message = format!("the port of the node `{}` is used twice", entry.key());
                    faults.twice(place, entry.get().clone(), message);
                }
            }
        }
    }
}
