//! Selectors of pods and nodes by their labels (`ValidateLabelSelector`, `ValidateNodeSelectorTerm`).

use super::field::{Faults, Field};
use super::form::{LABEL_VALUE, QUALIFIED, SUBDOMAIN};
use super::labels::LABELS;
use super::rule::{Rule, Shape};

/// A `LabelSelector`.
pub(super) const SELECTOR: Shape = Shape {
    needs: &[],
    fields: &[
        ("matchLabels", LABELS),
        (
            "matchExpressions",
            Rule::List(&Rule::Map(&Shape {
                needs: &["key", "operator"],
                fields: &[
                    ("key", Rule::Text(&QUALIFIED)),
                    (
                        "operator",
                        Rule::OneOf(&["In", "NotIn", "Exists", "DoesNotExist"]),
                    ),
                    ("values", Rule::List(&Rule::Text(&LABEL_VALUE))),
                ],
                also: &[values],
            })),
        ),
    ],
    also: &[],
};

/// A term of a selector of nodes that must hold.
pub(super) const NODES: Shape = Shape {
    needs: &[],
    fields: &[
        ("matchExpressions", Rule::List(&Rule::Map(&STRICT))),
        ("matchFields", Rule::List(&Rule::Map(&BY_FIELD))),
    ],
    also: &[],
};

/// A term of a selector of nodes that only weighs, for which Kubernetes takes any value.
pub(super) const PREFERRED_NODES: Shape = Shape {
    needs: &[],
    fields: &[
        ("matchExpressions", Rule::List(&Rule::Map(&LENIENT))),
        ("matchFields", Rule::List(&Rule::Map(&BY_FIELD))),
    ],
    also: &[],
};

const OPERATORS: &[&str] = &["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"];

const STRICT: Shape = Shape {
    needs: &["key", "operator"],
    fields: &[
        ("key", Rule::Text(&QUALIFIED)),
        ("operator", Rule::OneOf(OPERATORS)),
        ("values", Rule::List(&Rule::Text(&LABEL_VALUE))),
    ],
    also: &[values],
};

const LENIENT: Shape = Shape {
    needs: &["key", "operator"],
    fields: &[
        ("key", Rule::Text(&QUALIFIED)),
        ("operator", Rule::OneOf(OPERATORS)),
    ],
    also: &[values],
};

const BY_FIELD: Shape = Shape {
    needs: &["key", "operator"],
    fields: &[
        ("key", Rule::OneOf(&["metadata.name"])),
        ("operator", Rule::OneOf(&["In", "NotIn"])),
        ("values", Rule::List(&Rule::Text(&SUBDOMAIN))),
    ],
    also: &[|requirement, faults| {
        if matches!(requirement.text("operator"), Some("In" | "NotIn")) {
            counted(requirement, 1, faults);
        }
    }],
};

/// How many values an operator takes.
fn values(requirement: &Field, faults: &mut Faults) {
    match (requirement.text("operator"), requirement.get("values")) {
        (Some("In" | "NotIn"), None) => faults.lacks(requirement, "values"),
        (Some("In" | "NotIn"), Some(list)) => super::volumes::some(&list, faults),
        (Some("Gt" | "Lt"), _) => counted(requirement, 1, faults),
        (Some(operator @ ("Exists" | "DoesNotExist")), Some(list))
            if requirement.len("values") > 0 =>
        {
            let message = format!("`values` beside `operator: {operator}`, which compares none");
            faults.say_key(&list, message);
        }
        _ => {}
    }
}

fn counted(requirement: &Field, wanted: usize, faults: &mut Faults) {
    match requirement.get("values") {
        None => faults.lacks(requirement, "values"),
        Some(list) if requirement.len("values") != wanted => {
            faults.must(&list, "a list of exactly one value");
        }
        Some(_) => {}
    }
}
