//! Claims about the disk, on real folders.

mod faults;
mod hostile;
mod random;
mod rules;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::units::sha256_hex;

use super::{Change, ChangeKind, Comparison, DiskError, Kind, Wanted, compare, stage};
use crate::tree::FileText;

/// Path to content.
type Files = BTreeMap<String, String>;

/// A folder of its own for one test, with the tree's folder `deploy` in it.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "glidepath-disk-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        // Thousands of small trees are written; in memory that takes seconds on any machine.
        let memory = Path::new("/dev/shm");
        let path = if memory.is_dir() {
            memory.join(name)
        } else {
            std::env::temp_dir().join(name)
        };
        fs::create_dir(&path).expect("the temporary folder takes a new one");
        Self(path)
    }

    fn deploy(&self) -> PathBuf {
        self.0.join("deploy")
    }

    fn staged(&self) -> PathBuf {
        self.0.join(".deploy.staged")
    }

    fn journal(&self) -> PathBuf {
        self.staged().join("journal")
    }

    fn put(&self, files: &Files) -> Result<Vec<Change>, DiskError> {
        put(&self.deploy(), &wanted(&shared(files)), false)
    }

    fn force(&self, files: &Files) -> Result<Vec<Change>, DiskError> {
        put(&self.deploy(), &wanted(&shared(files)), true)
    }

    fn compare(&self, files: &Files) -> Result<Vec<Comparison>, DiskError> {
        compare(&self.deploy(), &wanted(&shared(files)))
    }

    /// Writes a file as a person would.
    fn write(&self, path: &str, text: &str) {
        let path = self.deploy().join(path);
        fs::create_dir_all(path.parent().expect("it lies in the tree")).expect("folders");
        fs::write(path, text).expect("a file");
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.deploy().join(path)).expect("a text file")
    }

    /// Everything below the scratch folder: files with their bytes, folders as `path/`.
    fn snapshot(&self) -> BTreeMap<String, Vec<u8>> {
        let mut all = BTreeMap::new();
        collect(&self.0, "", &mut all);
        all
    }

    /// Whether there is the tree of these files and nothing else at all.
    #[track_caller]
    fn holds_exactly(&self, files: &Files) {
        let mut expected = BTreeMap::from([("deploy/".to_owned(), Vec::new())]);
        for (path, text) in files {
            let path = format!("deploy/{path}");
            for (at, _) in path.match_indices('/') {
                expected.insert(path[..=at].to_owned(), Vec::new());
            }
            expected.insert(path, text.clone().into_bytes());
        }
        assert_eq!(texts(&self.snapshot()), texts(&expected));
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn collect(folder: &Path, prefix: &str, all: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type().expect("a type");
        if kind.is_dir() {
            all.insert(format!("{name}/"), Vec::new());
            collect(&entry.path(), &format!("{name}/"), all);
        } else if kind.is_symlink() {
            all.insert(format!("{name} (link)"), Vec::new());
        } else {
            all.insert(name, fs::read(entry.path()).expect("a file"));
        }
    }
}

fn texts(all: &BTreeMap<String, Vec<u8>>) -> BTreeMap<&str, String> {
    all.iter()
        .map(|(path, bytes)| (path.as_str(), String::from_utf8_lossy(bytes).into_owned()))
        .collect()
}

/// A tree of these files with the lock that fits.
fn tree(files: &[(&str, &str)]) -> Files {
    let mut all: Files = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    let digests: Files = all
        .iter()
        .map(|(path, text)| (path.clone(), sha256_hex(text.as_bytes())))
        .collect();
    let lock = serde_json::json!({ "version": "1", "files": digests });
    all.insert("plan.json".to_owned(), format!("{lock:#}\n"));
    all
}

/// Stages and commits at once, as for one folder.
fn put(folder: &Path, wanted: &Wanted, force: bool) -> Result<Vec<Change>, DiskError> {
    let mut staged = stage(folder, wanted, force)?;
    let changes = staged.changes().to_vec();
    staged.commit().map(|()| changes)
}

/// As the compiler hands files on.
fn shared(files: &Files) -> BTreeMap<String, FileText> {
    let files = files.iter();
    files
        .map(|(path, text)| (path.clone(), text.clone().into()))
        .collect()
}

/// Without a word on the pointer.
fn wanted(files: &BTreeMap<String, FileText>) -> Wanted<'_> {
    Wanted {
        files,
        pointer: None,
    }
}

/// What is compared, without its contents.
fn bare(comparisons: &[Comparison]) -> Vec<Change> {
    let changes = comparisons.iter().map(|one| one.change.clone());
    changes.collect()
}

/// The changes as `+path`, `~path`, `-path`, without the lock's.
fn marks(changes: &[Change]) -> Vec<String> {
    changes
        .iter()
        .filter(|change| change.path != "plan.json")
        .map(|change| {
            let mark = match change.kind {
                ChangeKind::Added => '+',
                ChangeKind::Changed => '~',
                ChangeKind::Removed => '-',
            };
            format!("{mark}{}", change.path)
        })
        .collect()
}

fn small() -> Files {
    tree(&[("base/service.yaml", "service\n"), ("PLAN.md", "plan\n")])
}

#[track_caller]
fn refuses<T: std::fmt::Debug>(result: Result<T, DiskError>, kind: Kind, words: &str) {
    let error = result.expect_err("it is refused");
    assert_eq!(error.kind(), kind, "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(error.help().is_some(), "{error}");
}
