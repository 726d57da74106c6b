//! Times: L.

use glidepath::gate::{Data, Query, Shape, Source as _, Verdict, When};
use glidepath::units::Timestamp;

use super::server::server;
use super::{BEGAN, client, is, judged, number};

/// The value of an instant query at the end of every window here.
fn asked(promql: &str) -> f64 {
    let query = Query {
        name: "value".to_owned(),
        promql: promql.to_owned(),
        source: "default".to_owned(),
        shape: Shape::Expression,
        when: When::At(Timestamp::from_seconds(BEGAN + 3_720)),
    };
    let Data::Vector(series) = client(server()).ask(&query).expect("an answer").data else {
        panic!("a vector")
    };
    series[0].points[0].1
}

fn quantile(share: f64, workload: &str) -> f64 {
    asked(&format!(
        "histogram_quantile({share}, sum by (le) (increase(istio_request_duration_milliseconds_bucket{{destination_workload=\"{workload}\",response_code=\"200\"}}[3600s])))"
    ))
}

/// L1: failures that are at once do not make the answers fast.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn fast_failures_are_no_fast_answers() {
    let gates = "[{name: l, failFast: false, latency: {percentile: 95, max: 500ms}}]";
    let found = judged("hasty", gates).remove(0);
    is(&found, Verdict::Fail);
    assert!((number(&found, "within") - 0.9).abs() < 1e-6);
    assert!((number(&found, "total") - 4_800.0).abs() < 0.5);
}

/// L2: between two bounds the share is interpolated, and the exact ones are told.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_limit_between_two_bounds_is_told() {
    let gates = "[{name: l, failFast: false, latency: {percentile: 95, max: 700ms}}]";
    let found = judged("churn", gates).remove(0);
    is(&found, Verdict::Pass);
    assert!((number(&found, "within") - 0.976).abs() < 1e-6);
    assert!(
        found.notes[0].contains("96 % within 500 ms and 100 % within 1 s"),
        "{:?}",
        found.notes
    );
}

/// L3: the server's own percentile would be the last finite bound, and pass.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn above_the_last_bound_nothing_is_in_time() {
    let gates = "[{name: l, failFast: false, latency: {percentile: 99, max: 10s}}]";
    let found = judged("endless", gates).remove(0);
    is(&found, Verdict::Fail);
    assert!(number(&found, "within").abs() < 1e-9);
    assert!((quantile(0.99, "endless-v2") - 10_000.0).abs() < 1e-9);
}

/// L4: the percentile that is reported is the server's.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn percentiles_are_the_servers_own() {
    for (name, percentile) in [("churn", 95), ("churn", 50), ("worse", 99), ("pods", 91)] {
        let gates = format!(
            "[{{name: l, failFast: false, latency: {{percentile: {percentile}, max: 500ms}}}}]"
        );
        let found = judged(name, &gates).remove(0);
        // Prometheus 2 keeps `500` and `500.0` apart only where one pod writes both: its own answer adds them too.
        let own = quantile(f64::from(percentile) / 100.0, &format!("{name}-v2")) / 1_000.0;
        let ours = number(&found, "quantileSeconds");
        assert!(
            (ours - own).abs() <= own * 1e-9,
            "p{percentile} of {name}: {ours}, and {own} of the server"
        );
    }
}

/// L5, L8: one histogram of both pods, however they write its bounds; percentiles are not averaged.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn pods_are_added_up_before_anything_is_computed() {
    let gates = "[{name: l, failFast: false, latency: {percentile: 95, max: 500ms}}]";
    let found = judged("pods", gates).remove(0);
    is(&found, Verdict::Fail);
    assert!((number(&found, "within") - 10.0 / 11.0).abs() < 1e-6);
    // The mean of the pods' percentiles is within a limit that one request in eleven exceeds.
    let mean = f64::midpoint(quantile_of_pod("a"), quantile_of_pod("b"));
    assert!(mean <= 700.0, "the test would show nothing");
    let gates = "[{name: l, failFast: false, latency: {percentile: 95, max: 700ms}}]";
    is(&judged("pods", gates)[0], Verdict::Fail);
}

fn quantile_of_pod(pod: &str) -> f64 {
    asked(&format!(
        "histogram_quantile(0.95, sum by (le) (increase(istio_request_duration_milliseconds_bucket{{destination_workload=\"pods-v2\",pod=\"{pod}\"}}[3600s])))"
    ))
}
