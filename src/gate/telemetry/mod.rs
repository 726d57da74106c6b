//! In: a model, and what is to be counted or timed. Out: PromQL on the metrics of the plan's router, and what their labels mean.
//! One file a router; what a pod exports itself is named the same under every router, and stands here.
//! Never asks, and never judges.

mod istio;

use std::fmt::Debug;

use crate::plan::Router;
use crate::plan::gates::{Reporter, Requests, Times};
use crate::plan::runtimes::metric_unit;

use super::answer::Series;
use super::query::Target;

/// What a router measures.
pub(super) trait Telemetry: Debug + Sync {
    /// The label's value for a reporter.
    fn reporter(&self, reporter: Reporter) -> &'static str;

    /// Who has reported a series of requests.
    fn reporter_of<'a>(&self, series: &'a Series) -> &'a str;

    /// The counters of a model's requests, by one reporter, or by all.
    fn requests(&self, target: &Target, reporter: Option<Reporter>) -> String;

    /// All requests of a model and the good ones in so many seconds, by `increase()`.
    fn estimated_requests(&self, target: &Target, requests: &Requests, seconds: u64)
    -> [String; 2];

    /// The requests of the whole service in so many seconds, by `increase()`.
    fn service_requests(&self, target: &Target, reporter: Reporter, seconds: u64) -> String;

    /// Whether a series of requests counts failures, `None` where it is left out; or, as a sentence, why that cannot be told.
    fn outcome(&self, series: &Series, requests: &Requests) -> Result<Option<bool>, String>;

    /// The buckets of the router's own histogram of times, and how many seconds its unit is; `None` for a metric of the model's.
    fn times(&self, target: &Target, times: &Times) -> Option<(String, f64)>;

    /// The namespaces that have requests of a Deployment of this name in so many seconds, and the label that names them.
    fn namespaces(&self, target: &Target, seconds: u64) -> (String, &'static str);

    /// The requests of several Deployments of the namespace in so many seconds, and the label that names them.
    fn split(
        &self,
        target: &Target,
        workloads: &[&str],
        reporter: Reporter,
        seconds: u64,
    ) -> (String, &'static str);

    /// In so many seconds: the service's requests that reached no pod; what callers saw fail of the model's requests; what the model's
    /// pods have counted of that; and all its requests.
    fn unreached(&self, target: &Target, reporter: Reporter, seconds: u64) -> [String; 4];

    /// What series of requests lack, without which failures look like answers: a sentence each.
    fn lacks(&self, series: &[&Series]) -> Vec<&'static str>;
}

/// The telemetry of a router.
pub(super) fn of(router: &Router) -> &'static dyn Telemetry {
    match router {
        Router::Istio(_) => &istio::Istio,
    }
}

/// The buckets' selector of a histogram of times, and how many seconds its unit is.
pub(super) fn times(target: &Target, times: &Times) -> (String, f64) {
    if let Some(own) = target.telemetry.times(target, times) {
        return own;
    }
    let metric = times.metric.as_deref().unwrap_or_default();
    let unit = if metric.ends_with("_milliseconds") || metric.ends_with("_ms") {
        0.001
    } else if metric.ends_with("_microseconds") || metric.ends_with("_us") {
        0.000_001
    } else {
        metric_unit(metric).unwrap_or(1.0)
    };
    (format!("{metric}_bucket{{{}}}", target.pods()), unit)
}
