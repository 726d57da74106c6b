//! What the rules promise over many rollouts, as the tables of benches/gates.md: recomputed here with fixed seeds.

use std::fmt::Write as _;
use std::thread;

use super::dice::{Dice, Scenario, sum};
use super::*;

const SCENARIOS: [(&str, Scenario); 6] = [
    ("independent requests", Scenario::Independent),
    ("bursts of ten", Scenario::Bursts),
    ("waves, φ = 0.6, σ = 0.5", Scenario::Waves(0.6, 0.5)),
    ("waves, φ = 0.8, σ = 0.5", Scenario::Waves(0.8, 0.5)),
    ("waves, φ = 0.6, σ = 1", Scenario::Waves(0.6, 1.0)),
    ("waves, φ = 0.8, σ = 1", Scenario::Waves(0.8, 1.0)),
];
const REQUESTS: [f64; 6] = [50.0, 200.0, 500.0, 1_000.0, 3_000.0, 10_000.0];
/// The minutes of a bake of half an hour after two minutes of warm-up.
const MINUTES: u32 = 28;

/// Rollouts of each kind: few for every change, many where `GLIDEPATH_THOROUGH=1` asks for them, as `tests/conformance/run
/// simulations` does.
fn rounds(few: u32) -> u32 {
    if thorough() { 10 * few } else { few }
}

pub(super) fn thorough() -> bool {
    std::env::var_os("GLIDEPATH_THOROUGH").is_some_and(|value| value == "1")
}

/// The share of rollouts, in percent, of which something holds; the pods are one, two and three in turn. Each set of numbers has
/// dice of its own.
fn percent(rounds: u32, of: &[f64], holds: impl Fn(&mut Dice, u32) -> bool) -> f64 {
    let seed = of.iter().fold(1_u64, |seed, number| {
        (seed ^ number.to_bits()).wrapping_mul(0x0100_0000_01B3)
    });
    let mut dice = Dice::new(seed);
    let held = (0..rounds).filter(|round| holds(&mut dice, 1 + round % 3));
    100.0 * held.count() as f64 / f64::from(rounds)
}

/// A share within its budget by Wilson's bound over the design effect.
fn share_passes(cells: &[Cell], budget: f64, level: impl Into<Level>) -> bool {
    let (bad, total) = design_effect(cells).counts(sum(cells));
    wilson(bad, total, level).upper <= budget
}

/// One row a scenario, each in a thread of its own.
fn rows(row: impl Fn(Scenario) -> Vec<f64> + Sync) -> Vec<(&'static str, Vec<f64>)> {
    thread::scope(|scope| {
        let row = &row;
        let running = SCENARIOS.map(|(name, scenario)| (name, scope.spawn(move || row(scenario))));
        running
            .map(|(name, thread)| (name, thread.join().expect("a row")))
            .to_vec()
    })
}

/// Holds a table against the committed one: the same to the last digit where it is as thorough, else within four standard errors.
#[track_caller]
fn committed(title: &str, head: &[String], rows: &[(&str, Vec<f64>)], rounds: u32) {
    let text = include_str!("../../../../benches/gates.md");
    let section = text
        .split("\n## ")
        .find(|section| section.starts_with(title));
    let section = section.unwrap_or_default();
    if thorough() {
        let table = written(head, rows);
        assert!(section.contains(&table), "## {title}\n\n{table}");
        return;
    }
    for (name, cells) in rows {
        let line = section
            .lines()
            .find_map(|line| line.strip_prefix(&format!("| {name} | ")));
        let known = line.expect(name).trim_end_matches(" |").split(" | ");
        let known: Vec<f64> = known.map(|cell| cell.parse().expect("a number")).collect();
        assert_eq!(known.len(), cells.len(), "{title}: {name}");
        for (cell, known) in cells.iter().zip(&known) {
            // Of no event in many rollouts, two in these are still likely.
            let error = (known.max(0.5) * (100.0 - known).max(0.5) / f64::from(rounds)).sqrt();
            assert!(
                (cell - known).abs() <= 4.0 * error,
                "{title}: {name}: {cells:?}, {known}"
            );
        }
    }
}

