//! A folder of its own for one test, and what lies in it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{GLIDEPATH, Run};

/// A folder of its own for one test, removed with it.
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "glidepath-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).expect("the temporary folder takes a new one");
        Self(fs::canonicalize(path).expect("it is there"))
    }

    /// A folder with this text as `rollout.yaml`.
    pub(crate) fn with(text: &str) -> Self {
        let place = Self::new();
        place.write("rollout.yaml", text);
        place
    }

    pub(crate) fn root(&self) -> &Path {
        &self.0
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.0.join(below)
    }

    pub(crate) fn write(&self, below: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    pub(crate) fn read(&self, below: &str) -> String {
        let path = self.path(below);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// Changes a file's text.
    pub(crate) fn edit(&self, below: &str, from: &str, to: &str) {
        let text = self.read(below);
        assert!(text.contains(from), "`{below}` has no `{from}`:\n{text}");
        self.write(below, text.replace(from, to));
    }

    /// The binary, about to run here with nothing in its environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(GLIDEPATH);
        command.args(arguments).current_dir(&self.0).env_clear();
        command
    }

    /// Runs the binary here.
    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        self.spawn(self.command(arguments))
    }

    /// Runs any command and shows this folder's path as `[HERE]`.
    pub(crate) fn spawn(&self, mut command: Command) -> Run {
        Run::to_the_end(&mut command).without(&self.0)
    }

    /// Runs a line of bash here; `$GLIDEPATH` is the binary.
    pub(crate) fn shell(&self, line: &str) -> Run {
        let mut command = Command::new("bash");
        command
            .args(["-c", line])
            .current_dir(&self.0)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("GLIDEPATH", GLIDEPATH);
        self.spawn(command)
    }

    /// Runs the binary as somebody who is not root: root may read and write everything.
    pub(crate) fn run_as_nobody(&self, arguments: &[&str]) -> Run {
        if fs::metadata("/proc/self").expect("Linux").uid() != 0 {
            return self.run(arguments);
        }
        // The binary may lie in a folder that only root may enter.
        let copy = Self::new();
        // Not by this process: a child that another thread starts meanwhile would hold the copy open for writing.
        let copied = Command::new("cp")
            .arg(GLIDEPATH)
            .arg(copy.path("glidepath"))
            .status();
        assert!(copied.is_ok_and(|status| status.success()));
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
            .arg(copy.path("glidepath"))
            .args(arguments)
            .current_dir(&self.0);
        self.spawn(command)
    }

    /// Everything in the folder, to be compared with later.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.0)
    }

    /// The state of the folder is what it was: paths, bytes and times of change.
    #[track_caller]
    pub(crate) fn assert_unchanged(&self, before: &Snapshot) {
        let now = self.snapshot();
        let changes = before.changes(&now);
        assert!(changes.is_empty(), "the folder changed: {changes:#?}");
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a folder holds: path to bytes and time of change in nanoseconds; folders have no bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot(BTreeMap<String, (Option<Vec<u8>>, i128)>);

impl Snapshot {
    pub(crate) fn of(folder: &Path) -> Self {
        let mut all = BTreeMap::new();
        collect(folder, "", &mut all);
        Self(all)
    }

    /// The paths that are not the same in both.
    pub(crate) fn changes(&self, other: &Self) -> Vec<String> {
        let keys = self
            .0
            .keys()
            .chain(other.0.keys().filter(|key| !self.0.contains_key(*key)));
        keys.filter(|key| self.0.get(*key) != other.0.get(*key))
            .cloned()
            .collect()
    }

    /// Files by path, without times.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        self.0
            .iter()
            .filter_map(|(path, (bytes, _))| Some((path.clone(), bytes.clone()?)))
            .collect()
    }
}

fn collect(folder: &Path, prefix: &str, all: &mut BTreeMap<String, (Option<Vec<u8>>, i128)>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let name = format!("{prefix}{name}");
        let meta = fs::symlink_metadata(&path).expect("it is there");
        let changed = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
        if meta.is_dir() {
            collect(&path, &format!("{name}/"), all);
            all.insert(name, (None, changed));
        } else {
            all.insert(name, (fs::read(&path).ok(), changed));
        }
    }
}

/// Every file below a folder, by path.
pub(crate) fn files_below(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    Snapshot::of(folder).files()
}
