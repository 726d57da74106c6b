//! What the containers of a pod share, and what the pod itself says, by Kubernetes' `ValidatePodSpec`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::spec::model::GRACE_SECONDS;

use super::containers::{self, Kind};
use super::field::{Faults, Field};
use super::form::{DNS_LABEL, SUBDOMAIN};
use super::rule::{NOT_NEGATIVE, Rule, Shape, distinct_names, exactly_one};
use super::volumes::texts;
use super::{affinity, dns, labels, security, spread, tolerations, volumes};

/// What the values of a pod's own fields must be.
const FIELDS: &[(&str, Rule)] = &[
    ("affinity", affinity::AFFINITY),
    ("dnsConfig", dns::CONFIG),
    ("dnsPolicy", dns::POLICY),
    ("imagePullSecrets", super::PULL_SECRETS),
    ("nodeSelector", labels::LABELS),
    ("priorityClassName", Rule::Maybe(&SUBDOMAIN)),
    ("resourceClaims", CLAIMS),
    ("runtimeClassName", Rule::Text(&SUBDOMAIN)),
    ("securityContext", security::SECURITY),
    ("tolerations", tolerations::TOLERATIONS),
    ("topologySpreadConstraints", spread::CONSTRAINTS),
    ("volumes", volumes::VOLUMES),
];

/// `resourceClaims`.
const CLAIMS: Rule = Rule::Check(|list, faults| {
    const CLAIM: Rule = Rule::Map(&Shape {
        needs: &["name"],
        fields: &[
            ("name", Rule::Text(&DNS_LABEL)),
            ("resourceClaimName", Rule::Text(&SUBDOMAIN)),
            ("resourceClaimTemplateName", Rule::Text(&SUBDOMAIN)),
        ],
        also: &[|claim, faults| {
            const SOURCES: [&str; 2] = ["resourceClaimName", "resourceClaimTemplateName"];
            exactly_one(claim, &SOURCES, "the claim", faults);
        }],
    });
    Rule::List(&CLAIM).check(list, faults);
    distinct_names(list, "claim", faults);
});

/// What the containers of a pod share.
pub(super) struct Shared<'a> {
    /// The pod's volumes by name.
    pub(super) volumes: BTreeMap<&'a str, &'a Value>,
    /// The names of its claims of devices.
    pub(super) claims: BTreeSet<&'a str>,
    /// The seconds that it may take to end.
    pub(super) grace: i64,
    /// Whether it says for which system it is.
    pub(super) has_os: bool,
    /// Whether it is in the node's network.
    pub(super) is_on_host: bool,
    /// Whether its users are not those of the node.
    pub(super) has_own_users: bool,
}

impl<'a> Shared<'a> {
    /// What a model or a pod says, whose fields have the same names.
    pub(super) fn of(pod: &Field<'a>) -> Self {
        let named = |key: &str| {
            let items = pod.value.get(key).and_then(Value::as_array);
            items
                .into_iter()
                .flatten()
                .filter_map(|item| Some((item.get("name")?.as_str()?, item)))
        };
        Self {
            volumes: named("volumes").collect(),
            claims: named("resourceClaims").map(|(name, _)| name).collect(),
            grace: pod
                .int("terminationGracePeriodSeconds")
                .unwrap_or_else(|| i64::from(GRACE_SECONDS)),
            has_os: pod.has("os"),
            is_on_host: pod.value["hostNetwork"] == true,
            has_own_users: pod.value["hostUsers"] == false,
        }
    }
}

/// Holds the pod that a model's own fields make against the rules.
pub(super) fn check_model(model: &Field, faults: &mut Faults) {
    let shared = Shared::of(model);
    check_fields(model, &shared, faults);
    containers::check(model, "containerSecurityContext", &shared, faults);
    let lists = [
        ("containers", Kind::Beside),
        ("initContainers", Kind::Before),
        ("sidecars", Kind::Sidecar),
    ];
    for (key, kind) in lists {
        if let Some(list) = model.get(key) {
            containers::check_list(&list, kind, &shared, faults);
        }
    }
    containers::names(&lists.map(|(key, _)| model.get(key)), faults);
    let beside = model.get("containers");
    let beside: Vec<Field> = beside.iter().flat_map(Field::items).collect();
    let ports = beside.iter().filter_map(|container| container.get("ports"));
    let ports: Vec<Field> = model.get("ports").into_iter().chain(ports).collect();
    containers::host_ports(&ports, faults);
}

fn check_fields(pod: &Field, shared: &Shared, faults: &mut Faults) {
    for (name, rule) in FIELDS {
        if let Some(field) = pod.get(name) {
            rule.check(&field, faults);
        }
    }
    dns::needs_servers(pod, faults);
    if let Some(context) = pod.get("securityContext") {
        security::on_the_host(&context, shared, faults);
    }
}

/// What else the values of a PodSpec must be.
const WHOLE: &[(&str, Rule)] = &[
    ("hostAliases", Rule::List(&Rule::Map(&ALIAS))),
    ("hostname", Rule::Maybe(&DNS_LABEL)),
    ("nodeName", Rule::Maybe(&SUBDOMAIN)),
    (
        "preemptionPolicy",
        Rule::OneOf(&["PreemptLowerPriority", "Never"]),
    ),
    ("restartPolicy", Rule::MaybeOneOf(&["Always"])),
    ("serviceAccountName", Rule::Maybe(&SUBDOMAIN)),
    ("subdomain", Rule::Maybe(&DNS_LABEL)),
    ("terminationGracePeriodSeconds", NOT_NEGATIVE),
];

const ALIAS: Shape = texts(
    &["ip"],
    &[
        ("ip", Rule::Text(&dns::ADDRESS)),
        ("hostnames", Rule::List(&Rule::Text(&SUBDOMAIN))),
    ],
);

/// Holds a whole PodTemplateSpec of a Deployment against the rules.
pub(super) fn check_template(template: &Field, faults: &mut Faults) {
    if let Some(metadata) = template.get("metadata") {
        if let Some(given) = metadata.get("labels") {
            labels::LABELS.check(&given, faults);
        }
        if let Some(given) = metadata.get("annotations") {
            labels::POD_ANNOTATIONS.check(&given, faults);
        }
    }
    let Some(pod) = template.get("spec") else {
        return;
    };
    let shared = Shared::of(&pod);
    check_fields(&pod, &shared, faults);
    for (name, rule) in WHOLE {
        if let Some(field) = pod.get(name) {
            rule.check(&field, faults);
        }
    }
    for name in ["activeDeadlineSeconds", "ephemeralContainers"] {
        if let Some(field) = pod.get(name) {
            faults.say_key(
                &field,
                format!("`{name}` is for single pods, not for those of a Deployment"),
            );
        }
    }
    let lists = [
        ("containers", Kind::Beside),
        ("initContainers", Kind::Before),
    ];
    for (key, kind) in lists {
        if let Some(list) = pod.get(key) {
            containers::check_list(&list, kind, &shared, faults);
        }
    }
    containers::names(&lists.map(|(key, _)| pod.get(key)), faults);
    let beside = pod.get("containers");
    let beside: Vec<Field> = beside.iter().flat_map(Field::items).collect();
    let ports: Vec<Field> = beside.iter().filter_map(|one| one.get("ports")).collect();
    containers::host_ports(&ports, faults);
    if shared.is_on_host {
        for port in ports.iter().flat_map(Field::items) {
            if let (Some(host), Some(number)) = (port.get("hostPort"), port.int("containerPort"))
                && host.value != number
                && host.value != 0
            {
                faults.must(&host, "the `containerPort`, where `hostNetwork` is true");
            }
        }
    }
}
