//! The disk under real processes: kills, limits, permissions, many writers, many files.
//!
//! A test that needs a process of its own runs this binary again with `GLIDEPATH_DISK_JOB`; see [`child`].

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use glidepath::sink::disk::{Change, DiskError, Kind, Wanted, compare, stage};
use glidepath::tree::FileText;
use glidepath::units::sha256_hex;

use crate::support::{Place, files_below, rounds};

type Files = BTreeMap<String, String>;

/// A folder of its own for one test, with a tree in it.
struct Scratch(Place);

impl Scratch {
    fn new() -> Self {
        Self(Place::new())
    }

    fn deploy(&self) -> PathBuf {
        self.0.path("deploy")
    }

    /// The files in the tree's folder.
    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        files_below(&self.deploy())
    }

    /// What lies beside the tree's folder.
    fn beside(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.root()).expect("a folder");
        entries
            .map(|entry| entry.expect("an entry").file_name().into_string())
            .map(|name| name.expect("UTF-8"))
            .filter(|name| name != "deploy")
            .collect()
    }
}

fn with_lock(mut files: Files) -> Files {
    let mut lock = String::from("{\"files\": {");
    for (path, text) in &files {
        let comma = if lock.ends_with('{') { "" } else { "," };
        let sha = sha256_hex(text.as_bytes());
        write!(lock, "{comma}\n  \"{path}\": \"{sha}\"").expect("strings take everything");
    }
    lock.push_str("\n}}\n");
    files.insert("plan.json".to_owned(), lock);
    files
}

/// Trees that share some files and differ in others; 0 and 1 number their stages differently, 2 is large.
fn tree(which: u8) -> Files {
    let mut files = Files::new();
    for i in 0..12 {
        files.insert(format!("base/same-{i}.yaml"), format!("kind: Same{i}\n"));
        files.insert(
            format!("base/changed-{i}.yaml"),
            format!("tree: {which}\nfile: {i}\n").repeat(50),
        );
        let stage = i + which;
        files.insert(
            format!("stages/{stage:02}-stage/object.yaml"),
            format!("stage: {i}\n"),
        );
        if i % 3 == which {
            files.insert(format!("only/{which}/{i}.yaml"), format!("{which}\n"));
        }
    }
    match which {
        0 => files.insert("swap".to_owned(), "a file\n".to_owned()),
        1 => files.insert("swap/a/b.yaml".to_owned(), "in folders\n".to_owned()),
        _ => files.insert("large.yaml".to_owned(), "x".repeat(300_000)),
    };
    with_lock(files)
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

fn wanted(files: &BTreeMap<String, FileText>) -> Wanted<'_> {
    Wanted {
        files,
        pointer: None,
    }
}

fn put_tree(folder: &Path, which: u8) -> Result<Vec<Change>, DiskError> {
    put(folder, &wanted(&shared(&tree(which))), false)
}

fn bytes(files: &Files) -> BTreeMap<String, Vec<u8>> {
    files
        .iter()
        .map(|(path, text)| (path.clone(), text.clone().into_bytes()))
        .collect()
}

/// This binary, to be run as [`child`] with a job, behind `wrapper` if there is one.
fn job(wrapper: &[&str], job: &str, folder: &Path) -> Command {
    let me = std::env::current_exe().expect("this binary has a path");
    let mut words: Vec<&str> = wrapper.to_vec();
    let me = me.to_str().expect("UTF-8");
    words.extend([me, "--exact", "disk::child", "--ignored", "--nocapture"]);
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .env("GLIDEPATH_DISK_JOB", job)
        .env("GLIDEPATH_DISK_FOLDER", folder)
        .stdin(Stdio::null());
    command
}

/// What the child said of its `put`: the line that begins with `put: `.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines()
        .find_map(|line| Some(line.split_once("put: ")?.1.to_owned()))
        .unwrap_or_default()
}

#[test]
#[ignore = "the half of other tests that runs in a process of its own"]
fn child() {
    let (Ok(job), Ok(folder)) = (
        std::env::var("GLIDEPATH_DISK_JOB"),
        std::env::var("GLIDEPATH_DISK_FOLDER"),
    ) else {
        return;
    };
    let folder = PathBuf::from(folder);
    if job == "forever" {
        for which in [0_u8, 1].into_iter().cycle() {
            put_tree(&folder, which).expect("nobody is in the way");
            if which == 0 {
                say("ready");
            }
        }
    }
    let which = job.parse().expect("the number of a tree");
    match put_tree(&folder, which) {
        Ok(changes) => say(&format!("put: {} changes", changes.len())),
        Err(error) => say(&format!("put: {:?}: {error}", error.kind())),
    }
}

/// Past the test harness, and whether or not anybody listens.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Numbers that look random (xorshift64), the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

