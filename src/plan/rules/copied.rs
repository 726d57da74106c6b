//! Rules of which only some requests are copied: those stand in rules of their own, ahead of the others, and are served alike.

use crate::plan::{Match, MatchJoin, Mirror, StringMatch};

use super::Rule;
use super::joined::{by_rewrite, narrowed};

/// The rule with its copies; where the mirror asks for some requests only, those ahead of the rest.
pub(super) fn copied<'a>(
    rule: Rule<'a>,
    mirror: &Mirror,
    any_path: &StringMatch,
    is_known: impl Fn(&Match) -> bool,
) -> Vec<Rule<'a>> {
    let everything = [Match::default()];
    let taken = if rule.entries.is_empty() {
        &everything[..]
    } else {
        &rule.entries[..]
    };
    let wanted: Vec<&Match> = mirror
        .entries
        .iter()
        .filter(|entry| is_known(entry))
        .collect();
    let covers = |entry: &Match| wanted.iter().any(|wide| wide.covers(entry));
    if mirror.entries.is_empty() || taken.iter().all(covers) {
        return vec![Rule {
            mirror: Some(mirror.target),
            ..rule
        }];
    }
    let to = rule
        .rewrite
        .as_ref()
        .and_then(|rewrite| rewrite.uri.as_ref());
    let mut matches: Vec<(Option<String>, Match)> = Vec::new();
    for entry in taken {
        for wanted in &wanted {
            // What cannot be joined was refused by a check on the plan.
            if let MatchJoin::Both(both) = entry.join(wanted) {
                let to = to.map(|to| {
                    narrowed(
                        to,
                        entry.uri.as_ref().unwrap_or(any_path),
                        both.uri.as_ref(),
                    )
                });
                if matches.iter().all(|(_, known)| *known != *both) {
                    matches.push((to, *both));
                }
            }
        }
    }
    let mut rules = Vec::new();
    for (index, (path, entries)) in by_rewrite(matches).into_iter().enumerate() {
        let mut some = Rule {
            // A dot is in no name that people give, so none of the names is taken.
            name: match index {
                0 => format!("{}.copied", rule.name),
                _ => format!("{}.copied-{}", rule.name, index + 1),
            },
            entries,
            mirror: Some(mirror.target),
            ..rule.clone()
        };
        if let Some(rewrite) = &mut some.rewrite {
            rewrite.uri = path;
        }
        rules.push(some);
    }
    rules.push(rule);
    rules
}
