//! The doorway: arguments and streams in, an exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    glidepath::cli::run(std::env::args_os(), &mut glidepath::cli::Streams::real()).into()
}
