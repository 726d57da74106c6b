//! A rollout takes over what runs: `fixtures/adoption/` has pairs of what a cluster holds and the rollout that adopts it.

use std::fs;
use std::path::Path;

use glidepath::compile::{Compiled, Environment, NoFiles, Source, compile};
use glidepath::diag::{Code, Severity};
use serde_yaml::{Mapping, Value};

use crate::promotion::harness::Lab;
use crate::support::{Place, ROOT};

const POINTER: &str = "deploy/current/kustomization.yaml";
/// The pods carry a label that tells them apart.
const TELLING: &str = "labels-that-tell";
/// They carry none, and the stage `adopt` gives it to them.
const SILENT: &str = "no-label-that-tells";

fn fixture(pair: &str, file: &str) -> String {
    let path = Path::new(ROOT).join("fixtures/adoption").join(pair);
    fs::read_to_string(path.join(file)).expect("a fixture")
}

/// The objects that run before the rollout.
fn live(pair: &str) -> Vec<Value> {
    let list: Value = serde_yaml::from_str(&fixture(pair, "live.yaml")).expect("YAML");
    list["items"].as_sequence().expect("a list").clone()
}

/// The objects of a stage, built.
fn stage(place: &Place, name: &str) -> Vec<Value> {
    let built = place.run(&["render", "--stdout", "--stage", name]).exits(0);
    let documents = built.stdout.split("---\n");
    documents
        .map(|document| serde_yaml::from_str(document).expect("YAML"))
        .collect()
}

/// The one object of a kind, where there is one.
fn find<'a>(objects: &'a [Value], kind: &str) -> Option<&'a Value> {
    let mut found = objects.iter().filter(|object| object["kind"] == kind);
    let first = found.next();
    assert!(found.next().is_none(), "one {kind}");
    first
}

fn one<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    find(objects, kind).expect(kind)
}

fn labels(value: &Value) -> &Mapping {
    value.as_mapping().expect("labels")
}

/// Whether pods with these labels are selected.
fn selects(selector: &Value, pods: &Value) -> bool {
    let pods = labels(pods);
    labels(selector)
        .iter()
        .all(|(key, value)| pods.get(key) == Some(value))
}

fn pods(objects: &[Value]) -> &Value {
    &one(objects, "Deployment")["spec"]["template"]["metadata"]["labels"]
}

/// The labels of the subset that a stage's route names, in the DestinationRule of these objects.
fn routed_subset<'a>(routes: &Value, rules: &'a [Value]) -> &'a Value {
    let to = &routes["spec"]["http"][0]["route"][0]["destination"];
    let rule = &one(rules, "DestinationRule")["spec"];
    assert_eq!(rule["host"], to["host"]);
    let subsets = rule["subsets"].as_sequence().expect("subsets");
    let found = subsets.iter().find(|subset| subset["name"] == to["subset"]);
    &found.expect("the subset that is routed to")["labels"]
}

/// Requests find their pods in whatever order the objects of two neighbours are applied, and whichever pods have been replaced.
fn assert_found(before: &[Value], after: &[Value], what: &str) {
    for service in [before, after].map(|objects| one(objects, "Service")) {
        for objects in [before, after] {
            assert!(
                selects(&service["spec"]["selector"], pods(objects)),
                "{what}: the Service"
            );
        }
    }
    let [earlier, later] = [before, after].map(|objects| find(objects, "VirtualService"));
    for routes in earlier.into_iter().chain(later) {
        for rules in [before, after] {
            for objects in [before, after] {
                let subset = routed_subset(routes, rules);
                assert!(selects(subset, pods(objects)), "{what}: the subset");
            }
        }
    }
}

/// What cannot be changed is as it was, and client-side apply merges into what is there.
fn assert_taken_over(before: &[Value], after: &[Value], what: &str) {
    let [old, new] = [before, after].map(|objects| one(objects, "Deployment"));
    assert_eq!(old["metadata"]["name"], new["metadata"]["name"], "{what}");
    assert_eq!(old["spec"]["selector"], new["spec"]["selector"], "{what}");
    let [old, new] = [old, new].map(|object| &object["spec"]["template"]["spec"]["containers"]);
    assert_eq!(old[0]["name"], new[0]["name"], "{what}");
    assert_eq!(old[0]["image"], new[0]["image"], "{what}");
    let [old, new] = [before, after].map(|objects| one(objects, "Service"));
    assert_eq!(old["metadata"]["name"], new["metadata"]["name"], "{what}");
    for field in ["port", "targetPort"] {
        assert_eq!(
            old["spec"]["ports"][0][field], new["spec"]["ports"][0][field],
            "{what}"
        );
    }
    let [old, new] = [before, after].map(|objects| one(objects, "HorizontalPodAutoscaler"));
    assert_eq!(old["metadata"]["name"], new["metadata"]["name"], "{what}");
    for field in ["minReplicas", "maxReplicas", "scaleTargetRef"] {
        assert_eq!(old["spec"][field], new["spec"][field], "{what}");
    }
}

