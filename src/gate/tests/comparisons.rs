//! Candidate against stable: C, P, M.

use super::{BEGAN, By, LATE, at, buckets, counters, known, labels, rollout, vector};
use crate::gate::kinds::{compare, ranks};
use crate::gate::stats::{mann_whitney, median, newcombe};
use crate::gate::*;
use crate::plan::GateKind;

#[test]
fn comparisons_are_the_known_ones() {
    let compiled = rollout(
        "[{name: c, compare: {query: 'm{s=\"{{subset}}\"}', ratio: {max: 1.1}}}, {name: d, compare: {query: 'm{s=\"{{subset}}\"}', ratio: {max: 1.1}, ignoreBelow: 5}}]",
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
        let side = |side: &str| (count(&format!("bad_{side}")), count(&format!("n_{side}")));
        let bounds = newcombe(side("candidate"), side("stable"), 0.95);
        for (key, bound) in [("lower", bounds.lower), ("upper", bounds.upper)] {
            assert!((bound - case[key].as_f64().expect("a bound")).abs() < 1e-9);
        }
        let margin = case["margin"].as_f64().expect("a margin");
        let verdict = kinds::proportions::decide(bounds, margin, count("bad_candidate"));
        assert_eq!(verdict.name(), case["verdict"], "{case}");
    }
    // Two failures prove nothing, however few requests there were.
    assert!(newcombe((2.0, 300.0), (0.0, 100_000.0), 0.95).lower > 0.0);
    let gates = "[{name: p, statistical: {test: proportions, margin: 0pp, confidence: 95%}}]";
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
    let gates = "[{name: m, statistical: {test: mannWhitney, query: 'avg(m{s=\"{{subset}}\"})', step: 1m, direction: increase, margin: 5%}}]";
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
                let wave = 100.0 + 30.0 * f64::from(at).sin() + f64::from(at * 7 % 5) / 10.0;
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
    assert_eq!(of(1.4, 1), Verdict::Fail);
    // Half of the steps are too few of them.
    assert_eq!(of(1.0, 2), Verdict::Inconclusive);
}

/// One value or histogram of each side, after the bake.
fn sides(gates: &str, candidate: &Answer, stable: &Answer) -> Evidence {
    let source = By(|query: &Query| {
        Ok(if query.name.starts_with("stable") {
            stable.clone()
        } else {
            candidate.clone()
        })
    });
    at(&rollout(gates), LATE, &source).remove(0)
}

/// C1: both sides need evidence, and no data of one is no data.
#[test]
fn both_sides_need_evidence() {
    let gates = "[{name: c, compare: {sli: latency, percentile: 95, ratio: {max: 1.1}}}]";
    let of = |candidate: f64, stable: f64| {
        let side = |n: f64| buckets(&[("250", n), ("500", n), ("+Inf", n)]);
        sides(gates, &side(candidate), &side(stable))
    };
    assert_eq!(of(200.0, 200.0).verdict, Verdict::Pass);
    for (candidate, stable) in [(199.0, 9_000.0), (9_000.0, 199.0)] {
        let found = of(candidate, stable);
        assert_eq!(found.verdict, Verdict::Inconclusive, "{}", found.why);
    }
    let none = of(9_000.0, 0.0);
    assert!(none.why.starts_with("v1: "), "{}", none.why);
    let gates =
        "[{name: c, noData: fail, compare: {sli: latency, percentile: 95, ratio: {max: 1.1}}}]";
    let side = |n: f64| buckets(&[("250", n), ("+Inf", n)]);
    assert_eq!(
        sides(gates, &side(9_000.0), &side(0.0)).verdict,
        Verdict::Fail
    );
}

