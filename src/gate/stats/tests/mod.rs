//! Known answers, and what must hold whatever the numbers.

mod any_time;
mod dice;
mod early;
mod operating;
mod ranks;
mod simulation;

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn known() -> Value {
    serde_json::from_str(include_str!(
        "../../../../fixtures/stats/known-answers.json"
    ))
    .expect("the known answers are JSON")
}

fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("+Inf") => f64::INFINITY,
        Some("-Inf") => f64::NEG_INFINITY,
        Some(_) => f64::NAN,
        None => value.as_f64().expect("a number"),
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    let items = value.as_array().expect("a list");
    items.iter().map(number).collect()
}

fn whole(value: &Value) -> u64 {
    value.as_u64().expect("a whole number")
}

fn items(value: &Value) -> &Vec<Value> {
    let items = value.as_array().expect("a list");
    assert!(!items.is_empty());
    items
}

#[track_caller]
fn close(got: f64, want: &Value, what: &str) {
    let want = number(want);
    let tolerance = 1e-9 + 1e-9 * want.abs();
    assert!(
        (got - want).abs() <= tolerance
            || got.total_cmp(&want).is_eq()
            || (got.is_nan() && want.is_nan()),
        "{what}: {got} instead of {want}"
    );
    if want > 0.0 && want < 1e-9 {
        assert!((got / want - 1.0).abs() < 1e-6, "{what}: {got}, {want}");
    }
}

/// Equal to the last bit, infinities too.
#[track_caller]
fn same(got: f64, want: f64) {
    assert!(got.total_cmp(&want).is_eq(), "{got} instead of {want}");
}

#[test]
fn the_normal_distribution_is_precise_to_its_tails() {
    for (z, tail) in [
        (0.0, 0.5),
        (1.959_963_984_540_054, 0.025),
        (3.090_232_306_167_813_5, 0.001),
        (6.0, 9.865_876_450_376_98e-10),
        (10.0, 7.619_853_024_160_527e-24),
        (-1.644_853_626_951_472_2, 0.95),
    ] {
        assert!((normal_tail(z) / tail - 1.0_f64).abs() < 1e-12, "{z}");
    }
    for exponent in 1..=15 {
        let p = 10_f64.powi(-exponent);
        for p in [p, 0.3 * p, 0.5 - 0.4 * p] {
            let back = normal_tail(-normal_quantile(p));
            assert!((back / p - 1.0).abs() < 1e-12, "{p}: {back}");
        }
    }
    assert_eq!(
        (normal_quantile(0.0), normal_quantile(1.0)),
        (f64::NEG_INFINITY, f64::INFINITY)
    );
}

#[test]
fn chi_squared_is_inverted_to_the_last_digits() {
    for (p, dof, want) in [
        (0.95, 1, 3.841_458_820_694_124),
        (0.95, 9, 16.918_977_604_620_448),
        (0.99, 9, 21.665_994_333_461_924),
        (0.95, 19, 30.143_527_205_646_16),
        (0.95, 200, 233.994_268_892_324_93),
    ] {
        let got = special::chi_squared_quantile(p, dof);
        assert!((got / want - 1.0_f64).abs() < 1e-11, "{p} {dof}: {got}");
    }
}

#[test]
fn shares_have_the_published_bounds() {
    for vector in items(&known()["two_proportion"]) {
        let name = vector["name"].as_str().expect("a name");
        let side = |side: &str| {
            (
                whole(&vector[format!("bad_{side}")]),
                whole(&vector[format!("n_{side}")]),
            )
        };
        let (one, two) = (side("candidate"), side("stable"));
        let share = |(x, n): (u64, u64)| (x as f64, n as f64);
        for (level, confidence) in [("0.9", 0.95), ("0.95", 0.975), ("0.98", 0.99)] {
            let got = newcombe(share(one), share(two), confidence);
            let want = &vector[format!("newcombe_ci_{level}")];
            close(got.lower, &want[0], name);
            close(got.upper, &want[1], name);
        }
        for (side, (x, n)) in [("candidate", one), ("stable", two)] {
            let got = wilson(x as f64, n as f64, 0.975);
            let want = &vector[format!("wilson_ci_0.95_{side}")];
            close(got.lower, &want[0], name);
            close(got.upper, &want[1], name);
        }
        let test = pooled(one, two);
        if vector["z_pooled"].is_number() {
            close(test.z, &vector["z_pooled"], name);
            close(test.greater, &vector["z_p_greater"], name);
        }
        close(test.least_expected, &vector["min_expected_cell"], name);
        close(fisher_greater(one, two), &vector["fisher_p_greater"], name);
    }
}

