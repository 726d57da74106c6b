//! Deployments of random pod templates, for a reader that is not glidepath: `tests/conformance/run merges` holds them against the
//! schemas of several versions of Kubernetes. Some templates have a wrong value in them; what compiles all the same must be valid.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use glidepath::compile::{Environment, NoFiles, compile};
use glidepath::diag::Severity;
use glidepath::plan::StageId;
use glidepath::text::Source;
use glidepath::tree::yaml;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::ROOT;

/// Templates of each version, those with something wrong put into them, and how many of the others must compile.
const PLAIN: usize = 300;
const ODD: usize = 900;
const LEAST: usize = 200;

/// The versions of Kubernetes, as the second part of their number, whose fields are drawn: what came after the older one is left
/// out of its templates, because its schema refuses what it does not know.
const VERSIONS: [u8; 2] = [27, 33];

/// The fields of one kind of thing, and values of each.
#[derive(Deserialize)]
struct Field {
    name: String,
    /// The version that first knows the values.
    #[serde(default)]
    since: u8,
    values: Vec<Value>,
}

/// What templates are made of.
#[derive(Deserialize)]
struct Fields {
    containers: Vec<Field>,
    /// Of a pod, beside its containers and volumes.
    pods: Vec<Field>,
    /// What a volume may be.
    volumes: Vec<Field>,
}

/// A mapping with a few of the fields that a version knows.
fn some(fields: &[Field], version: u8) -> BoxedStrategy<Value> {
    let fields = fields.iter().filter(|field| field.since <= version);
    let fields = fields.map(|field| {
        let name = field.name.clone();
        let value = proptest::option::weighted(0.15, select(field.values.clone()));
        value.prop_map(move |value| Some((name.clone(), value?)))
    });
    let fields = fields.collect::<Vec<_>>();
    fields
        .prop_map(|fields| Value::Object(fields.into_iter().flatten().collect()))
        .boxed()
}

/// A container with this name and what else it must have.
fn container(fields: &[Field], version: u8, rest: Value) -> BoxedStrategy<Value> {
    let plain = some(fields, version).prop_map(move |mut container| {
        for (key, value) in rest.as_object().into_iter().flatten() {
            container[key] = value.clone();
        }
        container
    });
    plain.boxed()
}

/// A PodTemplateSpec of a version.
fn template(fields: &Fields, version: u8) -> BoxedStrategy<Value> {
    let sources = fields.volumes.iter();
    let sources = sources.filter(|field| field.since <= version);
    let sources = sources.flat_map(|field| {
        let volume = |value: &Value| json!({"name": "data", field.name.as_str(): value});
        field.values.iter().map(volume)
    });
    let volume = select(sources.collect::<Vec<_>>());
    let container = |rest: Value| container(&fields.containers, version, rest);
    let model = container(json!({"name": "model"}));
    let helper = container(json!({"name": "helper", "image": "registry.example/helper:1"}));
    let helper = proptest::option::of(helper);
    let before = container(json!({"name": "fetch", "image": "registry.example/fetch:1"}));
    let before = (before, any::<bool>()).prop_map(move |(mut container, stays)| {
        if stays && version >= 28 {
            container["restartPolicy"] = json!("Always");
        }
        // Only containers that stay may have these.
        for field in ["lifecycle", "livenessProbe", "startupProbe", "resizePolicy"] {
            container.as_object_mut().expect("a mapping").remove(field);
        }
        container
    });
    let before = proptest::option::of(before);
    let labels = select(vec![
        json!({}),
        json!({"team": "search"}),
        json!({"example.com/a": ""}),
    ]);
    let annotations = select(vec![
        json!({"a": "true"}),
        json!(null),
        json!({"example.com/b": "1"}),
    ]);
    let parts = (
        some(&fields.pods, version),
        model,
        helper,
        before,
        volume,
        labels,
        annotations,
    );
    parts
        .prop_map(
            move |(mut pod, model, helper, before, volume, labels, annotations)| {
                pod["containers"] = [model].into_iter().chain(helper).collect();
                pod["initContainers"] = before.into_iter().collect();
                pod["volumes"] = json!([volume]);
                // Containers may name it.
                if version >= 31 && pod["resourceClaims"].is_null() {
                    pod["resourceClaims"] = json!([{"name": "gpu", "resourceClaimName": "c"}]);
                }
                json!({"metadata": {"labels": labels, "annotations": annotations}, "spec": pod})
            },
        )
        .boxed()
}

