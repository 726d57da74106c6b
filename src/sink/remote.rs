//! A repository elsewhere, through the `git` command: it knows proxies, SSH, credential helpers and certificates.
//!
//! No hook, alias or filter runs. A token reaches git as one header for one server, in the environment of the child alone: not
//! in its arguments, which every process may read, and not in `.git/config`, which stays.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A repository elsewhere.
#[derive(Clone, Debug)]
pub struct Remote {
    folder: PathBuf,
    url: String,
    login: Option<Login>,
}

/// How to log in over HTTP.
#[derive(Clone)]
pub struct Login {
    /// The server that the header is for, such as `https://github.com/`.
    pub server: String,
    /// The value of the `Authorization` header.
    pub authorization: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({})", self.server)
    }
}

/// Why a repository elsewhere could not be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteError {
    /// The kind of the fault.
    pub kind: RemoteFault,
    /// The fault in one lower-case sentence.
    pub message: String,
    /// What to do about it, as an imperative.
    pub help: Option<String>,
}

/// What kind of fault it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoteFault {
    /// The branch is no longer what it was when it was read.
    Moved,
    /// The repository elsewhere, the network or the machine failed.
    Outside,
}

impl Remote {
    /// The repository at `url`, an address or the name of a remote, for the work tree `folder`.
    pub fn new(folder: &Path, url: &str, login: Option<Login>) -> Self {
        Self {
            folder: folder.to_owned(),
            url: url.to_owned(),
            login,
        }
    }

    /// What these branches lead to; one that is not there is left out.
    pub fn tips(&self, branches: &[&str]) -> Result<BTreeMap<String, String>, RemoteError> {
        let full: Vec<String> = branches.iter().map(|name| reference(name)).collect();
        let mut args = vec!["ls-remote", "--quiet", "--", &self.url];
        args.extend(full.iter().map(String::as_str));
        let text = self.git("read the branches", &args)?;
        let lines = text.lines().filter_map(|line| line.split_once('\t'));
        Ok(lines
            .filter_map(|(id, name)| Some((name.strip_prefix("refs/heads/")?, id)))
            // `ls-remote` takes patterns: `x/refs/heads/main` matches, too.
            .filter(|(name, _)| branches.contains(name))
            .map(|(name, id)| (name.to_owned(), id.to_owned()))
            .collect())
    }

