//! The questions, in PromQL, from the names that the compiler emits.

use crate::plan::gates::{BadResponse, Reporter, Requests, Times};
use crate::plan::runtimes::metric_unit;
use crate::plan::template::{Variable, fill};
use crate::plan::{ModelId, Plan};
use crate::units::{Duration, Timestamp, names};

/// How far back a counter's value before a window is looked for.
pub(super) const LOOK_BACK: u64 = 300;
/// Istio's histogram of response times.
const ISTIO_TIMES: &str = "istio_request_duration_milliseconds";
/// The most characters of a pod's name before the five that Kubernetes adds.
const POD_BASE: usize = 58;

/// When a question is about.
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
    /// The question.
    pub promql: String,
    /// The time.
    pub when: When,
}

/// One model as the telemetry knows it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Put in front of a query's name: empty for the candidate, `stable ` for stable.
    pub prefix: &'static str,
    /// The namespace.
    pub namespace: String,
    /// The Deployment's name.
    pub workload: String,
    /// The model's name.
    pub subset: String,
    /// The value of the pods' label `version`.
    pub version: String,
    /// The rollout's name.
    pub rollout: String,
    /// The Service's name.
    pub service: String,
}

impl Target {
    /// A model of a plan.
    pub fn new(plan: &Plan, model: ModelId, namespace: &str, prefix: &'static str) -> Self {
        let found = plan.model(model);
        let version = found.pod_labels.get(names::LABEL_VERSION);
        Self {
            prefix,
            namespace: namespace.to_owned(),
            workload: found.workload.clone(),
            subset: found.name.to_string(),
            version: version.cloned().unwrap_or_else(|| found.name.to_string()),
            rollout: plan.name.to_string(),
            service: plan.service.name.clone(),
        }
    }

    /// Istio's labels: exactly this Deployment, counted by exactly one reporter, or every request would count twice.
    pub fn istio(&self, reporter: Reporter) -> String {
        format!(
            "reporter=\"{}\",destination_workload_namespace=\"{}\",destination_workload=\"{}\"",
            reporter_name(reporter),
            self.namespace,
            self.workload
        )
    }

    /// The labels that Prometheus gives to what a pod exports: exactly this Deployment's pods, and not those of one whose
    /// name begins the same.
    pub fn pods(&self) -> String {
        format!(
            "namespace=\"{}\",pod=~\"{}\"",
            self.namespace,
            pod_pattern(&self.workload).replace('\\', "\\\\")
        )
    }

    /// A query of the team's with its variables replaced.
    pub fn fill(&self, template: &str, window: Duration) -> String {
        let value = |variable: Variable| match variable {
            Variable::Namespace => self.namespace.clone(),
            Variable::Workload => self.workload.clone(),
            Variable::PodPrefix => format!("{}-", self.workload),
            Variable::Model => self.rollout.clone(),
            Variable::Subset => self.subset.clone(),
            Variable::Version => self.version.clone(),
            Variable::Service => self.service.clone(),
            Variable::Window => format!("{}s", window.seconds()),
        };
        // The plan has refused unknown variables (GP503).
        fill(template, &value).unwrap_or_else(|_| template.to_owned())
    }

    /// A question of this model.
    pub fn ask(&self, name: &str, promql: String, when: When) -> Query {
        Query {
            name: format!("{}{name}", self.prefix),
            promql,
            when,
        }
    }
}

/// The label's value.
pub(super) fn reporter_name(reporter: Reporter) -> &'static str {
    match reporter {
        Reporter::Destination => "destination",
        Reporter::Waypoint => "waypoint",
        Reporter::Source => "source",
    }
}

/// What the names of a Deployment's pods match: its name, the ReplicaSet's hash, and five characters. Kubernetes cuts what
/// stands before the five characters to 58, so of long names less is left.
fn pod_pattern(workload: &str) -> String {
    const HASH: &str = "-[a-z0-9]{5,10}-[a-z0-9]{5}";
    let name = |text: &str| text.replace('.', "\\.");
    // `-`, at most ten characters of the hash, `-`.
    if workload.len() + 12 <= POD_BASE {
        return format!("{}{HASH}", name(workload));
    }
    let kept = &workload[..workload.len().min(POD_BASE)];
    format!("{}[a-z0-9-]{{5,17}}", name(kept))
}

/// Every request as raw samples, from before the window on.
pub(super) fn raw_requests(target: &Target, reporter: Reporter, range: u64) -> String {
    format!(
        "istio_requests_total{{{}}}[{}s]",
        target.istio(reporter),
        range + LOOK_BACK
    )
}

/// All requests of a window and the good ones, by `increase()`.
pub(super) fn estimated_requests(
    target: &Target,
    requests: &Requests,
    range: u64,
) -> (String, String) {
    let mut all = target.istio(requests.reporter);
    if requests.ignore_aborts {
        all.push_str(",response_code!=\"0\"");
    }
    let mut good = all.clone();
    let list = |found: Vec<String>| found.join("|");
    let codes = list(
        requests
            .bad
            .iter()
            .filter_map(|bad| match bad {
                BadResponse::Class(digit) => Some(format!("{digit}..")),
                BadResponse::Status(status) => Some(status.to_string()),
                BadResponse::Grpc(_) => None,
            })
            .collect(),
    );
    let statuses = list(
        requests
            .bad
            .iter()
            .filter_map(|bad| match bad {
                BadResponse::Grpc(status) => Some(status.to_string()),
                BadResponse::Class(_) | BadResponse::Status(_) => None,
            })
            .collect(),
    );
    // A negative matcher matches series without the label: HTTP answers have no gRPC status, and are good.
    for (label, bad) in [("response_code", codes), ("grpc_response_status", statuses)] {
        if !bad.is_empty() {
            good = format!("{good},{label}!~\"{bad}\"");
        }
    }
    let sum = |labels: &str| format!("sum(increase(istio_requests_total{{{labels}}}[{range}s]))");
    (sum(&all), sum(&good))
}

/// The buckets' selector of a histogram of times, and how many seconds its unit is.
pub(super) fn times(target: &Target, times: &Times) -> (String, f64) {
    let metric = times.metric.as_deref().unwrap_or(ISTIO_TIMES);
    if metric.starts_with("istio_") {
        // Only answers that were good: fast failures must not improve the latency. An empty alternative matches the absent
        // label of HTTP.
        let labels = format!(
            "{},response_code=~\"2..\",grpc_response_status=~\"0|\"",
            target.istio(times.reporter)
        );
        return (format!("{metric}_bucket{{{labels}}}"), 0.001);
    }
    let unit = if metric.ends_with("_milliseconds") || metric.ends_with("_ms") {
        0.001
    } else if metric.ends_with("_microseconds") || metric.ends_with("_us") {
        0.000_001
    } else {
        metric_unit(metric).unwrap_or(1.0)
    };
    (format!("{metric}_bucket{{{}}}", target.pods()), unit)
}
