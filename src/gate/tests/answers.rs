//! What answers mean, and what their absence means: Q.

use std::collections::BTreeMap;

use super::{BEGAN, By, LATE, THRESHOLD, at, judged, labels, of_source, rollout, vector};
use crate::gate::query::{Query, Shape, When};
use crate::gate::*;

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
    assert_eq!(verdict(&[(&[], f64::NAN)]).0, Verdict::Error);
    let (infinite, why) = verdict(&[(&[], f64::NEG_INFINITY)]);
    assert_eq!(infinite, Verdict::Error);
    assert!(why.contains("infinite"), "{why}");
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
        {"metric": {"a": "c"}, "value": [1.5, "+Inf"]},
        {"metric": {"a": "d"}, "value": [1.5, "-Inf"]}]}});
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
fn a_scalar_may_have_more_digits_than_a_text_is_shown_with() {
    // Prometheus writes no exponents.
    for value in [5e-324, -1.234_567_890_123_456_7e-290, f64::MAX] {
        let answer = Answer::of(Data::Scalar(1.0, value));
        assert_eq!(Answer::read(&answer.write()).as_ref(), Ok(&answer));
    }
}

#[test]
fn no_text_of_an_answer_acts_on_a_terminal() {
    let hostile = format!("\u{1b}[31m\u{7}\n\u{9b}\u{202e}{}", "x".repeat(3_000));
    let body = serde_json::json!({"warnings": [hostile], "infos": [hostile],
        "data": {"resultType": "vector", "result": [{"metric": {"le": hostile}, "value": [1, "1"]}]}});
    let answer = Answer::read(&body).expect("an answer");
    let Data::Vector(series) = &answer.data else {
        panic!("a vector")
    };
    let value = serde_json::json!({"data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, hostile]}]}});
    let kind = serde_json::json!({"data": {"resultType": hostile, "result": []}});
    let [value, kind] = [value, kind].map(|body| Answer::read(&body).expect_err("no answer"));
    for text in [
        &answer.warnings[0],
        &answer.infos[0],
        series[0].label("le"),
        &value,
        &kind,
    ] {
        assert!(text.contains("␛[31m␇"), "{text}");
        assert!(
            !text.contains(|c: char| c.is_control() || c == '\u{202e}'),
            "{text:?}"
        );
        assert!(text.chars().count() <= 301, "{}", text.len());
    }
}

#[test]
fn a_recorded_fault_does_not_act_on_a_terminal() {
    let asked = serde_json::json!({"name": "q", "promql": "m", "time": "2023-11-14T22:13:20Z",
        "fault": {"question": "\u{1b}[31mred"}});
    let body = serde_json::json!({"version": 2, "stage": "s", "namespace": "n",
        "stageStartedAt": "2023-11-14T22:13:20Z", "evaluatedAt": "2023-11-14T22:13:20Z",
        "gates": [{"asked": [asked]}]});
    let replay = Replay::read(&body.to_string()).expect("a recording");
    let query = Query {
        name: "q".to_owned(),
        promql: "m".to_owned(),
        source: "default".to_owned(),
        shape: Shape::Expression,
        when: When::At(BEGAN),
    };
    let fault = replay.ask(&query).expect_err("a fault");
    assert_eq!(fault, Fault::Question("␛[31mred".to_owned()));
}

#[test]
fn warnings_that_are_null_are_none() {
    let body = serde_json::json!({"warnings": null, "infos": null, "data": {"resultType": "vector", "result": []}});
    let answer = Answer::read(&body).expect("an answer");
    assert!(answer.warnings.is_empty() && answer.infos.is_empty());
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
    // Before the end of the bake nothing is decided by its absence.
    let compiled = rollout("[{name: t, onInconclusive: fail, threshold: {query: m, max: 1}}]");
    let source = By(|_: &Query| Ok(vector(&[])));
    assert_eq!(
        at(&compiled, 1_400, &source)[0].verdict,
        Verdict::Inconclusive
    );
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
    assert_eq!(of(vec![1.0; 11]), Verdict::Pass);
    assert_eq!(of([vec![1.0; 10], vec![6.0]].concat()), Verdict::Fail);
    assert_eq!(of(vec![1.0; 8]), Verdict::Inconclusive);
    let baking = By(|_: &Query| panic!("still baking"));
    assert_eq!(at(&compiled, LATE, &baking)[0].state, State::Baking);
}

/// What no counter can hold, and no sound query return: never "no data", which may pass.
const NO_COUNTS: [f64; 4] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -3.0];

#[test]
fn only_no_series_is_no_data() {
    let kinds = [
        "threshold: {query: m, max: 1}",
        "threshold: {query: m, max: 1, range: true}",
        "availability: {objective: 99%}",
        "availability: {objective: 99%, counts: estimated}",
        "latency: {percentile: 95, max: 250ms}",
        "warmup: 0s, burnRate: {objective: 99.9%, period: 30d}",
        "compare: {sli: latency, percentile: 95, ratio: {max: 1.1}}",
        "compare: {query: 'm{s=\"{{subset}}\"}', ratio: {max: 1.1}}",
        "statistical: {test: proportions, margin: 1pp}",
        "statistical: {test: mannWhitney, direction: increase, query: 'm{s=\"{{subset}}\"}', margin: '1', step: 30s}",
        "statistical: {test: mannWhitney, sli: latency, percentile: 95, direction: increase, margin: 5%, step: 60s}",
        "drift: {metric: score}",
    ];
    for kind in kinds {
        let gate = format!("[{{name: g, noData: pass, because: a test, {kind}}}]");
        // What a query of the team's own returns may be below zero.
        let is_own = kind.contains("query: ");
        let numbers = NO_COUNTS.iter().filter(|odd| !is_own || !odd.is_finite());
        for odd in numbers.copied() {
            let source = By(|query: &Query| Ok(odd_answer(query, odd)));
            let found = at(&rollout(&gate), LATE, &source).remove(0);
            assert_eq!(
                found.verdict,
                Verdict::Error,
                "{gate} on {odd}: {}",
                found.why
            );
        }
    }
}

/// An answer of the type that is asked for, with this value in it.
fn odd_answer(query: &Query, odd: f64) -> Answer {
    let names = [("le", "+Inf"), ("response_code", "200"), ("pod", "a")];
    let end = match query.when {
        When::At(end) | When::Over { end, .. } => end,
    };
    #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
    let end = end.seconds() as f64;
    let is_matrix = matches!(query.shape, Shape::RawCounter { .. })
        || matches!(query.when, When::Over { .. })
        || query.name.ends_with("cells");
    if !is_matrix {
        return vector(&[(&names, odd)]);
    }
    Answer::of(Data::Matrix(vec![Series {
        labels: labels(&names),
        points: match query.when {
            When::At(_) => vec![(end - 120.0, 0.0), (end - 60.0, odd)],
            When::Over { .. } => vec![(end - 30.0, odd), (end, odd)],
        },
    }]))
}

/// Fields in another order, and answers that are not of their own type.
#[test]
fn an_answer_is_read_in_any_order_and_must_be_what_it_says() {
    let read = |data: &str| {
        let body: serde_json::Value =
            serde_json::from_str(&format!(r#"{{"data": {data}}}"#)).expect("JSON");
        Answer::read(&body).map(|answer| answer.data)
    };
    let series = r#"{"value": [0, "2"], "metric": {"a": "b"}, "more": [{}]}"#;
    let late = format!(r#"{{"result": [{series}], "resultType": "vector"}}"#);
    assert_eq!(read(&late), Ok(vector(&[(&[("a", "b")], 2.0)]).data));
    assert_eq!(
        read(r#"{"result": [5, "7"], "resultType": "scalar"}"#),
        Ok(Data::Scalar(5.0, 7.0))
    );
    for wrong in [
        format!(r#"{{"result": [{series}], "resultType": "matrix"}}"#),
        r#"{"result": [{"metric": {}, "values": []}], "resultType": "vector"}"#.to_owned(),
        r#"{"result": [5, "7"], "resultType": "vector"}"#.to_owned(),
        r#"{"result": [5, "x"], "resultType": "scalar"}"#.to_owned(),
        r#"{"result": [], "resultType": "scalar"}"#.to_owned(),
        r#"{"result": [{"value": [1, "2"]}], "resultType": "vector"}"#.to_owned(),
        r#"{"result": [{"metric": {}, "values": []}], "resultType": "matrix"}"#.to_owned(),
        format!(r#"{{"result": [{series}, {series}], "resultType": "vector"}}"#),
    ] {
        assert!(read(&wrong).is_err(), "{wrong}");
    }
}

const ABSENT: &str = "[{name: g, noData: pass, because: a test, availability: {objective: 99%}}]";

/// Nobody was seen, and whether somebody could have been seen cannot be told.
#[test]
fn no_data_of_telemetry_that_fails_is_an_error() {
    let source = By(|query: &Query| {
        if query.name.contains("fitness: ") {
            return Err(Fault::Telemetry("it is down".to_owned()));
        }
        Ok(Answer::of(Data::Matrix(Vec::new())))
    });
    let found = of_source(&rollout(ABSENT), LATE, &source, &BTreeMap::new()).remove(0);
    assert_eq!(found.verdict, Verdict::Error, "{}", found.why);
}

/// What is missing may be where the requests are.
#[test]
fn no_data_of_partial_answers_decides_nothing() {
    let source = By(|_: &Query| {
        Ok(Answer {
            warnings: vec!["a store is down".to_owned()],
            ..Answer::of(Data::Matrix(Vec::new()))
        })
    });
    let found = at(&rollout(ABSENT), LATE, &source).remove(0);
    assert_eq!(found.verdict, Verdict::Inconclusive, "{}", found.why);
    assert!(found.why.contains("partial"), "{}", found.why);
    let victoria = serde_json::json!({
        "isPartial": true, "data": {"resultType": "vector", "result": []}});
    let read = Answer::read(&victoria).expect("an answer");
    assert_eq!(read.warnings.len(), 1);
}
