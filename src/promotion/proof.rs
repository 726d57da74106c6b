//! What the prover says of a move: from the objects of one stage, as a commit or the disk has them, to those of another.

use std::collections::{BTreeMap, BTreeSet};

use crate::compile::Compiled;
use crate::diag::Files;
use crate::manifests::{Manifests, Unread};
use crate::plan::{Plan, StageId};
use crate::safety::{Applied, Conditions, Finding, Weight, prove};
use crate::sink::git::{CommitFiles, CommitId};
use crate::tree::LockedStageId;

use super::committed::{Committed, in_tree};
use super::{Error, Refusal, Why};

/// The most findings that are told in one sentence.
const MOST_TOLD: usize = 4;

/// What is unsafe about a move.
#[derive(Clone, Debug)]
pub struct Proof(Vec<Finding>);

impl Proof {
    /// Going from one state to another, both at rest but for the move; `plan` says what a replica sustains.
    pub fn of(before: &Applied, after: &Applied, plan: Option<&Plan>) -> Self {
        let conditions = Conditions {
            // A model with any traffic changes in a step of its own, or not at all.
            canary: 0.0,
            sustains: plan.map(sustained).unwrap_or_default(),
        };
        let mut findings = prove(before, after, &conditions);
        findings.retain(|finding| finding.weight < Weight::Remark);
        Self(findings)
    }

    /// What nothing overrides: the move cannot be applied, or answers requests with errors.
    pub fn against(&self) -> Option<String> {
        self.words(|weight| weight <= Weight::Unserved)
    }

    /// What cannot be applied at all.
    pub fn refused(&self) -> Option<String> {
        self.words(|weight| weight == Weight::Refused)
    }

    /// What answers requests, by too few replicas or by what nobody has tried.
    pub fn disrupts(&self) -> Option<String> {
        self.words(|weight| weight == Weight::Disruptive)
    }

    /// All of it.
    pub fn all(&self) -> Option<String> {
        self.words(|_| true)
    }

    /// The findings of these weights in one sentence, each with its code and the share of the requests that meet it. A gateway and
    /// the mesh that meet the same are one.
    fn words(&self, counts: impl Fn(Weight) -> bool) -> Option<String> {
        let mut told = BTreeSet::new();
        let findings = self.0.iter().filter(|finding| counts(finding.weight));
        let findings = findings.filter(|finding| {
            let culprit = finding.with.as_ref().unwrap_or(&finding.at);
            told.insert((finding.code, culprit.identity.clone()))
        });
        let mut words: Vec<String> = findings.map(sentence).collect();
        let more = words.len().saturating_sub(MOST_TOLD);
        if more > 0 {
            words.truncate(MOST_TOLD);
            words.push(format!("and {more} more"));
        }
        (!words.is_empty()).then(|| words.join("; "))
    }
}

fn sentence(finding: &Finding) -> String {
    let share = finding.share.map_or_else(String::new, |share| {
        format!(" ({} % of the requests)", f64::from(share) / 100.0)
    });
    format!("{}: {}{share}", finding.code, finding.message)
}

/// What one replica of each workload sustains, in per cent of all requests.
fn sustained(plan: &Plan) -> BTreeMap<String, f64> {
    let models = plan.model_ids();
    models
        .map(|model| {
            (
                plan.model(model).workload_name.clone(),
                plan.sustains(model),
            )
        })
        .collect()
}

/// The objects of a stage as it is compiled now.
pub fn compiled(compiled: &Compiled, stage: StageId) -> Applied {
    let objects = compiled.objects(stage);
    Applied::built(objects.iter().map(|object| &object.body))
}

/// The objects of a folder of manifests.
pub fn in_folder(files: &dyn Files, folder: &str) -> Result<Applied, Error> {
    let read = Manifests::read_folder(files, folder, None);
    Ok(read.map_err(|unread| unreadable(folder, unread))?.applied)
}

fn unreadable(folder: &str, unread: Unread) -> Refusal {
    let why = match unread {
        Unread::Wrong(report) => {
            let first = report
                .complaints()
                .first()
                .map(|found| found.message.clone());
            let name = report.source.name().to_owned();
            format!("{name}: {}", first.unwrap_or_default())
        }
        Unread::File(path, error) => format!("{path}: {error}"),
        Unread::Missing(path) => format!("there is no {path}"),
        Unread::NeedsBuilding(folder, field) => {
            format!("the kustomization of {folder} has `{field}`, which glidepath never writes")
        }
        Unread::TooDeep(folder) => format!("{folder} is listed too deeply"),
    };
    Refusal::new(
        Why::Conflict,
        format!("the manifests in `{folder}` cannot be read: {why}"),
    )
    .help("render and commit the tree")
}

impl Committed {
    /// The objects of a stage as the newest commit has them.
    pub fn applied(&self, stage: LockedStageId) -> Result<Applied, Error> {
        self.applied_at(self.head.tip, &self.lock.stage(stage).folder)
    }

    /// The objects of a stage's folder as a commit has them.
    pub fn applied_at(&self, commit: CommitId, folder: &str) -> Result<Applied, Error> {
        let files = CommitFiles::new(&self.repo, commit);
        in_folder(&files, &in_tree(&format!("stages/{folder}")))
    }

    /// What is unsafe about going from one stage to another, both as the newest commit has them.
    pub fn proof(
        &self,
        from: LockedStageId,
        to: LockedStageId,
        plan: Option<&Plan>,
    ) -> Result<Proof, Error> {
        let (before, after) = (self.applied(from)?, self.applied(to)?);
        Ok(Proof::of(&before, &after, plan))
    }
}
