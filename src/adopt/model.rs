//! The rollout: a model for each workload, the one that serves, and who is led elsewhere.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::diag::{Code, Diagnostic, Route};
use crate::safety::Identity;
use crate::tree;
use crate::units::names::{
    LABEL_APP, LABEL_INSTANCE, LABEL_KUBE_VERSION, LABEL_NAME, LABEL_VERSION,
};
use crate::units::{DnsLabel, is_dns_subdomain};

use super::candidate;
use super::cleaned::{cleaned, is_live};
use super::paths::Paths;
use super::read::{Complaints, Object, Read, labels};
use super::routers::{Routing, Subset};
use super::scope::{Scope, Workload, selects};
use super::service::{self, Said};

/// A rollout that takes over what runs.
pub(super) struct Rollout {
    pub(super) scope: Scope,
    pub(super) routing: Routing,
    pub(super) service: Said,
    pub(super) models: Vec<Model>,
    /// The model that serves, by its place in the list.
    stable: usize,
    /// The base routes, where they are more than one that takes everything as it is.
    pub(super) routes: Vec<Value>,
    pub(super) cohorts: Vec<Cohort>,
    /// Whether what routes need has to be there before them: labels of the pods, or the subset.
    pub(super) adopts: bool,
    /// Labels that the pods of stable get before anything routes by them.
    pub(super) added: BTreeMap<String, String>,
}

/// A version, and the objects that run it.
pub(super) struct Model {
    pub(super) name: String,
    /// Whether it runs already; else it is a copy of stable to begin with.
    pub(super) runs: bool,
    /// What was read of it.
    pub(super) taken: Vec<Identity>,
    /// The documents of its manifest.
    pub(super) documents: Vec<Value>,
    pub(super) subset: Option<BTreeMap<String, String>>,
    pub(super) policy: Option<Value>,
    /// How many pods a step needs, where none runs now.
    pub(super) replicas: Option<u64>,
}

/// Requests that go to a model whatever the weights say.
pub(super) struct Cohort {
    pub(super) name: String,
    pub(super) matches: Vec<Map<String, Value>>,
    pub(super) model: String,
}

impl Rollout {
    pub(super) fn of(
        read: &Read,
        scope: Scope,
        routing: Routing,
        complaints: &mut Complaints<'_>,
    ) -> Option<Self> {
        let mut models: Vec<Model> = Vec::new();
        for workload in &scope.workloads {
            let subset = subset(&routing, workload);
            let name = name(workload, subset, &models, scope.workloads.len());
            let Some(name) = name else {
                let at = Route::root().key("metadata").key("name");
                complaints.push(&workload.object.identity, at, |place| {
                    let message = format!(
                        "no name of a model can be made of `{}`",
                        workload.object.identity.name
                    );
                    Diagnostic::new(Code::GP106, place, message)
                        .help("give its pods the label `version` with a DNS label")
                });
                return None;
            };
            models.push(model(read, &scope, workload, name, subset));
        }
        let paths = Paths {
            routing: &routing,
            models: &models,
        };
        let stable = paths.stable(&scope, complaints)?;
        let (routes, cohorts) = paths.divided(stable, complaints)?;
        let workload = &scope.workloads[stable];
        let mut added = BTreeMap::new();
        if scope.workloads.len() == 1 {
            let own = workload.selector.iter();
            let mut own = own.filter(|(key, _)| !scope.selector.contains_key(*key));
            if own.next().is_none() {
                added = labels_to_add(&scope, workload, &models[stable].name);
            }
        }
        let selector: BTreeMap<String, String> = added
            .iter()
            .filter(|(key, _)| *key != LABEL_VERSION)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let selector = (!added.is_empty()).then_some(&selector);
        let service = service::read(&scope.service, routing.port, selector, complaints)?;
        if scope.workloads.len() == 1 {
            let telling = candidate::telling(&scope, workload, &models[stable], &added);
            let candidate = candidate::of(&scope, workload, &models[stable], &telling, &added);
            if models[stable].subset.is_none() || !added.is_empty() {
                models[stable].subset = Some(telling);
            }
            add_labels(&mut models[stable], workload, &added);
            models.push(candidate);
        }
        if let Some(count) = replicas(&models[stable]) {
            for model in models.iter_mut().filter(|model| replicas(model) == Some(0)) {
                model.replicas = Some(count);
            }
        }
        let sound = hold_names(&scope, &models, complaints);
        let defined = |name: &str| routing.subsets.iter().any(|subset| subset.name == name);
        sound.then_some(Self {
            adopts: !added.is_empty() || !defined(&models[stable].name),
            scope,
            routing,
            service,
            models,
            stable,
            routes,
            cohorts,
            added,
        })
    }

