//! The limits: no run takes more than a second of this process's time, sixty of the clock's, or 200 MiB.

use std::fs;
use std::io::Write as _;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use crate::MEMORY;

/// The most time of the processor for one run, in milliseconds; five times as much in a build for debugging. The clock says nothing on
/// a machine that does much else.
const MOST_CPU: u64 = if cfg!(debug_assertions) { 5_000 } else { 1_000 };
/// The most time of the clock for one run: a wait that does not end takes no time of the processor.
const MOST_CLOCK: Duration = Duration::from_secs(60);
/// The most memory for one run, in bytes.
pub(crate) const MOST_MEMORY: usize = 200 << 20;
/// Memory with which the machine is in danger, in bytes: the run is ended at once.
const TOO_MUCH: usize = 2 << 30;

/// The run that is under way: when it began by the clock, and by the time of the processor.
static UNDER_WAY: Mutex<Option<(Instant, u64)>> = Mutex::new(None);

/// What one run took.
pub(crate) struct Took {
    /// By the clock.
    pub(crate) time: Duration,
    /// Milliseconds of the processor, in steps of ten.
    pub(crate) cpu: u64,
    /// Bytes beyond those that were held before.
    pub(crate) memory: usize,
}

/// Starts the thread that ends this process where a run does not end.
pub(crate) fn start() {
    thread::spawn(|| {
        loop {
            thread::sleep(Duration::from_millis(50));
            let began = *UNDER_WAY.lock().expect("nobody panics with it");
            let Some((clock, cpu)) = began else { continue };
            let (cpu, clock) = (cpu_time().saturating_sub(cpu), clock.elapsed());
            let why = if cpu > MOST_CPU {
                format!("a hang: {cpu} ms of the processor")
            } else if clock > MOST_CLOCK {
                format!("a hang: {clock:?}")
            } else if resident() > TOO_MUCH {
                "more than 2 GiB of memory".to_owned()
            } else {
                continue;
            };
            // The supervisor reads it; where nobody does, there is nothing left to do.
            let _ = writeln!(std::io::stderr(), "{why}");
            std::process::abort();
        }
    });
}

/// Runs with the limits.
pub(crate) fn limited<T>(run: impl FnOnce() -> T) -> (T, Took) {
    let held = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let (clock, cpu) = (Instant::now(), cpu_time());
    *UNDER_WAY.lock().expect("nobody panics with it") = Some((clock, cpu));
    let done = run();
    *UNDER_WAY.lock().expect("nobody panics with it") = None;
    let took = Took {
        time: clock.elapsed(),
        cpu: cpu_time().saturating_sub(cpu),
        memory: MEMORY.peak_usage().saturating_sub(held),
    };
    (done, took)
}

impl Took {
    /// What is too much.
    pub(crate) fn fault(&self) -> Option<String> {
        if self.cpu > MOST_CPU {
            Some(format!("a hang: {} ms of the processor", self.cpu))
        } else if self.memory > MOST_MEMORY {
            Some(format!("{} MiB of memory", self.memory >> 20))
        } else {
            None
        }
    }
}

/// Milliseconds of the processor that this process has used: fields 14 and 15 of proc(5), in hundredths of a second.
fn cpu_time() -> u64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind = text.rsplit_once(')').map_or("", |(_, behind)| behind);
    let fields = behind.split_whitespace().skip(11).take(2);
    fields
        .filter_map(|field| field.parse::<u64>().ok())
        .sum::<u64>()
        * 10
}

/// Bytes of memory that this process holds, with those of libraries.
fn resident() -> usize {
    let text = fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text
        .split_whitespace()
        .nth(1)
        .and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4_096
}