fn written(head: &[String], rows: &[(&str, Vec<f64>)]) -> String {
    let mut text = format!("| failures come as | {} |\n", head.join(" | "));
    let _ = writeln!(text, "| --- |{}", " ---: |".repeat(head.len()));
    for (name, cells) in rows {
        let cells: Vec<String> = cells.iter().map(|cell| format!("{cell:.1}")).collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
    text
}

/// Nothing is above `most` percent by more than three standard errors.
#[track_caller]
fn within(rows: &[(&str, Vec<f64>)], most: f64, rounds: u32) {
    let error = (most * (100.0 - most) / f64::from(rounds)).sqrt();
    for (name, cells) in rows {
        for cell in cells {
            assert!(*cell <= most + 3.0 * error, "{name}: {cells:?}");
        }
    }
}

fn heads<T: ToString>(values: &[T]) -> Vec<String> {
    values.iter().map(ToString::to_string).collect()
}

/// The worst of the objectives 90, 95, 99 and 99.5 %, which are the percentiles of a latency as well.
#[test]
fn a_share_at_its_limit_hardly_ever_passes() {
    let rounds = rounds(400);
    let found = rows(|scenario| {
        let worst = |requests: f64| {
            let of = |budget: f64| {
                percent(rounds, &[1.0, requests, budget], |dice, pods| {
                    let cells = dice.rollout(scenario, requests, budget, (MINUTES, pods));
                    share_passes(&cells, budget, 0.95)
                })
            };
            [0.1, 0.05, 0.01, 0.005]
                .map(of)
                .into_iter()
                .fold(0.0, f64::max)
        };
        REQUESTS.map(worst).to_vec()
    });
    within(&found, 6.0, rounds);
    committed("Shares at their limit", &heads(&REQUESTS), &found, rounds);
}

/// What the effect costs: a candidate with a quarter of the failures that an objective of 99 % allows.
#[test]
fn a_healthy_share_passes_with_enough_requests() {
    const REQUESTS: [f64; 5] = [1_000.0, 3_000.0, 10_000.0, 30_000.0, 100_000.0];
    let rounds = rounds(200);
    let found = rows(|scenario| {
        let passes = |requests: f64| {
            percent(rounds, &[2.0, requests], |dice, pods| {
                let cells = dice.rollout(scenario, requests, 0.0025, (MINUTES, pods));
                share_passes(&cells, 0.01, 0.95)
            })
        };
        REQUESTS.map(passes).to_vec()
    });
    assert!(found[0].1[2] > 90.0 && found[1].1[2] > 70.0, "{found:?}");
    committed("Healthy shares", &heads(&REQUESTS), &found, rounds);
}

/// The worst of 1,000 and 10,000 requests of the candidate, where stable gets nine times as many and fails 0.5 %, or as many and
/// fails 5 %.
#[test]
fn a_difference_at_its_margin_hardly_ever_passes() {
    let rounds = rounds(100);
    let margins = [
        (0.002, 1.0),
        (0.01, 1.0),
        (0.02, 1.0),
        (0.0, 1.2),
        (0.0, 1.5),
    ];
    let found = rows(|scenario| {
        let worst = |(margin, scale): (f64, f64)| {
            let mut most = 0.0_f64;
            for requests in [1_000.0, 10_000.0] {
                for (times, share) in [(9.0, 0.005), (1.0, 0.05)] {
                    let passes = percent(
                        rounds,
                        &[3.0, requests, times, share, margin, scale],
                        |dice, pods| {
                            let mut side = |requests, share| {
                                let cells =
                                    dice.rollout(scenario, requests, share, (MINUTES, pods));
                                design_effect(&cells).counts(sum(&cells))
                            };
                            let one = side(requests, scale * share + margin);
                            let two = side(times * requests, share);
                            newcombe_scaled(one, two, scale, 0.95).upper <= margin
                        },
                    );
                    most = most.max(passes);
                }
            }
            most
        };
        margins.map(worst).to_vec()
    });
    within(&found, 6.0, rounds);
    let names = heads(&["0.2pp", "1pp", "2pp", "20 %", "50 %"]);
    committed("Differences at their margin", &names, &found, rounds);
}

/// At the end of half an hour with half of the chance, then every minute up to ten times as long with the other half.
#[test]
fn waiting_longer_buys_no_false_pass() {
    let rounds = rounds(60);
    let found = rows(|scenario| {
        let held = |(budget, a_minute): (f64, f64)| {
            percent(rounds, &[4.0, budget, a_minute], |dice, pods| {
                let minutes = 10 * MINUTES;
                let requests = a_minute * f64::from(minutes);
                let cells = dice.rollout(scenario, requests, budget, (minutes, pods));
                let until = |minute: u32| &cells[..(minute * pods) as usize];
                let end = sum(until(MINUTES)).1;
                let held = (MINUTES + 1..=minutes).step_by(21).any(|minute| {
                    let growth = sum(until(minute)).1 / end;
                    share_passes(until(minute), budget, Level::any_time(growth, 0.025))
                });
                held || share_passes(until(MINUTES), budget, 0.975)
            })
        };
        [(0.1, 36.0), (0.1, 360.0), (0.01, 360.0), (0.01, 3_600.0)]
            .map(held)
            .to_vec()
    });
    within(&found, 6.0, rounds);
    let names = ["90 %, 36", "90 %, 360", "99 %, 360", "99 %, 3,600"];
    committed("Waiting longer", &heads(&names), &found, rounds);
}