#[test]
fn kills_leave_nothing_half_written() {
    let scratch = Scratch::new();
    let trees = [tree(0), tree(1), tree(2)];
    let [zero, one] = [bytes(&trees[0]), bytes(&trees[1])];
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut interrupted = 0;
    put_tree(&scratch.deploy(), 0).expect("written");
    fs::write(scratch.deploy().join("hold.yaml"), "mine\n").expect("a file");

    let kills = rounds(40, 200);
    for kill in 0..kills {
        let mut child = job(&[], "forever", &scratch.deploy())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("this binary runs");
        let mut lines = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut line = String::new();
        while !line.contains("ready") {
            line.clear();
            assert!(lines.read_line(&mut line).expect("readable") > 0, "no word");
        }
        // Every other kill waits until the renames begin; they are only a part of the time.
        let journal = scratch.0.path(".deploy.staged/journal");
        let patience = Instant::now();
        while kill % 2 == 1 && !journal.exists() && patience.elapsed() < Duration::from_secs(5) {
            thread::yield_now();
        }
        let delay = if kill % 2 == 1 { 2_000 } else { 40_000 };
        thread::sleep(Duration::from_micros(dice.below(delay)));
        child.kill().expect("it runs until it is killed");
        child.wait().expect("it is ours");

        let mut seen = scratch.files();
        assert_eq!(seen.remove("hold.yaml").as_deref(), Some(&b"mine\n"[..]));
        for (path, bytes) in &seen {
            assert!(
                zero.get(path) == Some(bytes) || one.get(path) == Some(bytes),
                "kill {kill}: `{path}` is of neither tree"
            );
        }
        for path in zero.keys().filter(|path| one.contains_key(*path)) {
            assert!(seen.contains_key(path), "kill {kill}: `{path}` is gone");
        }
        let journal = journal.exists();
        match compare(&scratch.deploy(), &wanted(&shared(&trees[0]))) {
            Err(DiskError::Interrupted { .. }) => assert!(journal, "kill {kill}"),
            Ok(changes) => {
                assert!(!journal && (seen == zero || seen == one), "kill {kill}");
                assert_eq!(changes.is_empty(), seen == zero);
            }
            Err(error) => panic!("kill {kill}: {error}"),
        }
        interrupted += usize::from(journal);

        let next = usize::try_from(dice.below(3)).expect("it is small");
        put(&scratch.deploy(), &wanted(&shared(&trees[next])), false).expect("it completes");
        let mut seen = scratch.files();
        assert!(seen.remove("hold.yaml").is_some());
        assert!(seen == bytes(&trees[next]), "kill {kill}");
        assert_eq!(scratch.beside(), [""; 0], "kill {kill}");
        let stages = fs::read_dir(scratch.deploy().join("stages")).expect("a folder");
        assert_eq!(stages.count(), 12, "no empty folder is left");
    }
    assert!(
        interrupted > kills / 20,
        "{interrupted} kills came between trees"
    );
}

#[test]
fn a_full_disk_changes_nothing() {
    // A limit on the size of files: the write fails where the signal is ignored, and kills where it is not.
    for ignored in [true, false] {
        let scratch = Scratch::new();
        put_tree(&scratch.deploy(), 0).expect("written");
        let trap = if ignored { "trap '' XFSZ; " } else { "" };
        let script = format!("{trap}ulimit -c 0; ulimit -f 64; exec \"$@\"");
        let output = job(&["bash", "-c", &script, "bash"], "2", &scratch.deploy())
            .output()
            .expect("bash runs");
        if ignored {
            assert!(said(&output).contains("cannot write"), "{output:?}");
            assert_eq!(scratch.beside(), [""; 0]);
        } else {
            assert!(output.status.signal().is_some(), "{output:?}");
            assert_eq!(scratch.beside(), [".deploy.staged"]);
        }
        assert!(scratch.files() == bytes(&tree(0)));
        let changes = compare(&scratch.deploy(), &wanted(&shared(&tree(0)))).expect("whole");
        assert_eq!(changes, []);
        put_tree(&scratch.deploy(), 2).expect("without the limit it works");
        assert!(scratch.files() == bytes(&tree(2)));
        assert_eq!(scratch.beside(), [""; 0]);
    }
}

/// Runs a job as somebody who is not root.
fn as_nobody(which: &str, scratch: &Scratch) -> Output {
    let mut command = if fs::metadata("/proc/self").expect("Linux").uid() == 0 {
        // The binary may lie in a folder that only root may enter.
        let copy = scratch.0.path("test-binary");
        let me = std::env::current_exe().expect("this binary has a path");
        // Not by this process: a child that another thread starts meanwhile would hold the copy open for writing.
        let copied = Command::new("cp").args([&me, &copy]).status();
        assert!(copied.is_ok_and(|status| status.success()));
        let mut command = Command::new("setpriv");
        command
            .args(["--reuid", "65534", "--regid", "65534", "--clear-groups"])
            .arg(copy)
            .args(["--exact", "disk::child", "--ignored", "--nocapture"])
            .env("GLIDEPATH_DISK_JOB", which)
            .env("GLIDEPATH_DISK_FOLDER", scratch.0.path("rollout/deploy"))
            .current_dir("/");
        command
    } else {
        job(&[], which, &scratch.0.path("rollout/deploy"))
    };
    let output = command.output().expect("setpriv (util-linux) is installed");
    assert!(!said(&output).is_empty(), "{output:?}");
    output
}