#[test]
fn requests_find_the_pods_that_run_already() {
    for (pair, stages) in [
        (TELLING, &["baseline"][..]),
        (SILENT, &["adopt", "baseline"]),
    ] {
        let place = Place::with(&fixture(pair, "rollout.yaml"));
        let run = place.run(&["render"]).exits(0);
        assert!(!run.stderr.contains("warning"), "{}", run.shown());
        let mut before = live(pair);
        for name in stages {
            let after = stage(&place, name);
            let what = format!("{pair}, {name}");
            assert_taken_over(&before, &after, &what);
            assert_found(&before, &after, &what);
            before = after;
        }
        assert!(find(&before, "VirtualService").is_some(), "{pair} routes");
    }
}

#[test]
fn adopt_routes_nothing_and_is_left_for_good() {
    let lab = Lab::bare_bones("adopt");
    lab.write("app/rollout.yaml", &fixture(SILENT, "rollout.yaml"));
    fs::remove_dir_all(lab.dir.join("app/deploy")).expect("a tree");
    lab.ok(&["render", "app"]);
    lab.commit_all("begin");
    assert_eq!(lab.live(), "adopt");
    let traced = lab.ok(&["trace", "app", "--stage", "adopt"]);
    assert!(traced.contains("no route applies"), "{traced}");
    lab.refused(
        &["promote", "app", "--to", "weight-10"],
        1,
        "GP301: VirtualService/vision/image-classifier sends requests to the subset `v2`",
    );
    lab.ok(&["promote", "app"]);
    assert_eq!(lab.live(), "baseline");
    lab.ok(&["promote", "app"]);
    lab.ok(&["promote", "app"]);
    assert_eq!(lab.live(), "weight-10");
    assert_eq!(lab.status()["rollback"]["stage"], "deploy");
    lab.refused(
        &["rollback", "app", "--to", "adopt"],
        1,
        "`adopt` has no routes, so nothing goes back to it",
    );
    lab.ok(&["rollback", "app"]);
    assert_eq!(lab.live(), "deploy");
    lab.refused(&["rollback", "app", "--to", "adopt"], 1, "no routes");
    lab.ok(&["rollback", "app", "--to", "baseline"]);
    assert_eq!(lab.live(), "baseline");
}

/// The rollout after the adopting one: its candidate is stable now.
fn next(text: &str) -> String {
    let (before, v1) = text.split_once("    - name: v1\n").expect("v1");
    let (_, v2) = v1.split_once("    - name: v2\n").expect("v2");
    let (v2, rest) = v2.split_once("  stable: v1\n").expect("stable");
    let v3 = v2
        .replace(":2.0", ":3.0")
        .replace("classifier-next", "classifier-third");
    format!("{before}    - name: v2\n{v2}    - name: v3\n{v3}  stable: v2\n{rest}")
}

#[test]
fn the_rollout_after_an_adopting_one_begins_at_the_baseline() {
    let text = fixture(SILENT, "rollout.yaml");
    let place = Place::with(&text);
    place.run(&["render"]).exits(0);
    place.edit(POINTER, "00-adopt", "06-retire");
    place.write("rollout.yaml", next(&text));
    let before = place.snapshot();
    place
        .run(&["render"])
        .exits(1)
        .says(&["GP117", "remove `adopt`"]);
    place.assert_unchanged(&before);
    place.edit("rollout.yaml", "  adopt: true\n", "");
    let run = place.run(&["render"]).exits(0);
    run.says(&["the last rollout is complete in `retire`; this one begins at `00-baseline`"]);
    // Every stage has the same Service again.
    assert!(place.path("deploy/base/service.yaml").exists());
}

