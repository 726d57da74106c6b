//! The Service: whose it is, what it selects, and ports that every model has.

mod brought;
mod ports;
mod preview;

use std::collections::BTreeMap;

use crate::diag::Route;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{Model, ModelId, Service};
use crate::spec::{Provider, SessionAffinity, Spec};
use crate::units::{DnsLabel, names};

use super::models::Owned;
use super::{check_annotations, check_label, check_labels, label};

/// The Service, or `None` where it is wrong.
pub(super) fn resolve(
    spec: &Spec,
    rollout: &DnsLabel,
    owned: &Owned<'_>,
    selector: BTreeMap<String, String>,
    models: &[Model],
    stable: ModelId,
    report: &mut Report,
) -> Option<Service> {
    let at = Route::root().key("spec").key("service");
    let name = match &spec.service.name {
        Some(name) => label(name, at.key("name"), report)?,
        None => rollout.clone(),
    };
    for (key, value) in &selector {
        check_label(key, value, &at.key("selector").key(key), report);
    }
    check_labels(&spec.service.labels, &at.key("labels"), report);
    check_annotations(&spec.service.annotations, &at.key("annotations"), report);
    let tells_models = selector.contains_key(names::LABEL_VERSION) && has_several(models);
    if tells_models {
        report.push(
            Diagnostic::new(
                Code::GP109,
                Place::key(at.key("selector").key(names::LABEL_VERSION)),
                "a Service that selects one `version` never reaches the other models",
            )
            .help("select a label that the pods of every model have"),
        );
    }
    let brought = owned.object("Service", name.as_str());
    hold_owner(spec, &name, brought.is_some(), models, &at, report)?;
    if brought.is_some() {
        owned.hold_everywhere("Service", name.as_str(), spec, report)?;
    }
    let ports = match (&spec.service.ports, brought) {
        (Some(_), _) => ports::given(spec, &at.key("ports"), models, report),
        (None, Some(service)) => Some(brought::ports(service)),
        (None, None) => ports::default(models, stable, report),
    };
    let kind = brought.map_or(spec.service.r#type, brought::kind);
    Some(Service {
        name: name.as_str().to_owned(),
        create: spec.service.create.unwrap_or(true),
        // Gateway API has no subsets.
        per_model: match spec.traffic.provider {
            Provider::Istio => spec.service.per_model,
            Provider::GatewayApi => true,
        },
        preview: preview::resolve(spec, &name, models, stable, report),
        kind,
        ports: ports?,
        adopted_selector: adopted(spec, &models[stable.0], stable, &selector),
        labels: spec.service.labels.clone(),
        annotations: spec.service.annotations.clone(),
        session: session(spec),
        selector,
    })
}

/// How long callers from one address stay with one pod, where they do.
fn session(spec: &Spec) -> Option<Option<u32>> {
    let config = spec.service.session_affinity_config;
    let seconds = config.map(|config| config.client_ip.timeout_seconds);
    match spec.service.session_affinity {
        SessionAffinity::None => None,
        SessionAffinity::ClientIP => Some(seconds),
    }
}

/// Whether the Service leads to more than one model.
fn has_several(models: &[Model]) -> bool {
    models
        .iter()
        .filter(|model| model.backend.is_none())
        .count()
        > 1
}

/// Each model's backend is a Service of its own, and not the one in front of all.
fn hold_backends(name: &DnsLabel, models: &[Model], report: &mut Report) -> bool {
    let mut sound = true;
    let models_of_pools: Vec<bool> = models.iter().map(|model| model.pool.is_some()).collect();
    let at = |index: usize| {
        let models = Route::root().key("spec").key("models");
        let backend = models.index(index).key("backend");
        let is_pool = models_of_pools[index];
        backend.key(if is_pool { "inferencePool" } else { "service" })
    };
    let own = |model: &Model| {
        // A pool of the name of a Service is another one.
        if let Some(pool) = &model.pool {
            return Some((format!("InferencePool/{}", pool.name), 0));
        }
        let backend = model.backend.as_ref()?;
        Some((backend.host(None), backend.port))
    };
    for (index, model) in models.iter().enumerate() {
        let Some(mine) = own(model) else { continue };
        let mut earlier = models[..index].iter();
        let twin = earlier.position(|other| own(other).as_ref() == Some(&mine));
        let (message, twin) = if mine.0 == name.as_str() {
            let message = format!(
                "the backend of `{}` is the Service in front of all models, and requests would go in a circle",
                model.name
            );
            (message, None)
        } else if let Some(twin) = twin {
            let message = format!(
                "`{}` and `{}` have one backend, and nothing tells them apart",
                models[twin].name, model.name
            );
            (message, Some(twin))
        } else {
            continue;
        };
        sound = false;
        let found = Diagnostic::new(Code::GP127, Place::value(at(index)), message);
        report.push(match twin {
            Some(twin) => found.label(Place::value(at(twin)), "the other one"),
            None => found.help("name the Service that leads to this model's pods alone, or give the entry another `service.name`"),
        });
    }
    sound
}

/// A Service has one owner, and of somebody else's as much must be said as the routes need.
fn hold_owner(
    spec: &Spec,
    name: &DnsLabel,
    is_brought: bool,
    models: &[Model],
    at: &Route,
    report: &mut Report,
) -> Option<()> {
    let given = &spec.service;
    let lacks =
        |field: &str| format!("the Service `{name}` is somebody else's, and its {field} not known");
    let mut sound = hold_backends(name, models, report);
    let mut refuse = |place, message: String, help: &str| {
        sound = false;
        report.push(Diagnostic::new(Code::GP127, place, message).help(help));
    };
    if is_brought {
        if given.create != Some(false) {
            let message =
                format!("a manifest brings the Service `{name}`, and glidepath would write it too");
            refuse(
                Place::key(at.clone()),
                message,
                "set `service.create: false`",
            );
        }
        for (field, is_given) in [
            ("ports", given.ports.is_some()),
            ("selector", given.selector.is_some()),
        ] {
            if is_given {
                let message =
                    format!("`{field}` of the Service `{name}`, which a manifest brings and says");
                refuse(Place::key(at.key(field)), message, "remove it");
            }
        }
    } else if given.create == Some(false) {
        let leads_to_pods = models.iter().any(|model| model.backend.is_none());
        if given.selector.is_none() && leads_to_pods {
            let help = "add `selector`, as `kubectl get service -o yaml` shows it, or a model's manifest that holds the Service";
            refuse(Place::key(at.key("create")), lacks("selector is"), help);
        }
        if given.ports.is_none() {
            let help = "add `ports`, as `kubectl get service -o yaml` shows them";
            refuse(Place::key(at.key("create")), lacks("ports are"), help);
        }
    }
    sound.then_some(())
}

/// What stable's running pods carry for certain, where that is not all that the Service will select.
fn adopted(
    spec: &Spec,
    stable: &Model,
    id: ModelId,
    selector: &BTreeMap<String, String>,
) -> Option<BTreeMap<String, String>> {
    // A manifest's selector is that of the pods that run: nobody can change it.
    let carried = match stable.own() {
        Some(_) => &stable.selector,
        None => spec.models[id.0].selector.as_ref()?,
    };
    let is_known = |(key, value): (&String, &String)| carried.get(key) == Some(value);
    (spec.adopt && !selector.iter().all(is_known)).then(|| carried.clone())
}
