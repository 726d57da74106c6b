//! A base route: what Gateway API has for it, and in which release.

use serde_json::Value;

use crate::diag::{Diagnostic, Place};
use crate::spec::istio::milliseconds;
use crate::spec::schema::excerpt;
use crate::text::Route;

use super::hosts::is_precise;
use super::{Feature, GatewayApi, cors, headers, paths, refused, retries, unsaid};

/// The longest path of a rewrite.
const MAX_PATH: usize = 1_024;

pub(super) fn check(given: &Value, api: GatewayApi, at: &Route, faults: &mut Vec<Diagnostic>) {
    if given.get("timeout").is_some() {
        duration(given, "timeout", at, faults);
    }
    if let Some(given) = given.get("retries") {
        let at = at.key("retries");
        let lacks = api.lacks(Feature::Retry, "`retries`", Place::key(at.clone()));
        match lacks {
            Some(lacks) => faults.push(lacks),
            None => retries::check(given, &at, faults),
        }
    }
    tries(given, at, faults);
    if let Some(given) = given.get("corsPolicy") {
        let at = at.key("corsPolicy");
        let lacks = api.lacks(Feature::Cors, "`corsPolicy`", Place::key(at.clone()));
        match lacks {
            Some(lacks) => faults.push(lacks),
            None => cors::check(given, &at, faults),
        }
    }
    if let Some(given) = given.get("headers") {
        headers::check(given, &at.key("headers"), faults);
    }
    if let Some(given) = given.get("rewrite") {
        rewrite(given, &at.key("rewrite"), faults);
    }
}

/// A try that may take longer than the request that it is for.
fn tries(given: &Value, at: &Route, faults: &mut Vec<Diagnostic>) {
    let whole = given.get("timeout").and_then(Value::as_str);
    let one = given
        .pointer("/retries/perTryTimeout")
        .and_then(Value::as_str);
    let (Some(whole), Some(one)) = (whole, one) else {
        return;
    };
    let times = (milliseconds(whole), milliseconds(one));
    // A timeout of 0 is none.
    if let (Some(most @ 1..), Some(time)) = times
        && time > most
    {
        let message = format!(
            "a try may take `{one}`, and the whole request `{whole}`, of which Gateway API has each try be a part"
        );
        let found = refused(at.key("retries").key("perTryTimeout"), message);
        faults.push(found.help(format!("write `{whole}` or less, or give `timeout` more")));
    }
}

fn rewrite(given: &Value, at: &Route, faults: &mut Vec<Diagnostic>) {
    if let Some(path) = given.get("uri").and_then(Value::as_str) {
        let at = at.key("uri");
        if !path.starts_with('/') {
            let message = "the new path does not begin with `/`, and every path does";
            faults.push(refused(at, message).help(format!("write `/{}`", excerpt(path))));
        } else if path.chars().count() > MAX_PATH {
            let message = format!(
                "the new path is longer than the {MAX_PATH} characters that Gateway API takes"
            );
            faults.push(refused(at, message));
        } else if path.contains(['?', '#']) {
            faults.push(refused(
                at,
                "the new path has a `?` or a `#`, which end a path",
            ));
        } else if let Some(strange) = paths::strange(path) {
            let message = format!("the new path has `{}`, and no path does", excerpt(strange));
            faults.push(refused(at, message).help("write it percent-encoded"));
        }
    }
    if let Some(host) = given.get("authority").and_then(Value::as_str)
        && !is_precise(host)
    {
        let message = format!(
            "`{}` is no host that Gateway API can set; a DNS name in lower case, without a port, is allowed",
            excerpt(host)
        );
        faults.push(refused(at.key("authority"), message));
    }
}

/// Complains about a duration that Gateway API has no form for (GEP-2257).
pub(super) fn duration(given: &Value, field: &str, at: &Route, faults: &mut Vec<Diagnostic>) {
    const MAX_HOURS: u64 = 99_999;
    let Some(text) = given.get(field).and_then(Value::as_str) else {
        return;
    };
    if milliseconds(text).is_some_and(|time| time / 3_600_000 > MAX_HOURS) {
        let message =
            format!("`{field}` is `{text}`, and Gateway API takes up to {MAX_HOURS} hours");
        faults.push(unsaid(at.key(field), message));
    }
}
