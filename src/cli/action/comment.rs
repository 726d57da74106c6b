//! The one comment that `check` keeps on a pull request.

use std::path::Path;

use crate::cli::output::Output;
use crate::cli::{Exit, Failure};

use super::inputs::Inputs;
use super::runner::{Runner, notice};

/// The comment is found again by this, and by who wrote it.
pub(super) const MARKER: &str = "<!-- glidepath:check v1 -->";

/// The comment on the pull request.
pub(super) struct Comment<'a> {
    pub(super) inputs: &'a Inputs,
    /// The pull request's number.
    pub(super) number: Option<u64>,
}

impl Comment<'_> {
    /// Says why there is nothing more to say, everywhere, and fails.
    pub(super) fn ends(
        &self,
        says: &str,
        failure: Failure,
        runner: &mut Runner,
        output: &mut Output<'_>,
    ) -> Result<Exit, Failure> {
        runner.say(&format!("## glidepath\n\n{says}"));
        let is_news = failure.exit != Exit::Wrong;
        self.put(&format!("{MARKER}\n{says}\n"), is_news, runner, output)?;
        Err(failure)
    }

    /// Writes the comment, where there is a pull request and a token that may; a fork's may not, and that is no failure.
    pub(super) fn put(
        &self,
        body: &str,
        is_news: bool,
        runner: &mut Runner,
        output: &mut Output<'_>,
    ) -> Result<(), Failure> {
        let inputs = self.inputs;
        let Some(number) = self.number.filter(|_| inputs.comment && inputs.has_token()) else {
            return Ok(());
        };
        let site = inputs.site(Path::new("."))?;
        let put = if is_news {
            site.github.put_comment(number, MARKER, body)
        } else {
            site.github.change_comment_if_there(number, MARKER, body)
        };
        match put {
            Ok(_) => Ok(()),
            Err(error) if error.is_forbidden() => {
                runner.say(
                    "No comment: the token may not write one, as for pull requests from forks.",
                );
                notice(
                    output,
                    "no comment: the token may not write one, as for pull requests from forks",
                )
            }
            Err(error) => Err(error.into()),
        }
    }
}
