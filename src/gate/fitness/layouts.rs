//! Whether all pods cut their histogram alike: where they do not, the sums of their buckets are no distribution.

use std::collections::BTreeMap;

use crate::gate::answer::{Fault, read_number};
use crate::gate::words;

use super::{Ask, Subject, Unfit, vector};

/// The buckets of a histogram, as PromQL without a range, and the limit that they are held against, in their own unit.
pub(in crate::gate) struct Buckets {
    pub(super) selector: String,
    pub(super) limit: Option<f64>,
}

pub(super) fn examine(
    subject: &Subject<'_>,
    buckets: &Buckets,
    ask: &mut Ask<'_>,
) -> Result<Option<Unfit>, Fault> {
    let range = subject.window.length().seconds().max(1);
    let promql = format!(
        "count by (le) (last_over_time({}[{range}s]))",
        buckets.selector
    );
    let found = vector(ask(subject.question(
        "layouts",
        promql,
        subject.window.end,
    ))?);
    // `250` and `250.0` are one bound.
    let mut series: BTreeMap<u64, f64> = BTreeMap::new();
    let mut bounds = Vec::new();
    for one in &found {
        let (Some(bound), Some((_, count))) = (read_number(one.label("le")), one.points.first())
        else {
            continue;
        };
        bounds.push(bound);
        *series.entry(bound.to_bits()).or_default() += count;
    }
    bounds.sort_by(f64::total_cmp);
    bounds.dedup_by(|a, b| a.total_cmp(b).is_eq());
    let all = series.values().copied().fold(0.0, f64::max);
    let lacks = |bound: &&f64| {
        series
            .get(&bound.to_bits())
            .is_none_or(|count| *count + 0.5 < all)
    };
    let Some(odd) = near(&bounds, buckets.limit).iter().find(lacks) else {
        return Ok(None);
    };
    Ok(Some(Unfit::Wrong(format!(
        "the pods of `{}` do not have the same buckets: {} is a bound in some of them only, and what is above it cannot be told",
        subject.target.subset,
        words::number(*odd)
    ))))
}

/// The bounds that a limit is judged by: its own, or those on either side; all of them without a limit.
fn near(bounds: &[f64], limit: Option<f64>) -> &[f64] {
    let Some(limit) = limit else {
        return bounds;
    };
    let at = bounds.partition_point(|bound| *bound < limit * (1.0 - 1e-12));
    let is_bound = bounds
        .get(at)
        .is_some_and(|bound| *bound <= limit * (1.0 + 1e-12));
    let from = if is_bound { at } else { at.saturating_sub(1) };
    &bounds[from.min(bounds.len())..(at + 1).min(bounds.len())]
}
