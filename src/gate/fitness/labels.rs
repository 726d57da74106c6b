//! Whether the series are one model's, each once, and say which requests failed.

use std::collections::{BTreeMap, BTreeSet};

use crate::gate::answer::{Series, said};
use crate::gate::requests::pod;
use crate::gate::telemetry;
use crate::plan::gates::{CountedBy, Requests};

use super::Subject;

/// Labels that tell the replicas of a highly available pair apart, and nothing else.
pub(in crate::gate) const REPLICA_LABELS: [&str; 5] = [
    "__replica__",
    "prometheus",
    "prometheus_replica",
    "receive_replica",
    "replica",
];
/// Labels that say how a pod was scraped; series of one pod that differ in nothing else are one series, scraped twice.
const SCRAPE_LABELS: [&str; 5] = ["container", "endpoint", "instance", "job", "service"];
/// Words in the names of labels that tell whole installations apart, whose workloads may have the same names.
const INSTALLATIONS: [&str; 19] = [
    "account",
    "aks",
    "cluster",
    "datacenter",
    "dc",
    "env",
    "eks",
    "environment",
    "gke",
    "k8s",
    "landscape",
    "location",
    "origin",
    "project",
    "region",
    "site",
    "stack",
    "subscription",
    "tenant",
];
/// The label with the namespace of the pod that was scraped.
const NAMESPACE: &str = "namespace";
/// Words in the names of labels that every pod has of its own.
const POD_WORDS: [&str; 20] = [
    "__name__",
    "address",
    "container",
    "hash",
    "host",
    "hostname",
    "id",
    "image",
    "instance",
    "ip",
    "job",
    "name",
    "node",
    "pod",
    "port",
    "rev",
    "revision",
    "uid",
    "version",
    "zone",
];
/// Counters of one target that were scraped twice are this near each other.
const SAME: f64 = 0.1;

/// What is wrong with the series of a model, as one sentence.
pub(super) fn examine(subject: &Subject<'_>, found: &[Series]) -> Option<String> {
    let series: Vec<&Series> = found.iter().collect();
    if let Some(found) = Duplicates::of(&series) {
        return Some(found.sentence());
    }
    if let Some((label, values)) = undeclared(subject, &series) {
        let values: Vec<String> = values
            .iter()
            .map(|value| format!("`{}`", said(value)))
            .collect();
        return Some(format!(
            "the series differ in `{label}` ({}), which nobody has declared: in `{}`, name the value that is meant, or in `metrics.prometheus.labels` write `{label}: \"*\"` where all are",
            values.join(", "),
            if label == NAMESPACE {
                "metrics.selector"
            } else {
                "metrics.prometheus.labels"
            }
        ));
    }
    // The router's times have the labels of its requests, by which those that failed are left out.
    let timed = subject.reporter.map(|reporter| Requests {
        by: CountedBy::Router(reporter),
        exact: true,
        bad: Vec::new(),
        ignore_aborts: false,
    });
    let requests = subject.requests.or(timed.as_ref())?;
    series
        .iter()
        .find_map(|one| telemetry::outcome(subject.target, one, requests).err())
}

/// The labels that a model server gives to what it measures, where it is asked.
fn own_labels(subject: &Subject<'_>) -> &'static [&'static str] {
    match (subject.reporter, subject.target.server) {
        (None, Some(server)) => server.labels,
        (Some(_), _) | (None, None) => &[],
    }
}

/// A label that tells installations apart, or copies of the same series, or pods; with its values.
fn undeclared<'a>(
    subject: &Subject<'_>,
    series: &[&'a Series],
) -> Option<(&'a str, BTreeSet<&'a str>)> {
    let (own, any) = (own_labels(subject), &subject.target.any);
    let is_the_pods = subject.reporter.is_none();
    let names: BTreeSet<&str> = series
        .iter()
        .flat_map(|one| one.labels.keys())
        .map(String::as_str)
        .collect();
    // Of what the team exports itself, nobody knows which labels say something.
    let is_known = subject.reporter.is_some() || subject.target.server.is_some();
    let copies = if is_known {
        copies(series, own)
    } else {
        BTreeSet::new()
    };
    names.into_iter().find_map(|name| {
        let values: BTreeSet<&str> = series.iter().map(|one| one.label(name)).collect();
        if values.len() < 2 || name.starts_with("source_") || any.contains(name) {
            return None;
        }
        // Pods are of one namespace, unless a selector of the spec's leaves it open.
        let tells = !REPLICA_LABELS.contains(&name) && tells_installations_apart(name)
            || is_the_pods && name == NAMESPACE
            || copies.contains(name)
            || !is_of_the_router(name)
                && !own.contains(&name)
                && !is_of_the_pod(name)
                && tells_pods_apart(series, name);
        tells.then_some((name, values))
    })
}

/// Whether a label's name says that it tells whole installations apart.
fn tells_installations_apart(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.contains("cluster") || name.split('_').any(|word| INSTALLATIONS.contains(&word))
}

/// Whether a label's name says that every pod, or every node, has its own.
fn is_of_the_pod(name: &str) -> bool {
    [
        "karpenter",
        "topology",
        "helm",
        "nodepool",
        "nodegroup",
        "gpu",
        "capacity",
        "arch",
    ]
    .iter()
    .any(|known| name.contains(known))
        || name.split('_').any(|word| POD_WORDS.contains(&word))
}

/// What tells one counter of a pod from the others, whatever else the scrapes put on it; `own` are the labels that its exporter gives.
pub(in crate::gate) fn counter<'a>(series: &'a Series, own: &[&str]) -> Vec<(&'a str, &'a str)> {
    let labels = series.labels.iter();
    labels
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| {
            is_of_the_router(name)
                || name.starts_with("source_")
                || *name == "__name__"
                || own.contains(name)
        })
        .chain([("the pod", pod(series))])
        .collect()
}

