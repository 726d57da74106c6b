//! What a layout promises, on random series of shares.

use proptest::prelude::*;

use super::*;
use crate::units::Percent;

const WHOLE: u32 = 10_000;

fn split(shares: &[u32]) -> Split {
    let shares = shares.iter().enumerate();
    let shares: BTreeMap<ModelId, Percent> = shares
        .map(|(model, share)| (ModelId(model), Percent::from_hundredths(*share)))
        .collect();
    Split::with_rest(&shares, ModelId(0)).expect("at most 100 %")
}

/// A whole in so many parts, of which some may be nothing.
fn shares(models: usize) -> impl Strategy<Value = Vec<u32>> {
    let cuts = prop::collection::vec(
        prop_oneof![0..=WHOLE, (0_u32..=20).prop_map(|part| part * 500)],
        models - 1,
    );
    cuts.prop_map(|mut cuts| {
        cuts.sort_unstable();
        let ends = cuts.iter().copied().chain([WHOLE]);
        let starts = [0].into_iter().chain(cuts.iter().copied());
        ends.zip(starts).map(|(end, start)| end - start).collect()
    })
}

fn series() -> impl Strategy<Value = Vec<Vec<u32>>> {
    (2_usize..7).prop_flat_map(|models| prop::collection::vec(shares(models), 1..12))
}

fn count(buckets: &Buckets, model: ModelId) -> u16 {
    buckets
        .ranges(model)
        .map(|range| range.end - range.start)
        .sum()
}

fn all_moved(from: &Buckets, to: &Buckets) -> u32 {
    from.moved(to)
        .iter()
        .map(|moved| u32::from(moved.buckets))
        .sum()
}

/// By how much models grow, in buckets.
fn growth(from: &Buckets, to: &Buckets, models: usize) -> u32 {
    let grown = (0..models)
        .map(ModelId)
        .map(|model| count(to, model).saturating_sub(count(from, model)));
    grown.map(u32::from).sum()
}

