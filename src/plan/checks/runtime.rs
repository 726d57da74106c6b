//! GP105 and GP010: what a pod has from its runtime: volumes, mount paths and its container's name, each of which Kubernetes
//! takes only once.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::runtimes;
use crate::plan::{Generated, Plan};

pub(super) fn check(plan: &Plan, report: &mut Report) {
    for (index, model) in plan.models.iter().enumerate() {
        let Some(own) = model.generated() else {
            continue;
        };
        let runtime = runtimes::facts(own.runtime);
        let at = Route::root().key("spec").key("models").index(index);
        check_profiles(own, &at.key("podAnnotations"), report);
        let launch = (runtime.launch)(model, own);
        for ours in own.own_volumes(&launch) {
            let mut taken = |place: Route, what: &str, name: &str| {
                let name = format!(
                    "the {what} `{name}` is the one of the runtime `{}`, for {}",
                    runtime.name, ours.purpose
                );
                let place = Place::value(place);
                let found = Diagnostic::new(Code::GP105, place, name);
                report.push(found.help("choose another one"));
            };
            for (volume, at) in own.pod.volumes.iter().zip(items(&at.key("volumes"))) {
                if volume.name == ours.name {
                    taken(at.key("name"), "volume", ours.name);
                }
            }
            let mounts = own.pod.volume_mounts.iter();
            for (mount, at) in mounts.zip(items(&at.key("volumeMounts"))) {
                if mount.mount_path.trim_end_matches('/') == ours.folder {
                    taken(at.key("mountPath"), "mount path", ours.folder);
                }
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
