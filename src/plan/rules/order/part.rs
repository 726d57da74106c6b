//! The parts of a rule between which the order counts.

use crate::plan::rules::Users;
use crate::plan::{Match, StringMatch};

/// Entries of one rule by which its requests go the same way.
#[derive(Clone, Debug)]
pub(super) struct Entries<'a> {
    /// The rule, as an index.
    pub(super) rule: usize,
    /// Each entry's index in the rule, and its conditions.
    pub(super) of: Vec<(usize, Match)>,
    /// The users whose requests it takes; none where no user counts.
    pub(super) users: Option<&'a Users>,
}

impl<'a> Entries<'a> {
    /// The parts of a rule: one, or, where it has a new path for its requests, one for each path that is replaced.
    pub(super) fn parts(
        rule: usize,
        entries: Vec<Match>,
        has_new_path: bool,
        users: Option<&'a Users>,
    ) -> Vec<Self> {
        let mut parts: Vec<Self> = Vec::new();
        for (index, entry) in entries.into_iter().enumerate() {
            match parts.last_mut() {
                Some(part) if !has_new_path || part.replaces_as(&entry) => {
                    part.of.push((index, entry));
                }
                _ => parts.push(Self {
                    rule,
                    of: vec![(index, entry)],
                    users,
                }),
            }
        }
        parts
    }

    /// Whether it makes no difference which of two parts takes a request.
    pub(super) fn goes_as(&self, other: &Self) -> bool {
        self.rule == other.rule && other.of.iter().all(|(_, entry)| self.replaces_as(entry))
    }

    /// Whether a new path stands for as much of the request's path.
    fn replaces_as(&self, entry: &Match) -> bool {
        self.of
            .iter()
            .all(|(_, mine)| replaced(mine) == replaced(entry))
    }
}

/// The prefix for which a new path stands; none where it stands for the whole path.
fn replaced(entry: &Match) -> Option<&StringMatch> {
    use StringMatch::{Below, Exact, Prefix, Present, Regex};
    match &entry.uri {
        Some(path @ (Below(_) | Prefix(_))) => Some(path),
        Some(Exact(_) | Regex(_) | Present) | None => None,
    }
}
