//! `podTemplate`: the last word over a pod, merged as Kubernetes merges, and held against the same rules at its own lines.

use k8s_openapi::api::core::v1::{Container, PodTemplateSpec};
use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Route, Segment};
use crate::plan::model::{ContainerPort, Generated, Model};
use crate::plan::pods;
use crate::spec;
use crate::units::{MergeType, Step, merge, origin};

use super::Resolver;
use super::labels::Labels;
use super::ports::host_port;
use super::scaling::pause;

impl Resolver<'_> {
    /// Makes the model's pod, and takes from it what checks and the Service go by.
    pub(super) fn make_pod(&mut self, model: &mut Model, own: &mut Generated, labels: &Labels) {
        let (template, config) = pods::build(model, own);
        own.config = config;
        own.template = template;
        let Some(patch) = &self.model.pod_template else {
            return;
        };
        let Some(template) = self.patched(own, patch, labels) else {
            return;
        };
        own.template = template;
        self.absorb(model, own);
    }

    /// The pod with the patch in it, where it is one that Kubernetes takes and routes still find.
    fn patched(
        &mut self,
        own: &Generated,
        patch: &Value,
        labels: &Labels,
    ) -> Option<PodTemplateSpec> {
        let at = self.at.key("podTemplate");
        let mut merged = serde_json::to_value(&own.template).ok()?;
        if let Err(fault) = merge(&mut merged, patch, MergeType::PodTemplate) {
            let place = below(&at, &fault.path);
            self.report
                .push(Diagnostic::new(Code::GP010, Place::value(place), fault.why));
            return None;
        }
        let faults = spec::check_pod(&merged);
        let is_sound = faults.is_empty();
        let moved = |place: &Place| match place {
            Place::Node(route, part) => {
                let way: Vec<Step> = route.segments()[1..].iter().map(step).collect();
                let found = origin(&merged, patch, &way, MergeType::PodTemplate);
                Place::Node(below(&at, &found), *part)
            }
            Place::Bytes(_) | Place::File => place.clone(),
        };
        for mut fault in faults {
            fault.place = moved(&fault.place);
            for label in &mut fault.labels {
                label.place = moved(&label.place);
            }
            self.report.push(fault);
        }
        let is_found = self.keeps_labels(&merged, labels, &at);
        let containers = merged.pointer("/spec/containers").and_then(Value::as_array);
        let mut containers = containers.into_iter().flatten();
        let serves = containers.any(|container| container["name"] == own.container);
        if !serves {
            self.report.push(
                Diagnostic::new(
                    Code::GP121,
                    Place::key(at),
                    format!(
                        "`podTemplate` takes away the container `{}`, which serves",
                        own.container
                    ),
                )
                .help("set `containerName` to give it another name"),
            );
        }
        (is_sound && is_found && serves)
            .then(|| serde_json::from_value(merged).ok())
            .flatten()
    }

    /// Whether every label by which the pods are found has kept its value.
    fn keeps_labels(&mut self, merged: &Value, labels: &Labels, at: &Route) -> bool {
        let given = |key: &str| merged["metadata"]["labels"][key].as_str();
        let mut keeps = true;
        for key in labels.pods.keys() {
            let Some((who, kept)) = self.keeper(labels, key) else {
                continue;
            };
            if given(key) == Some(&kept) {
                continue;
            }
            keeps = false;
            self.report.push(
                Diagnostic::new(
                    Code::GP121,
                    Place::key(at.key("metadata").key("labels").key(key)),
                    format!(
                        "`podTemplate` would take the pods away from {who}, by `{key}: {kept}`"
                    ),
                )
                .help("leave this label alone"),
            );
        }
        keeps
    }

    /// What the merged pod says of what checks and the Service go by.
    fn absorb(&mut self, model: &mut Model, own: &mut Generated) {
        let serving = own.serving().clone();
        let metadata = own.template.metadata.clone().unwrap_or_default();
        model.pod_labels = metadata.labels.unwrap_or_default();
        model.ports = ports(&serving);
        let grace = own.spec().termination_grace_period_seconds;
        own.drain.grace_seconds = grace
            .and_then(|grace| u32::try_from(grace).ok())
            .unwrap_or(0);
        let hook = serving.lifecycle.as_ref();
        let hook = hook.and_then(|lifecycle| lifecycle.pre_stop.as_ref());
        own.drain.seconds = hook.map_or(0, pause);
        let at = self.at.key("podTemplate");
        if own.drain.seconds > 0 && own.drain.seconds >= own.drain.grace_seconds {
            self.report
                .push(Self::killed(own.drain, Place::value(at.key("spec"))));
        }
        let image = serving.image.as_deref().unwrap_or_default();
        match image.parse() {
            Ok(image) => own.image = image,
            Err(()) => self.report.push(Diagnostic::new(
                Code::GP010,
                Place::key(at.key("spec").key("containers")),
                format!("`{image}` is no image reference"),
            )),
        }
        if model.ports.is_empty() {
            self.report.push(Diagnostic::new(
                Code::GP121,
                Place::key(at.key("spec").key("containers")),
                format!(
                    "`podTemplate` leaves the container `{}` no port",
                    own.container
                ),
            ));
        }
        own.pod.annotations = metadata.annotations.unwrap_or_default();
        own.pod.readiness_probe = serving.readiness_probe;
        own.pod.liveness_probe = serving.liveness_probe;
        own.pod.startup_probe = serving.startup_probe;
        own.pod.resources = serving.resources;
        own.pod.args = serving.args;
        own.pod.extra_args = Vec::new();
    }
}

/// The ports of a container.
fn ports(container: &Container) -> Vec<ContainerPort> {
    let ports = container.ports.iter().flatten();
    let ports = ports.map(|port| ContainerPort {
        name: port.name.clone().filter(|name| !name.is_empty()),
        number: u16::try_from(port.container_port).unwrap_or_default(),
        protocol: port.protocol.clone(),
        host: host_port(port),
    });
    ports.collect()
}

fn below(at: &Route, path: &[Step]) -> Route {
    let segments = path.iter().map(|step| match step {
        Step::Key(key) => Segment::Key(key.clone()),
        Step::Index(index) => Segment::Index(*index),
    });
    at.segments().iter().cloned().chain(segments).collect()
}

fn step(segment: &Segment) -> Step {
    match segment {
        Segment::Key(key) => Step::Key(key.clone()),
        Segment::Index(index) => Step::Index(*index),
    }
}
