//! What of an object can reach a request, and its hash: two stages that serve the same from the same pods have one digest.

use std::sync::Arc;

use serde_json::Value;

use crate::units::{names, sha256_hex, sorted, write_sorted};

use super::Object;

/// What of an object reaches no request: the labels and annotations that glidepath sets on the object itself. Those of a pod
/// template stay, for routes and telemetry go by them.
fn is_ours(is_made: bool, field: &str, key: &str) -> bool {
    match field {
        "labels" => is_made && names::RESERVED_LABELS.contains(&key),
        "annotations" if is_made => names::OWN_ANNOTATIONS.contains(&key),
        // On an object of the team's own the wave alone may be ours.
        "annotations" => key == names::ANNOTATION_WAVE,
        _ => false,
    }
}

/// Whether glidepath made the object, and its labels are not the team's own: whoever runs pods of a kind that is not known may copy
/// these to the pods.
fn is_made(body: &Value) -> bool {
    body["metadata"]["labels"][names::LABEL_MANAGED_BY] == names::MANAGER
}

/// An object without what reaches no request, its keys in order: whoever prints it, reads it back or adds a comment has the same.
pub fn content(body: &Value) -> Value {
    let mut content = sorted(body);
    let is_made = is_made(body);
    let Some(metadata) = content.get_mut("metadata").and_then(Value::as_object_mut) else {
        return content;
    };
    for field in ["labels", "annotations"] {
        let Some(map) = metadata.get_mut(field).and_then(Value::as_object_mut) else {
            continue;
        };
        map.retain(|key, _| !is_ours(is_made, field, key));
        if map.is_empty() {
            metadata.shift_remove(field);
        }
    }
    content
}

/// The line that stands for one object in a stage's digest: its identity, and the hash of its content, printed with its keys in
/// order.
pub fn content_line(body: &Value) -> String {
    let word = |value: &'_ Value| value.as_str().unwrap_or_default().to_owned();
    let metadata = &body["metadata"];
    let is_made = is_made(body);
    // Thousands of objects are hashed in one run, so none is copied for it.
    let keeps = |path: &[&str]| match path {
        ["metadata", field @ ("labels" | "annotations")] => {
            let map = metadata[*field].as_object();
            map.is_none_or(|map| map.keys().any(|key| !is_ours(is_made, field, key)))
        }
        ["metadata", field, key] => !is_ours(is_made, field, key),
        _ => true,
    };
    let mut text = Vec::with_capacity(4096);
    write_sorted(body, &keeps, &mut text);
    format!(
        "{} {} {} {}",
        word(&body["kind"]),
        word(&metadata["namespace"]),
        word(&metadata["name"]),
        sha256_hex(&text)
    )
}

/// The digest of a stage with these lines, one an object: `sha256:` and 64 hexadecimal digits.
pub fn content_digest<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    format!("sha256:{}", sha256_hex(joined(lines).as_bytes()))
}

/// What the digest of a stage is made of: a line for each object, in the order of their identity.
pub fn content_text(objects: &[Arc<Object>]) -> String {
    let lines: Vec<String> = objects
        .iter()
        .map(|object| content_line(&object.body))
        .collect();
    joined(lines.iter().map(String::as_str))
}

/// The lines in their order, wherever the objects stand.
fn joined<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut lines: Vec<&str> = lines.into_iter().collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// The content digests of a plan's stages, one after the other: an object that neighbours share is hashed once.
#[derive(Debug, Default)]
pub struct Contents(Vec<(Arc<Object>, Arc<str>)>);

impl Contents {
    /// The content digest of the next stage, whose objects are sorted by file.
    pub fn digest(&mut self, objects: &[Arc<Object>]) -> String {
        let line = |object: &Arc<Object>| {
            let known = self
                .0
                .binary_search_by(|(known, _)| known.file.cmp(&object.file))
                .ok()
                .map(|at| &self.0[at])
                .filter(|(known, _)| Arc::ptr_eq(known, object));
            let line = match known {
                Some((_, line)) => Arc::clone(line),
                None => content_line(&object.body).into(),
            };
            (Arc::clone(object), line)
        };
        self.0 = objects.iter().map(line).collect();
        content_digest(self.0.iter().map(|(_, line)| &**line))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_line_has_the_hash_of_the_content() {
        let mut emptied = deployment();
        emptied["metadata"]["labels"]["team"] = json!("search \"a\" \u{e9}\n");
        emptied["spec"]["list"] = json!([1.5, null, {"b": true, "a": []}]);
        for body in [deployment(), emptied, json!({"kind": "X"})] {
            let hash = sha256_hex(content(&body).to_string().as_bytes());
            assert!(content_line(&body).ends_with(&hash), "{body}");
        }
    }

    fn deployment() -> Value {
        json!({
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {
                "name": "ranker-v2",
                "namespace": "ml",
                "labels": {"app.kubernetes.io/managed-by": "glidepath"},
                "annotations": {"argocd.argoproj.io/sync-wave": "1"},
            },
            "spec": {"template": {"metadata": {"labels": {"version": "v2"}}}},
        })
    }

    fn digest(body: &Value) -> String {
        content_digest([content_line(body).as_str()])
    }

    #[test]
    fn what_reaches_no_request_is_not_in_it() {
        let mut other = deployment();
        other["metadata"]["labels"]["app.kubernetes.io/version"] = json!("v3");
        other["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"] = json!("7");
        assert_eq!(digest(&deployment()), digest(&other));
        let mut bare = deployment();
        let metadata = bare["metadata"].as_object_mut().expect("a map");
        metadata.remove("labels");
        metadata.remove("annotations");
        assert_eq!(digest(&deployment()), digest(&bare));
    }

    #[test]
    fn what_reaches_a_request_is() {
        let mut own = deployment();
        own["metadata"]["labels"] = json!({"version": "v3"});
        let mut bare = deployment();
        bare["metadata"]["labels"] = json!({});
        assert_ne!(digest(&own), digest(&bare), "a label of the team's own");
        for path in [
            "/metadata/name",
            "/metadata/namespace",
            "/spec/template/metadata/labels/version",
        ] {
            let mut other = deployment();
            *other.pointer_mut(path).expect(path) = json!("other");
            assert_ne!(digest(&deployment()), digest(&other), "{path}");
        }
        let mut labelled = deployment();
        labelled["metadata"]["labels"]["team"] = json!("a");
        assert_ne!(digest(&deployment()), digest(&labelled));
    }

    #[test]
    fn the_order_of_keys_and_of_objects_does_not_count() {
        let text = r#"{"b": [{"y": 1, "x": 2}], "a": 0}"#;
        let other = r#"{"a": 0, "b": [{"x": 2, "y": 1}]}"#;
        let read = |text: &str| -> Value { serde_json::from_str(text).expect("JSON") };
        assert_eq!(digest(&read(text)), digest(&read(other)));
        assert_eq!(content_digest(["a", "b"]), content_digest(["b", "a"]));
        assert_ne!(content_digest(["a"]), content_digest(["a", "a"]));
    }
}
