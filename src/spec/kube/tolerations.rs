//! Tolerations, by Kubernetes' `ValidateTolerations`.

use super::field::{Faults, Field};
use super::form::{LABEL_VALUE, QUALIFIED};
use super::rule::{Rule, Shape};

/// `tolerations`.
pub(super) const TOLERATIONS: Rule = Rule::List(&Rule::Map(&Shape {
    needs: &[],
    fields: &[
        ("key", Rule::Maybe(&QUALIFIED)),
        ("operator", Rule::MaybeOneOf(&["Equal", "Exists"])),
        (
            "effect",
            Rule::MaybeOneOf(&["NoSchedule", "PreferNoSchedule", "NoExecute"]),
        ),
    ],
    also: &[toleration],
}));

fn toleration(toleration: &Field, faults: &mut Faults) {
    let operator = toleration.text("operator").unwrap_or("Equal");
    if operator != "Exists" && toleration.get("key").is_none_or(|key| key.value == "") {
        match toleration.get("operator") {
            Some(field) => faults.must(&field, "`Exists`, where there is no `key`"),
            None => faults.say_key(
                toleration,
                "a toleration without `key` needs `operator: Exists`",
            ),
        }
    }
    if let Some(seconds) = toleration.get("tolerationSeconds")
        && toleration.text("effect") != Some("NoExecute")
    {
        match toleration.get("effect") {
            Some(effect) => faults.must(&effect, "`NoExecute`, where `tolerationSeconds` is set"),
            None => faults.say_key(&seconds, "`tolerationSeconds` needs `effect: NoExecute`"),
        }
    }
    let Some(value) = toleration.get("value") else {
        return;
    };
    match operator {
        "Equal" => LABEL_VALUE.check(&value, faults),
        "Exists" if value.value != "" => {
            faults.say_key(
                &value,
                "`value` beside `operator: Exists`, which compares nothing",
            );
        }
        _ => {}
    }
}
