//! GP105 and GP010: what a pod has from its runtime: volumes, mount paths and its container's name, each of which Kubernetes
//! takes only once.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::runtimes;
use crate::plan::{Generated, INITIALIZER, Plan};
use crate::spec::Document;

pub(super) fn check(plan: &Plan, document: &Document, report: &mut Report) {
    for (index, model) in plan.models.iter().enumerate() {
        let Some(own) = model.generated() else {
            continue;
        };
        let runtime = runtimes::facts(own.runtime);
        let at = Route::root().key("spec").key("models").index(index);
        check_profiles(own, &at.key("podAnnotations"), report);
        check_names(document, index, own, &at, report);
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

/// No other container of the pod has the name of the one that serves.
fn check_names(
    document: &Document,
    index: usize,
    own: &Generated,
    at: &Route,
    report: &mut Report,
) {
    let model = &document.spec.models[index];
    let lists = [
        ("initContainers", &model.init_containers),
        ("sidecars", &model.sidecars),
        ("containers", &model.containers),
    ];
    for (key, list) in lists {
        for (container, at) in list.iter().flatten().zip(items(&at.key(key))) {
            if container.name == INITIALIZER && own.is_copied() {
                report.push(
                    Diagnostic::new(
                        Code::GP105,
                        Place::value(at.key("name")),
                        format!(
                            "the container name `{INITIALIZER}` is that of the container that copies what is served"
                        ),
                    )
                    .help("choose another one"),
                );
            }
            if container.name == own.container {
                report.push(
                    Diagnostic::new(
                        Code::GP105,
                        Place::value(at.key("name")),
                        format!(
                            "the container name `{}` is that of the container that serves",
                            container.name
                        ),
                    )
                    .help("choose another one, or set `containerName`"),
                );
            }
        }
    }
}

/// An annotation that gives a container its AppArmor profile names a container of the pod.
fn check_profiles(own: &Generated, at: &Route, report: &mut Report) {
    for key in own.pod.annotations.keys() {
        let named = key.strip_prefix("container.apparmor.security.beta.kubernetes.io/");
        let others = own.pod.init_containers.iter().chain(&own.pod.containers);
        let mut others = others.map(|container| container.name.as_str());
        let mut is_there =
            |named: &&str| *named == own.container || others.any(|name| name == *named);
        if let Some(named) = named.filter(|named| !is_there(named)) {
            report.push(
                Diagnostic::new(
                    Code::GP010,
                    Place::key(at.key(key)),
                    format!(
                        "this annotation is of a container `{named}`, and the pod has none of this name"
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
