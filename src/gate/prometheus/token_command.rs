//! A program that prints a token, where the environment allows it.

use std::fmt;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::credentials::Misuse;
use super::environment::variable;

/// Lists the command lines that may run, one a line, their words with one blank between.
const COMMANDS: &str = "GLIDEPATH_TOKEN_COMMANDS";
/// The most time that a command gets.
const MOST_TIME: Duration = Duration::from_secs(30);
/// The longest output that is read, in bytes: tokens of large clouds have 2 to 4 KiB.
const MOST_BYTES: u64 = 16 << 10;
/// How often it is looked whether a command has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// A program and its arguments, none with a blank.
#[derive(Clone, Debug)]
pub struct TokenCommand(Vec<String>);

impl fmt::Display for TokenCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl TokenCommand {
    /// The command of a spec, if the environment lists exactly its line.
    pub(super) fn allowed(words: &[String]) -> Result<Self, Misuse> {
        let command = Self(words.to_vec());
        if command.is_listed(&variable(COMMANDS).unwrap_or_default()) {
            return Ok(command);
        }
        Err(Misuse {
            message: format!("the environment does not allow the token command `{command}`"),
            help: Some(format!(
                "put this line into {COMMANDS}, which holds one command a line, where it may run"
            )),
        })
    }

    /// No word has a blank, so a line is of one command only.
    fn is_listed(&self, list: &str) -> bool {
        let line = self.to_string();
        list.lines().any(|listed| listed.trim() == line)
    }

    /// Runs it, and gives the one line that it prints. An error is a lower-case sentence, and shows nothing of what it said.
    pub(super) fn token(&self, most: Duration) -> Result<String, String> {
        let (program, arguments) = self.0.split_first().ok_or("it has no words")?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            // A PATH with a relative folder must not lead into a checkout.
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // What it starts ends with it.
            .process_group(0);
        let mut child = command
            .spawn()
            .map_err(|_| format!("`{program}` cannot be started"))?;
        let printed = printed(&mut child, most.min(MOST_TIME));
        end(&mut child);
        line(&printed?).ok_or_else(|| format!("`{self}` printed no token of one line"))
    }
}

/// What a command prints, if it ends well in time.
fn printed(child: &mut Child, most: Duration) -> Result<Vec<u8>, String> {
    let began = Instant::now();
    let late = || format!("the token command did not end within {} s", most.as_secs());
    let stdout = child.stdout.take().ok_or("it has no output")?;
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(MOST_BYTES + 1).read_to_end(&mut bytes);
        // Nobody waits any more where it took too long.
        let _ = sender.send(read.map(|_| bytes));
    });
    let read = receiver.recv_timeout(most).map_err(|_| late())?;
    let bytes = read.map_err(|_| "the token command's output cannot be read".to_owned())?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!(
            "the token command printed more than {} KiB",
            MOST_BYTES >> 10
        ));
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(bytes),
            Ok(Some(_)) => return Err("the token command failed: run it to see why".to_owned()),
            Ok(None) if began.elapsed() < most => thread::sleep(PAUSE),
            Ok(None) => return Err(late()),
            Err(_) => return Err("the token command cannot be waited for".to_owned()),
        }
    }
}

/// Ends a command with all that it started. Where it has ended already and left nobody, there is no such group.
fn end(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
    let _ = child.wait();
}

/// The one line, of characters that a header and a token have.
fn line(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    let is_token = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
    is_token.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(words: &[&str]) -> TokenCommand {
        TokenCommand(words.iter().map(ToString::to_string).collect())
    }

    fn token(script: &str, most: u64) -> Result<String, String> {
        command(&["sh", "-c", script]).token(Duration::from_millis(most))
    }

    #[test]
    fn only_a_whole_line_allows_a_command() {
        let list = "gcloud auth print-access-token\n  az account get-access-token  \r\n";
        assert!(command(&["gcloud", "auth", "print-access-token"]).is_listed(list));
        assert!(command(&["az", "account", "get-access-token"]).is_listed(list));
        for other in [
            &["gcloud"][..],
            &["gcloud", "auth", "print-access-token", "--account=x"],
            &["gcloud", "auth", "print-access-tokens"],
            &["GCLOUD", "auth", "print-access-token"],
            &[],
        ] {
            assert!(!command(other).is_listed(list), "{other:?}");
        }
        assert!(!command(&["gcloud", "auth", "print-access-token"]).is_listed(""));
    }

    #[test]
    fn a_token_is_one_line() {
        assert_eq!(
            token("echo ya29.a-b_c==", 5_000).as_deref(),
            Ok("ya29.a-b_c==")
        );
        assert_eq!(token("printf 'abc\\r\\n'", 5_000).as_deref(), Ok("abc"));
        for script in [
            "true",
            "echo",
            "echo a; echo b",
            "echo 'a b'",
            "printf '\\033[1m'",
            "printf '\\377'",
        ] {
            let why = token(script, 5_000).expect_err(script);
            assert!(why.contains("no token of one line"), "{script}: {why}");
        }
    }

    #[test]
    fn a_command_is_bounded_in_time_and_output() {
        let began = Instant::now();
        let why = token("sleep 30", 200).expect_err("it takes too long");
        assert!(why.contains("did not end within"), "{why}");
        // Nor does what it started hold the pipe open.
        let why = token("sleep 30 & sleep 30", 200).expect_err("it takes too long");
        assert!(why.contains("did not end within"), "{why}");
        let why = token("exec 1>&-; sleep 30", 200).expect_err("it takes too long");
        assert!(why.contains("did not end within"), "{why}");
        let why = token("yes", 5_000).expect_err("it prints too much");
        assert!(why.contains("more than 16 KiB"), "{why}");
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn what_fails_says_so_and_nothing_of_what_it_printed() {
        let why = token("echo s3cret; echo s3cret >&2; exit 1", 5_000).expect_err("it fails");
        assert!(why.contains("failed") && !why.contains("s3cret"), "{why}");
        let why = command(&["glidepath-no-such-program"]).token(MOST_TIME);
        assert!(why.expect_err("nobody").contains("cannot be started"));
    }
}