    /// The rollout's name, and the Service's.
    pub(super) fn name(&self) -> &str {
        &self.scope.service.identity.name
    }

    /// The name of the model that serves.
    pub(super) fn stable(&self) -> &str {
        &self.models[self.stable].name
    }

    /// The first model beside the one that serves.
    pub(super) fn candidate(&self) -> Option<&Model> {
        let mut models = self.models.iter().enumerate();
        models.find_map(|(index, model)| (index != self.stable).then_some(model))
    }

    pub(super) fn routed_port(&self) -> u16 {
        self.service.routed
    }

    /// Whether an object is one of the rollout's from now on.
    pub(super) fn takes(&self, identity: &Identity) -> bool {
        let mut models = self.models.iter();
        let is_service = *identity == self.scope.service.identity && self.service.stays.is_none();
        is_service
            || self.routing.taken.contains(identity)
            || models.any(|model| model.taken.contains(identity))
    }

    /// Whether an object of this name is one of those by which requests come in.
    pub(super) fn names(&self, name: &str) -> bool {
        let gateways = self
            .routing
            .traffic
            .get("gateways")
            .and_then(Value::as_array);
        let mut gateways = gateways.into_iter().flatten().filter_map(Value::as_str);
        gateways.any(|one| one == name || one.rsplit('/').next() == Some(name))
    }

    /// The manifests of the models, by the names of their files.
    pub(super) fn manifests(&self) -> BTreeMap<String, String> {
        let files = self.models.iter().map(|model| {
            let documents: Vec<String> = model.documents.iter().map(tree::yaml).collect();
            let comment = if model.runs {
                format!("# Runs `{}`, as it was read. glidepath sets the namespace, the sync wave and, where a step says it, `replicas`.\n", model.name)
            } else {
                format!("# A copy of `{}` to begin with: edit what is new about `{}`, such as the image.\n", self.stable(), model.name)
            };
            (format!("{}.yaml", model.name), format!("{comment}{}", documents.join("---\n")))
        });
        files.collect()
    }
}

/// Names become names of files, too.
fn hold_names(scope: &Scope, models: &[Model], complaints: &mut Complaints<'_>) -> bool {
    let taken = models.iter().flat_map(|model| &model.taken);
    let wrong = taken
        .chain([&scope.service.identity])
        .find(|identity| !is_dns_subdomain(&identity.name));
    if let Some(identity) = wrong {
        let at = Route::root().key("metadata").key("name");
        let message = format!("`{}` is no name that Kubernetes takes", identity.name);
        complaints.push(identity, at, |place| {
            Diagnostic::new(Code::GP106, place, message)
        });
    }
    wrong.is_none()
}

fn replicas(model: &Model) -> Option<u64> {
    model.documents.first()?["spec"]["replicas"].as_u64()
}

/// The subset that stands for the pods of a workload: one that a rule names first.
fn subset<'a>(routing: &'a Routing, workload: &Workload) -> Option<&'a Subset> {
    let is_its =
        |subset: &&Subset| !subset.labels.is_empty() && selects(&subset.labels, &workload.pods);
    let shares = || routing.rules.iter().flat_map(|rule| &rule.shares);
    let is_named = |subset: &&Subset| shares().any(|(name, _)| name.as_ref() == Some(&subset.name));
    let subsets = || routing.subsets.iter().filter(is_its);
    subsets().find(is_named).or_else(|| subsets().next())
}

/// The name of a model: its subset's, its version's, or `stable`.
fn name(
    workload: &Workload,
    subset: Option<&Subset>,
    models: &[Model],
    count: usize,
) -> Option<String> {
    if let Some(subset) = subset {
        let label: Option<DnsLabel> = subset.name.parse().ok();
        return label.map(|label| label.to_string());
    }
    let version = [LABEL_VERSION, LABEL_KUBE_VERSION].into_iter();
    let version = version.filter_map(|key| workload.pods.get(key).map(String::as_str));
    let alone = (count == 1).then_some("stable");
    let words = version
        .chain(alone)
        .chain([workload.object.identity.name.as_str()]);
    let mut labels = words.filter_map(label_of);
    labels.find(|label| models.iter().all(|model| model.name != *label) && label != "rollout")
}