fn chmod(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is ours");
}

#[test]
fn a_folder_that_may_not_be_written_is_left_alone() {
    let scratch = Scratch::new();
    let parent = scratch.0.path("rollout");
    let deploy = parent.join("deploy");
    put_tree(&deploy, 0).expect("written");
    let snapshot = || files_below(&parent);
    let before = snapshot();
    let folders = ["base", "only", "only/0", "stages", ""];
    let open = |mode| {
        chmod(&parent, mode);
        for folder in folders {
            chmod(&deploy.join(folder), mode);
        }
        for stage in fs::read_dir(deploy.join("stages")).expect("a folder") {
            chmod(&stage.expect("an entry").path(), mode);
        }
    };

    // Nothing to do needs no permission.
    open(0o555);
    assert_eq!(said(&as_nobody("0", &scratch)), "0 changes");
    // The staging folder cannot be made.
    let answer = said(&as_nobody("1", &scratch));
    assert!(answer.starts_with("Outside: cannot create"), "{answer}");
    assert!(snapshot() == before);
    // The staging folder can be made, and some files can be moved, but not all.
    for closed in folders {
        open(0o777);
        chmod(&deploy.join(closed), 0o555);
        let answer = said(&as_nobody("1", &scratch));
        assert!(answer.contains("ermission denied"), "{closed}: {answer}");
        assert!(!answer.contains("taken back"), "{closed}: {answer}");
        assert!(snapshot() == before, "`{closed}`");
    }
    open(0o777);
    assert!(said(&as_nobody("1", &scratch)).ends_with(" changes"));
    assert!(files_below(&deploy) == bytes(&tree(1)));
    assert!(!parent.join(".deploy.staged").exists());
}

#[test]
fn of_many_writers_each_writes_whole_trees_or_is_turned_away() {
    let scratch = Scratch::new();
    let (mut written, mut busy) = (0, 0);
    thread::scope(|scope| {
        let writers: Vec<_> = [0, 1, 2, 0]
            .into_iter()
            .map(|which| {
                let folder = scratch.deploy();
                scope.spawn(move || {
                    let (mut written, mut busy) = (0, 0);
                    for _ in 0..40 {
                        match put_tree(&folder, which) {
                            Ok(_) => written += 1,
                            Err(DiskError::Busy { .. }) => busy += 1,
                            Err(error) => panic!("{error}"),
                        }
                    }
                    (written, busy)
                })
            })
            .collect();
        for writer in writers {
            let counts = writer.join().expect("no writer panics");
            written += counts.0;
            busy += counts.1;
        }
    });
    assert!(written > 0 && busy > 0, "{written} written, {busy} busy");
    let seen = scratch.files();
    assert!((0..3).any(|which| seen == bytes(&tree(which))));
    assert_eq!(scratch.beside(), [""; 0]);
}

#[test]
fn thousands_of_files_are_no_trouble() {
    let scratch = Scratch::new();
    let count = rounds(2_000, 16_000);
    let large = |salt: &str| {
        let files = (0..count).map(|i| {
            let path = format!("stages/{:02}-stage/object-{}.yaml", i / 400, i % 400);
            let salt = if i % 8 == 0 { salt } else { "" };
            (path, format!("name: object-{i}{salt}\n").repeat(40))
        });
        with_lock(files.collect())
    };
    let [one, two] = [large(""), large("-changed")];
    let mut report = String::new();
    let mut step = |what: &str, files: &Files, changes: usize| {
        let start = Instant::now();
        let done = put(&scratch.deploy(), &wanted(&shared(files)), false).expect("written");
        let took = start.elapsed();
        assert_eq!(done.len(), changes, "{what}");
        writeln!(report, "{what}: {took:?}").expect("strings take everything");
        took
    };
    let first = step("first", &one, count + 1);
    let unchanged = step("unchanged", &one, 0);
    let some = step("an eighth changed", &two, count / 8 + 1);
    say(&report);
    // Far above what it takes, far below what anything quadratic would.
    let limit = Duration::from_secs(120);
    assert!(
        first < limit && unchanged < limit && some < limit,
        "{report}"
    );
}

#[test]
fn a_conflict_and_a_failure_are_told_apart() {
    let scratch = Scratch::new();
    put_tree(&scratch.deploy(), 0).expect("written");
    fs::write(scratch.deploy().join("swap"), "mine\n").expect("a file");
    let error = put_tree(&scratch.deploy(), 1).expect_err("it was edited");
    assert_eq!(error.kind(), Kind::Conflict);
    let error = put_tree(&scratch.deploy().join("swap/deploy"), 1).expect_err("in a file");
    assert_eq!(error.kind(), Kind::Outside);
}
