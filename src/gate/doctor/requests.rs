//! Whether the requests of one model are counted, once, and with what tells failures from answers.

use std::collections::BTreeSet;

use crate::gate::answer::{Fault, Series};
use crate::gate::fitness::labels::{Duplicates, REPLICA_LABELS};
use crate::gate::query::Target;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::Reporter;
use crate::units::Duration;

use super::{BACK, Doctor, Level};

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
        let help = if found
            .labels
            .iter()
            .all(|label| REPLICA_LABELS.contains(label))
        {
            "ask a proxy that deduplicates the replicas of one Prometheus, such as Thanos Query with the replica label set"
        } else {
            "scrape each pod by one job and at one port: port 15020 has the proxy's own metrics too"
        };
        self.say(Level::Missing, about, found.sentence(), help);
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
            let window = gate.kind.facts().shortest_window(gate.watch(bake));
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
