//! From the first match to the most specific one.
//!
//! In the language the first rule that matches takes a request. Gateway API knows no such order: of all matches that hold the most
//! specific one wins, by its path, then by its method, then by its number of headers, then by that of query parameters, and only
//! then by its place (<https://gateway-api.sigs.k8s.io/reference/spec/#httprouterule>).
//!
//! So where a later rule's match `b` is more specific than an earlier rule's match `a`, the earlier rule gets `a` and `b` in one
//! match: all conditions of both. That is at least as specific as `b`, whatever counts, and where it is not more, the earlier place
//! decides.
//!
//! Rules are taken from the last to the first, and each is held against everything that the later ones have by then, added matches
//! included. That is enough: let `i` be the first rule that takes a request, by its match `a`. No rule before `i` has a match for it,
//! since what was added to a rule is narrower than what the rule had. And for each match `m` of a later rule that holds, either `m`
//! is not more specific than `a`, or `i` has got `a` and `m`. So rule `i` wins.

mod meet;
mod rank;

use super::{Origin, Rule};
use crate::plan::matching::asks_nothing;
use crate::plan::{Match, StringMatch};
use crate::units::{ClaimPath, HeaderName};

use meet::{Meeting, meet};
use rank::{Later, against};

/// The most matches of one route, over all rules (the CRD's rule in CEL).
pub const MOST_MATCHES: usize = 128;

/// A match of a rule, where the most specific match wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plan::rules) struct Taken {
    /// The rule's entry that it is, or is a part of, as an index; 0 where the rule has no entries.
    pub(in crate::plan::rules) entry: usize,
    /// The conditions.
    pub(in crate::plan::rules) found: Match,
}

/// What two conditions are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The path.
    Path,
    /// The method.
    Method,
    /// A header.
    Header(HeaderName),
    /// A query parameter.
    Query(String),
    /// The host.
    Host,
    /// A claim of the caller's token.
    Claim(ClaimPath),
}

/// Why the order of a list of rules cannot be kept; `R` is how rules are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unordered<R> {
    /// Two rules may take the same request, and whether a regex or another path goes first is not said anywhere.
    Paths {
        /// The rule that goes first.
        earlier: R,
        /// The other one.
        later: R,
    },
    /// The later rule is more specific, and two conditions on one part cannot be written as one.
    Unjoined {
        /// The rule that goes first.
        earlier: R,
        /// The other one.
        later: R,
        /// What both have a condition on.
        on: Part,
    },
    /// More matches than a route holds.
    TooMany {
        /// The two rules whose order takes the most of them; none where no match was added.
        between: Option<(R, R)>,
    },
}

impl<R> Unordered<R> {
    /// The same, with rules meant in another way.
    fn of<S>(self, mean: impl Fn(R) -> S) -> Unordered<S> {
        match self {
            Self::Paths { earlier, later } => Unordered::Paths {
                earlier: mean(earlier),
                later: mean(later),
            },
            Self::Unjoined { earlier, later, on } => Unordered::Unjoined {
                earlier: mean(earlier),
                later: mean(later),
                on,
            },
            Self::TooMany { between } => Unordered::TooMany {
                between: between.map(|(one, other)| (mean(one), mean(other))),
            },
        }
    }
}

