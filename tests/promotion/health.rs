//! `--require-healthy`, against a small server that plays Argo CD.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::harness::{Lab, Ran, ran};

/// Answers one request, and hands out its lines.
pub(crate) fn serve(status: &str, body: String) -> (String, Receiver<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("an address"));
    let status = status.to_owned();
    let (send, receive) = channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a caller");
        let lines = BufReader::new(stream.try_clone().expect("a stream")).lines();
        let lines: Vec<String> = lines
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .collect();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let _ = stream.write_all((head + &body).as_bytes());
        let _ = send.send(lines);
    });
    (address, receive)
}

pub(crate) fn application(sync: &str, health: &str, revision: &str, deployed: &str) -> String {
    format!(
        r#"{{"metadata": {{"name": "x"}}, "status": {{"sync": {{"status": "{sync}", "revision": "{revision}"}},
            "health": {{"status": "{health}"}}, "history": [{{"id": 1, "revision": "{revision}", "deployedAt": "{deployed}"}}],
            "resources": []}}}}"#
    )
}

fn promote(lab: &Lab, address: &str, more: &[&str]) -> Ran {
    let args = [&["promote", "app"], more].concat();
    let mut command = lab.prepare(&args);
    command
        .env("ARGOCD_SERVER", address)
        .env("ARGOCD_AUTH_TOKEN", "s3cret");
    let ran = ran(&mut command);
    assert!(!ran.err.contains("s3cret") && !ran.out.contains("s3cret"));
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
        let (address, _) = serve("200 OK", application(sync, health, revision, LONG_AGO));
        let ran = promote(&lab, &address, &["--require-healthy"]);
        assert_eq!(ran.code, code, "{}", ran.err);
        assert!(ran.err.contains(says), "{}", ran.err);
    }
    // The bake counts from the deployment.
    let (address, _) = serve(
        "200 OK",
        application("Synced", "Healthy", &live, "2999-01-01T00:00:00Z"),
    );
    let ran = promote(&lab, &address, &["--require-healthy"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(
        ran.err.contains("`deploy` bakes for 5m, and 5m is left"),
        "{}",
        ran.err
    );
    for (status, body, says) in [
        ("401 Unauthorized", "{}", "does not accept the token"),
        (
            "403 Forbidden",
            "{}",
            "may not read the application `image-classifier`",
        ),
        ("404 Not Found", "{}", "has no application"),
        ("302 Found", "", "302"),
        ("500 Oops", "{}", "status 500"),
        ("200 OK", "<html>", "cannot be read"),
    ] {
        let (address, _) = serve(status, body.to_owned());
        let ran = promote(&lab, &address, &["--require-healthy"]);
        assert_eq!(ran.code, 6, "{status}: {}", ran.err);
        assert!(ran.err.contains(says), "{status}: {}", ran.err);
    }
    let ran = promote(&lab, "http://127.0.0.1:9", &["--require-healthy"]);
    assert_eq!(ran.code, 6, "{}", ran.err);
    assert!(ran.err.contains("does not answer"), "{}", ran.err);
    lab.refused(&["promote", "app", "--require-healthy"], 2, "ARGOCD_SERVER");
    assert_eq!(lab.live(), "deploy");

    let (address, asked) = serve("200 OK", application("Synced", "Healthy", &live, LONG_AGO));
    let ran = promote(
        &lab,
        &address,
        &["--require-healthy", "--argocd-app", "vision-x"],
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    let asked = asked.recv().expect("a request");
    assert_eq!(asked[0], "GET /api/v1/applications/vision-x HTTP/1.1");
    let has = |line: &str| asked.iter().any(|found| found.eq_ignore_ascii_case(line));
    assert!(has("authorization: Bearer s3cret"), "{asked:?}");
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
        "200 OK",
        application("Synced", "Degraded", &lab.head(), "2020-01-03T00:00:00Z"),
    );
    assert_eq!(promote(&lab, &address, &[]).code, 4);
    lab.ok(&["promote", "app", "--force", "--reason", "Argo CD is down"]);
    assert_eq!(lab.live(), "deploy");
    lab.ok(&["promote", "app", "--force", "--reason", "x"]);
    lab.ok(&["rollback", "app"]);
    assert_eq!(lab.live(), "deploy");
}
