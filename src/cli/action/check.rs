//! `check` in a workflow: does every rollout compile, is its tree what it compiles to, and what does this pull request change?

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::cli::environment::variable;
use crate::cli::inputs::{Input, compile_paths, folder_of};
use crate::cli::output::Output;
use crate::cli::render;
use crate::cli::{Exit, Failure};
use crate::diag::escape_markdown as escape;
use crate::diag::words::count;
use crate::promotion::Committed;
use crate::promotion::pull_request::{MOST_BODY, cut, fence, length};
use crate::promotion::revision::Since;
use crate::tree::plan_markdown;

use super::inputs::Inputs;
use super::runner::{Runner, notice, warning};

/// The comment is found again by this, and by who wrote it.
const MARKER: &str = "<!-- glidepath:check v1 -->";
/// Characters for what stands around the sections.
const RESERVE: usize = 600;

/// What the event says of the pull request.
struct PullRequest {
    number: u64,
    base: Option<String>,
}

pub(super) fn run(
    inputs: &Inputs,
    runner: &mut Runner,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    output.cap_annotations(9);
    let found = match compile_paths(std::slice::from_ref(&inputs.path), output) {
        Ok(found) => found,
        Err(failure) => {
            runner.say("## glidepath\n\n❌ A rollout does not compile; the annotations say where.");
            comment(
                inputs,
                runner,
                output,
                "❌ A rollout does not compile; the annotations in this run say where.",
                false,
            )?;
            return Err(failure);
        }
    };
    let stale = stale(&found, output)?;
    let event = event();
    let mut sections = Vec::new();
    for input in &found {
        if let Some(section) = section(input, event.as_ref())? {
            sections.push(section);
        }
    }
    let head = if stale.is_empty() {
        format!(
            "✅ {} compile, and each tree is what its rollout.yaml compiles to.",
            count(found.len(), "rollout")
        )
    } else {
        let names: Vec<String> = stale
            .iter()
            .map(|name| format!("- {}", escape(name)))
            .collect();
        format!(
            "❌ Not what rollout.yaml compiles to; run `glidepath render` and commit:\n\n{}",
            names.join("\n")
        )
    };
    let mut body = format!("{MARKER}\n{head}\n");
    let mut left_out = 0;
    for section in &sections {
        runner.say(section);
        if length(&body) + length(section) + RESERVE < MOST_BODY {
            body.push_str(section);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        let more = count(left_out, "rollout");
        writeln!(
            body,
            "\n{more} left out; the summary of this run has them all."
        )
        .expect("a string takes everything");
    }
    runner.say(&head);
    runner.set("changed", (!sections.is_empty()).to_string());
    comment(inputs, runner, output, &body, !sections.is_empty())?;
    Ok(if stale.is_empty() {
        Exit::Done
    } else {
        Exit::Wrong
    })
}

/// The trees that are not what they should be.
fn stale(found: &[Input], output: &mut Output<'_>) -> Result<Vec<String>, Failure> {
    let mut stale = Vec::new();
    for input in found {
        let changes = render::pending(input)?;
        if !changes.is_empty() {
            let folder = input.tree_folder().display().to_string();
            warning(
                output,
                &format!(
                    "{folder}: {} would change; run `glidepath render`",
                    count(changes.len(), "file")
                ),
            )?;
            stale.push(folder);
        }
    }
    Ok(stale)
}

/// The plan of a rollout, and what changes in its live stage; `None` where the pull request does not touch it.
fn section(input: &Input, event: Option<&PullRequest>) -> Result<Option<String>, Failure> {
    let plan = &input.compiled.plan;
    let name = escape(&input.path.display().to_string());
    let text = format!(
        "\n<details open>\n<summary><b>{name}</b></summary>\n\n{}\n",
        plan_markdown(plan, false)
    );
    let Ok(committed) = Committed::read(folder_of(&input.path)) else {
        return Ok(Some(format!("{text}\n</details>\n")));
    };
    let since = match event.and_then(|event| event.base.as_deref()) {
        Some(base) => committed.since_commit(base)?,
        None => Since::Unknown,
    };
    let diff = match since {
        Since::Unknown => return Ok(Some(format!("{text}\n</details>\n"))),
        Since::Nothing => return Ok(None),
        Since::Changed(diff) => diff,
    };
    let live = &committed.stage().folder;
    let says = if diff.is_empty() {
        format!("The live stage `{live}` stays as it is.\n")
    } else {
        let kept = cut(&diff, MOST_BODY / 4);
        let more = if kept.len() < diff.len() {
            "\nThe rest is left out; see the files.\n"
        } else {
            ""
        };
        let fence = fence(kept);
        format!(
            "**The live stage `{live}` changes with this merge:**\n\n{fence}diff\n{}\n{fence}\n{more}",
            kept.trim_end()
        )
    };
    Ok(Some(format!("{text}\n{says}\n</details>\n")))
}

/// Writes the comment, where there is a pull request and a token that may; a fork's may not, and that is no failure.
fn comment(
    inputs: &Inputs,
    runner: &mut Runner,
    output: &mut Output<'_>,
    body: &str,
    is_news: bool,
) -> Result<(), Failure> {
    let Some(event) = event().filter(|_| inputs.comment && inputs.has_token()) else {
        return Ok(());
    };
    let body = if body.starts_with(MARKER) {
        body.to_owned()
    } else {
        format!("{MARKER}\n{body}\n")
    };
    let site = inputs.site(std::path::Path::new("."))?;
    let put = if is_news {
        site.github.put_comment(event.number, MARKER, &body)
    } else {
        site.github
            .change_comment_if_there(event.number, MARKER, &body)
    };
    match put {
        Ok(_) => Ok(()),
        Err(error) if error.is_forbidden() => {
            runner.say("No comment: the token may not write one, as for pull requests from forks.");
            notice(
                output,
                "no comment: the token may not write one, as for pull requests from forks",
            )
        }
        Err(error) => Err(error.into()),
    }
}

fn event() -> Option<PullRequest> {
    let text = fs::read_to_string(variable("GITHUB_EVENT_PATH")?).ok()?;
    let event: Value = serde_json::from_str(&text).ok()?;
    let pull = &event["pull_request"];
    Some(PullRequest {
        number: pull["number"].as_u64()?,
        base: pull["base"]["sha"].as_str().map(str::to_owned),
    })
}