/// The layouts after each split of a series, and before the first.
fn layouts(series: &[Vec<u32>], stable: usize) -> Vec<Buckets> {
    let mut layout = Layout::all(ModelId(stable));
    let mut found = vec![layout.buckets()];
    for shares in series {
        layout.follow(&split(shares));
        found.push(layout.buckets());
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_model_has_its_share_to_within_rounding(series in series(), stable in 0_usize..2) {
        for (shares, buckets) in series.iter().zip(&layouts(&series, stable)[1..]) {
            let mut all = 0;
            let parts = shares.iter().filter(|share| **share > 0).count();
            for (model, share) in shares.iter().enumerate() {
                let count = u32::from(count(buckets, ModelId(model)));
                prop_assert_eq!(count > 0, *share > 0, "{:?} {:?}", shares, buckets);
                let error = (f64::from(count) - f64::from(*share) * 0.4096).abs();
                prop_assert!(error <= f64::from(u16::try_from(parts).expect("few models")), "{} of {} buckets: {:?}", model, count, shares);
                all += count;
            }
            prop_assert_eq!(all, u32::from(BUCKETS));
        }
    }

    #[test]
    fn nobody_moves_but_who_must(series in series(), stable in 0_usize..2) {
        let layouts = layouts(&series, stable);
        for pair in layouts.windows(2) {
            prop_assert_eq!(all_moved(&pair[0], &pair[1]), growth(&pair[0], &pair[1], series[0].len()));
            for moved in pair[0].moved(&pair[1]) {
                prop_assert!(count(&pair[1], moved.from) < count(&pair[0], moved.from));
                prop_assert!(count(&pair[1], moved.to) > count(&pair[0], moved.to));
            }
        }
    }

    #[test]
    fn who_came_with_a_rise_leaves_with_a_fall(
        mut series in series(), part in 0_u32..=100, who in any::<prop::sample::Index>(), to in any::<prop::sample::Index>()
    ) {
        // One model beside stable gets some of what each other has; then some of that goes to one of them.
        let before = series.last().cloned().unwrap_or_default();
        let who = 1 + who.index(before.len() - 1);
        let mut risen: Vec<u32> = before.iter().map(|share| share - share * part / 100).collect();
        risen[who] = 0;
        risen[who] = WHOLE - risen.iter().sum::<u32>();
        let mut fallen = risen.clone();
        let to = to.index(before.len());
        prop_assume!(to != who);
        let lost = (risen[who] - before[who]) / 2;
        fallen[who] -= lost;
        fallen[to] += lost;
        series.extend([risen, fallen]);
        let found = layouts(&series, 0);
        let [.., old, high, low] = &found[..] else { unreachable!() };
        let who = ModelId(who);
        let came = count(high, who) - count(old, who);
        if count(high, who) - count(low, who) <= came {
            for bucket in 0..BUCKETS {
                if high.model(bucket) == Some(who) && low.model(bucket) != Some(who) {
                    prop_assert!(old.model(bucket) != Some(who), "{} of {:?}", bucket, series);
                }
            }
        }
    }

    #[test]
    fn a_change_in_which_stable_gets_nothing_is_undone_whole(mut series in series()) {
        let last = series.len() - 1;
        let before = series[last.saturating_sub(1)].clone();
        prop_assume!(last > 0);
        series.push(before);
        let found = layouts(&series, 0);
        let of_stable = |buckets| count(buckets, ModelId(0));
        prop_assume!(of_stable(&found[last + 1]) <= of_stable(&found[last]));
        prop_assert_eq!(&found[last + 2], &found[last]);
    }

    #[test]
    fn nobody_comes_back_on_a_rising_ramp(mut series in series()) {
        // Sorted, the shares of all but stable only rise.
        let models = series[0].len();
        for model in 1..models {
            let mut rising: Vec<u32> = series.iter().map(|shares| shares[model]).collect();
            rising.sort_unstable();
            for (shares, share) in series.iter_mut().zip(rising) {
                shares[model] = share;
            }
        }
        for shares in &mut series {
            let others: u32 = shares[1..].iter().sum();
            let over = others.max(WHOLE);
            for share in &mut shares[1..] {
                *share = *share * WHOLE / over;
            }
            shares[0] = WHOLE - shares[1..].iter().sum::<u32>();
        }
        let is_rising = series.windows(2).all(|pair| (1..models).all(|model| pair[0][model] <= pair[1][model]));
        prop_assume!(is_rising);
        for pair in layouts(&series, 0).windows(2) {
            for moved in pair[0].moved(&pair[1]) {
                prop_assert_eq!(moved.from, ModelId(0), "{:?}", series);
            }
        }
    }

    #[test]
    fn of_two_models_the_shares_alone_decide(series in prop::collection::vec(0..=WHOLE, 1..20), stable in 0_usize..2) {
        let both = |share: &u32| if stable == 0 { vec![WHOLE - share, *share] } else { vec![*share, WHOLE - share] };
        let whole: Vec<Vec<u32>> = series.iter().map(both).collect();
        for (shares, buckets) in whole.iter().zip(&layouts(&whole, stable)[1..]) {
            prop_assert_eq!(buckets, &layouts(std::slice::from_ref(shares), stable)[1]);
        }
    }

    #[test]
    fn of_three_models_the_shares_alone_decide_while_stable_has_some(
        series in prop::collection::vec((0_u32..4_999, 0_u32..5_000), 1..20)
    ) {
        let mut now = (0, 0);
        let mut whole = Vec::new();
        // One at a time, so that what one gets is what stable gives.
        for (step, (b, c)) in series.into_iter().enumerate() {
            if step % 2 == 0 { now.0 = b } else { now.1 = c }
            whole.push(vec![WHOLE - now.0 - now.1, now.0, now.1]);
        }
        for (shares, buckets) in whole.iter().zip(&layouts(&whole, 0)[1..]) {
            prop_assert_eq!(buckets, &layouts(std::slice::from_ref(shares), 0)[1]);
        }
    }
}

#[test]
fn a_million_ids_are_shared_as_the_weights_say() {
    // Sebastiano Vigna's SplitMix64: as even as request ids are.
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    let ids: Vec<u16> = (0..1_000_000)
        .map(|_| u16::from_str_radix(&format!("{:016x}", next())[..3], 16).expect("three digits"))
        .collect();
    let series = vec![
        vec![9_900, 100, 0],
        vec![7_500, 1_500, 1_000],
        vec![3_333, 3_333, 3_334],
        vec![0, 2_000, 8_000],
    ];
    let layouts = layouts(&series, 0);
    for (shares, buckets) in series.iter().zip(&layouts[1..]) {
        let mut found = vec![0_u32; shares.len()];
        for id in &ids {
            let model = buckets.model(*id).expect("every bucket is somebody's");
            found[model.0] += 1;
        }
        for (found, share) in found.iter().zip(shares) {
            let off = f64::from(*found) / 10_000.0 - f64::from(*share) / 100.0;
            // Two buckets, and five standard deviations of a share of a million.
            assert!(off.abs() < 0.049 + 0.25, "{found} of a million for {share}");
        }
    }
}

#[test]
fn stable_is_between_the_models_beside_it() {
    let found = layouts(
        &[
            vec![8_500, 1_000, 500],
            vec![7_500, 500, 2_000],
            vec![5_000, 2_500, 2_500],
        ],
        0,
    );
    let pieces = |buckets: &Buckets| -> Vec<(Range<u16>, usize)> {
        let all = (0..3).flat_map(|model| {
            buckets
                .ranges(ModelId(model))
                .map(move |range| (range, model))
        });
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|(range, _)| range.start);
        all
    };
    assert_eq!(
        pieces(&found[1]),
        [(0..409, 1), (409..3_892, 0), (3_892..4_096, 2)]
    );
    // What the second one gets from the first lies where the first one had it.
    assert_eq!(
        pieces(&found[2]),
        [
            (0..204, 1),
            (204..409, 2),
            (409..3_482, 0),
            (3_482..4_096, 2)
        ]
    );
    assert_eq!(all_moved(&found[1], &found[2]), 615);
}
