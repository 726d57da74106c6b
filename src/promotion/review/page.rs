//! A review as people read it, in Markdown.

use std::fmt::Write as _;

use crate::diag::escape_markdown as escape;
use crate::promotion::Refusal;
use crate::promotion::pull_request::{GateLine, MOST_BODY, cut, fence};

use super::Review;

/// A string takes everything.
const INFALLIBLE: &str = "writing to a string cannot fail";

/// What else can be done, where a person may decide.
const OVERRIDE: &str = "or somebody who may write here takes it on them, with a line `Glidepath-Override: why` in a comment, or in the text of a pull request of their own";

impl Review {
    /// What the merge does to the live stage, and what speaks against it.
    pub fn words(&self) -> String {
        let mut text = String::new();
        let mut say = |line: String| writeln!(text, "{line}\n").expect(INFALLIBLE);
        let moves = self
            .moved
            .as_ref()
            .map(|(from, to)| format!("The merge moves what is live from `{from}` to `{to}`."));
        if let Some(found) = &self.overridden {
            say(format!(
                "> [!CAUTION]\n> **Override by {}:** {}\n>\n> It lifts: {}",
                escape(&found.by),
                escape(&found.reason),
                list(&self.lifted)
            ));
        }
        if !self.refusals.is_empty() {
            let all = match &self.overridden {
                Some(_) => " An override lifts no proof that requests would be lost.",
                None => "",
            };
            say(format!(
                "> [!CAUTION]\n> **Do not merge:** {}.{all}{}",
                list(&self.refusals),
                self.helps()
            ));
        }
        if let Some(moves) = moves {
            say(moves);
        }
        for note in &self.notes {
            say(format!("> [!IMPORTANT]\n> {}", escape(note)));
        }
        if !self.gates.is_empty() {
            say(table(&self.gates));
        }
        if let Some(diff) = self.diff() {
            say(diff);
        }
        text
    }

    /// What to do, each thing once.
    fn helps(&self) -> String {
        let mut helps: Vec<String> = Vec::new();
        for help in self.refusals.iter().filter_map(|one| one.help.as_deref()) {
            let help = escape(help);
            if !helps.contains(&help) {
                helps.push(help);
            }
        }
        if self.is_liftable {
            helps.push(OVERRIDE.to_owned());
        }
        match &helps[..] {
            [] => String::new(),
            helps => format!("\n>\n> To do: {}.", helps.join("; ")),
        }
    }

    /// What changes in the manifests.
    fn diff(&self) -> Option<String> {
        if self.live.is_empty() {
            return None;
        }
        if self.diff.is_empty() {
            return Some(match &self.moved {
                None => format!("The live stage `{}` stays as it is.", self.live),
                Some(_) => "Both serve the same.".to_owned(),
            });
        }
        let kept = cut(&self.diff, MOST_BODY / 4);
        let more = if kept.len() < self.diff.len() {
            "\n\nThe rest is left out; see the files."
        } else {
            ""
        };
        let title = match &self.moved {
            None => format!(
                "**The live stage `{}` changes with this merge:**",
                self.live
            ),
            Some((from, to)) => format!("**From `{from}` to `{to}`:**"),
        };
        let fence = fence(kept);
        let kept = kept.trim_end();
        Some(format!("{title}\n\n{fence}diff\n{kept}\n{fence}{more}"))
    }
}

fn list(refusals: &[Refusal]) -> String {
    let messages: Vec<String> = refusals.iter().map(|one| escape(&one.message)).collect();
    messages.join("; ")
}

/// The gates of the live stage as a table.
pub fn table(gates: &[GateLine]) -> String {
    if gates.is_empty() {
        return "No gates.".to_owned();
    }
    let rows = gates.iter().map(|gate| {
        format!(
            "| {} | {} | {} | {} |\n",
            escape(&gate.name),
            gate.verdict.name(),
            escape(&gate.value),
            escape(&gate.why)
        )
    });
    format!(
        "| Gate | Verdict | Measured | |\n| :-- | :-- | --: | :-- |\n{}",
        rows.collect::<String>()
    )
}
