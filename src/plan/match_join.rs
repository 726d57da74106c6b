//! Two entries of a `match` at once.

use crate::units::escape_re2;

use super::matching::{EVERYTHING, covers};
use super::{Joined, Match, StringMatch, join};

/// What holds where two entries hold at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatchJoin {
    /// This entry.
    Both(Box<Match>),
    /// Nothing: they exclude each other.
    Never,
    /// One condition on a field, by its name in the language, cannot say both.
    Unknown(&'static str),
}

/// What is found out field by field.
#[derive(Default)]
struct Found {
    never: bool,
    unknown: Option<&'static str>,
}

impl Found {
    fn settle(&mut self, joined: Joined, field: &'static str) -> Option<StringMatch> {
        match joined {
            Joined::Both(condition) => return condition,
            Joined::Never => self.never = true,
            Joined::Unknown => self.unknown = self.unknown.or(Some(field)),
        }
        None
    }
}

impl Match {
    /// One entry for the requests that both take.
    pub fn join(&self, other: &Self) -> MatchJoin {
        let mut both = self.clone();
        let mut found = Found::default();
        for (field, slot, wanted) in [
            ("uri", &mut both.uri, &other.uri),
            ("method", &mut both.method, &other.method),
            ("host", &mut both.host, &other.host),
        ] {
            *slot = found.settle(join(slot.as_ref(), wanted.as_ref()), field);
        }
        for (name, condition) in &other.headers {
            let joined = join(self.headers.get(name), Some(condition));
            if let Some(condition) = found.settle(joined, "headers") {
                both.headers.insert(name.clone(), condition);
            }
        }
        for (name, condition) in &other.query_params {
            let joined = join(self.query_params.get(name), Some(condition));
            if let Some(condition) = found.settle(joined, "queryParams") {
                both.query_params.insert(name.clone(), condition);
            }
        }
        for (path, condition) in &other.claims {
            let joined = of_claim(self.claims.get(path), condition);
            if let Some(condition) = found.settle(joined, "jwtClaims") {
                both.claims.insert(path.clone(), condition);
            }
        }
        for (name, condition) in &other.without_headers {
            let known = self.without_headers.get(name);
            let lacked = known.map_or_else(|| condition.clone(), |known| either(known, condition));
            both.without_headers.insert(name.clone(), lacked);
        }
        for (key, value) in &other.source_labels {
            let known = both.source_labels.insert(key.clone(), value.clone());
            found.never |= known.is_some_and(|known| known != *value);
        }
        if let Some(namespace) = &other.source_namespace {
            let known = both.source_namespace.replace(namespace.clone());
            found.never |= known.is_some_and(|known| known != *namespace);
        }
        found.never |= both.without_headers.iter().any(|(name, lacked)| {
            let asked = both.headers.get(name);
            asked.is_some_and(|asked| covers(lacked, asked))
        });
        match found {
            Found { never: true, .. } => MatchJoin::Never,
            Found {
                unknown: Some(field),
                ..
            } => MatchJoin::Unknown(field),
            Found { unknown: None, .. } => MatchJoin::Both(Box::new(both)),
        }
    }
}

/// Of a claim that is a list, one item may meet the one condition, and another item the other.
fn of_claim(known: Option<&StringMatch>, wanted: &StringMatch) -> Joined {
    match known {
        Some(known) if covers(wanted, known) => Joined::Both(Some(known.clone())),
        Some(known) if !covers(known, wanted) => Joined::Unknown,
        Some(_) | None => Joined::Both(Some(wanted.clone())),
    }
}

/// The condition that holds where one of the two does.
fn either(one: &StringMatch, other: &StringMatch) -> StringMatch {
    let pattern = |condition: &StringMatch| match condition {
        StringMatch::Exact(text) => escape_re2(text),
        StringMatch::Prefix(text) => format!("{}.*", escape_re2(text)),
        StringMatch::Below(text) => format!("{}(?:/.*)?", escape_re2(text)),
        StringMatch::Regex(pattern) => pattern.clone(),
        StringMatch::Present => EVERYTHING.to_owned(),
    };
    if covers(one, other) {
        one.clone()
    } else if covers(other, one) {
        other.clone()
    } else {
        StringMatch::Regex(format!("(?:{})|(?:{})", pattern(one), pattern(other)))
    }
}
