//! Processes that are killed, and processes that race.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::rounds;

use super::harness::Lab;

/// A stream of numbers that is the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }
}

/// Kills a run at some point; gives whether it was still running.
fn kill(mut child: Child, after: Duration) -> bool {
    thread::sleep(after);
    let running = child.try_wait().expect("a process").is_none();
    let _ = child.kill();
    child.wait().expect("a process");
    running
}

/// Lock files that a killed git process leaves too; whoever finds them removes them by hand.
fn remove_locks(folder: &Path) -> usize {
    let mut removed = 0;
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path: PathBuf = entry.path();
        if path.is_dir() {
            removed += remove_locks(&path);
        } else if path.extension().is_some_and(|end| end == "lock") {
            fs::remove_file(&path).expect("the lock");
            removed += 1;
        }
    }
    removed
}

/// Runs that must have been killed while they were running.
fn kills() -> usize {
    rounds(20, 100)
}

/// Runs at the most, until there are so many.
const MOST_ROUNDS: usize = 1_000;

/// A run ended before its kill: the machine has become faster than it was when the first run was timed.
fn sooner(longest: u64) -> u64 {
    (longest * 19 / 20).max(1_000)
}

fn duration(lab: &Lab, args: &[&str]) -> u64 {
    let begin = Instant::now();
    lab.ok(args);
    u64::try_from(begin.elapsed().as_micros()).expect("a short time")
}

#[test]
fn kills_of_promote_leave_the_old_stage_or_the_new_one() {
    let lab = Lab::new("kill-promote");
    let base = lab.head();
    let args = ["promote", "app"];
    let mut longest = duration(&lab, &args);
    lab.git(&["reset", "--quiet", "--hard", &base]);
    let (mut dice, mut killed) = (Dice(1), 0);
    for round in 0..MOST_ROUNDS {
        if killed == kills() {
            break;
        }
        // Half of the kills fall into the last third, where the writing is.
        let at = if round % 2 == 0 {
            dice.below(longest)
        } else {
            longest * 2 / 3 + dice.below(longest / 2)
        };
        if kill(lab.spawn(&args), Duration::from_micros(at)) {
            killed += 1;
        } else {
            longest = sooner(longest);
        }
        let head = lab.stage_at("HEAD");
        assert!(["baseline", "deploy"].contains(&head.as_str()), "{head}");
        let work = lab.read("app/deploy/current/kustomization.yaml");
        assert!(
            work.contains("00-baseline") || work.contains("01-deploy"),
            "{work}"
        );
        remove_locks(&lab.dir.join(".git"));
        lab.fsck();
        if head == "deploy" {
            // What was cut short is completed before anything else happens.
            lab.refused(
                &["promote", "app", "--to", "baseline"],
                1,
                "does not come after",
            );
            assert_eq!(lab.live(), "deploy");
        } else {
            assert_eq!(lab.live(), "baseline");
        }
        lab.git(&["reset", "--quiet", "--hard", &base]);
    }
    assert_eq!(
        killed,
        kills(),
        "the others had ended before they were killed"
    );
    lab.ok(&args);
    assert_eq!(lab.live(), "deploy");
}

#[test]
fn kills_of_series_leave_a_sound_repository() {
    let lab = Lab::new("kill-series");
    let args = ["series", "app", "--branch", "env", "--date", "@1577836800"];
    let mut longest = duration(&lab, &args);
    let want = lab.git(&["rev-parse", "env"]);
    let clean = || {
        lab.try_git(&["branch", "-D", "env"]);
        let tags = lab.git(&["tag"]);
        if !tags.is_empty() {
            let delete: Vec<&str> = ["tag", "-d"].into_iter().chain(tags.lines()).collect();
            lab.git(&delete);
        }
    };
    let (mut dice, mut killed) = (Dice(2), 0);
    for _ in 0..MOST_ROUNDS {
        if killed == kills() {
            break;
        }
        clean();
        let at = longest / 3 + dice.below(longest);
        if kill(lab.spawn(&args), Duration::from_micros(at)) {
            killed += 1;
        } else {
            longest = sooner(longest);
        }
        remove_locks(&lab.dir.join(".git"));
        lab.fsck();
        assert_eq!(lab.live(), "baseline");
        // Every branch and tag leads to a commit.
        lab.git(&["rev-list", "--no-walk", "--branches", "--tags"]);
        let env = lab.try_git(&["rev-parse", "--verify", "--quiet", "env"]);
        assert!(
            env.stdout.trim().is_empty() || env.stdout.trim() == want,
            "{}",
            env.stdout
        );
    }
    assert_eq!(
        killed,
        kills(),
        "the others had ended before they were killed"
    );
    lab.ok(&args);
    assert_eq!(lab.git(&["rev-parse", "env"]), want);
    assert_eq!(lab.git(&["tag"]).lines().count(), 5);
}

