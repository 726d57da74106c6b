//! The one door to a repository's objects: each is looked at before libgit2 reads it.
//!
//! A loose object that ends too early makes libgit2 1.9 spin for ever (<https://github.com/libgit2/libgit2/issues/7342>), and it
//! inflates whatever size an object claims. What reads many objects inside of libgit2 is asked only after [`Repo::admit_history`].

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use flate2::{Decompress, FlushDecompress, Status};
use git2::{Blob, ErrorClass, ErrorCode, ObjectType, Oid, Tree, TreeEntry};

use super::{CommitId, Repo};

/// Bytes that an object may have: a tree, a commit or a file that is larger belongs to no rollout.
const LARGEST: usize = 64 << 20;
/// Bytes that the header of a loose object may have: `commit 67108864` and its end.
const HEADER: usize = 32;
/// How deep one repository may borrow objects from others, as git has it.
const BORROWED: usize = 5;
/// How many tags may lead to one another.
const TAGS: usize = 16;

impl Repo {
    pub(super) fn find_commit(&self, id: Oid) -> Result<git2::Commit<'_>, git2::Error> {
        self.admit_as(id, ObjectType::Commit)?;
        self.git.find_commit(id)
    }

    pub(super) fn find_tree(&self, id: Oid) -> Result<Tree<'_>, git2::Error> {
        self.admit_as(id, ObjectType::Tree)?;
        self.git.find_tree(id)
    }

    pub(super) fn find_blob(&self, id: Oid) -> Result<Blob<'_>, git2::Error> {
        self.admit_as(id, ObjectType::Blob)?;
        self.git.find_blob(id)
    }

    /// The files of a commit.
    pub(super) fn tree_of(&self, at: CommitId) -> Result<Tree<'_>, git2::Error> {
        self.find_tree(self.find_commit(at.0)?.tree_id())
    }

    /// What a commit has at a path from its root.
    pub(super) fn entry_at(
        &self,
        at: CommitId,
        path: &str,
    ) -> Result<Option<TreeEntry<'static>>, git2::Error> {
        let mut tree = self.tree_of(at)?;
        let mut parts = path.split('/').filter(|part| !part.is_empty()).peekable();
        while let Some(part) = parts.next() {
            let Some(entry) = tree.get_name(part).map(|entry| entry.to_owned()) else {
                return Ok(None);
            };
            if parts.peek().is_none() {
                return Ok(Some(entry));
            }
            if entry.kind() != Some(ObjectType::Tree) {
                return Ok(None);
            }
            tree = self.find_tree(entry.id())?;
        }
        Ok(None)
    }

    /// The commit that an object is, or that a tag leads to.
    pub(super) fn peel(&self, mut id: Oid) -> Result<CommitId, git2::Error> {
        for _ in 0..TAGS {
            match self.admit(id)? {
                ObjectType::Commit => return Ok(CommitId(id)),
                ObjectType::Tag => id = self.git.find_tag(id)?.target_id(),
                ObjectType::Tree | ObjectType::Blob | ObjectType::Any => break,
            }
        }
        let message = format!("{id} is no commit");
        Err(git2::Error::new(
            ErrorCode::Peel,
            ErrorClass::Object,
            message,
        ))
    }

    /// Looks at everything that commits follow, as far as the clone has it: libgit2 walks a history by itself.
    pub(super) fn admit_history(&self, tips: &[CommitId]) -> Result<(), git2::Error> {
        let is_shallow = self.git.is_shallow();
        let mut seen = BTreeSet::new();
        let mut open: Vec<Oid> = tips.iter().map(|tip| tip.0).collect();
        while let Some(id) = open.pop() {
            if !seen.insert(id) {
                continue;
            }
            match self.find_commit(id) {
                Ok(commit) => open.extend(commit.parent_ids()),
                Err(error) if error.code() == ErrorCode::NotFound && is_shallow => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn admit_as(&self, id: Oid, kind: ObjectType) -> Result<(), git2::Error> {
        let found = self.admit(id)?;
        if found == kind {
            return Ok(());
        }
        let message = format!("{id} is a {found}, and no {kind}");
        Err(git2::Error::new(
            ErrorCode::NotFound,
            ErrorClass::Object,
            message,
        ))
    }

    /// An object's kind, by its header; that it is whole where it is loose, and small.
    fn admit(&self, id: Oid) -> Result<ObjectType, git2::Error> {
        if let Some(kind) = self.admitted.borrow().get(&id) {
            return Ok(*kind);
        }
        let kind = if let Some(kind) = self.loose(id)? {
            kind
        } else {
            let (size, kind) = self.git.odb()?.read_header(id)?;
            if size > LARGEST {
                return Err(too_large(id, size));
            }
            kind
        };
        self.admitted.borrow_mut().insert(id, kind);
        Ok(kind)
    }

    /// The kind of a loose object that is whole; `None` where the object is not loose.
    fn loose(&self, id: Oid) -> Result<Option<ObjectType>, git2::Error> {
        let name = id.to_string();
        let (folder, rest) = name.split_at(2);
        for objects in &self.objects {
            let path = objects.join(folder).join(rest);
            let file = match File::open(&path) {
                Ok(file) => file,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(broken(id, &error.to_string())),
            };
            let is_regular = file.metadata().is_ok_and(|meta| meta.is_file());
            if !is_regular {
                return Err(broken(id, "it is no regular file"));
            }
            let mut packed = Vec::new();
            // One byte more than is allowed tells that there is more.
            let read = file.take(LARGEST as u64 + 1).read_to_end(&mut packed);
            read.map_err(|error| broken(id, &error.to_string()))?;
            if packed.len() > LARGEST {
                return Err(too_large(id, packed.len()));
            }
            return inflated(id, &packed).map(Some);
        }
        Ok(None)
    }
}

/// The kind of an object whose deflated bytes are these, if all of it is there and as long as its header says.
fn inflated(id: Oid, packed: &[u8]) -> Result<ObjectType, git2::Error> {
    let mut stream = Decompress::new(true);
    let mut out = vec![0; 32 << 10];
    let mut header: Option<(ObjectType, u64)> = None;
    loop {
        let (read, made) = (stream.total_in(), stream.total_out());
        let rest = packed.get(usize::try_from(read).unwrap_or(usize::MAX)..);
        let status = stream
            .decompress(rest.unwrap_or_default(), &mut out, FlushDecompress::None)
            .map_err(|_| broken(id, "it cannot be inflated"))?;
        // A small object comes in one piece, and a large one in pieces that are longer than a header.
        if header.is_none() {
            let made = usize::try_from(stream.total_out()).unwrap_or(usize::MAX);
            header = Some(head(id, &out[..made.min(HEADER)])?);
        }
        let whole = header.map_or(0, |(_, whole)| whole);
        if stream.total_out() > whole {
            return Err(broken(id, "it is longer than it says"));
        }
        let is_stuck = stream.total_in() == read && stream.total_out() == made;
        match (status, header) {
            (Status::StreamEnd, Some((kind, whole))) => {
                return if stream.total_out() == whole && stream.total_in() == packed.len() as u64 {
                    Ok(kind)
                } else {
                    Err(broken(id, "it is not as long as it says"))
                };
            }
            (Status::Ok | Status::BufError | Status::StreamEnd, _) if is_stuck => {
                return Err(broken(id, "it ends too early"));
            }
            (Status::Ok | Status::BufError | Status::StreamEnd, _) => {}
        }
    }
}

/// The kind that a header names, and how many bytes the object has with its header.
fn head(id: Oid, start: &[u8]) -> Result<(ObjectType, u64), git2::Error> {
    let end = start.iter().position(|byte| *byte == 0);
    let read = end.and_then(|end| {
        let (kind, size) = std::str::from_utf8(&start[..end]).ok()?.split_once(' ')?;
        let kind = ObjectType::from_str(kind)?;
        Some((kind, size.parse::<usize>().ok()?, end + 1))
    });
    match read {
        Some((_, size, _)) if size > LARGEST => Err(too_large(id, size)),
        Some((kind, size, header)) => Ok((kind, (size + header) as u64)),
        None => Err(broken(id, "its header cannot be read")),
    }
}

fn broken(id: Oid, why: &str) -> git2::Error {
    let message = format!("the object {id} is broken: {why}");
    git2::Error::new(ErrorCode::Invalid, ErrorClass::Odb, message)
}

fn too_large(id: Oid, size: usize) -> git2::Error {
    let message = format!("the object {id} has {size} bytes, and {LARGEST} (64 MiB) are allowed");
    git2::Error::new(ErrorCode::Invalid, ErrorClass::Odb, message)
}

/// The folders of loose objects: the repository's own, and those that it borrows from.
pub(super) fn folders(common: &Path) -> Vec<PathBuf> {
    let mut all = vec![common.join("objects")];
    let mut from = 0;
    for _ in 0..BORROWED {
        let new: Vec<PathBuf> = all[from..].iter().flat_map(|one| borrowed(one)).collect();
        from = all.len();
        all.extend(new);
    }
    all
}

fn borrowed(objects: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(objects.join("info/alternates")).unwrap_or_default();
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| objects.join(line)).collect()
}
