//! Who says how many pods a model has.

use k8s_openapi::api::autoscaling::v2::{HorizontalPodAutoscalerBehavior, MetricSpec};

use crate::spec::Keda;
use crate::units::names;

use super::template::{Variable, fill};
use super::{Model, ModelId, Plan};

/// Who says how many pods a model has.
#[derive(Clone, Debug)]
pub enum Scaling {
    /// The spec, and the steps that change it.
    Steps,
    /// The share of the requests, stage by stage.
    WithTraffic,
    /// An autoscaler, by load.
    Load(Box<Autoscaling>),
    /// Somebody else: nobody here writes the number, or knows it.
    External,
}

/// Scaling by load.
#[derive(Clone, Debug)]
pub struct Autoscaling {
    /// The fewest pods.
    pub min: u32,
    /// The most pods.
    pub max: u32,
    /// How fast it scales, up and down.
    pub behavior: Option<HorizontalPodAutoscalerBehavior>,
    /// Who scales.
    pub by: Autoscaler,
}

/// Who scales by load.
#[derive(Clone, Debug)]
pub enum Autoscaler {
    /// A HorizontalPodAutoscaler.
    Metrics {
        /// The target share of the requested CPU, in percent.
        cpu: Option<u32>,
        /// Further metrics.
        metrics: Vec<MetricSpec>,
    },
    /// KEDA; the texts of its triggers are templates.
    Keda(Keda),
}

impl Autoscaling {
    /// What KEDA looks at, where it scales.
    pub fn keda(&self) -> Option<&Keda> {
        match &self.by {
            Autoscaler::Keda(keda) => Some(keda),
            Autoscaler::Metrics { .. } => None,
        }
    }

    /// The fewest pods that there may be: without activity there may be fewer than `min`.
    pub fn fewest(&self) -> u32 {
        let idle = self.keda().and_then(|keda| keda.idle_replica_count);
        idle.map_or(self.min, |idle| idle.min(self.min))
    }
}

impl Model {
    /// How it scales by load, where it does.
    pub fn autoscaling(&self) -> Option<&Autoscaling> {
        match &self.scaling {
            Scaling::Load(autoscaling) => Some(autoscaling),
            Scaling::Steps | Scaling::WithTraffic | Scaling::External => None,
        }
    }

    /// Whether the number of pods is written into the manifests.
    pub fn is_counted(&self) -> bool {
        match &self.scaling {
            Scaling::Steps | Scaling::WithTraffic => true,
            Scaling::Load(_) | Scaling::External => false,
        }
    }

    /// The fewest and the most pods that it may come to in a stage that gives it so many replicas; none where nobody here knows.
    pub fn pods(&self, replicas: u32) -> Option<(u32, u32)> {
        match &self.scaling {
            Scaling::Steps | Scaling::WithTraffic => Some((replicas, replicas)),
            Scaling::Load(autoscaling) => Some((autoscaling.fewest(), autoscaling.max)),
            Scaling::External => None,
        }
    }

    /// The same as words: `3`, `2–8` or `external`.
    pub fn pods_words(&self, replicas: u32) -> String {
        match (&self.scaling, self.pods(replicas)) {
            (_, None) => "external".to_owned(),
            (Scaling::Load(_), Some((fewest, most))) => format!("{fewest}–{most}"),
            (Scaling::Steps | Scaling::WithTraffic | Scaling::External, Some((pods, _))) => {
                pods.to_string()
            }
        }
    }
}

/// The variables of a trigger's texts: there is no window of time, and a namespace only where the spec names it.
pub(super) fn variables(plan: &Plan) -> impl Iterator<Item = Variable> + '_ {
    let all = Variable::ALL.iter().copied();
    all.filter(|variable| match variable {
        Variable::Window => false,
        Variable::Namespace => plan.namespace.is_some(),
        Variable::Workload
        | Variable::PodPrefix
        | Variable::Model
        | Variable::Subset
        | Variable::Version
        | Variable::Service => true,
    })
}

impl Plan {
    /// A text of a trigger with its variables replaced; one that is none stays, and the checks have refused it.
    pub fn filled(&self, id: ModelId, template: &str) -> String {
        let model = self.model(id);
        let value = |variable| match variable {
            Variable::Namespace => self
                .namespace
                .as_ref()
                .map_or_else(String::new, ToString::to_string),
            Variable::Workload => model.workload_name.clone(),
            Variable::PodPrefix => format!("{}-", model.workload_name),
            Variable::Model => self.name.to_string(),
            Variable::Subset => model.name.to_string(),
            Variable::Version => {
                let version = model.pod_labels.get(names::LABEL_VERSION);
                version.cloned().unwrap_or_else(|| model.name.to_string())
            }
            Variable::Service => self.service.name.clone(),
            Variable::Window => String::new(),
        };
        fill(template, &value).unwrap_or_else(|_| template.to_owned())
    }
}
