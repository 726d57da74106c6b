//! The ConfigMap with flagd's definitions of the flags that cohorts name. No pod of the rollout's has it as a volume: flagd reads it, so
//! a change restarts nothing.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use serde_json::{Map, Value, json};

use crate::diag::Route;
use crate::plan::{Flag, FlagUsers, Plan, Stage, StageId};
use crate::units::{HUNDRED, Percent};

use super::meta::{id, metadata};
use super::{Object, Scope, Waves};

/// The schema that says what a definition is.
const SCHEMA: &str = "https://flagd.dev/schema/v0/flags.json";
/// The variant of users who have the flag.
const ON: &str = "on";
/// The variant of all others.
const OFF: &str = "off";

/// The definitions in a stage that routes; none where the rollout writes none.
pub(super) fn build(plan: &Plan, stage: StageId, waves: Waves) -> Option<Object> {
    let of = plan.stage(stage);
    if plan.flags.is_empty() || !of.kind.is_routed() {
        return None;
    }
    let flags = plan.flags.iter();
    let flags: Map<String, Value> = flags
        .map(|flag| (flag.key.clone(), definition(plan, flag, of)))
        .collect();
    let file = format!(
        "{:#}\n",
        json!({"$schema": SCHEMA, "flags": Value::Object(flags)})
    );
    let name = format!("{}-flags", plan.name);
    // Users get the flag once there is a route for it, and not while its pods still start.
    let wave = waves.routes;
    let body = core::ConfigMap {
        data: Some(BTreeMap::from([(
            format!("{}.flagd.json", plan.name),
            file,
        )])),
        metadata: metadata(plan, &name, wave, None),
        ..core::ConfigMap::default()
    };
    Some(Object {
        id: id(plan, "ConfigMap", &name),
        file: "flags".to_owned(),
        scope: Scope::Stage,
        wave,
        origin: Route::root().key("spec").key("outputs").key("flagd"),
        body: super::json(&body),
    })
}

/// A flag that is off has no targeting: `off` is an answer, where a disabled flag would leave it to the application's code.
fn definition(plan: &Plan, flag: &Flag, stage: &Stage) -> Value {
    let mut definition = json!({
        "state": "ENABLED",
        "variants": variants(&flag.on),
        "defaultVariant": OFF,
    });
    let share = plan.share_of_flag(flag, stage);
    let targeting = share.and_then(|share| match &flag.users {
        FlagUsers::Nobody => None,
        FlagUsers::Targeted(targeting) => Some(targeting.clone()),
        FlagUsers::Fraction(attribute) => Some(fraction(attribute, share)),
    });
    if let Some(targeting) = targeting {
        definition["targeting"] = targeting;
    }
    definition
}

fn variants(on: &str) -> Value {
    match on {
        "true" => json!({ON: true, OFF: false}),
        "false" => json!({ON: false, OFF: true}),
        OFF => json!({ON: OFF, OFF: ON}),
        other => json!({ON: other, OFF: OFF}),
    }
}

/// `on` comes first, so that a rising share only adds users. Those without the attribute would all be one user.
fn fraction(attribute: &str, share: Percent) -> Value {
    let on = share.hundredths();
    let off = HUNDRED.hundredths() - on;
    let user = json!({"cat": [{"var": "$flagd.flagKey"}, {"var": attribute}]});
    let fractional = json!({"fractional": [user, [ON, on], [OFF, off]]});
    json!({"if": [{"var": attribute}, fractional, OFF]})
}
