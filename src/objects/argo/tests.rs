//! Every rollout's rights, and what an Application never has.

use std::collections::BTreeSet;

use crate::compile::{Environment, NoFiles, Source, compile};

use super::project::kinds;

const EXAMPLES: [(&str, &str); 4] = [
    (
        "blue-green",
        include_str!("../../../examples/blue-green/rollout.yaml"),
    ),
    (
        "image-classifier",
        include_str!("../../../examples/image-classifier/rollout.yaml"),
    ),
    (
        "istio-canary",
        include_str!("../../../examples/istio-canary/rollout.yaml"),
    ),
    (
        "tensorflow-canary",
        include_str!("../../../examples/tensorflow-canary/rollout.yaml"),
    ),
];

#[test]
fn the_project_allows_every_kind_that_is_emitted_and_no_other() {
    let mut emitted: BTreeSet<(String, String)> = BTreeSet::new();
    let mut allowed = BTreeSet::new();
    // The examples have no ServiceAccount.
    let account = EXAMPLES[3].1.replace(
        "      replicas: 5\n",
        "      replicas: 5\n      serviceAccount: {create: true, name: canary}\n",
    );
    // Nor do they ask KEDA.
    let keda = EXAMPLES[3].1.replace(
        "      replicas: 5\n",
        "      autoscaling: {min: 5, max: 9, keda: {triggers: [{type: cron, metadata: {timezone: UTC}}]}}\n",
    );
    for text in EXAMPLES
        .map(|(_, text)| text)
        .into_iter()
        .chain([account.as_str(), keda.as_str()])
    {
        let compiled = compile(
            &Source::new("rollout.yaml", text),
            &NoFiles,
            &Environment::default(),
        )
        .expect("an example compiles");
        let kinds = kinds(&compiled.plan).into_iter();
        allowed.extend(kinds.map(|(group, kind)| (group.to_string(), kind.to_string())));
        for stage in compiled.plan.stage_ids() {
            for object in compiled.objects(stage) {
                let version = object.body["apiVersion"].as_str().unwrap_or_default();
                let group = version.split_once('/').map_or("", |(group, _)| group);
                if object.id.namespace.is_some() {
                    emitted.insert((group.to_owned(), object.id.kind.to_string()));
                }
            }
        }
    }
    assert_eq!(emitted, allowed);
}

/// What `outputs.argocd` makes of the example that creates its namespace.
fn with(argocd: &str) -> Vec<serde_json::Value> {
    let text = format!(
        "{}  outputs: {{argocd: {{repoURL: 'https://git.example/models.git', path: ., {argocd}}}}}\n",
        EXAMPLES[3].1
    );
    let compiled = compile(
        &Source::new("rollout.yaml", text),
        &NoFiles,
        &Environment::default(),
    )
    .expect("it compiles");
    let objects = compiled.argo();
    objects.iter().map(|object| object.body.clone()).collect()
}

#[test]
fn an_application_syncs_the_pointer_and_ignores_no_difference() {
    let [project, application] = &with("application: {}")[..] else {
        panic!("a project and an application");
    };
    assert_eq!(project["kind"], "AppProject");
    assert_eq!(application["spec"]["source"]["path"], "deploy/current");
    assert_eq!(
        application["spec"]["syncPolicy"],
        serde_json::json!({
            "automated": {"prune": true, "selfHeal": true},
            "retry": {"limit": 5, "refresh": true, "backoff": {"duration": "10s", "factor": 2, "maxDuration": "3m"}},
            "syncOptions": ["ApplyOutOfSyncOnly=true", "PruneLast=true"],
        })
    );
    assert!(!application.to_string().contains("ignoreDifferences"));
    let paths =
        &application["metadata"]["annotations"]["argocd.argoproj.io/manifest-generate-paths"];
    assert_eq!(paths, "..");
}

#[test]
fn the_project_has_the_least_rights() {
    let project = &with("application: {cluster: prod}")[0]["spec"];
    assert_eq!(
        project["sourceRepos"],
        serde_json::json!(["https://git.example/models.git"])
    );
    assert_eq!(
        project["destinations"],
        serde_json::json!([{"name": "prod", "namespace": "tensorflow"}])
    );
    assert_eq!(
        project["clusterResourceWhitelist"],
        serde_json::json!([{"group": "", "kind": "Namespace", "name": "tensorflow"}])
    );
    assert!(!project.to_string().contains('*'), "{project}");
}

#[test]
fn a_project_that_exists_is_not_written() {
    let objects = with("project: models, application: {}");
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0]["spec"]["project"], "models");
}

#[test]
fn older_crds_get_no_field_that_they_lack() {
    for object in with("olderCrds: true, application: {}") {
        assert!(
            object["spec"]["syncPolicy"]["retry"]
                .get("refresh")
                .is_none()
        );
        assert!(
            object["spec"]["clusterResourceWhitelist"][0]
                .get("name")
                .is_none()
        );
    }
}

#[test]
fn a_monorepo_is_found_by_its_locks() {
    let objects =
        with("applicationSet: {rollouts: {folders: ['teams/*/*', .], namespaces: [b, a]}}");
    let spec = &objects[1]["spec"];
    assert_eq!(
        spec["generators"][0]["git"]["files"],
        serde_json::json!([{"path": "teams/*/*/deploy/plan.json"}, {"path": "deploy/plan.json"}])
    );
    let application = &spec["template"]["spec"];
    assert_eq!(application["source"]["path"], "{{ .path.path }}/current");
    assert_eq!(application["destination"]["namespace"], "{{ .namespace }}");
    assert_eq!(
        objects[0]["spec"]["destinations"].as_array().map(Vec::len),
        Some(2)
    );
}

#[test]
fn clusters_get_a_stage_in_waves() {
    let objects = with(
        "applicationSet: {clusters: {matchLabels: {env: prod}, waves: {label: wave, order: [{values: [one]}, {values: [two], maxUpdate: 25%}]}}}",
    );
    let spec = &objects[1]["spec"];
    assert_eq!(
        spec["strategy"],
        serde_json::json!({"type": "RollingSync", "rollingSync": {"steps": [
            {"matchExpressions": [{"key": "wave", "operator": "In", "values": ["one"]}]},
            {"matchExpressions": [{"key": "wave", "operator": "In", "values": ["two"]}], "maxUpdate": "25%"},
        ]}})
    );
    assert_eq!(
        spec["template"]["metadata"]["labels"]["wave"],
        "{{ index .metadata.labels \"wave\" }}"
    );
}
