//! Evidence that may be looked at any time, levels that hold at all times, and the functions below them.

use super::*;

#[test]
fn evidence_on_a_share_is_the_known_one() {
    for vector in items(&known()["evidence_any_time"]) {
        let [bad, good, budget] = ["bad", "good", "budget"].map(|name| number(&vector[name]));
        let name = vector.to_string();
        close(
            ln_evidence_against(bad, good, budget),
            &vector["ln_against"],
            &name,
        );
        close(ln_evidence_for(bad, good, budget), &vector["ln_for"], &name);
    }
}

#[test]
fn budgets_of_nothing_and_of_all_have_their_evidence() {
    same(ln_evidence_against(1.0, 9.0, 0.0), f64::INFINITY);
    same(ln_evidence_against(0.0, 9.0, 0.0), 0.0);
    same(ln_evidence_against(9.0, 0.0, 1.0), 0.0);
    same(ln_evidence_for(1.0, 9.0, 0.0), f64::NEG_INFINITY);
    same(ln_evidence_for(0.0, 9.0, 0.0), 0.0);
    same(ln_evidence_for(0.0, 9.0, 1.0), f64::INFINITY);
}

#[test]
fn a_level_for_all_times_is_the_known_one() {
    for vector in items(&known()["any_time_z"]) {
        let got = any_time_z(number(&vector["growth"]), number(&vector["alpha"]));
        close(got, &vector["z"], &vector.to_string());
    }
    // Nothing is asked before the window ends.
    same(any_time_z(0.3, 0.025), any_time_z(1.0, 0.025));
}

#[test]
fn the_bounds_of_a_scaled_difference_are_the_known_ones() {
    for vector in items(&known()["newcombe_scaled"]) {
        let side = |name: &str| (number(&vector[name][0]), number(&vector[name][1]));
        let got = newcombe_scaled(
            side("candidate"),
            side("stable"),
            number(&vector["scale"]),
            number(&vector["confidence"]),
        );
        close(got.lower, &vector["lower"], &vector.to_string());
        close(got.upper, &vector["upper"], &vector.to_string());
    }
}

proptest! {
    /// The mean of the evidence after one more request is the evidence before it, where the share is the budget.
    #[test]
    fn the_evidence_is_a_martingale(bad in 0_u32..400, good in 0_u32..40_000, budget in 0.0005_f64..0.6) {
        let (s, f) = (f64::from(bad), f64::from(good));
        for evidence in [ln_evidence_against, ln_evidence_for] {
            let now = evidence(s, f, budget);
            let next = budget * (evidence(s + 1.0, f, budget) - now).exp()
                + (1.0 - budget) * (evidence(s, f + 1.0, budget) - now).exp();
            prop_assert!((next - 1.0).abs() < 1e-9, "{next}");
        }
    }

    #[test]
    fn more_failures_are_more_evidence(bad in 0.0_f64..1e6, good in 0.0_f64..1e9, budget in 1e-5_f64..0.9, more in 0.1_f64..9.0) {
        let against = ln_evidence_against(bad, good, budget);
        prop_assert!(against.is_finite());
        prop_assert!(ln_evidence_against(bad + more, good, budget) > against);
        prop_assert!(ln_evidence_against(bad, good + more, budget) < against + 1e-9);
        prop_assert!(ln_evidence_for(bad, good, budget).is_finite());
    }
}
