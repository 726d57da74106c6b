//! When the live stage began: the one answer that gates, promotions and the Action share.

use crate::gate::Origin;
use crate::plan::{Plan, StageId};
use crate::units::Timestamp;

use super::committed::Committed;
use super::request::ArgoCd;
use super::{Error, Refusal, Why, health, stages};

/// What helps where history or Argo CD does not say when the stage began.
const WITHOUT: &str = "or give `--stage` and `--stage-started-at`, which need no history";

/// What Argo CD is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Nothing: the commit's time counts.
    Nothing,
    /// When Argo CD deployed the live stage.
    When,
    /// When it did, and whether the application is Synced and Healthy.
    Health,
}

impl Asks {
    /// What a promotion asks of Argo CD; `policy` is what the spec says. The policy gives way to force, the command line does not.
    pub fn of_promotion(argocd: &ArgoCd, policy: bool, force: bool) -> Self {
        if argocd.require_healthy || (policy && !force) {
            Self::Health
        } else if argocd.is_named && !force {
            Self::When
        } else {
            Self::Nothing
        }
    }

    /// What gates alone ask of Argo CD; `policy` is what the spec says.
    pub fn of_gates(argocd: &ArgoCd, policy: bool) -> Self {
        if policy || argocd.is_named {
            Self::When
        } else {
            Self::Nothing
        }
    }
}

/// When a stage began.
#[derive(Debug)]
pub struct StageStart {
    /// The time at which it began.
    pub at: Timestamp,
    /// How that time is known.
    pub origin: Origin,
    /// What Argo CD says against leaving the stage, where that counts.
    pub refusal: Option<Refusal>,
}

impl StageStart {
    /// When the live stage began: when Argo CD deployed it first, where it is asked and knows, else the committer's date of the
    /// commit that made it live. A clone that does not reach that commit is an error; `instead` is what to do where Argo CD fails.
    pub fn of_live(
        committed: &Committed,
        argocd: &ArgoCd,
        asks: Asks,
        instead: Option<&str>,
    ) -> Result<Self, Error> {
        let since = committed.since()?;
        let entered = since.last().expect("the live stage has been entered");
        let mut start = Self {
            at: entered.committed,
            origin: Origin::Commit(entered.id.to_string()),
            refusal: None,
        };
        if asks == Asks::Nothing {
            return Ok(start);
        }
        let commits: Vec<String> = since.iter().map(|commit| commit.id.to_string()).collect();
        let arrival = health::ask(argocd, &committed.lock.rollout, &commits).map_err(
            |refusal| match instead {
                Some(instead) => refusal.or(instead),
                None => refusal,
            },
        )?;
        // What is not in the cluster has not begun, whether or not its health counts.
        let counts = asks == Asks::Health || !arrival.has_begun();
        if let Some(at) = arrival.deployed {
            start.at = at;
            start.origin = Origin::ArgoCd;
        }
        start.refusal = arrival.refusal.filter(|_| counts);
        Ok(start)
    }
}

/// The stage that somebody wants judged, and when it began, as far as they say.
#[derive(Clone, Copy, Debug)]
pub struct Judgement<'a> {
    /// The stage, by name or folder.
    pub stage: Option<&'a str>,
    /// When the stage began.
    pub started: Option<Timestamp>,
    /// The time of asking.
    pub now: Timestamp,
}

/// The stage that is judged, and when it began; `read` reads what is committed. Only a stage and a start that are both given need
/// no git.
pub fn stage_and_start(
    plan: &Plan,
    wanted: &Judgement<'_>,
    argocd: &ArgoCd,
    read: impl FnOnce() -> Result<Committed, Error>,
) -> Result<(StageId, StageStart), Error> {
    let named = wanted.stage.map(|name| stages::in_plan(plan, name));
    let named = named.transpose()?;
    if let Some(at) = wanted.started.filter(|at| *at > wanted.now) {
        let message = format!("the stage begins in the future, at {at}");
        return Err(Refusal::new(Why::Usage, message).into());
    }
    let given = wanted.started.map(|at| StageStart {
        at,
        origin: Origin::Given,
        refusal: None,
    });
    let (named, given) = match (named, given) {
        (Some(stage), Some(start)) => return Ok((stage, start)),
        other => other,
    };
    let committed = read().map_err(|error| error.or(WITHOUT))?;
    let live = stages::live(&committed, plan)?;
    if let Some(start) = given {
        return Ok((live, start));
    }
    if let Some(named) = named.filter(|named| *named != live) {
        let message = format!(
            "`{}` is not live, and git only says when the live stage `{}` began",
            plan.stage(named).name,
            plan.stage(live).name
        );
        return Err(Refusal::new(Why::Usage, message)
            .help("say with `--stage-started-at` when it began, or leave out `--stage`")
            .into());
    }
    let asks = Asks::of_gates(argocd, plan.policy.require_healthy);
    let mut start =
        StageStart::of_live(&committed, argocd, asks, None).map_err(|error| error.or(WITHOUT))?;
    match start.refusal.take() {
        Some(refusal) => Err(refusal.into()),
        None => Ok((live, start)),
    }
}
