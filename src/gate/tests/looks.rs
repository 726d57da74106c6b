//! When gates look: T, S.

use std::sync::Mutex;

use super::{AVAILABILITY, BEGAN, By, at, counted, counters, known, rollout, vector};
use crate::gate::*;
use crate::units::{Duration, Timestamp};

#[test]
fn looks_are_where_they_were_declared() {
    let known = known("looks");
    let compiled = rollout("[{name: a, bake: 30m, availability: {objective: 99%}}]");
    let schedule = Schedule::new(
        &compiled.plan.gates[0],
        Duration::from_seconds(3_600),
        Timestamp::from_seconds(0),
    );
    for case in known["cases"].as_array().expect("cases") {
        let look = schedule.at(Timestamp::from_seconds(case["T"].as_i64().expect("a time")));
        assert_eq!(u64::from(look.number), case["look"], "{case}");
        assert_eq!(look.state.name(), case["state"], "{case}");
        let window = look
            .window
            .map(|window| [window.start.seconds(), window.end.seconds()]);
        assert_eq!(serde_json::json!(window), case["window"], "{case}");
    }
}

#[test]
fn asking_again_within_a_look_asks_the_same() {
    let compiled = rollout(
        "[{name: a, failFast: false, availability: {objective: 99.5%}}, {name: l, failFast: false, latency: {percentile: 95, max: 500ms}}, {name: m, statistical: {test: mannWhitney, sli: latency, percentile: 95, direction: increase}}]",
    );
    let asked = |seconds: i64| {
        let questions = Mutex::new(Vec::new());
        let source = By(|query: &Query| {
            questions.lock().expect("no panic").push(query.clone());
            Ok(vector(&[]))
        });
        at(&compiled, seconds, &source);
        let mut questions = questions.into_inner().expect("no panic");
        questions.sort();
        questions
    };
    // The first look is at 2m + 20m + 60s.
    assert!(asked(1_379).is_empty());
    let first = asked(1_380);
    assert!(first.len() >= 3);
    assert_eq!(first, asked(2_579));
    assert_ne!(first, asked(2_580));
    for query in &first {
        assert!(!query.promql.contains("{{"), "{query:?}");
        let end = match query.when {
            When::At(end) | When::Over { end, .. } => end,
        };
        assert_eq!(end.seconds() - BEGAN.seconds(), 1_320);
    }
}

#[test]
fn a_stage_that_begins_later_is_an_error() {
    let compiled = rollout(AVAILABILITY);
    let source = By(|query: &Query| Ok(counters(query, &[("200", 1e4)])));
    let found = at(&compiled, -60, &source);
    assert_eq!(found[0].verdict, Verdict::Error);
}

#[test]
fn failing_early_needs_more_than_a_point() {
    let compiled = rollout("[{name: a, availability: {objective: 99.5%}}]");
    let early = |bad: f64| {
        let source = By(|query: &Query| Ok(counters(query, &[("200", 600.0 - bad), ("500", bad)])));
        let found = at(&compiled, 1_000, &source).remove(0);
        (found.verdict, found.early.is_some())
    };
    // 1 % of 600 is above the objective's 0.5 %, and still plausible by chance.
    assert_eq!(early(6.0), (Verdict::Inconclusive, false));
    assert_eq!(early(20.0), (Verdict::Fail, true));
    // Nothing passes early, and nothing is asked in the first minutes.
    assert_eq!(early(0.0), (Verdict::Inconclusive, false));
    let asked = By(|_: &Query| panic!("too early"));
    assert_eq!(at(&compiled, 400, &asked)[0].verdict, Verdict::Inconclusive);
}

#[test]
fn the_bake_that_evidence_needs_follows_from_the_traffic() {
    let mut compiled = rollout(
        "[{name: a, availability: {objective: 99.5%}}, {name: p, maxLooks: 1, statistical: {test: proportions, margin: 0.2pp}}]",
    );
    compiled.plan.traffic.expected_per_minute = Some(600.0);
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    let found = needs(&compiled.plan, stage);
    // 10 % of 600 a minute is one a second, after a warm-up of two minutes.
    assert_eq!(found[0].requests, 200);
    assert_eq!(found[0].bake, Some(Wait::For(Duration::from_seconds(320))));
    // Stable gets nine times as many: ceil(z² · p(1-p)(1 + 1/9) / m²) with p = m = 0.002 and z = 1.645 + 0.842.
    assert_eq!(found[1].requests, 3_428);
    assert_eq!(
        found[1].bake,
        Some(Wait::For(Duration::from_seconds(3_548)))
    );
}

/// T6: after a look, the last look's length of time is watched; it can fail a gate that has just passed.
#[test]
fn between_looks_the_time_since_is_watched() {
    let compiled = rollout("[{name: a, availability: {objective: 99.5%}}]");
    // 1,000 requests up to the first look's end, and then 30 failures of 600.
    let source = By(|query: &Query| {
        let When::At(end) = query.when else {
            panic!("counts are asked at one time")
        };
        let late = end.seconds() - BEGAN.seconds() > 1_320;
        let bad = if late { 30.0 } else { 0.0 };
        Ok(counters(query, &[("200", 600.0 - bad), ("500", bad)]))
    });
    let found = |seconds| at(&compiled, seconds, &source).remove(0);
    assert_eq!(found(1_380).verdict, Verdict::Pass);
    let later = found(1_700);
    assert_eq!((later.verdict, later.look.number), (Verdict::Fail, 1));
    // The trailing 20 minutes, up to a minute ago.
    let window = later.early.expect("it failed early");
    let of = |moment: Timestamp| moment.seconds() - BEGAN.seconds();
    assert_eq!((of(window.start), of(window.end)), (440, 1_640));
    let compiled = rollout("[{name: a, failFast: false, availability: {objective: 99.5%}}]");
    assert_eq!(at(&compiled, 1_700, &source)[0].verdict, Verdict::Pass);
}

/// S2: what is sure enough for one look is not for one of ten.
#[test]
fn each_of_many_looks_must_be_surer() {
    let of = |looks: u32| {
        let gates = format!(
            "[{{name: a, failFast: false, maxLooks: {looks}, availability: {{objective: 99%, confidence: 95%}}}}]"
        );
        counted(&gates, &[("200", 348.0)])
    };
    let level = |found: &Evidence| {
        let mut numbers = found.numbers.iter();
        numbers
            .find(|(key, _)| *key == "confidence")
            .expect("it is told")
            .1
    };
    let (one, ten) = (of(1), of(10));
    assert_eq!(
        (one.verdict, ten.verdict),
        (Verdict::Pass, Verdict::Inconclusive)
    );
    assert!((level(&one) - 0.95).abs() < 1e-12 && (level(&ten) - 0.995).abs() < 1e-12);
}
