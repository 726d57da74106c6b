//! Pull requests that are closed: by a person, whose no is respected, and by a move that leaves them behind.

use crate::forge::{ForgeError, Pull, PullChange, PullState};
use crate::promotion::Error;
use crate::promotion::branch::is_ours;
use crate::promotion::pull_request::Marker;
use crate::promotion::site::Site;
use crate::sink::git::{CommitId, Edit, Repo};

use super::push::known_commit;
use super::{PullRequest, open};

/// The newest pull request for the same move, if a person closed it.
pub(super) fn closed_by_a_person(
    site: &Site,
    wanted: &PullRequest<'_>,
) -> Result<Option<Pull>, ForgeError> {
    let pulls = site.github.pulls_of(wanted.branch, &site.base)?;
    let same = pulls.into_iter().find_map(|pull| {
        let marker = Marker::read(&pull.body)?;
        marker.is_same_move(wanted.marker).then_some((pull, marker))
    });
    Ok(same
        .filter(|(pull, marker)| pull.state == PullState::Closed && !marker.superseded)
        .map(|(pull, _)| pull))
}

/// Closes the pull requests about a rollout that no longer begin at its live stage, or that lead into a held one.
pub(in crate::promotion) fn close_obsolete(
    repo: &Repo,
    site: &Site,
    marker: &Marker,
    held: Option<&str>,
    edits: &[Edit],
    base: CommitId,
) -> Result<Vec<String>, Error> {
    let mut notes = Vec::new();
    for (pull, found) in open(site, marker)? {
        let why = if found.from != marker.from {
            format!("No longer needed: `{}` is live now.", marker.from)
        } else if held == Some(found.to.as_str()) {
            format!("No longer due: `{}` is on hold.", found.to)
        } else {
            continue;
        };
        close(repo, site, &pull, &found, edits, base, &why)?;
        notes.push(format!("#{} is closed", pull.number));
    }
    Ok(notes)
}

/// Closes a pull request with a word, and deletes its branch if nobody else's work is on it.
pub(super) fn close(
    repo: &Repo,
    site: &Site,
    pull: &Pull,
    marker: &Marker,
    edits: &[Edit],
    base: CommitId,
    why: &str,
) -> Result<(), Error> {
    site.github.comment(pull.number, why)?;
    let line = Marker {
        superseded: true,
        ..marker.clone()
    };
    // The marker says that it was not a person who closed it.
    let without: Vec<&str> = pull
        .body
        .lines()
        .filter(|line| Marker::read(line).is_none())
        .collect();
    let body = format!("{}\n{}\n", without.join("\n").trim_end(), line.line());
    let change = PullChange {
        title: None,
        body: Some(&body),
        close: true,
    };
    site.github.change_pull(pull.number, change)?;
    let tips = site.remote.tips(&[&pull.head])?;
    if let Some(text) = tips.get(&pull.head) {
        let tip = known_commit(repo, site, &pull.head, text)?;
        if is_ours(repo, base, tip, edits)? {
            site.remote.delete(&pull.head, text)?;
        }
    }
    Ok(())
}
