//! What Argo CD promises its plugins, and what it asks of them.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use super::emulator::{Request, flatten, split};
use super::{ask, discreet, pointer, refused, repository, spec, stage, weights};

const EXAMPLE: &str = "image-classifier";

#[test]
fn the_stage_is_what_the_application_names_then_the_pointer_then_the_spec() {
    let text = spec(EXAMPLE);
    let with_stage = text.replace("  steps:\n", "  stage: weight-100\n  steps:\n");
    let tree = "deploy/current/kustomization.yaml";
    let pointed = pointer("02-split");
    let all = repository(&[("rollout.yaml", &with_stage), (tree, &pointed)]);
    let send = |parameters: Option<&str>, env: Vec<(&str, &str)>| {
        let response = Request {
            parameters,
            env,
            ..Request::of(all.root())
        }
        .send();
        weights(&response)
    };
    let env = vec![("ARGOCD_ENV_GLIDEPATH_STAGE", "deploy")];
    assert_eq!(
        send(Some(&stage("weight-100")), env.clone()),
        [100],
        "the parameter is first"
    );
    assert_eq!(send(None, env), [100], "then the environment");
    assert_eq!(send(None, Vec::new()), [70, 30], "then the pointer");
    let no_tree = repository(&[("rollout.yaml", &with_stage)]);
    let last = ask(&no_tree, None);
    assert!(
        last.stdout.contains("resnet101") && weights(&last) == [100],
        "then the spec"
    );
    let nothing = repository(&[("rollout.yaml", &text)]);
    let response = ask(&nothing, None);
    refused(
        &response,
        "rollout.yaml:1: nothing says which stage is live",
    );
    assert!(response.stderr.contains("help: "), "{}", response.stderr);
}

#[test]
fn no_parameters_have_three_spellings() {
    let repository = repository(&[
        ("rollout.yaml", &spec(EXAMPLE)),
        ("deploy/current/kustomization.yaml", &pointer("02-split")),
    ]);
    for parameters in [None, Some("null"), Some("[]")] {
        let response = ask(&repository, parameters);
        assert_eq!(weights(&response), [70, 30], "{parameters:?}");
    }
}

#[test]
fn parameters_are_json_strings_and_known() {
    let repository = repository(&[
        ("rollout.yaml", &spec(EXAMPLE)),
        ("deploy/current/kustomization.yaml", &pointer("02-split")),
    ]);
    let secret = super::SECRET;
    for (parameters, first) in [
        (
            json!([{"name": "stage", "array": ["split"]}]),
            "`stage` is a list or a map",
        ),
        (
            json!([{"name": "stage", "map": {"a": "split"}}]),
            "`stage` is a list or a map",
        ),
        (
            json!([{"name": "stage", "array": []}]),
            "`stage` is a list or a map",
        ),
        (json!([{"name": "stage"}]), "`stage` is empty"),
        (json!([{"name": "stage", "string": ""}]), "`stage` is empty"),
        (
            json!([{"name": "stage", "string": "a"}, {"name": "stage", "string": "b"}]),
            "`stage` is given twice",
        ),
        (
            json!([{"name": "stages", "string": "a"}]),
            "unknown parameter `stages`",
        ),
        (
            json!([{"name": "\u{1b}[31m", "string": "a"}]),
            "unknown parameter `␛[31m`",
        ),
        (
            json!([{"name": "stage", "string": secret}]),
            "the parameter `stage` is no stage's name",
        ),
        (
            json!([{"name": "namespace", "string": secret}]),
            "`namespace` is no namespace's name",
        ),
        (
            json!([{"name": "glidepath-version", "string": "9.9"}]),
            "asks for another glidepath",
        ),
        (
            json!([{"name": 1}]),
            "`ARGOCD_APP_PARAMETERS` is no list of parameters",
        ),
        (
            json!({"stage": secret}),
            "`ARGOCD_APP_PARAMETERS` is no list of parameters",
        ),
        (
            json!(secret),
            "`ARGOCD_APP_PARAMETERS` is no list of parameters",
        ),
    ] {
        refused(&ask(&repository, Some(&parameters.to_string())), first);
    }
    refused(
        &ask(&repository, Some("[{")),
        "`ARGOCD_APP_PARAMETERS` is no list of parameters",
    );
    let response = ask(
        &repository,
        Some(&json!([{"name": "x", "string": "a"}]).to_string()),
    );
    let known = "`stage`, `namespace`, `file` and `glidepath-version`";
    assert!(response.stderr.contains(known), "{}", response.stderr);
    for version in ["0.1", "0.1.0", "v0.1.0", "0"] {
        let parameters = json!([{"name": "glidepath-version", "string": version}]).to_string();
        assert!(
            ask(&repository, Some(&parameters)).manifests.is_ok(),
            "{version}"
        );
    }
}

