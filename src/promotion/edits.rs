//! The files that a move changes, and what that means for the manifests.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::words::and_list;
use crate::gate::{Record, Statement};
use crate::sink::git::{Edit, Signing};
use crate::tree::{Hold, Lock, LockedStageId, Pointer, unified};
use crate::units::names::{HOLD_FILE, POINTER_FILE};

use super::committed::{Committed, in_tree};
use super::ledger::{Trailers, traffic_words};
use super::request::MoveRequest;
use super::{Error, Refusal, Why, evidence};

impl Committed {
    /// What a move to a stage changes; `hold` is what shall become of the hold.
    pub(super) fn edits(&self, to: LockedStageId, hold: Option<Option<String>>) -> Vec<Edit> {
        let pointer = Pointer::to(self.lock.stage(to).folder.clone());
        let mut edits = vec![Edit {
            path: in_tree(POINTER_FILE),
            content: Some(self.pointer.moved(&self.pointer_text, &pointer)),
        }];
        if let Some(content) = hold.filter(|content| *content != self.hold_text) {
            edits.push(Edit {
                path: in_tree(HOLD_FILE),
                content,
            });
        }
        edits
    }

    /// The hold that a rollback of the live stage leaves behind.
    pub(super) fn hold_for(&self, reason: &str, signing: &Signing) -> Result<Hold, Error> {
        let by = self.repo.committer(signing)?;
        Ok(Hold {
            stage: self.stage().name.clone(),
            reason: reason.to_owned(),
            contents: contents_from(&self.lock, self.live),
            by: by.to_string(),
            commit: self.head.tip.to_string(),
        })
    }

    /// Who vouches for what is recorded: the run, where there is one, or else whoever commits.
    pub(super) fn issuer(&self, request: &MoveRequest) -> Result<String, Error> {
        Ok(match &request.issuer {
            Some(issuer) => issuer.clone(),
            None => self.repo.committer(&request.signing)?.to_string(),
        })
    }

    /// Adds the file that keeps what the gates of the live stage were asked, and answered.
    pub(super) fn keep(
        &self,
        record: &Record,
        issuer: &str,
        edits: &mut Vec<Edit>,
        trailers: &mut Trailers,
    ) -> Result<Statement, Refusal> {
        let statement = evidence::statement(record, issuer)?;
        let text = format!("{:#}\n", statement.write());
        if let Some(refusal) = evidence::refusal(&text) {
            return Err(refusal);
        }
        let path = in_tree(&evidence::path(&record.stage, record.began));
        trailers.evidence = Some(self.repo.from_root(&path));
        edits.push(Edit {
            path,
            content: Some(text),
        });
        Ok(statement)
    }

    /// Why the edits cannot be made in the work tree, if they cannot.
    pub(super) fn dirt(&self, edits: &[Edit]) -> Result<Option<Refusal>, Error> {
        let paths: Vec<&str> = edits.iter().map(|edit| edit.path.as_str()).collect();
        let now = self.repo.head()?;
        if now.is_none_or(|now| now.tip != self.head.tip) {
            let message = "the branch was moved by somebody else meanwhile";
            return Ok(Some(
                Refusal::new(Why::Conflict, message)
                    .help("run `glidepath status`, and then the command again"),
            ));
        }
        let dirty = self.repo.dirty(self.head.tip, &paths)?;
        Ok((!dirty.is_empty()).then(|| {
            let message = format!(
                "{} {} changes that are not committed",
                and_list(&dirty),
                if dirty.len() == 1 { "has" } else { "have" }
            );
            Refusal::new(Why::Conflict, message).help(format!(
                "commit them, drop them with `git restore --staged --worktree {}`, or leave the work tree alone with `--branch`",
                dirty.join(" ")
            ))
        }))
    }

    /// The trailers of a move.
    pub(super) fn trailers(&self, to: LockedStageId) -> Trailers {
        Trailers {
            rollout: self.lock.rollout.clone(),
            from: self.stage().name.clone(),
            to: self.lock.stage(to).name.clone(),
            digest: self.lock.spec_digest.clone(),
            ..Trailers::default()
        }
    }

    /// The commit's message: on to a later stage, or back to an earlier one.
    pub(super) fn message(&self, to: LockedStageId, trailers: &Trailers) -> String {
        let (lock, from) = (&self.lock, &self.stage().folder);
        let stage = lock.stage(to);
        let (back, body) = if to < self.live {
            (
                "back to ",
                format!("Goes back from `{from}`, and holds it."),
            )
        } else {
            ("", format!("Moves on from `{from}`."))
        };
        let subject = format!(
            "{}: {back}{} ({})",
            lock.rollout,
            stage.folder,
            traffic_words(lock, stage)
        );
        trailers.message(&subject, &body)
    }

    /// What a move changes in the files, and what that means for the manifests, as one unified diff.
    pub(super) fn diff(&self, to: LockedStageId, edits: &[Edit]) -> Result<String, Error> {
        let mut text = String::new();
        let mut add = |old_name: &str, new_name: &str, old: Option<&str>, new: Option<&str>| {
            if old != new {
                text.push_str(&unified(
                    old.map(|_| format!("a/{old_name}")).as_deref(),
                    new.map(|_| format!("b/{new_name}")).as_deref(),
                    old.unwrap_or_default(),
                    new.unwrap_or_default(),
                ));
            }
        };
        for edit in edits {
            let old = self.repo.file(self.head.tip, &edit.path)?;
            add(
                &edit.path,
                &edit.path,
                old.as_deref(),
                edit.content.as_deref(),
            );
        }
        let folders =
            [self.live, to].map(|stage| format!("stages/{}", self.lock.stage(stage).folder));
        let files = |folder: &str| self.repo.files_in(self.head.tip, &in_tree(folder));
        let (old, new) = (files(&folders[0])?, files(&folders[1])?);
        let all: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for name in all.into_iter().filter(|name| *name != "kustomization.yaml") {
            let path = |folder: &str| in_tree(&format!("{folder}/{name}"));
            add(
                &path(&folders[0]),
                &path(&folders[1]),
                old.get(name).map(String::as_str),
                new.get(name).map(String::as_str),
            );
        }
        Ok(text)
    }
}

/// The content digests of a stage and of those after it, by name, as far as the lock has them.
pub(super) fn contents_from(lock: &Lock, first: LockedStageId) -> BTreeMap<String, String> {
    let stages = lock.stage_ids().filter(|stage| *stage >= first);
    let contents = stages.filter_map(|stage| {
        let stage = lock.stage(stage);
        Some((stage.name.clone(), stage.content_digest.clone()?))
    });
    contents.collect()
}
