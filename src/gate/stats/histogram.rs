//! Cumulative histograms as Prometheus keeps them.

/// A histogram that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// No bucket at all.
    Empty,
    /// No bucket for everything, `le="+Inf"`.
    NoInfinity,
}

/// Counts by upper bound: sorted, each bound once, never falling, the last bound infinite.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    bounds: Vec<f64>,
    cumulative: Vec<f64>,
}

/// A share of the observations at or below a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fraction {
    /// The share of observations, from 0 to 1.
    pub share: f64,
    /// Where the limit is no bound: the exact shares at the bounds next to it, which it was interpolated between.
    pub between: Option<[(f64, f64); 2]>,
}

impl Histogram {
    /// From bounds and cumulative counts in any order. Equal bounds (`250` and `250.0`) are added up, and small steps down,
    /// which floating-point rates leave behind, are levelled.
    pub fn new(buckets: impl IntoIterator<Item = (f64, f64)>) -> Result<Self, Malformed> {
        let mut buckets: Vec<(f64, f64)> = buckets.into_iter().collect();
        buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut bounds, mut cumulative): (Vec<f64>, Vec<f64>) = (Vec::new(), Vec::new());
        for (bound, count) in buckets {
            match (bounds.last(), cumulative.last_mut()) {
                (Some(last), Some(sum)) if last.total_cmp(&bound).is_eq() => *sum += count,
                _ => {
                    bounds.push(bound);
                    cumulative.push(count);
                }
            }
        }
        let mut most = 0.0_f64;
        for count in &mut cumulative {
            most = most.max(*count);
            *count = most;
        }
        match bounds.last() {
            None => Err(Malformed::Empty),
            Some(last) if last.is_infinite() => Ok(Self { bounds, cumulative }),
            Some(_) => Err(Malformed::NoInfinity),
        }
    }

    /// The upper bounds, the last one infinite.
    pub fn bounds(&self) -> &[f64] {
        &self.bounds
    }

    /// How many observations there are.
    pub fn total(&self) -> f64 {
        self.cumulative.last().copied().unwrap_or(0.0)
    }

    /// The observations of each bucket by itself.
    pub fn counts(&self) -> Vec<f64> {
        let before = std::iter::once(0.0).chain(self.cumulative.iter().copied());
        self.cumulative
            .iter()
            .zip(before)
            .map(|(count, before)| count - before)
            .collect()
    }

    /// The same observations by fewer bounds; bounds that it does not have are ignored.
    #[must_use]
    pub fn at(&self, bounds: &[f64]) -> Self {
        let kept = self
            .bounds
            .iter()
            .zip(&self.cumulative)
            .filter(|(bound, _)| bounds.iter().any(|other| other.total_cmp(bound).is_eq()));
        let (bounds, cumulative) = kept.map(|(bound, count)| (*bound, *count)).unzip();
        Self { bounds, cumulative }
    }

    /// The bounds that both have.
    pub fn common_bounds(&self, other: &Self) -> Vec<f64> {
        let has = |bound: &f64| other.bounds.iter().any(|own| own.total_cmp(bound).is_eq());
        self.bounds.iter().copied().filter(has).collect()
    }

    /// The share of the observations at or below `limit`; NaN without observations.
    ///
    /// Exact at a bound, linear within a bucket as Prometheus interpolates. What lies above the last finite bound is above
    /// every finite limit: nothing is known of it but that.
    pub fn fraction(&self, limit: f64) -> Fraction {
        let total = self.total();
        let share = |count: f64| count / total;
        let at = self.bounds.partition_point(|bound| *bound < limit);
        let exact = |share: f64| Fraction {
            share,
            between: None,
        };
        match self.bounds.get(at) {
            Some(bound) if bound.total_cmp(&limit).is_eq() => exact(share(self.cumulative[at])),
            Some(bound) if bound.is_finite() => {
                let (low, below) = if at == 0 {
                    (0.0, 0.0)
                } else {
                    (self.bounds[at - 1], self.cumulative[at - 1])
                };
                if at == 0 && *bound <= 0.0 {
                    return exact(share(0.0));
                }
                let within = (limit - low).max(0.0) / (bound - low);
                Fraction {
                    share: share(below + (self.cumulative[at] - below) * within),
                    between: Some([(low, share(below)), (*bound, share(self.cumulative[at]))]),
                }
            }
            _ => exact(share(if at == 0 {
                0.0
            } else {
                self.cumulative[at - 1]
            })),
        }
    }

    /// The value that a share `q` of the observations is at or below, as Prometheus's `histogram_quantile` has it.
    ///
    /// prometheus/promql/quantile.go, `bucketQuantile`. NaN without observations or with fewer than two buckets; the
    /// highest finite bound where the rank lies above it.
    pub fn quantile(&self, q: f64) -> f64 {
        let total = self.total();
        if total <= 0.0 || self.bounds.len() < 2 || q.is_nan() {
            return f64::NAN;
        }
        let rank = q * total;
        let last = self.bounds.len() - 1;
        let at = self.cumulative[..last].partition_point(|count| *count < rank);
        if at == last {
            return self.bounds[last - 1];
        }
        let bound = self.bounds[at];
        if at == 0 && bound <= 0.0 {
            return bound;
        }
        let (low, below) = if at == 0 {
            (0.0, 0.0)
        } else {
            (self.bounds[at - 1], self.cumulative[at - 1])
        };
        low + (bound - low) * (rank - below) / (self.cumulative[at] - below)
    }

    /// The edges of the bucket that a value lies in: how coarse a quantile near it is.
    pub fn bucket_of(&self, value: f64) -> (f64, f64) {
        let at = self.bounds.partition_point(|bound| *bound < value);
        let low = if at == 0 { 0.0 } else { self.bounds[at - 1] };
        (low, self.bounds.get(at).copied().unwrap_or(f64::INFINITY))
    }
}
