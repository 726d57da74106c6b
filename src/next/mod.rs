//! In: a rollout that is over, as text and as plan, and what its next release brings; or an A/B test and its winner. Out: the text that
//! follows, which compiles, and of a next rollout begins where this one ends; or why there is none.
//! Changes what it must and nothing else: comments, order and layout stay. Never touches the disk, asks which stage is live, or guesses.

mod adopted;
mod change;
mod entry;
mod list;
mod models;
mod roles;
mod scalar;
#[cfg(test)]
mod tests;
mod winner;

use serde_json::Value;

use crate::compile::{Compiled, Files, Source, compile};
use crate::diag::Report;
use crate::text::{Node, Route, Span, parse};
use crate::tree::diff;
use crate::units::DnsLabel;

use adopted::Adopted;
use change::{Change, changed, renamed};
use roles::Roles;
use winner::Decided;

pub use winner::{decide, is_test};

/// What the next release brings.
#[derive(Clone, Debug)]
pub struct Release {
    /// The new model's name.
    pub model: DnsLabel,
    /// The new model's image; default: the winner's.
    pub image: Option<String>,
    /// The address of the new model's files; default: the winner's.
    pub uri: Option<String>,
}

/// Why there is no next rollout.
#[derive(Debug)]
pub enum Refused {
    /// One lower-case sentence, and what to do.
    Because(String, String),
    /// The file would not compile any more.
    Broken(Box<Report>),
}

/// A replacement of some bytes of a text.
type Edit = (Span, String);

/// The text of the next rollout: the winner is stable, the other models are gone, and the new model takes the winner's old part.
pub fn next(compiled: &Compiled, release: &Release, files: &dyn Files) -> Result<String, Refused> {
    let source = &compiled.report.source;
    let Some(document) = &compiled.report.document else {
        return Err(Refused::because(
            "the file is no document",
            "correct it first",
        ));
    };
    let roles = Roles::of(&compiled.plan, release.model.as_str())?;
    let changes = Changes {
        names: renamed(source, document, &roles)?,
        stable: models::of_stable(compiled, &roles)?,
        copy: models::of_copy(document, &roles, release)?,
        adopted: Adopted::of(compiled, document, &roles),
        decided: Decided::of(document),
    };
    let wanted = wanted(document, &roles, &changes);
    let adopted = match &changes.adopted {
        Some(adopted) => adopted.edits(source.text(), document)?,
        None => Vec::new(),
    };
    let text = edited(source.text(), document, &roles, &changes, adopted);
    let text = text.filter(|text| is_read_as(text, wanted.as_ref()));
    let Some(text) = text else {
        return Err(Refused::because(
            "the file is written in a way that cannot be changed in place, such as with anchors where names stand",
            "write the next rollout by hand: `stable` is the winner, the old models go, the new one comes",
        ));
    };
    let new = Source::new(source.name(), text.clone());
    let new = compile(&new, files, &compiled.environment)
        .map_err(|report| Refused::Broken(Box::new(report)))?;
    let last = compiled.plan.stage_ids().next_back();
    let ended = last.map_or_else(Vec::new, |last| compiled.objects(last));
    let begins = new.objects(new.plan.baseline());
    let differing: Vec<String> = diff(&ended, &begins)
        .iter()
        .map(|change| format!("{} {}", change.id(), change.verb()))
        .collect();
    if !differing.is_empty() {
        return Err(Refused::because(
            &format!(
                "GP307: the next rollout would not begin with the objects that this one ends with: {}",
                differing.join(", ")
            ),
            "run `glidepath explain GP307`; what only the old stable model says, such as the ports of the Service, the spec must say itself",
        ));
    }
    Ok(text)
}

impl Refused {
    fn because(message: &str, help: &str) -> Self {
        Self::Because(message.to_owned(), help.to_owned())
    }
}

fn models_route() -> Route {
    Route::root().key("spec").key("models")
}

/// Everything that changes.
struct Changes<'a> {
    /// The mentions of models outside their list.
    names: Vec<Change>,
    /// What changes in the winner's entry, by places below it.
    stable: Vec<Change>,
    /// What is other in the winner's copy, by places below its entry.
    copy: Vec<Change>,
    /// What becomes of `adopt`, where it goes.
    adopted: Option<Adopted<'a>>,
    /// The winner of a test, who goes from it.
    decided: Option<Decided>,
}

/// The document as it shall be, by what it says and not by its text.
fn wanted(document: &Node, roles: &Roles, changes: &Changes<'_>) -> Option<Value> {
    let mut whole = changed(document, &changes.names);
    let winner = document.get(&models_route().index(roles.winner))?;
    let models = [&changes.stable, &changes.copy].map(|changes| changed(winner, changes));
    *whole.pointer_mut("/spec/models")? = Value::Array(models.into());
    if let Some(adopted) = &changes.adopted {
        adopted.say(&mut whole)?;
    }
    if let Some(decided) = &changes.decided {
        decided.say(&mut whole)?;
    }
    Some(whole)
}

/// The text with every change in its place; none where a place cannot be found.
fn edited(
    text: &str,
    document: &Node,
    roles: &Roles,
    changes: &Changes<'_>,
    adopted: Vec<Edit>,
) -> Option<String> {
    let models = document.get(&models_route())?;
    let winner = document.get(&models_route().index(roles.winner))?;
    let place = |changes: &[Change], node: &Node| -> Option<Vec<Edit>> {
        let edits = changes.iter().map(|change| change.edit(text, node));
        edits.collect()
    };
    let copy = place(&changes.copy, winner)?;
    let decided = match &changes.decided {
        Some(decided) => vec![decided.edit(text, document)?],
        None => Vec::new(),
    };
    let edits = [
        place(&changes.names, document)?,
        place(&changes.stable, winner)?,
        list::edits(text, models, roles.winner, &copy)?,
        adopted,
        decided,
    ];
    applied(text, Span::new(0, text.len()), &edits.concat())
}

/// A part of a text with edits; none where they overlap.
fn applied(text: &str, part: Span, edits: &[Edit]) -> Option<String> {
    let mut edits: Vec<&Edit> = edits.iter().collect();
    edits.sort_by_key(|(span, _)| *span);
    let mut made = String::new();
    let mut at = part.start;
    for (span, new) in edits {
        made.push_str(text.get(at..span.start)?);
        made.push_str(new);
        at = span.end;
    }
    made.push_str(text.get(at..part.end)?);
    Some(made)
}

fn is_read_as(text: &str, wanted: Option<&Value>) -> bool {
    let read = parse(&Source::new("", text));
    read.is_ok_and(|node| Some(&node.to_json()) == wanted)
}
