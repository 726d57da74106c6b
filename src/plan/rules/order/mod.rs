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
//!
//! A rule with a new path for its requests is one rule for each path that is replaced: the first entry decides what stays of it.

mod meet;
mod part;
mod rank;
mod users;

use super::{Origin, Rule};
use crate::plan::matching::asks_nothing;
use crate::plan::{Match, StringMatch};
use crate::units::{ClaimPath, HeaderName};

use meet::{Meeting, meet};
use part::Entries;
use rank::{Later, against};

/// The most matches of one route, over all rules (the CRD's rule in CEL).
pub const MOST_MATCHES: usize = 128;
/// The most headers of one match, and the most query parameters (the CRD's `maxItems`).
pub const MOST_CONDITIONS: usize = 16;

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
    /// The later rule is more specific, and a match for what both take has more headers or query parameters than one holds.
    TooWide {
        /// The rule that goes first.
        earlier: R,
        /// The other one.
        later: R,
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
            Self::TooWide { earlier, later } => Unordered::TooWide {
                earlier: mean(earlier),
                later: mean(later),
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
    let mut parts: Vec<Entries<'_>> = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let rewrite = rule.rewrite.as_ref();
        let has_new_path = rewrite.is_some_and(|rewrite| rewrite.uri.is_some());
        let users = rule.users.as_ref();
        parts.extend(Entries::parts(index, entries(rule), has_new_path, users));
    }
    let taken = ordered(&parts).map_err(|why| why.of(|part| rules[parts[part].rule].origin))?;
    let mut all: Vec<Vec<Taken>> = vec![Vec::new(); rules.len()];
    for (part, taken) in parts.iter().zip(taken) {
        all[part.rule].extend(taken);
    }
    Ok(all)
}

