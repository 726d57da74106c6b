//! Where pods want to be, by Kubernetes' `validateAffinity`.

use std::collections::BTreeSet;

use super::field::{Faults, Field};
use super::form::{DNS_LABEL, QUALIFIED};
use super::rule::{Rule, Shape};
use super::selectors::{NODES, PREFERRED_NODES, SELECTOR};
use super::volumes::{some, texts};

/// `affinity`.
pub(super) const AFFINITY: Rule = Rule::Map(&texts(
    &[],
    &[
        ("nodeAffinity", Rule::Map(&NODE)),
        ("podAffinity", Rule::Map(&POD)),
        ("podAntiAffinity", Rule::Map(&POD)),
    ],
));

const WEIGHT: (&str, Rule) = ("weight", Rule::Int(1, 100));

const NODE: Shape = texts(
    &[],
    &[
        (
            "requiredDuringSchedulingIgnoredDuringExecution",
            Rule::Map(&texts(
                &["nodeSelectorTerms"],
                &[(
                    "nodeSelectorTerms",
                    Rule::Check(|terms, faults| {
                        some(terms, faults);
                        Rule::List(&Rule::Map(&NODES)).check(terms, faults);
                    }),
                )],
            )),
        ),
        (
            "preferredDuringSchedulingIgnoredDuringExecution",
            Rule::List(&Rule::Map(&texts(
                &["weight", "preference"],
                &[WEIGHT, ("preference", Rule::Map(&PREFERRED_NODES))],
            ))),
        ),
    ],
);

const POD: Shape = texts(
    &[],
    &[
        (
            "requiredDuringSchedulingIgnoredDuringExecution",
            Rule::List(&Rule::Map(&TERM)),
        ),
        (
            "preferredDuringSchedulingIgnoredDuringExecution",
            Rule::List(&Rule::Map(&texts(
                &["weight", "podAffinityTerm"],
                &[WEIGHT, ("podAffinityTerm", Rule::Map(&TERM))],
            ))),
        ),
    ],
);

const TERM: Shape = Shape {
    needs: &["topologyKey"],
    fields: &[
        ("topologyKey", Rule::Text(&QUALIFIED)),
        ("labelSelector", Rule::Map(&SELECTOR)),
        ("namespaceSelector", Rule::Map(&SELECTOR)),
        ("namespaces", Rule::List(&Rule::Text(&DNS_LABEL))),
        ("matchLabelKeys", KEYS),
        ("mismatchLabelKeys", KEYS),
    ],
    also: &[label_keys],
};

const KEYS: Rule = Rule::List(&Rule::Text(&QUALIFIED));

/// Keys whose values a pod brings itself need a selector to add to, and no key can both match and not match.
fn label_keys(term: &Field, faults: &mut Faults) {
    for key in ["matchLabelKeys", "mismatchLabelKeys"] {
        if let Some(list) = term.get(key)
            && term.len(key) > 0
            && !term.has("labelSelector")
        {
            faults.say_key(&list, format!("`{key}` needs a `labelSelector`"));
        }
    }
    let (Some(matching), Some(other)) = (term.get("matchLabelKeys"), term.get("mismatchLabelKeys"))
    else {
        return;
    };
    let other: BTreeSet<String> = other.items().filter_map(text).collect();
    for key in matching.items() {
        if text(key).is_some_and(|key| other.contains(&key)) {
            faults.must(&key, "a key that `mismatchLabelKeys` has not");
        }
    }
}

fn text(field: Field) -> Option<String> {
    field.value.as_str().map(str::to_owned)
}
