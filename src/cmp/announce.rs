//! What Argo CD's user interface shows under an Application's parameters.

use serde_json::json;

use super::settings::{FILE, NAMESPACE, OWN_VERSION, STAGE, VERSION};
use super::{Invocation, PluginError, Settings};
use crate::compile::Files;
use crate::plan::StageId;

/// The most stages that fit into a hint.
const MOST: usize = 30;

/// The parameters as Argo CD's JSON list, each with what it is now; the stage's hint names the stages.
///
/// A stage that does not exist is no error here: this is where people put it right.
pub fn announce(invocation: &Invocation, files: &dyn Files) -> Result<String, PluginError> {
    let settings = Settings::read(invocation)?;
    let compiled = settings.compile(files)?;
    let plan = &compiled.plan;
    let live = match &settings.stage {
        Some((stage, _)) => plan.stage_called(stage),
        None => settings.stage(&compiled, files).ok(),
    };
    let name = |index: StageId| plan.stage(index).name.as_str();
    let mut stages: Vec<&str> = plan.stage_ids().take(MOST).map(name).collect();
    if plan.stages.len() > MOST {
        stages.push("…");
    }
    let one = |name: &str, title: &str, tooltip: String, now: &str| {
        json!({
            "name": name,
            "title": title,
            "tooltip": tooltip,
            "required": false,
            "itemType": "string",
            "collectionType": "string",
            "string": now,
        })
    };
    let list = json!([
        one(
            STAGE,
            "Stage",
            format!(
                "The live stage. Where it is not set, the committed pointer decides. In order: {}",
                stages.join(", ")
            ),
            live.map_or("", name),
        ),
        one(
            NAMESPACE,
            "Namespace",
            "Replaces metadata.namespace, in the objects and in Istio's hosts".to_owned(),
            plan.namespace
                .as_ref()
                .map_or("", |namespace| namespace.as_str()),
        ),
        one(
            FILE,
            "File",
            "The rollout's path below the application's folder".to_owned(),
            &settings.file,
        ),
        one(
            VERSION,
            "glidepath's version",
            "Refuses any other version, and makes Argo CD compile anew when it changes".to_owned(),
            OWN_VERSION,
        ),
    ]);
    Ok(format!("{list}\n"))
}
