//! What a manifest holds, and what is known of the pods that it makes.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::model::{ContainerPort, OwnObject, PodNames};
use crate::plan::{Autoscaler, Autoscaling};
use crate::spec::{Document, Model, NamedFile, Spec};

use super::{object, running};

/// What is known of every model that brings objects of its own, by the model's place in the spec.
pub(in crate::plan::resolve) struct Owned<'a>(BTreeMap<usize, Found<'a>>);

/// What the manifest of a model holds.
pub(in crate::plan::resolve) struct Found<'a> {
    /// The file.
    pub(in crate::plan::resolve) file: &'a NamedFile,
    /// Its objects, in their order.
    pub(in crate::plan::resolve) objects: Vec<FoundObject>,
    /// The pods of the model, where their kind is known.
    pub(in crate::plan::resolve) pods: Option<FoundPods>,
    /// Whether every document of the file is an object that can be applied.
    pub(in crate::plan::resolve) is_sound: bool,
}

/// An object, and where it stands.
pub(in crate::plan::resolve) struct FoundObject {
    /// The object.
    pub(in crate::plan::resolve) object: OwnObject,
    /// Its place in the file.
    pub(in crate::plan::resolve) at: Route,
}

/// What an object says of the pods that it makes.
pub(in crate::plan::resolve) struct FoundPods {
    /// The object's place in the list.
    pub(in crate::plan::resolve) index: usize,
    /// The pods' labels.
    pub(in crate::plan::resolve) labels: BTreeMap<String, String>,
    /// Where the pod template stands.
    pub(in crate::plan::resolve) template_at: Route,
    /// Where the labels stand.
    pub(in crate::plan::resolve) labels_at: Route,
    /// By which labels the object finds its pods.
    pub(in crate::plan::resolve) selector: BTreeMap<String, String>,
    /// Whether it says how many there are; one on every node is no number.
    pub(in crate::plan::resolve) is_counted: bool,
    /// How many there are, where it says so.
    pub(in crate::plan::resolve) replicas: Option<u32>,
    /// What scales them, where an autoscaler of the manifest does.
    pub(in crate::plan::resolve) autoscaling: Option<Autoscaling>,
    /// The ports that their containers name.
    pub(in crate::plan::resolve) ports: Vec<ContainerPort>,
    /// How they are named.
    pub(in crate::plan::resolve) named: PodNames,
}

impl<'a> Owned<'a> {
    /// Reads the manifests of all models.
    pub(in crate::plan::resolve) fn read(document: &'a Document, report: &mut Report) -> Self {
        let namespace = document.metadata.namespace.as_deref();
        let models = document.spec.models.iter().enumerate();
        let found = models.filter_map(|(index, model)| {
            let path = &model.workload.as_ref()?.manifest;
            // A file that could not be read has been complained of.
            let file = document.named.get(path)?;
            let at = Route::root().key("spec").key("models").index(index);
            Some((index, Found::read(file, model, namespace, &at, report)))
        });
        Self(found.collect())
    }

