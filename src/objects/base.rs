//! The objects that every stage has: Namespace and Service. Where the Service of the stage `adopt` differs, each stage has its own.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::diag::Route;
use crate::plan::{ModelId, Plan, PortRef, StageId, StageKind};
use crate::units::names;

use super::meta::{id, metadata};
use super::workload::some_map;
use super::{Object, ObjectId, Scope, Waves, json};

/// The objects that are the same in every stage.
pub(super) fn build(plan: &Plan, waves: Waves) -> Vec<Object> {
    let mut objects = Vec::new();
    if plan.service.create && plan.service.adopted_selector.is_none() {
        objects.push(service(plan, StageKind::Baseline, waves));
    }
    if let (Some(labels), Some(name)) = (&plan.create_namespace, &plan.namespace) {
        objects.push(Object {
            id: ObjectId {
                kind: "Namespace".into(),
                namespace: None,
                name: name.to_string(),
            },
            file: "namespace".to_owned(),
            scope: Scope::Base,
            wave: waves.namespace,
            origin: Route::root().key("spec").key("namespace"),
            body: json(&namespace(plan, name.as_str(), labels, waves)),
        });
    }
    objects
}

/// The Service, where it is not the same in every stage.
pub(super) fn build_own(plan: &Plan, stage: StageKind, waves: Waves) -> Option<Object> {
    let differs = plan.service.create && plan.service.adopted_selector.is_some();
    differs.then(|| Object {
        scope: Scope::Stage,
        ..service(plan, stage, waves)
    })
}

fn service(plan: &Plan, stage: StageKind, waves: Waves) -> Object {
    Object {
        id: id(plan, "Service", &plan.service.name),
        file: "service".to_owned(),
        scope: Scope::Base,
        wave: waves.config,
        origin: Route::root().key("spec").key("service"),
        body: json(&typed_service(plan, stage, waves)),
    }
}

/// The ports that callers of any model use.
fn ports(plan: &Plan) -> Vec<core::ServicePort> {
    let ports = plan
        .service
        .ports
        .iter()
        .enumerate()
        .map(|(index, port)| core::ServicePort {
            // The routed port carries HTTP by declaration, whatever its name says.
            app_protocol: port
                .wire
                .app_protocol()
                .or((index == plan.traffic.port).then_some("http"))
                .map(ToOwned::to_owned),
            name: Some(port.name.clone()),
            node_port: port.node_port.map(i32::from),
            port: i32::from(port.number),
            target_port: Some(int_or_string(&port.target)),
            ..core::ServicePort::default()
        });
    ports.collect()
}

/// The Service of one model, for callers that ask for it alone.
pub(super) fn of_model(plan: &Plan, id: ModelId, waves: Waves) -> Object {
    let name = &plan.model(id).name;
    let origin = Route::root().key("spec").key("models").index(id.0);
    alone(
        plan,
        id,
        &plan.service.name_of(name),
        name.as_str(),
        origin,
        waves,
    )
}

/// The Service that leads to the candidate alone, and before there is one to stable.
pub(super) fn of_preview(plan: &Plan, stage: StageId, waves: Waves) -> Option<Object> {
    let model = plan.preview_in(stage)?;
    let origin = Route::root().key("spec").key("service").key("preview");
    let name = plan.service.preview_name();
    Some(alone(plan, model, &name, "preview", origin, waves))
}

/// A Service that leads to the pods of one model; `file` is what its file is known by.
fn alone(plan: &Plan, id: ModelId, name: &str, file: &str, origin: Route, waves: Waves) -> Object {
    let model = plan.model(id);
    let mut selector = plan.service.selector.clone();
    selector.extend(model.subset_labels.clone());
    let ports = ports(plan).into_iter().map(|port| core::ServicePort {
        node_port: None,
        ..port
    });
    let service = core::Service {
        metadata: metadata(plan, name, waves.config, Some(model)),
        spec: Some(core::ServiceSpec {
            ports: Some(ports.collect()),
            selector: Some(selector),
            ..core::ServiceSpec::default()
        }),
        status: None,
    };
    Object {
        id: self::id(plan, "Service", name),
        file: format!("service-{file}"),
        scope: Scope::Stage,
        wave: waves.config,
        origin,
        body: json(&service),
    }
}

fn typed_service(plan: &Plan, stage: StageKind, waves: Waves) -> core::Service {
    let mut metadata = metadata(plan, &plan.service.name, waves.config, None);
    let given = &plan.service;
    metadata
        .labels
        .get_or_insert_default()
        .extend(given.labels.clone());
    metadata
        .annotations
        .get_or_insert_default()
        .extend(given.annotations.clone());
    core::Service {
        metadata,
        spec: Some(core::ServiceSpec {
            ports: Some(ports(plan)),
            session_affinity: given.session.map(|_| "ClientIP".to_owned()),
            session_affinity_config: given.session.flatten().map(|seconds| {
                core::SessionAffinityConfig {
                    client_ip: Some(core::ClientIPConfig {
                        timeout_seconds: i32::try_from(seconds).ok(),
                    }),
                }
            }),
            selector: some_map(plan.service.selector_in(stage)),
            type_: Some(plan.service.kind.name().to_owned()),
            ..core::ServiceSpec::default()
        }),
        status: None,
    }
}

/// The namespace outlives the rollout: Argo CD neither prunes nor deletes it.
fn namespace(
    plan: &Plan,
    name: &str,
    labels: &BTreeMap<String, String>,
    waves: Waves,
) -> core::Namespace {
    let ObjectMeta {
        annotations,
        labels: own,
        ..
    } = metadata(plan, name, waves.namespace, None);
    let mut annotations = annotations.unwrap_or_default();
    annotations.insert(
        names::ANNOTATION_SYNC_OPTIONS.to_owned(),
        "Prune=false,Delete=false".to_owned(),
    );
    let mut all = own.unwrap_or_default();
    all.extend(labels.clone());
    core::Namespace {
        metadata: ObjectMeta {
            name: Some(name.to_owned()),
            annotations: Some(annotations),
            labels: Some(all),
            ..ObjectMeta::default()
        },
        ..core::Namespace::default()
    }
}

/// Kubernetes' number-or-name.
pub(super) fn int_or_string(value: &PortRef) -> IntOrString {
    match value {
        PortRef::Number(number) => IntOrString::Int(i32::from(*number)),
        PortRef::Name(name) => IntOrString::String(name.clone()),
    }
}
