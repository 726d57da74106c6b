//! The ConfigMap of what the runtime reads.

use k8s_openapi::api::core::v1 as core;

use crate::plan::Config;

use super::Workload;

impl Workload<'_> {
    pub(super) fn config_map(&self, config: &Config) -> core::ConfigMap {
        core::ConfigMap {
            data: Some(config.data.clone()),
            metadata: self.metadata(&config.name, self.waves.config),
            ..core::ConfigMap::default()
        }
    }
}
