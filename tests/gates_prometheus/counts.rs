//! Requests, counted: T9, N, A, Q11.

use glidepath::gate::{Data, Query, Shape, Source as _, Verdict, When, first_sample};
use glidepath::units::Timestamp;

use super::server::server;
use super::{BEGAN, client, compiled, is, judged, number};

/// `bad` and `total` of the only gate.
#[track_caller]
fn counted(name: &str, availability: &str, bad: f64, total: f64) {
    let gates = format!("[{{name: a, failFast: false, availability: {{{availability}}}}}]");
    let found = judged(name, &gates).remove(0);
    let near = |key: &str, wanted: f64| (number(&found, key) - wanted).abs() < 0.5;
    assert!(
        near("bad", bad) && near("total", total),
        "{bad} of {total} are wanted: {}",
        found.evidence
    );
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn five_failures_at_birth_are_five_and_restarts_lose_nothing() {
    let found = judged(
        "churn",
        "[{name: exact, availability: {objective: 99.9%}}, {name: estimated, availability: {objective: 99.9%, counts: estimated}}]",
    );
    // 240 scrapes of 25 by one pod. The other starts anew at 1,800 s: from 120 s on 111 to 119 more, 120 later, and so on.
    let window = 120..=3_720;
    let other: i64 = (0..=3_720_i64 / 15)
        .map(|scrape| scrape * 15)
        .filter(|at| *at > *window.start() && at % 1_800 != 0)
        .count()
        .try_into()
        .expect("few");
    #[expect(clippy::cast_precision_loss, reason = "few")]
    let expected = 240.0 * 25.0 + other as f64 + 5.0;
    assert!(
        (number(&found[0], "total") - expected).abs() < 0.5,
        "{} for {expected}",
        found[0].evidence
    );
    assert!(
        (number(&found[0], "bad") - 5.0).abs() < 0.5,
        "{}",
        found[0].evidence
    );
    is(&found[0], Verdict::Pass);
    // What the same server's `increase()` makes of it: no failure at all.
    assert!(
        number(&found[1], "bad").abs() < 0.5,
        "{}",
        found[1].evidence
    );
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn samples_come_back_as_they_were_written() {
    let query = Query {
        name: "raw".to_owned(),
        promql: "istio_requests_total{reporter=\"destination\",destination_workload=\"churn-v2\",response_code=\"503\"}[60s]".to_owned(),
        source: "default".to_owned(),
        shape: Shape::Expression,
        when: When::At(Timestamp::from_seconds(BEGAN + 720)),
    };
    let answer = client(server()).ask(&query).expect("an answer");
    let Data::Matrix(series) = answer.data else {
        panic!("samples")
    };
    assert_eq!(series.len(), 1);
    assert_eq!(series[0].points.len(), 2, "the series is born at 705");
}

/// T9, N1, N2: Prometheus 2 takes a range with both of its ends, and Prometheus 3 without the first; the count is the same.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn what_happens_at_the_start_is_outside_and_at_the_end_inside() {
    counted("edges", "objective: 99%", 0.0, 7.0);
}

/// N5: a series that the proxy drops and makes anew counts from its first value on.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn series_that_come_back_lose_nothing() {
    // 4 and 2 of the one, 9 and 8 of the others; `increase()` loses those.
    counted("evicted", "objective: 99%", 23.0, 2_423.0);
    let found = judged(
        "evicted",
        "[{name: a, failFast: false, availability: {objective: 99%, counts: estimated}}]",
    );
    assert!(number(&found[0], "bad") < 8.5, "{}", found[0].evidence);
}

/// A2, A3, Q11: labels that are not there are good, and both ways of counting agree about it.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn responses_are_good_or_bad_however_they_are_counted() {
    // Of 178 a scrape: 3 without a response, 2 by HTTP and 1 by gRPC failed.
    for (options, bad, total) in [
        ("", 6.0, 178.0),
        (", clientAborts: ignore", 3.0, 175.0),
        (", bad: [4xx]", 9.0, 178.0),
        (", bad: ['grpc:8', 'grpc:5', 503]", 15.0, 178.0),
    ] {
        for counts in ["exact", "estimated"] {
            let availability = format!("objective: 99%, counts: {counts}{options}");
            counted("mixed", &availability, bad * 240.0, total * 240.0);
        }
    }
}

/// A10: in ambient the waypoint counts; nobody else does it for the pods.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_waypoint_counts_where_the_spec_says_so() {
    counted(
        "ambient",
        "objective: 99%, reporter: waypoint",
        240.0,
        2_640.0,
    );
    counted("ambient", "objective: 99%, reporter: source", 0.0, 2_400.0);
    let gates = "[{name: a, failFast: false, availability: {objective: 99%}}]";
    let found = judged("ambient", gates).remove(0);
    is(&found, Verdict::Inconclusive);
    assert!(found.why.contains("no request"), "{}", found.why);
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_stage_begins_no_earlier_than_its_candidate_s_first_sample() {
    let compiled = compiled(
        "churn",
        "ml",
        "[{name: a, availability: {objective: 99.5%}}]",
    );
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    let now = Timestamp::from_seconds(BEGAN + 4_000);
    let first = |began: i64| {
        let times = (Timestamp::from_seconds(began), now);
        first_sample(&compiled.plan, stage, "ml", times, &client(server()))
    };
    // The history begins ten minutes before the stage of the other tests.
    let known = BEGAN - 600;
    let found = first(known - 7_200).expect("a later one").seconds();
    assert!((known..=known + 60).contains(&found), "{found}");
    // However late it is asked, and whenever the commit was, it is the same.
    assert_eq!(first(known - 3_601).expect("the same").seconds(), found);
    assert_eq!(first(BEGAN), None);
    // Nothing is known of a day in which there was nothing.
    assert_eq!(first(known - 100_000), None);
}
