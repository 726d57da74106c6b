//! A worker: tries one case after the other until the time is over or a case ends it, and says on stdout what it found.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use fastrand::Rng;
use serde_json::{Value, json};

use crate::case::Case;
use crate::corpus::Corpus;
use crate::tally::Tally;
use crate::targets::{self, Target};
use crate::{Wanted, watch};

/// The variable with the first case's number.
pub(crate) const FIRST: &str = "GLIDEPATH_FUZZ_FIRST";
/// The variable with the time that is left, in seconds.
pub(crate) const SECONDS: &str = "GLIDEPATH_FUZZ_SECONDS";
/// The file with the number of the case that is under way.
pub(crate) const CASE: &str = "case";
/// The folder with the input of the case that is under way.
pub(crate) const INPUT: &str = "input";
/// The file of that folder with the commands that were run there.
const COMMANDS: &str = "commands.txt";
/// How often figures are handed over: a crash loses those since then.
const EVERY: Duration = Duration::from_secs(1);

/// Tries cases in this folder.
pub(crate) fn work(wanted: &Wanted, place: &Path) -> ExitCode {
    watch::start();
    // One line, for the supervisor where the panic is one of the fuzzer itself.
    std::panic::set_hook(Box::new(|panic| {
        let _ = writeln!(
            std::io::stderr(),
            "{}",
            panic.to_string().replace('\n', " ")
        );
    }));
    let first = std::env::var(FIRST)
        .ok()
        .and_then(|text| text.parse::<u64>().ok());
    let (began, time) = (Instant::now(), Duration::from_secs(wanted.seconds));
    let (corpus, mut tally, mut told) = (Corpus::read(), Tally::default(), Instant::now());
    let input = place.join(INPUT);
    for number in first.unwrap_or(0).. {
        if wanted.case.is_none() && began.elapsed() >= time {
            break;
        }
        fs::write(place.join(CASE), number.to_string()).expect("a file");
        if input.exists() {
            fs::remove_dir_all(&input).expect("the last input");
        }
        fs::create_dir_all(&input).expect("a folder");
        std::env::set_current_dir(&input).expect("it is there");
        let mut rng = Rng::with_seed(wanted.seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let Some(target) = targets::choose(&mut rng, wanted.target.as_deref()) else {
            say(&json!({"fault": "there is no target of this name", "case": number}));
            break;
        };
        try_one(target, number, rng, &corpus, &input, &mut tally);
        if told.elapsed() >= EVERY {
            say(&tally.to_json());
            (tally, told) = (Tally::default(), Instant::now());
        }
        if wanted.case.is_some() {
            break;
        }
    }
    say(&tally.to_json());
    ExitCode::SUCCESS
}

fn try_one(
    target: &Target,
    number: u64,
    rng: Rng,
    corpus: &Corpus,
    place: &Path,
    tally: &mut Tally,
) {
    *tally.cases.entry(target.name.to_owned()).or_default() += 1;
    let mut case = Case {
        rng,
        corpus,
        place,
        faults: Vec::new(),
        commands: Vec::new(),
        tally,
    };
    (target.run)(&mut case);
    let (faults, commands) = (case.faults, case.commands);
    if !faults.is_empty() {
        fs::write(place.join(COMMANDS), commands.join("\n")).expect("a file");
    }
    if !faults.is_empty() {
        // The next case clears the folder before the supervisor has read this.
        fs::rename(place, kept(place, number)).expect("both lie in one folder");
    }
    for fault in faults {
        say(&json!({"fault": format!("{}: {fault}", target.name), "case": number}));
    }
}

/// Where the input of a case with faults is kept for the supervisor.
pub(crate) fn kept(input: &Path, number: u64) -> PathBuf {
    input.with_file_name(format!("fault-{number}"))
}

fn say(what: &Value) {
    // The supervisor reads all of it; without one there is nobody to tell.
    let _ = writeln!(std::io::stdout(), "{what}");
}
