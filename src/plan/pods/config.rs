//! The ConfigMap: variables that tell which model is served, and the runtime's files.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;

use crate::plan::Model;
use crate::plan::runtimes::Launch;
use crate::units::sha256_hex;

use super::Pod;

/// The characters of a ConfigMap's hash that its name carries.
const HASH_LENGTH: usize = 8;

/// What a ConfigMap holds.
#[derive(Clone, Debug)]
pub struct Config {
    /// A name that changes with the content: a change then rolls the pods, and a pod of the old template that restarts still
    /// finds the content that it was started with.
    pub name: String,
    /// Variables, and the runtime's files.
    pub data: BTreeMap<String, String>,
}

impl Config {
    /// The configuration of a model, where it has any.
    pub(super) fn of(model: &Model, launch: &Launch) -> Option<Self> {
        let entries = launch.config.iter().chain(&launch.files);
        let data: BTreeMap<_, _> = entries
            .map(|(name, text)| ((*name).to_owned(), text.clone()))
            .collect();
        if data.is_empty() {
            return None;
        }
        let content = serde_json::to_string(&data).expect("a map of strings is JSON");
        let hash = sha256_hex(content.as_bytes());
        let name = format!("{}-{}", model.workload_name, &hash[..HASH_LENGTH]);
        Some(Self { name, data })
    }
}

impl Pod<'_> {
    /// The configuration's values as variables and those of the runtime, then the team's own; a team's variable replaces one of the
    /// same name.
    pub(super) fn env(&self) -> Vec<core::EnvVar> {
        let own = &self.own.pod.env;
        let config = self.config.iter().flat_map(|config| {
            self.launch.config.iter().map(|(key, _)| core::EnvVar {
                name: (*key).to_owned(),
                value: None,
                value_from: Some(core::EnvVarSource {
                    config_map_key_ref: Some(core::ConfigMapKeySelector {
                        name: config.name.clone(),
                        key: (*key).to_owned(),
                        optional: None,
                    }),
                    ..core::EnvVarSource::default()
                }),
            })
        });
        let plain = self.launch.env.iter().map(|(name, value)| core::EnvVar {
            name: (*name).to_owned(),
            value: Some(value.clone()),
            value_from: None,
        });
        let ours = config.chain(plain);
        ours.filter(|ours| own.iter().all(|var| var.name != ours.name))
            .chain(own.iter().cloned())
            .collect()
    }

    /// The runtime's files, as a volume's source.
    pub(super) fn config_files(&self) -> Option<core::ConfigMapVolumeSource> {
        let config = self.config.as_ref()?;
        let items = self.launch.files.iter().map(|(file, _)| core::KeyToPath {
            key: (*file).to_owned(),
            path: (*file).to_owned(),
            mode: None,
        });
        Some(core::ConfigMapVolumeSource {
            name: config.name.clone(),
            items: Some(items.collect()),
            ..core::ConfigMapVolumeSource::default()
        })
    }
}
