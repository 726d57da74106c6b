//! When gates decide, and from when on they may fail.

use std::sync::Mutex;

use super::{AVAILABILITY, BEGAN, By, LATE, at, counters, labels, rollout};
use crate::gate::*;
use crate::units::{Duration, Timestamp};

#[test]
fn a_window_is_what_the_warm_up_leaves_of_the_bake() {
    let compiled = rollout("[{name: a, warmup: 5m, availability: {objective: 99%}}]");
    let schedule = Schedule::new(
        &compiled.plan.gates[0],
        Duration::from_seconds(3_600),
        Timestamp::from_seconds(0),
    );
    let of = |window: Window| [window.start.seconds(), window.end.seconds()];
    assert_eq!(of(schedule.whole()), [300, 3_600]);
    assert_eq!(schedule.decides().seconds(), 3_660);
    let longer = |now: i64| schedule.longer(Timestamp::from_seconds(now));
    assert!(longer(4_484).is_empty());
    assert_eq!(of(longer(4_485)[0]), [300, 4_425]);
    // Every window is one of those before it, whenever they are asked for.
    assert_eq!(longer(90_000)[..3], longer(20_000)[..3]);
    assert!(longer(7 * 86_400).len() < 50);
    let early = |now: i64| schedule.early(Timestamp::from_seconds(now));
    let windows = |now| -> Vec<[i64; 2]> {
        early(now)
            .into_iter()
            .map(|(window, _)| of(window))
            .collect()
    };
    assert!(windows(300).is_empty());
    assert_eq!(windows(330), [[300, 330]]);
    assert_eq!(windows(3_660), [[300, 3_660]]);
    assert_eq!(windows(5_000), [[300, 3_600], [3_600, 5_000]]);
    let later = windows(30 * 86_400);
    assert_eq!(later.len(), 4);
    assert_eq!(later[3], [30 * 86_400 - 3_600, 30 * 86_400]);
    // All parts of the chance together are one.
    let blocks = (0..10_000).filter_map(|block| early(7_200 + block * 3_600).pop());
    let parts: f64 = blocks.map(|(_, part)| part).sum();
    assert!((0.499..0.5).contains(&parts), "{parts}");
}

#[test]
fn asking_again_asks_the_same() {
    let compiled = rollout(
        "[{name: a, failFast: false, availability: {objective: 99.5%}}, {name: l, failFast: false, latency: {percentile: 95, max: 500ms}}, {name: m, onInconclusive: fail, statistical: {test: mannWhitney, sli: latency, percentile: 95, direction: increase}}]",
    );
    let asked = |seconds: i64| {
        let questions = Mutex::new(Vec::new());
        let source = By(|query: &Query| {
            questions.lock().expect("no panic").push(query.clone());
            Ok(match (query.name.as_str(), &query.shape) {
                ("requests", _) => counters(query, &[("200", 1_000.0)]),
                ("buckets", _) => super::buckets(&[("500", 1_000.0), ("+Inf", 1_000.0)]),
                _ => Answer::of(Data::Matrix(Vec::new())),
            })
        });
        at(&compiled, seconds, &source);
        let mut questions = questions.into_inner().expect("no panic");
        questions.sort();
        questions
    };
    assert!(asked(3_659).is_empty());
    let first = asked(LATE);
    assert!(first.len() >= 3);
    assert_eq!(first, asked(LATE + 86_400));
    for query in &first {
        assert!(!query.promql.contains("{{"), "{query:?}");
        let end = match query.when {
            When::At(end) | When::Over { end, .. } => end,
        };
        assert_eq!(end.seconds() - BEGAN.seconds(), 3_600);
    }
}

#[test]
fn a_stage_that_begins_later_is_an_error() {
    let compiled = rollout(AVAILABILITY);
    let source = By(|query: &Query| Ok(counters(query, &[("200", 1e4)])));
    let found = at(&compiled, -60, &source);
    assert_eq!(found[0].verdict, Verdict::Error);
}

/// The counters of one pod, scraped every 15 seconds from the stage's beginning on: so many requests a second, of which
/// `bad` gives the failed ones by the second.
fn scraped(query: &Query, per_second: f64, bad: impl Fn(i64) -> f64) -> Answer {
    let When::At(end) = query.when else {
        panic!("counts are asked at one time")
    };
    let series = |code: &str, of: &dyn Fn(i64) -> f64| {
        let (mut value, mut points) = (0.0, Vec::new());
        for second in 1..=end.seconds() - BEGAN.seconds() {
            value += of(second);
            if second % 15 == 0 {
                #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
                points.push(((BEGAN.seconds() + second) as f64, value));
            }
        }
        Series {
            labels: labels(&[("response_code", code), ("pod", "v2-1")]),
            points,
        }
    };
    let good = |second| per_second - bad(second);
    Answer::of(Data::Matrix(vec![
        series("200", &good),
        series("503", &bad),
    ]))
}

#[test]
fn what_fails_every_request_is_failed_within_a_minute() {
    let compiled = rollout("[{name: a, availability: {objective: 99.5%}}]");
    let first = |per_second: f64, share: f64| {
        let source =
            By(move |query: &Query| Ok(scraped(query, per_second, |_| per_second * share)));
        (1..=3_400).find(|after| {
            let found = at(&compiled, 120 + after, &source).remove(0);
            assert!(found.verdict != Verdict::Pass);
            found.failed_early
        })
    };
    assert_eq!(first(50.0, 1.0), Some(60));
    assert!(first(50.0, 0.15).is_some_and(|after| after <= 120));
    assert_eq!(first(50.0, 0.004), None);
}

