//! `web`: what another service says, asked at the socket.

use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::gates_faults::tls::{authority, server as tls_server};
use crate::support::socket::{answer, server};

use super::{LONG_AGO, gate, place};

/// A gate that asks this server, at a path with a variable.
fn monitor(url: &str) -> String {
    format!("web: {{url: \"{url}/state?model={{{{version}}}}\", json: $.state, equals: OK}}")
}

/// The host and port that the environment names.
fn host(url: &str) -> &str {
    url.trim_start_matches("http://")
}

/// The exit code and reason, and the paths that were asked for, where a server answers like this.
fn judged(status: &'static str, headers: &'static str, body: &str) -> (i32, String, Vec<String>) {
    let body = body.to_owned();
    let (url, seen) = server(move |_, stream| answer(stream, status, headers, &body));
    let place = place(&[("monitor", &monitor(&url))]);
    let named = [("GLIDEPATH_WEB_HOSTS", host(&url))];
    let more = ["--format", "json", "--deadline", "2s"];
    let run = gate(&place, LONG_AGO, &more, &named);
    let body: Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.shown()));
    let why = body["gates"][0]["why"].as_str().expect("a reason");
    let seen = seen.lock().expect("no panic");
    let heads = seen.iter().map(|(head, _)| head.clone()).collect();
    (run.code, why.to_owned(), heads)
}

