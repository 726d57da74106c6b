//! `burnRate`.

use crate::diag::Code;
use crate::plan::gates::{BurnPair, BurnRate};
use crate::spec::gate::{self as written, BurnLimit, BurnWindow};
use crate::units::PromDuration;

use super::reader::Reader;
use super::requests;

pub(super) fn resolve(gate: &written::BurnRate, reader: &mut Reader<'_>) -> Option<BurnRate> {
    let period = reader.span("period", &gate.period);
    let objective = reader.share("objective", &gate.objective);
    let share = gate.budget_share.as_ref();
    let budget_share = share.map(|share| reader.share("budgetShare", share));
    let pairs = match &gate.windows {
        None => default_pairs(period?),
        Some(windows) => {
            let mut reader = reader.below("windows");
            let windows = windows.iter().enumerate();
            let pairs =
                windows.map(|(index, window)| pair(window, period, &mut reader.item(index)));
            // Every pair is looked at, so that all complaints come at once.
            let pairs: Vec<Option<BurnPair>> = pairs.collect();
            pairs.into_iter().collect::<Option<_>>()?
        }
    };
    Some(BurnRate {
        objective: objective?,
        period: period?,
        pairs,
        budget_share: match budget_share {
            None => None,
            Some(share) => Some(share?),
        },
        requests: requests::resolve(
            gate.sli,
            gate.reporter,
            gate.counts,
            gate.bad.as_ref(),
            gate.client_aborts,
        ),
    })
}

fn pair(
    window: &BurnWindow,
    period: Option<PromDuration>,
    reader: &mut Reader<'_>,
) -> Option<BurnPair> {
    let (Ok(long), Ok(short)) = (window.long.parse(), window.short.parse()) else {
        reader.complain_here(
            Code::GP006,
            "the windows are too long a time",
            "write shorter ones",
        );
        return None;
    };
    if short >= long {
        reader.complain(
            Code::GP504,
            "short",
            format!("the short window of {short} is not shorter than the long one of {long}"),
            "a twelfth of the long window is usual",
        );
    }
    Some(BurnPair {
        long,
        short,
        factor: match &window.limit {
            BurnLimit::Factor(factor) => *factor,
            BurnLimit::BudgetFraction(fraction) => {
                let fraction = reader.share("budgetFraction", fraction)?;
                factor(fraction.as_f64(), period?, long)
            }
        },
    })
}

/// Google's pairs: 2 % of the budget in 1 h, 5 % in 6 h, 10 % in a day, 10 % in three.
fn default_pairs(period: PromDuration) -> Vec<BurnPair> {
    const HOUR: u64 = 3_600;
    let pairs = [
        (0.02, HOUR, 300),
        (0.05, 6 * HOUR, 1_800),
        (0.1, 24 * HOUR, 2 * HOUR),
        (0.1, 72 * HOUR, 6 * HOUR),
    ];
    pairs
        .into_iter()
        .map(|(fraction, long, short)| {
            let long = PromDuration::from_seconds(long);
            BurnPair {
                long,
                short: PromDuration::from_seconds(short),
                factor: factor(fraction, period, long),
            }
        })
        .collect()
}

/// The rate that uses up a share of the period's budget within the long window; products of decimals, so rounded as decimals.
fn factor(budget_fraction: f64, period: PromDuration, long: PromDuration) -> f64 {
    let factor = budget_fraction * period.as_seconds() / long.as_seconds();
    (factor * 1e9).round() / 1e9
}
