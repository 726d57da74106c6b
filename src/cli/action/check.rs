//! `check` in a workflow: does every rollout compile, is its tree what it compiles to, and what does this pull request change?

use std::fmt::Write as _;
use std::path::Path;

use crate::cli::inputs::{Input, compile_paths, folder_of};
use crate::cli::moved::handed_in;
use crate::cli::output::Output;
use crate::cli::render;
use crate::cli::{Exit, Failure};
use crate::diag::escape_markdown as escape;
use crate::diag::words::count;
use crate::promotion::pull_request::{MOST_BODY, length};
use crate::promotion::review::{Change, Review, review};
use crate::promotion::site::Site;
use crate::promotion::{Refusal, Why};
use crate::tree::plan_markdown;

use super::comment::{Comment, MARKER};
use super::event;
use super::inputs::Inputs;
use super::moves::facts;
use super::runner::{Runner, notice, warning};

/// Characters for what stands around the sections.
const RESERVE: usize = 600;

/// What a rollout compiles to, and what a pull request does to it.
struct Checked<'a> {
    input: &'a Input,
    /// `None` where there is no pull request.
    review: Option<Review>,
}

pub(super) fn run(
    inputs: &Inputs,
    runner: &mut Runner,
    output: &mut Output<'_>,
) -> Result<Exit, Failure> {
    output.cap_annotations(9);
    let pull = event::pull_request();
    let page = Comment {
        inputs,
        number: pull.as_ref().and_then(|pull| pull.number),
    };
    let found = match compile_paths(std::slice::from_ref(&inputs.path), output) {
        Ok(found) => found,
        Err(failure) => {
            let says = "❌ A rollout does not compile; the annotations in this run say where.";
            return page.ends(says, failure, runner, output);
        }
    };
    let stale = stale(&found, output)?;
    let folder = start(&inputs.path);
    let change = match pull.map(|pull| Change::of(folder, pull)).transpose() {
        Ok(change) => change,
        Err(error) => {
            let failure = Failure::from(error);
            let help = failure.help.iter().map(|help| format!("; {help}"));
            let says = format!("{}{}", failure.message, help.collect::<String>());
            let says = format!("❌ {}.", escape(&says));
            return page.ends(&says, failure, runner, output);
        }
    };
    let known: Vec<&Path> = found.iter().map(|input| folder_of(&input.path)).collect();
    let strays = change.as_ref().map(|change| change.strays(folder, &known));
    let strays = strays.transpose()?.unwrap_or_default();
    let site = site(inputs, change.as_ref())?;
    let evidence = inputs.evidence.as_deref().map(handed_in);
    let mut checked = Vec::new();
    for input in &found {
        let review = change.as_ref().map(|change| {
            let folder = folder_of(&input.path);
            let facts = change.without_own_results(facts(inputs, input));
            let (compiled, evidence) = (&input.compiled, evidence.as_ref());
            review(change, folder, compiled, &facts, site.as_ref(), evidence)
        });
        let checked_one = Checked { input, review };
        if let (Some(site), Some(change)) = (&site, &change) {
            checked_one.mark(site, change, inputs.status, output)?;
        }
        checked.push(checked_one);
    }
    let refused = refusals(&checked, &strays);
    let head = head(found.len(), &stale, &strays, &refused);
    let sections: Vec<String> = checked.iter().filter_map(Checked::section).collect();
    runner.say(&head);
    for section in &sections {
        runner.say(section);
    }
    runner.set("changed", (!sections.is_empty()).to_string());
    let is_news = !sections.is_empty() || !strays.is_empty();
    page.put(&body(&head, &sections), is_news, runner, output)?;
    if !refused.is_empty() {
        return Err(Failure {
            exit: Exit::Wrong,
            ..Failure::refused(&refused)
        });
    }
    Ok(if stale.is_empty() {
        Exit::Done
    } else {
        Exit::Wrong
    })
}

/// The folder that holds all rollouts.
fn start(path: &Path) -> &Path {
    let folder = if path.is_dir() { path } else { folder_of(path) };
    if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    }
}