#[test]
fn an_unknown_stage_is_an_error_with_the_exact_text() {
    let repository = repository(&[("rollout.yaml", &spec(EXAMPLE))]);
    let request = Request {
        parameters: Some(&stage("spit")),
        app: "ml_classifier",
        ..Request::of(repository.root())
    };
    let response = request.send();
    let line = 1 + spec(EXAMPLE)
        .lines()
        .position(|line| line == "  steps:")
        .expect("steps");
    let want = format!(
        "CMP processing failed for application \"ml_classifier\": error generating manifests in cmp: rpc error: code = Unknown desc = error generating manifests: `{} cmp generate` failed exit status 1: rollout.yaml:{line}:3: GP113: the parameter `stage` is `spit`, and `image-classifier` has no such stage\nhelp: did you mean `split`?",
        crate::support::GLIDEPATH
    );
    assert_eq!(response.manifests.as_ref().expect_err("refused"), &want);
    refused(&response, "GP113");
}

#[test]
fn an_error_in_the_spec_has_its_place_first() {
    let wrong = spec(EXAMPLE).replace("stable: resnet50", "stable: resnet5");
    let repository = repository(&[("rollout.yaml", &wrong)]);
    let response = ask(&repository, Some(&stage("split")));
    let line = 1 + wrong
        .lines()
        .position(|line| line.contains("stable:"))
        .expect("a line");
    refused(&response, &format!("rollout.yaml:{line}:11: GP101: "));
    let many = wrong
        .replace("weight: 30", "weight: 300")
        .replace("weight: 100", "wieght: 100");
    let many = repository_of(&many);
    assert!(ask(&many, None).stderr.lines().count() > 1);
}

fn repository_of(text: &str) -> crate::support::Place {
    repository(&[("rollout.yaml", text)])
}

#[test]
fn git_may_be_there_or_empty_or_absent() {
    let text = spec(EXAMPLE);
    let full = repository(&[
        ("rollout.yaml", &text),
        (".git/HEAD", "ref: x"),
        (".git/objects/aa/b", "x"),
    ]);
    let parameters = stage("split");
    let send = |exclusions: &[&str]| {
        let request = Request {
            parameters: Some(&parameters),
            exclusions,
            ..Request::of(full.root())
        };
        request.send().stdout
    };
    // The documented exclusion leaves an empty folder behind.
    let [with, empty, absent] = [&[][..], &[".git/*"], &[".git"]].map(send);
    assert!(!with.is_empty() && with == empty && empty == absent);
}

#[test]
fn an_application_may_lie_deep_with_blanks_and_siblings() {
    let repository = repository(&[
        ("teams/vision team/model a/rollout.yaml", &spec(EXAMPLE)),
        (
            "teams/vision team/model a/deploy/current/kustomization.yaml",
            &pointer("02-split"),
        ),
        ("teams/vision team/model b/rollout.yaml", "nonsense: ["),
        ("teams/shared/rollout.yaml", "nonsense: ["),
        ("rollout.yaml", "nonsense: ["),
    ]);
    let response = Request {
        path: "teams/vision team/model a",
        app: "ml_classifier",
        ..Request::of(repository.root())
    }
    .send();
    assert_eq!(weights(&response), [70, 30]);
    discreet(&response);
    let from_root =
        json!([{"name": "file", "string": "teams/vision team/./model a//rollout.yaml"}]);
    let response = ask(&repository, Some(&from_root.to_string()));
    assert_eq!(
        weights(&response),
        [70, 30],
        "the pointer lies beside the file"
    );
}

#[test]
fn the_namespace_takes_the_hosts_with_it() {
    let repository = repository_of(&spec(EXAMPLE));
    let parameters =
        json!([{"name": "stage", "string": "split"}, {"name": "namespace", "string": "other"}]);
    let response = ask(&repository, Some(&parameters.to_string()));
    for object in response.manifests.as_ref().expect("objects") {
        assert_eq!(object["metadata"]["namespace"], "other");
    }
    assert!(
        response
            .stdout
            .contains("image-classifier.other.svc.cluster.local")
    );
    assert!(!response.stdout.contains("vision"), "{}", response.stdout);
}