/// The matches of each rule, by which the most specific match of all is one of the first rule that matches. A rule without any can
/// never be the first.
pub(in crate::plan::rules) fn by_specificity(
    rules: &[Rule<'_>],
) -> Result<Vec<Vec<Taken>>, Unordered<Origin>> {
    ordered(rules).map_err(|why| why.of(|rule| rules[rule].origin))
}

fn ordered(rules: &[Rule<'_>]) -> Result<Vec<Vec<Taken>>, Unordered<usize>> {
    let written: Vec<Vec<Match>> = rules.iter().map(|rule| entries(rule)).collect();
    let count: usize = written.iter().map(Vec::len).sum();
    if count > MOST_MATCHES {
        return Err(Unordered::TooMany { between: None });
    }
    let mut all: Vec<Vec<Taken>> = vec![Vec::new(); rules.len()];
    let mut count = 0;
    for (rule, entries) in written.iter().enumerate().rev() {
        let earlier = &written[..rule];
        let is_hidden = |found: &Match| earlier.iter().flatten().any(|wide| wide.covers(found));
        let mut mine: Vec<Taken> = Vec::new();
        for (entry, found) in entries.iter().enumerate() {
            if !is_hidden(found) && !mine.iter().any(|known| known.found == *found) {
                let found = found.clone();
                mine.push(Taken { entry, found });
            }
        }
        let own = mine.clone();
        let mut most = (0, 0);
        for (later, others) in all.iter().enumerate().skip(rule + 1) {
            let before = mine.len();
            for (a, b) in own.iter().flat_map(|a| others.iter().map(move |b| (a, b))) {
                let Some(both) = needed(&a.found, &b.found, (rule, later))? else {
                    continue;
                };
                let is_there = |known: &Taken| {
                    known.found.covers(&both) && against(&b.found, &known.found) == Later::Loses
                };
                if !is_hidden(&both) && !mine.iter().any(is_there) {
                    let entry = a.entry;
                    mine.push(Taken { entry, found: both });
                }
                if count + mine.len() > MOST_MATCHES {
                    let most = most.max((mine.len() - before, later)).1;
                    let between = Some((rule, most));
                    return Err(Unordered::TooMany { between });
                }
            }
            most = most.max((mine.len() - before, later));
        }
        count += mine.len();
        all[rule] = mine;
    }
    Ok(all)
}

/// What the earlier rule must have beside `a`, so that it wins over `b`; none where it does anyhow.
fn needed(
    a: &Match,
    b: &Match,
    (earlier, later): (usize, usize),
) -> Result<Option<Match>, Unordered<usize>> {
    let wins = against(b, a);
    if wins == Later::Loses {
        return Ok(None);
    }
    match (meet(a, b), wins) {
        (Meeting::Never, _) => Ok(None),
        (_, Later::Unsaid) => Err(Unordered::Paths { earlier, later }),
        (Meeting::Unknown(on), _) => Err(Unordered::Unjoined { earlier, later, on }),
        (Meeting::Both(both), _) => Ok(Some(*both)),
    }
}

/// A rule's entries, where no condition is one that everything meets.
fn entries(rule: &Rule<'_>) -> Vec<Match> {
    if rule.entries.is_empty() {
        return vec![plain(&Match::default())];
    }
    rule.entries.iter().map(plain).collect()
}

/// The same conditions, in the one form in which everything is asked for.
fn plain(entry: &Match) -> Match {
    let everything = || StringMatch::Below("/".to_owned());
    let path = entry.uri.clone().filter(|path| !asks_nothing(path));
    Match {
        uri: Some(path.unwrap_or_else(everything)),
        method: entry.method.clone().filter(|method| !asks_nothing(method)),
        ..entry.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(name: &str, condition: StringMatch) -> Match {
        let name = HeaderName::parse(name).expect("a name");
        plain(&Match {
            headers: [(name, condition)].into(),
            ..Match::default()
        })
    }

    fn below(path: &str) -> Match {
        Match {
            uri: Some(StringMatch::Below(path.to_owned())),
            ..Match::default()
        }
    }

    fn regex(pattern: &str) -> StringMatch {
        StringMatch::Regex(pattern.to_owned())
    }

    /// What the first of two matches needs to stay the first.
    fn kept(a: &Match, b: &Match) -> Result<Option<Match>, Unordered<usize>> {
        needed(a, b, (0, 1))
    }

    #[test]
    fn the_earlier_rule_gets_what_both_take_where_the_later_one_is_more_specific() {
        let tester = header("x-group", StringMatch::Present);
        let mut rank = below("/v1");
        let both = kept(&tester, &rank).expect("an order").expect("a match");
        assert_eq!(
            (both.uri.as_ref(), both.headers.len()),
            (rank.uri.as_ref(), 1)
        );
        assert_eq!(kept(&rank, &tester), Ok(None), "a longer path wins anyhow");
        rank.uri = Some(StringMatch::Below("/".to_owned()));
        assert_eq!(kept(&tester, &rank), Ok(None), "a header wins anyhow");
        // Envoy Gateway counts a method as a header, and the specification before all headers.
        let get = Match {
            method: Some(StringMatch::Exact("GET".to_owned())),
            ..plain(&Match::default())
        };
        assert!(kept(&tester, &get).is_ok_and(|both| both.is_some()));
    }

    #[test]
    fn what_excludes_each_other_needs_no_order() {
        let v2 = header("x-a", StringMatch::Exact("v2".to_owned()));
        let mut later = header("x-a", regex("w[0-9]+"));
        later.uri = Some(StringMatch::Below("/v1".to_owned()));
        assert_eq!(kept(&v2, &later), Ok(None), "the regex is run");
        let v = header("x-a", regex("v[0-9]+"));
        assert_eq!(kept(&v, &later), Ok(None), "they begin differently");
        assert_eq!(kept(&below("/v1"), &below("/v1x/y")), Ok(None));
    }

    #[test]
    fn what_nobody_can_order_is_said() {
        let mut later = header("x-a", regex(".*b"));
        later.uri = Some(StringMatch::Below("/v1".to_owned()));
        let found = kept(&header("x-a", regex(".*a.*")), &later);
        assert!(
            matches!(found, Err(Unordered::Unjoined { .. })),
            "{found:?}"
        );
        let by_regex = Match {
            uri: Some(regex("/v[0-9]")),
            ..Match::default()
        };
        let found = kept(&by_regex, &below("/"));
        assert_eq!(
            found,
            Err(Unordered::Paths {
                earlier: 0,
                later: 1
            })
        );
        assert_eq!(kept(&by_regex, &below("/x")), Ok(None));
        let exact = Match {
            uri: Some(StringMatch::Exact("/v1".to_owned())),
            ..Match::default()
        };
        assert_eq!(kept(&by_regex, &exact), Ok(Some(exact)));
    }
}
