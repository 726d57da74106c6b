//! Where a container sees its volumes, by Kubernetes' `ValidateVolumeMounts`.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Place, words};

use super::field::{Faults, Field};
use super::form::{DESCENDING, NOT_EMPTY};
use super::rule::{Rule, Shape, distinct};

/// `volumeMounts`.
pub(super) const MOUNTS: Rule = Rule::Check(|list, faults| {
    Rule::List(&Rule::Map(&MOUNT)).check(list, faults);
    let path = |mount: &Field| mount.text("mountPath").map(str::to_owned);
    distinct(list, "mountPath", path, "mount path", faults);
});

const MOUNT: Shape = Shape {
    needs: &["name", "mountPath"],
    fields: &[
        ("name", Rule::Text(&NOT_EMPTY)),
        ("mountPath", Rule::Text(&NOT_EMPTY)),
        ("subPath", Rule::Text(&DESCENDING)),
        ("subPathExpr", Rule::Text(&DESCENDING)),
        (
            "mountPropagation",
            Rule::OneOf(&["None", "HostToContainer", "Bidirectional"]),
        ),
        (
            "recursiveReadOnly",
            Rule::OneOf(&["Disabled", "IfPossible", "Enabled"]),
        ),
    ],
    also: &[one_sub_path, propagation, recursive],
};

fn one_sub_path(mount: &Field, faults: &mut Faults) {
    if let (Some(_), Some(_), Some(expression)) = (
        mount.text("subPath"),
        mount.text("subPathExpr"),
        mount.get("subPathExpr"),
    ) {
        faults.say_key(
            &expression,
            "`subPathExpr` beside `subPath`: one of them is allowed",
        );
    }
}

fn propagation(mount: &Field, faults: &mut Faults) {
    if let (Some("Bidirectional"), Some(field)) = (
        mount.text("mountPropagation"),
        mount.get("mountPropagation"),
    ) {
        faults.say(
            &field,
            "`mountPropagation: Bidirectional` is for privileged containers, and a model's is none",
        );
    }
}

fn recursive(mount: &Field, faults: &mut Faults) {
    let (Some("IfPossible" | "Enabled"), Some(field)) = (
        mount.text("recursiveReadOnly"),
        mount.get("recursiveReadOnly"),
    ) else {
        return;
    };
    if mount
        .get("readOnly")
        .is_none_or(|value| value.value != true)
    {
        faults.say(&field, "`recursiveReadOnly` needs `readOnly: true`");
    }
    if mount
        .text("mountPropagation")
        .is_some_and(|how| how != "None")
    {
        faults.say(&field, "`recursiveReadOnly` needs `mountPropagation: None`");
    }
}

/// Every mount has its volume.
pub(super) fn have_volumes(model: &Field, faults: &mut Faults) {
    let Some(mounts) = model.get("volumeMounts") else {
        return;
    };
    let volumes = model.get("volumes");
    let volumes: BTreeSet<&str> = volumes
        .iter()
        .flat_map(|list| list.value.as_array().into_iter().flatten())
        .filter_map(|volume| volume.get("name")?.as_str())
        .collect();
    for mount in mounts.items() {
        let (Some(name), Some(field)) = (mount.text("name"), mount.get("name")) else {
            continue;
        };
        if !volumes.contains(name) {
            faults.push(
                Diagnostic::new(
                    Code::GP010,
                    Place::value(field.route()),
                    format!("`volumes` has no volume `{name}` for this mount"),
                )
                .maybe_help(words::suggestion(name, volumes.iter().copied())),
            );
        }
        if faults.is_full() {
            return;
        }
    }
}
