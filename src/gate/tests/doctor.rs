//! What the doctor makes of answers that a test makes up.

use super::{AVAILABILITY, BEGAN, By, labels, rollout, vector};
use crate::gate::doctor::{Finding, Level, examine};
use crate::gate::*;

fn found(gates: &str, source: &dyn Source) -> Result<Vec<Finding>, Fault> {
    let plan = &rollout(gates).plan;
    let stage = plan.stage_named("canary").expect("the stage");
    examine(plan, stage, "ml", BEGAN, source)
}

#[test]
fn a_query_that_is_refused_is_one_finding_of_several() {
    let gates = "[{name: bad, threshold: {query: bad, max: 1}}, {name: good, threshold: {query: good, max: 1}}]";
    let fault = |fault: fn(String) -> Fault| {
        By(move |query: &Query| match query.promql.as_str() {
            "bad" => Err(fault("nope".to_owned())),
            _ => Ok(vector(&[(&[], 1.0)])),
        })
    };
    let all = found(gates, &fault(Fault::Question)).expect("findings");
    let of = |name: &str| all.iter().find(|one| one.about == name).expect("a finding");
    assert_eq!(of("bad").level, Level::Missing);
    assert_eq!(of("bad").found, "nope");
    assert_eq!(of("good").level, Level::Good);
    // Nothing more can be told without telemetry.
    assert!(found(gates, &fault(Fault::Telemetry)).is_err());
}

/// A pod that is a minute old has been scraped every 15 s, and not every two minutes.
#[test]
fn the_scrape_interval_of_a_young_pod_is_that_between_its_scrapes() {
    let seconds_apart = |apart: f64| {
        By(move |query: &Query| {
            let names = labels(&[("reporter", "destination"), ("response_code", "200")]);
            let points = (0..5).map(|at| (f64::from(at) * apart, 1.0)).collect();
            let raw = query.promql.starts_with("istio_requests_total");
            // Whoever counts the samples gets their number.
            let counted = vector(&[(
                &[("reporter", "destination"), ("response_code", "200")],
                5.0,
            )]);
            Ok(if raw {
                Answer::of(Data::Matrix(vec![Series {
                    labels: names,
                    points,
                }]))
            } else {
                counted
            })
        })
    };
    let doubts = |apart: f64| {
        let all = found(AVAILABILITY, &seconds_apart(apart)).expect("findings");
        let doubts = all.into_iter().filter(|one| one.level == Level::Doubtful);
        doubts.map(|one| one.found).collect::<Vec<_>>()
    };
    assert_eq!(doubts(15.0), Vec::<String>::new());
    let [doubt] = &doubts(1_000.0)[..] else {
        panic!("one doubt")
    };
    assert!(doubt.contains("one every 1000 s"), "{doubt}");
}
