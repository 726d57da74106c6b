//! One case: random numbers, a folder, and what is found wrong.

use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;

use crate::corpus::Corpus;
use crate::run::{Ran, caught, glidepath};
use crate::tally::Tally;
use crate::watch::limited;

/// One case, while it is tried.
pub(crate) struct Case<'a> {
    /// All that is random about it.
    pub(crate) rng: Rng,
    /// The project's own files.
    pub(crate) corpus: &'a Corpus,
    /// The folder that is the working directory, empty at first.
    pub(crate) place: &'a Path,
    /// What is wrong.
    pub(crate) faults: Vec<String>,
    /// What was run, for whoever repeats it.
    pub(crate) commands: Vec<String>,
    /// Where it is counted.
    pub(crate) tally: &'a mut Tally,
}

impl Case<'_> {
    /// Something is wrong.
    pub(crate) fn fault(&mut self, what: impl Into<String>) {
        self.faults.push(what.into());
    }

    /// A file of the folder.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.place.join(below)
    }

    /// Puts a file into the folder.
    pub(crate) fn write(&self, below: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }

    /// Runs glidepath with the limits; `None` where it did not end as programs do, which is a fault.
    pub(crate) fn run(&mut self, arguments: &[&str]) -> Option<Ran> {
        self.commands.push(arguments.join(" "));
        let ran = self.try_out(|| glidepath(arguments))?;
        self.tally.exits[usize::from(ran.code)] += 1;
        if let Some(fault) = ran.fault() {
            self.fault(format!("`{}`: {fault}", arguments.join(" ")));
        }
        Some(ran)
    }

    /// Runs glidepath, which must end with one of these exit codes.
    pub(crate) fn run_to(&mut self, codes: &[u8], arguments: &[&str]) -> Option<Ran> {
        let ran = self.run(arguments)?;
        if !codes.contains(&ran.code) {
            self.fault(format!(
                "`{}`: exit {}, and {codes:?} is right: {}",
                arguments.join(" "),
                ran.code,
                ran.first()
            ));
        }
        Some(ran)
    }

    /// Calls a part of glidepath with the limits.
    pub(crate) fn call<T>(&mut self, work: impl FnOnce() -> T) -> Option<T> {
        self.try_out(|| caught(work))
    }

    fn try_out<T>(&mut self, work: impl FnOnce() -> Result<T, String>) -> Option<T> {
        let (done, took) = limited(work);
        self.tally.count(&took);
        if let Some(fault) = took.fault() {
            self.fault(fault);
        }
        done.map_err(|panic| self.fault(panic)).ok()
    }
}
