//! `Glidepath-Override: <reason>`: somebody takes it on them. It counts for what GitHub says that they may, and never for what a
//! commit says of its author, which anybody can write.

use crate::promotion::Error;
use crate::promotion::ledger::one_line;
use crate::promotion::site::Site;

use super::Change;

/// The word before the reason, at the beginning of a line.
const WORD: &str = "Glidepath-Override:";
/// The end of the name of an App's user, which is no person.
const BOT: &str = "[bot]";

/// An override that counts.
#[derive(Clone, Debug)]
pub(super) struct Override {
    /// Whose it is, by their login.
    pub(super) by: String,
    /// The reason on one line.
    pub(super) reason: String,
}

/// What was found.
pub(super) enum Found {
    /// Nobody says anything.
    Nothing,
    /// One that counts.
    Counts(Override),
    /// None that counts, and why, in one lower-case sentence.
    Ignored(String),
}

/// Looks for an override: in the pull request's text and its commits, for whoever opened it, and then in its comments.
pub(super) fn find(change: &Change, site: Option<&Site>) -> Result<Found, Error> {
    let pull = &change.pull;
    let own = pull.author.clone().and_then(|by| {
        let reason = reason(&pull.body).or_else(|| change.messages().find_map(reason))?;
        Some(Override { by, reason })
    });
    let ignored = |why: &str| Found::Ignored(format!("the override {why}, and does not count"));
    let site = match site {
        Some(site) if !pull.is_fork => site,
        Some(_) => return Ok(own.map_or(Found::Nothing, |_| ignored("comes from a fork"))),
        None => {
            return Ok(own.map_or(Found::Nothing, |_| {
                ignored("is of somebody of whom nobody can be asked without a token")
            }));
        }
    };
    let mut found = Vec::from_iter(own);
    if let Some(number) = pull.number {
        let comments = site.github.comments(number)?.into_iter().rev();
        found.extend(comments.filter_map(|comment| {
            Some(Override {
                reason: reason(&comment.body)?,
                by: comment.author,
            })
        }));
    }
    let mut last = Found::Nothing;
    for one in found {
        if one.by.ends_with(BOT) || !site.github.may_write(&one.by)? {
            last = ignored(&format!("is of `{}`, who may not write here", one.by));
        } else {
            return Ok(Found::Counts(one));
        }
    }
    Ok(last)
}

/// The reason that a text gives.
fn reason(text: &str) -> Option<String> {
    let mut lines = text.lines();
    let reason = lines.find_map(|line| line.strip_prefix(WORD))?;
    Some(one_line(reason)).filter(|reason| !reason.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_line_with_a_reason_overrides() {
        assert_eq!(
            reason("x\nGlidepath-Override:  a \t b\u{1b}[0m\ny"),
            Some("a b [0m".to_owned())
        );
        for none in [
            "",
            "Glidepath-Override:",
            "Glidepath-Override:   ",
            "> Glidepath-Override: x",
            "say `Glidepath-Override: x`",
        ] {
            assert_eq!(reason(none), None, "{none}");
        }
    }
}
