//! GP104: a probe's named port is one of the container's own, or the kubelet never finds it and the pod is never ready.

use k8s_openapi::api::core::v1::Probe;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::diag::words::and_list;
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::Plan;

pub(super) fn check(plan: &Plan, report: &mut Report) {
    for (index, model) in plan.models.iter().enumerate() {
        let Some(own) = model.generated() else {
            continue;
        };
        let pod = &own.pod;
        let probes = [
            ("readinessProbe", &pod.readiness_probe),
            ("livenessProbe", &pod.liveness_probe),
            ("startupProbe", &pod.startup_probe),
        ];
        let known: Vec<&str> = model
            .ports
            .iter()
            .filter_map(|port| port.name.as_deref())
            .collect();
        for (field, probe) in probes {
            let Some((action, port)) = probe.as_ref().and_then(named_port) else {
                continue;
            };
            if known.contains(&port) {
                continue;
            }
            let at = Route::root().key("spec").key("models").index(index);
            let help = if known.is_empty() {
                "give the container's port a name, or probe its number".to_owned()
            } else {
                format!("the container's ports are {}", and_list(&known))
            };
            report.push(
                Diagnostic::new(
                    Code::GP104,
                    Place::value(at.key(field).key(action).key("port")),
                    format!(
                        "`{field}` asks the port `{port}`, and `{}` has none of this name",
                        model.name
                    ),
                )
                .note("the kubelet then never finds it, and the pod is never ready")
                .help(help),
            );
        }
    }
}

/// The field of the probe's action, and its port, where that is a name.
fn named_port(probe: &Probe) -> Option<(&'static str, &str)> {
    let http = probe.http_get.as_ref().map(|get| ("httpGet", &get.port));
    let tcp = probe
        .tcp_socket
        .as_ref()
        .map(|tcp| ("tcpSocket", &tcp.port));
    match http.or(tcp)? {
        (action, IntOrString::String(name)) => Some((action, name)),
        (_, IntOrString::Int(_)) => None,
    }
}
