//! What the stages ask the cluster for: the requests of all pods together.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::core::v1::{Container, PodSpec, ResourceRequirements};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity as Written;

use crate::units::Quantity;

use super::{Model, Own, Plan, StageId, Workload};

/// An amount of a resource, in billionths of its unit; none where it is unknown, or too large to add up.
pub type Amount = Option<i128>;

/// What a number of pods may come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Between {
    /// With the fewest pods.
    pub least: Amount,
    /// With the most pods.
    pub most: Amount,
}

/// Pods are counted in billionths too, so that one sum serves all.
const ONE: i128 = 1_000_000_000;
/// What most plans ask about, with or without an answer.
const USUAL: [&str; 2] = ["cpu", "memory"];

/// What each pod of a model requests of a resource: `None` where nobody here knows, as of a container that names no CPU. What a mesh
/// adds to a pod is not part of it.
fn of_pod(model: &Model, resource: &str) -> Amount {
    match &model.workload {
        Workload::Generated(generated) => {
            let pod = &generated.pod;
            let beside = pod.containers.iter();
            let beside = beside.map(|container| container.resources.as_ref());
            let all = [pod.resources.as_ref()].into_iter().chain(beside);
            together(&pod.init_containers, all, resource)
        }
        Workload::Own(own) => {
            let pod = template(own)?;
            let before = pod.init_containers.unwrap_or_default();
            let all = pod.containers.iter();
            let all = all.map(|container| container.resources.as_ref());
            together(&before, all, resource)
        }
        Workload::Elsewhere => None,
    }
}

/// The pods of the team's own workload, where its kind has a template that Kubernetes knows.
fn template(own: &Own) -> Option<PodSpec> {
    let body = &own.objects.get(own.pods?)?.body;
    serde_json::from_value(body.pointer("/spec/template/spec")?.clone()).ok()
}

/// The containers of a pod together. Those before the others run one after the other, but for the ones that stay
/// (<https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers>).
fn together<'a>(
    first: &[Container],
    mut all: impl Iterator<Item = Option<&'a ResourceRequirements>>,
    resource: &str,
) -> Amount {
    let (mut stay, mut before) = (0_i128, 0_i128);
    for container in first {
        let asked = requested(container.resources.as_ref(), resource);
        if container.restart_policy.as_deref() == Some("Always") {
            stay = stay.checked_add(asked?)?;
            before = before.max(stay);
        } else {
            before = before.max(stay.checked_add(asked.unwrap_or(0))?);
        }
    }
    let all = all.try_fold(stay, |sum, given| {
        sum.checked_add(requested(given, resource)?)
    });
    Some(all?.max(before))
}

/// A limit without a request is the request, which is how Kubernetes reads it. No device is given to who names none.
fn requested(resources: Option<&ResourceRequirements>, name: &str) -> Amount {
    let named = |amounts: &Option<BTreeMap<String, Written>>| amounts.as_ref()?.get(name).cloned();
    let found = resources.and_then(|given| named(&given.requests).or_else(|| named(&given.limits)));
    match found {
        Some(Written(text)) => text.parse::<Quantity>().ok()?.billionths(),
        None if USUAL.contains(&name) => None,
        None => Some(0),
    }
}

impl Between {
    const NOTHING: Self = Self {
        least: Some(0),
        most: Some(0),
    };

    fn and(self, other: Self) -> Self {
        let sum = |a: Amount, b: Amount| a?.checked_add(b?);
        Self {
            least: sum(self.least, other.least),
            most: sum(self.most, other.most),
        }
    }

    /// The larger of each.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let larger = |a: Amount, b: Amount| Some(a?.max(b?));
        Self {
            least: larger(self.least, other.least),
            most: larger(self.most, other.most),
        }
    }
}

impl Plan {
    /// The resources that any model names, and CPU and memory.
    pub fn resources(&self) -> BTreeSet<String> {
        let mut names: BTreeSet<String> = USUAL.iter().map(|name| (*name).to_owned()).collect();
        for model in &self.models {
            let (given, containers) = match &model.workload {
                Workload::Generated(generated) => {
                    let pod = &generated.pod;
                    let containers = pod.init_containers.iter().chain(&pod.containers);
                    (pod.resources.clone(), containers.cloned().collect())
                }
                Workload::Own(own) => {
                    let pod = template(own).unwrap_or_default();
                    let before = pod.init_containers.unwrap_or_default();
                    (None, before.into_iter().chain(pod.containers).collect())
                }
                Workload::Elsewhere => (None, Vec::new()),
            };
            let given = given.into_iter();
            let given = given.chain(containers.into_iter().filter_map(|one| one.resources));
            for amounts in given.flat_map(|given| [given.requests, given.limits]) {
                names.extend(amounts.into_iter().flatten().map(|(name, _)| name));
            }
        }
        names
    }

    /// What a stage asks for of a resource.
    pub fn asked_of(&self, stage: StageId, resource: &str) -> Between {
        self.sum(stage, |model| of_pod(model, resource))
    }

    /// The pods of a stage.
    pub fn pods_in(&self, stage: StageId) -> Between {
        self.sum(stage, |_| Some(ONE))
    }

    fn sum(&self, stage: StageId, each: impl Fn(&Model) -> Amount) -> Between {
        let running = self.stage(stage).running.iter();
        running.fold(Between::NOTHING, |sum, (id, replicas)| {
            let model = self.model(*id);
            let each = each(model);
            let times = |pods: u32| each?.checked_mul(i128::from(pods));
            sum.and(match model.pods(*replicas) {
                Some((fewest, most)) => Between {
                    least: times(fewest),
                    most: times(most),
                },
                // Any number of nothing is nothing.
                None => Between {
                    least: each.filter(|each| *each == 0),
                    most: each.filter(|each| *each == 0),
                },
            })
        })
    }

    /// The larger of what the first and the last stage ask for of a resource: the rollout comes from one and ends in the other.
    pub fn at_the_ends(&self, resource: &str) -> Between {
        let last = StageId(self.stages.len() - 1);
        let [first, last] = [StageId::FIRST, last].map(|stage| self.asked_of(stage, resource));
        first.or(last)
    }
}
