//! When the live stage began: the one answer that `gate`, `promote` and the Action share.

use clap::Args;

use crate::gate::Origin;
use crate::plan::{Plan, StageId};
use crate::promotion::decide::Refusal;
use crate::units::Timestamp;

use super::committed::Committed;
use super::health::ArgoArgs;
use super::inputs::Input;
use super::live::stage_index;
use super::output::Output;
use super::{Exit, Failure};

/// What helps where history or Argo CD does not say when the stage began.
const WITHOUT: &str = "or give `--stage` and `--stage-started-at`, which need no history";

/// Who says when the stage began.
#[derive(Debug, Args)]
pub(super) struct StartArgs {
    /// When the stage began, as 2026-08-22T09:00:00Z or seconds since 1970; default: when Argo CD deployed the live stage, where
    /// `--argocd-server` or policy.requireHealthy says to ask it, else the time of the commit that made it live
    #[arg(long, value_name = "TIME", value_parser = parse_moment)]
    pub(super) stage_started_at: Option<Timestamp>,
    #[command(flatten)]
    argo: ArgoArgs,
}

/// What Argo CD is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// Nothing: the commit's time counts.
    Nothing,
    /// When it deployed the live stage.
    When,
    /// That, and whether it is Synced and Healthy.
    Health,
}

/// When a stage began.
#[derive(Debug)]
pub(super) struct StageStart {
    /// When.
    pub(super) at: Timestamp,
    /// How that is known.
    pub(super) origin: Origin,
    /// What Argo CD says against leaving the stage, where that counts.
    pub(super) refusal: Option<Refusal>,
}

impl StageStart {
    /// When the live stage began: when Argo CD deployed it first, where it is asked and knows, else the committer's date of the
    /// commit that made it live. A clone that does not reach that commit is an error; `instead` is what to do where Argo CD fails.
    pub(super) fn of_live(
        committed: &Committed,
        argo: &ArgoArgs,
        asks: Asks,
        instead: Option<&str>,
    ) -> Result<Self, Failure> {
        let since = committed.since()?;
        let entered = since.last().expect("the live stage has been entered");
        let mut began = Self {
            at: entered.committed,
            origin: Origin::Commit(entered.id.to_string()),
            refusal: None,
        };
        if asks == Asks::Nothing {
            return Ok(began);
        }
        let commits: Vec<String> = since.iter().map(|commit| commit.id.to_string()).collect();
        let arrival =
            argo.ask(&committed.lock.rollout, &commits)
                .map_err(|failure| match instead {
                    Some(instead) => failure.or(instead),
                    None => failure,
                })?;
        // What is not in the cluster has not begun, whether or not its health counts.
        let counts = asks == Asks::Health || !arrival.has_begun();
        if let Some(at) = arrival.deployed {
            began.at = at;
            began.origin = Origin::ArgoCd;
        }
        began.refusal = arrival.refusal.filter(|_| counts);
        Ok(began)
    }
}

/// The stage that is judged, and when it began. Only a stage and a start that are both given need no git.
pub(super) fn stage_and_start(
    input: &Input,
    stage: Option<&str>,
    args: &StartArgs,
    now: Timestamp,
    output: &mut Output<'_>,
) -> Result<(StageId, StageStart), Failure> {
    let plan = &input.compiled.plan;
    let named = stage.map(|name| stage_index(plan, name)).transpose()?;
    if let Some(at) = args.stage_started_at.filter(|at| *at > now) {
        return Err(Failure::new(
            Exit::Usage,
            format!("the stage begins in the future, at {at}"),
        ));
    }
    let given = args.stage_started_at.map(|at| StageStart {
        at,
        origin: Origin::Given,
        refusal: None,
    });
    let (named, given) = match (named, given) {
        (Some(stage), Some(began)) => return Ok((stage, began)),
        other => other,
    };
    let committed =
        Committed::read(&input.path, false, output).map_err(|failure| failure.or(WITHOUT))?;
    let live = live_in(&committed, plan)?;
    if let Some(began) = given {
        return Ok((live, began));
    }
    if let Some(named) = named.filter(|named| *named != live) {
        return Err(Failure::new(
            Exit::Usage,
            format!(
                "`{}` is not live, and git only says when the live stage `{}` began",
                plan.stage(named).name,
                plan.stage(live).name
            ),
        )
        .help("say with `--stage-started-at` when it began, or leave out `--stage`"));
    }
    let asks = if plan.policy.require_healthy || args.argo.is_given() {
        Asks::When
    } else {
        Asks::Nothing
    };
    let mut began = StageStart::of_live(&committed, &args.argo, asks, None)
        .map_err(|failure| failure.or(WITHOUT))?;
    match began.refusal.take() {
        Some(refusal) => Err(refusal.into()),
        None => Ok((live, began)),
    }
}

/// The committed live stage, as an index into the plan.
pub(super) fn live_in(committed: &Committed, plan: &Plan) -> Result<StageId, Failure> {
    let name = &committed.stage().name;
    plan.stage_named(name).ok_or_else(|| {
        Failure::new(
            Exit::Conflict,
            format!("the stage `{name}` is live, and rollout.yaml has no stage of this name"),
        )
        .help("run `glidepath render`, which says what to do")
    })
}

fn parse_moment(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|()| "write it as 2026-08-22T09:00:00Z, or as seconds since 1970".to_owned())
}