#[test]
fn stdout_is_one_json_object_a_line() {
    let repository = repository_of(&spec(EXAMPLE));
    let response = ask(&repository, Some(&stage("split")));
    assert!(response.stdout.ends_with('\n'));
    for line in response.stdout.lines() {
        assert!(line.starts_with("{\"apiVersion\":"), "{line}");
        serde_json::from_str::<serde_json::Value>(line).expect("an object");
    }
    assert_eq!(response.stderr, "");
}

#[test]
fn bytes_do_not_depend_on_revision_place_or_neighbours() {
    let text = spec(EXAMPLE);
    let parameters = stage("split");
    let repository = repository_of(&text);
    let once = ask(&repository, Some(&parameters)).stdout;
    let streamed = Request {
        parameters: Some(&parameters),
        env: vec![
            ("ARGOCD_APP_REVISION", "streamed"),
            ("HOME", "/nonexistent"),
            ("CLICOLOR_FORCE", "1"),
        ],
        ..Request::of(repository.root())
    };
    assert_eq!(streamed.send().stdout, once);
    let together: Vec<_> = thread::scope(|scope| {
        let runs: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| ask(&repository, Some(&parameters)).stdout))
            .collect();
        runs.into_iter()
            .map(|run| run.join().expect("a run"))
            .collect()
    });
    assert!(together.iter().all(|stdout| *stdout == once));
}

#[test]
fn a_reader_that_goes_away_is_an_error() {
    let repository = repository_of(&spec(EXAMPLE));
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let status = Command::new(crate::support::GLIDEPATH)
        .args(["cmp", "generate"])
        .current_dir(repository.root())
        .env("ARGOCD_APP_PARAMETERS", stage("split"))
        .stdout(writer)
        .stderr(Stdio::null())
        .process_group(0)
        .status()
        .expect("it starts");
    assert_eq!(status.code(), Some(6));
}

#[test]
fn a_deadline_kills_and_says_so() {
    let repository = repository_of(&spec(EXAMPLE));
    let begun = Instant::now();
    let response = Request {
        argv: ["sh", "-c", "trap '' TERM; exec sleep 30"]
            .map(str::to_owned)
            .to_vec(),
        deadline: Duration::from_millis(200),
        ..Request::of(repository.root())
    }
    .send();
    assert!(begun.elapsed() < Duration::from_secs(10));
    let why = response.manifests.expect_err("killed");
    assert!(why.ends_with("failed signal: killed: "), "{why}");
    let in_time = Request {
        parameters: Some(&stage("split")),
        deadline: Duration::from_millis(200),
        ..Request::of(repository.root())
    };
    // A busy machine may be late once; the plugin itself needs a few milliseconds.
    assert!(
        (0..5).any(|_| in_time.send().manifests.is_ok()),
        "never within 200 ms"
    );
}

#[test]
fn nothing_on_stdout_is_never_success() {
    let empty = repository(&[("other.yaml", "a: 1")]);
    refused(&ask(&empty, None), "there is no `rollout.yaml`");
    let blank = repository_of("");
    refused(&ask(&blank, None), "rollout.yaml:1:1: GP001: ");
    // What Argo CD would make of it: no manifests, and no error.
    assert_eq!(split(""), Ok(Vec::new()));
}

#[test]
fn a_thousand_objects_arrive() {
    let mut text = String::from(
        "apiVersion: glidepath.dev/v1alpha1\nkind: ModelRollout\nmetadata: {name: many, namespace: vision}\nspec:\n  stable: m0\n  lints: {GP111: allow}\n  models:\n",
    );
    for i in 0..500 {
        text += &format!(
            "    - {{name: m{i}, runtime: tensorflow-serving, image: 'tensorflow/serving:2.8.0', replicas: 2, model: {{name: m, uri: 'gs://models/{i}'}}}}\n"
        );
    }
    let models: Vec<String> = (1..500).map(|i| format!("m{i}")).collect();
    text += &format!(
        "  steps:\n    - {{name: all, deploy: [{}]}}\n    - {{weights: {{m0: 0, m1: 100}}}}\n",
        models.join(", ")
    );
    let repository = repository_of(&text);
    let response = ask(&repository, Some(&stage("all")));
    let count = response.manifests.as_ref().map(Vec::len);
    assert!(
        count.as_ref().is_ok_and(|count| *count >= 1_000),
        "{count:?}"
    );
}

#[test]
fn links_inside_are_followed() {
    let repository = repository(&[
        ("real/spec.yaml", &spec(EXAMPLE)),
        ("real/current.yaml", &pointer("02-split")),
    ]);
    std::os::unix::fs::symlink("real/spec.yaml", repository.path("rollout.yaml")).expect("a link");
    fs::create_dir_all(repository.path("deploy/current")).expect("a folder");
    let target = repository.path("deploy/current/kustomization.yaml");
    std::os::unix::fs::symlink("../../real/current.yaml", target).expect("a link");
    assert_eq!(weights(&ask(&repository, None)), [70, 30]);
}