#[test]
fn a_value_is_asked_for_without_credentials() {
    let (code, why, heads) = judged("200 OK", "", r#"{"state": "OK"}"#);
    assert_eq!(code, 0, "{why}");
    assert!(
        heads[0].starts_with("GET /state?model=v2 HTTP/1.1"),
        "{}",
        heads[0]
    );
    let head = heads[0].to_lowercase();
    assert!(
        !head.contains("authorization") && !head.contains("cookie"),
        "{head}"
    );
    let (code, why, _) = judged("200 OK", "", r#"{"state": "ALARM"}"#);
    assert_eq!((code, why.as_str()), (3, "it is ALARM, and must be OK"));
}

#[test]
fn answers_of_no_use_are_errors_and_never_a_failure() {
    let large = format!("{{\"state\": \"OK\", \"x\": \"{}\"}}", "x".repeat(1 << 20));
    for (status, headers, body, code, wanted) in [
        (
            "302 Found",
            "Location: https://evil.example/\r\n",
            "",
            6,
            "redirects (status 302), which is not followed",
        ),
        (
            "404 Not Found",
            "",
            r#"{"state": "OK"}"#,
            6,
            "answers with status 404",
        ),
        ("401 Unauthorized", "", "", 6, "answers with status 401"),
        (
            "503 Service Unavailable",
            "",
            r#"{"state": "OK"}"#,
            6,
            "answers with status 503",
        ),
        ("200 OK", "", "<html>", 6, "it is no JSON"),
        (
            "200 OK",
            "",
            large.as_str(),
            6,
            "answers with more than 1 MiB",
        ),
        (
            "200 OK",
            "",
            r#"{"state": 1}"#,
            6,
            "the number `1`, and must be the text `OK`",
        ),
        ("200 OK", "", "{}", 4, "the path leads to nothing"),
    ] {
        let (exit, why, heads) = judged(status, headers, body);
        assert_eq!(exit, code, "{status}: {why}");
        assert!(why.contains(wanted), "{status}: {why}");
        let tries = if status.starts_with('5') { 2 } else { 1 };
        assert!(heads.len() <= tries, "{status}: {heads:?}");
    }
}

#[test]
fn nobody_waits_longer_than_the_deadline() {
    let (url, _) = server(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
        std::thread::sleep(Duration::from_secs(20));
    });
    let place = place(&[("monitor", &monitor(&url))]);
    let begun = Instant::now();
    let run = gate(
        &place,
        LONG_AGO,
        &["--deadline", "1s"],
        &[("GLIDEPATH_WEB_HOSTS", host(&url))],
    );
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    run.exits(6);
}

#[test]
fn only_a_host_that_the_environment_names_is_asked() {
    let (url, seen) = server(|_, stream| answer(stream, "200 OK", "", r#"{"state": "OK"}"#));
    let place = place(&[("monitor", &monitor(&url))]);
    let port = url.rsplit(':').next().expect("a port");
    let others = [
        String::new(),
        "127.0.0.1".to_owned(),
        "127.0.0.1:1".to_owned(),
        format!("localhost:{port}"),
    ];
    for hosts in others {
        let run = gate(&place, LONG_AGO, &[], &[("GLIDEPATH_WEB_HOSTS", &hosts)]).exits(6);
        let wanted = format!(
            "`{}` is not asked: GLIDEPATH_WEB_HOSTS has to name it",
            host(&url)
        );
        assert!(run.stdout.contains(&wanted), "{}", run.shown());
    }
    assert!(seen.lock().expect("no panic").is_empty());
    gate(
        &place,
        LONG_AGO,
        &[],
        &[("GLIDEPATH_WEB_HOSTS", &format!("a.example, {}", host(&url)))],
    )
    .exits(0);
}

#[test]
fn it_is_asked_when_the_window_has_ended_and_not_before() {
    let (url, seen) = server(|_, stream| answer(stream, "200 OK", "", r#"{"state": "ALARM"}"#));
    let place = place(&[("monitor", &monitor(&url))]);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let began = (now.expect("after 1970").as_secs() - 600).to_string();
    gate(&place, &began, &[], &[("GLIDEPATH_WEB_HOSTS", host(&url))]).exits(4);
    assert!(seen.lock().expect("no panic").is_empty());
}

#[test]
fn what_was_answered_is_recorded_and_judged_again() {
    let (url, seen) =
        server(|_, stream| answer(stream, "200 OK", "", r#"{"state": "OK", "time": 1}"#));
    let place = place(&[("monitor", &monitor(&url))]);
    let named = [("GLIDEPATH_WEB_HOSTS", host(&url))];
    let recorded = gate(&place, LONG_AGO, &["--format", "json"], &named)
        .exits(0)
        .stdout;
    let body: Value = serde_json::from_str(&recorded).expect("JSON");
    let document = &body["gates"][0]["document"];
    assert_eq!(document["url"], format!("{url}/state?model=v2"));
    assert_eq!(
        (&document["status"], &document["value"]),
        (&200.into(), &"OK".into())
    );
    place.write("recorded.json", &recorded);
    let again = place
        .run(&["gate", "--replay", "recorded.json", "--format", "json"])
        .exits(0);
    assert_eq!(again.stdout, recorded);
    assert_eq!(seen.lock().expect("no panic").len(), 1);
}

#[test]
fn variables_are_encoded_into_the_address() {
    let place = place(&[(
        "monitor",
        "web: {url: \"https://monitor.example/{{podPrefix}}/{{namespace}}?v={{version}}\", json: $.state, equals: OK}",
    )]);
    let run = place
        .run(&["gate", "--stage", "canary", "--explain", "monitor"])
        .exits(0);
    assert!(
        run.stdout
            .contains("GET https://monitor.example/churn-v2-/ml?v=v2"),
        "{}",
        run.shown()
    );
}

#[test]
fn https_is_trusted_by_the_ca_file_and_by_nothing_else() {
    let (pem, issuer) = authority();
    let url = tls_server("127.0.0.1", &issuer, r#"{"state": "OK"}"#);
    let place = place(&[("monitor", &monitor(&url))]);
    place.write("ca.pem", pem);
    let ca = place.path("ca.pem").display().to_string();
    let hosts = ("GLIDEPATH_WEB_HOSTS", url.trim_start_matches("https://"));
    let ours = ("GLIDEPATH_WEB_CA_FILE", ca.as_str());
    gate(&place, LONG_AGO, &[], &[hosts, ours]).exits(0);
    let run = gate(&place, LONG_AGO, &[], &[hosts]).exits(6);
    assert!(
        run.stdout
            .contains("GLIDEPATH_WEB_CA_FILE names the authorities"),
        "{}",
        run.shown()
    );
    gate(
        &place,
        LONG_AGO,
        &[],
        &[hosts, ("GLIDEPATH_WEB_CA_FILE", "/nowhere")],
    )
    .exits(2)
    .says(&["the file that GLIDEPATH_WEB_CA_FILE names cannot be read"]);
}