#[test]
fn a_rollout_that_adopts_is_walked_to_its_end_and_followed_by_the_next() {
    const FILE: &str = "app/rollout.yaml";
    let said = "    selector: {app.kubernetes.io/instance: image-classifier}\n";
    let text = fixture(SILENT, "rollout.yaml");
    for (name, text) in [
        ("adopt-next-said", text.clone()),
        ("adopt-next-default", text.replace(said, "")),
    ] {
        let lab = Lab::bare_bones(name);
        // Nothing is judged here.
        lab.write(
            FILE,
            &text.replace("bake: 1h, gates: [availability]", "gates: []"),
        );
        fs::remove_dir_all(lab.dir.join("app/deploy")).expect("a tree");
        lab.ok(&["render", FILE]);
        lab.commit_all("begin");
        while lab.status()["next"].is_object() {
            lab.ok(&["promote", FILE]);
        }
        assert_eq!(lab.live(), "retire");
        let built = |stage| lab.ok(&["render", "--stdout", "--stage", stage, FILE]);
        let ended = built("retire");
        lab.ok(&[
            "next",
            "--model",
            "v3",
            "--image",
            "registry.example/classifier:3.0",
            FILE,
        ]);
        let after = lab.read(FILE);
        assert!(!after.contains("adopt:"), "{after}");
        assert!(
            after.contains(&format!(
                "  service:\n{}    name: classifier\n",
                if name.ends_with("default") { said } else { "" }
            )),
            "{after}"
        );
        assert_eq!(built("baseline"), ended);
        lab.ok(&["render", FILE]);
        lab.commit_all("v3 after v2");
        assert_eq!(lab.live(), "baseline");
        lab.ok(&["promote", FILE]);
    }
}

#[test]
fn the_rollout_after_one_that_adopts_plainly_changes_nothing_that_serves() {
    let text = fixture(TELLING, "rollout.yaml");
    let place = Place::with(&text);
    place.run(&["render"]).exits(0);
    place.edit(POINTER, "00-baseline", "05-retire");
    place.write("rollout.yaml", next(&text));
    let run = place.run(&["render"]).exits(0);
    run.says(&["this one begins at `00-baseline`"]);
}

#[test]
fn a_rollout_that_could_adopt_again_begins_at_the_baseline_too() {
    let v2 = "    - name: v2\n";
    let text = fixture(SILENT, "rollout.yaml").replace(
        v2,
        &format!("{v2}      selector: {{app: classifier-next}}\n"),
    );
    let place = Place::with(&text);
    place.run(&["render"]).exits(0);
    place.edit(POINTER, "00-adopt", "06-retire");
    place.write("rollout.yaml", next(&text));
    let run = place.run(&["render"]).exits(0);
    run.says(&["this one begins at `01-baseline`"]);
    assert!(place.read(POINTER).contains("../stages/01-baseline"));
}

#[test]
fn adopt_stays_in_the_file_while_it_is_live() {
    let text = fixture(SILENT, "rollout.yaml");
    let place = Place::with(&text);
    place.run(&["render"]).exits(0);
    let without = text.replace("  adopt: true\n", "").replace(
        "      containerName",
        "      subset: {labels: {version: v1}}\n      containerName",
    );
    place.write("rollout.yaml", &without);
    let before = place.snapshot();
    let run = place.run(&["render"]).exits(5);
    run.says(&["the stage `adopt` is live", "keep `adopt: true`"]);
    place.assert_unchanged(&before);
    // Once the rollout has moved on, it may go: the pointer follows its stage's new number.
    place.edit(POINTER, "00-adopt", "01-baseline");
    place.run(&["render"]).exits(0);
    assert!(place.read(POINTER).contains("../stages/00-baseline"));
    place.write("rollout.yaml", &text);
    place.run(&["render"]).exits(0);
    assert!(place.read(POINTER).contains("../stages/01-baseline"));
}

/// What a rollout says of labels: the selector and the subset of the model that runs, the selector of the other, the Service's
/// selector, and whether the running pods must be labelled first. An empty text says nothing.
struct Said {
    selector: &'static str,
    subset: &'static str,
    other: &'static str,
    service: &'static str,
    adopt: bool,
}

