//! The Service in the words of a rollout, or as somebody else's.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::diag::{Code, Diagnostic, Route};
use crate::units::names::{RESERVED_ANNOTATIONS, RESERVED_LABELS};

use super::cleaned::{cleaned, is_helms};
use super::read::{Complaints, Object, labels};

/// Fields of a Service that only a server fills in, with what it fills in.
const DEFAULTS: [(&str, &str); 9] = [
    ("allocateLoadBalancerNodePorts", "true"),
    ("clusterIP", ""),
    ("clusterIPs", ""),
    ("externalTrafficPolicy", "\"Cluster\""),
    ("internalTrafficPolicy", "\"Cluster\""),
    ("ipFamilies", ""),
    ("ipFamilyPolicy", "\"SingleStack\""),
    ("publishNotReadyAddresses", "false"),
    ("sessionAffinity", "\"None\""),
];
/// Fields that a rollout says.
const SAID: [&str; 5] = [
    "ports",
    "selector",
    "sessionAffinity",
    "sessionAffinityConfig",
    "type",
];

/// A Service as the rollout says it.
pub(super) struct Said {
    /// The fields of `spec.service`.
    pub(super) fields: Map<String, Value>,
    /// The port that is routed.
    pub(super) routed: u16,
    /// Why the Service stays somebody else's, where it does.
    pub(super) stays: Option<String>,
}

/// Reads the Service. `port`: the one that rules lead to already; `selector`: the one that it gets, where it gets another.
pub(super) fn read(
    service: &Object,
    port: Option<u16>,
    selector: Option<&BTreeMap<String, String>>,
    complaints: &mut Complaints<'_>,
) -> Option<Said> {
    let spec = &service.body["spec"];
    let ports: Vec<&Value> = spec["ports"].as_array().into_iter().flatten().collect();
    let unsaid = unsaid(spec, &ports);
    let stays = match (&unsaid, selector) {
        (Some(field), Some(_)) => {
            let at = Route::root().key("spec").key(field.as_str());
            complaints.push(&service.identity, at, |place| {
                let message = format!("`{field}` is a field that `service` of a rollout does not have, and the Service must select other labels");
                Diagnostic::new(Code::GP134, place, message).help("give the pods a label of their own that their selector has, such as `version`, or remove the field")
            });
            return None;
        }
        (Some(field), None) => Some(format!("`{field}` is a field that `service` does not have")),
        (None, None) if is_helms(&service.body) => Some("Helm installed it".to_owned()),
        (None, _) => None,
    };
    let is_tcp = |port: &&Value| port["protocol"].as_str().is_none_or(|one| one == "TCP");
    let ports: Vec<&Value> = ports.into_iter().filter(is_tcp).collect();
    let routed = routed(&ports, port).and_then(number);
    let Some(routed) = routed else {
        let at = Route::root().key("spec").key("ports");
        complaints.push(&service.identity, at, |place| {
            Diagnostic::new(
                Code::GP131,
                place,
                "the Service has no port that could be routed",
            )
        });
        return None;
    };
    let kind = spec["type"].as_str().unwrap_or("ClusterIP");
    let is_created = stays.is_none();
    let mut fields = Map::new();
    if !is_created {
        fields.insert("create".to_owned(), json!(false));
    }
    if is_created && kind != "ClusterIP" {
        fields.insert("type".to_owned(), json!(kind));
    }
    let own = labels(&spec["selector"]);
    fields.insert("selector".to_owned(), json!(selector.unwrap_or(&own)));
    let ports = ports
        .iter()
        .map(|port| said_port(port, kind == "NodePort" && is_created));
    fields.insert("ports".to_owned(), ports.collect());
    if is_created {
        if spec["sessionAffinity"] == "ClientIP" {
            for field in ["sessionAffinity", "sessionAffinityConfig"] {
                let value = spec.get(field).cloned();
                fields.extend(value.map(|value| (field.to_owned(), value)));
            }
        }
        let metadata = &cleaned(&service.body)["metadata"];
        let lists: [(&str, &[&str]); 2] = [
            ("labels", &RESERVED_LABELS),
            ("annotations", &RESERVED_ANNOTATIONS),
        ];
        for (field, reserved) in lists {
            let mut entries = labels(&metadata[field]);
            entries.retain(|key, _| !reserved.contains(&key.as_str()));
            if !entries.is_empty() {
                fields.insert(field.to_owned(), json!(entries));
            }
        }
    }
    Some(Said {
        fields,
        routed,
        stays,
    })
}

/// The first field that no rollout says, and that is not as a server fills it in.
fn unsaid(spec: &Value, ports: &[&Value]) -> Option<String> {
    let fields = spec.as_object().into_iter().flatten();
    let is_default = |key: &str, value: &Value| {
        let text = value.to_string();
        DEFAULTS.iter().any(|(field, filled)| {
            *field == key && (filled.is_empty() || *filled == text) && *value != "None"
        })
    };
    let mut unknown = fields.filter(|(key, value)| {
        !SAID.contains(&key.as_str()) && !is_default(key, value) && *key != "healthCheckNodePort"
    });
    let is_udp = |port: &&&Value| port["protocol"].as_str().is_some_and(|one| one != "TCP");
    unknown
        .next()
        .map(|(key, _)| key.clone())
        .or_else(|| ports.iter().find(is_udp).map(|_| "ports".to_owned()))
}

/// The port that is routed: the one that rules lead to, else the first whose protocol is HTTP, then gRPC, then whose name has HTTP
/// in it, then any.
fn routed<'a>(ports: &[&'a Value], wanted: Option<u16>) -> Option<&'a Value> {
    if let Some(wanted) = wanted {
        let mut ports = ports.iter();
        return ports.find(|port| number(port) == Some(wanted)).copied();
    }
    let says = |is: &dyn Fn(&str) -> bool| {
        let mut ports = ports.iter().copied();
        ports.find(|port| {
            let mut texts = ["appProtocol", "name"].into_iter();
            texts.any(|field| port[field].as_str().is_some_and(is))
        })
    };
    says(&|text| text.starts_with("http"))
        .or_else(|| says(&|text| text.starts_with("grpc")))
        .or_else(|| says(&|text| text.contains("http")))
        .or_else(|| ports.first().copied())
}

fn said_port(port: &Value, keeps_node_port: bool) -> Value {
    let mut said = Map::new();
    let name = port["name"].as_str().unwrap_or("http");
    said.insert("name".to_owned(), json!(name));
    for field in ["port", "targetPort", "appProtocol"] {
        let value = port.get(field).filter(|value| !value.is_null());
        said.extend(value.map(|value| (field.to_owned(), value.clone())));
    }
    if let (true, Some(node_port)) = (keeps_node_port, port.get("nodePort")) {
        said.insert("nodePort".to_owned(), node_port.clone());
    }
    said.entry("targetPort")
        .or_insert_with(|| port["port"].clone());
    said.into()
}

fn number(port: &Value) -> Option<u16> {
    port["port"]
        .as_u64()
        .and_then(|number| u16::try_from(number).ok())
}
