//! The labels that say what an object is.

use std::collections::BTreeMap;

use crate::units::{DnsLabel, names};

/// The labels of a rollout's object: those that the spec gives to all of them, and glidepath's own. A model's objects carry its
/// version, too.
pub fn labels(
    rollout: &DnsLabel,
    given: &BTreeMap<String, String>,
    model: Option<&DnsLabel>,
) -> BTreeMap<String, String> {
    let mut labels = given.clone();
    let mut set = |key: &str, value: &str| labels.insert(key.to_owned(), value.to_owned());
    set(names::LABEL_APP, rollout.as_str());
    set(names::LABEL_NAME, rollout.as_str());
    set(names::LABEL_INSTANCE, rollout.as_str());
    set(names::LABEL_MANAGED_BY, names::MANAGER);
    if let Some(model) = model {
        set(names::LABEL_VERSION, model.as_str());
        set(names::LABEL_KUBE_VERSION, model.as_str());
    }
    labels
}
