//! Where credentials go: a spec comes by pull request, and decides nothing of it.

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::socket::Seen;
use crate::support::{GLIDEPATH, Run, free_port, scratch, two_versions};

use super::{GOOD, answer, read, server};

/// A folder with a rollout whose one gate `t` has these options, and whose sources are these.
pub(super) fn folder(name: &str, metrics: &str, gate: &str) -> PathBuf {
    let folder = scratch("gates-trust", name);
    let rest = format!(
        "  metrics: {metrics}
  gates: [{{name: t, {gate} failFast: false, threshold: {{query: max(m), max: 5}}}}]
  steps: [{{name: canary, weight: 10, bake: 1h, gates: [t]}}]
"
    );
    let spec = two_versions("churn", "ml", &rest);
    std::fs::write(folder.join("rollout.yaml"), spec).expect("a file");
    folder
}

pub(super) fn gate(folder: &Path, more: &[&str], environment: &[(&str, &str)]) -> Run {
    let mut command = Command::new(GLIDEPATH);
    command
        .args(["gate", "--stage", "canary", "--stage-started-at"])
        .args(["1700000000", "--format", "json"])
        .args(more)
        .arg(folder)
        .env_clear()
        .env("PATH", std::env::var("PATH").expect("a path"))
        .envs(environment.iter().copied());
    Run::to_the_end(&mut command)
}

fn good() -> (String, Seen) {
    server(|_, stream| answer(stream, "200 OK", "", GOOD))
}

fn heads(seen: &Seen) -> Vec<String> {
    let seen = seen.lock().expect("no panic");
    seen.iter().map(|(head, _)| head.to_lowercase()).collect()
}

/// All that a client sends through a proxy, which sees whatever is not encrypted.
fn proxy() -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let seen = Arc::new(Mutex::new(String::new()));
    let log = Arc::clone(&seen);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let Some((head, _)) = read(&stream) else {
                continue;
            };
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
            let rest = read(&stream).map(|(head, _)| head).unwrap_or_default();
            log.lock().expect("no panic").extend([head, rest]);
            answer(&mut stream, "200 OK", "", GOOD);
        }
    });
    (url, seen)
}

#[test]
fn a_token_does_not_leave_to_a_plain_address_that_a_spec_names() {
    let metrics = "{prometheus: {url: 'http://prom.evil.example'}}";
    let folder = folder("plain", metrics, "");
    let (proxy, seen) = proxy();
    for (hosts, words) in [
        ("", "where everybody on the way can read them"),
        (
            "prom.evil.example",
            "where everybody on the way can read them",
        ),
    ] {
        gate(
            &folder,
            &[],
            &[
                ("http_proxy", &proxy),
                ("GLIDEPATH_PROMETHEUS_TOKEN", "s3cret"),
                ("GLIDEPATH_PROMETHEUS_HOSTS", hosts),
            ],
        )
        .exits(2)
        .without_result()
        .says(&[words, "`prom.evil.example`", "GLIDEPATH_PROMETHEUS_TOKEN"]);
    }
    assert_eq!(*seen.lock().expect("no panic"), "");
    // Without credentials anybody may be asked.
    gate(&folder, &[], &[("http_proxy", &proxy)]).exits(0);
    assert!(seen.lock().expect("no panic").contains("prom.evil.example"));
}

#[test]
fn a_token_goes_only_to_a_host_that_the_environment_names() {
    let (url, seen) = good();
    let metrics = format!("{{prometheus: {{url: '{url}'}}}}");
    let folder = folder("named", &metrics, "");
    let token = ("GLIDEPATH_PROMETHEUS_TOKEN", "s3cret");
    let host = url.trim_start_matches("http://");
    let other = format!("127.0.0.1:{}", free_port());
    for hosts in ["", "prom.example", other.as_str(), "localhost"] {
        gate(
            &folder,
            &[],
            &[token, ("GLIDEPATH_PROMETHEUS_HOSTS", hosts)],
        )
        .exits(2)
        .without_result()
        .says(&[
            "`127.0.0.1`",
            "GLIDEPATH_PROMETHEUS_HOSTS",
            "GLIDEPATH_PROMETHEUS_TOKEN",
        ]);
    }
    for credentials in [
        &[("GLIDEPATH_PROMETHEUS_USERNAME", "me")][..],
        &[("GLIDEPATH_PROMETHEUS_ORG_ID", "team-a")],
    ] {
        let name = credentials[0].0;
        gate(&folder, &[], credentials).exits(2).says(&[name]);
    }
    assert!(heads(&seen).is_empty());
    let listed = format!("prom.example, {host}");
    let with = |name, value| gate(&folder, &[], &[token, (name, value)]).exits(0);
    with("GLIDEPATH_PROMETHEUS_HOSTS", &listed);
    with("GLIDEPATH_PROMETHEUS_HOSTS", "127.0.0.1");
    with("GLIDEPATH_PROMETHEUS_URL", &url);
    // Whoever runs the command says where.
    gate(&folder, &["--prometheus-url", &url], &[token]).exits(0);
    let heads = heads(&seen);
    assert_eq!(heads.len(), 4);
    assert!(heads.iter().all(|head| head.contains("bearer s3cret")));
    gate(
        &folder,
        &[],
        &[
            token,
            ("GLIDEPATH_PROMETHEUS_HOSTS", "https://prom.example"),
        ],
    )
    .exits(2)
    .says(&["GLIDEPATH_PROMETHEUS_HOSTS has an entry that is no host"]);
}

