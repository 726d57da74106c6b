//! The labels by which the Service finds the pods of all models.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::spec::{self, Model, Spec};
use crate::units::{DnsLabel, names};

use super::models::Owned;

/// The Service's selector: the spec's; else, where stable is adopted, what the pods that run are known to share; else
/// `app: <rollout>`.
pub(super) fn selector(
    spec: &Spec,
    rollout: &DnsLabel,
    owned: &Owned<'_>,
    report: &mut Report,
) -> BTreeMap<String, String> {
    if let Some(given) = &spec.service.selector {
        return given.clone();
    }
    if let Some(selector) = brought(spec, rollout, owned) {
        return selector;
    }
    if spec.models.iter().all(spec::Model::is_apart) {
        return BTreeMap::new();
    }
    let indices = || 0..spec.models.len();
    let carried = |index: usize| match owned.get(index) {
        Some(_) if spec.models[index].is_apart() => None,
        Some(found) => found.pods.as_ref().map(|pods| pods.labels.clone()),
        None => carried(&spec.models[index]),
    };
    let stable = indices().find(|index| spec.models[*index].name == spec.stable);
    let Some(carried_by_stable) = stable.and_then(carried) else {
        return BTreeMap::from([(names::LABEL_APP.to_owned(), rollout.to_string())]);
    };
    if spec.adopt {
        return given_by_adopt(spec, rollout).unwrap_or_else(|| refuse(spec, report));
    }
    let adopted = indices().filter_map(carried);
    let mut shared = adopted.fold(carried_by_stable, |mut shared, other| {
        shared.retain(|key, value| other.get(key) == Some(value));
        shared
    });
    // What tells the models apart never leads to all of them.
    shared.remove(names::LABEL_VERSION);
    for model in &spec.models {
        if let Some(subset) = &model.subset {
            shared.retain(|key, value| subset.labels.get(key).is_none_or(|own| own == value));
        }
    }
    if shared.is_empty() {
        return refuse(spec, report);
    }
    shared
}

/// The selector of the Service that a manifest brings.
fn brought(spec: &Spec, rollout: &DnsLabel, owned: &Owned<'_>) -> Option<BTreeMap<String, String>> {
    let name = spec.service.name.as_deref().unwrap_or(rollout.as_str());
    let service = owned.object("Service", name)?;
    let selector = service.object.body["spec"]["selector"].as_object()?;
    let labels = selector.iter();
    let labels = labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    Some(labels.collect())
}

/// A label that glidepath gives to the pods of all models, where none of them must keep another value of it.
fn given_by_adopt(spec: &Spec, rollout: &DnsLabel) -> Option<BTreeMap<String, String>> {
    let is_free = |key: &&str| {
        spec.models.iter().all(|model| {
            let subset = model.subset.as_ref().map(|subset| &subset.labels);
            let mut kept = model.selector.iter().chain(subset);
            kept.all(|labels| {
                labels
                    .get(*key)
                    .is_none_or(|value| value == rollout.as_str())
            })
        })
    };
    let key = [names::LABEL_APP, names::LABEL_INSTANCE]
        .into_iter()
        .find(is_free)?;
    Some(BTreeMap::from([(key.to_owned(), rollout.to_string())]))
}

/// Says that a selector must be given; until then the Service has none.
fn refuse(spec: &Spec, report: &mut Report) -> BTreeMap<String, String> {
    let models = spec.models.iter().enumerate();
    let mut places = models
        .filter(|(_, model)| model.selector.is_some())
        .map(|(index, _)| {
            let models = Route::root().key("spec").key("models");
            Place::value(models.index(index).key("selector"))
        });
    if let Some(first) = places.next() {
        let refused = Diagnostic::new(
            Code::GP115,
            first,
            "the selectors of the models share no label by which the Service could reach all pods",
        )
        .help("set `service.selector` to labels that the pods of every model have");
        report.push(places.fold(refused, |refused, place| {
            refused.label(place, "nothing of this")
        }));
    }
    BTreeMap::new()
}

/// The labels that the pods of a running Deployment carry: its selector's for certain, and the subset's by the spec's word.
fn carried(model: &Model) -> Option<BTreeMap<String, String>> {
    let mut labels = model.selector.clone()?;
    if let Some(subset) = &model.subset {
        labels.extend(subset.labels.clone());
    }
    Some(labels)
}
