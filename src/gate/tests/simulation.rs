//! What the rules promise over many rollouts, with fixed seeds.

use super::{BEGAN, By, at, labels, rollout};
use crate::gate::{Answer, Data, Query, Series, Verdict, When};

/// Rollouts of each kind.
const ROLLOUTS: u64 = 1_000;
/// Requests a minute.
const PER_MINUTE: u32 = 100;

/// xorshift64*, so that the same rollouts are simulated everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        #[expect(clippy::cast_precision_loss, reason = "53 bits")]
        let share = bits as f64 / (1_u64 << 53) as f64;
        share
    }
}

/// The samples of a counter, one a minute, as Prometheus would return them for a query.
fn samples(code: &str, counts: &[f64], query: &Query) -> Series {
    let When::At(end) = query.when else {
        panic!("counts are asked at one time")
    };
    let range: i64 = query
        .promql
        .rsplit_once('[')
        .and_then(|(_, range)| range.strip_suffix("s]"))
        .and_then(|range| range.parse().ok())
        .expect("a range in seconds");
    let (from, to) = (end.seconds() - range, end.seconds());
    let points = (0_i64..).zip(counts).map(|(minute, count)| {
        #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
        let time = (BEGAN.seconds() + minute * 60) as f64;
        (time, *count)
    });
    #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
    let within = |time: f64| time > from as f64 && time <= to as f64;
    Series {
        labels: labels(&[("response_code", code)]),
        points: points.filter(|(time, _)| within(*time)).collect(),
    }
}

/// How many rollouts fail that are looked at every minute for an hour, and up to the last look.
fn failures(error_rate: f64) -> u64 {
    let compiled = rollout("[{name: availability, availability: {objective: 99.5%}}]");
    let mut failed = 0;
    for seed in 1..=ROLLOUTS {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let (mut good, mut bad) = (vec![0.0], vec![0.0]);
        for _ in 0..64 {
            let errors = (0..PER_MINUTE).filter(|_| dice.roll() < error_rate).count();
            let errors = f64::from(u32::try_from(errors).expect("few"));
            bad.push(bad[bad.len() - 1] + errors);
            good.push(good[good.len() - 1] + f64::from(PER_MINUTE) - errors);
        }
        let source = By(|query: &Query| {
            Ok(Answer::of(Data::Matrix(vec![
                samples("200", &good, query),
                samples("503", &bad, query),
            ])))
        });
        // What was enough at any moment is found at the end.
        let fails = at(&compiled, 63 * 60, &source)[0].verdict == Verdict::Fail;
        failed += u64::from(fails);
    }
    failed
}

#[test]
fn a_healthy_candidate_looked_at_every_minute_is_hardly_ever_failed() {
    let failed = failures(0.002);
    assert!(failed < ROLLOUTS / 100, "{failed} of {ROLLOUTS}");
}

#[test]
fn a_candidate_with_one_percent_of_errors_is_nearly_always_failed() {
    let failed = failures(0.01);
    assert!(failed > ROLLOUTS * 9 / 10, "{failed} of {ROLLOUTS}");
}
