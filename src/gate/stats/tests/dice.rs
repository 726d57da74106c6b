//! Seeded rollouts: requests by minute and pod, whose failures come as a scenario says.

use super::super::Cell;
use super::super::special::normal_quantile;

/// How failures come.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scenario {
    /// Each request by itself.
    Independent,
    /// Ten requests share their outcome, and the minute and the pod.
    Bursts,
    /// The minute's share follows the last one's: its logarithm is autoregressive, with this correlation and deviation.
    Waves(f64, f64),
}

/// xorshift64*, so that the same rollouts are simulated everywhere.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// Above 0 and below 1.
    pub(super) fn roll(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let bits = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        (bits as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        normal_quantile(self.roll())
    }

    /// How many of `n` fail: from 0 upwards along the distribution, or by the normal one where that is long.
    pub(super) fn binomial(&mut self, n: f64, share: f64) -> f64 {
        let mean = n * share;
        if mean <= 0.0 {
            return 0.0;
        }
        if mean > 60.0 && n - mean > 60.0 {
            let deviation = (mean * (1.0 - share)).sqrt();
            return (mean + deviation * self.normal()).round().clamp(0.0, n);
        }
        if share > 0.5 {
            return n - self.binomial(n, 1.0 - share);
        }
        let (mut left, odds) = (self.roll(), share / (1.0 - share));
        let (mut chance, mut count) = ((n * (-share).ln_1p()).exp(), 0.0);
        while left > chance && count < n {
            left -= chance;
            chance *= odds * (n - count) / (count + 1.0);
            count += 1.0;
        }
        count
    }

    /// So many requests over `minutes` and `pods`.
    pub(super) fn rollout(
        &mut self,
        scenario: Scenario,
        requests: f64,
        share: f64,
        (minutes, pods): (u32, u32),
    ) -> Vec<Cell> {
        let burst = match scenario {
            Scenario::Bursts => 10.0,
            Scenario::Independent | Scenario::Waves(..) => 1.0,
        };
        let (mut left, mut places) = ((requests / burst).floor(), f64::from(minutes * pods));
        let mut wave = self.normal();
        let mut cells = Vec::new();
        for minute in 0..minutes {
            let share = match scenario {
                Scenario::Independent | Scenario::Bursts => share,
                Scenario::Waves(lasts, deviation) => {
                    wave = lasts * wave + (1.0 - lasts * lasts).sqrt() * self.normal();
                    (share * (deviation * wave - deviation * deviation / 2.0).exp()).min(1.0)
                }
            };
            for _ in 0..pods {
                let here = self.binomial(left, 1.0 / places);
                left -= here;
                places -= 1.0;
                cells.push(Cell {
                    minute: u64::from(minute),
                    bad: burst * self.binomial(here, share),
                    total: burst * here,
                });
            }
        }
        cells
    }
}

/// Failures and requests of all cells.
pub(super) fn sum(cells: &[Cell]) -> (f64, f64) {
    cells
        .iter()
        .fold((0.0, 0.0), |(b, t), cell| (b + cell.bad, t + cell.total))
}
