//! When the live stage began: the one answer that gates, promotions and the Action share.

use crate::gate::{Origin, Source, first_sample};
use crate::plan::{Plan, StageId};
use crate::units::Timestamp;

use super::clock::Beginning;
use super::committed::Committed;
use super::request::ArgoCd;
use super::site::Site;
use super::stay::LiveStay;
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

/// Who is asked when the live stage began, beside the repository.
#[derive(Clone, Copy, Debug)]
pub struct Clocks<'a> {
    /// Whether and how Argo CD is asked.
    pub argocd: &'a ArgoCd,
    /// The forge that knows when the commit came to the branch, where there is one to be asked.
    pub forge: Option<&'a Site>,
    /// The time of asking.
    pub now: Timestamp,
}

/// When a stage began.
#[derive(Debug)]
pub struct StageStart {
    /// The time at which it began, and who says so.
    pub beginning: Beginning,
    /// The stay that it is about; `None` where somebody gave the time.
    pub stay: Option<LiveStay>,
    /// The content digest of the live stage, as far as its lock has one; `None` where somebody gave the time.
    pub content: Option<String>,
    /// What Argo CD says against leaving the stage, where that counts.
    pub refusal: Option<Refusal>,
}

impl StageStart {
    /// When the live stage began: the latest time that the repository, the forge or Argo CD names. A clone that does not reach the
    /// commit that made it live is an error; `instead` is what to do where Argo CD fails.
    pub fn of_live(
        committed: &Committed,
        clocks: &Clocks<'_>,
        asks: Asks,
        instead: Option<&str>,
    ) -> Result<Self, Error> {
        let stay = committed.stay()?;
        let mut beginning = Beginning::of(committed, &stay, clocks.now)?;
        if let Some(site) = clocks.forge {
            beginning.or_landed(site, &stay)?;
        }
        let mut refusal = None;
        if asks != Asks::Nothing {
            let rollout = &committed.lock.rollout;
            let arrival =
                health::ask(clocks.argocd, rollout, &stay.commits()).map_err(|refusal| {
                    match instead {
                        Some(instead) => refusal.or(instead),
                        None => refusal,
                    }
                })?;
            // What is not in the cluster has not begun, whether or not its health counts.
            let counts = asks == Asks::Health || !arrival.has_begun();
            if let Some(at) = arrival.deployed {
                beginning.or(at, Origin::ArgoCd);
            }
            refusal = arrival.refusal.filter(|_| counts);
        }
        Ok(Self {
            beginning,
            stay: Some(stay),
            content: committed.stage().content_digest.clone(),
            refusal,
        })
    }

    /// The candidates' first sample counts, too, where it is later: gates are asked, and so it can be known. What somebody gave stays.
    pub fn or_first_sample(
        &mut self,
        plan: &Plan,
        stage: StageId,
        namespace: &str,
        now: Timestamp,
        source: &dyn Source,
    ) {
        if self.stay.is_none() {
            return;
        }
        let began = (self.beginning.at, now);
        if let Some(at) = first_sample(plan, stage, namespace, began, source) {
            self.beginning.or(at, Origin::Sample);
        }
    }

    /// When the live stage began by the repository alone.
    pub fn of_history(committed: &Committed, now: Timestamp) -> Result<Self, Error> {
        let stay = committed.stay()?;
        Ok(Self {
            beginning: Beginning::of(committed, &stay, now)?,
            stay: Some(stay),
            content: committed.stage().content_digest.clone(),
            refusal: None,
        })
    }

    /// The same, where nothing keeps its gates from being judged.
    pub fn judgeable(mut self) -> Result<Self, Error> {
        let refusals = [self.beginning.future.take(), self.refusal.take()];
        let refusals: Vec<Refusal> = refusals.into_iter().flatten().collect();
        if refusals.is_empty() {
            return Ok(self);
        }
        Err(Error::Refused(refusals))
    }

    /// `2026-08-22T09:00:00Z (merged as #12)`.
    pub fn words(&self) -> String {
        let Beginning { at, origin, .. } = &self.beginning;
        format!("{at} ({})", origin.words())
    }

    /// `` restarted by 1a2b3c4: image of `v2` ``, where the stage was live before.
    pub fn restarted(&self) -> Option<String> {
        self.stay.as_ref().and_then(LiveStay::restarted)
    }

    /// The same, with what began the stay where the stage was live before.
    pub fn sentence(&self) -> String {
        match self.restarted() {
            Some(restarted) => format!("{}, {restarted}", self.words()),
            None => self.words(),
        }
    }
}

/// The stage that somebody wants judged, and when it began, as far as they say.
#[derive(Clone, Copy, Debug)]
pub struct Judgement<'a> {
    /// The stage, by name or folder.
    pub stage: Option<&'a str>,
    /// When the stage began.
    pub started: Option<Timestamp>,
}

/// The stage that is judged, and when it began; `read` reads what is committed. Only a stage and a start that are both given need
/// no git.
pub fn stage_and_start(
    plan: &Plan,
    wanted: &Judgement<'_>,
    clocks: &Clocks<'_>,
    read: impl FnOnce() -> Result<Committed, Error>,
) -> Result<(StageId, StageStart), Error> {
    let named = wanted.stage.map(|name| stages::in_plan(plan, name));
    let named = named.transpose()?;
    if let Some(at) = wanted.started.filter(|at| *at > clocks.now) {
        let message = format!("the stage begins in the future, at {at}");
        return Err(Refusal::new(Why::Usage, message).into());
    }
    let given = wanted.started.map(|at| StageStart {
        beginning: Beginning::given(at),
        stay: None,
        content: None,
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
    let asks = Asks::of_gates(clocks.argocd, plan.policy.require_healthy);
    let start =
        StageStart::of_live(&committed, clocks, asks, None).map_err(|error| error.or(WITHOUT))?;
    Ok((live, start.judgeable()?))
}
