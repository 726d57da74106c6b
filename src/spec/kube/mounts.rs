//! Where a container sees its volumes, by Kubernetes' `ValidateVolumeMounts`.

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, words};

use super::field::{Faults, Field};
use super::form::{DESCENDING, NO_STEP_BACK, NOT_EMPTY};
use super::pod::Shared;
use super::rule::{Rule, Shape, distinct, distinct_names};

/// `volumeMounts`.
pub(super) const MOUNTS: Rule = Rule::Check(|list, faults| {
    Rule::List(&Rule::Map(&MOUNT)).check(list, faults);
    let path = |mount: &Field| mount.text("mountPath").map(str::to_owned);
    distinct(list, "mountPath", path, "mount path", faults);
});

/// `volumeDevices`.
pub(super) const DEVICES: Rule = Rule::Check(|list, faults| {
    const DEVICE: Rule = Rule::Map(&Shape {
        needs: &["name", "devicePath"],
        fields: &[
            ("name", Rule::Text(&NOT_EMPTY)),
            ("devicePath", Rule::Text(&NO_STEP_BACK)),
        ],
        also: &[],
    });
    Rule::List(&DEVICE).check(list, faults);
    distinct_names(list, "device", faults);
    let path = |device: &Field| device.text("devicePath").map(str::to_owned);
    distinct(list, "devicePath", path, "device path", faults);
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
    also: &[one_sub_path, recursive],
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

/// Only a privileged container may mount for others; `security` is the key of its security context.
pub(super) fn propagation(container: &Field, security: &str, faults: &mut Faults) {
    let context = container.value.get(security);
    if context.is_some_and(|context| context["privileged"] == true) {
        return;
    }
    let mounts = container.get("volumeMounts");
    for mount in mounts.iter().flat_map(Field::items) {
        if let (Some("Bidirectional"), Some(field)) = (
            mount.text("mountPropagation"),
            mount.get("mountPropagation"),
        ) {
            faults.say(
                &field,
                "`mountPropagation: Bidirectional` is for privileged containers, and this is none",
            );
        }
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

/// Every mount has its volume, and every device one that can be a device.
pub(super) fn have_volumes(container: &Field, shared: &Shared, faults: &mut Faults) {
    for key in ["volumeMounts", "volumeDevices"] {
        let list = container.get(key);
        for item in list.iter().flat_map(Field::items) {
            let (Some(name), Some(field)) = (item.text("name"), item.get("name")) else {
                continue;
            };
            match shared.volumes.get(name) {
                None => {
                    let known = shared.volumes.keys().copied();
                    faults.push(
                        Diagnostic::new(
                            Code::GP010,
                            Place::value(field.route()),
                            format!("`volumes` has no volume `{name}` for this mount"),
                        )
                        .maybe_help(words::suggestion(name, known)),
                    );
                }
                Some(volume) if key == "volumeDevices" && !is_claim(volume) => {
                    faults.must(&field, "a `persistentVolumeClaim` or `ephemeral` volume");
                }
                Some(_) => {}
            }
            if faults.is_full() {
                return;
            }
        }
    }
}

fn is_claim(volume: &Value) -> bool {
    let is_there = |kind| volume.get(kind).is_some_and(|source| !source.is_null());
    is_there("persistentVolumeClaim") || is_there("ephemeral")
}
