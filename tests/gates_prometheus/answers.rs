//! What answers mean: Q.

use glidepath::gate::Verdict;

use super::server::partial_server;
use super::{is, judged, judged_at};

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn odd_answers_end_as_the_rules_say() {
    let found = judged(
        "churn",
        "[{name: none, threshold: {query: 'absent_metric', max: 1}},
          {name: two, threshold: {query: 'queue', max: 100}},
          {name: reduced, threshold: {query: 'queue', max: 100, reduce: max}},
          {name: nan, threshold: {query: 'vector(0) / vector(0)', max: 1}},
          {name: inf, threshold: {query: 'vector(1) / vector(0)', min: 0.99}},
          {name: scalar, threshold: {query: 'scalar(vector(3))', max: 3}},
          {name: refused, threshold: {query: 'label_replace(queue, \"x\", \"\", \"pod\", \"(\")', max: 1}}]",
    );
    let wanted = [
        Verdict::Inconclusive,
        Verdict::Error,
        Verdict::Pass,
        Verdict::Error,
        Verdict::Error,
        Verdict::Pass,
        Verdict::Error,
    ];
    for (one, wanted) in found.iter().zip(wanted) {
        is(one, wanted);
    }
}

/// Q7: one of the server's stores is down, and it says so; what is left looks healthy.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn partial_data_does_not_pass() {
    let gates = "[{name: a, failFast: false, availability: {objective: 99.5%}},
          {name: t, failFast: false, threshold: {query: 'vector(1)', max: 0}}]";
    let found = judged_at(partial_server(), "churn", gates, 4_000);
    is(&found[0], Verdict::Inconclusive);
    assert!(found[0].why.contains("partial"), "{}", found[0].why);
    // The same samples pass where nothing is missing, and a failure stays one.
    let whole = "[{name: a, failFast: false, availability: {objective: 99.5%}}]";
    is(&judged("churn", whole)[0], Verdict::Pass);
    is(&found[1], Verdict::Fail);
}
