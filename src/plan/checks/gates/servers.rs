//! What gates ask of the models' own servers: whether these measure it, and whether their series can be told apart.

use std::collections::BTreeSet;

use crate::diag::words::{and_list, or_list};
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::gates::{CountedBy, ServerTime, Times};
use crate::plan::runtimes::{Histogram, SERVERS, Server, Timed};
use crate::plan::template::{Variable, variables};
use crate::plan::{Gate, Model, Plan};

use super::{Limit, field};

/// Every time that a server may measure, by the language's word.
const TIMES: [(ServerTime, &str, &str); 4] = [
    (
        ServerTime::TimeToFirstToken,
        "timeToFirstToken",
        "the time to the first token",
    ),
    (
        ServerTime::InterTokenLatency,
        "interTokenLatency",
        "the time between tokens",
    ),
    (ServerTime::QueueTime, "queueTime", "the time in the queue"),
    (
        ServerTime::ModelLatency,
        "modelLatency",
        "the time of whole requests",
    ),
];

/// The models of both sides must run servers that measure what the gate asks for.
pub(super) fn check(plan: &Plan, gate: &Gate, at: &Route, report: &mut Report) {
    let facts = gate.kind.facts();
    let counts = facts
        .requests()
        .is_some_and(|requests| requests.by == CountedBy::Server);
    let time = match facts.times() {
        Some(Times::Server(time)) => Some(*time),
        Some(Times::Router(_) | Times::Metric(..)) | None => None,
    };
    if !counts && time.is_none() {
        return;
    }
    let mut asked: BTreeSet<_> = plan
        .stage_ids()
        .filter(|id| {
            plan.stage(*id)
                .gates
                .iter()
                .any(|of| std::ptr::eq(plan.gate(*of), gate))
        })
        .flat_map(|id| plan.judged(gate, id))
        .collect();
    if facts.compares() && !asked.is_empty() {
        asked.insert(plan.stable);
    }
    for model in asked.into_iter().map(|id| plan.model(id)) {
        let place = field(gate, at, "sli");
        let Some(server) = model.server else {
            report.push(unknown(model, place));
            return;
        };
        let Some(time) = time else { continue };
        match server.timed(time) {
            Timed::Not(why) => {
                report.push(not_measured(gate, model, server, (time, why), place));
                return;
            }
            Timed::By(histogram) => {
                if let Some(found) = limit(gate, server, histogram, at) {
                    report.push(found);
                    return;
                }
            }
        }
    }
}

/// A container of which nobody knows what runs in it.
fn unknown(model: &Model, place: Place) -> Diagnostic {
    let message = format!(
        "which model server `{}` runs is not said, so what it measures itself is not known",
        model.name
    );
    Diagnostic::new(Code::GP546, place, message).help(format!(
        "set `server` at the model: {}",
        or_list(SERVERS.map(|one| one.name))
    ))
}

fn not_measured(
    gate: &Gate,
    model: &Model,
    server: &Server,
    (time, why): (ServerTime, &str),
    place: Place,
) -> Diagnostic {
    let times = TIMES
        .iter()
        .filter(|(time, ..)| server.histogram(*time).is_some());
    let has = times.map(|(_, word, _)| *word).chain(["modelServer"]);
    let what = TIMES.iter().find(|(one, ..)| *one == time);
    let what = what.map_or("", |(_, _, what)| what);
    let message = format!(
        "`{}` runs {}, which does not measure {what}: {why}",
        model.name, server.name
    );
    Diagnostic::new(Code::GP546, place, message)
        .note(format!("{} has {}", server.name, and_list(has)))
        .help(match gate.kind.facts().time_limit() {
            Some(_) => "ask for one of these, or name a histogram of your own by `metric`",
            None => "ask for one of these, or write a `query`",
        })
}

/// A limit against the bounds that the server's histogram has by default.
fn limit(gate: &Gate, server: &Server, histogram: &Histogram, at: &Route) -> Option<Diagnostic> {
    let max = gate.kind.facts().time_limit()?;
    // Bounds that no duration can be written for are rounded to what can.
    let same = |bound: f64, limit: f64| {
        let rounded = (bound * 1_000.0).round() / 1_000.0;
        (rounded - limit).abs() <= limit * 1e-9 && (bound - limit).abs() <= limit * 0.01
    };
    let place = field(gate, at, "max");
    let found = match Limit::among(&histogram.seconds(), max.as_seconds(), same) {
        Limit::AtBound => return None,
        Limit::Above(last) => Diagnostic::new(
            Code::GP504,
            place,
            format!(
                "{max} is above the last bound of `{}`, {}: what takes longer is within no limit",
                histogram.metric,
                written(last)
            ),
        )
        .help(format!("set `max: {}` or less", written(last))),
        Limit::Between(near) => {
            let near: Vec<String> = near
                .iter()
                .map(|bound| format!("`{}`", written(*bound)))
                .collect();
            Diagnostic::new(
                Code::GP509,
                place,
                format!(
                    "{max} is no bound of `{}`, so the share within it is a guess between two",
                    histogram.metric
                ),
            )
            .help(format!(
                "use {}, or give {} the bound; `doctor` says which it has",
                near.join(" or "),
                server.name
            ))
        }
    };
    Some(found)
}

/// A time as the language writes it, rounded down where it must be.
fn written(seconds: f64) -> String {
    let millis = (seconds * 1_000.0).round();
    if millis % 1_000.0 == 0.0 {
        format!("{}s", millis / 1_000.0)
    } else {
        format!("{millis}ms")
    }
}

/// A selector that has the same values for every model selects all of them at once.
pub(super) fn check_selector(plan: &Plan, report: &mut Report) {
    let tells = |variable: &Variable| match variable {
        Variable::Workload | Variable::PodPrefix | Variable::Subset | Variable::Version => true,
        Variable::Namespace | Variable::Model | Variable::Service | Variable::Window => false,
    };
    let mut used = plan
        .selector
        .values()
        .flat_map(|template| variables(template));
    if plan.selector.is_empty() || plan.models.len() < 2 || used.any(|one| tells(&one)) {
        return;
    }
    let at = Route::root().key("spec").key("metrics").key("selector");
    report.push(
        Diagnostic::new(
            Code::GP547,
            Place::value(at),
            "every model's series are selected alike, so a candidate is judged by those of all models",
        )
        .help("use `{{subset}}`, the model's name, or `{{workload}}` or `{{version}}`; `{{model}}` is the rollout's name"),
    );
}
