//! Gateway API: the Gateways that lead here.

use serde_json::{Value, json};

use crate::plan::{GatewayApi, Parent, WrittenGateway};
use crate::spec::{self, Spec};
use crate::units::DnsLabel;

/// What only Gateway API has; the document was held against its rules when it was read.
pub(super) fn resolve(spec: &Spec, rollout: &DnsLabel) -> GatewayApi {
    let given = &spec.traffic;
    let gateway = given.gateway.as_ref().map(written);
    let own = gateway.iter().map(|gateway| Parent {
        name: gateway.name.clone(),
        namespace: None,
        section_name: None,
        port: None,
    });
    let others = given.parent_refs.iter().map(|parent| Parent {
        name: parent.name.clone(),
        namespace: parent.namespace.clone(),
        section_name: parent.section_name.clone(),
        port: parent.port,
    });
    GatewayApi {
        implementation: given.implementation,
        installed: spec.outputs.gateway_api,
        parents: own.chain(others).collect(),
        gateway,
        route: rollout.to_string(),
    }
}

fn written(gateway: &spec::Gateway) -> WrittenGateway {
    let default = || vec![json!({"name": "http", "port": 80, "protocol": "HTTP"})];
    let listeners = gateway.listeners.clone().unwrap_or_else(default);
    WrittenGateway {
        name: gateway.name.clone(),
        class: gateway.gateway_class_name.clone().unwrap_or_default(),
        listeners: listeners.into_iter().map(whole).collect(),
    }
}

/// A listener with what the API server fills in: who compares lists whole, as Argo CD does, finds no difference then.
fn whole(mut listener: Value) -> Value {
    let Some(fields) = listener.as_object_mut() else {
        return listener;
    };
    fields
        .entry("allowedRoutes")
        .or_insert_with(|| json!({"namespaces": {"from": "Same"}}));
    let Some(tls) = fields.get_mut("tls").and_then(Value::as_object_mut) else {
        return listener;
    };
    tls.entry("mode").or_insert_with(|| "Terminate".into());
    let certificates = tls.get_mut("certificateRefs").and_then(Value::as_array_mut);
    let certificates = certificates.into_iter().flatten();
    for certificate in certificates.filter_map(Value::as_object_mut) {
        certificate.entry("group").or_insert_with(|| "".into());
        certificate.entry("kind").or_insert_with(|| "Secret".into());
    }
    listener
}
