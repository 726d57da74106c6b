//! The PodDisruptionBudget.

use k8s_openapi::api::policy::v1 as policy;

use crate::objects::base::int_or_string;
use crate::plan::Budget;

use super::Workload;

impl Workload<'_> {
    pub(super) fn disruption_budget(&self, budget: &Budget) -> policy::PodDisruptionBudget {
        let (min_available, max_unavailable) = match budget {
            Budget::MinAvailable(pods) => (Some(int_or_string(pods)), None),
            Budget::MaxUnavailable(pods) => (None, Some(int_or_string(pods))),
        };
        policy::PodDisruptionBudget {
            metadata: self.metadata(&self.model.workload_name, self.waves.scaling),
            spec: Some(policy::PodDisruptionBudgetSpec {
                max_unavailable,
                min_available,
                selector: Some(self.selector()),
                unhealthy_pod_eviction_policy: None,
            }),
            status: None,
        }
    }
}
