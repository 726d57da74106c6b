//! The Gateways that exist (`spec.parentRefs`).

use serde_json::Value;

use crate::diag::Diagnostic;
use crate::spec::schema::excerpt;
use crate::text::Route;

use super::{Channel, GatewayApi, items, refused};

/// The most parents of one route.
const MAX: usize = 32;

/// `api` decides whether a port tells parts of a Gateway apart, `own` is the rollout's namespace, where the document says it, and `at` the route of `traffic`.
pub(super) fn check(
    traffic: &Value,
    api: GatewayApi,
    own: Option<&str>,
    at: &Route,
    faults: &mut Vec<Diagnostic>,
) {
    let at = at.key("parentRefs");
    let given: Vec<&Value> = items(traffic.get("parentRefs")).collect();
    let written = traffic.get("gateway");
    if given.len() + usize::from(written.is_some()) > MAX {
        let message = format!("Gateway API takes {MAX} Gateways for a route");
        faults.push(refused(at, message).help("let more of them take the hosts by one listener"));
        return;
    }
    let name = |parent: &Value| {
        parent
            .get("name")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let namespace = |parent: &Value| {
        let given = parent.get("namespace").and_then(Value::as_str);
        given.or(own).map(str::to_owned)
    };
    let gateway = |parent: &Value| (name(parent), namespace(parent));
    // The CRD of the standard channel does not look at ports.
    let by_port = api.channel == Channel::Experimental;
    let parts = |parent: &Value| {
        (
            parent.get("sectionName").cloned(),
            parent.get("port").filter(|_| by_port).cloned(),
        )
    };
    for (index, parent) in given.iter().enumerate() {
        let is_written = written.is_some_and(|written| {
            name(written) == name(parent) && namespace(parent).as_deref() == own
        });
        let mut earlier = given[..index].iter();
        // The CRD asks that all of one Gateway name a part, each another one.
        let twin = earlier.position(|other| {
            let (one, other_parts) = (parts(parent), parts(other));
            let names_part = |(section, port): &(Option<Value>, Option<Value>)| {
                section.is_some() || port.is_some()
            };
            gateway(parent) == gateway(other)
                && (one == other_parts || !names_part(&one) || !names_part(&other_parts))
        });
        if twin.is_none() && !is_written {
            continue;
        }
        let message = format!(
            "the Gateway `{}` is named twice, and not by two of its parts",
            excerpt(&name(parent).unwrap_or_default())
        );
        let found = refused(at.index(index), message);
        faults.push(match twin {
            Some(twin) => found
                .label(
                    crate::diag::Place::value(at.index(twin)),
                    "first named here",
                )
                .help("give each its own `sectionName`, or keep one"),
            None => found.help("remove it: the Gateway that is written leads here already"),
        });
    }
}
