//! Argo CD's `argoproj.io/v1alpha1`: Application, ApplicationSet, AppProject
//! (<https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/>).

use std::borrow::Cow;
use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde::Serialize;

/// The group and version of all three.
pub(in crate::objects) const API_VERSION: &str = "argoproj.io/v1alpha1";

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Resource<S> {
    pub(in crate::objects) api_version: &'static str,
    pub(in crate::objects) kind: &'static str,
    pub(in crate::objects) metadata: ObjectMeta,
    pub(in crate::objects) spec: S,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct ApplicationSpec {
    pub(in crate::objects) destination: Destination,
    pub(in crate::objects) project: String,
    pub(in crate::objects) source: Source,
    pub(in crate::objects) sync_policy: SyncPolicy,
}

/// A cluster and a namespace; in an AppProject, which of them are allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(in crate::objects) struct Destination {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) name: Option<String>,
    pub(in crate::objects) namespace: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) server: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Source {
    pub(in crate::objects) path: String,
    #[serde(rename = "repoURL")]
    pub(in crate::objects) repo_url: String,
    pub(in crate::objects) target_revision: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct SyncPolicy {
    pub(in crate::objects) automated: Automated,
    pub(in crate::objects) retry: Retry,
    pub(in crate::objects) sync_options: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Automated {
    pub(in crate::objects) prune: bool,
    pub(in crate::objects) self_heal: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct Retry {
    pub(in crate::objects) limit: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) refresh: Option<bool>,
    pub(in crate::objects) backoff: Backoff,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Backoff {
    pub(in crate::objects) duration: &'static str,
    pub(in crate::objects) factor: i64,
    pub(in crate::objects) max_duration: &'static str,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct ApplicationSetSpec {
    pub(in crate::objects) go_template: bool,
    pub(in crate::objects) go_template_options: Vec<&'static str>,
    pub(in crate::objects) generators: Vec<Generator>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) strategy: Option<Strategy>,
    pub(in crate::objects) template: Template,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) enum Generator {
    Git(GitGenerator),
    Clusters(ClusterGenerator),
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct GitGenerator {
    #[serde(rename = "repoURL")]
    pub(in crate::objects) repo_url: String,
    pub(in crate::objects) revision: String,
    pub(in crate::objects) files: Vec<GitFiles>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct GitFiles {
    pub(in crate::objects) path: String,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct ClusterGenerator {
    pub(in crate::objects) selector: ClusterSelector,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct ClusterSelector {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(in crate::objects) match_labels: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct Strategy {
    pub(in crate::objects) r#type: &'static str,
    pub(in crate::objects) rolling_sync: RollingSync,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct RollingSync {
    pub(in crate::objects) steps: Vec<RollingStep>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct RollingStep {
    pub(in crate::objects) match_expressions: Vec<Expression>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) max_update: Option<IntOrString>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct Expression {
    pub(in crate::objects) key: String,
    pub(in crate::objects) operator: &'static str,
    pub(in crate::objects) values: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct Template {
    pub(in crate::objects) metadata: TemplateMeta,
    pub(in crate::objects) spec: ApplicationSpec,
}

#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct TemplateMeta {
    pub(in crate::objects) name: String,
    pub(in crate::objects) labels: BTreeMap<String, String>,
    pub(in crate::objects) annotations: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::objects) struct AppProjectSpec {
    pub(in crate::objects) description: String,
    pub(in crate::objects) source_repos: Vec<String>,
    pub(in crate::objects) destinations: Vec<Destination>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(in crate::objects) cluster_resource_whitelist: Vec<AllowedKind>,
    pub(in crate::objects) namespace_resource_whitelist: Vec<AllowedKind>,
}

/// A kind that may be written; for cluster-wide ones, by name too.
#[derive(Clone, Debug, Serialize)]
pub(in crate::objects) struct AllowedKind {
    pub(in crate::objects) group: Cow<'static, str>,
    pub(in crate::objects) kind: Cow<'static, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::objects) name: Option<String>,
}
