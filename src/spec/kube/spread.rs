//! How pods spread over zones and nodes, by Kubernetes' `validateTopologySpreadConstraints`.

use std::collections::BTreeSet;

use super::field::{Faults, Field};
use super::form::{NOT_EMPTY, QUALIFIED};
use super::rule::{POSITIVE, Rule, Shape, distinct};
use super::selectors::SELECTOR;

/// `topologySpreadConstraints`.
pub(super) const CONSTRAINTS: Rule = Rule::Check(|list, faults| {
    Rule::List(&Rule::Map(&CONSTRAINT)).check(list, faults);
    let pair = |one: &Field| {
        let parts = (one.text("topologyKey")?, one.text("whenUnsatisfiable")?);
        Some(format!("{}, {}", parts.0, parts.1))
    };
    let what = "pair of `topologyKey` and `whenUnsatisfiable`";
    distinct(list, "topologyKey", pair, what, faults);
});

const HONOURED: Rule = Rule::OneOf(&["Honor", "Ignore"]);

const CONSTRAINT: Shape = Shape {
    needs: &["maxSkew", "topologyKey", "whenUnsatisfiable"],
    fields: &[
        ("maxSkew", POSITIVE),
        ("minDomains", POSITIVE),
        ("topologyKey", Rule::Text(&NOT_EMPTY)),
        (
            "whenUnsatisfiable",
            Rule::OneOf(&["DoNotSchedule", "ScheduleAnyway"]),
        ),
        ("nodeAffinityPolicy", HONOURED),
        ("nodeTaintsPolicy", HONOURED),
        ("labelSelector", Rule::Map(&SELECTOR)),
        ("matchLabelKeys", Rule::List(&Rule::Text(&QUALIFIED))),
    ],
    also: &[domains, keys],
};

fn domains(constraint: &Field, faults: &mut Faults) {
    if let Some(domains) = constraint.get("minDomains")
        && constraint.text("whenUnsatisfiable") == Some("ScheduleAnyway")
    {
        faults.say_key(
            &domains,
            "`minDomains` is for `whenUnsatisfiable: DoNotSchedule`",
        );
    }
}

/// Keys whose values a pod brings itself need a selector to add to, which has not named them.
fn keys(constraint: &Field, faults: &mut Faults) {
    let Some(keys) = constraint.get("matchLabelKeys") else {
        return;
    };
    let Some(selector) = constraint.get("labelSelector") else {
        if constraint.len("matchLabelKeys") > 0 {
            faults.say_key(&keys, "`matchLabelKeys` needs a `labelSelector`");
        }
        return;
    };
    let labels = selector.get("matchLabels");
    let labels = labels.iter().flat_map(Field::entries).map(|(key, _)| key);
    let expressions = selector.get("matchExpressions");
    let expressions = expressions.iter().flat_map(Field::items);
    let expressions: Vec<Field> = expressions.collect();
    let named = expressions.iter().filter_map(|one| one.text("key"));
    let named: BTreeSet<&str> = labels.chain(named).collect();
    for key in keys.items() {
        if key.value.as_str().is_some_and(|key| named.contains(key)) {
            faults.must(&key, "a key that `labelSelector` has not");
        }
    }
}
