//! A limit on times against the bounds of a histogram.

/// Where a limit lies among the bounds of a histogram.
pub(in crate::plan::checks) enum Limit {
    /// At one of them: the share within it is known.
    AtBound,
    /// Above the last one: what is slower than that is within no limit.
    Above(f64),
    /// Between these: the share within it is interpolated. At most two, the lower one first.
    Between(Vec<f64>),
}

impl Limit {
    /// `bounds` rise; two times are the same where `same` says so.
    pub(in crate::plan::checks) fn among(
        bounds: &[f64],
        limit: f64,
        same: impl Fn(f64, f64) -> bool,
    ) -> Self {
        if bounds.iter().any(|bound| same(*bound, limit)) {
            return Self::AtBound;
        }
        let last = bounds.last().copied().unwrap_or_default();
        if limit > last {
            return Self::Above(last);
        }
        let at = bounds.partition_point(|bound| *bound < limit);
        let near = [at.checked_sub(1), Some(at)].into_iter().flatten();
        Self::Between(near.filter_map(|at| bounds.get(at)).copied().collect())
    }
}
