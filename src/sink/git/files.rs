//! The files of a folder as a commit has them.

use std::path::{Component, Path};

use crate::diag::{FileError, Files, MAX_BYTES, Source};
use crate::sink::files::is_below;

use super::{CommitId, GitError, Repo};

/// The folder of a [`Repo`] in one commit. A link is no regular file there, so none leads anywhere.
pub struct CommitFiles<'a> {
    repo: &'a Repo,
    commit: CommitId,
}

impl<'a> CommitFiles<'a> {
    /// The repository's folder in a commit.
    pub fn new(repo: &'a Repo, commit: CommitId) -> Self {
        Self { repo, commit }
    }
}

impl Files for CommitFiles<'_> {
    fn read(&self, path: &str) -> Result<Option<Source>, FileError> {
        let bytes = self.repo.bytes(self.commit, &plain(path)?);
        let Some(bytes) = bytes.map_err(|error| fail(&error))? else {
            return Ok(None);
        };
        if bytes.len() > MAX_BYTES {
            return Err(FileError::TooLarge(
                u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            ));
        }
        let text = String::from_utf8(bytes).map_err(|error| FileError::not_utf8(&error))?;
        let shown = format!("{}:{path}", self.commit.short());
        Ok(Some(Source::new(shown, text)))
    }

    fn list(&self, path: &str) -> Result<Option<Vec<String>>, FileError> {
        let names = self.repo.names_in(self.commit, &plain(path)?);
        names.map_err(|error| fail(&error))
    }
}

/// A path below the folder as git writes it: it knows no `.`.
fn plain(path: &str) -> Result<String, FileError> {
    if !is_below(path) {
        return Err(FileError::Outside);
    }
    let parts = Path::new(path).components();
    let parts = parts.filter(|part| *part != Component::CurDir);
    let parts: Vec<_> = parts
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    Ok(parts.join("/"))
}

fn fail(error: &GitError) -> FileError {
    FileError::System(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_is_read_as_the_commit_has_it() {
        let folder = std::env::temp_dir().join(format!("glidepath-commit-{}", std::process::id()));
        fs::create_dir_all(folder.join("in")).expect("a folder");
        let git = git2::Repository::init(&folder).expect("a repository");
        let large = vec![b'x'; MAX_BYTES + 1];
        for (path, text) in [
            ("in/file", &b"then"[..]),
            ("in/binary", b"\xff"),
            ("in/large", &large),
        ] {
            fs::write(folder.join(path), text).expect("a file");
        }
        let mut index = git.index().expect("an index");
        index
            .add_all(["in"], git2::IndexAddOption::DEFAULT, None)
            .expect("they are added");
        let tree = index.write_tree().expect("a tree");
        let tree = git.find_tree(tree).expect("the tree");
        let somebody = git2::Signature::new("a", "a@example.com", &git2::Time::new(0, 0));
        let somebody = somebody.expect("a name");
        git.commit(Some("HEAD"), &somebody, &somebody, "m", &tree, &[])
            .expect("a commit");
        fs::write(folder.join("in/file"), "now").expect("it is changed");

        let repo = Repo::open(&folder.join("in")).expect("it is there");
        let head = repo.head().expect("it is read").expect("a commit");
        let files = CommitFiles::new(&repo, head.tip);
        for path in ["file", "./file"] {
            let found = files.read(path).expect("it is read").expect("it is there");
            assert_eq!(found.text(), "then", "{path}");
        }
        assert!(files.read("absent").expect("nothing is wrong").is_none());
        for (path, why) in [
            ("../in/file", FileError::Outside),
            ("large", FileError::TooLarge(MAX_BYTES as u64 + 1)),
            ("binary", FileError::NotUtf8(1)),
        ] {
            assert_eq!(files.read(path).err(), Some(why), "{path}");
        }
        fs::remove_dir_all(&folder).expect("it is ours");
    }
}
