//! Whether a hold still counts: it is about what its stages served, and not about the file that described them.

use crate::tree::{Hold, Lock, LockedStageId};

/// What holds promotions back, and how that is known.
#[derive(Clone, Debug, Default)]
pub enum Holding {
    /// Nothing does.
    #[default]
    Nothing,
    /// The hold that a rollback wrote.
    Written(Hold),
    /// A move back that wrote none, such as a revert of the pull request: it counts as one.
    Reverted(Hold),
    /// The clone does not reach back far enough to tell; what it says of that.
    Unseen(String),
}

impl Holding {
    /// The hold, whether or not it still counts.
    pub fn hold(&self) -> Option<&Hold> {
        match self {
            Self::Written(hold) | Self::Reverted(hold) => Some(hold),
            Self::Nothing | Self::Unseen(_) => None,
        }
    }

    /// The hold, if it still counts.
    pub fn standing(&self, lock: &Lock) -> Option<&Hold> {
        self.hold()
            .filter(|hold| standing(lock, hold) != Standing::Lifted)
    }

    /// The hold that keeps a promotion out of a stage: it stands on that stage or on one before it.
    pub(super) fn against(&self, lock: &Lock, to: LockedStageId) -> Option<&Hold> {
        self.hold().filter(|hold| match standing(lock, hold) {
            Standing::On(stage) => stage <= to,
            Standing::Lifted => false,
        })
    }

    /// Who or what put the stage on hold, and why: `A <a@example.com> rolled back from it: 5xx`.
    pub fn words(&self) -> String {
        match self {
            Self::Written(hold) if hold.reason.is_empty() => {
                format!("{} rolled back from it", hold.by)
            }
            Self::Written(hold) => format!("{} rolled back from it: {}", hold.by, hold.reason),
            Self::Reverted(hold) => {
                format!("reverted by {}, which counts as a hold", hold.by)
            }
            Self::Nothing | Self::Unseen(_) => String::new(),
        }
    }

    /// What nobody can know in this clone, in one lower-case sentence.
    pub fn unseen(&self) -> Option<String> {
        match self {
            Self::Unseen(why) => Some(format!(
                "whether a move back holds a stage is not known: {why}"
            )),
            Self::Nothing | Self::Written(_) | Self::Reverted(_) => None,
        }
    }
}

/// What has become of a hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It keeps promotions out of this stage, and of those after it.
    On(LockedStageId),
    /// The stage that it was about serves something else now, or is gone with all those after it.
    Lifted,
}

/// What has become of a hold by a lock. It stands while the stage serves what it served when it was left; where no stage has its name
/// any more, on the first that serves what it, or one after it, did.
pub fn standing(lock: &Lock, hold: &Hold) -> Standing {
    let content = |stage: LockedStageId| lock.stage(stage).content_digest.as_ref();
    let named = lock.stage_named(&hold.stage);
    let found = match named {
        Some(stage) => {
            let (then, now) = (hold.contents.get(&hold.stage), content(stage));
            // A tree or a hold from before there were digests tells nothing: then only a person lifts it.
            let is_same = then.is_none() || now.is_none() || then == now;
            is_same.then_some(stage)
        }
        None => lock.stage_ids().find(|stage| {
            let known = |content: &String| hold.contents.values().any(|then| then == content);
            content(*stage).is_some_and(known)
        }),
    };
    found.map_or(Standing::Lifted, Standing::On)
}

/// Why a hold that is there does not count any more, in one lower-case sentence; `None` where it counts.
pub fn lifted(lock: &Lock, hold: &Hold) -> Option<String> {
    match standing(lock, hold) {
        Standing::On(_) => None,
        Standing::Lifted => Some(format!(
            "lifted: `{}` is not what it was when {} rolled back from it",
            hold.stage, hold.by
        )),
    }
}

/// What a render says of a hold that stood by the lock before, and does not by the new one.
pub(super) fn lifts(before: &Lock, after: &Lock, hold: &Hold) -> Option<String> {
    if standing(before, hold) == Standing::Lifted {
        return None;
    }
    let lifted = lifted(after, hold)?;
    Some(format!(
        "the hold on `{}` lifts with this render, and the next promotion may enter it ({lifted})",
        hold.stage
    ))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn lock(stages: &[(&str, &str)]) -> Lock {
        let stage = |(index, (name, content)): (usize, &(&str, &str))| {
            let folder = format!("{index:02}-{name}");
            let content = (!content.is_empty()).then_some(content);
            json!({"name": name, "folder": folder, "contentDigest": content, "running": {}, "routed": []})
        };
        let stages: Vec<_> = stages.iter().enumerate().map(stage).collect();
        let lock = json!({"generator": "x", "specDigest": "sha256:0", "stable": "a", "stages": stages, "files": {}});
        Lock::read(&lock.to_string()).expect("a lock")
    }

    fn hold(contents: &[(&str, &str)]) -> Hold {
        let pair = |(stage, content): &(&str, &str)| ((*stage).to_owned(), (*content).to_owned());
        Hold {
            stage: "split".to_owned(),
            reason: String::new(),
            contents: contents.iter().map(pair).collect::<BTreeMap<_, _>>(),
            by: "A".to_owned(),
            commit: "1".to_owned(),
        }
    }

    /// The stage that it stands on.
    fn on(stages: &[(&str, &str)], contents: &[(&str, &str)]) -> Option<String> {
        let lock = lock(stages);
        match standing(&lock, &hold(contents)) {
            Standing::On(stage) => Some(lock.stage(stage).name.clone()),
            Standing::Lifted => None,
        }
    }

    #[test]
    fn only_a_change_of_what_was_served_lifts_a_hold() {
        const HELD: &[(&str, &str)] = &[("split", "1"), ("all", "2")];
        let split = Some("split".to_owned());
        assert_eq!(
            on(&[("deploy", "0"), ("split", "1"), ("all", "2")], HELD),
            split
        );
        assert_eq!(
            on(&[("deploy", "9"), ("split", "1"), ("all", "9")], HELD),
            split
        );
        assert_eq!(
            on(&[("deploy", "0"), ("split", "9"), ("all", "2")], HELD),
            None
        );
        // Another name for the same is no change, nor is a way around it.
        let renamed = Some("halves".to_owned());
        assert_eq!(
            on(&[("deploy", "0"), ("halves", "1"), ("all", "2")], HELD),
            renamed
        );
        let all = Some("all".to_owned());
        assert_eq!(on(&[("deploy", "0"), ("all", "2")], HELD), all);
        assert_eq!(on(&[("deploy", "0"), ("all", "9")], HELD), None);
    }

    #[test]
    fn a_hold_of_which_nothing_is_known_stands() {
        let split = Some("split".to_owned());
        assert_eq!(on(&[("split", "1")], &[]), split);
        assert_eq!(on(&[("split", "")], &[("split", "1")]), split);
    }
}