    /// Brings a branch's commits; no reference moves.
    pub fn fetch(&self, branch: &str) -> Result<(), RemoteError> {
        let from = reference(branch);
        let args = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--",
            &self.url,
            &from,
        ];
        self.git("fetch the branch", &args).map(|_| ())
    }

    /// Makes a branch lead to a commit, if it is still at `expected` (`None`: not there).
    pub fn push(
        &self,
        commit: &str,
        branch: &str,
        expected: Option<&str>,
    ) -> Result<(), RemoteError> {
        self.update(&format!("{commit}:{}", reference(branch)), branch, expected)
    }

    /// Deletes a branch, if it is still at `expected`.
    pub fn delete(&self, branch: &str, expected: &str) -> Result<(), RemoteError> {
        self.update(&format!(":{}", reference(branch)), branch, Some(expected))
    }

    fn update(
        &self,
        refspec: &str,
        branch: &str,
        expected: Option<&str>,
    ) -> Result<(), RemoteError> {
        // Without a value, git compares with what it fetched last, and not with what was decided on.
        let lease = format!(
            "--force-with-lease={}:{}",
            reference(branch),
            expected.unwrap_or_default()
        );
        let args = [
            "push",
            "--quiet",
            "--porcelain",
            "--no-verify",
            "--no-signed",
            "--no-follow-tags",
            "--recurse-submodules=no",
            &lease,
            "--",
            &self.url,
            refspec,
        ];
        self.git("push", &args).map(|_| ())
    }

    fn git(&self, action: &str, args: &[&str]) -> Result<String, RemoteError> {
        let mut command = Command::new("git");
        command
            .arg("-C")
            .arg(&self.folder)
            .args(args)
            .stdin(Stdio::null());
        // What steers another git, or another repository, does not steer this one.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            let is_transport = [
                "GIT_SSH",
                "GIT_SSL_",
                "GIT_PROXY_",
                "GIT_ASKPASS",
                "GIT_HTTP_",
            ]
            .iter()
            .any(|kept| name.starts_with(kept));
            if name.starts_with("GIT_") && !is_transport {
                command.env_remove(&name);
            }
        }
        let mut config = vec![
            ("core.hooksPath", "/dev/null".to_owned()),
            ("core.fsmonitor", "false".to_owned()),
            ("push.pushOption", String::new()),
            ("gc.auto", "0".to_owned()),
            ("protocol.ext.allow", "never".to_owned()),
        ];
        let header = self
            .login
            .as_ref()
            .map(|login| format!("http.{}.extraheader", login.server));
        if let (Some(login), Some(header)) = (&self.login, &header) {
            // The empty value drops the header that actions/checkout may have left: two of them are refused with 400.
            config.push((header, String::new()));
            config.push((header, format!("AUTHORIZATION: {}", login.authorization)));
            config.push(("credential.helper", String::new()));
            config.push(("http.followRedirects", "false".to_owned()));
            command.env("GIT_ASKPASS", "");
        }
        command.env("GIT_CONFIG_COUNT", config.len().to_string());
        for (index, (key, value)) in config.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{index}"), key);
            command.env(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        let ran = command.output().map_err(|error| RemoteError {
            kind: RemoteFault::Outside,
            message: format!("the command `git` cannot be started: {error}"),
            help: Some("install git 2.31 or later".to_owned()),
        })?;
        let said = String::from_utf8_lossy(&ran.stdout).into_owned();
        if ran.status.success() {
            return Ok(said);
        }
        let errors = String::from_utf8_lossy(&ran.stderr).into_owned();
        Err(self.fault(action, &said, &errors))
    }

    fn fault(&self, action: &str, said: &str, errors: &str) -> RemoteError {
        let all = format!("{said}\n{errors}");
        let says = |words: &str| all.contains(words);
        let is_moved = says("stale info")
            || says("(fetch first)")
            || says("cannot lock ref")
            || says("reference already exists");
        let mut why: Vec<&str> = all
            .lines()
            .map(str::trim)
            .filter(|line| {
                ["!", "fatal:", "error:", "remote:", "ERROR:"]
                    .iter()
                    .any(|start| line.starts_with(start))
            })
            .collect();
        why.dedup();
        let mut why = why.join("; ").replace(['\t', '\r'], " ");
        if let Some(login) = &self.login {
            let secret = login.authorization.rsplit(' ').next().unwrap_or_default();
            why = why.replace(secret, "***");
        }
        let why: String = why.chars().filter(|c| !c.is_control()).take(400).collect();
        let help = if is_moved {
            "another run, or a person, was faster; run again, and it goes on from there"
        } else if says("403") || says("denied") || says("Permission") {
            "give the job `permissions: {contents: write}`, or a token that may write to this repository"
        } else if says("401") || says("Authentication failed") || says("could not read Username") {
            "the token is wrong or has expired"
        } else if says("protected branch") || says("rule violations") || says("pre-receive hook") {
            "allow glidepath's branches in the repository's rules; the default branch may stay protected"
        } else if says("not found") || says("does not appear to be a git repository") {
            "check the remote, and that the token may see the repository"
        } else if says("workflow") && says("scope") {
            "the base has workflow files that the token may not push: update the checkout and run again"
        } else {
            "see what git says; nothing was changed"
        };
        RemoteError {
            kind: if is_moved {
                RemoteFault::Moved
            } else {
                RemoteFault::Outside
            },
            message: format!("git could not {action}: {why}"),
            help: Some(help.to_owned()),
        }
    }
}

fn reference(branch: &str) -> String {
    format!("refs/heads/{branch}")
}