#[test]
fn each_source_has_its_own_address_credentials_and_headers() {
    let ((own, seen), (default, theirs)) = (good(), good());
    let metrics = format!(
        "{{prometheus: {{url: '{default}'}}, sources: {{eu-1: {{prometheus: {{url: '{own}', headers: {{X-Scope-OrgID: by-spec, X-Team: b}}}}}}}}}}"
    );
    let folder = folder("own", &metrics, "source: eu-1,");
    let all = |more: &[(&str, &str)]| {
        let hosts = ("GLIDEPATH_PROMETHEUS_HOSTS", "127.0.0.1");
        let token = ("GLIDEPATH_PROMETHEUS_TOKEN", "of-the-default");
        gate(&folder, &[], &[&[hosts, token][..], more].concat()).exits(0)
    };
    let told = all(&[]).stdout;
    assert!(told.contains("\"source\": \"eu-1\""), "{told}");
    all(&[
        ("GLIDEPATH_PROMETHEUS_EU_1_TOKEN", "its-own"),
        ("GLIDEPATH_PROMETHEUS_EU_1_ORG_ID", "by-environment"),
    ]);
    let heads = heads(&seen);
    assert!(!heads[0].contains("authorization"), "{}", heads[0]);
    assert!(
        heads[0].contains("x-scope-orgid: by-spec") && heads[0].contains("x-team: b"),
        "{}",
        heads[0]
    );
    assert!(
        heads[1].contains("bearer its-own")
            && heads[1].contains("x-scope-orgid: by-environment")
            && !heads[1].contains("by-spec"),
        "{}",
        heads[1]
    );
    // The address too: it stands in place of the spec's, and nobody else is asked.
    let (elsewhere, asked) = good();
    all(&[("GLIDEPATH_PROMETHEUS_EU_1_URL", &elsewhere)]);
    assert_eq!(asked.lock().expect("no panic").len(), 1);
    // A source that no gate of the stage asks may be as wrong as it likes: the default one has a password without a user.
    all(&[("GLIDEPATH_PROMETHEUS_PASSWORD", "x")]);
    assert!(theirs.lock().expect("no panic").is_empty());
}

#[test]
fn a_fault_of_a_source_names_it() {
    let metrics = format!(
        "{{sources: {{amp: {{prometheus: {{url: 'http://127.0.0.1:{}'}}}}}}}}",
        free_port()
    );
    let folder = folder("fault", &metrics, "source: amp,");
    let run = gate(&folder, &["--deadline", "1s"], &[]).exits(6);
    assert!(
        run.stdout.contains("`amp`: Prometheus is unreachable"),
        "{}",
        run.shown()
    );
}

#[test]
fn a_token_command_runs_only_where_the_environment_lists_it() {
    let (url, seen) = good();
    let metrics =
        format!("{{prometheus: {{url: '{url}', auth: {{tokenCommand: [printf, tok%s, en-1]}}}}}}");
    let folder = folder("command", &metrics, "");
    let hosts = ("GLIDEPATH_PROMETHEUS_HOSTS", "127.0.0.1");
    for listed in [
        "",
        "printf",
        "printf tok%s",
        "printf tok%s en-1 x",
        "cat /etc/passwd",
    ] {
        gate(&folder, &[], &[hosts, ("GLIDEPATH_TOKEN_COMMANDS", listed)])
            .exits(2)
            .without_result()
            .says(&["`printf tok%s en-1`", "GLIDEPATH_TOKEN_COMMANDS"]);
    }
    let commands = (
        "GLIDEPATH_TOKEN_COMMANDS",
        "gcloud auth print-access-token\nprintf tok%s en-1",
    );
    // Allowed or not, its token goes only where the environment says.
    gate(&folder, &[], &[commands])
        .exits(2)
        .says(&["GLIDEPATH_PROMETHEUS_HOSTS", "`127.0.0.1`"]);
    assert!(heads(&seen).is_empty());
    let run = gate(&folder, &[], &[hosts, commands]).exits(0);
    assert!(heads(&seen)[0].contains("authorization: bearer token-1"));
    assert!(!run.shown().contains("token-1"));
    // A token of the environment stands in place of the command.
    gate(
        &folder,
        &[],
        &[hosts, ("GLIDEPATH_PROMETHEUS_TOKEN", "given")],
    )
    .exits(0);
    assert!(heads(&seen)[1].contains("bearer given"));
}

