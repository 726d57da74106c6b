//! Repositories that are out to break the plugin can only make it fail: soon, small, and with a clear error.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::Place;

use super::emulator::Request;
use super::{ask, refused, repository, spec, stage};

const EXAMPLE: &str = "image-classifier";
/// The most memory, in KiB of address space: more than the resident set can be.
const MEMORY: u64 = 200 * 1024;
/// The most processor time, in seconds: ten times what a release build may take, because this is a debug build.
const CPU: u64 = 10;
/// When a process that uses no processor time is hanging, however busy the machine is.
const HANGING: Duration = Duration::from_secs(60);

/// Runs the plugin in a folder as it lies, links and devices and all, under limits: the emulator's tar would refuse
/// or drop most of these before the plugin sees them, and the plugin must not depend on that.
fn bare(folder: &Path, parameters: &str) -> (Option<i32>, String, String) {
    let begun = Instant::now();
    let done = Command::new("sh")
        .arg("-c")
        .arg(format!(
            "ulimit -v {MEMORY} && ulimit -t {CPU} && exec \"$0\" cmp generate"
        ))
        .arg(crate::support::GLIDEPATH)
        .current_dir(folder)
        .env("ARGOCD_APP_PARAMETERS", parameters)
        .stdin(Stdio::null())
        .output()
        .expect("sh starts");
    assert!(begun.elapsed() < HANGING, "{:?}", begun.elapsed());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (done.status.code(), text(done.stdout), text(done.stderr))
}

fn fails(folder: &Path, first: &str) {
    let (code, stdout, stderr) = bare(folder, &stage("split"));
    assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stderr}");
    let line = stderr.lines().next().unwrap_or_default();
    assert!(line.contains(first), "{line:?} does not say {first:?}");
    assert!(!stderr.contains(&*folder.to_string_lossy()), "{stderr}");
    assert!(stderr.len() < 8_000, "{} bytes", stderr.len());
}

fn text_fails(text: &str, first: &str) {
    fails(repository(&[("rollout.yaml", text)]).root(), first);
}

#[test]
fn the_limits_let_an_example_pass() {
    let folder = repository(&[("rollout.yaml", &spec(EXAMPLE))]);
    let (code, stdout, stderr) = bare(folder.root(), &stage("split"));
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.lines().count() > 5);
}

#[test]
fn links_out_of_the_folder_are_refused() {
    let outside = repository(&[("rollout.yaml", &spec(EXAMPLE)), ("app/x", "")]);
    let app = outside.path("app");
    for target in ["../rollout.yaml", "/etc/passwd", "/proc/self/environ"] {
        let _ = fs::remove_file(app.join("rollout.yaml"));
        symlink(target, app.join("rollout.yaml")).expect("a link");
        fails(&app, "`rollout.yaml` leads out of the application's folder");
    }
    // A folder that is a link leads out just as well.
    let nested = repository(&[("x", "")]);
    symlink(outside.root(), nested.path("deep")).expect("a link");
    let parameters = r#"[{"name":"file","string":"deep/rollout.yaml"}]"#;
    let (code, stdout, stderr) = bare(nested.root(), parameters);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(
        stderr.starts_with("`deep/rollout.yaml` leads out"),
        "{stderr}"
    );
}

#[test]
fn argo_cd_itself_refuses_links_out_of_the_repository() {
    let repository = repository(&[("app/x", "")]);
    symlink("../../etc", repository.path("app/rollout.yaml")).expect("a link");
    let why = ask(&repository, None).manifests.expect_err("refused");
    assert!(why.contains("out-of-bounds symlinks"), "{why}");
}

#[test]
fn the_pointer_is_read_as_carefully() {
    let folder = repository(&[("rollout.yaml", &spec(EXAMPLE)), ("deploy/current/x", "")]);
    let path = folder.path("deploy/current/kustomization.yaml");
    for target in ["/etc/passwd", "/dev/zero", "nowhere"] {
        let _ = fs::remove_file(&path);
        symlink(target, &path).expect("a link");
        let (code, stdout, stderr) = bare(folder.root(), "[]");
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{target}");
        assert!(
            stderr.contains("deploy/current/kustomization.yaml`"),
            "{stderr}"
        );
    }
}

#[test]
fn what_is_no_regular_file_is_not_opened() {
    let folder = Place::new();
    let path = folder.path("rollout.yaml");
    let made = Command::new("mkfifo").arg(&path).status().expect("mkfifo");
    assert!(made.success());
    fails(
        folder.root(),
        "cannot read `rollout.yaml`: it is no regular file",
    );
    fs::remove_file(&path).expect("it is there");
    symlink("/dev/zero", &path).expect("a link");
    fails(
        folder.root(),
        "`rollout.yaml` leads out of the application's folder",
    );
    fs::remove_file(&path).expect("it is there");
    fs::create_dir(&path).expect("a folder");
    fails(folder.root(), "cannot read `rollout.yaml`: it is a folder");
    fs::remove_dir(&path).expect("it is there");
    symlink("rollout.yaml", &path).expect("a link");
    fails(folder.root(), "cannot read `rollout.yaml`: ");
    fs::remove_file(&path).expect("it is there");
    symlink("nowhere", &path).expect("a link");
    fails(folder.root(), "cannot read `rollout.yaml`: ");
}