#[test]
fn what_a_kill_cut_short_is_completed_and_a_revert_is_not() {
    let lab = Lab::new("complete");
    lab.promote();
    lab.promote();
    lab.ok(&["rollback", "app", "--reason", "x"]);
    let (head, pointer) = (lab.head(), "app/deploy/current/kustomization.yaml");
    let undo = || {
        lab.git(&["checkout", "--quiet", "HEAD^", "--", pointer]);
        lab.git(&["rm", "--quiet", "--force", "app/deploy/hold.yaml"]);
    };
    undo();
    // Somebody who takes a move back by hand means it.
    lab.refused(&["promote", "app"], 5, "changes that are not committed");
    // The note says that a run moved the branch, and did not get to the index.
    lab.write(&format!(".git/glidepath/{head}"), "");
    assert_eq!(lab.status()["uncommitted"], true, "`status` writes nothing");
    let ran = lab.run(&["promote", "app"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(ran.stderr.contains("has been completed"), "{}", ran.stderr);
    assert_eq!((lab.live().as_str(), lab.head()), ("deploy", head.clone()));
    assert!(lab.dir.join("app/deploy/hold.yaml").exists());
    undo();
    lab.refused(&["promote", "app"], 5, "changes that are not committed");
}

/// Opens a pipe for writing once somebody reads it: the run that does has looked at HEAD by then.
fn meet(pipe: &Path, child: &mut Child) -> fs::File {
    const NONBLOCK: i32 = 0o4_000;
    loop {
        let open = OpenOptions::new()
            .write(true)
            .custom_flags(NONBLOCK)
            .open(pipe);
        if let Ok(file) = open {
            return file;
        }
        assert!(
            child.try_wait().expect("a process").is_none(),
            "it ended before it read its evidence"
        );
        thread::sleep(Duration::from_millis(2));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn of_two_promotions_at_once_one_wins() {
    let lab = Lab::new("race");
    let base = lab.head();
    let evidence = lab.evidence("baseline", "pass");
    let evidence = fs::read_to_string(evidence).expect("the evidence");
    let pipes = ["a", "b"].map(|name| lab.dir.join(".git").join(name));
    for pipe in &pipes {
        let made = std::process::Command::new("mkfifo").arg(pipe).status();
        assert!(made.expect("mkfifo").success());
    }
    for round in 0..rounds(10, 50) {
        let mut runs = pipes.each_ref().map(|pipe| {
            let pipe = pipe.to_str().expect("a path");
            lab.spawn(&["promote", "app", "--evidence", pipe])
        });
        let mut ends: Vec<fs::File> = pipes
            .iter()
            .zip(&mut runs)
            .map(|(pipe, run)| meet(pipe, run))
            .collect();
        for end in &mut ends {
            end.write_all(evidence.as_bytes()).expect("the pipe");
        }
        drop(ends);
        let done = runs.map(|run| run.wait_with_output().expect("a process"));
        let mut codes = done.each_ref().map(|done| done.status.code());
        codes.sort_unstable();
        let said = |at: usize| String::from_utf8_lossy(&done[at].stderr).into_owned();
        assert_eq!(
            codes,
            [Some(0), Some(5)],
            "round {round}: {} {}",
            said(0),
            said(1)
        );
        assert_eq!(lab.live(), "deploy", "round {round}");
        assert_eq!(lab.git(&["rev-parse", "HEAD^"]), base, "round {round}");
        lab.git(&["reset", "--quiet", "--hard", &base]);
    }
    lab.fsck();
}