/// A DNS label that is near a text.
pub(super) fn label_of(text: &str) -> Option<String> {
    let text = text.to_ascii_lowercase().replace(['.', '_', '+'], "-");
    let text = if text.starts_with(|c: char| c.is_ascii_digit()) {
        format!("v{text}")
    } else {
        text
    };
    text.parse::<DnsLabel>().ok().map(|label| label.to_string())
}

/// A model of a workload, with what scales and guards its pods.
fn model(
    read: &Read,
    scope: &Scope,
    workload: &Workload,
    name: String,
    subset: Option<&Subset>,
) -> Model {
    let beside: Vec<&Object> = read
        .objects
        .iter()
        .filter(|object| scales(object, workload) || guards(object, workload, scope))
        .collect();
    let mut body = cleaned(&workload.object.body);
    let is_scaled = beside.iter().any(|object| scales(object, workload));
    // A server shows how many there are, whoever set it; git and an autoscaler must not both say it.
    if let (true, true, Some(spec)) = (
        is_scaled,
        is_live(&workload.object.body),
        body["spec"].as_object_mut(),
    ) {
        spec.remove("replicas");
    }
    let mut documents = vec![body];
    documents.extend(beside.iter().map(|object| cleaned(&object.body)));
    let mut taken = vec![workload.object.identity.clone()];
    taken.extend(beside.iter().map(|object| object.identity.clone()));
    Model {
        name,
        runs: true,
        taken,
        documents,
        subset: subset.map(|subset| subset.labels.clone()),
        policy: subset.and_then(|subset| subset.policy.clone()),
        replicas: None,
    }
}

/// Whether an object scales the pods of a workload.
fn scales(object: &Object, workload: &Workload) -> bool {
    let (scaler, scaled) = (&object.identity, &workload.object.identity);
    let is_scaler = matches!(
        (scaler.group.as_str(), scaler.kind.as_str()),
        ("autoscaling", "HorizontalPodAutoscaler") | ("keda.sh", "ScaledObject")
    );
    let target = &object.body["spec"]["scaleTargetRef"];
    is_scaler
        && scaler.namespace == scaled.namespace
        && target["name"] == *scaled.name
        && target["kind"].as_str().unwrap_or("Deployment") == scaled.kind
}

/// Whether an object says how many pods of a workload, and of no other, may be evicted.
fn guards(object: &Object, workload: &Workload, scope: &Scope) -> bool {
    let selector = labels(&object.body["spec"]["selector"]["matchLabels"]);
    let (identity, own) = (&object.identity, &workload.object.identity);
    let mut others = scope.workloads.iter();
    identity.kind == "PodDisruptionBudget"
        && identity.namespace == own.namespace
        && !selector.is_empty()
        && selects(&selector, &workload.pods)
        && !others.any(|one| one.object.identity != *own && selects(&selector, &one.pods))
}

/// Labels that tell the pods from others', where their selector has none that the Service's lacks: a pod of another version that
/// the Service selects would be one of these too.
fn labels_to_add(scope: &Scope, workload: &Workload, model: &str) -> BTreeMap<String, String> {
    let keys = [
        LABEL_APP,
        LABEL_INSTANCE,
        LABEL_NAME,
        "glidepath.dev/rollout",
    ];
    let free = keys
        .into_iter()
        .find(|key| !workload.pods.contains_key(*key));
    let key = free.unwrap_or("glidepath.dev/service");
    let name = scope.service.identity.name.clone();
    let version = workload.pods.get(LABEL_VERSION).cloned();
    BTreeMap::from([
        (key.to_owned(), name),
        (
            LABEL_VERSION.to_owned(),
            version.unwrap_or_else(|| model.to_owned()),
        ),
    ])
}

fn add_labels(model: &mut Model, workload: &Workload, added: &BTreeMap<String, String>) {
    let at = format!("{}/metadata/labels", workload.template);
    let document = model.documents.first_mut();
    let pods = document.and_then(|body| body.pointer_mut(&at)?.as_object_mut());
    if let Some(pods) = pods {
        pods.extend(added.iter().map(|(key, value)| (key.clone(), json!(value))));
    }
}
