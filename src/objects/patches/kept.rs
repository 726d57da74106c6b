//! What a patch may not change: identities, what finds pods, and who counts them; where routes lead is its router's to say.

use serde_json::Value;

use crate::objects::routers;
use crate::plan::{Model, Plan};

/// What a patch would take away.
pub(in crate::objects) struct Lost {
    /// What it is, and who lives by it.
    pub(in crate::objects) what: String,
    /// What to do instead.
    pub(in crate::objects) instead: &'static str,
}

/// Fields that are somebody else's to say, whatever the kind: a JSON Pointer, whose it is, and what to do instead.
const ALWAYS: [(&str, &str, &str); 5] = [
    (
        "/apiVersion",
        "what an object is",
        "write another object in a `workload` manifest",
    ),
    (
        "/kind",
        "what an object is",
        "write another object in a `workload` manifest",
    ),
    (
        "/metadata/name",
        "what an object is called",
        "use the field that names it, such as `workloadName` or `service.name`",
    ),
    (
        "/metadata/namespace",
        "where an object is",
        "set `metadata.namespace`",
    ),
    (
        "/metadata/annotations/argocd.argoproj.io~1sync-wave",
        "the order of a sync",
        "leave it to glidepath",
    ),
];

/// The same, by kind.
const OF_KIND: [(&str, &str, &str, &str); 11] = [
    (
        "Deployment",
        "/spec/replicas",
        "how many pods a stage has",
        "set `replicas` at the model or in a step",
    ),
    (
        "StatefulSet",
        "/spec/replicas",
        "how many pods a stage has",
        "set `replicas` at the model or in a step",
    ),
    (
        "Deployment",
        "/spec/selector",
        "which pods a Deployment counts",
        "set `selector` at the model",
    ),
    (
        "StatefulSet",
        "/spec/selector",
        "which pods a StatefulSet counts",
        "change the manifest",
    ),
    (
        "HorizontalPodAutoscaler",
        "/spec/scaleTargetRef",
        "what is scaled",
        "remove it",
    ),
    (
        "HorizontalPodAutoscaler",
        "/spec/minReplicas",
        "the fewest pods, by which capacity is judged",
        "set `autoscaling.min`",
    ),
    (
        "HorizontalPodAutoscaler",
        "/spec/maxReplicas",
        "the most pods, by which capacity is judged",
        "set `autoscaling.max`",
    ),
    (
        "ScaledObject",
        "/spec/scaleTargetRef",
        "what is scaled",
        "remove it",
    ),
    (
        "ScaledObject",
        "/spec/minReplicaCount",
        "the fewest pods, by which capacity is judged",
        "set `autoscaling.min`",
    ),
    (
        "ScaledObject",
        "/spec/maxReplicaCount",
        "the most pods, by which capacity is judged",
        "set `autoscaling.max`",
    ),
    (
        "Service",
        "/spec/selector",
        "which pods the Service leads to",
        "set `service.selector`",
    ),
];

/// What of these an object has lost.
pub(super) fn lost(
    plan: &Plan,
    model: Option<&Model>,
    before: &Value,
    after: &Value,
) -> Option<Lost> {
    let kind = before["kind"].as_str().unwrap_or_default();
    let of_kind = OF_KIND.iter().filter(|(of, ..)| *of == kind);
    let fields = of_kind.map(|(_, pointer, whose, instead)| (*pointer, *whose, *instead));
    let mut fields = ALWAYS.into_iter().chain(fields);
    let changed = |pointer: &str| before.pointer(pointer) != after.pointer(pointer);
    if let Some((pointer, whose, instead)) = fields.find(|(pointer, ..)| changed(pointer)) {
        let what = format!("`{pointer}` is {whose}, and no patch changes it");
        return Some(Lost { what, instead });
    }
    match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" => labels(plan, model?, after),
        "Service" => ports(before, after),
        _ => routers::lost(before, after),
    }
}

/// The labels of the pods by which they are found.
fn labels(plan: &Plan, model: &Model, after: &Value) -> Option<Lost> {
    let carried = &after["spec"]["template"]["metadata"]["labels"];
    let by = [
        (&model.subset_labels, format!("the subset `{}`", model.name)),
        (
            &plan.service.selector,
            format!("the Service `{}`", plan.service.name),
        ),
        (
            &model.selector,
            format!("the Deployment `{}`", model.workload_name),
        ),
    ];
    by.iter().find_map(|(wanted, who)| {
        let mut wanted = wanted.iter();
        let (key, value) = wanted.find(|(key, value)| carried[key.as_str()] != value.as_str())?;
        let what = format!("the pods' label `{key}: {value}` is what {who} finds them by, and requests are routed by it");
        let instead = "leave the label, or set `subset`, `selector` or `service.selector`";
        Some(Lost { what, instead })
    })
}

/// The ports that routes lead to; more may be added.
fn ports(before: &Value, after: &Value) -> Option<Lost> {
    let kept = items(&after["spec"]["ports"]);
    let gone = items(&before["spec"]["ports"]).iter().find(|port| {
        let same = |other: &&Value| {
            ["name", "port", "targetPort", "appProtocol", "protocol"]
                .iter()
                .all(|field| other[*field] == port[*field])
        };
        !kept.iter().any(|other| same(&other))
    })?;
    Some(Lost {
        what: format!(
            "routes lead to the port {} of the Service, and no patch changes it",
            gone["port"]
        ),
        instead: "set `service.ports`",
    })
}

pub(in crate::objects) fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
