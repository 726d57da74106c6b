//! By which labels the pods of a manifest are told from the other models', where the spec does not say it.

use std::collections::BTreeMap;

use crate::diag::words::and_list;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::model::Model;
use crate::spec::Document;
use crate::units::names;

use super::Owned;

/// Labels that say a version, the one that is looked for first in front: a single one is enough, and stays when other models come
/// and go.
const USUAL: [&str; 2] = [names::LABEL_VERSION, names::LABEL_KUBE_VERSION];

/// Fills in what tells the pods of manifests apart; `None` where nothing does.
pub(in crate::plan::resolve::models) fn tell_apart(
    document: &Document,
    owned: &Owned<'_>,
    mut models: Vec<Model>,
    report: &mut Report,
) -> Option<Vec<Model>> {
    let mut sound = true;
    for index in 0..models.len() {
        let (model, given) = (&models[index], &document.spec.models[index]);
        if model.own().is_none() || model.backend.is_some() || given.subset.is_some() {
            continue;
        }
        let others: Vec<&Model> = models
            .iter()
            .enumerate()
            .filter(|(other, model)| *other != index && model.backend.is_none())
            .map(|(_, model)| model)
            .collect();
        let is_own = |(key, value): &(&String, &String)| {
            others
                .iter()
                .all(|other| other.pod_labels.get(*key) != Some(*value))
        };
        let telling: BTreeMap<String, String> = model
            .pod_labels
            .iter()
            .filter(is_own)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        // What the Deployment selects by, its running pods carry for certain.
        let certain: BTreeMap<String, String> = telling
            .iter()
            .filter(|(key, value)| model.selector.get(*key) == Some(*value))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        let telling = if certain.is_empty() { telling } else { certain };
        let usual = USUAL.iter().find(|key| telling.contains_key(**key));
        let telling = match usual {
            Some(key) => BTreeMap::from([((*key).to_owned(), telling[*key].clone())]),
            None => telling,
        };
        if telling.is_empty() {
            sound = false;
            let same = others.iter().filter(|other| {
                let mut labels = model.pod_labels.iter();
                labels.any(|(key, value)| other.pod_labels.get(key) == Some(value))
            });
            let message = format!(
                "no label tells the pods of `{}` from those of {}",
                model.name,
                and_list(same.map(|other| &other.name))
            );
            if let Some(found) = owned.get(index)
                && let Some(pods) = &found.pods
            {
                let place = Place::value(pods.labels_at.clone());
                let lacking = Diagnostic::new(Code::GP126, place, message)
                    .note("each model is a subset of the Service's pods, and a subset is found by labels")
                    .help(format!("add a label of their own, such as `version: {}`", model.name));
                found.file.complain(report, lacking);
            }
        }
        models[index].subset_labels = telling;
    }
    sound.then_some(models)
}
