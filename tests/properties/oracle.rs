//! What the language says about one request, straight from its rules: cohorts in order, first match; then the weights.

use std::collections::BTreeMap;

use glidepath::trace::{Request, Via};
use glidepath::units::{ClaimPath, RouterName};

use super::rollout::{Entry, Matcher, Rollout, Shares, Sticky, WHOLE, name};

/// Who serves a request, and what path they see; shares in hundredths of a percent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) shares: BTreeMap<String, u32>,
    pub(crate) mirror: Option<(String, u32)>,
    pub(crate) path: String,
}

/// From 0 to 1 into hundredths of a percent.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a probability"
)]
pub(crate) fn hundredths(share: f64) -> u32 {
    (share * f64::from(WHOLE)).round() as u32
}

/// The answer in the stage of a step, or none where no route takes the request; before the first one, all goes to stable. `is_over`: in
/// the stage `retire`. `served`: the model of a bucket in this stage, for a cohort or for those that none claims; who that is, is the
/// layout's to say, and held elsewhere.
pub(crate) fn answer(
    rollout: &Rollout,
    step: Option<usize>,
    is_over: bool,
    request: &Request,
    served: impl Fn(Option<usize>, u16) -> String,
) -> Option<Answer> {
    let state = rollout.state(step.map_or(0, |step| step + 1));
    let claimed = state.cohorts.iter().find(|(cohort, _)| {
        rollout.cohorts[**cohort]
            .iter()
            .any(|entry| takes(rollout, entry, request))
    });
    let (shares, mirror) = match claimed {
        Some((cohort, _)) if !rollout.copied_cohorts.has(*cohort) => (&state.cohorts[cohort], None),
        Some((_, shares)) => (shares, state.mirror),
        None => (&state.split, state.mirror),
    };
    let of_users = bucket(rollout, request).filter(|_| shares.values().all(|share| *share < WHOLE));
    let cohort = claimed.map(|(cohort, _)| *cohort);
    let is_copied = |entry: &Entry| takes(rollout, entry, request);
    let mirror =
        mirror.filter(|_| rollout.copied.is_empty() || rollout.copied.iter().any(is_copied));
    // `retire` drops the mirror, but for copies to a kept model. A cohort rule that repeats the default route is dropped too, and nobody can tell.
    let last = rollout.steps.last();
    let is_kept = |to: &usize| last.is_some_and(|last| last.keep.contains(to));
    let mirror = mirror.filter(|(to, _)| !is_over || is_kept(to));
    Some(Answer {
        shares: match of_users {
            Some(bucket) => BTreeMap::from([(served(cohort, bucket), WHOLE)]),
            None => named(shares),
        },
        mirror: mirror.map(|(to, share)| (name(to), share)),
        path: path(rollout, request)?,
    })
}

/// The user's bucket: the first three hexadecimal digits of the cookie, or else of the request's id, or of the header.
fn bucket(rollout: &Rollout, request: &Request) -> Option<u16> {
    let header = |name: &str| request.headers.get(name).map(String::as_str);
    let digits = |text: &str| {
        let digits = text.get(..3)?;
        let is_lower = !digits.contains(|c: char| c.is_ascii_uppercase());
        Some((u16::from_str_radix(digits, 16).ok()?, is_lower))
    };
    let lower = |text: &str| digits(text).filter(|(_, is_lower)| *is_lower);
    let found = match rollout.sticky? {
        Sticky::Header => digits(header("x-user-hash")?),
        Sticky::Cookie => {
            let cookies = header("cookie").unwrap_or_default().split("; ");
            let mut own = cookies.filter_map(|cookie| cookie.strip_prefix("bucket="));
            own.find_map(lower)
                .or_else(|| lower(header("x-request-id")?))
        }
    };
    found.map(|(bucket, _)| bucket)
}

fn named(shares: &Shares) -> BTreeMap<String, u32> {
    shares
        .iter()
        .map(|(model, share)| (name(*model), *share))
        .collect()
}

