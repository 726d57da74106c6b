//! GP5xx: what gates ask, and whether the stages that name them can answer.

use std::collections::BTreeSet;

use promql_parser::parser::{Expr, parse};
use promql_parser::util::{ExprVisitor, walk_expr};

use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::gates::{Gate, GateKind, Times};
use crate::plan::template::{Variable, fill};
use crate::plan::{Plan, StageId, StageKind};
use crate::units::{Duration, PromDuration};

/// The scrape interval that windows are held against; the usual one.
const SCRAPE: u64 = 15;
/// Scrapes that a window must hold for a rate to be steady.
const LEAST_SCRAPES: u64 = 4;
/// The bounds of Istio's histograms in milliseconds (Envoy's default buckets).
const ISTIO_BOUNDS: [f64; 19] = [
    0.5,
    1.0,
    5.0,
    10.0,
    25.0,
    50.0,
    100.0,
    250.0,
    500.0,
    1_000.0,
    2_500.0,
    5_000.0,
    10_000.0,
    30_000.0,
    60_000.0,
    300_000.0,
    600_000.0,
    1_800_000.0,
    3_600_000.0,
];
/// The annotation that gives a pod's proxy other bounds.
const BOUNDS_ANNOTATION: &str = "sidecar.istio.io/statsHistogramBuckets";
/// The server whose answers are streams by default.
const STREAMING: &str = "vllm";

pub(super) fn check(plan: &Plan, report: &mut Report) {
    let at = Route::root().key("spec").key("gates");
    for (index, gate) in plan.gates.iter().enumerate() {
        let at = at.index(index);
        check_query(gate, &at, report);
        check_limit(plan, gate, &at, report);
        check_stream(plan, gate, &at, report);
    }
    for stage in plan.stage_ids() {
        check_stage(plan, stage, report);
    }
}

/// The field of a gate's kind.
fn field(gate: &Gate, at: &Route, name: &str) -> Place {
    Place::value(at.key(gate.kind.name()).key(name))
}

fn check_query(gate: &Gate, at: &Route, report: &mut Report) {
    if let GateKind::Ranks(ranks) = &gate.kind
        && ranks.step.seconds() < LEAST_SCRAPES * SCRAPE
    {
        report.push(thin(field(gate, at, "step"), "a step", ranks.step));
    }
    let Some(template) = gate.kind.template() else {
        return;
    };
    let place = field(gate, at, "query");
    let value = |variable: Variable| {
        if variable == Variable::Window {
            "5m".to_owned()
        } else {
            variable.name().to_lowercase()
        }
    };
    let query = match fill(template, &value) {
        Ok(query) => query,
        Err(name) => {
            let known = Variable::ALL.iter().map(|variable| variable.name());
            let found =
                Diagnostic::new(Code::GP503, place, format!("there is no variable `{name}`"));
            report.push(found.maybe_help(suggestion(&name, known)));
            return;
        }
    };
    let expression = match parse(&query) {
        Ok(expression) => expression,
        Err(why) => {
            let why = why.lines().next().unwrap_or_default().to_owned();
            report.push(
                Diagnostic::new(Code::GP502, place, "this is no PromQL")
                    .note(why)
                    .note(format!("it was read as `{query}`")),
            );
            return;
        }
    };
    let mut ranges = Ranges(Vec::new());
    // The visitor never fails.
    let _ = walk_expr(&mut ranges, &expression);
    for range in ranges.0 {
        let span = PromDuration::from_seconds(range);
        if let GateKind::Ranks(ranks) = &gate.kind
            && !template.contains("{{window}}")
            && range > ranks.step.seconds()
        {
            report.push(
                Diagnostic::new(
                    Code::GP508,
                    place.clone(),
                    format!("points every {} share the samples of a window of {span}", ranks.step),
                )
                .note("a test on points that are not independent raises a false alarm in a third of the runs, not in a twentieth")
                .help(format!("set `step: {span}`, or write the window as `[{{{{window}}}}]`, which is the step")),
            );
        }
        if range < LEAST_SCRAPES * SCRAPE {
            report.push(thin(place.clone(), "a window", span));
        }
    }
}

fn thin(place: Place, what: &str, span: PromDuration) -> Diagnostic {
    Diagnostic::new(
        Code::GP507,
        place,
        format!("{what} of {span} holds fewer than four scrapes, one every {SCRAPE} s"),
    )
    .help(format!(
        "make it {} s at least, or scrape more often and allow this",
        LEAST_SCRAPES * SCRAPE
    ))
}

/// The ranges of a query, in seconds.
struct Ranges(Vec<u64>);

impl ExprVisitor for Ranges {
    type Error = ();

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, ()> {
        if let Expr::MatrixSelector(selector) = expression {
            self.0.push(selector.range.as_secs());
        }
        Ok(true)
    }
}

