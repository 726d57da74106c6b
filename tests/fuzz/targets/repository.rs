//! A repository with a rollout in it that has moved twice, made once and copied for each case.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::case::Case;
use crate::supervise::PLACE;

/// What is done there.
pub(super) const COMMANDS: [&[&str]; 9] = [
    &["status", "app"],
    &["history", "app"],
    &["promote", "app", "--dry-run"],
    &["promote", "app", "--force", "--reason", "a test"],
    &[
        "promote", "app", "--branch", "--force", "--reason", "a test",
    ],
    &["rollback", "app", "--reason", "a test"],
    &["render", "app"],
    &["series", "app", "--branch", "env"],
    &["diff", "app", "--against", "HEAD~1"],
];

const ROLLOUT: &str = "\
apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {name: ranker, namespace: search}
spec:
  models:
    - name: a
      runtime: custom
      image: registry.example/ranker:1.4
      ports: [{name: http, containerPort: 8080}]
    - name: b
      runtime: custom
      image: registry.example/ranker:1.5
      ports: [{name: http, containerPort: 8080}]
  stable: a
  steps:
    - {weight: 10, bake: 1h}
    - {weight: 50, bake: 1h}
    - {weight: 100, bake: 1h}
";

/// The files of a repository.
pub(super) struct Repository(BTreeMap<PathBuf, Vec<u8>>);

impl Repository {
    /// Puts the repository into the folder of a case.
    pub(super) fn put(&self, case: &Case<'_>) {
        for (path, bytes) in &self.0 {
            let path = case.place.join(path);
            fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("a folder");
            fs::write(path, bytes).expect("a file");
        }
    }

    /// The paths of its loose objects.
    pub(super) fn objects(&self) -> Vec<&Path> {
        let paths = self.0.keys().map(PathBuf::as_path);
        paths
            .filter(|path| path.starts_with(".git/objects"))
            .collect()
    }
}

/// The repository.
pub(super) fn sample() -> &'static Repository {
    static SAMPLE: OnceLock<Repository> = OnceLock::new();
    SAMPLE.get_or_init(|| {
        let folder =
            PathBuf::from(std::env::var_os(PLACE).expect("this is a worker")).join("repository");
        if folder.exists() {
            // A worker that has crashed made it.
            fs::remove_dir_all(&folder).expect("it is ours");
        }
        fs::create_dir_all(folder.join("app")).expect("a folder");
        fs::write(folder.join("app/rollout.yaml"), ROLLOUT).expect("a file");
        let glidepath = env!("CARGO_BIN_EXE_glidepath");
        let steps: [(&str, &[&str]); 7] = [
            (
                "git",
                &["init", "--quiet", "--initial-branch=main", "--template="],
            ),
            ("git", &["config", "user.name", "Ada"]),
            ("git", &["config", "user.email", "ada@example.com"]),
            (glidepath, &["render", "app"]),
            ("git", &["add", "."]),
            ("git", &["commit", "--quiet", "--message", "begin"]),
            (
                glidepath,
                &["promote", "app", "--force", "--reason", "a test"],
            ),
        ];
        for (day, (name, arguments)) in steps.into_iter().enumerate() {
            let output = at(&folder, name, day)
                .args(arguments)
                .output()
                .expect("it starts");
            assert!(output.status.success(), "{name} {arguments:?}: {output:?}");
        }
        let mut files = BTreeMap::new();
        read(&folder, Path::new(""), &mut files);
        Repository(files)
    })
}

/// A program in a folder, on a day of 2020.
fn at(folder: &Path, name: &str, day: usize) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder);
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(
            format!("GIT_{who}_DATE"),
            format!("@{} +0000", 1_577_836_800 + day * 86_400),
        );
    }
    command
}

fn read(root: &Path, below: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(root.join(below))
        .into_iter()
        .flatten()
        .flatten()
    {
        let path = below.join(entry.file_name());
        if entry.path().is_dir() {
            read(root, &path, files);
        } else {
            files.insert(path, fs::read(entry.path()).expect("a file"));
        }
    }
}

/// Runs git in the folder of a case.
pub(super) fn git(case: &Case<'_>, arguments: &[&str]) -> Output {
    let mut command = at(case.place, "git", 9);
    command.args(arguments).output().expect("git starts")
}

/// Commits all that is there; what git does not take stays as it is.
pub(super) fn commit(case: &Case<'_>) {
    git(case, &["add", "--all"]);
    git(case, &["commit", "--quiet", "--message", "change"]);
}

/// What every branch and tag points at.
pub(super) fn refs(case: &Case<'_>) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    read(&case.path(".git/refs"), Path::new(""), &mut found);
    found
}
