//! Says what is missing in the telemetry, before a gate says only that it cannot tell.

use std::collections::{BTreeMap, BTreeSet};

use crate::plan::gates::{Reporter, Times};
use crate::plan::{Gate, GateKind, Plan};
use crate::units::{Bake, Moment};

use super::answer::{Data, Fault, Series, Source};
use super::query::{self, Query, Target, When, reporter_name};
use super::words;

/// How far back series are looked for.
const BACK: Bake = Bake::from_seconds(600);
/// Labels that tell the replicas of a highly available pair apart, and nothing else.
const REPLICA_LABELS: [&str; 4] = ["prometheus_replica", "replica", "__replica__", "prometheus"];
/// Scrapes that the shortest window must hold.
const LEAST_SCRAPES: f64 = 4.0;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// As it should be.
    Good,
    /// Gates work, less well than they could.
    Doubtful,
    /// Gates cannot tell.
    Missing,
}

impl Level {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Doubtful => "doubtful",
            Self::Missing => "missing",
        }
    }
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// The model or the gate that it is about.
    pub about: String,
    /// What was found.
    pub found: String,
    /// What to do about it; empty where nothing is.
    pub help: String,
}

/// Looks at the telemetry of a stage's gates at one point in time. A fault ends it: nothing else can be told then.
pub fn examine(
    plan: &Plan,
    stage: usize,
    namespace: &str,
    now: Moment,
    source: &dyn Source,
) -> Result<Vec<Finding>, Fault> {
    let mut doctor = Doctor {
        source,
        now,
        findings: Vec::new(),
    };
    doctor.value("vector(1)".to_owned())?;
    let gates: Vec<&Gate> = plan.stages[stage]
        .gates
        .iter()
        .map(|index| &plan.gates[*index])
        .collect();
    let compares = gates.iter().any(|gate| gate.kind.compares());
    let mut models: BTreeSet<_> = gates
        .iter()
        .flat_map(|gate| plan.judged(gate, stage))
        .collect();
    if compares && !models.is_empty() {
        models.insert(plan.stable);
    }
    for model in models {
        let target = Target::new(plan, model, namespace, "");
        let reporters: BTreeSet<&str> = gates
            .iter()
            .filter_map(|gate| reporter(&gate.kind))
            .map(reporter_name)
            .collect();
        for name in reporters {
            doctor.requests(&target, name, &gates, plan.stages[stage].bake)?;
        }
        for gate in &gates {
            doctor.of_gate(&target, gate)?;
        }
    }
    if doctor.findings.is_empty() {
        doctor.say(
            Level::Good,
            &plan.stages[stage].name.to_string(),
            "no gate asks anything here".to_owned(),
            "",
        );
    }
    Ok(doctor.findings)
}

struct Doctor<'a> {
    source: &'a dyn Source,
    now: Moment,
    findings: Vec<Finding>,
}

