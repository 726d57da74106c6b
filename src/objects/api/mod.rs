//! Kinds that k8s-openapi lacks: only the fields that are written.

pub(super) mod argo;
pub(super) mod gateway_api;
pub(super) mod istio;
pub(super) mod keda;
