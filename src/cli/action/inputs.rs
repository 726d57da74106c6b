//! The Action's inputs, each as `INPUT_…` in the environment: `action.yml` puts them there, so that none is ever part of a script.

use std::env;
use std::path::{Path, PathBuf};

use crate::cli::environment::variable;
use crate::cli::results::{HandedFile, parse as parse_result};
use crate::cli::site::surroundings;
use crate::cli::{Exit, Failure};
use crate::diag::words::or_list;
use crate::promotion::branch::PREFIX;
use crate::promotion::request::OnFail;
use crate::promotion::site::Site;

use super::runner::run_url;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Check,
    Promote,
    Rollback,
    Gate,
}

/// Which outcomes turn the job red.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FailOn {
    Error,
    Fail,
    Pending,
}

/// The inputs.
#[derive(Debug)]
pub(super) struct Inputs {
    pub(super) command: Command,
    pub(super) path: PathBuf,
    pub(super) stage: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) resume: bool,
    pub(super) comment: bool,
    pub(super) status: bool,
    pub(super) evidence: Option<PathBuf>,
    pub(super) record: bool,
    pub(super) results: Vec<HandedFile>,
    pub(super) on_fail: OnFail,
    pub(super) fail_on: FailOn,
    token: Option<String>,
    base: Option<String>,
}

impl Inputs {
    pub(super) fn of_environment() -> Result<Self, Failure> {
        // The step runs in the workspace, so that annotations name files as the repository does.
        let folder = PathBuf::from(variable("INPUT_WORKING_DIRECTORY").unwrap_or_default());
        let path = folder.join(variable("INPUT_PATH").unwrap_or_else(|| ".".to_owned()));
        refuse_outside(&path)?;
        let evidence = variable("INPUT_EVIDENCE").map(|path| folder.join(path));
        if let Some(evidence) = &evidence {
            refuse_outside(evidence)?;
        }
        let results = results(&folder)?;
        Ok(Self {
            results,
            command: choice(
                "command",
                "",
                &[
                    ("check", Command::Check),
                    ("promote", Command::Promote),
                    ("rollback", Command::Rollback),
                    ("gate", Command::Gate),
                ],
            )?,
            path,
            stage: variable("INPUT_STAGE"),
            reason: variable("INPUT_REASON"),
            resume: truth("resume", false)?,
            comment: truth("comment", true)?,
            status: truth("status", false)?,
            record: record(evidence.is_some())?,
            evidence,
            on_fail: choice(
                "on-fail",
                "report",
                &[("report", OnFail::Report), ("rollback", OnFail::Rollback)],
            )?,
            fail_on: choice(
                "fail-on",
                "error",
                &[
                    ("error", FailOn::Error),
                    ("fail", FailOn::Fail),
                    ("pending", FailOn::Pending),
                ],
            )?,
            token: variable("INPUT_TOKEN"),
            base: variable("INPUT_BASE"),
        })
    }

    /// The site that pull requests go to.
    pub(super) fn site(&self, folder: &Path) -> Result<Site, Failure> {
        let token = self.token.as_deref().unwrap_or_default();
        let mut site = Site::of_runner(folder, token, self.base.as_deref(), &surroundings())?;
        site.prefix = variable("INPUT_BRANCH_PREFIX").unwrap_or_else(|| PREFIX.to_owned());
        site.labels = list("INPUT_LABELS");
        site.assignees = list("INPUT_ASSIGNEES");
        site.reviewers = list("INPUT_REVIEWERS");
        site.teams = list("INPUT_TEAM_REVIEWERS");
        site.draft = truth("draft", false)?;
        site.run = run_url();
        Ok(site)
    }

    /// Whether there is a token at all.
    pub(super) fn has_token(&self) -> bool {
        self.token.is_some()
    }
}

/// `team-reviewers` as the environment has it.
fn name(input: &str) -> String {
    format!("INPUT_{}", input.to_ascii_uppercase().replace('-', "_"))
}

fn choice<T: Copy>(input: &str, default: &str, choices: &[(&str, T)]) -> Result<T, Failure> {
    let given = variable(&name(input)).unwrap_or_else(|| default.to_owned());
    let found = choices.iter().find(|(word, _)| *word == given);
    found.map(|(_, choice)| *choice).ok_or_else(|| {
        let words = or_list(choices.iter().map(|(word, _)| *word));
        Failure::new(
            Exit::Usage,
            format!("the input `{input}` is `{given}`, and {words} is allowed"),
        )
    })
}

fn truth(input: &str, default: bool) -> Result<bool, Failure> {
    let default = if default { "true" } else { "false" };
    choice(input, default, &[("true", true), ("false", false)])
}

/// Evidence that somebody else came to cannot be judged again, and so is not recorded.
fn record(is_handed_in: bool) -> Result<bool, Failure> {
    let record = truth("record-evidence", false)?;
    if record && is_handed_in {
        return Err(Failure::new(
            Exit::Usage,
            "the inputs `record-evidence` and `evidence` exclude each other",
        )
        .help("leave one of them out: only what Prometheus answered can be judged again"));
    }
    Ok(record)
}

/// The files for `result` gates, one `NAME=FILE` a line. A job that has made none yet names it all the same.
fn results(folder: &Path) -> Result<Vec<HandedFile>, Failure> {
    let text = variable("INPUT_RESULTS").unwrap_or_default();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines
        .map(|line| {
            let mut one = parse_result(line).map_err(|how| {
                let message = format!("the input `results` has the line `{line}`");
                Failure::new(Exit::Usage, message).help(how)
            })?;
            one.file = folder.join(&one.file);
            if one.file.exists() {
                refuse_outside(&one.file)?;
            }
            Ok(one)
        })
        .collect()
}

/// Items between commas or line ends.
fn list(name: &str) -> Vec<String> {
    variable(name)
        .unwrap_or_default()
        .split([',', '\n'])
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}

/// A workflow names files of its checkout; a path, or a link, that leads elsewhere is a mistake or worse.
fn refuse_outside(path: &Path) -> Result<(), Failure> {
    let Some(workspace) = variable("GITHUB_WORKSPACE") else {
        return Ok(());
    };
    let real = |path: &Path| {
        path.canonicalize()
            .map_err(|error| Failure::io("read", path, &error))
    };
    let here = env::current_dir().map_err(|error| Failure::io("read", path, &error))?;
    if real(&here.join(path))?.starts_with(real(Path::new(&workspace))?) {
        return Ok(());
    }
    Err(Failure::new(
        Exit::Usage,
        format!("`{}` is outside the workspace", path.display()),
    ))
}
