//! How much of all requests reaches a model, whatever way each of them takes.

use crate::units::{HUNDRED, Percent};

use super::{CohortId, ModelId, Plan, Split, Stage, StageId};

/// A part of all requests, from nothing to everything; copies beside requests may make it more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fraction(u64);

/// Everything: a hundredth of a percent of a hundredth of a percent is the smallest part.
const WHOLE: u64 = 100_000_000;

impl Fraction {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// As a number from 0 to 1.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / WHOLE as f64
    }

    /// The nearest percentage of two decimals.
    pub fn percent(self) -> Percent {
        let hundredths = (self.0 + 5_000) / u64::from(HUNDRED.hundredths());
        Percent::from_hundredths(u32::try_from(hundredths).unwrap_or(u32::MAX))
    }

    /// This part of so many replicas, rounded up; never more than Kubernetes can be asked for.
    pub fn of_replicas(self, all: u32) -> u32 {
        let part = (u64::from(all) * self.0).div_ceil(WHOLE);
        u32::try_from(part.min(i32::MAX.unsigned_abs().into())).unwrap_or(u32::MAX)
    }

    /// By how much it is more than another; nothing where it is not.
    #[must_use]
    pub fn above(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    fn of(parts: i64) -> Self {
        Self(u64::try_from(parts).unwrap_or(0))
    }
}

impl From<Percent> for Fraction {
    fn from(percent: Percent) -> Self {
        Self(u64::from(percent.hundredths()) * u64::from(HUNDRED.hundredths()))
    }
}

/// What is known of a part of all requests, where cohorts claim some of them.
///
/// A cohort without a `share` may be of any size. Where it sends its requests as all others go, its size does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TotalShare {
    /// The part, were the cohorts of unknown size empty.
    pub counted: Fraction,
    /// The least that it can be.
    pub least: Fraction,
    /// The most that it can be.
    pub most: Fraction,
}

impl TotalShare {
    /// The part, unless a cohort of unknown size changes it.
    pub fn known(self) -> Option<Fraction> {
        (self.least == self.most).then_some(self.counted)
    }
}

/// The one computation: `weighted` of the requests that no cohort claims, and `pinned` of each cohort's.
///
/// With a cohort's size `x` and what is left of 100 %: `weighted · (1 − Σx) + Σ x · pinned`, all in hundredths of a percent.
fn total(
    plan: &Plan,
    stage: &Stage,
    weighted: u32,
    pinned: impl Fn(CohortId, &Split) -> u32,
) -> TotalShare {
    let weighted = i64::from(weighted);
    let mut left = i64::from(HUNDRED.hundredths());
    let (mut claimed, mut least, mut most) = (0, 0, 0);
    for (cohort, split) in &stage.cohorts {
        let pinned = i64::from(pinned(*cohort, split));
        if let Some(share) = plan.cohort(*cohort).share {
            left -= i64::from(share.hundredths());
            claimed += i64::from(share.hundredths()) * pinned;
        } else {
            least = least.min(pinned - weighted);
            most = most.max(pinned - weighted);
        }
    }
    // The part is linear in each unknown size, so it is least and most where one cohort takes all that is left, or none does.
    let counted = claimed + left * weighted;
    TotalShare {
        counted: Fraction::of(counted),
        least: Fraction::of(counted + left * least),
        most: Fraction::of(counted + left * most),
    }
}

impl Stage {
    /// The part of the requests that no cohort claims which a model gets, copies included, in hundredths of a percent.
    fn weighted_with_copies(&self, model: ModelId) -> u32 {
        self.split.of(model).hundredths() + self.copied_to(model)
    }

    /// The part of the requests of which copies are made that a model gets as copies, at most, in hundredths of a percent.
    fn copied_to(&self, model: ModelId) -> u32 {
        let target = self.mirror_target().filter(|mirror| mirror.to == model);
        target.map_or(0, |mirror| mirror.percent.hundredths())
    }
}

impl Plan {
    /// The part of all requests that a model answers in a stage, by weight and by cohort.
    pub fn share(&self, stage: StageId, model: ModelId) -> TotalShare {
        let stage = self.stage(stage);
        let weighted = stage.split.of(model).hundredths();
        total(self, stage, weighted, |_, split| {
            split.of(model).hundredths()
        })
    }

    /// The same with the copies that a mirror sends it, as if its `match` took all of the requests that may be copied.
    pub fn share_with_copies(&self, stage: StageId, model: ModelId) -> TotalShare {
        let stage = self.stage(stage);
        let weighted = stage.weighted_with_copies(model);
        let is_copied = |cohort| {
            let mirror = stage.mirror.as_ref();
            mirror.is_some_and(|mirror| mirror.copies_cohort(cohort))
        };
        total(self, stage, weighted, |cohort, split| {
            let copied = if is_copied(cohort) {
                stage.copied_to(model)
            } else {
                0
            };
            split.of(model).hundredths() + copied
        })
    }

    /// The larger of that and of the share of the requests that no cohort claims: the prover, which reads manifests alone, knows no
    /// size of a cohort.
    pub fn largest_share(&self, stage: StageId, model: ModelId) -> Fraction {
        let weighted = u64::from(self.stage(stage).weighted_with_copies(model));
        let weighted = Fraction(weighted * u64::from(HUNDRED.hundredths()));
        weighted.max(self.share_with_copies(stage, model).counted)
    }

