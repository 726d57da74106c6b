//! KEDA's `keda.sh/v1alpha1`: ScaledObject (<https://keda.sh/docs/latest/reference/scaledobject-spec/>).

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscalerBehavior;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Serialize;
use serde_json::Value;

pub(in crate::objects) const API_VERSION: &str = "keda.sh/v1alpha1";
pub(in crate::objects) const KIND: &str = "ScaledObject";

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct ScaledObject {
    pub(in crate::objects) api_version: &'static str,
    pub(in crate::objects) kind: &'static str,
    pub(in crate::objects) metadata: ObjectMeta,
    pub(in crate::objects) spec: Spec,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Spec {
    pub(in crate::objects) scale_target_ref: Target,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) polling_interval: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) cooldown_period: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) initial_cooldown_period: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) idle_replica_count: Option<u32>,
    pub(in crate::objects) min_replica_count: u32,
    pub(in crate::objects) max_replica_count: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) fallback: Option<Value>,
    #[serde(skip_serializing_if = "Advanced::is_empty")]
    pub(in crate::objects) advanced: Advanced,
    pub(in crate::objects) triggers: Vec<Value>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Target {
    pub(in crate::objects) api_version: &'static str,
    pub(in crate::objects) kind: &'static str,
    pub(in crate::objects) name: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Advanced {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) horizontal_pod_autoscaler_config: Option<Config>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) scaling_modifiers: Option<Value>,
}

impl Advanced {
    fn is_empty(&self) -> bool {
        self.horizontal_pod_autoscaler_config.is_none() && self.scaling_modifiers.is_none()
    }
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct Config {
    pub(in crate::objects) behavior: HorizontalPodAutoscalerBehavior,
}
