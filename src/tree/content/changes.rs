//! What changed between two contents of a stage, in a few words.

use serde_json::Value;

use crate::diag::words::list_of;
use crate::objects::route_change;
use crate::units::names;

use super::Content;

/// The most changes that are named.
const MOST: usize = 3;
/// The kinds that scale a model by load.
const AUTOSCALERS: [&str; 2] = ["HorizontalPodAutoscaler", "ScaledObject"];

impl Content {
    /// What is different in `after`: `` image of `v2` ``, `` weights and replicas of `v1` ``. Empty where nothing is.
    pub fn changes(&self, after: &Self) -> String {
        let mut found: Vec<String> = Vec::new();
        let identities = self.objects.keys().chain(after.objects.keys());
        for identity in identities {
            let words = match [self, after].map(|side| side.objects.get(identity)) {
                [Some(old), Some(new)] if old == new => continue,
                [Some(old), Some(new)] => Some(changed(identity, old, new)),
                [None, Some(new)] => alone(new, "added"),
                [Some(old), None] => alone(old, "removed"),
                [None, None] => None,
            };
            let Some(words) = words else {
                continue;
            };
            if !found.contains(&words) {
                found.push(words);
            }
        }
        if self.around != after.around {
            found.push(format!("`{}`", names::POINTER_FILE));
        }
        // A configuration whose hash changes is another object, and shows in the pods that read it.
        if found.is_empty() && self != after {
            found.push("configuration".to_owned());
        }
        list_of(&found, MOST)
    }
}

/// What to say of an object that only one side has; nothing where others tell more.
fn alone(body: &Value, verb: &str) -> Option<String> {
    let name = name(body);
    if body["kind"] == "Deployment" {
        Some(format!("{name} {verb}"))
    } else if AUTOSCALERS.iter().any(|kind| body["kind"] == *kind) {
        Some(format!("autoscaler of {name} {verb}"))
    } else {
        let what = route_change(body, &Value::Null)?;
        Some(format!("{what} {verb}"))
    }
}

/// What to say of an object that is another one.
fn changed(identity: &str, old: &Value, new: &Value) -> String {
    let name = name(new);
    if let Some(words) = route_change(old, new) {
        return words.to_owned();
    }
    match new["kind"].as_str() {
        None => format!("`{identity}`"),
        Some(kind) if AUTOSCALERS.contains(&kind) => format!("autoscaler of {name}"),
        Some("Deployment") => {
            let differs = |path: &str| old.pointer(path) != new.pointer(path);
            let what = if images(old) != images(new) {
                "image"
            } else if differs("/spec/template") {
                "pods"
            } else if differs("/spec/replicas") {
                "replicas"
            } else {
                "Deployment"
            };
            format!("{what} of {name}")
        }
        Some(kind) => format!("{kind} {name}"),
    }
}

/// The model that an object belongs to, by its pods' labels; else the object's own name.
fn name(body: &Value) -> String {
    let model = &body["spec"]["template"]["metadata"]["labels"][names::LABEL_KUBE_VERSION];
    let name = model.as_str().or(body["metadata"]["name"].as_str());
    format!("`{}`", name.unwrap_or_default())
}

/// The images of a pod template, in order.
fn images(deployment: &Value) -> Vec<&Value> {
    let pod = &deployment["spec"]["template"]["spec"];
    let lists = [&pod["initContainers"], &pod["containers"]];
    let containers = lists.into_iter().filter_map(Value::as_array).flatten();
    containers.map(|container| &container["image"]).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn of(files: &[&str]) -> Content {
        let files = files.iter().enumerate();
        let folder: BTreeMap<String, String> = files
            .map(|(index, text)| (format!("{index}.yaml"), (*text).to_owned()))
            .collect();
        Content::read("resources: [../stages/00-a]", &[folder])
    }

    const DEPLOYMENT: &str = "\
{kind: Deployment, metadata: {name: x-v2}, spec: {replicas: 1, template: {metadata: {labels: {app.kubernetes.io/version: v2}},
 spec: {containers: [{image: 'i:1', args: [a]}]}}}}";
    const AUTOSCALER: &str = "\
{kind: HorizontalPodAutoscaler, metadata: {name: x-v2}, spec: {maxReplicas: 3}}";

    #[test]
    fn what_changed_is_named() {
        for (old, new, words) in [
            ("i:1", "i:2", "image of `v2`"),
            ("[a]", "[b]", "pods of `v2`"),
            ("replicas: 1", "replicas: 2", "replicas of `v2`"),
            ("maxReplicas: 3", "maxReplicas: 4", "autoscaler of `x-v2`"),
        ] {
            let before = of(&[DEPLOYMENT, AUTOSCALER]);
            let [deployment, autoscaler] =
                [DEPLOYMENT, AUTOSCALER].map(|text| text.replace(old, new));
            let after = of(&[&deployment, &autoscaler]);
            assert_eq!(before.changes(&after), words);
            assert_eq!(before.changes(&before), "");
        }
        let [keda, other] = ["3", "4"].map(|most| {
            format!("{{kind: ScaledObject, metadata: {{name: x-v2}}, spec: {{maxReplicaCount: {most}}}}}")
        });
        let changed = of(&[&keda]).changes(&of(&[&other]));
        assert_eq!(changed, "autoscaler of `x-v2`");
        let (alone, both) = (of(&[AUTOSCALER]), of(&[DEPLOYMENT, AUTOSCALER]));
        assert_eq!(alone.changes(&both), "`v2` added");
        assert_eq!(both.changes(&alone), "`v2` removed");
    }
}
