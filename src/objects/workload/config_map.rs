//! The ConfigMap: variables that tell which model is served, and the runtime's files.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;

use crate::plan::runtimes::{CONFIG_FOLDER, CONFIG_VOLUME, Launch};
use crate::plan::{Model, ServedModel};
use crate::units::sha256_hex;

use super::Workload;

/// The characters of a ConfigMap's hash that its name carries.
const HASH_LENGTH: usize = 8;

/// What a ConfigMap holds.
pub(super) struct Config {
    /// A name that changes with the content: a change then rolls the pods, and a pod of the old template that restarts still
    /// finds the content that it was started with.
    pub(super) name: String,
    /// Variables, and the runtime's files.
    pub(super) data: BTreeMap<String, String>,
}

impl Config {
    /// The configuration of a model, where it has any.
    pub(super) fn of(model: &Model, launch: &Launch) -> Option<Self> {
        let mut data = model.served().map(variables).unwrap_or_default();
        let files = launch.files.iter();
        data.extend(files.map(|(name, text)| ((*name).to_owned(), text.clone())));
        if data.is_empty() {
            return None;
        }
        let content = serde_json::to_string(&data).expect("a map of strings is JSON");
        let hash = sha256_hex(content.as_bytes());
        let name = format!("{}-{}", model.workload_name, &hash[..HASH_LENGTH]);
        Some(Self { name, data })
    }
}

/// The variables that tell a container which model it serves.
fn variables(served: &ServedModel) -> BTreeMap<String, String> {
    let variable = |name: &str, value: String| (name.to_owned(), value);
    let version = served
        .version
        .map(|version| variable("MODEL_VERSION", version.to_string()));
    let named = [
        variable("MODEL_NAME", served.name.clone()),
        variable("MODEL_PATH", served.uri.clone()),
    ];
    named.into_iter().chain(version).collect()
}

impl Workload<'_> {
    pub(super) fn config_map(&self, config: &Config) -> core::ConfigMap {
        core::ConfigMap {
            data: Some(config.data.clone()),
            metadata: self.metadata(&config.name, self.waves.config),
            ..core::ConfigMap::default()
        }
    }

    /// The configuration's values as variables, then the team's own; a team's variable replaces one of the same name.
    pub(super) fn env(&self) -> Vec<core::EnvVar> {
        let own = &self.own.pod.env;
        let config = self.config.iter().flat_map(|config| {
            let is_file = |key: &String| self.launch.files.iter().any(|(name, _)| name == key);
            let keys = config.data.keys().filter(move |key| !is_file(key));
            keys.filter(|key| own.iter().all(|var| var.name != **key))
                .map(|key| core::EnvVar {
                    name: key.clone(),
                    value: None,
                    value_from: Some(core::EnvVarSource {
                        config_map_key_ref: Some(core::ConfigMapKeySelector {
                            name: config.name.clone(),
                            key: key.clone(),
                            optional: None,
                        }),
                        ..core::EnvVarSource::default()
                    }),
                })
        });
        config.chain(own.iter().cloned()).collect()
    }

    pub(super) fn config_volume(&self) -> Option<core::Volume> {
        let config = self
            .config
            .as_ref()
            .filter(|_| !self.launch.files.is_empty())?;
        let items = self.launch.files.iter().map(|(file, _)| core::KeyToPath {
            key: (*file).to_owned(),
            path: (*file).to_owned(),
            mode: None,
        });
        Some(core::Volume {
            name: CONFIG_VOLUME.to_owned(),
            config_map: Some(core::ConfigMapVolumeSource {
                name: config.name.clone(),
                items: Some(items.collect()),
                ..core::ConfigMapVolumeSource::default()
            }),
            ..core::Volume::default()
        })
    }

    /// Where the container sees the runtime's files.
    pub(super) fn config_mount(&self) -> Option<core::VolumeMount> {
        (!self.launch.files.is_empty()).then(|| core::VolumeMount {
            name: CONFIG_VOLUME.to_owned(),
            mount_path: CONFIG_FOLDER.to_owned(),
            read_only: Some(true),
            ..core::VolumeMount::default()
        })
    }
}
