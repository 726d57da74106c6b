//! The team's own objects: as they are, but for a wave, and for replicas where a stage says them.

use serde_json::Value;

use crate::diag::Route;
use crate::objects::{Object, ObjectId, Scope, Waves};
use crate::plan::{Model, ModelId, Own, OwnObject};
use crate::units::{names, sha256_hex};

/// The most characters of a file's name before its ending, of the 255 that file systems take.
const MAX_FILE: usize = 200;
/// The characters of a hash that stand for what is cut.
const HASH_LENGTH: usize = 8;

pub(super) fn build(
    model: &Model,
    id: ModelId,
    own: &Own,
    replicas: u32,
    waves: Waves,
) -> Vec<Object> {
    let origin = Route::root().key("spec").key("models").index(id.0);
    let objects = own.objects.iter().enumerate();
    objects
        .map(|(index, object)| {
            let is_pods = own.pods == Some(index);
            let mut body = object.body.clone();
            let wave = wave_of(object, &mut body, waves);
            let counts = is_pods && model.is_counted();
            // One that is not written is 1, and stays unwritten.
            if counts
                && replicas != own.replicas.unwrap_or(1)
                && let Some(spec) = body.get_mut("spec").and_then(Value::as_object_mut)
            {
                spec.insert("replicas".to_owned(), Value::from(replicas));
            }
            Object {
                id: ObjectId {
                    kind: object.kind.clone().into(),
                    namespace: object.namespace.clone(),
                    name: object.name.clone(),
                },
                file: file(model, own, object),
                scope: Scope::Stage,
                wave,
                origin: origin.key("workload").key("manifest"),
                body,
            }
        })
        .collect()
}

/// The wave that the object names, or the one of its kind, which it then names.
fn wave_of(object: &OwnObject, body: &mut Value, waves: Waves) -> i32 {
    let given = &body["metadata"]["annotations"][names::ANNOTATION_WAVE];
    if let Some(wave) = given.as_str().and_then(|wave| wave.parse().ok()) {
        return wave;
    }
    let wave = match (object.group.as_str(), object.kind.as_str()) {
        ("", "Namespace") => waves.namespace,
        ("" | "rbac.authorization.k8s.io" | "networking.k8s.io", _) => waves.config,
        ("autoscaling" | "keda.sh" | "policy", _) => waves.scaling,
        _ => waves.workload,
    };
    let annotations = &mut body["metadata"]["annotations"];
    if !annotations.is_object() {
        *annotations = Value::Object(serde_json::Map::new());
    }
    annotations[names::ANNOTATION_WAVE] = Value::from(wave.to_string());
    wave
}

/// `deployment-v41.recommender`: a model's name has no dot, so no other model's file is called so.
fn file(model: &Model, own: &Own, object: &OwnObject) -> String {
    let mut kind = String::new();
    for (index, c) in object.kind.char_indices() {
        if c.is_ascii_uppercase() && index > 0 && !kind.ends_with('-') {
            let before = object.kind[..index].chars().next_back();
            if before.is_some_and(|before| before.is_ascii_lowercase()) {
                kind.push('-');
            }
        }
        let is_plain = c.is_ascii_alphanumeric();
        kind.push(if is_plain {
            c.to_ascii_lowercase()
        } else {
            '-'
        });
    }
    let group = match object.group.as_str() {
        "" | "apps" => String::new(),
        group => format!(".{group}"),
    };
    let full = format!("{kind}-{}.{}{group}", model.name, object.name);
    // Two objects may differ in a group, a namespace or the case of a kind that the name of a file does not show.
    let same = |other: &OwnObject| {
        other.name == object.name && other.kind.eq_ignore_ascii_case(&object.kind)
    };
    let is_alone = own.objects.iter().filter(|other| same(other)).count() == 1;
    let is_plain =
        !object.name.contains('.') && object.kind.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if is_alone
        && is_plain
        && full.len() <= MAX_FILE
        && full
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.'))
    {
        return full;
    }
    let namespace = object.namespace.as_deref().unwrap_or_default();
    let identity = format!(
        "{} {} {namespace} {}",
        object.group, object.kind, object.name
    );
    let hash = sha256_hex(identity.as_bytes());
    format!("{}-{}.{}", cut(&kind), model.name, &hash[..HASH_LENGTH])
}

/// The beginning of a kind that is far too long.
fn cut(kind: &str) -> &str {
    &kind[..kind.len().min(63)]
}
