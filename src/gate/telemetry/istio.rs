//! Istio's standard metrics, as the proxies export them.

use std::collections::BTreeSet;

use crate::gate::answer::{Series, said};
use crate::gate::query::Target;
use crate::plan::gates::{BadResponse, Reporter, Requests, Times};

use super::{RoutersTimes, Telemetry};

/// The counter of requests.
const REQUESTS: &str = "istio_requests_total";
/// The histogram of response times.
const TIMES: &str = "istio_request_duration_milliseconds";
/// The label with the namespace of the pod that answers.
const NAMESPACE: &str = "destination_workload_namespace";

/// The label with the status of HTTP; 0 where there was no answer.
const CODE: &str = "response_code";
/// The label with the status of gRPC; empty for other protocols.
const GRPC_STATUS: &str = "grpc_response_status";

/// A label's number; `None` where there is none.
fn read(series: &Series, label: &str) -> Result<Option<u16>, String> {
    match series.label(label) {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            format!(
                "requests are counted with `{label}` `{}`, which is no number",
                said(text)
            )
        }),
    }
}

/// The label with the name of the Deployment that answers; `unknown` where none could be chosen.
const WORKLOAD: &str = "destination_workload";

/// The metrics of Istio's sidecars, waypoints and gateways.
#[derive(Clone, Copy, Debug)]
pub(super) struct Istio;

/// Exactly this Deployment, or the Service of a backend, counted by exactly one reporter, or every request would count twice.
fn labels(target: &Target, reporter: Option<Reporter>) -> String {
    let reporter = reporter.map(|reporter| format!("reporter=\"{}\",", Istio.reporter(reporter)));
    let whose = match &target.backend {
        None => format!(
            "{NAMESPACE}=\"{}\",destination_workload=\"{}\"",
            target.namespace, target.workload
        ),
        Some((service, namespace)) => service_labels(service, namespace),
    };
    format!("{}{}{whose}", target.matchers, reporter.unwrap_or_default())
}

/// Exactly the requests that went to this Service.
fn service_labels(service: &str, namespace: &str) -> String {
    format!("destination_service_namespace=\"{namespace}\",destination_service_name=\"{service}\"")
}

/// Any of these, as a matcher's operator and value: names of Kubernetes, of which only a dot means something to a regex.
fn any_of(names: &BTreeSet<String>) -> String {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    match names.as_slice() {
        [one] => format!("=\"{one}\""),
        many => format!("=~\"{}\"", many.join("|").replace('.', "\\\\.")),
    }
}

