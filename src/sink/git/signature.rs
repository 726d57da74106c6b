//! Who writes and commits, and when: checked before anything is written, because git keeps a commit's header as lines of text.

use std::env;

use git2::{Signature, Time};

use crate::diag::{acts, visible_line};
use crate::units::Timestamp;

use super::{GitError, Person, Repo};

/// Who signs a commit, and when; what is not given comes from `GIT_AUTHOR_*` and `GIT_COMMITTER_*`, git's configuration and
/// the clock.
#[derive(Clone, Debug, Default)]
pub struct Signing {
    /// Who wrote the commit.
    pub author: Option<Person>,
    /// Who commits it.
    pub committer: Option<Person>,
    /// The time for author and committer.
    pub date: Option<Timestamp>,
}

/// What somebody does for a commit.
#[derive(Clone, Copy, Debug)]
enum Role {
    Author,
    Committer,
}

impl Role {
    /// The role in messages.
    fn word(self) -> &'static str {
        match self {
            Self::Author => "author",
            Self::Committer => "committer",
        }
    }

    /// The environment variable that says this of the role: `NAME`, `EMAIL` or `DATE`.
    fn variable(self, what: &str) -> String {
        match self {
            Self::Author => format!("GIT_AUTHOR_{what}"),
            Self::Committer => format!("GIT_COMMITTER_{what}"),
        }
    }
}

impl Person {
    /// The first character that the header of a commit cannot hold in a name or an address: a line end would begin another line of
    /// it, `<` and `>` end the name, and what nobody sees belongs to no name.
    pub fn wrong_character(text: &str) -> Option<char> {
        text.chars().find(|c| acts(*c) || matches!(c, '<' | '>'))
    }
}

impl Repo {
    /// Who would commit now.
    pub fn committer(&self, signing: &Signing) -> Result<Person, GitError> {
        let (_, committer) = self.signatures(signing)?;
        Ok(Person {
            name: String::from_utf8_lossy(committer.name_bytes()).into_owned(),
            email: String::from_utf8_lossy(committer.email_bytes()).into_owned(),
        })
    }

    /// Who writes and who commits.
    pub(super) fn signatures(
        &self,
        signing: &Signing,
    ) -> Result<(Signature<'static>, Signature<'static>), GitError> {
        // libgit2 reads what is said of both before it says anything of one.
        for (role, given) in [
            (Role::Author, &signing.author),
            (Role::Committer, &signing.committer),
        ] {
            match given {
                Some(person) => {
                    let whose = format!("the {}", role.word());
                    check(&person.name, &whose)?;
                    check(&person.email, &whose)?;
                }
                None => self.check_known(role)?,
            }
            if signing.date.is_none() {
                check_date(role)?;
            }
        }
        Ok((
            self.signature(Role::Author, signing.author.as_ref(), signing.date)?,
            self.signature(Role::Committer, signing.committer.as_ref(), signing.date)?,
        ))
    }

    fn signature(
        &self,
        role: Role,
        given: Option<&Person>,
        date: Option<Timestamp>,
    ) -> Result<Signature<'static>, GitError> {
        if let (Some(person), Some(date)) = (given, date) {
            return Ok(Signature::new(
                &person.name,
                &person.email,
                &time(date, 0)?,
            )?);
        }
        let known = match role {
            Role::Author => self.git.author_from_env(),
            Role::Committer => self.git.committer_from_env(),
        };
        // Nobody's name is known, and none is needed where one was given.
        let known = match (known, given) {
            (Ok(known), _) => known,
            (Err(_), Some(person)) => Signature::now(&person.name, &person.email)?,
            (Err(error), None) => {
                return Err(GitError::outside(format!(
                    "git does not know who commits: {}",
                    error.message()
                ))
                .help("set `git config user.name` and `user.email`, or GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_COMMITTER_NAME and GIT_COMMITTER_EMAIL"));
            }
        };
        let when = match date {
            Some(date) => time(date, 0)?,
            None => time(
                Timestamp::from_seconds(known.when().seconds()),
                known.when().offset_minutes(),
            )?,
        };
        let (name, email) = match given {
            Some(person) => (person.name.clone(), person.email.clone()),
            None => (
                String::from_utf8_lossy(known.name_bytes()).into_owned(),
                String::from_utf8_lossy(known.email_bytes()).into_owned(),
            ),
        };
        Ok(Signature::new(&name, &email, &when)?)
    }

    /// Refuses what the environment and git's configuration say, where a commit cannot hold it.
    fn check_known(&self, role: Role) -> Result<(), GitError> {
        for (what, key) in [("NAME", "user.name"), ("EMAIL", "user.email")] {
            let variable = role.variable(what);
            match env::var_os(&variable) {
                Some(text) => check(&text.to_string_lossy(), &format!("`{variable}`"))?,
                None => self.check_configured(key)?,
            }
        }
        Ok(())
    }

    /// The same of what is configured alone: it also goes into the log of every reference that moves.
    pub(super) fn check_log(&self) -> Result<(), GitError> {
        self.check_configured("user.name")?;
        self.check_configured("user.email")
    }

    fn check_configured(&self, key: &str) -> Result<(), GitError> {
        let text = self.git.config().and_then(|mut config| {
            let config = config.snapshot()?;
            Ok(String::from_utf8_lossy(config.get_bytes(key)?).into_owned())
        });
        match text {
            Ok(text) => check(&text, &format!("`git config {key}`")),
            // Nothing is configured, or nothing that could be read.
            Err(_) => Ok(()),
        }
    }
}

/// Refuses a name or an address that the header of a commit cannot hold.
fn check(text: &str, whose: &str) -> Result<(), GitError> {
    let Some(found) = Person::wrong_character(text) else {
        return Ok(());
    };
    let found = match found {
        '<' | '>' => format!("`{found}`"),
        c => format!("the control character U+{:04X}", u32::from(c)),
    };
    Err(GitError::usage(format!(
        "{whose} has {found}, which no commit can hold in a name or an address"
    ))
    .help("give a name and an address on one line, without `<` and `>`"))
}

/// Refuses a date of the environment that libgit2 reads as another one: it takes the digits that it has room for, and no year after
/// 2099 that is written as such.
fn check_date(role: Role) -> Result<(), GitError> {
    let variable = role.variable("DATE");
    let text = env::var_os(&variable).unwrap_or_default();
    let text = text.to_string_lossy();
    let number = text.trim().trim_start_matches('@');
    let number = number.split(' ').next().unwrap_or(number);
    let digits = number.trim_start_matches(['-', '+']);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_wrong = match text.parse::<Timestamp>() {
        Ok(at) => u32::try_from(at.seconds()).is_err(),
        // What begins with a year beyond 9999 is read by libgit2 as another day of now.
        Err(()) => is_number || digits.bytes().take_while(u8::is_ascii_digit).count() > 4,
    };
    if is_wrong {
        return Err(no_date(&format!(
            "`{variable}` is `{}`",
            visible_line(&text)
        )));
    }
    Ok(())
}

/// A time as libgit2 writes it: seconds since 1970 in 32 bits, and what has more would wrap.
fn time(at: Timestamp, minutes: i32) -> Result<Time, GitError> {
    if u32::try_from(at.seconds()).is_ok() {
        return Ok(Time::new(at.seconds(), minutes));
    }
    Err(no_date(&format!("a commit cannot be dated {at}")))
}

fn no_date(what: &str) -> GitError {
    GitError::usage(format!(
        "{what}: dates from 1970-01-01T00:00:00Z to 2106-02-07T06:28:15Z are allowed"
    ))
}