/// Whether a label is one that Istio gives to what it measures.
fn is_of_the_router(name: &str) -> bool {
    [
        "connection_",
        "destination_",
        "grpc_",
        "request_",
        "response_",
    ]
    .iter()
    .any(|start| name.starts_with(start))
        || matches!(
            name,
            "le" | "reporter" | "app" | "namespace" | "service" | "endpoint"
        )
}

/// Whether a label has one value in every pod, and not the same in all.
fn tells_pods_apart(series: &[&Series], name: &str) -> bool {
    let mut of: BTreeMap<&str, &str> = BTreeMap::new();
    series.iter().all(|one| {
        !pod(one).is_empty() && *of.entry(pod(one)).or_insert(one.label(name)) == one.label(name)
    })
}

/// The labels that tell apart what is one counter of one pod, where all such counters count much the same: it was scraped more than
/// once. Where they count differently, the label says something of the requests.
fn copies<'a>(series: &[&'a Series], own: &[&str]) -> BTreeSet<&'a str> {
    let mut known: BTreeMap<Vec<(&str, &str)>, Vec<&'a Series>> = BTreeMap::new();
    for one in series {
        known.entry(counter(one, own)).or_default().push(one);
    }
    let value = |one: &Series| one.points.first().map_or(0.0, |(_, value)| *value);
    let is_same = |same: &[&Series]| {
        let least = same
            .iter()
            .map(|one| value(one))
            .fold(f64::INFINITY, f64::min);
        let most = same.iter().map(|one| value(one)).fold(0.0, f64::max);
        most - least <= most * SAME
    };
    let several: Vec<&Vec<&Series>> = known.values().filter(|same| same.len() > 1).collect();
    if !several.iter().all(|same| is_same(same)) {
        return BTreeSet::new();
    }
    let differing = several.into_iter().flat_map(|same| {
        let names = same
            .iter()
            .flat_map(|one| one.labels.keys())
            .map(String::as_str);
        names.filter(move |name| {
            same.iter()
                .any(|one| one.label(name) != same[0].label(name))
        })
    });
    differing.collect()
}

/// Series that are there more than once.
pub(in crate::gate) struct Duplicates<'a> {
    /// The labels that tell them apart.
    pub(in crate::gate) labels: BTreeSet<&'a str>,
    /// Whether every series is there more than once.
    all: bool,
}

impl<'a> Duplicates<'a> {
    pub(in crate::gate) fn of(series: &[&'a Series]) -> Option<Self> {
        let mut known: BTreeMap<Vec<(&str, &str)>, Vec<&'a Series>> = BTreeMap::new();
        for one in series {
            let has_pod = !one.label("pod").is_empty();
            let labels = one
                .labels
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()));
            let own = labels.filter(|(name, _)| {
                !(REPLICA_LABELS.contains(name) || has_pod && SCRAPE_LABELS.contains(name))
            });
            known.entry(own.collect()).or_default().push(one);
        }
        let all = known.values().all(|same| same.len() > 1);
        let labels: BTreeSet<&str> = known
            .values()
            .flat_map(|same| {
                let first = same[0];
                let names = same.iter().flat_map(|one| one.labels.keys());
                names
                    .filter(move |name| same.iter().any(|one| one.label(name) != first.label(name)))
            })
            .map(String::as_str)
            .collect();
        (!labels.is_empty()).then_some(Self { labels, all })
    }

    /// What that means, as one sentence.
    pub(in crate::gate) fn sentence(&self) -> String {
        let labels: Vec<String> = self
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let how_many = if self.all {
            "every series is"
        } else {
            "series are"
        };
        format!(
            "{how_many} there more than once, told apart only by {}: requests are counted more than once",
            labels.join(" and ")
        )
    }
}
