//! When a stage's candidates first had requests: before that there was nothing to judge, whatever a commit says.

use crate::plan::{Plan, StageId};
use crate::units::{Duration, Timestamp};

use super::answer::{Answer, Data, Source};
use super::evaluate::candidates;
use super::query::{LOOK_BACK, Query, Target, When};

/// How long after a stage's beginning a first sample is looked for.
const LONGEST: Duration = Duration::from_seconds(86_400);
/// Seconds between two points that are looked at: a first sample is known to this.
const STEP: u64 = 60;

/// When the last of the candidates that a stage's gates judge had its first sample, where that is later than `began`. `None` where all had
/// requests before, and where the telemetry does not say: then the gates say what is wrong with it.
pub fn first_sample(
    plan: &Plan,
    stage: StageId,
    namespace: &str,
    (began, now): (Timestamp, Timestamp),
    source: &dyn Source,
) -> Option<Timestamp> {
    let until = now.min(began.plus(LONGEST));
    if until <= began {
        return None;
    }
    let models = candidates(plan, stage).into_iter();
    let found = models.filter_map(|(model, of)| {
        let target = Target::new(plan, model, of, namespace, "");
        let answer = source.ask(&question(&target, began, until)).ok()?;
        moment(&answer)
    });
    found.max().filter(|at| *at > began)
}

/// The first sample of any series of requests, from a little before the beginning on: who had some then has no first one now.
fn question(target: &Target, began: Timestamp, until: Timestamp) -> Query {
    let selector = target.telemetry.requests(target, None);
    let range = until.since(began).seconds() + LOOK_BACK;
    let promql = format!("min_over_time(min(timestamp({selector}))[{range}s:{STEP}s])");
    target.ask("first sample", promql, When::At(until))
}

fn moment(answer: &Answer) -> Option<Timestamp> {
    let Data::Vector(series) = &answer.data else {
        return None;
    };
    let (_, seconds) = series.first()?.points.first()?;
    format!("{:.0}", seconds.ceil()).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Fault;
    use crate::gate::tests::{BEGAN, By, rollout, vector};

    fn asked(seconds: Option<f64>, after: i64) -> (Option<Timestamp>, String) {
        let compiled = rollout("[{name: a, availability: {objective: 99.5%}}]");
        let stage = compiled.plan.stage_named("canary").expect("the stage");
        let said = std::sync::Mutex::new(String::new());
        let source = By(|query: &Query| {
            said.lock().expect("no panic").clone_from(&query.promql);
            let seconds = seconds.ok_or(Fault::Telemetry("down".to_owned()))?;
            Ok(vector(&[(&[], seconds)]))
        });
        let now = Timestamp::from_seconds(BEGAN.seconds() + after);
        let found = first_sample(&compiled.plan, stage, "ml", (BEGAN, now), &source);
        (found, said.into_inner().expect("no panic"))
    }

    #[test]
    fn only_a_first_sample_after_the_beginning_counts() {
        let began = BEGAN.seconds();
        #[allow(
            clippy::cast_precision_loss,
            reason = "seconds of this century are exact"
        )]
        let at = |after: f64| Some(began as f64 + after);
        assert_eq!(
            asked(at(90.5), 3_600).0,
            Some(Timestamp::from_seconds(began + 91))
        );
        assert_eq!(asked(at(-60.0), 3_600).0, None);
        assert_eq!(asked(None, 3_600).0, None);
        assert_eq!(asked(at(90.5), 0).0, None);
    }

    #[test]
    fn the_question_is_promql_and_does_not_grow_for_ever() {
        let (_, hour) = asked(None, 3_600);
        assert!(hour.ends_with("))[3900s:60s])"), "{hour}");
        let (_, month) = asked(None, 30 * 86_400);
        assert!(month.ends_with("))[86700s:60s])"), "{month}");
        promql_parser::parser::parse(&hour).expect("PromQL");
    }
}