impl Said {
    /// Every way to say it.
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for selector in [
            "",
            "app: old",
            "app: ranker",
            "app: old, version: v1",
            "version: a",
        ] {
            for subset in ["", "version: v1", "track: main", "app: old", "app: ranker"] {
                for other in [
                    "",
                    "app: new",
                    "app: old, version: v2",
                    "version: a",
                    "track: main",
                ] {
                    for service in ["", "app: old", "app: ranker", "tier: ml", "version: a"] {
                        for adopt in [false, true] {
                            all.push(Self {
                                selector,
                                subset,
                                other,
                                service,
                                adopt,
                            });
                        }
                    }
                }
            }
        }
        all
    }

    fn text(&self) -> String {
        let field = |before: &str, labels: &str, after: &str| match labels {
            "" => String::new(),
            labels => format!("{before}{{{labels}}}{after}"),
        };
        format!(
            "apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {{name: ranker, namespace: search}}
spec:
  models:
    - {{name: a, runtime: custom, image: 'i:1', ports: [{{name: http, containerPort: 80}}]{}{}}}
    - {{name: b, runtime: custom, image: 'i:2', ports: [{{name: http, containerPort: 80}}]{}}}
  stable: a
  adopt: {}
{}  steps: [{{weight: 50}}, {{weight: 100}}]
",
            field(", selector: ", self.selector, ""),
            field(", subset: {labels: ", self.subset, "}"),
            field(", selector: ", self.other, ""),
            self.adopt,
            field("  service: {selector: ", self.service, "}\n"),
        )
    }

    /// The labels of the pods that run: what the selector says, and what the spec says of pods that it does not label first.
    fn running(&self) -> Value {
        let (subset, service) = if self.adopt {
            ("", "")
        } else {
            (self.subset, self.service)
        };
        let parts = [self.selector, subset, service].map(|labels| {
            let read: Mapping = serde_yaml::from_str(&format!("{{{labels}}}")).expect("labels");
            read
        });
        Value::Mapping(parts.into_iter().flatten().collect())
    }

    fn compile(&self) -> Result<Compiled, Vec<Code>> {
        let source = Source::new("rollout.yaml", self.text());
        compile(&source, &NoFiles, &Environment::default()).map_err(|report| {
            let found = report.sorted().into_iter();
            found
                .filter(|found| found.severity == Severity::Error)
                .map(|found| found.code)
                .collect()
        })
    }
}

/// The built objects of every stage.
fn stages(compiled: &Compiled) -> Vec<Vec<Value>> {
    let ids = compiled.plan.stage_ids();
    let objects = ids.map(|id| {
        let objects = compiled.objects(id);
        let read = |body| serde_yaml::to_value(body).expect("JSON is YAML");
        objects.iter().map(|object| read(&object.body)).collect()
    });
    objects.collect()
}

/// In a stage the Service finds all pods, and each Deployment and each subset the pods of one Deployment.
fn assert_apart(objects: &[Value], what: &str) {
    let of = |kind: &str| {
        let found = objects.iter().filter(|object| object["kind"] == kind);
        found.collect::<Vec<_>>()
    };
    let deployments = of("Deployment");
    let found = |selector: &Value| {
        let template = |object: &Value| object["spec"]["template"]["metadata"]["labels"].clone();
        let found = deployments
            .iter()
            .filter(|object| selects(selector, &template(object)));
        found.count()
    };
    assert_eq!(
        found(&one(objects, "Service")["spec"]["selector"]),
        deployments.len(),
        "{what}"
    );
    for deployment in &deployments {
        assert_eq!(
            found(&deployment["spec"]["selector"]["matchLabels"]),
            1,
            "{what}"
        );
    }
    let subsets = &one(objects, "DestinationRule")["spec"]["subsets"];
    let subsets = subsets.as_sequence().expect("subsets");
    assert_eq!(subsets.len(), deployments.len(), "{what}");
    for subset in subsets {
        assert_eq!(found(&subset["labels"]), 1, "{what}");
    }
}

#[test]
fn what_is_accepted_finds_its_pods_whatever_is_said_of_labels() {
    let (mut adopting, mut plain, mut refused) = (0, 0, 0);
    for said in Said::all() {
        let what = said.text();
        let compiled = match said.compile() {
            Ok(compiled) => compiled,
            Err(codes) => {
                refused += 1;
                let about_labels = [
                    Code::GP109,
                    Code::GP114,
                    Code::GP115,
                    Code::GP116,
                    Code::GP117,
                ];
                assert!(
                    codes.iter().all(|code| about_labels.contains(code)),
                    "{codes:?}\n{what}"
                );
                continue;
            }
        };
        let stages = stages(&compiled);
        for objects in &stages {
            assert_apart(objects, &what);
        }
        if said.selector.is_empty() {
            // Stable's pods are glidepath's own, and another model's labels do not move them.
            if said.service.is_empty() {
                let own: Value = serde_yaml::from_str("app: ranker").expect("labels");
                assert_eq!(
                    one(&stages[0], "Service")["spec"]["selector"],
                    own,
                    "{what}"
                );
            }
            continue;
        }
        let (running, first) = (said.running(), &stages[0]);
        assert!(
            selects(&one(first, "Service")["spec"]["selector"], &running),
            "{what}"
        );
        if said.adopt {
            adopting += 1;
            assert!(find(first, "VirtualService").is_none(), "{what}");
            assert_found(first, &stages[1], &what);
        } else {
            plain += 1;
            let routes = find(first, "VirtualService").expect("routes");
            assert!(selects(routed_subset(routes, first), &running), "{what}");
        }
    }
    // Each way out is taken somewhere, or the test shows nothing.
    assert!(
        adopting > 50 && plain > 50 && refused > 50,
        "{adopting} {plain} {refused}"
    );
}
