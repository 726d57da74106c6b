//! What a committed stage serves, by its files: whatever wrote them, and whether or not the lock agrees.

mod changes;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::objects::{content, content_digest, content_line};
use crate::text::{Source, parse};

/// The file that lists a folder's others for kustomize.
const LIST: &str = "kustomization.yaml";

/// The objects that a pointer leads to, without what of them reaches no request. Two that are equal serve the same.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Content {
    /// `Kind namespace name` to the object.
    objects: BTreeMap<String, Value>,
    /// What people added to the pointer's own file, such as a patch.
    around: Value,
}

impl Content {
    /// What the text of a pointer and the files of its folders hold: `folders` has the base and the stage, file name to text. A
    /// file that is no object counts by its text.
    pub fn read(pointer: &str, folders: &[BTreeMap<String, String>]) -> Self {
        let files = folders.iter().flatten().filter(|(name, _)| *name != LIST);
        let objects = files.map(|(name, text)| match value(text) {
            Some(body) if body["kind"].is_string() => (identity(&body), content(&body)),
            Some(_) | None => (name.clone(), Value::from(text.as_str())),
        });
        let mut around = value(pointer).unwrap_or_default();
        if let Some(map) = around.as_object_mut() {
            map.remove("resources");
        }
        Self {
            objects: objects.collect(),
            around,
        }
    }

    /// The content digest of the stage: what its lock says, where the files are what was rendered.
    pub fn digest(&self) -> String {
        let lines: Vec<String> = self.objects.values().map(content_line).collect();
        content_digest(lines.iter().map(String::as_str))
    }
}

fn value(text: &str) -> Option<Value> {
    let node = parse(&Source::new(LIST, text)).ok()?;
    Some(node.to_json())
}

fn identity(body: &Value) -> String {
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &body["metadata"];
    format!(
        "{} {} {}",
        word(&body["kind"]),
        word(&metadata["namespace"]),
        word(&metadata["name"])
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::{Environment, NoFiles, compile};
    use crate::units::names::POINTER_FILE;

    /// A rollout with strings, numbers and fractions that a printer or a reader may change.
    const ROLLOUT: &str = "\
apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {name: churn, namespace: ml}
spec:
  models:
    - {name: v1, runtime: custom, image: 'i:1', ports: [{name: http, containerPort: 80}], env: [{name: A, value: 'yes'}, {name: B, value: '1e3'}]}
    - {name: v2, runtime: custom, image: 'i:2', ports: [{name: http, containerPort: 80}], autoscaling: {min: 1, max: 3, cpu: 60}}
  stable: v1
  steps:
    - {name: canary, weight: 12.5, mirror: {to: v2, percent: 0.5}}
";

    #[test]
    fn files_have_the_digest_of_the_objects_that_they_were_made_of() {
        let compiled = compile(
            &Source::new("rollout.yaml", ROLLOUT),
            &NoFiles,
            &Environment::default(),
        );
        let compiled = compiled.expect("it compiles");
        let tree = compiled.tree();
        for stage in compiled.plan.stage_ids() {
            let folder = |folder: &str| -> BTreeMap<String, String> {
                let files = tree.files.iter();
                let files = files.filter_map(|(path, text)| {
                    let name = path.strip_prefix(folder)?.strip_prefix('/')?;
                    Some((name.to_owned(), text.to_string()))
                });
                files.collect()
            };
            let own = format!("stages/{}", tree.folder(stage));
            let content = Content::read(POINTER_FILE, &[folder("base"), folder(&own)]);
            let locked = tree.stage(stage).content_digest.as_ref();
            assert_eq!(Some(&content.digest()), locked, "{own}");
        }
    }

    #[test]
    fn what_people_add_to_the_pointer_counts() {
        let plain = Content::read("resources: [../stages/00-a] # live", &[]);
        let renumbered = Content::read("resources: [../stages/01-a]", &[]);
        assert_eq!(plain, renumbered);
        let patched = "resources: [../stages/00-a]\nimages: [{name: i, newTag: '2'}]";
        assert_ne!(plain, Content::read(patched, &[]));
    }

    #[test]
    fn a_file_that_is_no_object_counts_by_its_text() {
        let with = |text: &str| {
            let folder = BTreeMap::from([("x.yaml".to_owned(), text.to_owned())]);
            Content::read("", &[folder])
        };
        assert_ne!(with("{"), with("{{"));
        assert_eq!(with("{"), with("{"));
    }
}