/// A latency limit against the bounds of Istio's histogram, as the judged models' pods have it.
fn check_limit(plan: &Plan, gate: &Gate, at: &Route, report: &mut Report) {
    let GateKind::Latency(latency) = &gate.kind else {
        return;
    };
    if latency.times.metric.is_some() {
        return;
    }
    let limit = latency.max.as_seconds() * 1_000.0;
    let judged: BTreeSet<_> = plan
        .stage_ids()
        .flat_map(|stage| plan.judged(gate, stage))
        .collect();
    for model in judged {
        let bounds = bounds(plan.model(model).pod.annotations.get(BOUNDS_ANNOTATION));
        let last = bounds.last().copied().unwrap_or_default();
        let place = field(gate, at, "max");
        if limit > last {
            report.push(
                Diagnostic::new(
                    Code::GP504,
                    place,
                    format!("{} is above the histogram's last bound, {last} ms: requests above that are within no limit", latency.max),
                )
                .help(format!("set `max: {last}ms` or less")),
            );
            return;
        }
        if bounds
            .iter()
            .any(|bound| (bound - limit).abs() <= limit * 1e-9)
        {
            continue;
        }
        let at = bounds.partition_point(|bound| *bound < limit);
        let near: Vec<String> = [at.checked_sub(1), Some(at)]
            .into_iter()
            .flatten()
            .filter_map(|at| bounds.get(at))
            .map(|bound| format!("`{bound}ms`"))
            .collect();
        report.push(
            Diagnostic::new(
                Code::GP509,
                place,
                format!("{} is no bound of Istio's histogram, so the share of requests within it is a guess between two", latency.max),
            )
            .help(format!(
                "use {}, or give the pods the bound by the annotation `{BOUNDS_ANNOTATION}`",
                near.join(" or ")
            )),
        );
        return;
    }
}

/// The bounds that an annotation `{"istio": [1, 5, …]}` sets, or Istio's.
fn bounds(annotation: Option<&String>) -> Vec<f64> {
    let set = annotation.and_then(|text| {
        let body: serde_json::Value = serde_json::from_str(text).ok()?;
        // Keys are prefixes of the metric's name.
        let (_, list) = body.as_object()?.iter().find(|(prefix, _)| {
            "istio_request_duration_milliseconds".starts_with(prefix.as_str())
        })?;
        list.as_array()?
            .iter()
            .map(serde_json::Value::as_f64)
            .collect()
    });
    let mut bounds: Vec<f64> = set.unwrap_or_else(|| ISTIO_BOUNDS.to_vec());
    bounds.sort_by(f64::total_cmp);
    bounds
}

/// Istio's times are those of whole answers, and a stream ends when the reader has read it.
fn check_stream(plan: &Plan, gate: &Gate, at: &Route, report: &mut Report) {
    let Some(Times { metric: None, .. }) = gate.kind.times() else {
        return;
    };
    let streams = plan
        .stage_ids()
        .flat_map(|stage| plan.judged(gate, stage))
        .map(|model| plan.model(model))
        .find(|model| model.image.to_string().contains(STREAMING));
    let Some(model) = streams else { return };
    let place = Place::key(at.key(gate.kind.name()));
    let found = Diagnostic::new(
        Code::GP512,
        place,
        format!(
            "`{}` answers in streams, and Istio times them to their last byte",
            model.name
        ),
    );
    report.push(if matches!(gate.kind, GateKind::Latency(_)) {
        found.help("set `metric: vllm:time_to_first_token_seconds` or `metric: vllm:inter_token_latency_seconds`; or Istio's own, to mean it")
    } else {
        found.help("use a `query` on `vllm:time_to_first_token_seconds_bucket`")
    });
}

