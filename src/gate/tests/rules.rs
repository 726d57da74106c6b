//! The rules of judging, one by one.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde_json::Value;

use super::{BEGAN, By, at, at_with, buckets, counters, labels, rollout, vector};
use crate::gate::kinds::{compare, ranks};
use crate::gate::stats::{mann_whitney, median, newcombe};
use crate::gate::*;
use crate::plan::GateKind;
use crate::units::{Bake, Moment};

/// After the last look of every gate here.
const LATE: i64 = 4_000;

fn known(section: &str) -> Value {
    let text = include_str!("../../../fixtures/stats/known-answers.json");
    serde_json::from_str::<Value>(text).expect("the known answers are JSON")[section].clone()
}

/// The only gate's evidence after the last look, where every question gets this answer.
fn judged(gates: &str, answer: &Answer) -> Evidence {
    let compiled = rollout(gates);
    let source = By(|_: &Query| Ok(answer.clone()));
    at(&compiled, LATE, &source).remove(0)
}

fn counted(gates: &str, codes: &[(&str, f64)]) -> Evidence {
    let compiled = rollout(gates);
    let source = By(|query: &Query| Ok(counters(query, codes)));
    at(&compiled, LATE, &source).remove(0)
}

const AVAILABILITY: &str = "[{name: a, failFast: false, availability: {objective: 99.5%}}]";
const THRESHOLD: &str = "[{name: t, failFast: false, threshold: {query: 'max(m)', max: 50}}]";