    /// The part of all requests that models which are not stable answer in a stage.
    pub fn exposure(&self, stage: StageId) -> TotalShare {
        let stage = self.stage(stage);
        let others = |split: &Split| split.of(self.stable).rest().hundredths();
        total(self, stage, others(&stage.split), |_, split| others(split))
    }

    /// What is to be said of the requests that a stage copies, beside how many: `, those of the cohort beta, too`.
    pub fn copied_words(&self, stage: &Stage) -> String {
        let Some(mirror) = &stage.mirror else {
            return String::new();
        };
        let cohorts = stage.cohorts.keys();
        let cohorts = cohorts.filter(|cohort| mirror.copies_cohort(**cohort));
        let cohorts: Vec<&str> = cohorts.map(|id| self.cohort(*id).name.as_str()).collect();
        let whose = match cohorts.len() {
            0 => String::new(),
            1 => format!(", those of the cohort {}, too", cohorts[0]),
            _ => format!(", those of the cohorts {}, too", cohorts.join(", ")),
        };
        let which = if mirror.entries.is_empty() {
            ""
        } else {
            ", of some requests"
        };
        format!("{which}{whose}")
    }

    /// `12.5 % of the requests`, or `10 % of the requests that no cohort claims` where how many those are is unknown.
    pub fn exposure_words(&self, stage: StageId) -> String {
        match self.exposure(stage).known() {
            Some(exposure) => format!("{} % of the requests", exposure.percent()),
            None => format!(
                "{} % of the requests that no cohort claims",
                self.stage(stage).split.of(self.stable).rest()
            ),
        }
    }

    /// The requests a minute that a model is expected to answer in a stage, as digits or `unknown`; none without expected traffic.
    pub fn load_words(&self, stage: StageId, model: ModelId) -> Option<String> {
        let expected = self.traffic.expected_per_minute?;
        let known = self.share(stage, model).known();
        Some(known.map_or_else(
            || "unknown".to_owned(),
            |share| format!("{:.0}", expected * share.as_f64()),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Report;
    use crate::plan::resolve;
    use crate::spec::read;
    use crate::text::Source;

    /// Cohorts `x` and `y` with these lines, one step, and the three fractions of `b` in its stage, in percent.
    fn share_of_b(cohorts: [&str; 2], step: &str) -> [f64; 3] {
        let [x, y] = cohorts;
        let text = format!(
            "apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {{name: n}}
spec:
  models:
    - {{name: a, runtime: custom, image: 'i:1', ports: [{{name: http, containerPort: 80}}]}}
    - {{name: b, runtime: custom, image: 'i:2', ports: [{{name: http, containerPort: 80}}]}}
  stable: a
  cohorts:
    - {{name: x, match: [{{headers: {{x: '1'}}}}], {x}}}
    - {{name: y, match: [{{headers: {{y: '1'}}}}], {y}}}
  steps:
    - {{name: one, gates: [], {step}}}
    - {{weight: 100, gates: [], mirror: null, cohorts: {{x: null, y: null}}, replicas: {{a: 2}}}}
"
        );
        let source = Source::new("rollout.yaml", text);
        let document = read(&source).expect("it is read").document;
        let mut report = Report::new(source);
        let plan =
            resolve(&document, &mut report).unwrap_or_else(|| panic!("{:?}", report.sorted()));
        let stage = plan.stage_named("one").expect("the stage");
        let share = plan.share_with_copies(stage, ModelId(1));
        [share.counted, share.least, share.most].map(|part| part.percent().as_f64())
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "exact is what is claimed")]
    fn the_share_of_all_requests_is_weights_and_cohorts_together() {
        let known = |value: f64| [value; 3];
        for (cohorts, step, want) in [
            (["", ""], "weight: 10", known(10.0)),
            (["share: 20%", ""], "weight: 10", known(10.0)),
            (
                ["share: 20%", ""],
                "weight: 10, cohorts: {x: b}",
                known(28.0),
            ),
            (
                ["share: 20%", ""],
                "weight: 10, cohorts: {x: a}",
                known(8.0),
            ),
            (
                ["share: 20%", ""],
                "weight: 10, cohorts: {x: {b: 50}}",
                known(18.0),
            ),
            // A cohort that goes where all others go changes nothing, known or not.
            (["", ""], "weight: 10, cohorts: {x: {b: 10}}", known(10.0)),
            (["", ""], "weight: 100, cohorts: {x: b}", known(100.0)),
            // Of unknown size: from nobody to everybody.
            (["", ""], "weight: 10, cohorts: {x: b}", [10.0, 10.0, 100.0]),
            (["", ""], "weight: 10, cohorts: {x: a}", [10.0, 0.0, 10.0]),
            (
                ["", ""],
                "weight: 10, cohorts: {x: b, y: a}",
                [10.0, 0.0, 100.0],
            ),
            (
                ["share: 20", ""],
                "weight: 10, cohorts: {x: b, y: b}",
                [28.0, 28.0, 100.0],
            ),
            (
                ["share: 20", ""],
                "weight: 10, cohorts: {x: b, y: a}",
                [28.0, 20.0, 28.0],
            ),
            // Copies are of weighted requests only.
            (
                ["share: 20", ""],
                "mirror: {to: b, percent: 50}, cohorts: {x: a}",
                known(40.0),
            ),
            (
                ["share: 0.01%", ""],
                "weight: 0.01, cohorts: {x: {b: 0.01}}",
                known(0.01),
            ),
        ] {
            assert_eq!(share_of_b(cohorts, step), want, "{cohorts:?} {step}");
        }
    }
}
