//! Many gates, one stage: V.

use super::{BEGAN, By, LATE, at, buckets, counters, known, rollout, text, vector};
use crate::compile::{Compiled, Environment, NoFiles, compile};
use crate::diag::Code;
use crate::gate::*;
use crate::text::Source as Text;
use crate::units::Timestamp;

#[test]
fn verdicts_add_up_as_known() {
    for case in known("aggregate").as_array().expect("cases") {
        let deciding = case["gates"]
            .as_array()
            .expect("gates")
            .iter()
            .filter_map(|gate| {
                let gate = gate.as_str().expect("a verdict");
                gate.parse::<Verdict>().ok()
            });
        assert_eq!(Verdict::of_all(deciding).name(), case["stage"], "{case}");
    }
}

#[test]
fn advisory_gates_never_decide() {
    let compiled = rollout(
        "[{name: t, advisory: true, threshold: {query: m, max: 1}}, {name: u, threshold: {query: m, max: 9}}]",
    );
    let source = By(|_: &Query| Ok(vector(&[(&[], 5.0)])));
    let gates = at(&compiled, LATE, &source);
    assert_eq!(gates[0].verdict, Verdict::Fail);
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    let record = Record::new(&compiled.plan, stage, "ml", BEGAN, BEGAN, gates);
    assert_eq!(record.verdict(), Verdict::Pass);
}

/// Gates that judge none of a stage's models have been asked nothing, and that is no pass; a stage without gates has nothing to ask.
#[test]
fn gates_that_judge_nobody_are_no_pass() {
    let compiled = rollout("[{name: t, threshold: {query: m, max: 1}}]");
    let record = |name: &str| {
        let stage = compiled.plan.stage_named(name).expect("the stage");
        Record::new(&compiled.plan, stage, "ml", BEGAN, BEGAN, Vec::new())
    };
    assert_eq!(record("canary").verdict(), Verdict::Error);
    assert_eq!(record("deploy").verdict(), Verdict::Pass);
}

#[test]
fn a_recording_gives_the_same_verdicts() {
    let compiled = rollout(
        "[{name: a, availability: {objective: 99.5%}}, {name: l, latency: {percentile: 95, max: 500ms}}, {name: b, burnRate: {objective: 99.9%, period: 30d}}, {name: t, threshold: {query: m, max: 1}}]",
    );
    let source = By(|query: &Query| {
        Ok(if query.promql.starts_with("istio_requests_total") {
            counters(query, &[("200", 998.0), ("503", 2.0)])
        } else if query.promql.contains("bucket") {
            buckets(&[("500", 990.0), ("+Inf", 1_000.0)])
        } else {
            return Err(Fault::Telemetry("down".to_owned()));
        })
    });
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    let now = Timestamp::from_seconds(BEGAN.seconds() + LATE);
    let first = at(&compiled, LATE, &source);
    let record = Record::new(&compiled.plan, stage, "ml", BEGAN, now, first).write();
    let replay = Replay::read(&record.to_string()).expect("a recording");
    assert_eq!((replay.began, replay.now), (BEGAN, now));
    let again = at(&compiled, LATE, &replay);
    assert_eq!(
        Record::new(&compiled.plan, stage, "ml", BEGAN, now, again).write(),
        record
    );
    assert!(Replay::read("{}").is_err() && Replay::read("x").is_err());
    // A gate that asks something else now is not judged by old answers.
    let changed = rollout("[{name: t, threshold: {query: other, max: 1}}]");
    assert_eq!(at(&changed, LATE, &replay)[0].verdict, Verdict::Error);
}

/// V7: nobody asked, so nothing is missing; but a step may only have forgotten its gates.
#[test]
fn a_stage_without_gates_passes_and_is_warned_of_unless_it_means_it() {
    let compiled = rollout("[]");
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    let none = By(|_: &Query| panic!("there is nothing to ask"));
    let gates = at(&compiled, LATE, &none);
    let record = Record::new(&compiled.plan, stage, "ml", BEGAN, BEGAN, gates);
    assert_eq!(record.verdict(), Verdict::Pass);
    let warned = |compiled: &Compiled| {
        let found = compiled.report.sorted();
        found.iter().any(|one| one.code == Code::GP604)
    };
    assert!(!warned(&compiled));
    let forgotten = text("[]").replace(", gates: []", "");
    let forgotten = compile(
        &Text::new("rollout.yaml", forgotten),
        &NoFiles,
        &Environment::default(),
    )
    .expect("it compiles");
    assert!(warned(&forgotten));
}

/// Who waits for the next look does not wait for a gate that never decides.
#[test]
fn advisory_gates_are_not_waited_for() {
    let compiled = rollout(
        "[{name: t, threshold: {query: m, max: 9}}, {name: u, advisory: true, threshold: {query: m, max: 9, delay: 1h}}]",
    );
    let source = By(|_: &Query| Ok(vector(&[])));
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    let record = |seconds| {
        let gates = at(&compiled, seconds, &source);
        Record::new(&compiled.plan, stage, "ml", BEGAN, BEGAN, gates)
    };
    let of = |moment: Option<Timestamp>| moment.map(|moment| moment.seconds() - BEGAN.seconds());
    let (first, later) = (record(300), record(LATE));
    assert_eq!(
        (of(first.decides()), of(first.deciding())),
        (Some(7_260), Some(3_660))
    );
    assert_eq!(
        (of(later.decides()), of(later.deciding())),
        (Some(7_260), None)
    );
}