#[test]
fn recipes_are_token_commands_that_the_environment_allows() {
    for (auth, line) in [
        ("google", "gcloud auth print-access-token"),
        (
            "azure",
            "az account get-access-token --resource https://prometheus.monitor.azure.com --query accessToken -o tsv",
        ),
    ] {
        let metrics =
            format!("{{prometheus: {{url: 'https://prom.example', auth: {{{auth}: {{}}}}}}}}");
        let folder = folder(auth, &metrics, "");
        let quoted = format!("`{line}`");
        gate(&folder, &[], &[])
            .exits(2)
            .says(&[&quoted, "GLIDEPATH_TOKEN_COMMANDS"]);
        gate(&folder, &[], &[("GLIDEPATH_TOKEN_COMMANDS", line)])
            .exits(2)
            .says(&["`prom.example`", "GLIDEPATH_PROMETHEUS_HOSTS"]);
    }
}

/// Credentials that are missing or broken are the error of the gates that need them, and of no other.
#[test]
fn a_source_without_its_credentials_fails_its_own_gates() {
    let (url, _) = good();
    let folder = scratch("gates-trust", "alone");
    let rest = format!(
        "  metrics:
    prometheus: {{url: '{url}'}}
    sources:
      amp: {{prometheus: {{url: '{url}', auth: {{sigv4: {{region: eu-central-1}}}}}}}}
      broken: {{prometheus: {{url: '{url}', auth: {{tokenCommand: ['false']}}}}}}
  gates:
    - {{name: a, failFast: false, threshold: {{query: max(m), max: 5}}}}
    - {{name: b, source: amp, failFast: false, threshold: {{query: max(m), max: 5}}}}
    - {{name: c, source: broken, failFast: false, threshold: {{query: max(m), max: 5}}}}
  steps: [{{name: canary, weight: 10, bake: 1h, gates: [a, b, c]}}]
"
    );
    let spec = two_versions("churn", "ml", &rest);
    std::fs::write(folder.join("rollout.yaml"), spec).expect("a file");
    let run = gate(
        &folder,
        &[],
        &[
            ("GLIDEPATH_PROMETHEUS_HOSTS", "127.0.0.1"),
            ("GLIDEPATH_TOKEN_COMMANDS", "false"),
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ],
    )
    .exits(6);
    let body: serde_json::Value = serde_json::from_str(&run.stdout).expect("JSON");
    let verdicts: Vec<&str> = (0..3)
        .map(|at| body["gates"][at]["verdict"].as_str().expect("a verdict"))
        .collect();
    assert_eq!(verdicts, ["pass", "error", "error"], "{}", run.shown());
    let why = |at: usize| body["gates"][at]["why"].as_str().expect("a reason");
    assert!(
        why(1).contains("`amp`") && why(1).contains("AWS_SECRET_ACCESS_KEY"),
        "{}",
        why(1)
    );
    assert!(
        why(2).contains("`broken`") && why(2).contains("token command failed"),
        "{}",
        why(2)
    );
}

#[test]
fn every_attempt_has_the_credentials() {
    let (url, seen) = server(|at, stream| {
        if at == 0 {
            answer(stream, "503 Service Unavailable", "", "");
        } else {
            answer(stream, "200 OK", "", GOOD);
        }
    });
    let metrics = format!("{{prometheus: {{url: '{url}'}}}}");
    let folder = folder("again", &metrics, "");
    let token = ("GLIDEPATH_PROMETHEUS_TOKEN", "s3cret");
    gate(&folder, &["--prometheus-url", &url], &[token]).exits(0);
    let heads = heads(&seen);
    assert_eq!(heads.len(), 2);
    assert!(heads.iter().all(|head| head.contains("bearer s3cret")));
}