#[test]
fn sample_sizes_are_the_known_ones() {
    let known = &known()["sample_size"];
    for vector in items(&known["zero_failure_n_for_slo"]) {
        let got = zero_failure_samples(number(&vector["slo"]), number(&vector["confidence"]));
        assert_eq!(got, whole(&vector["n"]), "{vector}");
    }
    for vector in items(&known["two_proportion_one_sided"]) {
        let got = samples_for_difference(
            number(&vector["p_stable"]),
            number(&vector["margin"]),
            1.0 - number(&vector["alpha"]),
            number(&vector["power"]),
            number(&vector["stable_to_candidate_ratio"]),
        );
        assert_eq!(got, whole(&vector["n_candidate"]), "{vector}");
    }
    for vector in items(&known["psi_min_n_candidate"]) {
        if number(&vector["alpha"]).total_cmp(&0.05).is_ne() {
            continue;
        }
        let bins = usize::try_from(whole(&vector["buckets"])).expect("few");
        let got = psi_least_samples(
            bins,
            number(&vector["threshold"]),
            number(&vector["n_reference"]),
        );
        assert_eq!(got, Some(whole(&vector["n_candidate"])), "{vector}");
    }
    assert_eq!(psi_least_samples(10, 0.2, 50.0), None);
}

#[test]
fn mann_whitney_is_the_known_one() {
    for vector in items(&known()["mann_whitney"]) {
        let name = vector["name"].as_str().expect("a name");
        let (x, y) = (numbers(&vector["x"]), numbers(&vector["y"]));
        let test = mann_whitney(&x, &y);
        close(test.u, &vector["U1"], name);
        close(test.u_stable, &vector["U2"], name);
        close(test.sigma, &vector["sigma_tie_corrected"], name);
        close(test.sigma_plain, &vector["sigma_no_ties"], name);
        close(test.superiority, &vector["A12_prob_x_gt_y"], name);
        close(test.shift, &vector["hodges_lehmann_shift_x_minus_y"], name);
        close(median(&y), &vector["median_y"], name);
        let p = &vector["asymptotic"];
        if test.sigma > 0.0 {
            close(test.greater, &p["p_greater"], name);
            close(test.less, &p["p_less"], name);
            close(test.two_sided, &p["p_two_sided"], name);
        }
        for (level, want) in vector["hl_confidence_interval_order_statistics"]
            .as_object()
            .expect("levels")
        {
            let level: f64 = level.parse().expect("a level");
            let both = test.bounds(f64::midpoint(1.0, level), 1.0);
            close(both.lower, &want["lower"], name);
            close(both.upper, &want["upper"], name);
            let one = test.bounds(level, 1.0);
            close(one.lower, &want["one_sided_lower_bound"], name);
            close(one.upper, &want["one_sided_upper_bound"], name);
        }
    }
    for vector in items(&known()["mann_whitney_on_buckets"]) {
        let got = bucket_superiority(
            &numbers(&vector["candidate_bucket_counts"]),
            &numbers(&vector["stable_bucket_counts"]),
        );
        close(got, &vector["A12"], "buckets");
    }
}

