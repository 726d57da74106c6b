//! A fuzzer on stable Rust: `cargo test --profile fuzz --test fuzz`, or `tests/conformance/run fuzz`.
//!
//! The project's own files are changed at random and handed to `cli::run`, in this process and in one thread at a time. A case is a
//! number: with the seed, it says all that is tried. What is wrong with a case is a fault; a case that ends the process is a crash, for
//! which the worker is a child process: the supervisor goes on behind it.
//!
//! | variable | |
//! | --- | --- |
//! | `GLIDEPATH_FUZZ_SECONDS` | how long; default: 120 |
//! | `GLIDEPATH_FUZZ_SEED` | the seed; default: 1, so that what was green stays green; another one tries other cases |
//! | `GLIDEPATH_FUZZ_CASE` | only this case, whose input stays to be looked at |
//! | `GLIDEPATH_FUZZ_TARGET` | only this target, by its name |

mod case;
mod corpus;
mod mutate;
mod run;
mod supervise;
mod tally;
mod targets;
mod watch;
mod worker;

use std::process::ExitCode;

use peak_alloc::PeakAlloc;

/// Counts what is allocated; libgit2 has an allocator of its own.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What is asked for, by the environment.
struct Wanted {
    seconds: u64,
    seed: u64,
    case: Option<u64>,
    target: Option<String>,
}

impl Wanted {
    fn read() -> Self {
        let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
        Self {
            seconds: number("GLIDEPATH_FUZZ_SECONDS").unwrap_or(120),
            seed: number("GLIDEPATH_FUZZ_SEED").unwrap_or(1),
            case: number("GLIDEPATH_FUZZ_CASE"),
            target: std::env::var("GLIDEPATH_FUZZ_TARGET").ok(),
        }
    }
}

fn main() -> ExitCode {
    let wanted = Wanted::read();
    match std::env::var_os(supervise::PLACE) {
        Some(place) => worker::work(&wanted, place.as_ref()),
        None => supervise::supervise(&wanted),
    }
}
