//! In: a model, and what is to be counted or timed. Out: PromQL on the metrics of the plan's router, and what their labels mean.
//! One file a router, and one for model servers; what a pod exports itself is named the same under every router.
//! Never asks, and never judges.

mod istio;
mod server;

use std::fmt::Debug;

use crate::plan::Router;
use crate::plan::gates::{CountedBy, Reporter, Requests, Times};
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

    /// The router's own histogram of times; `None` for what the model's pods export.
    fn times(&self, target: &Target, times: &Times) -> Option<RoutersTimes>;

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

/// A histogram of times of the router's own.
pub(super) struct RoutersTimes {
    /// Its buckets, as PromQL without a range.
    pub(super) selector: String,
    /// How many seconds its unit is.
    pub(super) unit: f64,
    /// Who reports it.
    pub(super) reporter: Reporter,
}

/// The telemetry of a router.
pub(super) fn of(router: &Router) -> &'static dyn Telemetry {
    match router {
        // Of what implements Gateway API, Istio's metrics are the ones that tell a Deployment's requests apart.
        Router::Istio(_) | Router::GatewayApi(_) => &istio::Istio,
    }
}

/// The counters of a model's requests, by whom the gate asks for.
pub(super) fn requests(target: &Target, requests: &Requests) -> String {
    match requests.by {
        CountedBy::Router(reporter) => target.telemetry.requests(target, Some(reporter)),
        CountedBy::Server => server::requests(target),
    }
}

/// Those of them that are there as long as anything counts.
pub(super) fn steady_requests(target: &Target, requests: &Requests) -> String {
    match requests.by {
        CountedBy::Router(reporter) => target.telemetry.requests(target, Some(reporter)),
        CountedBy::Server => server::steady(target),
    }
}

/// Whether a series of requests counts failures, `None` where it is left out; or, as a sentence, why that cannot be told.
pub(super) fn outcome(
    target: &Target,
    series: &Series,
    requests: &Requests,
) -> Result<Option<bool>, String> {
    match requests.by {
        CountedBy::Router(_) => target.telemetry.outcome(series, requests),
        CountedBy::Server => server::outcome(target, series, requests),
    }
}

/// The buckets' selector of a histogram of times, and how many seconds its unit is.
pub(super) fn times(target: &Target, times: &Times) -> (String, f64) {
    if let Some(own) = target.telemetry.times(target, times) {
        return (own.selector, own.unit);
    }
    let metric = match times {
        Times::Server(time) => return server::times(target, *time),
        Times::Metric(metric, _) => metric.as_str(),
        Times::Router(_) => "",
    };
    let unit = if metric.ends_with("_milliseconds") || metric.ends_with("_ms") {
        0.001
    } else if metric.ends_with("_microseconds") || metric.ends_with("_us") {
        0.000_001
    } else {
        metric_unit(metric).unwrap_or(1.0)
    };
    (format!("{metric}_bucket{{{}}}", target.pods()), unit)
}
