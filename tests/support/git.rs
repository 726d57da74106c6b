//! Repositories: programs that commit in them.

use std::path::Path;
use std::process::Command;

/// A program in a folder, with nothing in its environment but who commits, and when: seconds since 1970.
pub(crate) fn program(name: &str, folder: &Path, home: &Path, at: i64) -> Command {
    let mut command = Command::new(name);
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{who}_NAME"), "Ada")
            .env(format!("GIT_{who}_EMAIL"), "ada@example.com")
            .env(format!("GIT_{who}_DATE"), format!("@{at} +0000"));
    }
    command
}
