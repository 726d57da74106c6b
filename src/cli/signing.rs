//! Who signs a commit, as the command line says it.

use clap::Args;

use crate::sink::git::{Person, Signing};
use crate::units::Timestamp;

/// Who signs a commit.
#[derive(Debug, Args)]
pub(super) struct SigningArgs {
    /// Who wrote the commit; default: GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, then git's configuration
    #[arg(long, value_name = "NAME <EMAIL>", value_parser = person)]
    author: Option<Person>,
    /// Who commits it; default: GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL, then git's configuration
    #[arg(long, value_name = "NAME <EMAIL>", value_parser = person)]
    committer: Option<Person>,
}

impl SigningArgs {
    /// Who signs; without a date, git's own say counts, and then the clock.
    pub(super) fn signing(&self, date: Option<Timestamp>) -> Signing {
        Signing {
            author: self.author.clone(),
            committer: self.committer.clone(),
            date,
        }
    }
}

fn person(text: &str) -> Result<Person, String> {
    let parts = text
        .trim()
        .strip_suffix('>')
        .and_then(|text| text.split_once('<'))
        .map(|(name, email)| (name.trim(), email.trim()));
    if text.contains(char::is_control) {
        return Err("a commit cannot hold a control character there".to_owned());
    }
    let is_plain = |text: &str| Person::wrong_character(text).is_none();
    match parts {
        Some((name, email)) if !name.is_empty() && is_plain(name) && is_plain(email) => {
            Ok(Person {
                name: name.to_owned(),
                email: email.to_owned(),
            })
        }
        _ => Err("write it as `Name <address>`".to_owned()),
    }
}
