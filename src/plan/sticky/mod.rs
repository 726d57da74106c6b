//! Sticky versions: every user is in one bucket for ever, and a stage says which model serves which buckets.
//!
//! A user's bucket is the first three hexadecimal digits of what the user is known by: the request id that the first request got,
//! which a cookie keeps, or a header that the service has already. Nobody assigns users, so nobody can lose an assignment.

mod buckets;
mod layout;
mod pattern;

use std::collections::BTreeMap;

use crate::spec::SameSite;
use crate::units::{Duration, HeaderName};

use super::{CohortId, Plan, Split, Stage};

pub use buckets::{BUCKETS, Buckets, Moved};

use layout::Layout;
pub(super) use pattern::{MAX_COOKIE_NAME, of_cookie, of_header};

/// What users are known by.
#[derive(Clone, Debug)]
pub enum Sticky {
    /// A cookie that holds the id of the user's first request.
    Cookie(StickyCookie),
    /// A header that the service has already.
    Header(HeaderName),
}

/// The cookie that keeps the id of a user's first request.
#[derive(Clone, Debug)]
pub struct StickyCookie {
    /// The cookie's name.
    pub name: String,
    /// How long browsers keep it.
    pub max_age: Duration,
    /// The path below which browsers send it.
    pub path: String,
    /// Whether browsers send it over TLS only.
    pub secure: bool,
    /// Whether requests from other sites carry it.
    pub same_site: Option<SameSite>,
}

impl StickyCookie {
    /// The value of `set-cookie` that gives the cookie the request's own id. Envoy fills it in: this `%` is a format's, and no text
    /// (<https://www.envoyproxy.io/docs/envoy/latest/configuration/observability/access_log/usage#command-operators>).
    pub fn set(&self) -> String {
        let mut text = format!(
            "{}=%REQ({})%; Max-Age={}; Path={}",
            self.name,
            HeaderName::request_id().as_str(),
            self.max_age.seconds(),
            self.path.replace('%', "%%"),
        );
        if self.secure {
            text.push_str("; Secure");
        }
        if let Some(same_site) = self.same_site {
            text.push_str("; SameSite=");
            text.push_str(same_site.name());
        }
        text
    }
}

impl Sticky {
    /// The headers that routes match by to tell users apart.
    pub fn headers(&self) -> Vec<HeaderName> {
        match self {
            Self::Cookie(_) => vec![HeaderName::cookie(), HeaderName::request_id()],
            Self::Header(name) => vec![name.clone()],
        }
    }
}

/// Who serves which users in one stage.
#[derive(Clone, Debug)]
pub struct StageBuckets {
    /// The users whose requests no cohort claims.
    pub weighted: Buckets,
    /// The users of each cohort that has a rule of its own.
    pub cohorts: BTreeMap<CohortId, Buckets>,
}

impl StageBuckets {
    /// The buckets of a cohort, or of everybody where it has none of its own.
    pub fn of(&self, cohort: Option<CohortId>) -> &Buckets {
        let own = cohort.and_then(|cohort| self.cohorts.get(&cohort));
        own.unwrap_or(&self.weighted)
    }
}

/// The users who change their model from one stage to the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moves {
    /// The cohort that they are of; none for those that no cohort claims.
    pub cohort: Option<CohortId>,
    /// How many of them go from where to where; never none.
    pub moved: Vec<Moved>,
}

impl Plan {
    /// Lays out the buckets of every stage, where versions are sticky.
    pub(super) fn with_buckets(mut self) -> Self {
        if self.traffic.sticky.is_none() {
            return self;
        }
        let mut weighted = Layout::all(self.stable);
        let mut cohorts: BTreeMap<CohortId, Layout> = BTreeMap::new();
        for stage in &mut self.stages {
            // A cohort without a rule goes where all others go, and begins from there.
            cohorts.retain(|cohort, _| stage.cohorts.contains_key(cohort));
            for (cohort, split) in &stage.cohorts {
                let layout = cohorts.entry(*cohort).or_insert_with(|| weighted.clone());
                layout.follow(split);
            }
            weighted.follow(&stage.split);
            let of_cohorts = cohorts.iter().map(|(id, layout)| (*id, layout.buckets()));
            stage.buckets = Some(StageBuckets {
                cohorts: of_cohorts.collect(),
                weighted: weighted.buckets(),
            });
        }
        self
    }

    /// The users who change their model on the way from one stage to another; none where versions are not sticky.
    pub fn moves(&self, from: &Stage, to: &Stage) -> Vec<Moves> {
        let (Some(before), Some(after)) = (&from.buckets, &to.buckets) else {
            return Vec::new();
        };
        let of_cohorts = (0..self.cohorts.len()).map(CohortId).filter(|cohort| {
            before.cohorts.contains_key(cohort) || after.cohorts.contains_key(cohort)
        });
        let parts = [None].into_iter().chain(of_cohorts.map(Some));
        let moves = parts.map(|cohort| Moves {
            cohort,
            moved: before.of(cohort).moved(after.of(cohort)),
        });
        moves.filter(|moves| !moves.moved.is_empty()).collect()
    }
}

impl Stage {
    /// The buckets by which a split's requests are told apart: of a cohort, or of those that no cohort claims. None where one model
    /// gets all of them, or nobody sticks.
    pub(super) fn buckets_of(&self, cohort: Option<CohortId>, split: &Split) -> Option<&Buckets> {
        let buckets = self.buckets.as_ref()?;
        split.sole().is_none().then(|| buckets.of(cohort))
    }
}
