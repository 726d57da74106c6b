//! What KEDA looks at, by the rules of its admission webhook and of its scalers (`apis/keda/v1alpha1`, `pkg/scalers`).

use super::field::{Faults, Field};
use super::rule::{Rule, Shape, distinct_names};

/// `autoscaling.keda`, as far as the schema does not say it.
pub(super) const KEDA: Rule = Rule::Map(&Shape {
    needs: &[],
    fields: &[(
        "triggers",
        Rule::Check(|triggers, faults| {
            distinct_names(triggers, "trigger", faults);
            for trigger in triggers.items() {
                check(&trigger, faults);
            }
        }),
    )],
    also: &[falls_back],
});

/// Scalers that read what the pods use of what they ask for: without pods they know nothing.
const OF_PODS: [&str; 2] = ["cpu", "memory"];

fn check(trigger: &Field, faults: &mut Faults) {
    let Some(kind) = trigger.text("type") else {
        return;
    };
    let is_of_pods = OF_PODS.contains(&kind);
    if let Some(cached) = trigger.get("useCachedMetrics")
        && cached.value == true
        && (is_of_pods || kind == "cron")
    {
        faults.must(
            &cached,
            &format!("`false` for the trigger `{kind}`, which KEDA does not ask"),
        );
    }
    if let Some(of) = trigger.get("metricType")
        && of.value == "Utilization"
        && !is_of_pods
    {
        faults.must(
            &of,
            "`AverageValue` or `Value`: only `cpu` and `memory` have a utilization",
        );
    }
    let Some(metadata) = trigger.get("metadata") else {
        return;
    };
    let needed: &[&str] = match kind {
        "prometheus" => &["serverAddress", "query", "threshold"],
        "cpu" | "memory" => &["value"],
        _ => &[],
    };
    for key in needed {
        match metadata.get(key) {
            None => faults.lacks(&metadata, key),
            Some(value) if value.value == "" => {
                faults.must(&value, "a string of at least one character");
            }
            Some(_) => {}
        }
    }
    if kind == "prometheus" {
        for key in ["threshold", "activationThreshold"] {
            if let Some(value) = metadata.get(key) {
                number(&value, faults);
            }
        }
        if let Some(value) = metadata.get("ignoreNullValues")
            && value.value != "true"
            && value.value != "false"
        {
            faults.must(&value, "`\"true\"` or `\"false\"`");
        }
    }
}

fn number(field: &Field, faults: &mut Faults) {
    let is_number = |text: &str| text.parse::<f64>().is_ok_and(f64::is_finite);
    if field
        .value
        .as_str()
        .is_some_and(|text| !text.is_empty() && !is_number(text))
    {
        faults.must(field, "a number as a string, such as `\"5\"`");
    }
}

/// Whether no trigger can tell anything without pods.
pub(super) fn needs_pods(keda: &Field) -> bool {
    keda.get("triggers").is_some_and(|triggers| {
        let mut items = triggers.items();
        triggers.value.as_array().is_some_and(|all| !all.is_empty())
            && items.all(|trigger| {
                trigger
                    .text("type")
                    .is_some_and(|kind| OF_PODS.contains(&kind))
            })
    })
}

/// `CheckFallbackValid`, and the formula that a fallback may need.
fn falls_back(keda: &Field, faults: &mut Faults) {
    let Some(fallback) = keda.get("fallback") else {
        return;
    };
    let has_formula = keda.has("advanced");
    if needs_pods(keda) && !has_formula {
        faults.say_key(
            &fallback,
            "`fallback` is for triggers that can fail, and `cpu` and `memory` are none",
        );
    }
    if let Some(behavior) = fallback.get("behavior")
        && behavior.value == "scalingModifiers"
        && !has_formula
    {
        faults.say(
            &behavior,
            "`behavior: scalingModifiers` needs `advanced.scalingModifiers`",
        );
    }
}