impl Doctor<'_> {
    fn say(&mut self, level: Level, about: &str, found: String, help: &str) {
        let finding = Finding {
            level,
            about: about.to_owned(),
            found,
            help: help.to_owned(),
        };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn value(&self, promql: String) -> Result<Vec<Series>, Fault> {
        let query = Query {
            name: "doctor".to_owned(),
            promql,
            when: When::At(self.now),
        };
        Ok(match self.source.ask(&query)?.data {
            Data::Vector(series) | Data::Matrix(series) => series,
            Data::Scalar(..) | Data::String(_) => Vec::new(),
        })
    }

    /// Istio's series of one model.
    fn requests(
        &mut self,
        target: &Target,
        reporter: &str,
        gates: &[&Gate],
        bake: Bake,
    ) -> Result<(), Fault> {
        let about = target.subset.as_str();
        let everyone = format!(
            "istio_requests_total{{destination_workload_namespace=\"{}\",destination_workload=\"{}\"}}",
            target.namespace, target.workload
        );
        let range = BACK.seconds();
        let found = self.value(format!("last_over_time({everyone}[{range}s])"))?;
        if found.is_empty() {
            return self.nothing(target);
        }
        let ours: Vec<&Series> = found
            .iter()
            .filter(|one| one.label("reporter") == reporter)
            .collect();
        if ours.is_empty() {
            let others: BTreeSet<&str> = found.iter().map(|one| one.label("reporter")).collect();
            let others: Vec<&str> = others.into_iter().collect();
            self.say(
                Level::Missing,
                about,
                format!(
                    "requests are reported by `{}`, and not by `{reporter}`",
                    others.join("`, `")
                ),
                "give the pods a sidecar and scrape it, or set the gate's `reporter`",
            );
            return Ok(());
        }
        self.say(
            Level::Good,
            about,
            format!(
                "{} of requests by `{reporter}`",
                words::count(ours.len() as u64, "series").replace("seriess", "series")
            ),
            "",
        );
        if ours.iter().all(|one| one.label("response_code").is_empty()) {
            self.say(
                Level::Missing,
                about,
                "the series have no label `response_code`, so failures look like answers"
                    .to_owned(),
                "stop the Telemetry resource from removing it",
            );
        }
        let grpc = ours
            .iter()
            .any(|one| one.label("request_protocol") == "grpc");
        if grpc
            && ours
                .iter()
                .all(|one| one.label("grpc_response_status").is_empty())
        {
            self.say(
                Level::Missing,
                about,
                "gRPC requests have no label `grpc_response_status`, so failures look like answers"
                    .to_owned(),
                "stop the Telemetry resource from removing it",
            );
        }
        self.duplicates(about, &ours);
        self.scrapes(target, reporter, gates, bake)
    }

    /// No series of the workload; perhaps there are some under another name.
    fn nothing(&mut self, target: &Target) -> Result<(), Fault> {
        let near = self.value(format!(
            "count by (destination_workload_namespace) (last_over_time(istio_requests_total{{destination_workload=\"{}\"}}[{}s]))",
            target.workload,
            BACK.seconds()
        ))?;
        let found = match near.first() {
            Some(one) => format!(
                "no request of `{}` in the namespace `{}`, but in `{}`",
                target.workload,
                target.namespace,
                one.label("destination_workload_namespace")
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

    /// Series that differ in nothing but the replica that scraped them count everything twice.
    fn duplicates(&mut self, about: &str, series: &[&Series]) {
        let mut known: BTreeMap<Vec<(&String, &String)>, usize> = BTreeMap::new();
        for one in series {
            let labels = one
                .labels
                .iter()
                .filter(|(name, _)| !REPLICA_LABELS.contains(&name.as_str()));
            *known.entry(labels.collect()).or_default() += 1;
        }
        if known.values().any(|count| *count > 1) {
            self.say(
                Level::Missing,
                about,
                "every series is there more than once, from the replicas of one Prometheus: all counts are doubled".to_owned(),
                "ask a proxy that deduplicates them, such as Thanos Query with the replica label set",
            );
        }
    }

    /// The scrape interval against the shortest window.
    fn scrapes(
        &mut self,
        target: &Target,
        reporter: &str,
        gates: &[&Gate],
        bake: Bake,
    ) -> Result<(), Fault> {
        let found = self.value(format!(
            "max(count_over_time(istio_requests_total{{reporter=\"{reporter}\",destination_workload_namespace=\"{}\",destination_workload=\"{}\"}}[{}s]))",
            target.namespace,
            target.workload,
            BACK.seconds()
        ))?;
        let count = found
            .first()
            .and_then(|one| one.points.first())
            .map_or(0.0, |(_, value)| *value);
        if count < 2.0 {
            return Ok(());
        }
        let interval = BACK.seconds() as f64 / count;
        for gate in gates {
            let window = match &gate.kind {
                GateKind::Ranks(ranks) => ranks.step.as_seconds(),
                GateKind::BurnRate(burn) => burn
                    .pairs
                    .iter()
                    .map(|pair| pair.short.as_seconds())
                    .fold(f64::INFINITY, f64::min),
                GateKind::Availability(_)
                | GateKind::Latency(_)
                | GateKind::Threshold(_)
                | GateKind::Compare(_)
                | GateKind::Proportions(_)
                | GateKind::Drift(_) => gate.look(bake).seconds() as f64,
            };
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

    /// What one gate needs beyond the requests.
    fn of_gate(&mut self, target: &Target, gate: &Gate) -> Result<(), Fault> {
        if let Some(times) = gate.kind.times() {
            self.buckets(target, gate, times)?;
        }
        if let GateKind::Drift(drift) = &gate.kind {
            let metric = match drift.categories {
                Some(_) => drift.metric.clone(),
                None => format!("{}_bucket", drift.metric),
            };
            let found = self.value(format!(
                "count(last_over_time({metric}{{{}}}[{}s]))",
                target.pods(),
                BACK.seconds()
            ))?;
            if found.is_empty() {
                self.say(
                    Level::Missing,
                    &gate.name,
                    format!("the pods of `{}` export no `{metric}`", target.subset),
                    "export it from the model, and scrape the pods",
                );
            }
        }
        if let Some(template) = gate.kind.template() {
            let found = self.value(target.fill(template, gate.look(BACK)))?;
            if found.is_empty() {
                self.say(
                    Level::Missing,
                    &gate.name,
                    format!("its query returns nothing for `{}`", target.subset),
                    "`glidepath gate --explain` prints the query to try",
                );
            }
        }
        Ok(())
    }

    /// The bounds of the histogram against the limit.
    fn buckets(&mut self, target: &Target, gate: &Gate, times: &Times) -> Result<(), Fault> {
        let (selector, unit) = query::times(target, times);
        let found = self.value(format!(
            "count by (le) (last_over_time({selector}[{}s]))",
            BACK.seconds()
        ))?;
        if found.is_empty() {
            self.say(
                Level::Missing,
                &gate.name,
                format!(
                    "there are no buckets of response times of `{}`",
                    target.subset
                ),
                "check that successful requests reach it, and that the histogram is scraped",
            );
            return Ok(());
        }
        let GateKind::Latency(latency) = &gate.kind else {
            return Ok(());
        };
        let mut bounds: Vec<f64> = found
            .iter()
            .filter_map(|one| super::answer::read_number(one.label("le")))
            .filter(|bound| bound.is_finite())
            .map(|bound| bound * unit)
            .collect();
        bounds.sort_by(f64::total_cmp);
        let limit = latency.max.as_seconds();
        if bounds
            .iter()
            .any(|bound| (bound - limit).abs() <= limit * 1e-9)
        {
            return Ok(());
        }
        let at = bounds.partition_point(|bound| *bound < limit);
        let near: Vec<String> = [at.checked_sub(1), Some(at)]
            .into_iter()
            .flatten()
            .filter_map(|at| bounds.get(at))
            .map(|bound| words::time(*bound))
            .collect();
        self.say(
            Level::Doubtful,
            &gate.name,
            format!(
                "{} is no bound of the histogram, so the share within it is interpolated",
                latency.max
            ),
            &format!("use {}", near.join(" or ")),
        );
        Ok(())
    }
}

/// Whose count of requests a gate asks for, if it counts requests.
fn reporter(kind: &GateKind) -> Option<Reporter> {
    use crate::plan::gates::{Compare, Ranks, Sli};
    match kind {
        GateKind::Availability(gate) => Some(gate.requests.reporter),
        GateKind::Proportions(gate) => Some(gate.requests.reporter),
        GateKind::BurnRate(gate) => Some(gate.requests.reporter),
        GateKind::Latency(gate) => gate.times.metric.is_none().then_some(gate.times.reporter),
        GateKind::Compare(Compare { sli, .. }) | GateKind::Ranks(Ranks { sli, .. }) => match sli {
            Sli::Availability(requests) | Sli::ErrorRate(requests) => Some(requests.reporter),
            Sli::Latency(_, times) => times.metric.is_none().then_some(times.reporter),
            Sli::Query(..) => None,
        },
        GateKind::Threshold(_) | GateKind::Drift(_) => None,
    }
}
