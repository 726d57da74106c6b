//! The command against servers that misbehave: who asks, and what is shown of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::support::{GLIDEPATH, Run, scratch};

use super::{GOOD, answer, server, spec};

/// A folder with a rollout of one gate, and options of it.
pub(crate) fn folder(name: &str, options: &str) -> PathBuf {
    let folder = scratch("gates-faults", name);
    let gate =
        format!("{{name: t, failFast: false, {options} threshold: {{query: max(m), max: 5}}}}");
    fs::write(folder.join("rollout.yaml"), spec(&gate, &["t"])).expect("a file");
    folder
}

/// Exit code, stdout and stderr.
fn gate(
    folder: &Path,
    url: &str,
    more: &[&str],
    environment: &[(&str, &str)],
) -> (i32, String, String) {
    let mut command = Command::new(GLIDEPATH);
    command
        .args(["gate", "--stage", "canary", "--prometheus-url", url])
        .args(more)
        .arg(folder)
        .env_clear()
        .envs(environment.iter().copied());
    let run = Run::to_the_end(&mut command);
    (run.code, run.stdout, run.stderr)
}

const LONG_AGO: [&str; 4] = ["--stage-started-at", "1700000000", "--format", "json"];

#[test]
fn credentials_come_from_the_environment_or_from_files() {
    let folder = folder("credentials", "");
    let token = folder.join("token");
    fs::write(&token, "from-a-file\n").expect("a file");
    let token = token.display().to_string();
    for (environment, header) in [
        (
            vec![("GLIDEPATH_PROMETHEUS_TOKEN", "s3cret")],
            "Bearer s3cret",
        ),
        (
            vec![("GLIDEPATH_PROMETHEUS_TOKEN_FILE", token.as_str())],
            "Bearer from-a-file",
        ),
        (
            vec![
                ("GLIDEPATH_PROMETHEUS_USERNAME", "me"),
                ("GLIDEPATH_PROMETHEUS_PASSWORD", "s3cret"),
            ],
            "Basic bWU6czNjcmV0",
        ),
        (
            vec![
                ("GLIDEPATH_PROMETHEUS_USERNAME", "me"),
                ("GLIDEPATH_PROMETHEUS_PASSWORD_FILE", token.as_str()),
            ],
            "Basic bWU6ZnJvbS1hLWZpbGU=",
        ),
    ] {
        let (url, seen) = server(|_, stream| answer(stream, "200 OK", "", GOOD));
        let environment = [environment, vec![("GLIDEPATH_PROMETHEUS_ORG_ID", "team-a")]].concat();
        let (exit, text, told) = gate(&folder, &url, &LONG_AGO, &environment);
        assert_eq!(exit, 0, "{text}{told}");
        let seen = seen.lock().expect("no panic");
        let head = seen[0].0.to_lowercase();
        assert!(
            head.contains(&format!("authorization: {header}").to_lowercase())
                && head.contains("x-scope-orgid: team-a"),
            "{head}"
        );
        // The evidence is for a pull request.
        let (secret, credential) = ("s3cret", header.split(' ').nth(1).expect("two words"));
        for shown in [&text, &told] {
            assert!(
                !shown.contains(secret) && !shown.contains(credential),
                "{shown}"
            );
        }
    }
}

#[test]
fn credentials_that_cannot_be_used_are_told_without_being_shown() {
    let folder = folder("no-credentials", "");
    for (environment, words) in [
        (
            vec![("GLIDEPATH_PROMETHEUS_TOKEN_FILE", "/nowhere/token")],
            "the file that GLIDEPATH_PROMETHEUS_TOKEN_FILE names cannot be read",
        ),
        (
            vec![("GLIDEPATH_PROMETHEUS_CA_FILE", "/nowhere/ca.pem")],
            "the file that GLIDEPATH_PROMETHEUS_CA_FILE names cannot be read",
        ),
        (
            vec![("GLIDEPATH_PROMETHEUS_TOKEN", "s3cret\nX-Other: 1")],
            "no credential of one line",
        ),
        (
            vec![
                ("GLIDEPATH_PROMETHEUS_TOKEN", "s3cret"),
                ("GLIDEPATH_PROMETHEUS_USERNAME", "me"),
            ],
            "one of them",
        ),
        (
            vec![("GLIDEPATH_PROMETHEUS_PASSWORD", "s3cret")],
            "a password is set without a user name",
        ),
    ] {
        let (exit, text, told) = gate(&folder, "http://127.0.0.1:1", &LONG_AGO, &environment);
        assert_eq!(exit, 2, "{text}{told}");
        assert!(told.contains(words), "{told}");
        assert!(
            !told.contains("s3cret") && !told.contains("/nowhere"),
            "{told}"
        );
    }
    let endless = [&LONG_AGO[..], &["--deadline", "5124095576030431h"]].concat();
    let (exit, _, told) = gate(&folder, "http://127.0.0.1:1", &endless, &[]);
    assert_eq!(exit, 2, "{told}");
    assert!(told.contains("further away than a clock"), "{told}");
    let (exit, _, told) = gate(&folder, "http://me:s3cret@127.0.0.1:1", &LONG_AGO, &[]);
    assert_eq!(exit, 2, "{told}");
    assert!(!told.contains("s3cret"), "{told}");
}

/// Telemetry that is down while a stage bakes is not the last word.
#[test]
fn a_watch_outlives_a_question_without_an_answer() {
    let folder = folder("watch", "warmup: 0s,");
    let file = folder.join("rollout.yaml");
    let text = fs::read_to_string(&file).expect("it was written");
    let text = text
        .replace("  gates: [{", "  gateDefaults: {settle: 0s}\n  gates: [{")
        .replace("failFast: false", "failFast: true")
        .replace("bake: 1h", "bake: 4s");
    fs::write(&file, text).expect("a file");
    let (url, seen) = server(|at, stream| match at {
        0 => answer(stream, "403 Forbidden", "", ""),
        _ => answer(stream, "200 OK", "", GOOD),
    });
    let began = SystemTime::now().duration_since(UNIX_EPOCH);
    let began = (began.expect("after 1970").as_secs() - 2).to_string();
    // A watch may last for days; each look has the deadline to itself.
    let more = ["--watch", "--deadline", "1s", "--stage-started-at", &began];
    let (exit, text, told) = gate(&folder, &url, &more, &[]);
    assert_eq!(exit, 0, "{text}{told}");
    // Once while it bakes, once when it is over, and once more whether it fails since.
    assert!(seen.lock().expect("no panic").len() >= 2, "{told}");
}
