//! The rules by which one stage's requests find their models: a list of which the first match decides, in words that every router
//! shares. A router prints it, and adds nothing of its own.

mod copied;
mod copies;
mod grpc;
mod joined;
mod order;
mod sticky;
mod written;

use std::borrow::Cow;
use std::collections::HashSet;

use super::{
    BaseMatch, BaseRoute, CohortId, Headers, Match, Mirror, MirrorTarget, Plan, Rewrite, Split,
    Stage, StringMatch,
};
use crate::units::HeaderName;

use copied::copied;
use joined::{by_rewrite, joined, narrowed};

pub use copies::Copy;
pub use order::{MOST_CONDITIONS, MOST_MATCHES, Part, Unordered};
pub use written::{MOST_RULES, WrittenRule};

/// Whose requests a list of rules is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callers {
    /// Those that come in through a gateway.
    Gateway,
    /// Pods in the mesh, of which labels and namespace are known.
    Mesh,
}

/// One rule: which requests it takes from those that no rule before it took, and what becomes of them.
#[derive(Clone, Debug)]
pub struct Rule<'a> {
    /// The rule's name, unique in its list.
    pub name: String,
    /// The entries, of which any may match; without one, everything does.
    pub entries: Vec<Match>,
    /// The base route that it is a copy of: timeout, retries and CORS are its.
    pub base: &'a BaseRoute,
    /// What of the rollout it comes from.
    pub origin: Origin,
    /// Whose requests of a rule that is shared by user it takes; none where no user counts.
    pub(in crate::plan::rules) users: Option<Users>,
    /// A new path or authority.
    pub rewrite: Option<Rewrite>,
    /// Headers set, added or removed.
    pub headers: Option<Headers>,
    /// How its requests are shared.
    pub split: Cow<'a, Split>,
    /// The copies of its requests.
    pub mirror: Option<MirrorTarget>,
}

/// Some of the users among whom a rule was shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::plan::rules) struct Users {
    /// The name of the rule that was shared, which is unique.
    of: String,
    /// The header that tells them; none for those whom nothing tells.
    header: Option<HeaderName>,
    /// The conditions on the header, of which any may hold.
    conditions: Vec<StringMatch>,
}

/// What of the rollout a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The cohort whose requests it takes; none where it is for all.
    pub cohort: Option<CohortId>,
    /// The base route that it is a copy of, as an index.
    pub base: usize,
}

impl Plan {
    /// The rules of a stage: cohorts in their order, each a copy of every base route; then the base routes with the weights.
    ///
    /// Where users stick, a rule with several models is one for each model and its users, ahead of the shares. Where only some
    /// requests are copied, those stand ahead of each rule, and so go to the model of their user, too.
    pub fn rules<'a>(&'a self, stage: &'a Stage, callers: Callers) -> Vec<Rule<'a>> {
        let has_gateway = self.traffic.router.has_gateway();
        let cohorts = self.cohort_rules(stage, callers).into_iter();
        let weighted = self.weighted_rules(stage);
        let weighted = weighted.flat_map(|rule| self.by_user(rule, stage, None));
        let is_copied = |mirror: &Mirror, rule: &Rule<'_>| {
            let cohort = rule.origin.cohort;
            cohort.is_none_or(|cohort| mirror.copies_cohort(cohort))
        };
        let all = cohorts.chain(weighted);
        all.flat_map(|rule| match &stage.mirror {
            Some(mirror) if is_copied(mirror, &rule) => {
                let any_path = self.traffic.router.any_path();
                copied(rule, mirror, &any_path, |entry| {
                    entry.is_known_of(callers, has_gateway)
                })
            }
            Some(_) | None => vec![rule],
        })
        .collect()
    }

    fn by_user<'a>(
        &self,
        rule: Rule<'a>,
        stage: &Stage,
        cohort: Option<CohortId>,
    ) -> Vec<Rule<'a>> {
        let buckets = stage.buckets_of(cohort, &rule.split);
        match (&self.traffic.sticky, buckets) {
            (Some(sticky), Some(buckets)) => sticky::by_user(rule, sticky, buckets, &self.models),
            (None, _) | (_, None) => vec![rule],
        }
    }

    fn cohort_rules<'a>(&'a self, stage: &'a Stage, callers: Callers) -> Vec<Rule<'a>> {
        let base_routes = &self.traffic.routes;
        let mut rules = Vec::new();
        // Two base routes may narrow a cohort to the same requests: only the first of the two copies would ever match.
        let mut taken: HashSet<Match> = HashSet::new();
        for (id, split) in &stage.cohorts {
            let cohort = self.cohort(*id);
            let has_gateway = self.traffic.router.has_gateway();
            let known = |entry: &&Match| entry.is_known_of(callers, has_gateway);
            let entries: Vec<&Match> = cohort.entries.iter().filter(known).collect();
            for (index, base) in base_routes.iter().enumerate() {
                let origin = Origin {
                    cohort: Some(*id),
                    base: index,
                };
                let name = match base_routes.len() {
                    1 => format!("cohort-{}", cohort.name),
                    _ => format!("cohort-{}-{}", cohort.name, base.name),
                };
                let mut matches = joined(&entries, base, &self.traffic.router.any_path());
                matches.retain(|(_, entry)| taken.insert(entry.clone()));
                let groups = by_rewrite(matches);
                for (index, (path, entries)) in groups.into_iter().enumerate() {
                    let name = match index {
                        0 => name.clone(),
                        _ => format!("{name}-{}", index + 1),
                    };
                    let rewrite = base.rewrite.clone().map(|rewrite| Rewrite {
                        uri: path.or(rewrite.uri),
                        ..rewrite
                    });
                    let rule = Rule {
                        name,
                        entries,
                        base,
                        origin,
                        users: None,
                        rewrite,
                        headers: base.headers.clone(),
                        split: Cow::Borrowed(split),
                        mirror: None,
                    };
                    rules.extend(self.by_user(rule, stage, Some(*id)));
                }
            }
        }
        rules
    }

    fn weighted_rules<'a>(&'a self, stage: &'a Stage) -> impl Iterator<Item = Rule<'a>> {
        let base_routes = self.traffic.routes.iter().enumerate();
        base_routes.map(|(index, base)| Rule {
            origin: Origin {
                cohort: None,
                base: index,
            },
            users: None,
            name: base.name.clone(),
            entries: base.entries.iter().map(BaseMatch::as_match).collect(),
            base,
            rewrite: base.rewrite.clone(),
            headers: base.headers.clone(),
            split: Cow::Borrowed(&stage.split),
            mirror: None,
        })
    }
}
