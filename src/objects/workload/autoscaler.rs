//! The HorizontalPodAutoscaler.

use k8s_openapi::api::autoscaling::v2 as scaling;

use crate::plan::Autoscaling;

use super::Workload;

/// The autoscaler's target where the spec names none, in percent of the requested CPU.
const CPU_TARGET: u32 = 70;

impl Workload<'_> {
    pub(super) fn autoscaler(
        &self,
        autoscaling: &Autoscaling,
        cpu: Option<u32>,
        metrics: &[scaling::MetricSpec],
    ) -> scaling::HorizontalPodAutoscaler {
        let cpu = cpu.or_else(|| metrics.is_empty().then_some(CPU_TARGET));
        let cpu = cpu.map(|target| scaling::MetricSpec {
            type_: "Resource".to_owned(),
            resource: Some(scaling::ResourceMetricSource {
                name: "cpu".to_owned(),
                target: scaling::MetricTarget {
                    type_: "Utilization".to_owned(),
                    average_utilization: Some(i32::try_from(target).unwrap_or(i32::MAX)),
                    ..scaling::MetricTarget::default()
                },
            }),
            ..scaling::MetricSpec::default()
        });
        let count = |pods: u32| i32::try_from(pods).unwrap_or(i32::MAX);
        scaling::HorizontalPodAutoscaler {
            metadata: self.metadata(&self.model.workload_name, self.waves.scaling),
            spec: Some(scaling::HorizontalPodAutoscalerSpec {
                max_replicas: count(autoscaling.max),
                metrics: Some(cpu.into_iter().chain(metrics.iter().cloned()).collect()),
                min_replicas: Some(count(autoscaling.min)),
                scale_target_ref: scaling::CrossVersionObjectReference {
                    api_version: Some("apps/v1".to_owned()),
                    kind: "Deployment".to_owned(),
                    name: self.model.workload_name.clone(),
                },
                behavior: autoscaling.behavior.clone(),
            }),
            status: None,
        }
    }
}