/// The pointers of every value below this one.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    let entries: Vec<(String, &Value)> = match value {
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| (key.replace('~', "~0").replace('/', "~1"), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (key, value) in entries {
        let at = format!("{at}/{key}");
        pointers(value, &at, into);
        into.push(at);
    }
}

/// Values that stand where others are meant.
fn hostile() -> BoxedStrategy<Vec<(Index, Value)>> {
    let value = select(vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(3.0),
        json!(99_999_999_999_u64),
        json!(""),
        json!("5"),
        json!("1Gi"),
        json!("Always"),
        json!([]),
        json!([null]),
        json!(["a"]),
        json!([[]]),
        json!({}),
        json!({"a": "b"}),
        json!({"a": null}),
        json!({"name": "x", "unknown": 1}),
        json!({"$patch": "replace"}),
        json!({"$patch": "delete"}),
        json!([{"$patch": "replace"}]),
    ]);
    vec((any::<Index>(), value), 1..3).boxed()
}

/// The text of the first Deployment with this template, or why there is none.
fn deployment(name: &str, template: &Value) -> Result<String, String> {
    let model = |name: &str| {
        json!({
            "name": name, "runtime": "custom", "image": "registry.example/ranker:1.4",
            "ports": [{"name": "http", "containerPort": 8080}],
        })
    };
    let mut patched = model("a");
    patched["podTemplate"] = template.clone();
    let rollout = json!({
        "apiVersion": "glidepath.dev/v1alpha1",
        "kind": "ModelRollout",
        "metadata": {"name": name, "namespace": "ml"},
        "spec": {
            "service": {"ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
            "models": [patched, model("b")],
            "stable": "a",
            "steps": [{"weight": 50, "bake": "1h", "gates": []}, {"weight": 100, "bake": "1h", "gates": []}],
        },
    });
    let source = Source::new("rollout.yaml", rollout.to_string());
    let compiled = compile(&source, &NoFiles, &Environment::default());
    let compiled = compiled.map_err(|report| {
        let complaints = report.complaints().into_iter();
        let complaints = complaints.filter(|found| found.severity == Severity::Error);
        let complaints = complaints.map(|found| found.message.as_str());
        complaints.collect::<Vec<_>>().join("; ")
    })?;
    let objects = compiled.objects(StageId::FIRST);
    let deployment = objects.iter().find(|object| object.id.kind == "Deployment");
    Ok(yaml(&deployment.expect("the stable model runs").body))
}

#[test]
#[ignore = "writes what tests/conformance/run merges reads"]
fn deployments_of_random_templates_are_written() {
    let folder = std::env::var_os("GLIDEPATH_EMITTED").expect("GLIDEPATH_EMITTED names a folder");
    let folder = PathBuf::from(folder);
    fs::create_dir_all(&folder).expect("the folder");
    let path = Path::new(ROOT).join("fixtures/pods.yaml");
    let fields = fs::read_to_string(path).expect("the fields");
    let fields: Fields = serde_yaml::from_str(&fields).expect("fields");
    let mut runner = TestRunner::default();
    for version in VERSIONS {
        let (mut stream, mut plain, mut odd) = (String::new(), 0, 0);
        let mut refused = Vec::new();
        for number in 0..PLAIN + ODD {
            let draw = (template(&fields, version), hostile()).new_tree(&mut runner);
            let (mut template, wrong) = draw.expect("a value").current();
            let is_odd = number >= PLAIN;
            for (index, value) in wrong.into_iter().filter(|_| is_odd) {
                let mut known = Vec::new();
                pointers(&template, "", &mut known);
                *template
                    .pointer_mut(index.get(&known).as_str())
                    .expect("it is there") = value;
            }
            let name = format!("t{number}");
            match deployment(&name, &template) {
                Ok(text) => {
                    *(if is_odd { &mut odd } else { &mut plain }) += 1;
                    writeln!(stream, "---\n# {template}\n{text}").expect("memory");
                }
                Err(why) if !is_odd => refused.push(why),
                Err(_) => {}
            }
        }
        let said =
            format!("# {plain} of {PLAIN} templates, and {odd} of {ODD} with a wrong value\n");
        fs::write(folder.join(format!("1.{version}.yaml")), said + &stream).expect("the stream");
        assert!(
            plain >= LEAST,
            "of version 1.{version} only {plain} compile: {refused:#?}"
        );
    }
}