/// The look at minute 21 of 30 passed once, whatever came after it.
#[test]
fn nothing_passes_before_the_end_and_what_breaks_later_fails() {
    let compiled = rollout("[{name: a, availability: {objective: 99.5%}}]");
    let breaks = |second: i64| {
        By(move |query: &Query| {
            Ok(scraped(
                query,
                10.0,
                |at| if at > second { 10.0 } else { 0.0 },
            ))
        })
    };
    let found = |source: &dyn Source, seconds: i64| at(&compiled, seconds, source).remove(0);
    let source = breaks(1_260);
    assert_eq!(found(&source, 1_250).verdict, Verdict::Inconclusive);
    let failed = found(&source, 1_500);
    assert_eq!((failed.verdict, failed.failed_early), (Verdict::Fail, true));
    // It passed, and broke before anybody has left the stage.
    let source = breaks(4_000);
    assert_eq!(found(&source, LATE).verdict, Verdict::Pass);
    assert_eq!(found(&source, 3_990).verdict, Verdict::Pass);
    let failed = found(&source, 4_180);
    assert_eq!((failed.verdict, failed.failed_early), (Verdict::Fail, true));
    assert_eq!(
        failed
            .window
            .map(|window| window.start.seconds() - BEGAN.seconds()),
        Some(3_600)
    );
}

/// What has failed once has failed, though its later requests are good and the whole window's share is within the objective.
#[test]
fn what_was_enough_once_stays_enough() {
    let compiled = rollout("[{name: a, availability: {objective: 99.5%}}]");
    let source = By(|query: &Query| {
        Ok(scraped(query, 50.0, |at| {
            if (240..330).contains(&at) { 7.5 } else { 0.0 }
        }))
    });
    for seconds in [330, 600, 1_800, 3_600, LATE, 5_000, 9_000] {
        let found = at(&compiled, seconds, &source).remove(0);
        assert_eq!(
            (found.verdict, found.failed_early),
            (Verdict::Fail, true),
            "{seconds}"
        );
    }
}

/// A burst is one mishap, however many requests are in it.
#[test]
fn one_burst_fails_nobody_early() {
    let compiled = rollout("[{name: a, availability: {objective: 99.5%}}]");
    let source = By(|query: &Query| {
        Ok(scraped(query, 50.0, |at| {
            if (300..310).contains(&at) { 50.0 } else { 0.0 }
        }))
    });
    for seconds in [315, 330, 400, 1_000] {
        assert_eq!(
            at(&compiled, seconds, &source)[0].verdict,
            Verdict::Inconclusive
        );
    }
}

/// `hold` judges longer windows, one after the other, and what the first one says that tells is the verdict for good.
#[test]
fn a_window_that_did_not_tell_grows() {
    let compiled =
        rollout("[{name: a, failFast: false, minSamples: 4000, availability: {objective: 99.5%}}]");
    let source = By(|query: &Query| Ok(scraped(query, 1.0, |_| 0.0)));
    let found = |seconds: i64| at(&compiled, seconds, &source).remove(0);
    let first = found(LATE);
    assert_eq!(
        (first.verdict, first.state),
        (Verdict::Inconclusive, State::Final)
    );
    let passed = found(8_000);
    assert_eq!((passed.verdict, passed.state), (Verdict::Pass, State::Held));
    let window = passed.window.expect("a window");
    assert!(window.length().seconds() > 4_000 && window.length().seconds() < 4_500);
    assert_eq!(found(12_000).window, passed.window);
}

#[test]
fn the_bake_that_evidence_needs_follows_from_the_traffic() {
    let mut compiled = rollout(
        "[{name: a, availability: {objective: 99.5%}}, {name: p, statistical: {test: proportions, margin: 0.2pp}}]",
    );
    compiled.plan.traffic.expected_per_minute = Some(600.0);
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    let found = needs(&compiled.plan, stage);
    // 10 % of 600 a minute is one a second, after a warm-up of two minutes.
    assert_eq!(found[0].requests, 200);
    assert_eq!(found[0].bake, Some(Wait::For(Duration::from_seconds(320))));
    // Stable gets nine times as many: ceil(z² · p(1-p)(1 + 1/9) / m²) with p = m = 0.002 and z = 1.960 + 0.842.
    assert_eq!(found[1].requests, 4_352);
    assert_eq!(
        found[1].bake,
        Some(Wait::For(Duration::from_seconds(4_472)))
    );
}

/// One outage of all pods is one mishap, though pods that are scraped at different times show it one after the other.
#[test]
fn pods_that_are_scraped_in_turn_show_one_outage_once() {
    let compiled = rollout("[{name: a, availability: {objective: 99.5%}}]");
    let source = By(|query: &Query| {
        let When::At(end) = query.when else {
            panic!("counts are asked at one time")
        };
        let series = (0..10_i64).flat_map(|pod| {
            [("200", false), ("503", true)].map(|(code, is_bad)| {
                let mut value = 0.0;
                let mut points = Vec::new();
                for second in 1..=end.seconds() - BEGAN.seconds() {
                    if (240..245).contains(&second) == is_bad {
                        value += 5.0;
                    }
                    if second % 60 == pod * 6 {
                        #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
                        points.push(((BEGAN.seconds() + second) as f64, value));
                    }
                }
                let name = format!("v2-{pod}");
                Series {
                    labels: labels(&[("response_code", code), ("pod", &name)]),
                    points,
                }
            })
        });
        Ok(Answer::of(Data::Matrix(series.collect())))
    });
    for seconds in [270, 300, 330, 360, 600] {
        let found = at(&compiled, seconds, &source).remove(0);
        assert_eq!(
            found.verdict,
            Verdict::Inconclusive,
            "{seconds}: {}",
            found.why
        );
    }
}
