//! A pull request's title and body, and what stands beside them.

use crate::forge::{ForgeError, NewPull, Pull, PullChange};
use crate::promotion::outcome::Page;
use crate::promotion::pull_request::Marker;
use crate::promotion::site::Site;

use super::{Operation, PullRequest, open};

/// Opens a pull request; `notes` tells of what it could not be given.
pub(super) fn create(
    site: &Site,
    wanted: &PullRequest<'_>,
    notes: &mut Vec<String>,
) -> Result<Pull, ForgeError> {
    let pull = site.github.open_pull(&NewPull {
        title: &wanted.page.title,
        body: &wanted.page.body,
        head: wanted.branch,
        base: &site.base,
        draft: site.draft,
    })?;
    // The pull request is what counts: a label or reviewer that does not exist is no reason to fail.
    let github = &site.github;
    let mut add = |what: &str, is_wanted: bool, ask: &dyn Fn() -> Result<(), ForgeError>| {
        if is_wanted && let Err(error) = ask() {
            notes.push(format!("#{} has no {what}: {error}", pull.number));
        }
    };
    let Site {
        reviewers: people,
        teams,
        ..
    } = site;
    add("labels", !site.labels.is_empty(), &|| {
        github.add_labels(pull.number, &site.labels)
    });
    add(
        "reviewers",
        !people.is_empty() || !teams.is_empty(),
        &|| github.request_reviews(pull.number, people, teams),
    );
    add("assignees", !site.assignees.is_empty(), &|| {
        github.add_assignees(pull.number, &site.assignees)
    });
    Ok(pull)
}

/// Brings title and body up to date, where they are not.
pub(super) fn refresh(
    site: &Site,
    wanted: &PullRequest<'_>,
    pull: Pull,
    pushed: bool,
) -> Result<(Operation, Pull), ForgeError> {
    let is_same = pull.title == wanted.page.title && is_same_text(&pull.body, &wanted.page.body);
    let operation = if is_same && !pushed {
        Operation::Nothing
    } else {
        Operation::Updated
    };
    if is_same {
        return Ok((operation, pull));
    }
    let change = PullChange {
        title: Some(&wanted.page.title),
        body: Some(&wanted.page.body),
        close: false,
    };
    Ok((operation, site.github.change_pull(pull.number, change)?))
}

/// Says in an open pull request for this move what has become of the evidence; opens none. Gives it, and whether it changed.
pub(in crate::promotion) fn retell(
    site: &Site,
    marker: &Marker,
    page: &Page,
) -> Result<Option<(Pull, bool)>, ForgeError> {
    let mut pulls = open(site, marker)?.into_iter();
    let Some((pull, _)) = pulls.find(|(_, found)| found.is_same_move(marker)) else {
        return Ok(None);
    };
    if is_same_text(&pull.body, &page.body) {
        return Ok(Some((pull, false)));
    }
    let change = PullChange {
        title: Some(&page.title),
        body: Some(&page.body),
        close: false,
    };
    let pull = site.github.change_pull(pull.number, change)?;
    Ok(Some((pull, true)))
}

/// GitHub may give a text back with other line ends.
fn is_same_text(a: &str, b: &str) -> bool {
    a.replace("\r\n", "\n").trim_end() == b.replace("\r\n", "\n").trim_end()
}
