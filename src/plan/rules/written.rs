//! The rules of one object where the most specific match wins.

use std::collections::BTreeSet;

use crate::plan::{Match, Plan, Rewrite, Stage, StringMatch};

use super::grpc::of_calls;
use super::order::{Unordered, by_specificity};
use super::{Copy, Origin, Rule, narrowed};

/// The most rules of one route.
pub const MOST_RULES: usize = 16;
/// The most matches of one rule.
const MOST_OF_RULE: usize = 64;

/// A rule as it is written.
#[derive(Clone, Debug)]
pub struct WrittenRule<'a> {
    /// The rule's name, unique in its object.
    pub name: String,
    /// The rule of the stage that it is, or is a part of.
    pub of: Rule<'a>,
    /// The matches, of which any may hold; never empty, and each with a path.
    pub matches: Vec<Match>,
    /// A new path or authority.
    pub rewrite: Option<Rewrite>,
}

impl Plan {
    /// The rules of one copy: by them the most specific match of all leads to the rule that the first match would.
    pub fn written_rules<'a>(
        &'a self,
        stage: &'a Stage,
        copy: &Copy<'_>,
    ) -> Result<Vec<WrittenRule<'a>>, Unordered<Origin>> {
        let mut rules = self.rules(stage, copy.callers);
        if copy.port.wire.is_grpc() {
            rules = rules.into_iter().filter_map(called).collect();
        }
        let taken = by_specificity(&rules)?;
        let any_path = self.traffic.router.any_path();
        let mut names = BTreeSet::new();
        let mut written = Vec::new();
        for (rule, taken) in rules.into_iter().zip(taken) {
            let to = rule.rewrite.as_ref().and_then(|to| to.uri.as_deref());
            let mut groups: Vec<(Option<String>, Vec<Match>)> = Vec::new();
            for one in taken {
                let wide = rule.entries.get(one.entry);
                let wide = wide.and_then(|wide| wide.uri.as_ref());
                let path = one.found.uri.as_ref();
                let to = to.map(|to| narrowed(to, wide.unwrap_or(&any_path), path));
                // What replaces a prefix stands in a rule with this one match.
                let is_alone = to.is_some() && matches!(path, Some(StringMatch::Below(_)));
                let room = groups.iter_mut().find(|(known, matches)| {
                    !is_alone
                        && *known == to
                        && matches.len() < MOST_OF_RULE
                        && is_shared(known.as_ref(), matches)
                });
                match room {
                    Some((_, matches)) => matches.push(one.found),
                    None => groups.push((to, vec![one.found])),
                }
            }
            for (uri, matches) in groups {
                written.push(WrittenRule {
                    name: unique(&rule.name, &mut names),
                    rewrite: rule
                        .rewrite
                        .clone()
                        .map(|rewrite| Rewrite { uri, ..rewrite }),
                    of: rule.clone(),
                    matches,
                });
            }
        }
        Ok(written)
    }
}

/// Whether a group is none of a prefix that is replaced.
fn is_shared(to: Option<&String>, matches: &[Match]) -> bool {
    let is_prefix = |one: &Match| matches!(one.uri, Some(StringMatch::Below(_)));
    to.is_none() || !matches.iter().any(is_prefix)
}

/// The part of a rule that takes calls of gRPC; none where it takes none.
fn called(mut rule: Rule<'_>) -> Option<Rule<'_>> {
    if rule.entries.is_empty() {
        return Some(rule);
    }
    rule.entries = rule.entries.iter().filter_map(of_calls).collect();
    (!rule.entries.is_empty()).then_some(rule)
}

/// The name, with a number where another rule has it.
fn unique(name: &str, names: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut candidates = std::iter::once(name.to_owned()).chain(numbered);
    let free = candidates.find(|name| names.insert(name.clone()));
    free.unwrap_or_default()
}