fn check_stage(plan: &Plan, index: StageId, report: &mut Report) {
    let stage = plan.stage(index);
    if stage.kind != StageKind::Step {
        return;
    }
    let with_traffic = stage.with_traffic();
    for (place, gate) in stage.gates.iter().enumerate() {
        let gate = &plan.gates[*gate];
        let at = Place::value(stage.place.key("gates").index(place));
        check_window(gate, stage.bake, stage.name.as_str(), &at, report);
        let judged = plan.judged(gate, index);
        if gate.kind.compares() && !judged.is_empty() {
            if !with_traffic.contains(&plan.stable) {
                report.push(
                    Diagnostic::new(
                        Code::GP513,
                        at.clone(),
                        format!("in the stage `{}` stable gets no request, so `{}` has nothing to compare with", stage.name, gate.name),
                    )
                    .help("leave the gate out of this step, or use one without stable"),
                );
            } else if judged.iter().any(|model| {
                stage.split.of(*model).is_zero()
                    && stage.mirror.is_none_or(|mirror| mirror.to != *model)
            }) {
                report.push(
                    Diagnostic::new(
                        Code::GP506,
                        at.clone(),
                        format!("in the stage `{}` the candidate answers a cohort and stable everyone else: `{}` compares the requests as much as the models", stage.name, gate.name),
                    )
                    .help("compare in a step with a weight or a mirror, where both get the same kind of requests"),
                );
            }
        }
        for model in &judged {
            let copied = stage.mirror.is_some_and(|mirror| mirror.to == *model);
            let answers = !stage.split.of(*model).is_zero()
                || stage
                    .cohorts
                    .values()
                    .any(|split| !split.of(*model).is_zero());
            if copied && answers {
                report.push(
                    Diagnostic::new(
                        Code::GP511,
                        at.clone(),
                        format!(
                            "`{}` gets requests and copies at once, and `{}` counts both alike",
                            plan.model(*model).name,
                            gate.name
                        ),
                    )
                    .help("mirror in a step of its own"),
                );
            }
            check_evidence(plan, index, gate, *model, &at, report);
        }
    }
}

fn check_window(gate: &Gate, bake: Duration, stage: &str, at: &Place, report: &mut Report) {
    let look = gate.look(bake);
    let whole = Duration::from_seconds(look.seconds() * u64::from(gate.max_looks));
    if gate.bake.is_some() && look > bake {
        report.push(
            Diagnostic::new(
                Code::GP505,
                at.clone(),
                format!(
                    "`{stage}` bakes for {bake}, and `{}` looks at {look} at least",
                    gate.name
                ),
            )
            .help("make the bake longer, or the gate's `bake` shorter"),
        );
    }
    if let GateKind::BurnRate(burn) = &gate.kind
        && burn.budget_share.is_none()
        && burn
            .pairs
            .iter()
            .all(|pair| pair.long > PromDuration::from(whole))
    {
        let shortest = burn.pairs.iter().map(|pair| pair.long).min();
        report.push(
            Diagnostic::new(
                Code::GP505,
                at.clone(),
                format!(
                    "`{stage}` is watched for {whole}, and the shortest long window of `{}` is {}",
                    gate.name,
                    shortest.unwrap_or_default()
                ),
            )
            .help("make the bake longer, or set `windows`"),
        );
    }
    if look.seconds() < LEAST_SCRAPES * SCRAPE {
        report.push(thin(at.clone(), "a look", PromDuration::from(look)));
    }
    if let GateKind::Ranks(ranks) = &gate.kind
        && whole.seconds() / ranks.step.seconds() < ranks.min_points
    {
        report.push(
            Diagnostic::new(
                Code::GP510,
                at.clone(),
                format!(
                    "`{}` gets at most {} points in `{stage}`, and {} are needed",
                    gate.name,
                    whole.seconds() / ranks.step.seconds(),
                    ranks.min_points
                ),
            )
            .help("make the bake longer, or the gate's `step` shorter"),
        );
    }
}

/// Whether the traffic that is expected makes enough evidence in the stage's whole window.
fn check_evidence(
    plan: &Plan,
    index: StageId,
    gate: &Gate,
    model: crate::plan::ModelId,
    at: &Place,
    report: &mut Report,
) {
    let stage = plan.stage(index);
    let counts = matches!(
        gate.kind,
        GateKind::Availability(_)
            | GateKind::Latency(_)
            | GateKind::Compare(_)
            | GateKind::Proportions(_)
    );
    let Some(expected) = plan.traffic.expected_per_minute.filter(|_| counts) else {
        return;
    };
    // How many requests a cohort brings is not known.
    if stage
        .cohorts
        .values()
        .any(|split| !split.of(model).is_zero())
    {
        return;
    }
    let mirrored = stage.mirror.filter(|mirror| mirror.to == model);
    let share =
        stage.split.of(model).as_f64() + mirrored.map_or(0.0, |mirror| mirror.percent.as_f64());
    let window = gate.look(stage.bake).seconds() * u64::from(gate.max_looks);
    #[expect(
        clippy::cast_precision_loss,
        reason = "seconds and counts far below 2^53"
    )]
    let (requests, least) = (
        expected * share / 100.0 * window as f64 / 60.0,
        gate.least_samples() as f64,
    );
    if requests < least {
        let needed = least / (expected * share / 100.0);
        report.push(
            Diagnostic::new(
                Code::GP510,
                at.clone(),
                format!(
                    "about {requests:.0} requests reach `{}` in `{}`, and `{}` needs {least}",
                    plan.model(model).name,
                    stage.name,
                    gate.name
                ),
            )
            .help(format!(
                "bake for {needed:.0}m at least, give it more weight, or lower `minSamples`"
            )),
        );
    }
}