impl Telemetry for Istio {
    fn reporter(&self, reporter: Reporter) -> &'static str {
        match reporter {
            Reporter::Destination => "destination",
            Reporter::Waypoint => "waypoint",
            Reporter::Source => "source",
        }
    }

    fn reporter_of<'a>(&self, series: &'a Series) -> &'a str {
        series.label("reporter")
    }

    fn requests(&self, target: &Target, reporter: Option<Reporter>) -> String {
        format!("{REQUESTS}{{{}}}", labels(target, reporter))
    }

    fn estimated_requests(
        &self,
        target: &Target,
        requests: &Requests,
        seconds: u64,
    ) -> [String; 2] {
        let mut all = labels(target, requests.reporter());
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
        [all, good].map(|labels| format!("sum(increase({REQUESTS}{{{labels}}}[{seconds}s]))"))
    }

    fn service_requests(&self, target: &Target, reporter: Reporter, seconds: u64) -> String {
        let [services, namespaces] = &target.services;
        format!(
            "sum(increase({REQUESTS}{{{}reporter=\"{}\",destination_service_namespace{},destination_service_name{}}}[{seconds}s]))",
            target.matchers,
            self.reporter(reporter),
            any_of(namespaces),
            any_of(services),
        )
    }

    fn outcome(&self, series: &Series, requests: &Requests) -> Result<Option<bool>, String> {
        let code = read(series, CODE)?
            .ok_or_else(|| format!("requests are counted without a `{CODE}`"))?;
        if !(code == 0 || (100..600).contains(&code)) {
            return Err(format!(
                "requests are counted with `{CODE}` `{code}`, which HTTP does not have"
            ));
        }
        if requests.ignore_aborts && code == 0 {
            return Ok(None);
        }
        let status = read(series, GRPC_STATUS)?;
        let is_bad = requests.bad.iter().any(|bad| match bad {
            BadResponse::Class(digit) => code / 100 == *digit,
            BadResponse::Status(wanted) => code == *wanted,
            BadResponse::Grpc(wanted) => status == Some(*wanted),
        });
        // A gRPC call that failed is an HTTP 200 with a status, so without one nothing says that it was good.
        if !is_bad && status.is_none() && series.label("request_protocol") == "grpc" {
            return Err(format!(
                "gRPC requests are counted without a `{GRPC_STATUS}`"
            ));
        }
        Ok(Some(is_bad))
    }

    fn times(&self, target: &Target, times: &Times) -> Option<RoutersTimes> {
        let (metric, reporter) = match times {
            Times::Router(reporter) => (TIMES, *reporter),
            Times::Metric(metric, reporter) => (metric.as_str(), *reporter),
            Times::Server(_) => return None,
        };
        // Only answers that were good: fast failures must not improve the latency. An empty alternative matches the absent
        // label of HTTP.
        metric.starts_with("istio_").then(|| {
            let labels = labels(target, Some(reporter));
            let good = "response_code=~\"2..\",grpc_response_status=~\"0|\"";
            RoutersTimes {
                selector: format!("{metric}_bucket{{{labels},{good}}}"),
                unit: 0.001,
                reporter,
            }
        })
    }

    fn namespaces(&self, target: &Target, seconds: u64) -> (String, &'static str) {
        let (label, whose, name) = match &target.backend {
            None => (NAMESPACE, WORKLOAD, &target.workload),
            Some((service, _)) => (
                "destination_service_namespace",
                "destination_service_name",
                service,
            ),
        };
        let promql = format!(
            "count by ({label}) (last_over_time({REQUESTS}{{{}{whose}=\"{name}\"}}[{seconds}s]))",
            target.matchers
        );
        (promql, label)
    }

    fn split(
        &self,
        target: &Target,
        workloads: &[&str],
        reporter: Reporter,
        seconds: u64,
    ) -> (String, &'static str) {
        let names: Vec<String> = workloads
            .iter()
            .map(|name| name.replace('.', "\\\\."))
            .collect();
        let promql = format!(
            "sum by ({WORKLOAD}) (increase({REQUESTS}{{{}reporter=\"{}\",{NAMESPACE}=\"{}\",{WORKLOAD}=~\"{}\"}}[{seconds}s]))",
            target.matchers,
            self.reporter(reporter),
            target.namespace,
            names.join("|")
        );
        (promql, WORKLOAD)
    }

    fn unreached(&self, target: &Target, reporter: Reporter, seconds: u64) -> [String; 4] {
        let callers = match reporter {
            Reporter::Destination | Reporter::Source => "source",
            Reporter::Waypoint => "waypoint",
        };
        let failed = format!("{CODE}=~\"0|5..\"");
        let own = labels(target, Some(reporter));
        // Where no pod could be chosen, Envoy knows the Service and no workload.
        let asked = match &target.backend {
            None => service_labels(&target.destination, &target.namespace),
            Some((service, namespace)) => service_labels(service, namespace),
        };
        let nowhere = format!(
            "{}reporter=\"{callers}\",{asked},{WORKLOAD}=\"unknown\",{failed}",
            target.matchers
        );
        let seen = format!("reporter=\"{callers}\",{},{failed}", labels(target, None));
        [nowhere, seen, format!("{own},{failed}"), own]
            .map(|labels| format!("sum(increase({REQUESTS}{{{labels}}}[{seconds}s]))"))
    }

    fn lacks(&self, series: &[&Series]) -> Vec<&'static str> {
        let no = |label: &str| series.iter().all(|one| one.label(label).is_empty());
        let grpc = series
            .iter()
            .any(|one| one.label("request_protocol") == "grpc");
        let found = [
            (
                no("response_code"),
                "the series have no label `response_code`, so failures look like answers",
            ),
            (
                grpc && no("grpc_response_status"),
                "gRPC requests have no label `grpc_response_status`, so failures look like answers",
            ),
        ];
        let lacking = found.into_iter().filter(|(lacks, _)| *lacks);
        lacking.map(|(_, sentence)| sentence).collect()
    }
}
