//! Every label, annotation and suffix that is ever written, and the bounded builder of object names.

/// The program's name, as the manager of what it writes.
pub const MANAGER: &str = "glidepath";
/// The file that people write.
pub const SPEC_FILE: &str = "rollout.yaml";
/// The folder that is written beside it.
pub const TREE_FOLDER: &str = "deploy";
/// The plan for people, at the root of the tree.
pub const PLAN_FILE: &str = "PLAN.md";
/// The tree's lock, in its root: which files it consists of, with their digests.
pub const LOCK_FILE: &str = "plan.json";
/// The pointer to the live stage. The lock does not hash it.
pub const POINTER_FILE: &str = "current/kustomization.yaml";
/// What holds promotions back. The lock does not hash it, and rendering never writes it.
pub const HOLD_FILE: &str = "hold.yaml";
/// The folder with the evidence that promotions recorded. The lock does not hash it, and rendering never touches it.
pub const EVIDENCE_FOLDER: &str = "evidence";
/// `apiVersion` of the language.
pub const API_VERSION: &str = "glidepath.dev/v1alpha1";
/// `kind` of the language.
pub const KIND: &str = "ModelRollout";

/// Groups the pods of a rollout; the default Service selector.
pub const LABEL_APP: &str = "app";
/// Tells the models of a rollout apart; the default subset label. Istio's telemetry reads it too.
pub const LABEL_VERSION: &str = "version";
/// Kubernetes' recommended labels.
pub const LABEL_NAME: &str = "app.kubernetes.io/name";
/// The rollout that an object belongs to.
pub const LABEL_INSTANCE: &str = "app.kubernetes.io/instance";
/// The model that an object belongs to.
pub const LABEL_KUBE_VERSION: &str = "app.kubernetes.io/version";
/// Who writes the object.
pub const LABEL_MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// The labels that only glidepath sets.
pub const RESERVED_LABELS: [&str; 6] = [
    LABEL_APP,
    LABEL_VERSION,
    LABEL_NAME,
    LABEL_INSTANCE,
    LABEL_KUBE_VERSION,
    LABEL_MANAGED_BY,
];
/// A namespace's own name, which the API server sets.
pub const LABEL_NAMESPACE: &str = "kubernetes.io/metadata.name";
/// Switches Istio's sidecar on for a namespace.
pub const LABEL_INJECTION: &str = "istio-injection";

/// Orders objects within one Argo CD sync.
pub const ANNOTATION_WAVE: &str = "argocd.argoproj.io/sync-wave";
/// Argo CD's options for one object.
pub const ANNOTATION_SYNC_OPTIONS: &str = "argocd.argoproj.io/sync-options";
/// The paths, relative to an Application's, whose changes concern it.
pub const ANNOTATION_PATHS: &str = "argocd.argoproj.io/manifest-generate-paths";

/// The annotations that only glidepath sets, for whoever applies its objects.
pub const OWN_ANNOTATIONS: [&str; 3] = [ANNOTATION_WAVE, ANNOTATION_SYNC_OPTIONS, ANNOTATION_PATHS];
/// The annotations that nobody gives a stage's objects: the ones above, what would take an object out of its wave, and what
/// kubectl compares with.
pub const RESERVED_ANNOTATIONS: [&str; 6] = [
    ANNOTATION_WAVE,
    ANNOTATION_SYNC_OPTIONS,
    ANNOTATION_PATHS,
    "argocd.argoproj.io/hook",
    "argocd.argoproj.io/hook-delete-policy",
    "kubectl.kubernetes.io/last-applied-configuration",
];

/// The stages that the compiler adds; no step may have one of these names.
pub const ADOPT: &str = "adopt";
/// See [`ADOPT`].
pub const BASELINE: &str = "baseline";
/// See [`ADOPT`].
pub const DEPLOY: &str = "deploy";
/// See [`ADOPT`].
pub const RETIRE: &str = "retire";
/// The generated stages' names.
pub const GENERATED_STAGES: [&str; 4] = [ADOPT, BASELINE, DEPLOY, RETIRE];

/// The stage in which the models of an A/B test share the requests.
pub const TEST: &str = "test";

/// The most characters a Service's name may have (it becomes a DNS label).
pub const MAX_LABEL: usize = 63;
/// The most characters other objects' names may have (DNS subdomains).
pub const MAX_SUBDOMAIN: usize = 253;

/// The most characters a Deployment's name may have: a ReplicaSet's is that, `-` and a hash of ten.
pub const MAX_WORKLOAD: usize = MAX_SUBDOMAIN - 11;

/// The host of a Service: fully qualified where the namespace is known, so that no proxy resolves it elsewhere.
pub fn service_host(service: &str, namespace: Option<&str>) -> String {
    namespace.map_or_else(
        || service.to_owned(),
        |namespace| format!("{service}.{namespace}.svc.cluster.local"),
    )
}