/// The matches of each part.
fn ordered(parts: &[Entries<'_>]) -> Result<Vec<Vec<Taken>>, Unordered<usize>> {
    if parts.iter().map(|part| part.of.len()).sum::<usize>() > MOST_MATCHES {
        return Err(Unordered::TooMany { between: None });
    }
    let mut all: Vec<Vec<Taken>> = vec![Vec::new(); parts.len()];
    let mut count = 0;
    for (index, part) in parts.iter().enumerate().rev() {
        let earlier = || parts[..index].iter().flat_map(|part| &part.of);
        let is_hidden = |found: &Match| earlier().any(|(_, wide)| wide.covers(found));
        let mut mine: Vec<Taken> = Vec::new();
        for (entry, found) in &part.of {
            if !is_hidden(found) && !mine.iter().any(|known| known.found == *found) {
                let (entry, found) = (*entry, found.clone());
                mine.push(Taken { entry, found });
            }
        }
        let own = mine.clone();
        let mut most = (0, 0);
        let mut faults = Vec::new();
        for (later, others) in all.iter().enumerate().skip(index + 1) {
            if part.goes_as(&parts[later]) {
                continue;
            }
            let before = mine.len();
            let mut strangers = Vec::new();
            for b in others {
                let Some(kept) = part.against_kin(&parts[later], &b.found) else {
                    strangers.push(b);
                    continue;
                };
                for (entry, found) in kept {
                    if !is_hidden(&found) && !is_won(&found, &b.found, &mine) {
                        mine.push(Taken { entry, found });
                    }
                }
            }
            for (a, b) in own
                .iter()
                .flat_map(|a| strangers.iter().map(move |b| (a, *b)))
            {
                let both = match needed(&a.found, &b.found, (index, later)) {
                    Ok(None) => continue,
                    Ok(Some(both)) => both,
                    Err(why) => {
                        faults.push((a, b, why));
                        continue;
                    }
                };
                if !is_hidden(&both) && !is_won(&both, &b.found, &mine) {
                    let entry = a.entry;
                    mine.push(Taken { entry, found: both });
                }
                if count + mine.len() > MOST_MATCHES {
                    let most = most.max((mine.len() - before, later)).1;
                    let between = Some((index, most));
                    return Err(Unordered::TooMany { between });
                }
            }
            most = most.max((mine.len() - before, later));
        }
        for (a, b, why) in faults {
            // What both take is a part of each of these: whose it is may be known without it.
            let wider = meet(&a.found, &b.found).wider().into_iter();
            let mut wider = wider.chain(meet(&b.found, &a.found).wider());
            if !wider.any(|wide| is_hidden(&wide) || is_won(&wide, &b.found, &mine)) {
                return Err(why);
            }
        }
        count += mine.len();
        all[index] = mine;
    }
    Ok(all)
}

/// Whether one of `mine` takes all of `both`, and wins over the later match.
fn is_won(both: &Match, later: &Match, mine: &[Taken]) -> bool {
    mine.iter()
        .any(|known| known.found.covers(both) && against(later, &known.found) == Later::Loses)
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
        (Meeting::Unknown { on, .. }, _) => Err(Unordered::Unjoined { earlier, later, on }),
        (Meeting::Both(both), _)
            if both.headers.len().max(both.query_params.len()) > MOST_CONDITIONS =>
        {
            Err(Unordered::TooWide { earlier, later })
        }
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

    fn with(mut entry: Match, path: &str) -> Match {
        entry.uri = below(path).uri;
        entry
    }

    /// The matches of each rule, by the indices of their entries; the rules have a new path or not.
    fn taken(rules: &[&[&Match]], has_new_path: bool) -> Result<Vec<Vec<Match>>, Unordered<usize>> {
        let rules = rules.iter().enumerate();
        let parts = rules.flat_map(|(index, entries)| {
            let entries = entries.iter().map(|entry| plain(entry)).collect();
            Entries::parts(index, entries, has_new_path, None)
        });
        let taken = ordered(&parts.collect::<Vec<_>>())?;
        let found = |one: Vec<Taken>| one.into_iter().map(|taken| taken.found).collect();
        Ok(taken.into_iter().map(found).collect())
    }

    #[test]
    fn the_first_entry_decides_what_stays_of_a_path() {
        let (v1, models) = (plain(&below("/v1")), plain(&below("/v1/models")));
        let rules: &[&[&Match]] = &[&[&v1, &models]];
        let (one, none) = (vec![v1.clone()], Vec::new());
        assert_eq!(taken(rules, true), Ok(vec![one, none]));
        let together = vec![vec![v1.clone(), models.clone()]];
        assert_eq!(taken(rules, false), Ok(together));
        let tester = with(header("x-group", StringMatch::Present), "/v1");
        let both = with(tester.clone(), "/v1/models");
        let kept = vec![vec![tester.clone(), both], vec![models.clone()]];
        assert_eq!(taken(&[&[&tester, &models]], true), Ok(kept));
    }

    #[test]
    fn what_an_earlier_rule_takes_anyhow_needs_no_condition() {
        let (g, g2) = (header("g", StringMatch::Present), header("c", regex(".*b")));
        let mut user = header("c", regex(".*a.*"));
        user.headers.extend(g.headers.clone());
        let first = with(g, "/x");
        let later = with(g2, "/x");
        let found = taken(&[&[&first], &[&user], &[&later]], false);
        assert_eq!(
            found,
            Ok(vec![vec![first], vec![user.clone()], vec![later.clone()]])
        );
        let found = taken(&[&[&user], &[&later]], false);
        assert!(
            matches!(found, Err(Unordered::Unjoined { .. })),
            "{found:?}"
        );
        // Of one rule, another entry may take it.
        let longer = with(user.clone(), "/x");
        let found = taken(&[&[&user, &longer], &[&later]], false);
        assert!(found.is_ok_and(|matches| matches[0].len() == 2));
    }

    #[test]
    fn a_match_has_room_for_so_many_headers() {
        let of = |prefix: &str, path: &str, count: usize| {
            let names = (0..count).map(|index| HeaderName::parse(&format!("{prefix}{index}")));
            let headers = names.map(|name| (name.expect("a name"), StringMatch::Present));
            with(
                Match {
                    headers: headers.collect(),
                    ..Match::default()
                },
                path,
            )
        };
        let (a, b) = (of("a", "/", 8), of("b", "/v1", 8));
        assert!(kept(&a, &b).is_ok_and(|both| both.is_some()));
        let (earlier, later) = (0, 1);
        let found = kept(&of("a", "/", 9), &b);
        assert_eq!(found, Err(Unordered::TooWide { earlier, later }));
    }

    #[test]
    fn what_takes_long_to_know_is_not_known() {
        let value = StringMatch::Exact("a".repeat(4000));
        let later = with(header("x-a", value), "/v1");
        let found = kept(&header("x-a", regex("[a-z]{1,1000}")), &later);
        assert!(
            matches!(found, Err(Unordered::Unjoined { .. })),
            "{found:?}"
        );
        let beta = with(
            header("cookie", StringMatch::Exact("beta=1".to_owned())),
            "/v1",
        );
        let StringMatch::Regex(pattern) =
            crate::plan::matching::cookie("beta", &regex("[0-9a-f]{1,32}"))
        else {
            panic!("a cookie is a regex")
        };
        let found = kept(&header("cookie", regex(&pattern)), &beta);
        assert!(found.is_ok_and(|both| both.is_some()), "a short one is run");
    }
}
