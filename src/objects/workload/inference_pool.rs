//! The InferencePool of a model's pods (<https://gateway-api-inference-extension.sigs.k8s.io/reference/spec/>).

use serde_json::json;

use crate::diag::Route;
use crate::objects::meta::{id, metadata};
use crate::objects::{Object, Scope, Waves};
use crate::plan::{CreatedPool, ModelId, Plan, Pool};

const GROUP: &str = "inference.networking.k8s.io";
const KIND: &str = "InferencePool";

/// What the API server fills in is written, for who compares lists whole.
pub(super) fn build(
    plan: &Plan,
    model: ModelId,
    pool: &Pool,
    made: &CreatedPool,
    waves: Waves,
) -> Object {
    let found = plan.model(model);
    let ports = made.target_ports.iter();
    let ports: Vec<_> = ports.map(|port| json!({"number": port})).collect();
    let origin = Route::root().key("spec").key("models").index(model.0);
    Object {
        id: id(plan, KIND, &pool.name),
        file: format!("inference-pool-{}", found.name),
        scope: Scope::Stage,
        wave: waves.config,
        origin: origin.key("backend").key("inferencePool"),
        body: json!({
            "apiVersion": format!("{GROUP}/v1"),
            "kind": KIND,
            "metadata": metadata(plan, &pool.name, waves.config, Some(found)),
            "spec": {
                "selector": {"matchLabels": found.selector},
                "targetPorts": ports,
                "endpointPickerRef": {
                    "group": "",
                    "kind": "Service",
                    "name": made.picker.name,
                    "port": {"number": made.picker.port},
                    "failureMode": made.picker.failure_mode.name(),
                },
            },
        }),
    }
}
