//! Claims of volumes that live as long as their pod, by Kubernetes' `ValidatePersistentVolumeClaimSpec`.

use super::field::{Faults, Field};
use super::form::{DNS_LABEL, NOT_EMPTY, SUBDOMAIN};
use super::labels::{ANNOTATIONS, LABELS};
use super::rule::{Least, Rule, Shape};
use super::selectors::SELECTOR;
use super::volumes::{some, texts};

const TEXT: Rule = Rule::Text(&NOT_EMPTY);

/// `ephemeral`.
pub(super) const EPHEMERAL: Shape = texts(
    &["volumeClaimTemplate"],
    &[(
        "volumeClaimTemplate",
        Rule::Map(&texts(
            &["spec"],
            &[
                ("metadata", Rule::Map(&METADATA)),
                ("spec", Rule::Map(&CLAIM)),
            ],
        )),
    )],
);

const METADATA: Shape = Shape {
    needs: &[],
    fields: &[("labels", LABELS), ("annotations", ANNOTATIONS)],
    also: &[|metadata, faults| {
        for (key, field) in metadata.entries() {
            if key != "labels" && key != "annotations" && field.value != "" {
                faults.say_key(
                    &field,
                    "a template of claims has `labels` and `annotations` only",
                );
            }
        }
    }],
};

const CLAIM: Shape = Shape {
    needs: &["accessModes", "resources"],
    fields: &[
        ("accessModes", Rule::Check(access)),
        ("selector", Rule::Map(&SELECTOR)),
        (
            "resources",
            Rule::Map(&texts(
                &["requests"],
                &[(
                    "requests",
                    Rule::Map(&texts(
                        &["storage"],
                        &[("storage", Rule::Amount(Least::AboveZero))],
                    )),
                )],
            )),
        ),
        ("storageClassName", Rule::Maybe(&SUBDOMAIN)),
        ("volumeAttributesClassName", Rule::Maybe(&SUBDOMAIN)),
        ("volumeMode", Rule::OneOf(&["Block", "Filesystem"])),
        ("dataSource", Rule::Map(&SOURCE)),
        ("dataSourceRef", Rule::Map(&SOURCE)),
    ],
    also: &[one_source],
};

fn access(list: &Field, faults: &mut Faults) {
    const MODES: &[&str] = &[
        "ReadWriteOnce",
        "ReadOnlyMany",
        "ReadWriteMany",
        "ReadWriteOncePod",
    ];
    some(list, faults);
    Rule::List(&Rule::OneOf(MODES)).check(list, faults);
    let has = |wanted: &str| list.items().any(|mode| mode.value == wanted);
    if has("ReadWriteOncePod") && MODES[..3].iter().any(|mode| has(mode)) {
        faults.say(
            list,
            "`ReadWriteOncePod` stands alone: no other access mode goes with it",
        );
    }
}

const SOURCE: Shape = Shape {
    needs: &["kind", "name"],
    fields: &[
        ("kind", TEXT),
        ("name", TEXT),
        ("apiGroup", Rule::Maybe(&SUBDOMAIN)),
        ("namespace", Rule::Maybe(&DNS_LABEL)),
    ],
    also: &[|source, faults| {
        if let (None, Some(kind)) = (source.text("apiGroup"), source.get("kind"))
            && kind
                .value
                .as_str()
                .is_some_and(|kind| kind != "PersistentVolumeClaim")
        {
            faults.must(
                &kind,
                "`PersistentVolumeClaim`, where there is no `apiGroup`",
            );
        }
    }],
};

fn one_source(claim: &Field, faults: &mut Faults) {
    let (Some(source), Some(reference)) = (claim.get("dataSource"), claim.get("dataSourceRef"))
    else {
        return;
    };
    let same = |key| source.text(key) == reference.text(key);
    if reference.text("namespace").is_some() {
        faults.say_key(
            &source,
            "`dataSource` beside a `dataSourceRef` with a `namespace`",
        );
    } else if !["apiGroup", "kind", "name"].into_iter().all(same) {
        faults.say(
            &source,
            "`dataSource` beside another `dataSourceRef`: they must be the same",
        );
    }
}
