//! Whether the requests of one model are counted, once, and with what tells failures from answers.

use std::collections::{BTreeMap, BTreeSet};

use crate::gate::answer::{Fault, Series};
use crate::gate::query::Target;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::Reporter;
use crate::units::Duration;

use super::{BACK, Doctor, Level};

/// Labels that tell the replicas of a highly available pair apart, and nothing else.
const REPLICA_LABELS: [&str; 5] = [
    "__replica__",
    "prometheus",
    "prometheus_replica",
    "receive_replica",
    "replica",
];
/// Labels that say how a pod was scraped; series of one pod that differ in nothing else are one series, scraped twice.
const SCRAPE_LABELS: [&str; 5] = ["container", "endpoint", "instance", "job", "service"];
/// Scrapes that the shortest window must hold.
const LEAST_SCRAPES: f64 = 4.0;

impl Doctor<'_> {
    /// The router's series of one model.
    pub(super) fn requests(
        &mut self,
        target: &Target,
        reporter: Reporter,
        gates: &[&Gate],
        bake: Duration,
    ) -> Result<(), Fault> {
        let telemetry = target.telemetry;
        let name = telemetry.reporter(reporter);
        let about = target.subset.as_str();
        let everyone = telemetry.requests(target, None);
        let range = BACK.seconds();
        let found = self.value(
            &target.source,
            format!("last_over_time({everyone}[{range}s])"),
        )?;
        if found.is_empty() {
            return self.nothing(target);
        }
        let ours: Vec<&Series> = found
            .iter()
            .filter(|one| telemetry.reporter_of(one) == name)
            .collect();
        if ours.is_empty() {
            let others: BTreeSet<&str> =
                found.iter().map(|one| telemetry.reporter_of(one)).collect();
            let others: Vec<&str> = others.into_iter().collect();
            self.say(
                Level::Missing,
                about,
                format!(
                    "requests are reported by `{}`, and not by `{name}`",
                    others.join("`, `")
                ),
                "give the pods a sidecar and scrape it, or set the gate's `reporter`",
            );
            return Ok(());
        }
        self.say(
            Level::Good,
            about,
            format!("{} series of requests by `{name}`", ours.len()),
            "",
        );
        for lack in telemetry.lacks(&ours) {
            self.say(
                Level::Missing,
                about,
                lack.to_owned(),
                "stop the Telemetry resource from removing it",
            );
        }
        self.duplicates(about, &ours);
        self.scrapes(target, reporter, gates, bake)
    }

    /// No series of the workload; perhaps there are some under another name.
    fn nothing(&mut self, target: &Target) -> Result<(), Fault> {
        let (promql, namespace) = target.telemetry.namespaces(target, BACK.seconds());
        let near = self.value(&target.source, promql)?;
        let found = match near.first() {
            Some(one) => format!(
                "no request of `{}` in the namespace `{}`, but in `{}`",
                target.workload,
                target.namespace,
                one.label(namespace)
            ),
            None => format!(
                "no request of the Deployment `{}` in the last {BACK}",
                target.workload
            ),
        };
        self.say(
            Level::Missing,
            &target.subset,
            found,
            "check that requests reach it, that its pods have a sidecar, and that Prometheus scrapes port 15020 of them",
        );
        Ok(())
    }

    /// Series that differ only in who scraped them count everything twice.
    fn duplicates(&mut self, about: &str, series: &[&Series]) {
        let Some(found) = Duplicates::of(series) else {
            return;
        };
        let labels: Vec<String> = found
            .labels
            .iter()
            .map(|label| format!("`{label}`"))
            .collect();
        let how_many = if found.all {
            "every series is"
        } else {
            "series are"
        };
        let help = if found
            .labels
            .iter()
            .all(|label| REPLICA_LABELS.contains(label))
        {
            "ask a proxy that deduplicates the replicas of one Prometheus, such as Thanos Query with the replica label set"
        } else {
            "scrape each pod by one job and at one port: port 15020 has the proxy's own metrics too"
        };
        self.say(
            Level::Missing,
            about,
            format!(
                "{how_many} there more than once, told apart only by {}: requests are counted more than once",
                labels.join(" and ")
            ),
            help,
        );
    }

    /// The scrape interval against the shortest window.
    fn scrapes(
        &mut self,
        target: &Target,
        reporter: Reporter,
        gates: &[&Gate],
        bake: Duration,
    ) -> Result<(), Fault> {
        let counters = target.telemetry.requests(target, Some(reporter));
        let found = self.value(&target.source, format!("{counters}[{}s]", BACK.seconds()))?;
        // Between scrapes, and not over the whole range: a young pod has few of them, however often it is scraped.
        let intervals = found.iter().filter_map(|one| {
            let (first, last) = (one.points.first()?, one.points.last()?);
            (one.points.len() > 1).then(|| (last.0 - first.0) / (one.points.len() - 1) as f64)
        });
        let Some(interval) = intervals.min_by(f64::total_cmp) else {
            return Ok(());
        };
        for gate in gates {
            let window = gate.kind.facts().shortest_window(gate.look(bake));
            let window = window.as_seconds();
            if window < LEAST_SCRAPES * interval {
                self.say(
                    Level::Doubtful,
                    &gate.name,
                    format!(
                        "its window of {} s holds fewer than four scrapes, one every {} s",
                        words::number(window),
                        words::number(interval)
                    ),
                    "scrape more often, or make the window longer",
                );
            }
        }
        Ok(())
    }
}

/// Series that are there more than once.
struct Duplicates<'a> {
    /// The labels that tell them apart.
    labels: BTreeSet<&'a str>,
    /// Whether every series is there more than once.
    all: bool,
}

impl<'a> Duplicates<'a> {
    fn of(series: &[&'a Series]) -> Option<Self> {
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
}
