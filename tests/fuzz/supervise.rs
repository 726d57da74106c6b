//! The supervisor: starts workers until the time is over, goes on behind a case that ends one, and says what was tried and found.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Wanted;
use crate::tally::Tally;
use crate::worker::{CASE, FIRST, INPUT, SECONDS, kept};

/// The variable that makes a process a worker: the folder that it works in.
pub(crate) const PLACE: &str = "GLIDEPATH_FUZZ_PLACE";
/// Faults that are one fault are shown, and kept, this often.
const SHOWN: u64 = 3;

/// What is found.
struct Found {
    /// Where the inputs are kept.
    folder: PathBuf,
    /// Faults by what they have in common, with how often they were seen.
    faults: BTreeMap<String, u64>,
    crashes: u64,
}

/// Runs workers until the time is over.
pub(crate) fn supervise(wanted: &Wanted) -> ExitCode {
    let place = scratch();
    let mut found = Found {
        folder: Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz"),
        faults: BTreeMap::new(),
        crashes: 0,
    };
    let began = Instant::now();
    let time = Duration::from_secs(wanted.seconds);
    let (mut tally, mut next) = (Tally::default(), wanted.case.unwrap_or(0));
    say(&format!(
        "GLIDEPATH_FUZZ_SEED={} for {} s",
        wanted.seed, wanted.seconds
    ));
    loop {
        let left = time.saturating_sub(began.elapsed());
        let mut worker = worker(wanted, &place, next, left);
        let ended = follow(&mut worker, wanted, &place, &mut tally, &mut found);
        let Some(why) = ended else { break };
        next = case_under_way(&place).unwrap_or(next);
        found.crashes += 1;
        found.add(wanted, next, &why, &place.join(INPUT));
        next += 1;
        if wanted.case.is_some() || began.elapsed() >= time {
            break;
        }
    }
    say(&tally.text(began.elapsed()));
    let _ = fs::remove_dir_all(&place);
    found.end()
}

/// A folder in memory where there is one: files are written some thousand times a second.
fn scratch() -> PathBuf {
    let memory = Path::new("/dev/shm");
    let below = if memory.is_dir() {
        memory.to_owned()
    } else {
        std::env::temp_dir()
    };
    let place = below.join(format!("glidepath-fuzz-{}", std::process::id()));
    fs::create_dir_all(&place).expect("a folder");
    place
}

fn worker(wanted: &Wanted, place: &Path, first: u64, left: Duration) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", place)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("RUST_BACKTRACE", "0")
        .env(PLACE, place)
        .env("GLIDEPATH_FUZZ_SEED", wanted.seed.to_string())
        .env(SECONDS, left.as_secs().to_string())
        .env(FIRST, first.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(case) = wanted.case {
        command.env("GLIDEPATH_FUZZ_CASE", case.to_string());
    }
    if let Some(target) = &wanted.target {
        command.env("GLIDEPATH_FUZZ_TARGET", target);
    }
    // What is measured by `cargo llvm-cov`.
    if let Some(profile) = std::env::var_os("LLVM_PROFILE_FILE") {
        command.env("LLVM_PROFILE_FILE", profile);
    }
    command.spawn().expect("this program starts again")
}

/// Reads what a worker says to its end; why it crashed, if it did.
fn follow(
    worker: &mut Child,
    wanted: &Wanted,
    place: &Path,
    tally: &mut Tally,
    found: &mut Found,
) -> Option<String> {
    let out = worker.stdout.take().expect("it is piped");
    let mut err = worker.stderr.take().expect("it is piped");
    let err = std::thread::spawn(move || {
        let mut text = Vec::new();
        // The end of a crashed process's words is enough, and any of it will do.
        let _ = err.read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    });
    for line in BufReader::new(out).lines().map_while(Result::ok) {
        let Ok(said) = serde_json::from_str::<Value>(&line) else {
            continue;
        };
        if let Some(fault) = said["fault"].as_str() {
            let case = said["case"].as_u64().unwrap_or(0);
            found.add(wanted, case, fault, &kept(&place.join(INPUT), case));
        } else {
            tally.add(&said);
        }
    }
    let status = worker.wait().expect("it is ours");
    let err = err.join().expect("it only reads");
    let last = err.lines().rev().find(|line| !line.trim().is_empty());
    (!status.success()).then(|| format!("a crash: {status}: {}", last.unwrap_or("it says nothing")))
}

fn case_under_way(place: &Path) -> Option<u64> {
    fs::read_to_string(place.join(CASE))
        .ok()?
        .trim()
        .parse()
        .ok()
}

impl Found {
    /// Shows a fault and keeps its input, unless enough like it were.
    fn add(&mut self, wanted: &Wanted, case: u64, what: &str, input: &Path) {
        let alike: String = what
            .chars()
            .filter(|c| !c.is_ascii_digit())
            .take(90)
            .collect();
        let seen = self.faults.entry(alike).or_default();
        *seen += 1;
        if *seen > SHOWN {
            return;
        }
        say(&format!(
            "FAULT {what}\n      GLIDEPATH_FUZZ_SEED={} GLIDEPATH_FUZZ_CASE={case}",
            wanted.seed
        ));
        let folder = self.folder.join(format!("{}-{case}", wanted.seed));
        // One that cannot be kept can be made again from its numbers.
        let _ = copy(input, &folder);
    }

    fn end(&self) -> ExitCode {
        let faults: u64 = self.faults.values().sum();
        let kinds = self.faults.len();
        say(&format!(
            "{faults} faults of {kinds} kinds, {} of them crashes",
            self.crashes
        ));
        if faults == 0 {
            return ExitCode::SUCCESS;
        }
        say(&format!("their inputs are in {}", self.folder.display()));
        ExitCode::FAILURE
    }
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn say(text: &str) {
    // Who has closed our stdout reads nothing.
    let _ = writeln!(std::io::stdout(), "{text}");
}
