//! The compiler alone, in one process: no exec, no loader, no disk. `cargo bench --bench compile`.

use std::hint::black_box;
use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use glidepath::compile::{Environment, NoFiles, compile};
use glidepath::text::Source;

const EXAMPLE: &str = include_str!("../examples/image-classifier/rollout.yaml");
/// Enough for the median to stand still.
const RUNS: usize = 2_000;

fn main() -> io::Result<()> {
    let source = Source::new("rollout.yaml", EXAMPLE);
    let plan = || {
        drop(black_box(
            compile(&source, &NoFiles, &Environment::default()).expect("the example compiles"),
        ));
    };
    let tree = || {
        let compiled =
            compile(&source, &NoFiles, &Environment::default()).expect("the example compiles");
        black_box(compiled.tree());
    };
    let mut out = io::stdout().lock();
    for (what, times) in [
        ("to the plan, with all checks", measure(plan)),
        ("to the whole tree", measure(tree)),
    ] {
        let [least, median] = [0, RUNS / 2].map(|at| times[at].as_secs_f64() * 1e3);
        writeln!(out, "{what}: median {median:.3} ms, min {least:.3} ms")?;
    }
    Ok(())
}

/// How long each run took, the fastest first.
fn measure(work: impl Fn()) -> Vec<Duration> {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let began = Instant::now();
            work();
            began.elapsed()
        })
        .collect();
    times.sort();
    times
}
