//! How many requests meet how many replicas while a move is under way.

use std::fmt;

/// What a model's replicas take at rest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    /// The share of all requests, copies included, in per cent.
    pub share: f64,
    /// The most replicas that it may come to.
    pub replicas: u32,
}

/// More than the replicas can be expected to take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strain {
    /// The share of all requests that they may meet, in per cent.
    pub share: f64,
    /// The replicas that may be there.
    pub replicas: u32,
    /// The share of all requests that one replica is expected to take, in per cent.
    pub sustains: f64,
}

/// Shares are sums of hundredths of a per cent.
const ROUNDING: f64 = 1e-6;

impl Load {
    /// What is too much on the way from this load to another. Routes and replicas change in any order, so the larger share may
    /// meet the smaller number of replicas. One replica takes `sustains` per cent of all requests where that is known, and what either
    /// load at rest asks of it: if that is too much, it is no fault of the way. `None` where it is enough, or where one side has no
    /// replicas: then no load is the question.
    pub fn towards(&self, after: &Self, sustains: Option<f64>) -> Option<Strain> {
        let worst = Self {
            share: self.share.max(after.share),
            replicas: self.replicas.min(after.replicas),
        };
        let at_rest = [self, after].into_iter().filter_map(Self::each);
        let sustains = at_rest.fold(sustains.unwrap_or(0.0), f64::max);
        (worst.each()? > sustains + ROUNDING).then_some(Strain {
            share: worst.share,
            replicas: worst.replicas,
            sustains,
        })
    }

    /// The share of each replica, in per cent; none without replicas.
    pub fn each(&self) -> Option<f64> {
        (self.replicas > 0).then(|| self.share / f64::from(self.replicas))
    }
}

impl fmt::Display for Strain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let round = |share: f64| (share * 100.0).round() / 100.0;
        let noun = if self.replicas == 1 {
            "replica"
        } else {
            "replicas"
        };
        write!(
            f,
            "{} % of the requests with {} {noun}, where one takes {} % at most at rest",
            round(self.share),
            self.replicas,
            round(self.sustains)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strain(before: (f64, u32), after: (f64, u32), sustains: Option<f64>) -> Option<(f64, u32)> {
        let load = |(share, replicas)| Load { share, replicas };
        let found = load(before).towards(&load(after), sustains);
        found.map(|strain| (strain.share, strain.replicas))
    }

    #[test]
    fn the_larger_share_may_meet_the_fewer_replicas() {
        // Scaled up together with its share, and down together with it.
        assert_eq!(strain((25.0, 1), (100.0, 4), None), Some((100.0, 1)));
        assert_eq!(strain((50.0, 4), (0.0, 1), None), Some((50.0, 1)));
        // Scaled up before and down after.
        assert_eq!(strain((25.0, 4), (100.0, 4), None), None);
        assert_eq!(strain((0.0, 4), (0.0, 1), None), None);
        assert_eq!(strain((10.0, 2), (50.0, 2), None), None);
    }

    #[test]
    fn what_one_replica_sustains_decides_where_it_is_known() {
        assert_eq!(strain((10.0, 1), (20.0, 2), Some(50.0)), None);
        assert_eq!(strain((10.0, 1), (60.0, 2), Some(50.0)), Some((60.0, 1)));
        // The end asks as much as the way.
        assert_eq!(strain((10.0, 2), (60.0, 2), Some(20.0)), None);
    }

    #[test]
    fn without_replicas_load_is_not_the_question() {
        assert_eq!(strain((0.0, 0), (100.0, 4), None), None);
        assert_eq!(strain((100.0, 4), (0.0, 0), None), None);
    }
}