    /// What the manifest of a model holds, where it has one.
    pub(in crate::plan::resolve) fn get(&self, model: usize) -> Option<&Found<'a>> {
        self.0.get(&model)
    }

    /// How many pods the manifest of a model asks for, where it says so.
    pub(in crate::plan::resolve) fn replicas(&self, model: usize) -> Option<u32> {
        self.get(model)?.pods.as_ref()?.replicas
    }

    /// Whether nobody here knows how many pods a model with a manifest has.
    pub(in crate::plan::resolve) fn is_uncounted(&self, model: usize) -> bool {
        self.get(model).is_some_and(|found| {
            let counted = found.pods.as_ref().filter(|pods| pods.is_counted);
            counted.is_none()
        })
    }

    /// Whether an autoscaler of the manifest scales a model.
    pub(in crate::plan::resolve) fn is_scaled(&self, model: usize) -> bool {
        let pods = self.get(model).and_then(|found| found.pods.as_ref());
        pods.is_some_and(|pods| pods.autoscaling.is_some())
    }

    /// Whether every manifest that the spec names is there and could be read.
    pub(in crate::plan::resolve) fn are_sound(&self, spec: &Spec) -> bool {
        let mut models = spec.models.iter().enumerate();
        models.all(|(index, model)| {
            let found = self.get(index);
            model.workload.is_none() || found.is_some_and(|found| found.is_sound)
        })
    }

    /// What routes need in every stage is in every model's manifest, for each leaves with its model.
    pub(in crate::plan::resolve) fn hold_everywhere(
        &self,
        kind: &str,
        name: &str,
        spec: &Spec,
        report: &mut Report,
    ) -> Option<()> {
        let lacking = (0..spec.models.len()).find(|index| {
            let found = self.get(*index);
            found.is_none_or(|found| found.object(kind, name).is_none())
        });
        let Some(lacking) = lacking else {
            return Some(());
        };
        let at = Route::root().key("spec").key("models").index(lacking);
        let message = format!(
            "the {kind} `{name}` is in another model's manifest and not in that of `{}`, so some stages lack it",
            spec.models[lacking].name
        );
        report.push(
            Diagnostic::new(Code::GP127, Place::value(at.key("name")), message)
                .help("write the same object into every model's manifest, or leave it out of all and let glidepath write it"),
        );
        None
    }

    /// The object of this kind and name, and the file that it stands in.
    pub(in crate::plan::resolve) fn object(&self, kind: &str, name: &str) -> Option<&FoundObject> {
        let mut objects = self.0.values().flat_map(|found| &found.objects);
        objects.find(|one| one.object.kind == kind && one.object.name == name)
    }
}

impl<'a> Found<'a> {
    /// The object of this kind and name.
    pub(in crate::plan::resolve) fn object(&self, kind: &str, name: &str) -> Option<&FoundObject> {
        let mut objects = self.objects.iter();
        objects.find(|one| one.object.kind == kind && one.object.name == name)
    }

    fn read(
        file: &'a NamedFile,
        model: &Model,
        namespace: Option<&str>,
        at: &Route,
        report: &mut Report,
    ) -> Self {
        let mut objects: Vec<FoundObject> = Vec::new();
        let mut is_sound = file.is_sound;
        for (route, body) in file.bodies() {
            match object::read(body, &route, namespace) {
                Ok(object) => objects.push(FoundObject { object, at: route }),
                Err(found) => {
                    is_sound = false;
                    file.complain(report, *found);
                }
            }
        }
        let mut found = Self {
            file,
            objects,
            pods: None,
            is_sound,
        };
        if found.objects.is_empty() && is_sound {
            found.is_sound = false;
            let place = Place::value(at.key("workload").key("manifest"));
            let message = "the file holds no object";
            report.push(Diagnostic::new(Code::GP125, place, message));
        }
        found.pods = found.choose(model, at, report);
        if let (Some(pods), Some(wanted), None) = (&found.pods, namespace, &model.backend) {
            let one = &found.objects[pods.index];
            if one.object.namespace.as_deref() != Some(wanted) {
                let at = Place::value(one.at.key("metadata").key("namespace"));
                let message = format!(
                    "these pods are not in the namespace `{wanted}`, in which the Service looks for them"
                );
                let help = "remove the namespace, or name a Service of their own as `backend`";
                file.complain(report, Diagnostic::new(Code::GP125, at, message).help(help));
            }
        }
        found
    }

    /// The one object whose pods the model is.
    fn choose(&self, model: &Model, at: &Route, report: &mut Report) -> Option<FoundPods> {
        let all = self.objects.iter().enumerate();
        let mut all: Vec<FoundPods> = all
            .filter_map(|(index, one)| FoundPods::of(index, one))
            .collect();
        if let (Some(subset), true) = (&model.subset, all.len() > 1) {
            let has = |pods: &FoundPods| {
                let mut wanted = subset.labels.iter();
                wanted.all(|(key, value)| pods.labels.get(key) == Some(value))
            };
            all.retain(has);
        }
        if all.len() > 1 && model.backend.is_none() {
            let names = all.iter().map(|pods| {
                let object = &self.objects[pods.index].object;
                format!("{}/{}", object.kind, object.name)
            });
            let message = format!(
                "which pods answer the requests of `{}` is not said: the manifest holds {}",
                model.name,
                crate::diag::words::and_list(names)
            );
            let at = Place::value(at.key("workload").key("manifest"));
            let found = Diagnostic::new(Code::GP126, at, message);
            report.push(
                found.help("say it with labels that only these pods have: `subset: {labels: …}`"),
            );
        }
        let mut pods = all.into_iter().next()?;
        let name = &self.objects[pods.index].object.name;
        pods.autoscaling = self
            .objects
            .iter()
            .find_map(|one| scaling(&one.object, name));
        running::hold(self, &pods, report);
        Some(pods)
    }
}

