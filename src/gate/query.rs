//! The questions, in PromQL, from the names that the compiler emits.

use std::collections::{BTreeMap, BTreeSet};

use crate::http::encode;
use crate::plan::runtimes::Server;
use crate::plan::template::{Variable, fill};
use crate::plan::{Backend, ModelId, Plan, PodNames, SourceId};
use crate::units::{Duration, RouterName, Timestamp, names};

use super::telemetry::{self, Telemetry};

/// How far back a counter's value before a window is looked for.
pub(super) const LOOK_BACK: u64 = 300;
/// The most characters of a pod's name before the five that Kubernetes adds.
const POD_BASE: usize = 58;

/// The time that a question is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// One point in time.
    At(Timestamp),
    /// Every `step` seconds from one to another.
    Over {
        /// The first point.
        start: Timestamp,
        /// The last point, at most.
        end: Timestamp,
        /// Seconds between points.
        step: u64,
    },
}

/// One question to Prometheus. The time is always part of it: nothing is asked about the server's now.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Query {
    /// What the answer is to the gate, such as `requests` or `stable buckets`.
    pub name: String,
    /// The question, in PromQL.
    pub promql: String,
    /// The name of the source that is asked.
    pub source: String,
    /// What the question is made of.
    pub shape: Shape,
    /// The time that the question is about.
    pub when: When,
}

/// What a question is made of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    /// The raw samples of counters: a recording needs only a few of them.
    RawCounter {
        /// The counters, without the range.
        selector: String,
    },
    /// Any other expression.
    Expression,
}

impl Query {
    /// The expression that a graph can draw: of raw samples, which none can, the counters.
    pub fn drawn(&self) -> &str {
        match &self.shape {
            Shape::RawCounter { selector } => selector,
            Shape::Expression => &self.promql,
        }
    }
}

/// One model as the telemetry knows it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Put in front of a query's name: empty for the candidate, `stable ` for stable.
    pub prefix: &'static str,
    /// The namespace of the rollout's objects.
    pub namespace: String,
    /// The Deployment's name.
    pub workload: String,
    /// The model's name.
    pub subset: String,
    /// The value of the pods' label `version`.
    pub version: String,
    /// The rollout's name.
    pub rollout: String,
    /// The Service that requests for the model are sent to: the one in front of all, or its own.
    pub(super) destination: String,
    /// The Service's name.
    pub service: String,
    /// The Services that requests of the rollout go to, and their namespaces: the rollout's own, and those of backends.
    pub(super) services: [BTreeSet<String>; 2],
    /// The Service that the model's requests go to, and its namespace, where that is one of its own.
    pub(super) backend: Option<(String, String)>,
    /// How the model's pods are named.
    pods: PodNames,
    /// The name of the source that has its telemetry.
    pub source: String,
    /// The source's own matchers, each with a comma behind: `cluster="eu",`
    pub(super) matchers: String,
    /// What selects the series that the model's pods export, where the spec says it: `llm_isvc_name="churn"`.
    selector: Option<String>,
    /// The labels that the source's series may differ in.
    pub(super) any: BTreeSet<String>,
    /// What the router measures of the model.
    pub(super) telemetry: &'static dyn Telemetry,
    /// What its model server measures, where that is known.
    pub(super) server: Option<&'static Server>,
}

impl Target {
    /// A model of a plan, as a source knows it.
    pub fn new(
        plan: &Plan,
        model: ModelId,
        source: SourceId,
        namespace: &str,
        prefix: &'static str,
    ) -> Self {
        let found = plan.model(model);
        let source = plan.source(source);
        let version = found.pod_labels.get(names::LABEL_VERSION);
        let of_backend = |backend: &Backend| {
            let namespace = backend.namespace.as_deref().unwrap_or(namespace);
            (backend.service.clone(), namespace.to_owned())
        };
        let backends = plan
            .models
            .iter()
            .filter_map(|model| model.backend.as_ref());
        // Where each model is a Service of its own, that one is the destination.
        let by_model = match plan.traffic.router.name() {
            RouterName::Istio => &[][..],
            RouterName::GatewayApi => &plan.models[..],
        };
        let by_model = by_model
            .iter()
            .map(|model| plan.service.name_of(&model.name));
        let own = by_model.chain([plan.service.name.clone()]);
        let own = own.map(|name| (name, namespace.to_owned()));
        let (services, namespaces) = backends.map(of_backend).chain(own).unzip();
        let mut target = Self {
            prefix,
            services: [services, namespaces],
            // Requests to a pool are told by the pods that serve them.
            backend: found
                .backend
                .as_ref()
                .filter(|_| found.pool.is_none())
                .map(of_backend),
            pods: found.pod_names(),
            namespace: namespace.to_owned(),
            workload: found.workload_name.clone(),
            subset: found.name.to_string(),
            version: version.cloned().unwrap_or_else(|| found.name.to_string()),
            rollout: plan.name.to_string(),
            destination: match plan.traffic.router.name() {
                RouterName::Istio => plan.service.name.clone(),
                RouterName::GatewayApi => plan.service.name_of(&found.name),
            },
            service: plan.service.name.clone(),
            source: source.name.clone(),
            matchers: matchers(&source.labels),
            selector: None,
            any: source
                .labels
                .iter()
                .filter(|(_, value)| *value == ANY)
                .map(|(name, _)| name.clone())
                .collect(),
            telemetry: telemetry::of(&plan.traffic.router),
            server: found.server,
        };
        if !plan.selector.is_empty() {
            let filled = plan.selector.iter().map(|(name, template)| {
                // The plan has refused a window here.
                (name.clone(), target.fill(template, Duration::ZERO))
            });
            let labels = matchers(&filled.collect());
            target.selector = Some(labels.trim_end_matches(',').to_owned());
        }
        target
    }

