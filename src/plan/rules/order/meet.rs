//! What two matches take both.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use regex_syntax::hir::literal::Extractor;

use crate::plan::{Joined, Match, StringMatch, join};
use crate::units::{HeaderName, re2_takes_within};

use super::Part;

/// The most work for one expression and one value, as the bytes of the program times those of the value. There are as many pairs as
/// matches of two rules, in each stage.
const MOST_WORK: usize = 1 << 20;

/// The largest class of characters whose members are each taken for a beginning: the digits of a number, in both cases.
const MOST_OF_CLASS: usize = 22;

/// What two matches have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meeting {
    /// The requests that this match takes.
    Both(Box<Match>),
    /// Nothing.
    Never,
    /// Maybe something, and no one condition says what.
    Unknown {
        /// The first part that both have such a condition on.
        on: Part,
        /// The requests among which it is: those that meet one match's condition there.
        among: Box<Match>,
    },
}

impl Meeting {
    /// A match that takes everything that both take; none where that is nothing.
    pub(super) fn wider(self) -> Option<Match> {
        match self {
            Self::Both(all) | Self::Unknown { among: all, .. } => Some(*all),
            Self::Never => None,
        }
    }
}

/// What both matches take.
pub(super) fn meet(a: &Match, b: &Match) -> Meeting {
    let mut unknown = Unknown(None);
    match (unknown.both(a, b), unknown.0) {
        (None, _) => Meeting::Never,
        (Some(among), Some(on)) => Meeting::Unknown {
            on,
            among: Box::new(among),
        },
        (Some(both), None) => Meeting::Both(Box::new(both)),
    }
}

/// The first part of which no one condition says what two matches take.
struct Unknown(Option<Part>);

impl Unknown {
    /// All conditions of both; none where two of them exclude each other.
    fn both(&mut self, a: &Match, b: &Match) -> Option<Match> {
        let without_headers = self.without(&a.without_headers, &b.without_headers);
        let namespaces = [&a.source_namespace, &b.source_namespace];
        if let [Some(one), Some(other)] = namespaces
            && one != other
        {
            return None;
        }
        Some(Match {
            headers: self.all(&a.headers, &b.headers, |name| Part::Header(name.clone()))?,
            query_params: self.all(&a.query_params, &b.query_params, |name| {
                Part::Query(name.clone())
            })?,
            claims: self.all(&a.claims, &b.claims, |path| Part::Claim(path.clone()))?,
            uri: self.one(a.uri.as_ref(), b.uri.as_ref(), || Part::Path)?,
            method: self.one(a.method.as_ref(), b.method.as_ref(), || Part::Method)?,
            host: self.one(a.host.as_ref(), b.host.as_ref(), || Part::Host)?,
            without_headers,
            source_labels: labels(a, b)?,
            source_namespace: namespaces.into_iter().flatten().next().cloned(),
        })
    }

    fn one(
        &mut self,
        a: Option<&StringMatch>,
        b: Option<&StringMatch>,
        part: impl FnOnce() -> Part,
    ) -> Option<Option<StringMatch>> {
        match settled(a, b) {
            Joined::Both(condition) => Some(condition),
            Joined::Never => None,
            Joined::Unknown => {
                self.0.get_or_insert_with(part);
                Some(a.cloned())
            }
        }
    }

    fn all<K: Clone + Ord>(
        &mut self,
        a: &BTreeMap<K, StringMatch>,
        b: &BTreeMap<K, StringMatch>,
        part: impl Fn(&K) -> Part,
    ) -> Option<BTreeMap<K, StringMatch>> {
        let mut all = a.clone();
        for (key, theirs) in b {
            if let Some(both) = self.one(a.get(key), Some(theirs), || part(key))? {
                all.insert(key.clone(), both);
            }
        }
        Some(all)
    }

    /// That neither of two conditions holds is no one condition.
    fn without(
        &mut self,
        a: &BTreeMap<HeaderName, StringMatch>,
        b: &BTreeMap<HeaderName, StringMatch>,
    ) -> BTreeMap<HeaderName, StringMatch> {
        let mut all = a.clone();
        for (name, theirs) in b {
            let mine = all.insert(name.clone(), theirs.clone());
            if mine.is_some_and(|mine| mine != *theirs) {
                self.0.get_or_insert_with(|| Part::Header(name.clone()));
            }
        }
        all
    }
}

fn labels(a: &Match, b: &Match) -> Option<BTreeMap<String, String>> {
    let mut labels = a.source_labels.clone();
    for (key, value) in &b.source_labels {
        match labels.entry(key.clone()) {
            Entry::Vacant(free) => {
                free.insert(value.clone());
            }
            Entry::Occupied(known) if known.get() != value => return None,
            Entry::Occupied(_) => {}
        }
    }
    Some(labels)
}

/// Two conditions as one, with regexes run where the other value is known, and held apart where their beginnings differ.
fn settled(a: Option<&StringMatch>, b: Option<&StringMatch>) -> Joined {
    use StringMatch::{Exact, Regex};
    let joined = join(a, b);
    let (Joined::Unknown, Some(a), Some(b)) = (&joined, a, b) else {
        return joined;
    };
    if let (Exact(value), Regex(pattern)) | (Regex(pattern), Exact(value)) = (a, b) {
        return match re2_takes_within(MOST_WORK, pattern, value) {
            Some(true) => Joined::Both(Some(Exact(value.clone()))),
            Some(false) => Joined::Never,
            None => Joined::Unknown,
        };
    }
    let differ = |one: &[u8], other: &[u8]| !one.starts_with(other) && !other.starts_with(one);
    match (beginnings(a), beginnings(b)) {
        (Some(ones), Some(others))
            if ones
                .iter()
                .all(|one| others.iter().all(|other| differ(one, other))) =>
        {
            Joined::Never
        }
        _ => Joined::Unknown,
    }
}

/// Texts with one of which every value begins; none where they are not few, or not known.
fn beginnings(condition: &StringMatch) -> Option<Vec<Vec<u8>>> {
    match condition {
        StringMatch::Exact(text) | StringMatch::Prefix(text) | StringMatch::Below(text) => {
            Some(vec![text.as_bytes().to_vec()])
        }
        // Of ASCII a byte is a character, and all engines read it alike.
        StringMatch::Regex(pattern) if pattern.is_ascii() => {
            let hir = regex_syntax::parse(pattern).ok()?;
            let found = Extractor::new().limit_class(MOST_OF_CLASS).extract(&hir);
            let found = found.literals()?.iter();
            Some(found.map(|literal| literal.as_bytes().to_vec()).collect())
        }
        StringMatch::Regex(_) | StringMatch::Present => None,
    }
}
