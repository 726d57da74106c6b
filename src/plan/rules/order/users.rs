//! Rules that one rule was shared into, by user: between them no match is needed for what both take.
//!
//! Let `i` be the first rule that takes a request, and let a later rule of the same family have a match for it, of other users: a
//! cookie may name one model and the request's id another. If that match is an entry, rule `i` has the entry too, with its own users'
//! condition: as specific, and at an earlier place. If the later rule got the match to win over a rule behind it, rule `i` gets the
//! same one, again with its own users' condition.

use crate::plan::Match;

use super::part::Entries;
use super::rank::{Later, against};

impl Entries<'_> {
    /// What this part must have beside its entries, each with the entry that it is a part of, so that it wins over a match of a later
    /// part of the same family. None where their users do not tell.
    pub(super) fn against_kin(&self, later: &Self, theirs: &Match) -> Option<Vec<(usize, Match)>> {
        let (mine, others) = (self.users?, later.users?);
        let own = mine.header.as_ref()?;
        if mine.of != others.of || mine == others {
            return None;
        }
        if later.of.iter().any(|(_, entry)| entry == theirs) {
            return Some(Vec::new());
        }
        let mut bare = theirs.clone();
        if let Some(header) = &others.header {
            bare.headers.remove(header);
        }
        let kept = mine.conditions.iter().map(|condition| {
            let mut found = bare.clone();
            found.headers.insert(own.clone(), condition.clone());
            let (entry, _) = self.of.iter().find(|(_, entry)| entry.covers(&found))?;
            (against(theirs, &found) == Later::Loses).then_some((*entry, found))
        });
        kept.collect()
    }
}