#[test]
fn drift_is_the_known_one() {
    for vector in items(&known()["drift"]) {
        let name = vector["name"].as_str().expect("a name");
        let bounds = numbers(&vector["le"]);
        let side = |side: &str| {
            let cumulative = numbers(&vector[format!("{side}_cumulative")]);
            let buckets = bounds.iter().copied().zip(cumulative);
            Histogram::new(buckets).expect("whole")
        };
        let (c, r) = (side("candidate"), side("reference"));
        let (c, r) = (c.counts(), r.counts());
        assert_eq!(c, numbers(&vector["candidate_counts"]), "{name}");
        let (c_all, r_all) = (c.iter().sum(), r.iter().sum());
        close(psi(&c, &r), &vector["psi_pseudocount_0.5"], name);
        close(
            psi_floored(&c, &r),
            &vector["psi_floor_1e-4_not_renormalised"],
            name,
        );
        let bins = used_bins(&c, &r).len();
        assert_eq!(bins as u64, whole(&vector["buckets_used"]), "{name}");
        close(
            psi_noise(bins, c_all, r_all),
            &vector["psi_null"]["critical_value_alpha_0.05"],
            name,
        );
        let (d, p) = ks(&c, &r);
        close(d, &vector["ks"]["D"], name);
        close(p, &vector["ks"]["p_asymptotic_kolmogorov"], name);
        close(
            ks_noise(c_all, r_all),
            &vector["ks"]["critical_D_alpha_0.05"],
            name,
        );
        close(js_distance(&c, &r), &vector["js"]["distance_base2"], name);
        if let Some(want) = vector.get("chi2_homogeneity") {
            let got = homogeneity(&c, &r);
            close(got.chi_squared, &want["statistic"], name);
            assert_eq!(got.dof as u64, whole(&want["dof"]), "{name}");
            close(got.p, &want["p"], name);
            close(got.cramers_v, &want["cramers_v"], name);
        }
    }
    for vector in items(&known()["categorical_drift"]) {
        let counts = |side: &str| -> Vec<f64> {
            let keys = vector["keys_sorted"].as_array().expect("keys");
            let count = |key: &Value| number(&vector[side][key.as_str().expect("a key")]);
            keys.iter().map(count).collect()
        };
        let (c, r) = (counts("candidate"), counts("reference"));
        close(psi(&c, &r), &vector["psi_pseudocount_0.5"], "psi");
        close(js_distance(&c, &r), &vector["js_distance_base2"], "js");
        let test = homogeneity(&c, &r);
        close(test.chi_squared, &vector["chi2"], "chi2");
        close(test.p, &vector["p"], "p");
        close(test.cramers_v, &vector["cramers_v"], "V");
    }
}

fn buckets(value: &Value) -> Vec<(f64, f64)> {
    let pairs = items(value).iter();
    pairs
        .map(|pair| (number(&pair[0]), number(&pair[1])))
        .collect()
}

#[test]
fn quantiles_are_those_of_prometheus() {
    for vector in items(&known()["histogram_quantile"]) {
        let name = vector["name"].as_str().expect("a name");
        for want in items(&vector["results"]) {
            let got = Histogram::new(buckets(&vector["buckets"]))
                .map_or(f64::NAN, |histogram| histogram.quantile(number(&want["q"])));
            close(got, &want["value"], name);
        }
    }
}

#[test]
fn fractions_are_exact_at_bounds_and_linear_between() {
    let known = known();
    let histogram =
        Histogram::new(buckets(&known["histogram_quantile"][0]["buckets"])).expect("whole");
    for vector in items(&known["fraction_le_threshold"]) {
        let got = histogram.fraction(number(&vector["threshold_ms"]));
        close(got.share, &vector["fraction"], "fraction");
        assert_eq!(
            got.between.is_none(),
            vector["on_boundary"].as_bool().expect("a flag")
        );
    }
    // Above the last finite bound nothing is known to be within any limit.
    let slow = Histogram::new([(1.0, 10.0), (f64::INFINITY, 100.0)]).expect("whole");
    assert_eq!(slow.fraction(1e9).share.to_bits(), 0.1_f64.to_bits());
    assert_eq!(
        Histogram::new([(1.0, 2.0)]).expect_err("no +Inf"),
        Malformed::NoInfinity
    );
    assert_eq!(Histogram::new([]).expect_err("nothing"), Malformed::Empty);
}