#[test]
fn a_pointer_that_names_no_stage_is_an_error() {
    let tree = "deploy/current/kustomization.yaml";
    for (text, first) in [
        (
            "resources: [../stages/02-gone]",
            "kustomization.yaml:1: the stage `gone` is live",
        ),
        (
            "resources: [../../../etc]",
            "kustomization.yaml:1: it names no stage",
        ),
        ("resources: [", "kustomization.yaml:1: it names no stage"),
        ("", "kustomization.yaml:1: it names no stage"),
    ] {
        let repository = repository(&[("rollout.yaml", &spec(EXAMPLE)), (tree, text)]);
        refused(&ask(&repository, None), first);
    }
    let repository = repository_of(&spec(EXAMPLE));
    fs::create_dir_all(repository.root().join(tree)).expect("a folder");
    refused(&ask(&repository, None), "it is a folder");
}

#[test]
fn announcements_are_what_the_interface_reads() {
    let repository = repository(&[
        ("rollout.yaml", &spec(EXAMPLE)),
        ("deploy/current/kustomization.yaml", &pointer("02-split")),
    ]);
    let wrong = stage("spit");
    for (parameters, now) in [(None, "split"), (Some(wrong.as_str()), "")] {
        let mut request = Request {
            parameters,
            ..Request::of(repository.root())
        };
        request.argv[2] = "parameters".to_owned();
        let response = request.send();
        discreet(&response);
        let list: serde_json::Value = serde_json::from_str(&response.stdout).expect("JSON");
        let list = list.as_array().expect("a list");
        let names: Vec<_> = list
            .iter()
            .map(|one| one["name"].as_str().unwrap_or(""))
            .collect();
        assert_eq!(names, ["stage", "namespace", "file", "glidepath-version"]);
        assert_eq!(list[0]["string"], now);
        let hint = list[0]["tooltip"].as_str().expect("a hint");
        assert!(
            hint.ends_with("baseline, deploy, split, weight-100, retire"),
            "{hint}"
        );
        assert!(list.iter().all(|one| one["collectionType"] == "string"));
    }
}

#[test]
fn discovery_finds_rollouts_and_only_them() {
    let found = |files: &[(&str, &str)]| {
        let repository = repository(files);
        let mut request = Request::of(repository.root());
        request.argv[2] = "discover".to_owned();
        let response = request.send();
        // A probe that fails would be an error of the Application, not a "no".
        assert!(
            response.manifests.is_ok() || response.stdout == "rollout.yaml\n",
            "{response:?}"
        );
        response.stdout
    };
    assert_eq!(found(&[("rollout.yaml", &spec(EXAMPLE))]), "rollout.yaml\n");
    assert_eq!(
        found(&[(
            "rollout.yaml",
            "apiVersion: argoproj.io/v1alpha1\nkind: Rollout\n"
        )]),
        ""
    );
    assert_eq!(found(&[("values.yaml", "a: 1")]), "");
}

#[test]
fn the_emulator_splits_and_flattens_as_argo_cd_does() {
    let yaml = "---\na: 1\n---\n---\nnull\n---\nb: 2\n";
    assert_eq!(split(yaml), Ok(vec![json!({"a": 1}), json!({"b": 2})]));
    assert_eq!(
        split("{\"a\":1}\n{\"b\":2}"),
        Ok(vec![json!({"a": 1}), json!({"b": 2})])
    );
    let list = json!({"kind": "List", "items": [{"a": 1}, {"b": 2}]});
    assert_eq!(flatten(list).len(), 2);
    assert_eq!(flatten(json!({"kind": "List", "items": null})).len(), 0);
}

#[test]
fn a_stage_in_the_spec_and_a_tree_exclude_each_other() {
    let text = spec(EXAMPLE).replace("  steps:\n", "  stage: split\n  steps:\n");
    let repository = repository_of(&text);
    let render = Command::new(crate::support::GLIDEPATH)
        .arg("render")
        .current_dir(repository.root())
        .output()
        .expect("it starts");
    assert_eq!(render.status.code(), Some(1));
    let said = String::from_utf8_lossy(&render.stderr);
    assert!(
        said.contains("`spec.stage` is for a rollout without a tree"),
        "{said}"
    );
    assert!(!repository.path("deploy").exists());
    assert_eq!(weights(&ask(&repository, None)), [70, 30]);
}
