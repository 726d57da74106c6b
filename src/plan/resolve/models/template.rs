//! `podTemplate`: the last word over a pod, merged as Kubernetes merges, and held against the same rules at its own lines.

use std::borrow::Cow;

use k8s_openapi::api::core::v1::{Container, PodTemplateSpec};
use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Route, Segment};
use crate::plan::model::{ContainerPort, Generated, Model};
use crate::plan::pods;
use crate::spec::{self, NamedFile, PodTemplate};
use crate::units::{MergeType, Step, merge, origin};

use super::Resolver;
use super::labels::Labels;
use super::ports::host_port;
use super::scaling::pause;

/// What is merged over a pod, and where that is said.
struct Patch<'a> {
    value: Cow<'a, Value>,
    /// The place of its root.
    at: Route,
    /// The file that it stands in, where that is not the document itself.
    file: Option<&'a NamedFile>,
}

impl<'a> Resolver<'a> {
    /// Makes the model's pod, and takes from it what checks and the Service go by; nothing, where a file says what cannot be read.
    pub(super) fn make_pod(
        &mut self,
        model: &mut Model,
        own: &mut Generated,
        labels: &Labels,
    ) -> Option<()> {
        let (template, config) = pods::build(model, own);
        own.config = config;
        own.template = template;
        let Some(given) = &self.model.pod_template else {
            return Some(());
        };
        let patch = self.patch(given)?;
        if let Some(template) = self.patched(own, &patch, labels) {
            own.template = template;
            self.absorb(model, own, &patch);
        }
        Some(())
    }

    /// The patch; of a file that is wrong, that has been complained of.
    fn patch(&self, given: &'a PodTemplate) -> Option<Patch<'a>> {
        match given {
            PodTemplate::Inline(value) => Some(Patch {
                value: Cow::Borrowed(value),
                at: self.at.key("podTemplate"),
                file: None,
            }),
            PodTemplate::File { file } => {
                let file = self.named.get(file)?;
                let (at, value) = file.pod_template()?;
                Some(Patch {
                    value: Cow::Owned(value),
                    at,
                    file: Some(file),
                })
            }
        }
    }

    /// Complains about the patch, where it stands; models may share a file, so there it says whose pods are meant.
    fn complain(&mut self, patch: &Patch, found: Diagnostic) {
        match patch.file {
            Some(file) => {
                let whose = format!("in the pods of the model `{}`", self.model.name);
                file.complain(self.report, found.note(whose));
            }
            None => self.report.push(found),
        }
    }

    /// The pod with the patch in it, where it is one that Kubernetes takes and routes still find.
    fn patched(
        &mut self,
        own: &Generated,
        patch: &Patch,
        labels: &Labels,
    ) -> Option<PodTemplateSpec> {
        let at = &patch.at;
        let mut merged = serde_json::to_value(&own.template).ok()?;
        if let Err(fault) = merge(&mut merged, &patch.value, MergeType::PodTemplate) {
            let place = Place::value(below(at, &fault.path));
            self.complain(patch, Diagnostic::new(Code::GP010, place, fault.why));
            return None;
        }
        let faults = spec::check_pod(&merged);
        let is_sound = faults.is_empty();
        let moved = |place: &Place| match place {
            Place::Node(route, part) => {
                let way: Vec<Step> = route.segments()[1..].iter().map(step).collect();
                let found = origin(&merged, &patch.value, &way, MergeType::PodTemplate);
                Place::Node(below(at, &found), *part)
            }
            Place::Bytes(_) | Place::File => place.clone(),
        };
        for mut fault in faults {
            fault.place = moved(&fault.place);
            for label in &mut fault.labels {
                label.place = moved(&label.place);
            }
            self.complain(patch, fault);
        }
        let is_found = self.keeps_labels(&merged, labels, patch);
        let containers = merged.pointer("/spec/containers").and_then(Value::as_array);
        let mut containers = containers.into_iter().flatten();
        let serves = containers.any(|container| container["name"] == own.container);
        if !serves {
            self.complain(
                patch,
                Diagnostic::new(
                    Code::GP121,
                    Place::key(at.clone()),
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
    fn keeps_labels(&mut self, merged: &Value, labels: &Labels, patch: &Patch) -> bool {
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
            self.complain(
                patch,
                Diagnostic::new(
                    Code::GP121,
                    Place::key(patch.at.key("metadata").key("labels").key(key)),
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
    fn absorb(&mut self, model: &mut Model, own: &mut Generated, patch: &Patch) {
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
        let at = &patch.at;
        if own.drain.seconds > 0 && own.drain.seconds >= own.drain.grace_seconds {
            let killed = Self::killed(own.drain, Place::value(at.key("spec")));
            self.complain(patch, killed);
        }
        let image = serving.image.as_deref().unwrap_or_default();
        match image.parse() {
            Ok(image) => own.image = image,
            Err(()) => self.complain(
                patch,
                Diagnostic::new(
                    Code::GP010,
                    Place::key(at.key("spec").key("containers")),
                    format!("`{image}` is no image reference"),
                ),
            ),
        }
        if model.ports.is_empty() {
            self.complain(
                patch,
                Diagnostic::new(
                    Code::GP121,
                    Place::key(at.key("spec").key("containers")),
                    format!(
                        "`podTemplate` leaves the container `{}` no port",
                        own.container
                    ),
                ),
            );
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