/// The forge, where there is a token; pull requests go to the event's base.
fn site(inputs: &Inputs, change: Option<&Change>) -> Result<Option<Site>, Failure> {
    let Some(change) = change.filter(|_| inputs.has_token()) else {
        return Ok(None);
    };
    let mut site = inputs.site(Path::new("."))?;
    if let Some(branch) = &change.pull.branch {
        site.base.clone_from(branch);
    }
    Ok(Some(site))
}

/// Everything that speaks against the merge, with the rollout that it is about.
fn refusals(checked: &[Checked<'_>], strays: &[String]) -> Vec<Refusal> {
    let of = |one: &Checked<'_>| {
        let rollout = one.input.compiled.plan.name.to_string();
        let refusals = one.review.iter().flat_map(|review| review.refusals.clone());
        let named = refusals.map(move |refusal| Refusal {
            message: format!("{rollout}: {}", refusal.message),
            ..refusal
        });
        named.collect::<Vec<_>>()
    };
    let stray = |path: &String| {
        let message = format!("`{path}` changes, and `path` has no rollout.yaml for it");
        let help =
            "keep each pointer beside its rollout.yaml, or take the whole rollout out by hand";
        Refusal::new(Why::Wrong, message).help(help)
    };
    let strays = strays.iter().map(stray);
    checked.iter().flat_map(of).chain(strays).collect()
}

/// What comes first.
fn head(found: usize, stale: &[String], strays: &[String], refused: &[Refusal]) -> String {
    let mut lines = Vec::new();
    if !stale.is_empty() {
        let names: Vec<String> = stale
            .iter()
            .map(|name| format!("- {}", escape(name)))
            .collect();
        lines.push(format!(
            "❌ Not what rollout.yaml compiles to; run `glidepath render` and commit:\n\n{}",
            names.join("\n")
        ));
    }
    if !strays.is_empty() {
        let names: Vec<String> = strays
            .iter()
            .map(|path| format!("- {}", escape(path)))
            .collect();
        lines.push(format!(
            "❌ Pointers and holds without a rollout.yaml beside them:\n\n{}",
            names.join("\n")
        ));
    }
    if refused.len() > strays.len() {
        lines.push("❌ This must not be merged as it is.".to_owned());
    }
    if lines.is_empty() {
        lines.push(format!(
            "✅ {} {}, and each tree is what its rollout.yaml compiles to.",
            count(found, "rollout"),
            if found == 1 { "compiles" } else { "compile" }
        ));
    }
    lines.join("\n\n")
}

/// A comment of those sections that fit.
fn body(head: &str, sections: &[String]) -> String {
    let mut body = format!("{MARKER}\n{head}\n");
    let mut left_out = 0;
    for section in sections {
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
    body
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

impl Checked<'_> {
    /// The plan of a rollout, and what becomes of its live stage; `None` where the pull request does not touch it.
    fn section(&self) -> Option<String> {
        let Self { input, review } = self;
        let is_told = review
            .as_ref()
            .is_none_or(|review| review.is_touched || !review.refusals.is_empty());
        is_told.then(|| {
            let name = escape(&input.path.display().to_string());
            let plan = plan_markdown(&input.compiled.plan, false);
            let says = review.as_ref().map(Review::words).unwrap_or_default();
            format!(
                "\n<details open>\n<summary><b>{name}</b></summary>\n\n{says}\n{plan}\n\n</details>\n"
            )
        })
    }

    /// Tells the pull request's head; where every one is to be told, as for a status that a branch requires, those that it leaves alone
    /// as well.
    fn mark(
        &self,
        site: &Site,
        change: &Change,
        every: bool,
        output: &mut Output<'_>,
    ) -> Result<(), Failure> {
        let (Some(review), Some(head)) = (&self.review, &change.pull.head) else {
            return Ok(());
        };
        if !(review.is_touched || every) {
            return Ok(());
        }
        let rollout = self.input.compiled.plan.name.as_str();
        match site.mark(rollout, head, &review.mark())? {
            Some(word) => notice(output, &word),
            None => Ok(()),
        }
    }
}
