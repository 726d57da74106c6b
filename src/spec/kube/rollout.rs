//! The rollout's own fields that become parts of Kubernetes' objects: the Service, the Namespace, accounts.

use serde_json::Value;

use crate::text::Route;

use super::field::{Faults, Field};
use super::form::{Form, QUALIFIED};
use super::labels::ANNOTATIONS;
use super::rule::{Rule, distinct};
use super::volumes::texts;

/// `serviceAccount`.
pub(super) const ACCOUNT: Rule = Rule::Map(&texts(&[], &[("annotations", ANNOTATIONS)]));

/// Holds what stands beside the models against the API server's rules.
pub(super) fn check(json: &Value, faults: &mut Faults) {
    let route = Route::root().key("spec");
    let metadata = Route::root().key("metadata");
    if let Some(given) = json.get("metadata")
        && let Some(annotations) = Field::at(&metadata, given).get("annotations")
    {
        ANNOTATIONS.check(&annotations, faults);
    }
    let Some(spec) = json.get("spec") else { return };
    let spec = Field::at(&route, spec);
    if let Some(service) = spec.get("service") {
        if let Some(ports) = service.get("ports") {
            service_ports(&ports, faults);
        }
        if let Some(annotations) = service.get("annotations") {
            ANNOTATIONS.check(&annotations, faults);
            same_mode(&annotations, faults);
        }
        session(&service, faults);
    }
    if let Some(namespace) = spec.get("namespace")
        && let Some(labels) = namespace.get("labels")
    {
        pod_security(&labels, faults);
    }
}

/// `validateServicePort`, as far as the schema does not say it.
fn service_ports(ports: &Field, faults: &mut Faults) {
    const PORT: Rule = Rule::List(&Rule::Map(&texts(
        &[],
        &[("appProtocol", Rule::Text(&QUALIFIED))],
    )));
    PORT.check(ports, faults);
    let node_port = |port: &Field| port.int("nodePort").map(|number| number.to_string());
    distinct(ports, "nodePort", node_port, "node port", faults);
}

/// Two annotations that say one thing say the same (`validateService`).
fn same_mode(annotations: &Field, faults: &mut Faults) {
    const MODE: &str = "service.kubernetes.io/topology-mode";
    const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
    let both = (annotations.get(MODE), annotations.get(HINTS));
    if let (Some(mode), Some(hints)) = both
        && mode.value != hints.value
    {
        faults.say(
            &mode,
            format!("`{MODE}` and `{HINTS}` say different things"),
        );
    }
}

/// A time for the affinity of callers belongs to one that there is.
fn session(service: &Field, faults: &mut Faults) {
    if let Some(config) = service.get("sessionAffinityConfig")
        && service.text("sessionAffinity") != Some("ClientIP")
    {
        faults.say_key(
            &config,
            "`sessionAffinityConfig` is for `sessionAffinity: ClientIP`",
        );
    }
}

/// The labels by which Kubernetes' admission of pods is set; it refuses a Namespace with values that it does not know.
fn pod_security(labels: &Field, faults: &mut Faults) {
    const LEVEL: Rule = Rule::OneOf(&["privileged", "baseline", "restricted"]);
    const VERSION: Rule = Rule::Text(&Form {
        is: is_version,
        allowed: "`latest` or a version such as `v1.34`",
    });
    for mode in ["enforce", "audit", "warn"] {
        let key = format!("pod-security.kubernetes.io/{mode}");
        if let Some(level) = labels.get(&key) {
            LEVEL.check(&level, faults);
        }
        let key = format!("{key}-version");
        if let Some(version) = labels.get(&key) {
            VERSION.check(&version, faults);
        }
    }
}

fn is_version(text: &str) -> bool {
    let is_minor = |minor: &str| {
        minor == "0"
            || (!minor.starts_with('0')
                && !minor.is_empty()
                && minor.bytes().all(|byte| byte.is_ascii_digit()))
    };
    text == "latest" || text.strip_prefix("v1.").is_some_and(is_minor)
}
