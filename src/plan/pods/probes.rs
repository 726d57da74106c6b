//! The probes: the spec's own, else the runtime's.

use k8s_openapi::api::core::v1::{ExecAction, HTTPGetAction, Probe};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::plan::Model;
use crate::plan::runtimes::RuntimeProbes;

use super::Pod;

impl Pod<'_> {
    /// When the container may get requests.
    pub(super) fn readiness_probe(&self) -> Option<Probe> {
        let own = || {
            let probes = self.facts.probes.as_ref()?;
            Some(Probe {
                period_seconds: Some(probes.readiness_period),
                ..probe(probes, self.model)
            })
        };
        self.own.pod.readiness_probe.clone().or_else(own)
    }

    /// When the container has started.
    pub(super) fn startup_probe(&self) -> Option<Probe> {
        let own = || {
            let probes = self.facts.probes.as_ref()?;
            let asks = probe(probes, self.model);
            let asks = match probes.loaded {
                None => asks,
                Some(command) => Probe {
                    exec: Some(ExecAction {
                        command: Some(command(self.model)),
                    }),
                    http_get: None,
                    ..asks
                },
            };
            Some(Probe {
                failure_threshold: Some(probes.startup_tries),
                period_seconds: Some(probes.startup_period),
                ..asks
            })
        };
        self.own.pod.startup_probe.clone().or_else(own)
    }
}

/// What the probes ask. The port goes by its name where the container has one of this name.
fn probe(probes: &RuntimeProbes, model: &Model) -> Probe {
    let port = probes.port;
    let named = model
        .ports
        .iter()
        .any(|open| open.name.as_deref() == Some(port.name));
    Probe {
        http_get: Some(HTTPGetAction {
            path: Some((probes.path)(model)),
            port: if named {
                IntOrString::String(port.name.to_owned())
            } else {
                IntOrString::Int(i32::from(port.number))
            },
            ..HTTPGetAction::default()
        }),
        timeout_seconds: (probes.timeout > 1).then_some(probes.timeout),
        ..Probe::default()
    }
}
