//! Who signs a commit, and when, as the command line says it.

use clap::Args;

use crate::sink::git::{Person, Signing};
use crate::units::Timestamp;

/// Who signs a commit, and when.
#[derive(Debug, Args)]
pub(super) struct SigningArgs {
    /// Who wrote the commit; default: GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, then git's configuration
    #[arg(long, value_name = "NAME <EMAIL>", value_parser = person)]
    author: Option<Person>,
    /// Who commits it; default: GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL, then git's configuration
    #[arg(long, value_name = "NAME <EMAIL>", value_parser = person)]
    committer: Option<Person>,
    /// When, in RFC 3339 or as `@SECONDS`; default: GIT_AUTHOR_DATE and GIT_COMMITTER_DATE, then now
    #[arg(long, value_name = "DATE", value_parser = moment)]
    date: Option<Timestamp>,
}

impl SigningArgs {
    pub(super) fn signing(&self) -> Signing {
        Signing {
            author: self.author.clone(),
            committer: self.committer.clone(),
            date: self.date,
        }
    }
}

fn person(text: &str) -> Result<Person, String> {
    let parts = text
        .trim()
        .strip_suffix('>')
        .and_then(|text| text.split_once('<'))
        .map(|(name, email)| (name.trim(), email.trim()));
    match parts {
        Some((name, email)) if !name.is_empty() && !email.contains(['<', '>']) => Ok(Person {
            name: name.to_owned(),
            email: email.to_owned(),
        }),
        _ => Err("write it as `Name <address>`".to_owned()),
    }
}

fn moment(text: &str) -> Result<Timestamp, String> {
    text.parse()
        .map_err(|()| "write it as `2026-01-31T12:00:00Z` or `@1767225600`".to_owned())
}
