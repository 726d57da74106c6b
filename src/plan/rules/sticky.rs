//! A rule that shares requests, as one for each model and its users.

use std::borrow::Cow;
use std::ops::Range;

use crate::plan::sticky::{of_cookie, of_header};
use crate::plan::{Buckets, Match, Model, ModelId, Split, Sticky, StickyCookie, StringMatch};
use crate::units::HeaderName;

use super::{Rule, Users};

/// What tells users apart in one rule.
#[derive(Clone, Copy)]
enum Key<'a> {
    /// The cookie of users who have been here.
    Cookie(&'a StickyCookie),
    /// The id of the request of those who have not, and get the cookie with its answer.
    First(&'a StickyCookie),
    /// A header of the service.
    Header(&'a HeaderName),
}

impl Key<'_> {
    /// The word for it in a rule's name.
    fn word(self) -> &'static str {
        match self {
            Self::Cookie(_) => "cookie",
            Self::First(_) => "first",
            Self::Header(_) => "header",
        }
    }

    fn header(self) -> HeaderName {
        match self {
            Self::Cookie(_) => HeaderName::cookie(),
            Self::First(_) => HeaderName::request_id(),
            Self::Header(name) => name.clone(),
        }
    }

    /// The expressions for the users in these buckets. Envoy writes its ids in lower case; who knows what writes a service's header.
    fn patterns(self, ranges: impl Iterator<Item = Range<u16>>) -> Vec<String> {
        match self {
            Self::Cookie(cookie) => of_cookie(&cookie.name, ranges),
            Self::First(_) => of_header(ranges, false),
            Self::Header(_) => of_header(ranges, true),
        }
    }
}

/// The rules of users who are known by their cookie; then of those who get it now, by the id of this very request, so that their
/// first answer comes from their model already; then the rule itself, for requests that have neither.
///
/// The order tells them apart: who brings a cookie of this name that is none of ours is not refused one.
pub(super) fn by_user<'a>(
    rule: Rule<'a>,
    sticky: &Sticky,
    buckets: &Buckets,
    models: &[Model],
) -> Vec<Rule<'a>> {
    let keys = match sticky {
        Sticky::Cookie(cookie) => vec![Key::Cookie(cookie), Key::First(cookie)],
        Sticky::Header(name) => vec![Key::Header(name)],
    };
    let pairs = keys.iter().flat_map(|key| {
        let models = rule.split.models();
        models.map(move |model| (*key, model))
    });
    let mut rules: Vec<Rule<'a>> = pairs
        .map(|(key, model)| Rule {
            // A dot is in no name that people give, so none of the names is taken.
            name: format!("{}.{}.{}", rule.name, models[model.0].name, key.word()),
            ..of_users(&rule, key, model, key.patterns(buckets.ranges(model)))
        })
        .collect();
    let users = Users {
        of: rule.name.clone(),
        header: None,
        conditions: Vec::new(),
    };
    rules.push(Rule {
        users: Some(users),
        ..rule
    });
    rules
}

/// The rule for the users of one model, whom these expressions tell.
fn of_users<'a>(rule: &Rule<'a>, key: Key<'_>, model: ModelId, patterns: Vec<String>) -> Rule<'a> {
    let everything = [Match::default()];
    let entries = match &rule.entries[..] {
        [] => &everything[..],
        some => some,
    };
    let conditions: Vec<_> = patterns.into_iter().map(StringMatch::Regex).collect();
    let entries = entries.iter().flat_map(|entry| {
        conditions.iter().map(|condition| {
            let mut entry = entry.clone();
            entry.headers.insert(key.header(), condition.clone());
            entry
        })
    });
    let mut headers = rule.headers.clone();
    if let Key::First(cookie) = key {
        let response = &mut headers.get_or_insert_default().response;
        let added = &mut response.get_or_insert_default().add;
        added.insert("set-cookie".to_owned(), cookie.set());
    }
    let users = Users {
        of: rule.name.clone(),
        header: Some(key.header()),
        conditions: conditions.clone(),
    };
    Rule {
        entries: entries.collect(),
        users: Some(users),
        headers,
        split: Cow::Owned(Split::all(model)),
        ..rule.clone()
    }
}
