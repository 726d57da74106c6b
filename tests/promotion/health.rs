//! `--require-healthy`, against a small server that plays Argo CD.

use std::sync::mpsc::{Receiver, channel};

use crate::support::Run;
use crate::support::http::{self, Request, Response};

use super::harness::Lab;

/// Where a server listens that gives every request the same answer, and hands out its path and its headers.
pub(crate) fn serve(status: u16, body: String) -> (String, Receiver<Request>) {
    let (send, receive) = channel();
    let port = http::serve(move |request| {
        // Most tests do not look.
        let _ = send.send(request.clone());
        Some(Response::new(status, body.clone()).with("content-type", "application/json"))
    });
    (format!("http://127.0.0.1:{port}"), receive)
}

pub(crate) fn application(sync: &str, health: &str, revision: &str, deployed: &str) -> String {
    format!(
        r#"{{"metadata": {{"name": "x"}}, "status": {{"sync": {{"status": "{sync}", "revision": "{revision}"}},
            "health": {{"status": "{health}"}}, "history": [{{"id": 1, "revision": "{revision}", "deployedAt": "{deployed}"}}],
            "resources": []}}}}"#
    )
}

fn promote(lab: &Lab, address: &str, more: &[&str]) -> Run {
    let args = [&["promote", "app"], more].concat();
    let mut command = lab.prepare(&args);
    command
        .env("ARGOCD_SERVER", address)
        .env("ARGOCD_AUTH_TOKEN", "s3cret");
    let ran = Run::to_the_end(&mut command);
    assert!(!ran.stderr.contains("s3cret") && !ran.stdout.contains("s3cret"));
    ran
}

#[test]
fn a_stage_is_left_only_when_it_has_arrived() {
    const LONG_AGO: &str = "2020-01-03T00:00:00Z";
    let lab = Lab::new("healthy");
    lab.promote();
    let (live, base) = (lab.head(), lab.git(&["rev-parse", "HEAD^"]));
    for (sync, health, revision, code, says) in [
        ("OutOfSync", "Healthy", &live, 4, "is OutOfSync and Healthy"),
        (
            "Synced",
            "Progressing",
            &live,
            4,
            "is Synced and Progressing",
        ),
        (
            "Synced",
            "Healthy",
            &base,
            4,
            "which is no commit of the live stage",
        ),
    ] {
        let (address, _) = serve(200, application(sync, health, revision, LONG_AGO));
        let ran = promote(&lab, &address, &["--require-healthy"]);
        assert_eq!(ran.code, code, "{}", ran.stderr);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
    // The bake counts from the deployment.
    let (address, _) = serve(
        200,
        application("Synced", "Healthy", &live, "2999-01-01T00:00:00Z"),
    );
    let ran = promote(&lab, &address, &["--require-healthy"]);
    assert_eq!(ran.code, 4, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("`deploy` bakes for 5m, and 5m is left"),
        "{}",
        ran.stderr
    );
    for (status, body, says) in [
        (401, "{}", "does not accept the token"),
        (403, "{}", "may not read the application `image-classifier`"),
        (404, "{}", "has no application"),
        (302, "", "302"),
        (500, "{}", "status 500"),
        (200, "<html>", "cannot be read"),
    ] {
        let (address, _) = serve(status, body.to_owned());
        let ran = promote(&lab, &address, &["--require-healthy"]);
        assert_eq!(ran.code, 6, "{status}: {}", ran.stderr);
        assert!(ran.stderr.contains(says), "{status}: {}", ran.stderr);
    }
    let ran = promote(&lab, "http://127.0.0.1:9", &["--require-healthy"]);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(ran.stderr.contains("does not answer"), "{}", ran.stderr);
    lab.refused(&["promote", "app", "--require-healthy"], 2, "ARGOCD_SERVER");
    assert_eq!(lab.live(), "deploy");

    let (address, asked) = serve(200, application("Synced", "Healthy", &live, LONG_AGO));
    let ran = promote(
        &lab,
        &address,
        &["--require-healthy", "--argocd-app", "vision-x"],
    );
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let asked = asked.recv().expect("a request");
    assert_eq!(
        (asked.method.as_str(), asked.path.as_str()),
        ("GET", "/api/v1/applications/vision-x")
    );
    assert_eq!(asked.header("authorization"), Some("Bearer s3cret"));
    assert_eq!(lab.live(), "split");
}

#[test]
fn the_policy_asks_and_force_goes_on_without() {
    let lab = Lab::new("policy");
    let spec = lab.read("app/rollout.yaml");
    lab.write(
        "app/rollout.yaml",
        &spec.replace("  policy:\n", "  policy:\n    requireHealthy: true\n"),
    );
    lab.ok(&["render", "app"]);
    lab.commit_all("ask");
    lab.refused(&["promote", "app"], 2, "ARGOCD_SERVER");
    let (address, _) = serve(
        200,
        application("Synced", "Degraded", &lab.head(), "2020-01-03T00:00:00Z"),
    );
    assert_eq!(promote(&lab, &address, &[]).code, 4);
    lab.ok(&["promote", "app", "--force", "--reason", "Argo CD is down"]);
    assert_eq!(lab.live(), "deploy");
    lab.ok(&["promote", "app", "--force", "--reason", "x"]);
    lab.ok(&["rollback", "app"]);
    assert_eq!(lab.live(), "deploy");
}
