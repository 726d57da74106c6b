//! Ranks: zero differences, too few points, and what is no number.

use super::dice::Dice;
use super::*;

#[test]
fn the_signed_rank_test_is_the_known_one() {
    for vector in items(&known()["wilcoxon_signed_rank"]) {
        let name = vector["name"].as_str().expect("a name");
        let pairs = numbers(&vector["candidate"]).into_iter();
        let differences: Vec<f64> = pairs
            .zip(numbers(&vector["stable"]))
            .map(|(x, y)| x - y)
            .collect();
        let test = signed_rank(&differences);
        assert_eq!(test.pairs as u64, whole(&vector["n_nonzero"]), "{name}");
        close(test.w_plus, &vector["W_plus"], name);
        close(test.w_minus, &vector["W_minus"], name);
        close(test.sigma, &vector["sigma_tie_corrected"], name);
        close(test.greater, &vector["p_greater"], name);
        close(test.less, &vector["p_less"], name);
        close(test.two_sided, &vector["p_two_sided"], name);
        close(test.shift, &vector["hodges_lehmann_walsh_median"], name);
        for level in ["0.95", "0.99"] {
            let want = &vector[format!("one_sided_bounds_{level}")];
            let got = test.bounds(level.parse::<f64>().expect("a level"), 1.0);
            close(got.lower, &want["lower"], name);
            close(got.upper, &want["upper"], name);
        }
    }
}

#[test]
fn pairs_without_a_difference_count() {
    for vector in items(&known()["wilcoxon_pratt"]) {
        let name = vector["name"].as_str().expect("a name");
        let differences = numbers(&vector["differences"]);
        let test = signed_rank(&differences);
        assert_eq!(test.pairs, differences.len(), "{name}");
        close(test.w_plus, &vector["W_plus"], name);
        close(test.w_minus, &vector["W_minus"], name);
        close(test.greater, &vector["p_greater"], name);
        close(test.less, &vector["p_less"], name);
        close(test.two_sided, &vector["p_two_sided"], name);
        close(test.shift, &vector["hodges_lehmann_walsh_median"], name);
        for level in ["0.95", "0.99"] {
            let want = &vector[format!("one_sided_bounds_{level}")];
            let got = test.bounds(level.parse::<f64>().expect("a level"), 1.0);
            close(got.lower, &want["lower"], name);
            close(got.upper, &want["upper"], name);
        }
    }
}

#[test]
fn two_bad_minutes_of_sixty_prove_no_shift() {
    let mut differences = vec![0.0; 58];
    differences.extend([40.0, 55.0]);
    let test = signed_rank(&differences);
    let bounds = test.bounds(0.99, 1.0);
    assert!(bounds.lower <= 0.0 && bounds.upper >= 0.0, "{bounds:?}");
    assert!(test.greater > 0.05, "{}", test.greater);
}

/// Few requests a minute: few minutes have a value on both sides, and percentiles within the same buckets are often equal.
#[test]
fn a_healthy_candidate_with_few_requests_a_minute_is_not_failed() {
    let mut dice = Dice::new(9);
    let (mut failed, mut passed) = (0, 0);
    for round in 0..2_000 {
        let differences: Vec<f64> = (0..3 + round % 12)
            .map(|_| 25.0 * (dice.binomial(4.0, 0.5) - 2.0))
            .collect();
        let bounds = signed_rank(&differences).bounds(0.99, 1.0);
        failed += u32::from(bounds.lower > 0.0);
        passed += u32::from(bounds.upper < 0.0);
    }
    assert!(failed <= 20 && passed <= 20, "{failed}, {passed}");
}

#[test]
fn too_few_points_bound_nothing() {
    let nothing = Interval {
        lower: f64::NEG_INFINITY,
        upper: f64::INFINITY,
    };
    assert_eq!(signed_rank(&[5.0, 6.0, 7.0]).bounds(0.99, 1.0), nothing);
    assert_eq!(signed_rank(&[]).bounds(0.95, 1.0), nothing);
    let apart = mann_whitney(&[7.0, 8.0, 9.0], &[1.0, 2.0, 3.0]);
    assert_eq!(apart.bounds(0.99, 1.0), nothing);
    // As long as the points suffice by themselves, widening may still take the last of them.
    assert!(apart.bounds(0.9, 1.0).lower.is_finite());
    assert_eq!(apart.bounds(0.9, 3.0), nothing);
}

#[test]
fn what_is_no_number_is_dropped_and_ends() {
    let nan = f64::NAN;
    let with = signed_rank(&[1.0, nan, -2.0, 3.0, nan]);
    let without = signed_rank(&[1.0, -2.0, 3.0]);
    assert_eq!((with.pairs, with.w_plus), (3, without.w_plus));
    let with = mann_whitney(&[nan, 4.0, 5.0], &[3.0, nan, 4.0]);
    let without = mann_whitney(&[4.0, 5.0], &[3.0, 4.0]);
    assert_eq!((with.u, with.greater), (without.u, without.greater));
    assert!(autocorrelation(&[nan, 1.0, 2.0, nan, -nan]).is_finite());
    assert!(widening(&[&[nan; 9]]) >= 1.0);
}

#[test]
fn infinite_points_are_the_last_ones() {
    let far = mann_whitney(&[f64::INFINITY, 4.0], &[1.0, f64::NEG_INFINITY]);
    assert_eq!(far.superiority.to_bits(), 1.0_f64.to_bits());
}