impl FoundPods {
    /// The pods that an object makes, where its kind is known.
    fn of(index: usize, one: &FoundObject) -> Option<Self> {
        let (object, spec) = (&one.object, &one.object.body["spec"]);
        let at = one.at.key("spec");
        let leader = spec["leaderWorkerTemplate"].get("leaderTemplate");
        let (template, at, named) = match (object.group.as_str(), object.kind.as_str()) {
            ("apps", "Deployment" | "ReplicaSet") => {
                (&spec["template"], at.key("template"), PodNames::Hashed)
            }
            ("apps", "StatefulSet") => (&spec["template"], at.key("template"), PodNames::Numbered),
            ("apps", "DaemonSet") => (&spec["template"], at.key("template"), PodNames::Unknown),
            ("leaderworkerset.x-k8s.io", "LeaderWorkerSet") => {
                let field = if leader.is_some() {
                    "leaderTemplate"
                } else {
                    "workerTemplate"
                };
                let at = at.key("leaderWorkerTemplate").key(field);
                (&spec["leaderWorkerTemplate"][field], at, PodNames::Numbered)
            }
            _ => return None,
        };
        let labels = labels(&template["metadata"]["labels"]);
        let selector = &spec["selector"]["matchLabels"];
        Some(Self {
            index,
            selector: if selector.is_object() {
                self::labels(selector)
            } else {
                labels.clone()
            },
            labels,
            labels_at: at.key("metadata").key("labels"),
            template_at: at,
            is_counted: object.kind != "DaemonSet",
            replicas: spec["replicas"]
                .as_u64()
                .and_then(|count| u32::try_from(count).ok()),
            autoscaling: None,
            ports: ports(&template["spec"]),
            named,
        })
    }
}

fn labels(value: &Value) -> BTreeMap<String, String> {
    let entries = value.as_object().into_iter().flatten();
    let labels = entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    labels.collect()
}

/// The ports of the containers that run beside each other, sidecars included.
fn ports(pod: &Value) -> Vec<ContainerPort> {
    let containers = |field: &str| pod[field].as_array().into_iter().flatten();
    let sidecars = containers("initContainers").filter(|one| one["restartPolicy"] == "Always");
    let all = containers("containers").chain(sidecars);
    let ports = all.flat_map(|one| one["ports"].as_array().into_iter().flatten());
    let ports = ports.filter_map(|port| {
        Some(ContainerPort {
            name: port["name"].as_str().map(str::to_owned),
            number: port["containerPort"]
                .as_u64()
                .and_then(|number| u16::try_from(number).ok())?,
            protocol: port["protocol"].as_str().map(str::to_owned),
            host: None,
        })
    });
    ports.collect()
}

/// The bounds of an autoscaler of this workload: Kubernetes' own, or KEDA's, each with its own defaults.
fn scaling(object: &OwnObject, workload: &str) -> Option<Autoscaling> {
    let spec = &object.body["spec"];
    let (fields, defaults) = match (object.group.as_str(), object.kind.as_str()) {
        ("autoscaling", "HorizontalPodAutoscaler") => (["minReplicas", "maxReplicas"], [1, 1]),
        ("keda.sh", "ScaledObject") => (["minReplicaCount", "maxReplicaCount"], [0, 100]),
        _ => return None,
    };
    let bound = |at: usize| {
        let given = spec[fields[at]].as_u64();
        given
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or(defaults[at])
    };
    (spec["scaleTargetRef"]["name"] == workload).then(|| Autoscaling {
        min: bound(0),
        max: bound(1),
        behavior: None,
        by: Autoscaler::Metrics {
            cpu: None,
            metrics: Vec::new(),
        },
    })
}