fn takes(rollout: &Rollout, entry: &Entry, request: &Request) -> bool {
    let (router, has_gateway) = (rollout.router, rollout.gateway);
    let cookies: Vec<(&str, &str)> = request
        .headers
        .get("cookie")
        .map_or("", String::as_str)
        .split(';')
        .filter_map(|cookie| cookie.trim().split_once('='))
        .collect();
    let all = |conditions: &BTreeMap<&str, Matcher>, values: &BTreeMap<String, String>| {
        conditions
            .iter()
            .all(|(name, matcher)| meets(matcher, values.get(*name).map(String::as_str)))
    };
    all(&entry.headers, &request.headers)
        && !entry
            .without
            .iter()
            .any(|(name, matcher)| meets(matcher, request.headers.get(*name).map(String::as_str)))
        && entry.host.as_ref().is_none_or(|matcher| {
            let host = request.host.as_deref().unwrap_or_default().to_lowercase();
            let host = host.split(':').next();
            (!has_gateway || request.via == Via::Gateway) && meets(matcher, host)
        })
        && entry.claims.iter().all(|(name, matcher)| {
            let path = ClaimPath::parse(name).expect("a claim");
            let mut items = request.claims.get(&path).into_iter().flatten();
            request.via == Via::Gateway && items.any(|item| meets(matcher, Some(item)))
        })
        && all(&entry.query, &request.query)
        && entry.cookie.as_ref().is_none_or(|(wanted, matcher)| {
            let mut named = cookies.iter().filter(|(name, _)| name == wanted);
            named.any(|(_, value)| meets(matcher, Some(value)))
        })
        && entry
            .uri
            .as_ref()
            .is_none_or(|matcher| meets_path(router, matcher, &request.path))
        && entry
            .method
            .as_ref()
            .is_none_or(|matcher| meets(matcher, Some(&request.method)))
        && (!entry.asks_for_source() || request.via == Via::Mesh)
        && entry.labels.iter().all(|(key, value)| {
            request
                .source_labels
                .get(*key)
                .is_some_and(|label| label == value)
        })
        && entry
            .namespace
            .is_none_or(|namespace| request.source_namespace.as_deref() == Some(namespace))
}

fn meets(matcher: &Matcher, value: Option<&str>) -> bool {
    value.is_some_and(|value| match matcher {
        Matcher::Exact(text) => value == *text,
        Matcher::Prefix(text) => value.starts_with(text),
        Matcher::Regex(_, holds) => holds(value),
        Matcher::Present => true,
    })
}

/// A prefix of a path goes by characters, or by whole elements.
fn meets_path(router: RouterName, matcher: &Matcher, path: &str) -> bool {
    match (router, matcher) {
        (RouterName::GatewayApi, Matcher::Prefix(prefix)) => {
            *prefix == "/" || path == *prefix || path.starts_with(&format!("{prefix}/"))
        }
        (RouterName::GatewayApi | RouterName::Istio, _) => meets(matcher, Some(path)),
    }
}

/// The path after the first base route that takes the request; its rewrite is the same whoever is claimed by a cohort.
fn path(rollout: &Rollout, request: &Request) -> Option<String> {
    for base in &rollout.routes {
        let nothing = [(None, None)];
        let entries = if base.entries.is_empty() {
            &nothing[..]
        } else {
            &base.entries[..]
        };
        let taken = entries.iter().find(|(uri, method)| {
            uri.as_ref()
                .is_none_or(|matcher| meets_path(rollout.router, matcher, &request.path))
                && method
                    .as_ref()
                    .is_none_or(|matcher| meets(matcher, Some(&request.method)))
        });
        let Some((uri, _)) = taken else { continue };
        let Some(to) = base.rewrite else {
            return Some(request.path.clone());
        };
        let rest = match (uri, rollout.router) {
            (Some(Matcher::Prefix(prefix)), _) => &request.path[prefix.len()..],
            (None, RouterName::Istio) => &request.path[1..],
            (None, RouterName::GatewayApi) => {
                return Some(format!("{}{}", to.trim_end_matches('/'), request.path));
            }
            (Some(_), _) => "",
        };
        return Some(format!("{to}{rest}"));
    }
    rollout.routes.is_empty().then(|| request.path.clone())
}
