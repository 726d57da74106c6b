//! Load balancers (`validateLoadBalancer`).

use std::collections::BTreeSet;

use serde_json::Value;

use crate::diag::{Diagnostic, Place};
use crate::text::Route;

use super::{IstioVersion, Shape, duration, is_full, items, locality, refused, version};

/// Envoy's table of Maglev has fewer places than this.
const MAGLEV_PLACES: u64 = 5_000_011;
/// The largest ring that Envoy takes (`RingHashLbConfig.minimum_ring_size`).
const RING_PLACES: u64 = 8_388_608;

pub(super) fn check(shape: Shape<'_>, faults: &mut Vec<Diagnostic>) {
    let Shape { value, route, .. } = shape;
    if let Some(hash) = value.get("consistentHash") {
        consistent_hash(hash, &route.key("consistentHash"), faults);
    }
    if let Some(setting) = value.get("localityLbSetting") {
        locality::check(setting, &route.key("localityLbSetting"), faults);
    }
    duration::check(value, "warmupDurationSecs", route, faults);
    let Some(warmup) = value.get("warmup") else {
        return;
    };
    let route = &route.key("warmup");
    duration::check(warmup, "duration", route, faults);
    let Some(aggression) = warmup.get("aggression").and_then(Value::as_f64) else {
        return;
    };
    let route = route.key("aggression");
    if aggression <= 0.0 {
        faults.push(refused(
            route,
            format!("`aggression` is `{aggression}`, and must be above 0"),
        ));
    } else if aggression < 1.0 && shape.version < IstioVersion::V1_29 {
        faults.push(version::newer(
            Place::value(route),
            "an `aggression` below 1",
            IstioVersion::V1_29,
            shape.version,
        ));
    }
}

fn consistent_hash(value: &Value, route: &Route, faults: &mut Vec<Diagnostic>) {
    let mut names = BTreeSet::new();
    for (index, attribute) in items(value.pointer("/httpCookie/attributes")).enumerate() {
        if is_full(faults) {
            return;
        }
        let Some(name) = attribute.get("name").and_then(Value::as_str) else {
            continue;
        };
        let fault = if name.is_empty() {
            "the attribute's name is empty".to_owned()
        } else if !names.insert(name) {
            format!("the attribute `{name}` is there twice")
        } else {
            continue;
        };
        let route = route.key("httpCookie").key("attributes").index(index);
        faults.push(refused(route.key("name"), fault));
    }
    if let Some(cookie) = value.get("httpCookie") {
        duration::check_any(cookie, "ttl", &route.key("httpCookie"), faults);
    }
    let ring = value.get("minimumRingSize").and_then(Value::as_u64);
    let tables = ["ringHash", "maglev"];
    if ring.is_some_and(|size| size != 0)
        && let Some(table) = tables.into_iter().find(|name| value.get(name).is_some())
    {
        faults.push(
            refused(
                route.key("minimumRingSize"),
                format!("`minimumRingSize` and `{table}` cannot both be set"),
            )
            .help("remove `minimumRingSize`; `ringHash` has one of its own"),
        );
    }
    for (place, size) in [
        (route.key("minimumRingSize"), ring),
        (
            route.key("ringHash").key("minimumRingSize"),
            value
                .pointer("/ringHash/minimumRingSize")
                .and_then(Value::as_u64),
        ),
    ] {
        if size.is_some_and(|size| size > RING_PLACES) {
            faults.push(refused(
                place,
                format!("Envoy takes rings of up to {RING_PLACES} places"),
            ));
        }
    }
    if let Some(maglev) = value.get("maglev") {
        let size = maglev.get("tableSize").and_then(Value::as_u64).unwrap_or(0);
        if size >= MAGLEV_PLACES || !is_prime(size) {
            let at = route.key("maglev");
            let given = maglev.get("tableSize").is_some();
            faults.push(
                refused(
                    if given { at.key("tableSize") } else { at },
                    format!("`maglev` needs a `tableSize` that is a prime below {MAGLEV_PLACES}"),
                )
                .help("Envoy's own is `tableSize: 65537`"),
            );
        }
    }
}

/// As Envoy sees it, to which 1 is a prime too.
fn is_prime(number: u64) -> bool {
    number > 0 && (2..=number.isqrt()).all(|factor| !number.is_multiple_of(factor))
}