#[test]
fn a_large_file_is_not_read() {
    let folder = Place::new();
    let file = File::create(folder.path("rollout.yaml")).expect("a file");
    file.set_len(1 << 30).expect("a sparse file");
    fails(
        folder.root(),
        "rollout.yaml:1: the file has 1073741824 bytes",
    );
    fs::write(folder.path("rollout.yaml"), "x".repeat((1 << 20) + 1)).expect("a file");
    fails(folder.root(), "rollout.yaml:1: the file has 1048577 bytes");
    fs::write(folder.path("rollout.yaml"), b"a: 1\nb: \xff\n").expect("a file");
    fails(folder.root(), "rollout.yaml:2: the text is not UTF-8");
}

#[test]
fn paths_that_climb_are_refused_in_every_field() {
    let outside = repository(&[
        ("rollout.yaml", &spec(EXAMPLE)),
        ("app/rollout.yaml", &spec(EXAMPLE)),
    ]);
    let app = outside.path("app");
    for path in [
        "../rollout.yaml",
        "x/../../rollout.yaml",
        "/etc/passwd",
        "..",
        ".",
        "",
        "a\u{0}b",
    ] {
        let parameters = serde_json::json!([{"name": "file", "string": path}]).to_string();
        let (code, stdout, stderr) = bare(&app, &parameters);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{path}");
        assert!(
            stderr.starts_with("the parameter `file` "),
            "{path}: {stderr}"
        );
    }
    for stage_name in ["../02-split", "02-split/../..", "/split"] {
        let (code, stdout, _) = bare(&app, &stage(stage_name));
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{stage_name}");
    }
    for path in ["../x", "a/../b", "/a", "a/..", "..", "{{ .x }}"] {
        let line = format!("      path: \"{path}\"");
        let text = spec(EXAMPLE).replace("      path: examples/image-classifier", &line);
        assert!(text.contains(&line));
        text_fails(&text, ": GP006: `path` is the string ");
    }
}

#[test]
fn documents_that_grow_are_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        bomb += &format!("a{level}: &a{level} [{}]\n", before.trim_end_matches(", "));
    }
    text_fails(&bomb, "GP002");
    text_fails(&"[".repeat(500_000), "rollout.yaml:1:");
    text_fails(&"{a: ".repeat(200_000), "rollout.yaml:1:");
    let indented: String = (0..1_000)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    text_fails(&indented, "rollout.yaml:");
}

#[test]
fn ten_thousand_stages_are_refused() {
    let head = spec(EXAMPLE);
    let head = head.split("  steps:\n").next().expect("a head");
    let steps: String = (0..10_000)
        .map(|i| format!("    - {{weight: {}}}\n", f64::from(i % 100 + 1) / 2.0))
        .collect();
    text_fails(&format!("{head}  steps:\n{steps}"), "GP002");
}

#[test]
fn as_many_stages_as_are_allowed_take_one_stage_s_time() {
    let head = spec(EXAMPLE).replace(
        "  policy:\n",
        "  lints: {GP305: allow, GP306: allow}\n  policy:\n",
    );
    let (head, tail) = head.split_once("  steps:\n").expect("steps");
    let policy = tail.split_once("  lints:").expect("lints").1;
    let steps: String = (0..1_900)
        .map(|i| {
            format!(
                "    - {{name: s{i}, weight: {}, bake: 1h}}\n",
                if i % 2 == 0 { 10 } else { 20 }
            )
        })
        .collect();
    let text = format!("{head}  steps:\n{steps}  lints:{policy}");
    let folder = repository(&[("rollout.yaml", &text)]);
    let (code, _, stderr) = bare(folder.root(), &stage("s7"));
    assert_eq!(code, Some(0), "{}", &stderr[..stderr.len().min(500)]);
}

/// A rollout of `models` models in `steps` steps, each of which sends 1 % to another model.
fn crowd(models: usize, steps: usize) -> String {
    let mut text = String::from(
        "apiVersion: glidepath.dev/v1alpha1\nkind: ModelRollout\nmetadata: {name: m}\nspec:\n  stable: v0\n  models:\n",
    );
    for i in 0..models {
        writeln!(
            text,
            "    - {{name: v{i}, runtime: custom, image: 'a:1', ports: [{{name: http, containerPort: 80}}]}}"
        )
        .expect("a string takes everything");
    }
    text += "  steps:\n";
    for i in 0..steps {
        let model = 1 + i % (models - 1);
        writeln!(
            text,
            "    - {{name: s{i}, weights: {{v0: 99, v{model}: 1}}}}"
        )
        .expect("a string takes everything");
    }
    text
}

#[test]
fn the_largest_crowd_that_is_allowed_is_served() {
    let folder = repository(&[("rollout.yaml", &crowd(1_000, 1_900))]);
    let (code, stdout, stderr) = bare(folder.root(), &stage("s7"));
    assert_eq!(code, Some(0), "{}", &stderr[..stderr.len().min(500)]);
    assert!(stdout.lines().count() > 1_000);
}

/// Every stage knows every model that runs in it: without a limit, 1 MiB of text asks for 8 million of them.
#[test]
fn more_models_than_anybody_runs_are_refused() {
    text_fails(
        &crowd(1_001, 3),
        "GP002: `models` has 1001 items, and 1000 are allowed",
    );
}

#[test]
fn the_environment_is_not_told() {
    let folder = repository(&[("rollout.yaml", &spec(EXAMPLE))]);
    let response = Request {
        env: vec![("ARGOCD_ENV_GLIDEPATH_STAGE", super::SECRET)],
        ..Request::of(folder.root())
    }
    .send();
    refused(
        &response,
        "`GLIDEPATH_STAGE` in `plugin.env` is no stage's name",
    );
}
