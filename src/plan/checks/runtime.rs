//! GP105 and GP010: what a pod has from its runtime: a volume, a mount path and its container's name, each of which Kubernetes
//! takes only once.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::runtimes::{self, CONFIG_FOLDER, CONFIG_VOLUME};
use crate::plan::{Generated, Plan};

pub(super) fn check(plan: &Plan, report: &mut Report) {
    for (index, model) in plan.models.iter().enumerate() {
        let Some(own) = model.generated() else {
            continue;
        };
        let runtime = runtimes::facts(own.runtime);
        let at = Route::root().key("spec").key("models").index(index);
        check_profiles(own, &at.key("podAnnotations"), report);
        if (runtime.launch)(model).files.is_empty() {
            continue;
        }
        let mut taken = |place: Route, what: &str, name: &str| {
            report.push(
                Diagnostic::new(
                    Code::GP105,
                    Place::value(place),
                    format!(
                        "the {what} `{name}` is the one of the runtime `{}`, for its own files",
                        runtime.name
                    ),
                )
                .help("choose another one"),
            );
        };
        for (volume, at) in own.pod.volumes.iter().zip(items(&at.key("volumes"))) {
            if volume.name == CONFIG_VOLUME {
                taken(at.key("name"), "volume", CONFIG_VOLUME);
            }
        }
        for (mount, at) in own
            .pod
            .volume_mounts
            .iter()
            .zip(items(&at.key("volumeMounts")))
        {
            if mount.mount_path == CONFIG_FOLDER {
                taken(at.key("mountPath"), "mount path", CONFIG_FOLDER);
            }
        }
    }
}

/// An annotation that gives a container its AppArmor profile names a container of the pod.
fn check_profiles(own: &Generated, at: &Route, report: &mut Report) {
    for key in own.pod.annotations.keys() {
        let named = key.strip_prefix("container.apparmor.security.beta.kubernetes.io/");
        if let Some(named) = named.filter(|named| *named != own.container) {
            report.push(
                Diagnostic::new(
                    Code::GP010,
                    Place::key(at.key(key)),
                    format!(
                        "this annotation is of the container `{named}`, and the pod's is `{}`",
                        own.container
                    ),
                )
                .help("use `securityContext.appArmorProfile`"),
            );
        }
    }
}

/// The places of a list's items.
fn items(list: &Route) -> impl Iterator<Item = Route> {
    (0..).map(|index| list.index(index))
}
