//! What a revision on the command line names.

use git2::{ErrorCode, Oid};

use super::read::target;
use super::{CommitId, GitError, Repo};

impl Repo {
    /// The commit that a branch, a tag or a hash names, or the one before it (`HEAD~2`, `main^`, `main^2`); `None` where it names none.
    pub fn resolve(&self, revision: &str) -> Result<Option<CommitId>, GitError> {
        let end = revision.find(['~', '^']).unwrap_or(revision.len());
        let (name, mut way) = revision.split_at(end);
        let Some(id) = self.named(name)? else {
            return Ok(None);
        };
        let mut at = match self.peel(id) {
            Ok(at) => at,
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::Peel) => {
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        while let Some(step) = way.chars().next() {
            way = &way[1..];
            if let Some(rest) = way.strip_prefix("{commit}").or(way.strip_prefix("{}"))
                && step == '^'
            {
                way = rest;
                continue;
            }
            let digits = way.len() - way.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, rest) = way.split_at(digits);
            way = rest;
            let number = match number {
                "" => Some(1),
                number => number.parse::<usize>().ok(),
            };
            let found = match (step, number) {
                ('~', Some(number)) => self.back(at, number)?,
                ('^', Some(0)) => Some(at),
                ('^', Some(number)) => self.commit(at)?.parents.get(number - 1).copied(),
                _ => None,
            };
            let Some(found) = found else {
                return Ok(None);
            };
            at = found;
        }
        Ok(Some(at))
    }

    /// The commit so many first parents before this one.
    fn back(&self, mut at: CommitId, count: usize) -> Result<Option<CommitId>, GitError> {
        for _ in 0..count {
            let Some(parent) = self.commit(at)?.parents.first().copied() else {
                return Ok(None);
            };
            at = parent;
        }
        Ok(Some(at))
    }

    /// The object that a reference's name, short or in full, or the beginning of a hash names.
    fn named(&self, name: &str) -> Result<Option<Oid>, GitError> {
        if let Some(CommitId(id)) = CommitId::parse(name).filter(|_| name.len() == 40) {
            return Ok(Some(id));
        }
        let name = match name {
            // libgit2 takes it for HEAD.
            "" => return Ok(None),
            "@" => "HEAD",
            name => name,
        };
        match self.git.resolve_reference_from_short_name(name) {
            Ok(reference) => return Ok(Some(target(&reference)?)),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::InvalidSpec) => {}
            Err(error) => return Err(error.into()),
        }
        let is_hash = (4..40).contains(&name.len()) && name.bytes().all(|c| c.is_ascii_hexdigit());
        if !is_hash {
            return Ok(None);
        }
        match self
            .git
            .odb()?
            .exists_prefix(Oid::from_str(name)?, name.len())
        {
            Ok(id) => Ok(Some(id)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) if error.code() == ErrorCode::Ambiguous => Err(GitError::usage(format!(
                "`{name}` is ambiguous: several objects of the repository begin so"
            ))
            .help("give more digits of the hash")),
            Err(error) => Err(error.into()),
        }
    }
}