#[test]
fn bounds_that_are_written_twice_are_one() {
    let infinity = f64::INFINITY;
    let twice = Histogram::new([(250.0, 3.0), (infinity, 5.0), (250.0, 4.0), (infinity, 6.0)])
        .expect("whole");
    let once = Histogram::new([(250.0, 7.0), (infinity, 11.0)]).expect("whole");
    assert_eq!(twice, once);
    let other = Histogram::new([(100.0, 1.0), (250.0, 2.0), (infinity, 3.0)]).expect("whole");
    assert_eq!(other.common_bounds(&once), [250.0, infinity]);
    assert_eq!(other.at(&[250.0, infinity]).counts(), [2.0, 1.0]);
}

#[test]
fn counters_are_counted_from_birth_and_over_restarts() {
    for vector in items(&known()["raw_increase"]) {
        let base = vector["previous_value"].as_f64();
        let got = increase(base, numbers(&vector["samples"]));
        close(got, &vector["increase"], &vector.to_string());
    }
    for vector in items(&known()["counts_from_increase"]) {
        let got = estimated(number(&vector["bad"]), number(&vector["total"]));
        let want = (whole(&vector["bad_int"]), whole(&vector["total_int"]));
        assert_eq!(got, want, "{vector}");
    }
}

#[test]
fn budgets_burn_as_known() {
    for vector in items(&known()["burn_rate"]["cases"]) {
        let window = |name: &str| Window {
            bad: whole(&vector[name][0]),
            total: whole(&vector[name][1]),
        };
        let (factor, slo) = (number(&vector["factor"]), number(&vector["slo"]));
        // The budget of an objective in decimals; 1 - 0.999 is not 0.001 in binary.
        let budget = ((1.0 - slo) * 1e6).round() / 1e6;
        assert_eq!(
            least_total(factor, budget),
            whole(&vector["min_total_long"]),
            "{vector}"
        );
        let got = burns(
            window("long_bad_total"),
            window("short_bad_total"),
            factor,
            budget,
        );
        let want = match vector["verdict"].as_str().expect("a verdict") {
            "fail" => Burn::TooFast,
            "pass" => Burn::Bearable,
            _ => Burn::TooFew,
        };
        assert_eq!(got, want, "{vector}");
    }
}

#[test]
fn points_that_follow_each_other_widen_the_bounds() {
    let wave: Vec<f64> = (0..60).map(|i| (f64::from(i) / 8.0).sin()).collect();
    let saw: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 61)).collect();
    assert!(autocorrelation(&wave) > 0.8);
    assert!(widening(&[&wave, &wave]) > 3.0);
    assert!(widening(&[&saw, &saw]) < 1.3);
    assert_eq!(autocorrelation(&[5.0; 9]).to_bits(), 0.0_f64.to_bits());
    assert_eq!(thin(&vec![0.0; 5_000]).len(), 1_667);
}

fn points() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((0_i32..400).prop_map(|n| f64::from(n) / 4.0), 2..40)
}

fn sides() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
    let bin = || (0_u32..200).prop_map(f64::from);
    prop::collection::vec((bin(), bin()), 3..20)
        .prop_map(|bins| bins.into_iter().unzip())
        .prop_filter(
            "both sides have observations",
            |(c, r): &(Vec<f64>, Vec<f64>)| {
                c.iter().sum::<f64>() > 0.0 && r.iter().sum::<f64>() > 0.0
            },
        )
}