/// C2: differences in the unit of what is measured; equality passes.
#[test]
fn differences_are_in_points_and_in_time() {
    let points = "[{name: c, minSamples: 1, compare: {sli: errorRate, difference: {max: 0.5pp}}}]";
    let of = |bad: f64| {
        let source = By(|query: &Query| {
            let bad = if query.name.starts_with("stable") {
                10.0
            } else {
                bad
            };
            Ok(counters(query, &[("200", 1_000.0 - bad), ("503", bad)]))
        });
        at(&rollout(points), LATE, &source).remove(0).verdict
    };
    assert_eq!(of(15.0), Verdict::Pass);
    assert_eq!(of(16.0), Verdict::Fail);
    let time = "[{name: c, compare: {sli: latency, percentile: 95, difference: {max: 20ms, min: -100ms}}}]";
    // p95 of 1,000 requests in one bucket from 0 is 95 % of its bound.
    let side = |bound: &str| buckets(&[(bound, 1_000.0), ("5000", 1_000.0), ("+Inf", 1_000.0)]);
    let of = |candidate: &str| sides(time, &side(candidate), &side("200")).verdict;
    assert_eq!(of("221"), Verdict::Pass);
    assert_eq!(of("222"), Verdict::Fail);
    assert_eq!(of("95"), Verdict::Pass);
    assert_eq!(of("94"), Verdict::Fail);
}

/// P1, P2: a relative margin needs failures of stable's to be a share of; and a side with 199 requests is too few.
#[test]
fn margins_of_shares_may_be_relative() {
    let gates = "[{name: p, statistical: {test: proportions, margin: 50%}}]";
    let of = |candidate: (f64, f64), stable: (f64, f64)| {
        let source = By(|query: &Query| {
            let (bad, all) = if query.name.starts_with("stable") {
                stable
            } else {
                candidate
            };
            Ok(counters(query, &[("200", all - bad), ("500", bad)]))
        });
        at(&rollout(gates), LATE, &source).remove(0)
    };
    assert_eq!(of((5e3, 5e6), (5e3, 5e6)).verdict, Verdict::Pass);
    assert_eq!(of((1e4, 5e6), (5e3, 5e6)).verdict, Verdict::Fail);
    let none = of((0.0, 1e5), (0.0, 1e5));
    assert_eq!(none.verdict, Verdict::Inconclusive);
    assert!(none.why.contains("a share of none"), "{}", none.why);
    assert_eq!(
        of((0.0, 199.0), (100.0, 1e5)).verdict,
        Verdict::Inconclusive
    );
    assert_eq!(of((0.0, 0.0), (100.0, 1e5)).evidence, "");
}

/// M7, M9: a share of a median of zero is no margin; NaN and infinities are steps that are missing, not zeros.
#[test]
fn series_of_zeros_and_of_nothing() {
    let of = |margin: &str, odd: f64, every: i64| {
        let gates = format!(
            "[{{name: m, statistical: {{test: mannWhitney, query: 'avg(m)', direction: increase, margin: {margin}}}}}]"
        );
        let source = By(|query: &Query| {
            let When::Over { start, end, step } = query.when else {
                panic!("a range")
            };
            let step = i64::try_from(step).expect("short");
            #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
            let points = (start.seconds()..=end.seconds()).step_by(60).map(|time| {
                (
                    time as f64,
                    if time / step % every == 0 { odd } else { 0.0 },
                )
            });
            Ok(Answer::of(Data::Matrix(vec![Series {
                labels: labels(&[]),
                points: points.collect(),
            }])))
        });
        at(&rollout(&gates), LATE, &source).remove(0)
    };
    let zero = of("5%", 0.0, 100);
    assert_eq!(zero.verdict, Verdict::Inconclusive);
    assert!(zero.why.contains("median is zero"), "{}", zero.why);
    assert_eq!(of("1", 0.0, 100).verdict, Verdict::Pass);
    // One step in ten is not a number: 52 of 58 are left, and judged.
    for odd in [f64::NAN, f64::INFINITY] {
        let found = of("1", odd, 10);
        assert_eq!(found.verdict, Verdict::Pass, "{}", found.why);
        assert_eq!(found.evidence, "52 of 58 points a side");
    }
    assert_eq!(of("1", f64::NAN, 1).verdict, Verdict::Error);
}
