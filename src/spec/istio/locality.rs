//! Localities (`ValidateLocalityLbSetting`).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diag::Diagnostic;
use crate::spec::schema::excerpt;
use crate::text::Route;

use super::{is_full, items, refused};

/// The labels that say where a pod is.
const TOPOLOGY: [&str; 3] = [
    "topology.kubernetes.io/region",
    "topology.kubernetes.io/zone",
    "topology.istio.io/subzone",
];

pub(super) fn check(value: &Value, route: &Route, faults: &mut Vec<Diagnostic>) {
    distribute(value, &route.key("distribute"), faults);
    let mut fails_over = false;
    for (index, failover) in items(value.get("failover")).enumerate() {
        if is_full(faults) {
            return;
        }
        fails_over = true;
        let route = route.key("failover").index(index);
        let region = |name: &str| failover.get(name).and_then(Value::as_str).unwrap_or("");
        for name in ["from", "to"] {
            if region(name).contains(['/', '*']) {
                faults.push(refused(
                    route.key(name),
                    format!(
                        "`{}` is no region; zones and `*` are not allowed here",
                        excerpt(region(name))
                    ),
                ));
            }
        }
        if region("from") == region("to") {
            faults.push(refused(
                route,
                "a region fails over to itself; `from` and `to` must differ",
            ));
        }
    }
    for (index, label) in items(value.get("failoverPriority")).enumerate() {
        if is_full(faults) {
            return;
        }
        let Some(label) = label.as_str().filter(|label| TOPOLOGY.contains(label)) else {
            continue;
        };
        if fails_over {
            faults.push(
                refused(
                    route.key("failoverPriority").index(index),
                    format!(
                        "`failover` says already in which order regions come, and so does `{label}`"
                    ),
                )
                .help("remove one of them"),
            );
        }
    }
}

/// Shares by locality: of each origin, the percentages are whole, and no locality is named twice.
fn distribute(value: &Value, route: &Route, faults: &mut Vec<Diagnostic>) {
    let mut origins = Known::default();
    for (index, rule) in items(value.get("distribute")).enumerate() {
        if is_full(faults) {
            return;
        }
        let route = route.index(index);
        let from = rule.get("from").and_then(Value::as_str).unwrap_or("");
        if let Some(fault) = origins.add(from) {
            let given = rule.get("from").is_some();
            faults.push(refused(
                if given {
                    route.key("from")
                } else {
                    route.clone()
                },
                fault,
            ));
        }
        let to = rule.get("to").and_then(Value::as_object);
        let mut shares: Vec<(&String, u64)> = to
            .into_iter()
            .flatten()
            .filter_map(|(locality, share)| Some((locality, share.as_u64()?)))
            .collect();
        // `*` sorts before every name, so that the wide ones are known first: Istio reads a map in any order.
        shares.sort_unstable();
        let mut targets = Known::default();
        for (locality, share) in &shares {
            if is_full(faults) {
                return;
            }
            let route = route.key("to").key(*locality);
            if *share == 0 {
                faults.push(refused(
                    route.clone(),
                    "the share is 0, and must be from 1 to 100",
                ));
            }
            if let Some(fault) = targets.add(locality) {
                faults.push(refused(route, fault));
            }
        }
        let sum = shares
            .iter()
            .fold(0, |sum: u64, (_, share)| sum.saturating_add(*share));
        if sum != 100 {
            faults.push(refused(
                if to.is_some() { route.key("to") } else { route },
                format!("the shares sum to {sum}, and must sum to 100"),
            ));
        }
    }
}

/// Localities that were named: regions, their zones, their subzones; `*` is all.
#[derive(Default)]
struct Known<'a>(BTreeMap<&'a str, BTreeMap<&'a str, BTreeSet<&'a str>>>);

impl<'a> Known<'a> {
    /// Adds a locality such as `us-west/zone1/*`, or says what is wrong with it.
    fn add(&mut self, locality: &'a str) -> Option<String> {
        let named = excerpt(locality);
        let stars = locality.matches('*').count();
        if stars > 1 || stars == 1 && !locality.ends_with('*') {
            return Some(format!("`{named}` has a `*` that is not its end"));
        }
        let mut parts = locality.splitn(3, '/');
        let (region, zone, subzone) = (parts.next().unwrap_or(""), parts.next(), parts.next());
        if region.is_empty() || zone == Some("") || subzone == Some("") {
            return Some(format!(
                "`{named}` is no locality; `region`, `region/zone`, `region/zone/subzone` and a `*` at the end are allowed"
            ));
        }
        let overlap = || Some(format!("`{named}` overlaps a locality before it"));
        if self.0.contains_key("*") {
            return overlap();
        }
        let Some(zone) = zone else {
            return match self
                .0
                .insert(region, BTreeMap::from([("*", BTreeSet::from(["*"]))]))
            {
                None => None,
                Some(_) => overlap(),
            };
        };
        let zones = self.0.entry(region).or_default();
        if zones.contains_key("*") {
            return overlap();
        }
        let Some(subzone) = subzone else {
            return match zones.insert(zone, BTreeSet::from(["*"])) {
                None => None,
                Some(_) => overlap(),
            };
        };
        let subzones = zones.entry(zone).or_default();
        if subzones.contains("*") || !subzones.insert(subzone) {
            return overlap();
        }
        None
    }
}