#[test]
fn looks_are_where_they_were_declared() {
    let known = known("looks");
    let compiled = rollout("[{name: a, bake: 30m, availability: {objective: 99%}}]");
    let schedule = Schedule::new(
        &compiled.plan.gates[0],
        Bake::from_seconds(3_600),
        Moment::from_seconds(0),
    );
    for case in known["cases"].as_array().expect("cases") {
        let look = schedule.at(Moment::from_seconds(case["T"].as_i64().expect("a time")));
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
fn answers_are_read_as_the_rules_say() {
    let verdict = |values: &[(&[(&str, &str)], f64)]| {
        let found = judged(THRESHOLD, &vector(values));
        (found.verdict, found.why)
    };
    // Q1, Q2, Q3, Q6
    assert_eq!(verdict(&[]).0, Verdict::Inconclusive);
    assert_eq!(verdict(&[(&[], 50.0)]).0, Verdict::Pass);
    assert_eq!(verdict(&[(&[], 50.1)]).0, Verdict::Fail);
    let (two, why) = verdict(&[(&[("pod", "a")], 1.0), (&[("pod", "b")], 2.0)]);
    assert_eq!(two, Verdict::Error);
    assert!(why.contains("aggregate"), "{why}");
    assert_eq!(verdict(&[(&[], f64::NAN)]).0, Verdict::Inconclusive);
    let (infinite, why) = verdict(&[(&[], f64::NEG_INFINITY)]);
    assert_eq!(infinite, Verdict::Inconclusive);
    assert!(why.contains("non-finite"), "{why}");
    // Q4
    let scalar = judged(THRESHOLD, &Answer::of(Data::Scalar(0.0, 7.0)));
    assert_eq!(scalar.verdict, Verdict::Pass);
    for wrong in [Data::String("x".to_owned()), Data::Matrix(Vec::new())] {
        assert_eq!(
            judged(THRESHOLD, &Answer::of(wrong)).verdict,
            Verdict::Error
        );
    }
    // Q3 with `reduce`
    let reduced = "[{name: t, threshold: {query: m, max: 3, reduce: sum}}]";
    let both = vector(&[(&[("pod", "a")], 1.0), (&[("pod", "b")], 2.0)]);
    assert_eq!(judged(reduced, &both).value, "3");
}

#[test]
fn numbers_are_prometheus_numbers() {
    let body = serde_json::json!({"data": {"resultType": "vector", "result": [
        {"metric": {"a": "b"}, "value": [1.5, "1e3"]},
        {"metric": {}, "value": [1.5, "NaN"]},
        {"metric": {}, "value": [1.5, "+Inf"]},
        {"metric": {}, "value": [1.5, "-Inf"]}]}});
    let answer = Answer::read(&body).expect("an answer");
    let Data::Vector(series) = &answer.data else {
        panic!("a vector")
    };
    let values: Vec<String> = series
        .iter()
        .map(|one| one.points[0].1.to_string())
        .collect();
    assert_eq!(values, ["1000", "NaN", "inf", "-inf"]);
    let again = answer.write();
    assert_eq!(again["data"]["result"][1]["value"][1], "NaN");
    assert_eq!(again["data"]["result"][3]["value"][1], "-Inf");
    let text = serde_json::json!({"data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "one"]}]}});
    assert!(Answer::read(&text).is_err());
}

#[test]
fn partial_data_never_passes() {
    let warned = |value: f64| Answer {
        warnings: vec!["a store is down".to_owned()],
        infos: vec!["PromQL info: an info".to_owned()],
        ..vector(&[(&[], value)])
    };
    assert_eq!(
        judged(THRESHOLD, &warned(1.0)).verdict,
        Verdict::Inconclusive
    );
    assert_eq!(judged(THRESHOLD, &warned(51.0)).verdict, Verdict::Fail);
    let informed = Answer {
        warnings: Vec::new(),
        ..warned(1.0)
    };
    assert_eq!(judged(THRESHOLD, &informed).verdict, Verdict::Pass);
}

#[test]
fn unreachable_telemetry_is_neither_pass_nor_fail() {
    let compiled = rollout(
        "[{name: a, noData: fail, availability: {objective: 99.5%}}, {name: t, noData: pass, because: x, threshold: {query: m, max: 1}}]",
    );
    let source = By(|_: &Query| Err(Fault::Telemetry("down".to_owned())));
    for found in at(&compiled, LATE, &source) {
        assert_eq!(found.verdict, Verdict::Error, "{}", found.gate);
    }
}

#[test]
fn no_data_means_what_the_spec_says() {
    let of = |options: &str| {
        judged(
            &format!("[{{name: t, {options} threshold: {{query: m, max: 1}}}}]"),
            &vector(&[]),
        )
    };
    assert_eq!(of("").verdict, Verdict::Inconclusive);
    assert_eq!(of("noData: fail,").verdict, Verdict::Fail);
    assert_eq!(
        of("noData: pass, because: it is new,").verdict,
        Verdict::Pass
    );
    assert_eq!(of("onInconclusive: fail,").verdict, Verdict::Fail);
    assert_eq!(
        of("onInconclusive: pass, because: late,").verdict,
        Verdict::Pass
    );
    // Before the last look nothing is decided by its absence.
    let compiled = rollout("[{name: t, onInconclusive: fail, threshold: {query: m, max: 1}}]");
    let source = By(|_: &Query| Ok(vector(&[])));
    assert_eq!(
        at(&compiled, 1_400, &source)[0].verdict,
        Verdict::Inconclusive
    );
}

#[test]
fn five_failures_at_birth_are_five_failures() {
    // The series is born at 5: `increase()` would say 0.
    let found = counted(AVAILABILITY, &[("200", 395.0), ("503", 5.0)]);
    assert_eq!(found.evidence, "5 bad of 400 requests");
    assert_eq!(found.verdict, Verdict::Fail);
}

#[test]
fn responses_are_good_or_bad_as_envoy_sees_them() {
    let source = By(|query: &Query| {
        let mut answer = counters(
            query,
            &[
                ("200", 900.0),
                ("404", 50.0),
                ("429", 20.0),
                ("0", 3.0),
                ("503", 2.0),
            ],
        );
        let Data::Matrix(series) = &mut answer.data else {
            panic!("a matrix")
        };
        let time = series[0].points[0].0;
        for (status, count) in [("0", 1_000.0), ("5", 7.0), ("14", 4.0), ("8", 6.0)] {
            series.push(Series {
                labels: labels(&[("response_code", "200"), ("grpc_response_status", status)]),
                points: vec![(time, count)],
            });
        }
        Ok(answer)
    });
    let evidence = |options: &str| {
        let gates =
            format!("[{{name: a, failFast: false, availability: {{objective: 99.5%{options}}}}}]");
        at(&rollout(&gates), LATE, &source).remove(0).evidence
    };
    assert_eq!(evidence(""), "9 bad of 1,992 requests");
    assert_eq!(
        evidence(", clientAborts: ignore"),
        "6 bad of 1,989 requests"
    );
    assert_eq!(evidence(", bad: [4xx]"), "70 bad of 1,992 requests");
    assert_eq!(
        evidence(", bad: ['grpc:8', 503]"),
        "8 bad of 1,992 requests"
    );
}

#[test]
fn availability_needs_evidence_and_keeps_to_its_objective() {
    let verdict = |good: f64, bad: f64| {
        let found = counted(AVAILABILITY, &[("200", good), ("500", bad)]);
        (found.verdict, found.numbers)
    };
    assert_eq!(verdict(0.0, 0.0).0, Verdict::Inconclusive);
    // 200 requests at least; 1 failure is what they allow.
    assert_eq!(verdict(198.0, 1.0).0, Verdict::Inconclusive);
    assert_eq!(verdict(100.0, 2.0).0, Verdict::Fail);
    assert_eq!(verdict(199.0, 1.0).0, Verdict::Pass);
    assert_eq!(verdict(198.0, 2.0).0, Verdict::Fail);
    // Every request failed: 0 of 300, which is not the same as no data.
    assert_eq!(verdict(0.0, 300.0).0, Verdict::Fail);
    assert_eq!(verdict(300.0, 0.0).0, Verdict::Pass);
    let bounded = "[{name: a, failFast: false, maxLooks: 1, availability: {objective: 99%, confidence: 95%}}]";
    let of = |good: f64, bad: f64| counted(bounded, &[("200", good), ("500", bad)]).verdict;
    assert_eq!(of(200.0, 0.0), Verdict::Inconclusive);
    assert_eq!(of(1_000.0, 0.0), Verdict::Pass);
    assert_eq!(of(1_000.0, 5.0), Verdict::Inconclusive);
    assert_eq!(of(1_000.0, 30.0), Verdict::Fail);
}

#[test]
fn estimated_counts_say_so() {
    let gates = "[{name: a, failFast: false, availability: {objective: 99%, counts: estimated, clientAborts: ignore}}]";
    let source = By(|query: &Query| {
        let good = query
            .promql
            .contains("response_code!~\"5..|0\",grpc_response_status!~\"2|4|12|13|14|15\"");
        assert!(query.promql.contains("response_code!=\"0\""));
        Ok(vector(&[(&[], if good { 996.7 } else { 1_000.2 })]))
    });
    let found = at(&rollout(gates), LATE, &source).remove(0);
    assert_eq!(found.evidence, "4 bad of 1,000 requests");
    assert_eq!(found.notes, ["counts: estimated"]);
    let absent = By(|query: &Query| {
        Ok(if query.name == "requests" {
            vector(&[(&[], 500.0)])
        } else {
            vector(&[])
        })
    });
    assert_eq!(at(&rollout(gates), LATE, &absent)[0].verdict, Verdict::Fail);
}

const LATENCY: &str = "[{name: l, failFast: false, latency: {percentile: 95, max: 500ms}}]";

#[test]
fn latency_is_the_share_within_the_limit() {
    // Exactly 95 % within the bound; `250` and `250.0` are one bound.
    let exact = [
        ("250", 600.0),
        ("250.0", 100.0),
        ("500", 950.0),
        ("1000", 990.0),
        ("+Inf", 1_000.0),
    ];
    let found = judged(LATENCY, &buckets(&exact));
    assert_eq!(
        (found.verdict, found.notes.len()),
        (Verdict::Pass, 0),
        "{}",
        found.why
    );
    let slow = [("250", 700.0), ("500", 949.0), ("+Inf", 1_000.0)];
    assert_eq!(judged(LATENCY, &buckets(&slow)).verdict, Verdict::Fail);
    // Between two bounds: interpolated, and said.
    let between = [("250", 900.0), ("1000", 1_000.0), ("+Inf", 1_000.0)];
    let found = judged(LATENCY, &buckets(&between));
    assert_eq!(found.verdict, Verdict::Fail);
    assert!(
        found.notes[0].contains("90 % within 250 ms and 100 % within 1 s"),
        "{:?}",
        found.notes
    );
    // Above the last finite bound nothing is within any limit.
    let beyond = "[{name: l, failFast: false, latency: {percentile: 99, max: 10s}}]";
    let lost = [("5000", 0.0), ("+Inf", 2_000.0)];
    assert_eq!(judged(beyond, &buckets(&lost)).verdict, Verdict::Fail);
    // Too few, none, and no +Inf.
    let few = [("500", 199.0), ("+Inf", 199.0)];
    assert_eq!(
        judged(LATENCY, &buckets(&few)).verdict,
        Verdict::Inconclusive
    );
    assert_eq!(
        judged(LATENCY, &buckets(&[])).verdict,
        Verdict::Inconclusive
    );
    assert_eq!(
        judged(LATENCY, &buckets(&[("500", 300.0)])).verdict,
        Verdict::Error
    );
}

#[test]
fn latency_asks_for_successful_requests_only() {
    let asked = |gates: &str| {
        let compiled = rollout(gates);
        let occasion = Occasion {
            stage: compiled.plan.stage_index("canary").expect("the stage"),
            namespace: "ml",
            began: BEGAN,
            now: Moment::from_seconds(BEGAN.seconds() + LATE),
            references: &BTreeMap::new(),
        };
        let found = preview(&compiled.plan, &occasion, &compiled.plan.gates[0]);
        found[0].2[0].promql.clone()
    };
    assert_eq!(
        asked(LATENCY),
        "sum by (le) (increase(istio_request_duration_milliseconds_bucket{reporter=\"destination\",destination_workload_namespace=\"ml\",destination_workload=\"churn-v2\",response_code=~\"2..\",grpc_response_status=~\"0|\"}[3600s]))"
    );
    assert_eq!(
        asked("[{name: l, latency: {percentile: 95, max: 500ms, metric: ttft_seconds}}]"),
        "sum by (le) (increase(ttft_seconds_bucket{namespace=\"ml\",pod=~\"churn-v2-[a-z0-9]{5,10}-[a-z0-9]{5}\"}[3600s]))"
    );
    assert_eq!(
        asked(AVAILABILITY),
        "istio_requests_total{reporter=\"destination\",destination_workload_namespace=\"ml\",destination_workload=\"churn-v2\"}[3900s]"
    );
}

#[test]
fn names_are_those_that_are_emitted() {
    let compiled = rollout(AVAILABILITY);
    let stage = compiled.plan.stage_index("canary").expect("the stage");
    let candidate = compiled.plan.judged(&compiled.plan.gates[0], stage)[0];
    let target = Target::new(&compiled.plan, candidate, "ml", "");
    let deployments: Vec<String> = compiled
        .objects(stage)
        .iter()
        .filter(|object| object.id.kind == "Deployment")
        .map(|object| object.id.name.clone())
        .collect();
    assert!(deployments.contains(&target.workload), "{deployments:?}");
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
fn advisory_gates_never_decide() {
    let compiled = rollout(
        "[{name: t, advisory: true, threshold: {query: m, max: 1}}, {name: u, threshold: {query: m, max: 9}}]",
    );
    let source = By(|_: &Query| Ok(vector(&[(&[], 5.0)])));
    let gates = at(&compiled, LATE, &source);
    assert_eq!(gates[0].verdict, Verdict::Fail);
    let stage = compiled.plan.stage_index("canary").expect("the stage");
    let record = Record::new(&compiled.plan, stage, "ml", BEGAN, BEGAN, gates);
    assert_eq!(record.verdict(), Verdict::Pass);
}

#[test]
fn ranges_and_delays() {
    let gates = "[{name: t, failFast: false, threshold: {query: m, max: 5, range: true, step: 5m, minPoints: 3, delay: 1h}}]";
    let compiled = rollout(gates);
    let of = |values: Vec<f64>| {
        let source = By(move |query: &Query| {
            let When::Over { start, step, .. } = query.when else {
                panic!("a range")
            };
            assert_eq!(
                (start.seconds() - BEGAN.seconds(), step),
                (120 + 3_600 + 300, 300)
            );
            let points = (0_u32..).zip(values.iter().copied());
            let points = points.map(|(at, value)| (f64::from(at), value)).collect();
            Ok(Answer::of(Data::Matrix(vec![Series {
                labels: labels(&[]),
                points,
            }])))
        });
        at(&compiled, LATE + 3_600, &source).remove(0).verdict
    };
    assert_eq!(of(vec![1.0; 12]), Verdict::Pass);
    assert_eq!(of([vec![1.0; 11], vec![6.0]].concat()), Verdict::Fail);
    assert_eq!(of(vec![1.0; 9]), Verdict::Inconclusive);
    let baking = By(|_: &Query| panic!("still baking"));
    assert_eq!(at(&compiled, LATE, &baking)[0].look.state, State::Baking);
}

#[test]
fn comparisons_are_the_known_ones() {
    let compiled = rollout(
        "[{name: c, compare: {query: m, ratio: {max: 1.1}}}, {name: d, compare: {query: m, ratio: {max: 1.1}, ignoreBelow: 5}}]",
    );
    for case in known("decision_compare").as_array().expect("cases") {
        let number = |key: &str| case[key].as_f64().unwrap_or(f64::NAN);
        let source = By(|query: &Query| {
            let side = if query.name.starts_with("stable") {
                "stable"
            } else {
                "candidate"
            };
            Ok(vector(&[(&[], number(side))]))
        });
        let which = usize::from(case["ignore_below"].is_number());
        let found = at(&compiled, LATE, &source).remove(which);
        assert_eq!(
            found.verdict.name(),
            case["verdict"],
            "{case}: {}",
            found.why
        );
    }
    let GateKind::Compare(gate) = &compiled.plan.gates[0].kind else {
        panic!("a comparison")
    };
    // Nothing has a ratio to zero.
    assert_eq!(compare::decide(gate, 1.0, 0.0).0, Verdict::Inconclusive);
    assert_eq!(compare::decide(gate, 1.1001, 1.0).0, Verdict::Fail);
}

#[test]
fn percentiles_in_one_bucket_are_told() {
    let gates = "[{name: c, compare: {sli: latency, percentile: 95, ratio: {max: 1.1}}}]";
    let compiled = rollout(gates);
    let source = By(|query: &Query| {
        let slow = if query.name.starts_with("stable") {
            960.0
        } else {
            951.0
        };
        Ok(buckets(&[
            ("250", 900.0),
            ("500", slow),
            ("1000", 1_000.0),
            ("+Inf", 1_000.0),
        ]))
    });
    let found = at(&compiled, LATE, &source).remove(0);
    assert!(
        found.notes[0].contains("interpolation"),
        "{:?}",
        found.notes
    );
}

#[test]
fn shares_are_compared_by_their_bounds() {
    let vectors = known("two_proportion");
    for case in known("decision_proportions").as_array().expect("cases") {
        let vector = vectors.as_array().expect("vectors").iter();
        let mut vector = vector.filter(|vector| vector["name"] == case["vector"]);
        let Some(vector) = vector.next() else {
            continue;
        };
        let count = |key: &str| vector[key].as_f64().expect("a count");
        let margin = case["margin"].as_f64().expect("a margin") * 100.0;
        let gates = format!(
            "[{{name: p, maxLooks: 1, minSamples: 1, statistical: {{test: proportions, margin: {margin:.3}pp, confidence: 95%}}}}]"
        );
        let source = By(|query: &Query| {
            let side = if query.name.starts_with("stable") {
                "stable"
            } else {
                "candidate"
            };
            let (bad, all) = (count(&format!("bad_{side}")), count(&format!("n_{side}")));
            Ok(counters(query, &[("200", all - bad), ("500", bad)]))
        });
        let found = at(&rollout(&gates), LATE, &source).remove(0);
        assert_eq!(
            found.verdict.name(),
            case["verdict"],
            "{case}: {}",
            found.why
        );
        let number = |name: &str| {
            found
                .numbers
                .iter()
                .find(|(key, _)| *key == name)
                .expect("a number")
                .1
        };
        for bound in ["lower", "upper"] {
            assert!((number(bound) - case[bound].as_f64().expect("a bound")).abs() < 1e-9);
        }
    }
    // Two failures prove nothing, however few requests there were.
    assert!(newcombe((2, 300), (0, 100_000), 0.95).lower > 0.0);
    let gates =
        "[{name: p, maxLooks: 1, statistical: {test: proportions, margin: 0pp, confidence: 95%}}]";
    let source = By(|query: &Query| {
        let stable = query.name.starts_with("stable");
        Ok(counters(
            query,
            if stable {
                &[("200", 1e5)]
            } else {
                &[("200", 298.0), ("500", 2.0)]
            },
        ))
    });
    assert_eq!(
        at(&rollout(gates), LATE, &source)[0].verdict,
        Verdict::Inconclusive
    );
}

#[test]
fn shifts_are_judged_as_known() {
    use crate::plan::gates::Direction;
    let vectors = known("mann_whitney");
    let mut found = 0;
    for case in known("decision_mann_whitney").as_array().expect("cases") {
        let vector = vectors.as_array().expect("vectors").iter();
        let Some(vector) = vector
            .clone()
            .find(|vector| vector["name"] == case["vector"])
        else {
            continue;
        };
        let side = |key: &str| -> Vec<f64> {
            let points = vector[key].as_array().expect("points").iter();
            points
                .map(|point| point.as_f64().expect("a number"))
                .collect()
        };
        let (x, y) = (side("x"), side("y"));
        let level = case["confidence_one_sided"].as_f64().expect("a level");
        let bounds = mann_whitney(&x, &y).bounds(level, 1.0);
        let margin = case["relative_margin"].as_f64().expect("a margin") * median(&y).abs();
        let direction = match case["direction"].as_str() {
            Some("increase") => Direction::Increase,
            Some("decrease") => Direction::Decrease,
            _ => Direction::Either,
        };
        let verdict = ranks::decide(direction, bounds, margin);
        assert_eq!(
            verdict.name(),
            case["verdict_ignoring_min_points"],
            "{case}"
        );
        found += 1;
    }
    assert!(found >= 2, "the cases name vectors");
}

#[test]
fn series_are_compared_step_by_step() {
    let gates = "[{name: m, maxLooks: 1, statistical: {test: mannWhitney, query: 'avg(m{s=\"{{subset}}\"})', step: 1m, direction: increase, margin: 5%}}]";
    let compiled = rollout(gates);
    let of = |factor: f64, every: u32| {
        let source = By(move |query: &Query| {
            let When::Over { start, end, step } = query.when else {
                panic!("a range")
            };
            assert_eq!((start.seconds(), step), (BEGAN.seconds() + 180, 60));
            let steps = u32::try_from((end.seconds() - start.seconds()) / 60).expect("few") + 1;
            let candidate = query.promql.contains("\"v2\"");
            #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
            let points = (0..steps).filter(|at| at % every == 0).map(|at| {
                let wave =
                    100.0 + 30.0 * (f64::from(at) / 9.0).sin() + f64::from(at * 7 % 5) / 10.0;
                let noise = f64::from(at * 31 % 17) / 17.0;
                (
                    start.seconds() as f64 + f64::from(at) * 60.0,
                    if candidate {
                        wave * factor + noise
                    } else {
                        wave
                    },
                )
            });
            Ok(Answer::of(Data::Matrix(vec![Series {
                labels: labels(&[]),
                points: points.collect(),
            }])))
        });
        at(&compiled, LATE, &source).remove(0).verdict
    };
    assert_eq!(of(1.0, 1), Verdict::Pass);
    assert_eq!(of(1.2, 1), Verdict::Fail);
    // Half of the steps are too few of them.
    assert_eq!(of(1.0, 2), Verdict::Inconclusive);
}

#[test]
fn budgets_are_judged_over_two_windows() {
    let gates = "[{name: b, failFast: false, bake: 2h, maxLooks: 1, burnRate: {objective: 99.9%, period: 30d}}]";
    let compiled = rollout(gates);
    let of = |early_bad: f64, late_bad: f64, per_hour: f64| {
        let source = By(move |query: &Query| {
            let When::At(end) = query.when else {
                panic!("one time")
            };
            #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
            let end = end.seconds() as f64;
            let one = |code: &str, points: Vec<(f64, f64)>| Series {
                labels: labels(&[("response_code", code)]),
                points,
            };
            Ok(Answer::of(Data::Matrix(vec![
                one(
                    "200",
                    vec![
                        (end - 3_500.0, per_hour * 0.9),
                        (end - 400.0, per_hour * 0.9),
                        (end - 60.0, per_hour),
                    ],
                ),
                one(
                    "503",
                    vec![
                        (end - 3_500.0, early_bad),
                        (end - 400.0, early_bad),
                        (end - 60.0, early_bad + late_bad),
                    ],
                ),
            ])))
        });
        at(&compiled, 7_400, &source).remove(0).verdict
    };
    assert_eq!(of(260.0, 40.0, 10_000.0), Verdict::Fail);
    assert_eq!(of(300.0, 0.0, 10_000.0), Verdict::Pass);
    assert_eq!(of(0.0, 1.0, 40.0), Verdict::Inconclusive);
}

#[test]
fn drift_is_judged_as_known() {
    let vectors = known("drift");
    let mut found = 0;
    for case in known("decision_drift").as_array().expect("cases") {
        let Some(vector) = vectors
            .as_array()
            .expect("vectors")
            .iter()
            .find(|vector| vector["name"] == case["vector"])
        else {
            continue;
        };
        let gates = format!(
            "[{{name: d, drift: {{metric: score, measure: psi, max: {}, minSamples: {}}}}}]",
            case["max"], case["min_samples"]
        );
        let source = By(|query: &Query| {
            let side = if query.name.starts_with("stable") {
                "reference"
            } else {
                "candidate"
            };
            let bounds = vector["le"].as_array().expect("bounds").iter();
            let counts = vector[format!("{side}_cumulative")]
                .as_array()
                .expect("counts")
                .iter();
            let text = |bound: &Value| {
                bound
                    .as_str()
                    .map_or_else(|| bound.to_string(), str::to_owned)
            };
            let pairs: Vec<(String, f64)> = bounds
                .map(text)
                .zip(counts.map(|count| count.as_f64().expect("a count")))
                .collect();
            let pairs: Vec<(&str, f64)> = pairs
                .iter()
                .map(|(bound, count)| (bound.as_str(), *count))
                .collect();
            Ok(buckets(&pairs))
        });
        let judged = at(&rollout(&gates), LATE, &source).remove(0);
        assert_eq!(
            judged.verdict.name(),
            case["verdict"],
            "{case}: {}",
            judged.why
        );
        found += 1;
    }
    assert!(found >= 3, "the cases name vectors");
}

#[test]
fn drift_takes_recorded_counts_and_categories() {
    let gates = "[{name: d, drift: {metric: predictions_total, categories: class, reference: drift.json, measure: jsDistance}}]";
    let references = BTreeMap::from([(
        "drift.json".to_owned(),
        r#"{"recorded": "2026-08-01", "counts": {"cat": 5000, "dog": 3000, "other": 2000}}"#
            .to_owned(),
    )]);
    let compiled = rollout(gates);
    let source = By(|query: &Query| {
        assert!(
            query
                .promql
                .starts_with("sum by (class) (increase(predictions_total{")
        );
        Ok(vector(&[
            (&[("class", "cat")], 400.0),
            (&[("class", "dog")], 350.0),
            (&[("class", "bird")], 250.0),
        ]))
    });
    let found = at_with(&compiled, LATE, &source, &references).remove(0);
    assert_eq!(found.verdict, Verdict::Fail);
    assert_eq!(found.notes, ["only the candidate has `bird`"]);
    assert_eq!(at(&compiled, LATE, &source)[0].verdict, Verdict::Error);
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
    let stage = compiled.plan.stage_index("canary").expect("the stage");
    let now = Moment::from_seconds(BEGAN.seconds() + LATE);
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

#[test]
fn the_bake_that_evidence_needs_follows_from_the_traffic() {
    let mut compiled = rollout(
        "[{name: a, availability: {objective: 99.5%}}, {name: p, maxLooks: 1, statistical: {test: proportions, margin: 0.2pp}}]",
    );
    compiled.plan.traffic.expected_per_minute = Some(600.0);
    let stage = compiled.plan.stage_index("canary").expect("the stage");
    let found = needs(&compiled.plan, stage);
    // 10 % of 600 a minute is one a second, after a warm-up of two minutes.
    assert_eq!(found[0].requests, 200);
    assert_eq!(found[0].bake, Some(Bake::from_seconds(320)));
    // Stable gets nine times as many: ceil(z² · p(1-p)(1 + 1/9) / m²) with p = m = 0.002 and z = 1.645 + 0.842.
    assert_eq!(found[1].requests, 3_428);
    assert_eq!(found[1].bake, Some(Bake::from_seconds(3_548)));
}
