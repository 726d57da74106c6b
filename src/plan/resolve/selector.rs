//! The labels by which the Service finds the pods of all models.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::spec::{Model, Spec};
use crate::units::{DnsLabel, names};

/// The Service's selector: the spec's, else what the pods that run are known to share, else `app: <rollout>`.
pub(super) fn selector(
    spec: &Spec,
    rollout: &DnsLabel,
    report: &mut Report,
) -> BTreeMap<String, String> {
    if let Some(given) = &spec.service.selector {
        return given.clone();
    }
    let mut adopted = spec.models.iter().filter_map(carried);
    let Some(first) = adopted.next() else {
        return BTreeMap::from([(names::LABEL_APP.to_owned(), rollout.to_string())]);
    };
    let mut shared = adopted.fold(first, |mut shared, other| {
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
    }
    shared
}

/// The labels that the pods of a running Deployment carry: its selector's for certain, and the subset's by the spec's word.
fn carried(model: &Model) -> Option<BTreeMap<String, String>> {
    let mut labels = model.selector.clone()?;
    if let Some(subset) = &model.subset {
        labels.extend(subset.labels.clone());
    }
    Some(labels)
}
