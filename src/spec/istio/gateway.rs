//! Names of Gateways: the one that is written, and those that exist (`validateGatewayNames`).

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place};
use crate::spec::schema::excerpt;
use crate::text::Route;
use crate::units::{is_fqdn, is_host_label};

use super::{is_full, items};

/// The Gateway that stands for all sidecars.
const MESH: &str = "mesh";

pub(super) fn check(traffic: &Value, route: &Route, faults: &mut Vec<Diagnostic>) {
    if let Some(name) = traffic.pointer("/gateway/name").and_then(Value::as_str) {
        let place = Place::value(route.key("gateway").key("name"));
        if name == MESH {
            faults.push(reserved(place));
        } else if !is_host_label(name) {
            faults.push(Diagnostic::new(
                Code::GP215,
                place,
                format!(
                    "`{}` is no name for a Gateway: Istio allows at most 63 letters, digits and `-`, and no dots",
                    excerpt(name)
                ),
            ));
        }
    }
    for (index, name) in items(traffic.get("gateways")).enumerate() {
        if is_full(faults) {
            return;
        }
        let Some(name) = name.as_str() else { continue };
        let place = Place::value(route.key("gateways").index(index));
        let sound = match name.split_once('/') {
            Some((namespace, name)) => is_host_label(namespace) && is_host_label(name),
            None => is_fqdn(name),
        };
        if name == MESH {
            faults.push(reserved(place));
        } else if !sound {
            faults.push(Diagnostic::new(
                Code::GP106,
                place,
                format!(
                    "`{}` is no gateway; a name, or `namespace/name` without dots, is allowed",
                    excerpt(name)
                ),
            ));
        }
    }
}

fn reserved(place: Place) -> Diagnostic {
    Diagnostic::new(
        Code::GP215,
        place,
        "`mesh` is Istio's word for all sidecars, and no Gateway",
    )
    .note("requests that come in through a Gateway would find no route")
    .help("name another Gateway; callers in the mesh are routed without one")
}