proptest! {
    #[test]
    fn swapped_sides_swap_the_tails(x in points(), y in points()) {
        let (one, two) = (mann_whitney(&x, &y), mann_whitney(&y, &x));
        prop_assert!((one.greater - two.less).abs() < 1e-12);
        prop_assert!((one.two_sided - two.two_sided).abs() < 1e-12);
        prop_assert!((one.shift + two.shift).abs() < 1e-9);
        let (up, down) = (one.bounds(0.95, 1.0), two.bounds(0.95, 1.0));
        prop_assert!((up.lower + down.upper).abs() < 1e-9 || up.lower.total_cmp(&-down.upper).is_eq());
    }

    #[test]
    fn a_constant_moves_the_shift_by_itself(x in points(), y in points(), by in -8_i32..8) {
        let by = f64::from(by);
        let moved: Vec<f64> = x.iter().map(|point| point + by).collect();
        let (before, after) = (mann_whitney(&x, &y), mann_whitney(&moved, &y));
        prop_assert!((after.shift - before.shift - by).abs() < 1e-9);
        let scaled = |side: &[f64]| side.iter().map(|point| point * 4.0).collect::<Vec<_>>();
        let four = mann_whitney(&scaled(&x), &scaled(&y));
        prop_assert!((four.shift - 4.0 * before.shift).abs() < 1e-9);
        prop_assert!((four.greater - before.greater).abs() < 1e-12);
    }

    #[test]
    fn distances_are_symmetric_and_within_their_ranges((c, r) in sides()) {
        prop_assert!((psi(&c, &r) - psi(&r, &c)).abs() < 1e-9 || c.iter().sum::<f64>().to_bits() != r.iter().sum::<f64>().to_bits());
        prop_assert!(psi(&c, &r) >= -1e-12);
        prop_assert!((js_distance(&c, &r) - js_distance(&r, &c)).abs() < 1e-9);
        prop_assert!((0.0..=1.0).contains(&js_distance(&c, &r)));
        prop_assert!((ks(&c, &r).0 - ks(&r, &c).0).abs() < 1e-12);
        prop_assert!((0.0..=1.0 + 1e-12).contains(&ks(&c, &r).0));
        prop_assert!(psi(&c, &c).abs() < 1e-12 && js_distance(&c, &c) < 1e-6);
    }

    #[test]
    fn merged_bins_are_never_further_apart((c, r) in sides(), at in 0_usize..18) {
        let at = at % (c.len() - 1);
        let merged = |side: &[f64]| {
            let mut side = side.to_vec();
            let next = side.remove(at + 1);
            side[at] += next;
            side
        };
        prop_assert!(js_distance(&merged(&c), &merged(&r)) <= js_distance(&c, &r) + 1e-9);
        prop_assert!(ks(&merged(&c), &merged(&r)).0 <= ks(&c, &r).0 + 1e-12);
    }

    #[test]
    fn bounds_hold_the_share_and_widen_with_confidence(n in 1_u64..5_000, x in 0_u64..5_000, c in 0.5_f64..0.999) {
        let x = x.min(n);
        let (share, narrow) = (x as f64 / n as f64, wilson(x as f64, n as f64, c));
        prop_assert!(narrow.lower <= share + 1e-12 && share <= narrow.upper + 1e-12);
        let wide = wilson(x as f64, n as f64, c.midpoint(1.0));
        prop_assert!(wide.lower <= narrow.lower + 1e-12 && narrow.upper <= wide.upper + 1e-12);
        let swapped = wilson((n - x) as f64, n as f64, c);
        prop_assert!((swapped.lower - (1.0 - narrow.upper)).abs() < 1e-9);
    }

    #[test]
    fn a_quantile_has_its_share_of_the_observations(steps in prop::collection::vec(0_u32..50, 3..12), q in 0.01_f64..0.99) {
        let mut sum = 0.0;
        let mut buckets: Vec<(f64, f64)> = steps.iter().zip(1_u32..).map(|(step, bound)| {
            sum += f64::from(*step);
            (f64::from(bound), sum)
        }).collect();
        buckets.push((f64::INFINITY, sum));
        let histogram = Histogram::new(buckets).expect("whole");
        prop_assume!(sum > 0.0);
        let value = histogram.quantile(q);
        prop_assert!((histogram.fraction(value).share - q).abs() < 1e-9);
    }

    #[test]
    fn a_counter_never_falls(base in prop::option::of(0_u32..100), samples in prop::collection::vec(0_u32..100, 0..30)) {
        let got = increase(base.map(f64::from), samples.iter().copied().map(f64::from));
        prop_assert!(got >= 0.0 && got.fract().abs() < 1e-12);
        let most: u32 = samples.iter().sum();
        prop_assert!(got <= f64::from(most));
    }
}
