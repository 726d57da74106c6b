//! The DestinationRule: one subset a running model.

use crate::objects::Object;
use crate::objects::api::istio as api;

use super::{Builder, DESTINATION_RULE};

impl Builder<'_> {
    pub(super) fn destination_rule(&self, wave: i32) -> Object {
        let name = &self.router.destination_rule;
        self.object(
            DESTINATION_RULE,
            name,
            "destination-rule",
            wave,
            self.subsets(),
        )
    }

    fn subsets(&self) -> api::DestinationRuleSpec {
        let subsets = self.stage.running.keys().filter_map(|id| {
            let model = self.plan.model(*id);
            model.backend.is_none().then(|| api::Subset {
                name: model.name.to_string(),
                labels: model.subset_labels.clone(),
                traffic_policy: self.router.subset_policies.get(id).cloned(),
            })
        });
        api::DestinationRuleSpec {
            host: self.host.clone(),
            subsets: subsets.collect(),
            traffic_policy: self.router.policy.clone(),
        }
    }
}
