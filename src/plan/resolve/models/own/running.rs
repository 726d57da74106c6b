//! Pods of a manifest that would not come, or not stay, as everything else is proved to.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::units::names;

use super::found::{Found, FoundPods};

/// Annotations that make an object a hook, which Argo CD and Helm take away again.
const HOOKS: [&str; 3] = [
    "argocd.argoproj.io/hook",
    "argocd.argoproj.io/hook-delete-policy",
    "helm.sh/hook",
];
/// Options of a sync that delete what is there.
const DELETING: [&str; 2] = ["Replace=true", "Force=true"];
/// The last wave before subsets and routes.
const LAST_WAVE: i32 = 1;

pub(super) fn hold(found: &Found<'_>, pods: &FoundPods, report: &mut Report) {
    let one = &found.objects[pods.index];
    let (body, at) = (&one.object.body, &one.at);
    let mut refuse = |code, place: Route, message: &str, help: &str| {
        let refused = Diagnostic::new(code, Place::key(place), message);
        found.file.complain(report, refused.help(help));
    };
    if body["spec"]["paused"] == true {
        let message = "a Deployment that is paused makes no pods, and requests would go there";
        refuse(
            Code::GP125,
            at.key("spec").key("paused"),
            message,
            "remove it",
        );
    }
    if pods.autoscaling.is_some() && pods.replicas.is_some() {
        let message = "`replicas` beside an autoscaler: each sync would set the number back";
        let help = "remove it, and set the autoscaler's least";
        refuse(Code::GP405, at.key("spec").key("replicas"), message, help);
    }
    let annotations = body["metadata"]["annotations"].as_object();
    for (key, value) in annotations.into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        let is_hook = HOOKS.contains(&key.as_str());
        let deletes = key == names::ANNOTATION_SYNC_OPTIONS
            && DELETING.iter().any(|option| value.contains(option));
        let is_late = key == names::ANNOTATION_WAVE
            && value.parse::<i32>().is_ok_and(|wave| wave > LAST_WAVE);
        if is_hook || deletes || is_late {
            let message =
                format!("with `{key}: {value}` the pods are not there when requests come");
            let place = at.key("metadata").key("annotations").key(key);
            refuse(Code::GP125, place, &message, "remove the annotation");
        }
    }
}
