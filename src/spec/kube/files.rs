//! Volumes of files that Kubernetes writes itself: ConfigMaps, Secrets, the downward API, and several of them in one.

use std::collections::BTreeSet;

use super::env::{divisor, field_path, resource};
use super::field::{Faults, Field};
use super::form::{FILE, Form, NOT_EMPTY};
use super::rule::{Rule, Shape, at_most_one, exactly_one};
use super::selectors::SELECTOR;
use super::volumes::texts;
use crate::units::{is_dns_label, is_dns_subdomain};

const TEXT: Rule = Rule::Text(&NOT_EMPTY);
/// Up to 0777, as a decimal or an octal number.
const MODE: Rule = Rule::Int(0, 0o777);

/// `configMap`.
pub(super) const CONFIG_MAP: Shape = texts(
    &["name"],
    &[("name", TEXT), ("defaultMode", MODE), ("items", ITEMS)],
);
/// `secret`.
pub(super) const SECRET: Shape = texts(
    &["secretName"],
    &[
        ("secretName", TEXT),
        ("defaultMode", MODE),
        ("items", ITEMS),
    ],
);
/// `downwardAPI`.
pub(super) const DOWNWARD: Shape = texts(
    &[],
    &[
        ("defaultMode", MODE),
        ("items", Rule::List(&Rule::Map(&DOWNWARD_FILE))),
    ],
);
/// `projected`.
pub(super) const PROJECTED: Shape = Shape {
    needs: &[],
    fields: &[
        ("defaultMode", MODE),
        ("sources", Rule::List(&Rule::Map(&SOURCE))),
    ],
    also: &[one_file_a_path],
};

const ITEMS: Rule = Rule::List(&Rule::Map(&texts(
    &["key", "path"],
    &[("key", TEXT), ("path", Rule::Text(&FILE)), ("mode", MODE)],
)));

const DOWNWARD_FILE: Shape = Shape {
    needs: &["path"],
    fields: &[
        ("path", Rule::Text(&FILE)),
        ("mode", MODE),
        ("fieldRef", Rule::Map(&FIELD)),
        ("resourceFieldRef", Rule::Map(&RESOURCE)),
    ],
    also: &[|file, faults| {
        let keys = ["fieldRef", "resourceFieldRef"];
        exactly_one(file, &keys, "the file", faults);
    }],
};

const FIELD: Shape = texts(
    &["fieldPath"],
    &[
        ("apiVersion", Rule::MaybeOneOf(&["v1"])),
        (
            "fieldPath",
            Rule::Check(|path, faults| field_path(path, &PATHS, faults)),
        ),
    ],
);

/// The fields of a pod that a file may hold (`validVolumeDownwardAPIFieldPathExpressions`).
const PATHS: [&str; 5] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.labels",
    "metadata.annotations",
    "metadata.uid",
];

const RESOURCE: Shape = Shape {
    needs: &["containerName", "resource"],
    fields: &[("containerName", TEXT), ("resource", Rule::Check(resource))],
    also: &[divisor],
};

const SOURCE: Shape = Shape {
    needs: &[],
    fields: &[
        ("configMap", Rule::Map(&NAMED)),
        ("secret", Rule::Map(&NAMED)),
        (
            "downwardAPI",
            Rule::Map(&texts(
                &[],
                &[("items", Rule::List(&Rule::Map(&DOWNWARD_FILE)))],
            )),
        ),
        ("serviceAccountToken", Rule::Map(&TOKEN)),
        ("clusterTrustBundle", Rule::Map(&BUNDLE)),
    ],
    also: &[|source, faults| {
        let keys = [
            "configMap",
            "secret",
            "downwardAPI",
            "serviceAccountToken",
            "clusterTrustBundle",
        ];
        at_most_one(source, &keys, "the source", faults);
    }],
};

const NAMED: Shape = texts(&["name"], &[("name", TEXT), ("items", ITEMS)]);

const TOKEN: Shape = texts(
    &["path"],
    &[
        ("path", Rule::Text(&FILE)),
        ("expirationSeconds", Rule::Int(600, 1 << 32)),
    ],
);

const BUNDLE: Shape = Shape {
    needs: &["path"],
    fields: &[
        ("path", Rule::Text(&FILE)),
        ("name", Rule::Text(&BUNDLE_NAME)),
        ("signerName", Rule::Text(&SIGNER)),
    ],
    also: &[|bundle, faults| {
        exactly_one(bundle, &["name", "signerName"], "the bundle", faults);
        match bundle.get("labelSelector") {
            Some(selector) if bundle.has("name") => {
                faults.say_key(
                    &selector,
                    "`labelSelector` beside `name`, which is of one bundle",
                );
            }
            Some(selector) => SELECTOR.check(&selector, faults),
            None => {}
        }
    }],
};

const BUNDLE_NAME: Form = Form {
    is: |text| {
        let Some((signer, name)) = text.rsplit_once(':') else {
            return is_dns_subdomain(text);
        };
        !signer.is_empty() && is_dns_subdomain(name)
    },
    allowed: "a bundle's name: lower-case letters, digits, `-` and `.`, perhaps with its signer and `:` in front",
};
const SIGNER: Form = Form {
    is: |text| {
        text.split_once('/').is_some_and(|(domain, path)| {
            domain.len() <= 253
                && domain.contains('.')
                && domain.split('.').all(is_dns_label)
                && path.split('.').all(is_dns_subdomain)
                && text.len() <= 571
        })
    },
    allowed: "a signer such as `example.com/name`",
};

/// No two files of one volume have the same path.
fn one_file_a_path(projected: &Field, faults: &mut Faults) {
    let mut known: BTreeSet<String> = BTreeSet::new();
    let Some(sources) = projected.get("sources") else {
        return;
    };
    let mut hold = |file: &Field, faults: &mut Faults| {
        if let (Some(path), Some(field)) = (file.text("path"), file.get("path"))
            && !known.insert(path.to_owned())
        {
            faults.must(&field, "a path that no other file of this volume has");
        }
    };
    for source in sources.items() {
        for kind in ["secret", "configMap", "downwardAPI"] {
            if let Some(kind) = source.get(kind)
                && let Some(items) = kind.get("items")
            {
                items.items().for_each(|item| hold(&item, faults));
            }
        }
        if let Some(bundle) = source.get("clusterTrustBundle") {
            hold(&bundle, faults);
        }
        if faults.is_full() {
            return;
        }
    }
}
