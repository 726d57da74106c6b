//! Environment variables, by Kubernetes' `ValidateEnv` and `ValidateEnvFrom`.

use super::field::{Faults, Field};
use super::form::{CONFIG_KEY, NAME_OR_PREFIX, QUALIFIED, SUBDOMAIN, VARIABLE};
use super::rule::{Rule, Shape, distinct_names, exactly_one, quantity};
use crate::diag::words;
use crate::units::{is_annotation_key, is_label_key};

/// `env`.
pub(super) const ENV: Rule = Rule::Check(|list, faults| {
    Rule::List(&Rule::Map(&VARIABLE_SHAPE)).check(list, faults);
    // Server-side apply keys the list by name.
    distinct_names(list, "variable", faults);
});

/// `envFrom`.
pub(super) const ENV_FROM: Rule = Rule::List(&Rule::Map(&Shape {
    needs: &[],
    fields: &[
        ("prefix", Rule::Maybe(&VARIABLE)),
        ("configMapRef", Rule::Map(&WHOLE)),
        ("secretRef", Rule::Map(&WHOLE)),
    ],
    also: &[|source, faults| {
        let keys = ["configMapRef", "secretRef"];
        exactly_one(source, &keys, "a source of variables", faults);
    }],
}));

/// A ConfigMap or Secret as a whole.
const WHOLE: Shape = Shape {
    needs: &["name"],
    fields: &[("name", Rule::Text(&NAME_OR_PREFIX))],
    also: &[],
};

const VARIABLE_SHAPE: Shape = Shape {
    needs: &["name"],
    fields: &[
        ("name", Rule::Text(&VARIABLE)),
        ("valueFrom", Rule::Map(&SOURCE)),
    ],
    also: &[|variable, faults| {
        if let (Some(_), Some(source)) = (variable.text("value"), variable.get("valueFrom")) {
            faults.say_key(
                &source,
                "`valueFrom` beside `value`: a variable has one of them",
            );
        }
    }],
};

const SOURCE: Shape = Shape {
    needs: &[],
    fields: &[
        ("fieldRef", Rule::Map(&FIELD)),
        ("resourceFieldRef", Rule::Map(&RESOURCE)),
        ("configMapKeyRef", Rule::Map(&KEY)),
        ("secretKeyRef", Rule::Map(&KEY)),
    ],
    also: &[|source, faults| {
        let keys = [
            "fieldRef",
            "resourceFieldRef",
            "configMapKeyRef",
            "secretKeyRef",
        ];
        exactly_one(source, &keys, "`valueFrom`", faults);
    }],
};

/// A key of a ConfigMap or Secret.
const KEY: Shape = Shape {
    needs: &["name", "key"],
    fields: &[
        ("name", Rule::Text(&SUBDOMAIN)),
        ("key", Rule::Text(&CONFIG_KEY)),
    ],
    also: &[],
};

const FIELD: Shape = Shape {
    needs: &["fieldPath"],
    fields: &[
        ("apiVersion", Rule::MaybeOneOf(&["v1"])),
        (
            "fieldPath",
            Rule::Check(|path, faults| field_path(path, &VARIABLE_PATHS, faults)),
        ),
    ],
    also: &[],
};

/// The fields of a pod that a variable may hold (`validEnvDownwardAPIFieldPathExpressions`).
const VARIABLE_PATHS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

/// Holds the path of a pod's field against the paths that are allowed, or that name one label or annotation.
pub(super) fn field_path(path: &Field, known: &[&str], faults: &mut Faults) {
    let Some(text) = path.value.as_str() else {
        return;
    };
    let subscript = text
        .strip_suffix("']")
        .and_then(|text| text.split_once("['"))
        .filter(|(field, _)| !field.is_empty());
    let is_sound = match subscript {
        Some(("metadata.labels", key)) => is_label_key(key),
        Some(("metadata.annotations", key)) => is_annotation_key(key),
        Some(_) => false,
        // The old name of `spec.nodeName`.
        None => known.contains(&text) || (text == "spec.host" && known.contains(&"spec.nodeName")),
    };
    if is_sound {
        return;
    }
    if matches!(
        subscript,
        Some(("metadata.labels" | "metadata.annotations", _))
    ) {
        faults.must(path, &format!("such a path with {}", QUALIFIED.allowed));
    } else {
        let known = words::or_list(known);
        faults.must(
            path,
            &format!("{known}, or `metadata.labels['…']` or `metadata.annotations['…']`"),
        );
    }
}

/// An amount of the container itself.
const RESOURCE: Shape = Shape {
    needs: &["resource"],
    fields: &[("resource", Rule::Check(resource))],
    also: &[divisor],
};

/// The amounts that a container can tell of itself, beside huge pages.
const AMOUNTS: [&str; 6] = [
    "limits.cpu",
    "limits.memory",
    "limits.ephemeral-storage",
    "requests.cpu",
    "requests.memory",
    "requests.ephemeral-storage",
];

fn is_huge(resource: &str) -> bool {
    resource.starts_with("requests.hugepages-") || resource.starts_with("limits.hugepages-")
}

/// Holds `resource` against the amounts that a container can tell.
pub(super) fn resource(resource: &Field, faults: &mut Faults) {
    if let Some(text) = resource.value.as_str()
        && !AMOUNTS.contains(&text)
        && !is_huge(text)
    {
        faults.must(
            resource,
            &format!(
                "{}, or such a one of `hugepages-<size>`",
                words::or_list(AMOUNTS)
            ),
        );
    }
}

/// Holds `divisor` against the units that the amount has (`validateContainerResourceDivisor`).
pub(super) fn divisor(reference: &Field, faults: &mut Faults) {
    let (Some(resource), Some(divisor)) = (reference.text("resource"), reference.get("divisor"))
    else {
        return;
    };
    let amount = match quantity(divisor.value) {
        Some(Ok(amount)) if amount.is_zero() => return,
        Some(Ok(amount)) => amount,
        Some(Err(())) => {
            faults.must(&divisor, "a quantity such as `1`, `1m` or `1Mi`");
            return;
        }
        None => return,
    };
    // What is too large to compare, or too small, is no unit.
    let billionths = amount.billionths().unwrap_or(0);
    // The server compares what is written.
    let text = amount.as_str();
    let is_plain = !text.starts_with(['+', '0']) && !text.contains('.');
    let one = 1_000_000_000_i128;
    let powers = |base: i128| (0..=6).any(|power| one * base.pow(power) == billionths);
    let is_cpu = matches!(resource, "limits.cpu" | "requests.cpu");
    let is_unit = if is_cpu {
        billionths == one || billionths == 1_000_000
    } else if !AMOUNTS.contains(&resource) && !is_huge(resource) {
        true
    } else if amount.as_str().ends_with('i') {
        powers(1024)
    } else if amount.as_str().contains('e') {
        billionths == one
    } else {
        powers(1000)
    };
    if !is_unit || !is_plain {
        faults.must(
            &divisor,
            if is_cpu {
                "`1` or `1m`"
            } else {
                "1, or one of the units `1k` to `1E` and `1Ki` to `1Ei`"
            },
        );
    }
}
