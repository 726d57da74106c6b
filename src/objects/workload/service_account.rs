//! The ServiceAccount, where the rollout brings it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;

use super::Workload;

impl Workload<'_> {
    pub(super) fn service_account(
        &self,
        name: &str,
        annotations: &BTreeMap<String, String>,
    ) -> core::ServiceAccount {
        let mut metadata = self.metadata(name, self.waves.config);
        metadata
            .annotations
            .get_or_insert_default()
            .extend(annotations.clone());
        core::ServiceAccount {
            metadata,
            ..core::ServiceAccount::default()
        }
    }
}