    /// The labels that what a pod exports has: those that the spec names, else those that Prometheus gives to exactly this
    /// Deployment's pods, and not to those of one whose name begins the same.
    pub fn pods(&self) -> String {
        if let Some(selector) = &self.selector {
            return format!("{}{selector}", self.matchers);
        }
        format!(
            "{}namespace=\"{}\",pod=~\"{}\"",
            self.matchers,
            self.namespace,
            pod_pattern(&self.workload, self.pods).replace('\\', "\\\\")
        )
    }

    /// A query of the team's with its variables replaced.
    pub fn fill(&self, template: &str, window: Duration) -> String {
        let value = |variable| self.value(variable, window);
        // The plan has refused unknown variables (GP503).
        fill(template, &value).unwrap_or_else(|_| template.to_owned())
    }

    /// An address of the team's with its variables replaced, each as one part of a path or a value of a query.
    pub(super) fn fill_address(&self, template: &str, window: Duration) -> String {
        let value = |variable| encode(&self.value(variable, window));
        fill(template, &value).unwrap_or_else(|_| template.to_owned())
    }

    fn value(&self, variable: Variable, window: Duration) -> String {
        match variable {
            Variable::Namespace => self.namespace.clone(),
            Variable::Workload => self.workload.clone(),
            Variable::PodPrefix => format!("{}-", self.workload),
            Variable::Model => self.rollout.clone(),
            Variable::Subset => self.subset.clone(),
            Variable::Version => self.version.clone(),
            Variable::Service => self.service.clone(),
            Variable::Window => format!("{}s", window.seconds()),
        }
    }

    /// A question of this model.
    pub fn ask(&self, name: &str, promql: String, when: When) -> Query {
        Query {
            name: format!("{}{name}", self.prefix),
            promql,
            source: self.source.clone(),
            shape: Shape::Expression,
            when,
        }
    }

    /// A question for the raw samples of counters of this model in so many seconds.
    pub(super) fn ask_samples(
        &self,
        name: &str,
        selector: String,
        seconds: u64,
        at: Timestamp,
    ) -> Query {
        let promql = format!("{selector}[{seconds}s]");
        Query {
            shape: Shape::RawCounter { selector },
            ..self.ask(name, promql, When::At(at))
        }
    }
}

/// Matchers of labels, each with a comma behind.
/// The value of a label whose series all belong together.
const ANY: &str = "*";

fn matchers(labels: &BTreeMap<String, String>) -> String {
    let quoted = |value: &str| {
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        escaped.replace('\n', "\\n")
    };
    let labels = labels.iter().filter(|(_, value)| *value != ANY);
    let each = labels.map(|(name, value)| format!("{name}=\"{}\",", quoted(value)));
    each.collect::<Vec<_>>().concat()
}

/// What the names of a Deployment's pods match: its name, the ReplicaSet's hash, and five characters. Kubernetes cuts what
/// stands before the five characters to 58, so of long names less is left.
///
/// Of a StatefulSet's, its name and a number, which may have another number behind it where it leads a group.
fn pod_pattern(workload: &str, pods: PodNames) -> String {
    const HASH: &str = "-[a-z0-9]{5,10}-[a-z0-9]{5}";
    let name = |text: &str| text.replace('.', "\\.");
    match pods {
        PodNames::Hashed => {}
        PodNames::Numbered => return format!("{}-[0-9]+(-[0-9]+)?", name(workload)),
        PodNames::Unknown => return format!("{}-.+", name(workload)),
    }
    // `-`, at most ten characters of the hash, `-`.
    if workload.len() + 12 <= POD_BASE {
        return format!("{}{HASH}", name(workload));
    }
    let kept = &workload[..workload.len().min(POD_BASE)];
    format!("{}[a-z0-9-]{{5,17}}", name(kept))
}
