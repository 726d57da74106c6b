//! `gate --watch`: it waits until the gates are decided, and stops by itself.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::support::two_versions;

use super::server::server;
use super::{glidepath, with_spec};

/// A stage that begins now and bakes for so many seconds.
fn spec(gate: &str, bake: u32) -> String {
    let rest = format!(
        "  lints: {{GP507: allow}}
  gateDefaults: {{warmup: 0s, settle: 0s}}
  gates: [{gate}]
  steps:
    - {{name: canary, weight: 10, bake: {bake}s, gates: [t]}}
"
    );
    two_versions("churn", "ml", &rest)
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.expect("after 1970").as_secs()
}

/// The exit code, stdout and stderr of a watch that begins now.
fn watch(name: &str, bake: u32, gate: impl Fn(u64) -> String) -> (i32, String, String) {
    // It may take seconds to start, and the bake would not wait for it.
    let url = &server().url;
    let began = now();
    let folder = with_spec(name, &spec(&gate(began), bake));
    let start = Instant::now();
    let found = glidepath(
        &folder,
        &[
            "gate",
            "--watch",
            "--stage",
            "canary",
            "--stage-started-at",
            &began.to_string(),
            "--prometheus-url",
            url,
        ],
    );
    // It ends by itself long before anybody gives up.
    assert!(start.elapsed() < Duration::from_secs(45), "{found:?}");
    found
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn it_waits_until_the_gates_pass() {
    // 7 at the end, and something else before it.
    let (exit, text, told) = watch("watch-pass", 10, |began| {
        format!(
            "{{name: t, threshold: {{query: 'vector(7) and on() (vector(time()) >= {})', max: 10}}}}",
            began + 9
        )
    });
    assert_eq!(exit, 0, "{text}{told}");
    assert!(text.contains("7 is within the limits"), "{text}");
    // A log gets a line when something changes, and no countdown.
    assert!(!told.contains('\r') && !told.contains('\u{1b}'), "{told:?}");
    let lines = told.lines().filter(|line| line.contains("inconclusive"));
    assert!((1..=2).contains(&lines.count()), "{told}");
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn it_stops_at_the_first_failure() {
    let (exit, text, told) = watch("watch-fail", 60, |_| {
        "{name: t, failFast: true, threshold: {query: 'vector(70)', max: 10}}".to_owned()
    });
    assert_eq!(exit, 3, "{text}{told}");
    assert!(
        text.contains("is enough to fail it before its window is over"),
        "{text}"
    );
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn it_stops_when_the_bake_is_over() {
    let (exit, text, told) = watch("watch-none", 4, |_| {
        "{name: t, threshold: {query: absent, max: 10}}".to_owned()
    });
    assert_eq!(exit, 4, "{text}{told}");
    assert!(!text.contains("All gates are decided at"), "{text}");
}

/// On a terminal the last line counts down, and is gone in the end.
#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_terminal_gets_a_countdown() {
    let url = &server().url;
    let began = now();
    let gate = "{name: t, threshold: {query: absent, max: 10}}";
    let folder = with_spec("watch-terminal", &spec(gate, 4));
    let command = format!(
        "'{}' gate --watch --stage canary --stage-started-at {began} --prometheus-url {url} '{}'",
        crate::support::GLIDEPATH,
        folder.display()
    );
    // `script` gives the command a terminal of its own.
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .output()
        .expect("script is missing: apt-get install bsdutils");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(4), "{text}");
    assert!(text.contains("\r\u{1b}[2Kdecided in "), "{text:?}");
    let (_, after) = text.rsplit_once("decided in ").expect("a countdown");
    assert!(after.contains("\r\u{1b}[2K"), "{text:?}");
}
