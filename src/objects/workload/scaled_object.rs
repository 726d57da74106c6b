//! The ScaledObject, which stands in place of a HorizontalPodAutoscaler: KEDA makes one of its own.

use crate::objects::api::keda as api;
use crate::objects::json;
use crate::plan::{Autoscaling, Keda};

use super::Workload;

impl Workload<'_> {
    pub(super) fn scaled_object(
        &self,
        autoscaling: &Autoscaling,
        keda: &Keda,
    ) -> api::ScaledObject {
        let triggers = keda.triggers.iter().map(|trigger| {
            let mut trigger = trigger.clone();
            for text in trigger.metadata.values_mut() {
                *text = self.plan.filled(self.id, text);
            }
            json(&trigger)
        });
        let behavior = autoscaling.behavior.clone();
        let modifiers = keda.advanced.as_ref();
        api::ScaledObject {
            api_version: api::API_VERSION,
            kind: api::KIND,
            metadata: self.metadata(&self.model.workload_name, self.waves.scaling),
            spec: api::Spec {
                scale_target_ref: api::Target {
                    api_version: "apps/v1",
                    kind: "Deployment",
                    name: self.model.workload_name.clone(),
                },
                polling_interval: keda.polling_interval,
                cooldown_period: keda.cooldown_period,
                initial_cooldown_period: keda.initial_cooldown_period,
                idle_replica_count: keda.idle_replica_count,
                min_replica_count: autoscaling.min,
                max_replica_count: autoscaling.max,
                fallback: keda.fallback.as_ref().map(json),
                advanced: api::Advanced {
                    horizontal_pod_autoscaler_config: behavior
                        .map(|behavior| api::Config { behavior }),
                    scaling_modifiers: modifiers.map(|given| json(&given.scaling_modifiers)),
                },
                triggers: triggers.collect(),
            },
        }
    }
}
