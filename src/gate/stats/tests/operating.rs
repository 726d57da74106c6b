//! Operating characteristics against exact sums and direct simulation.

use super::dice::Dice;
use super::*;

#[test]
fn the_point_rule_has_the_exact_chances() {
    for vector in items(&known()["operating_point"]) {
        let got = operating_point(number(&vector["requests"]), number(&vector["budget"]));
        let name = vector.to_string();
        close(got.at_limit_passes, &vector["at_limit_passes"], &name);
        close(
            got.twice_as_bad_passes,
            &vector["twice_as_bad_passes"],
            &name,
        );
        close(got.healthy_fails, &vector["healthy_fails"], &name);
        assert!(got.inconclusive < 1e-12, "{name}");
    }
}

/// Simulated verdicts, of three shares: whether each passes, and whether each fails.
#[track_caller]
fn simulated(got: Operating, shares: [f64; 3], verdict: impl Fn(&mut Dice, f64) -> (bool, bool)) {
    const ROUNDS: u32 = 2_000;
    let mut dice = Dice::new(8);
    let chances = shares.map(|share| {
        let (mut passes, mut fails) = (0.0, 0.0);
        for _ in 0..ROUNDS {
            let (passed, failed) = verdict(&mut dice, share);
            passes += f64::from(u32::from(passed));
            fails += f64::from(u32::from(failed));
        }
        (passes / f64::from(ROUNDS), fails / f64::from(ROUNDS))
    });
    let [limit, twice, healthy] = chances;
    for (got, want, name) in [
        (got.at_limit_passes, limit.0, "at the limit"),
        (got.twice_as_bad_passes, twice.0, "twice as bad"),
        (got.healthy_fails, healthy.1, "healthy fails"),
        (
            got.inconclusive,
            1.0 - healthy.0 - healthy.1,
            "inconclusive",
        ),
    ] {
        // Three standard errors, and what the normal quantiles are off.
        let error = 3.0 * (want * (1.0 - want) / f64::from(ROUNDS)).sqrt() + 0.015;
        assert!(
            (got - want).abs() < error,
            "{name}: {got} instead of {want}"
        );
    }
}

#[test]
fn bounds_have_the_chances_that_a_simulation_has() {
    for (requests, budget, level, effect) in [
        (3_000.0, 0.01, 0.95, 1.0),
        (12_000.0, 0.01, 0.975, 3.0),
        (500.0, 0.1, 0.9, 1.5),
    ] {
        let n = f64::floor(requests / effect);
        let got = operating_bounds(requests, budget, level, effect);
        simulated(got, [budget, 2.0 * budget, budget / 2.0], |dice, share| {
            let bounds = wilson(dice.binomial(n, share), n, level);
            (bounds.upper <= budget, bounds.lower > budget)
        });
    }
}

#[test]
fn differences_have_the_chances_that_a_simulation_has() {
    for (candidate, stable, margin) in [(1_000.0, 9_000.0, 0.01), (5_000.0, 5_000.0, 0.005)] {
        let got = operating_difference(candidate, stable, margin, 0.95);
        simulated(got, [2.0 * margin, 3.0 * margin, margin], |dice, share| {
            let one = (dice.binomial(candidate, share), candidate);
            let two = (dice.binomial(stable, margin), stable);
            let bounds = newcombe(one, two, 0.95);
            (bounds.upper <= margin, bounds.lower > margin)
        });
    }
}

#[test]
fn burn_rates_have_the_chances_that_a_simulation_has() {
    let (long, short, factor, budget) = (6_000.0, 500.0, 14.4, 0.001);
    let pace = factor * budget;
    simulated(
        operating_burn(long, short, factor, budget),
        [pace, 2.0 * pace, pace / 2.0],
        |dice, share| {
            let now = dice.binomial(short, share);
            let all = now + dice.binomial(long - short, share);
            let fails = now > pace * short && all > pace * long;
            (!fails, fails)
        },
    );
    // Too few requests to tell.
    let few = operating_burn(100.0, 10.0, factor, budget);
    assert!(few.inconclusive > 0.99 && few.at_limit_passes < 0.01);
}

#[test]
fn no_requests_tell_nothing() {
    for got in [
        operating_bounds(3.0, 0.01, 0.95, 12.0),
        operating_difference(0.0, 10.0, 0.01, 0.95),
        operating_burn(0.0, 0.0, 1.0, 0.01),
    ] {
        same(got.inconclusive, 1.0);
        same(got.at_limit_passes, 0.0);
    }
    assert!(operating_point(0.0, 0.01).at_limit_passes > 0.99);
}
