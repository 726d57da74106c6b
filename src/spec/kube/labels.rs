//! Labels and annotations, by apimachinery's `ValidateLabels` and `ValidateAnnotations`.

use serde_json::Value;

use super::field::{Faults, Field};
use super::form::LABEL_VALUE;
use super::rule::Rule;
use crate::units::{is_annotation_key, is_label_key};

/// The most bytes that all annotations of an object may have together, their keys included.
const MOST_ANNOTATIONS: usize = 256 * 1024;

/// Labels, or what selects by them.
pub(super) const LABELS: Rule = Rule::Check(|labels, faults| {
    for (key, value) in labels.entries() {
        if !is_label_key(key) {
            faults.say_key(
                &value,
                format!("`{key}` is no label key that Kubernetes takes"),
            );
        }
        LABEL_VALUE.check(&value, faults);
        if faults.is_full() {
            return;
        }
    }
});

/// Annotations.
pub(super) const ANNOTATIONS: Rule = Rule::Check(annotations);

fn annotations(annotations: &Field, faults: &mut Faults) {
    let mut bytes = 0;
    for (key, value) in annotations.entries() {
        bytes += key.len() + value.value.as_str().map_or(0, str::len);
        if !is_annotation_key(key) {
            faults.say_key(
                &value,
                format!("`{key}` is no annotation key that Kubernetes takes"),
            );
        }
        if faults.is_full() {
            return;
        }
    }
    if bytes > MOST_ANNOTATIONS {
        faults.say_key(
            annotations,
            format!("these annotations have {bytes} bytes, and {MOST_ANNOTATIONS} are allowed"),
        );
    }
}

/// Annotations of pods, some of which Kubernetes reads.
pub(super) const POD_ANNOTATIONS: Rule = Rule::Check(|list, faults| {
    annotations(list, faults);
    for (key, value) in list.entries() {
        let Some(text) = value.value.as_str() else {
            continue;
        };
        let allowed = match key {
            "kubernetes.io/config.mirror" => {
                faults.say_key(&value, "this annotation is for pods that the kubelet itself runs");
                continue;
            }
            "controller.kubernetes.io/pod-deletion-cost" => {
                (!is_cost(text)).then_some("a whole number of 32 bits")
            }
            "scheduler.alpha.kubernetes.io/tolerations" => (!text.is_empty()
                && serde_json::from_str::<Vec<serde_json::Map<String, Value>>>(text).is_err())
            .then_some("a list of tolerations in JSON"),
            _ if is_seccomp(key) => (!is_seccomp_profile(text)).then_some(
                "`runtime/default`, `docker/default`, `unconfined` or `localhost/` and a relative path",
            ),
            _ if key.starts_with("container.apparmor.security.beta.kubernetes.io/") => {
                (!is_apparmor_profile(text))
                    .then_some("`runtime/default`, `unconfined` or `localhost/` and a name")
            }
            _ => None,
        };
        if let Some(allowed) = allowed {
            faults.must(&value, allowed);
        }
    }
});

fn is_cost(text: &str) -> bool {
    // Kubernetes refuses a plus sign and zeros in front.
    text == "0"
        || (text.starts_with(|c| matches!(c, '-' | '1'..='9')) && text.parse::<i32>().is_ok())
}

fn is_seccomp(key: &str) -> bool {
    key == "seccomp.security.alpha.kubernetes.io/pod"
        || key.starts_with("container.seccomp.security.alpha.kubernetes.io/")
}

fn is_seccomp_profile(text: &str) -> bool {
    matches!(text, "runtime/default" | "docker/default" | "unconfined")
        || text
            .strip_prefix("localhost/")
            .is_some_and(super::form::DESCENDING.is)
}

fn is_apparmor_profile(text: &str) -> bool {
    matches!(text, "" | "runtime/default" | "unconfined") || text.starts_with("localhost/")
}
