//! The Prometheus client against a server that misbehaves: every answer ends in the right verdict, and none in a hang.

mod command;
mod signature;
mod sizes;
pub(crate) mod tls;
mod trust;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use glidepath::compile::{Environment, NoFiles, compile};
use glidepath::gate::prometheus::{Credentials, Prometheus, Settings};
use glidepath::gate::{EvaluationContext, Evidence, Verdict, evaluate};
use glidepath::text::Source as Text;
use glidepath::units::Timestamp;

use crate::support::socket::{answer, read, server};
use crate::support::{free_port, two_versions};

const GOOD: &str = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]}]}}"#;

fn settings(url: &str) -> Settings {
    Settings {
        timeout: Duration::from_millis(1_500),
        deadline: Duration::from_secs(20),
        backoff: [10, 20, 40].map(Duration::from_millis),
        ..Settings::new(url)
    }
}

/// One threshold gate, asked once after its bake.
fn judge(settings: Settings) -> Evidence {
    let gate = "{name: t, failFast: false, noData: pass, because: a test, threshold: {query: max(m), max: 5}}";
    judge_all(settings, &spec(gate, &["t"])).remove(0)
}

/// A rollout with gates in its only step.
fn spec(gates: &str, names: &[&str]) -> String {
    let names = names.join(", ");
    let rest = format!(
        "  gates: [{gates}]
  steps: [{{name: canary, weight: 10, bake: 1h, gates: [{names}]}}]
"
    );
    two_versions("churn", "ml", &rest)
}

fn judge_all(settings: Settings, spec: &str) -> Vec<Evidence> {
    let compiled = compile(
        &Text::new("rollout.yaml", spec.to_owned()),
        &NoFiles,
        &Environment::default(),
    )
    .expect("it compiles");
    let references = BTreeMap::new();
    let occasion = EvaluationContext {
        stage: compiled.plan.stage_named("canary").expect("the stage"),
        namespace: "ml",
        began: Timestamp::from_seconds(1_700_000_000),
        now: Timestamp::from_seconds(1_700_010_000),
        references: &references,
    };
    let source = Prometheus::new(settings).expect("a client");
    evaluate(&compiled.plan, &occasion, &source)
}

#[test]
fn a_good_answer_passes_and_the_question_is_a_form() {
    let (url, seen) = server(|_, stream| answer(stream, "200 OK", "", GOOD));
    let found = judge(Settings {
        credentials: Credentials::Bearer("s3cret".to_owned()),
        org_id: Some("tenant".to_owned()),
        ..settings(&url)
    });
    assert_eq!(found.verdict, Verdict::Pass, "{}", found.why);
    let seen = seen.lock().expect("no panic");
    let (head, body) = &seen[0];
    assert!(head.starts_with("POST /api/v1/query HTTP/1.1"), "{head}");
    let lower = head.to_lowercase();
    assert!(
        lower.contains("content-type: application/x-www-form-urlencoded"),
        "{head}"
    );
    assert!(
        head.contains("Bearer s3cret") && lower.contains("x-scope-orgid: tenant"),
        "{head}"
    );
    assert!(
        body.contains("query=max%28m%29") && body.contains("time=1700003600"),
        "{body}"
    );
    assert!(body.contains("partial_response=false"), "{body}");
    let shown = format!("{found:?}");
    assert!(!shown.contains("s3cret"));
}

#[test]
fn refused_connections_are_errors() {
    let found = judge(settings(&format!("http://127.0.0.1:{}", free_port())));
    assert_eq!(found.verdict, Verdict::Error);
    assert!(found.why.contains("unreachable"), "{}", found.why);
}

#[test]
fn statuses_end_as_the_rules_say() {
    for (status, attempts, word) in [
        ("401 Unauthorized", 1, "credentials"),
        ("403 Forbidden", 1, "credentials"),
        ("404 Not Found", 1, "no Prometheus API"),
        ("400 Bad Request", 1, "does not take the query"),
        ("422 Unprocessable Entity", 1, "does not take the query"),
        ("302 Found", 1, "redirects"),
        ("308 Permanent Redirect", 1, "redirects"),
        ("418 I'm a teapot", 1, "status 418"),
        // What Prometheus never sends, and a proxy might: a failure with the status of a success.
        ("200 OK", 1, "does not take the query: nope"),
        ("503 Service Unavailable", 4, "status 503"),
        ("429 Too Many Requests", 4, "status 429"),
    ] {
        let (url, seen) = server(move |_, stream| {
            answer(
                stream,
                status,
                "Location: http://127.0.0.1:1/\r\n",
                r#"{"status":"error","error":"nope"}"#,
            );
        });
        let found = judge(settings(&url));
        assert_eq!(found.verdict, Verdict::Error, "{status}");
        assert!(found.why.contains(word), "{status}: {}", found.why);
        assert_eq!(seen.lock().expect("no panic").len(), attempts, "{status}");
    }
}

/// Q10: credentials go where they were sent, and not where that place points to.
#[test]
fn redirects_are_not_followed_with_credentials() {
    let (elsewhere, theirs) = server(|_, stream| answer(stream, "200 OK", "", GOOD));
    let location = format!("Location: {elsewhere}/api/v1/query\r\n");
    for status in ["301 Moved Permanently", "307 Temporary Redirect"] {
        let location = location.clone();
        let (url, _) = server(move |_, stream| answer(stream, status, &location, ""));
        let found = judge(Settings {
            credentials: Credentials::Bearer("s3cret".to_owned()),
            ..settings(&url)
        });
        assert_eq!(found.verdict, Verdict::Error, "{status}");
        assert!(found.why.contains("not followed"), "{}", found.why);
    }
    assert!(theirs.lock().expect("no panic").is_empty());
}

/// V5: what is left when the time is over is an error, and every gate is told of in the order of the spec.
#[test]
fn gates_that_the_deadline_leaves_are_errors() {
    let names: Vec<String> = (0..12).map(|at| format!("g{at}")).collect();
    let gates: Vec<String> = names
        .iter()
        .map(|name| {
            format!("{{name: {name}, failFast: false, threshold: {{query: '{name}', max: 5}}}}")
        })
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (url, seen) = server(|at, stream| {
        // The first is answered; then the server is busy for longer than anybody waits.
        if at > 0 {
            thread::sleep(Duration::from_secs(30));
        }
        answer(stream, "200 OK", "", GOOD);
    });
    let settings = Settings {
        timeout: Duration::from_secs(30),
        deadline: Duration::from_secs(5),
        ..settings(&url)
    };
    let began = Instant::now();
    let found = judge_all(settings, &spec(&gates.join(", "), &names));
    assert!(began.elapsed() < Duration::from_secs(25));
    let order: Vec<&str> = found.iter().map(|one| one.gate.as_str()).collect();
    assert_eq!(order, names);
    let errors = found.iter().filter(|one| one.verdict == Verdict::Error);
    assert_eq!(errors.count(), 11);
    // Gates that nobody could ask any more were not asked.
    assert!(seen.lock().expect("no panic").len() < 12);
}

#[test]
fn a_server_that_recovers_is_asked_again() {
    let (url, seen) = server(|at, stream| match at {
        0 => answer(stream, "500 Internal Server Error", "", ""),
        1 => answer(stream, "429 Too Many Requests", "Retry-After: 1\r\n", ""),
        _ => answer(stream, "200 OK", "", GOOD),
    });
    let began = Instant::now();
    assert_eq!(judge(settings(&url)).verdict, Verdict::Pass);
    assert!(
        began.elapsed() >= Duration::from_secs(1),
        "Retry-After is honoured"
    );
    assert_eq!(seen.lock().expect("no panic").len(), 3);
}

#[test]
fn waiting_ends_at_the_deadline() {
    let (url, _) = server(|_, stream| {
        answer(stream, "429 Too Many Requests", "Retry-After: 3600\r\n", "");
    });
    let began = Instant::now();
    assert_eq!(judge(settings(&url)).verdict, Verdict::Error);
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_slow_server_is_an_error_in_time() {
    let (url, _) = server(|_, stream| {
        // One byte now and then: it never stops, and never ends.
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        for _ in 0..200 {
            if stream.write_all(b" ").is_err() {
                break;
            }
            thread::sleep(Duration::from_millis(50));
        }
    });
    let began = Instant::now();
    let found = judge(Settings {
        timeout: Duration::from_millis(300),
        deadline: Duration::from_secs(2),
        ..settings(&url)
    });
    assert_eq!(found.verdict, Verdict::Error, "{}", found.why);
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn broken_and_oversized_answers_are_errors() {
    let cut = &GOOD[..GOOD.len() / 2];
    let announced = "HTTP/1.1 200 OK\r\nContent-Length: 41943040\r\n\r\n{";
    let endless = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    let begun = Instant::now();
    for case in 0..5 {
        let cut = cut.to_owned();
        let (url, _) = server(move |_, stream| match case {
            0 => answer(stream, "200 OK", "", &cut),
            1 => drop(stream.write_all(announced.as_bytes())),
            2 => {
                let _ = stream.write_all(endless.as_bytes());
                let block = vec![b' '; 1 << 20];
                for _ in 0..40 {
                    if stream.write_all(&block).is_err() {
                        break;
                    }
                }
            }
            3 => answer(stream, "200 OK", "", "<html>"),
            _ => {
                drop(
                    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"status\""),
                );
            }
        });
        let found = judge(Settings {
            timeout: Duration::from_secs(20),
            deadline: Duration::from_secs(60),
            ..settings(&url)
        });
        assert_eq!(found.verdict, Verdict::Error, "case {case}: {}", found.why);
        if matches!(case, 1 | 2) {
            assert!(
                found.why.contains("larger than 32 MiB"),
                "case {case}: {}",
                found.why
            );
        }
    }
    assert!(begun.elapsed() < Duration::from_secs(60));
}

/// What a server says is shown on a terminal and in a pull request: it may neither act there nor fill it.
#[test]
fn hostile_texts_are_made_visible_and_short() {
    let hostile = format!("\\u001b[31m\\u0007\\n\u{9b}\u{202e}{}", "x".repeat(3 << 20));
    let vector = |result: &str| {
        format!(r#""status":"success","data":{{"resultType":"vector","result":{result}}}"#)
    };
    let one = r#"[{"metric":{},"value":[1,"1"]}]"#;
    for (status, body) in [
        (
            "200 OK",
            format!(r#"{},"warnings":["{hostile}"]"#, vector(one)),
        ),
        (
            "200 OK",
            vector(&one.replace(r#","1""#, &format!(r#","{hostile}""#))),
        ),
        (
            "200 OK",
            vector(one).replace("\"vector\"", &format!("\"{hostile}\"")),
        ),
        (
            "400 Bad Request",
            format!(r#""status":"error","error":"{hostile}""#),
        ),
    ] {
        let body = format!("{{{body}}}");
        let (url, _) = server(move |_, stream| answer(stream, status, "", &body));
        let found = judge(settings(&url));
        let why = &found.why;
        assert_ne!(found.verdict, Verdict::Pass, "{status}");
        assert!(why.contains("␛[31m␇␊"), "{status}: {:?}", why.get(..200));
        let acts = |c: char| c.is_control() || c == '\u{202e}';
        assert!(!why.contains(acts), "{status}");
        assert!(why.chars().count() < 500, "{status}: {}", why.len());
    }
}

#[test]
fn odd_values_never_pass() {
    for (result, verdict) in [
        ("[]", Verdict::Inconclusive),
        (r#"[{"metric":{},"value":[1,"NaN"]}]"#, Verdict::Error),
        (r#"[{"metric":{},"value":[1,"-Inf"]}]"#, Verdict::Error),
        (
            r#"[{"metric":{"a":"1"},"value":[1,"1"]},{"metric":{"a":"2"},"value":[1,"1"]}]"#,
            Verdict::Error,
        ),
        (r#"[{"metric":{},"histogram":[1,{}]}]"#, Verdict::Error),
        (r#"{"a":1}"#, Verdict::Error),
    ] {
        let body =
            format!(r#"{{"status":"success","data":{{"resultType":"vector","result":{result}}}}}"#);
        let (url, _) = server(move |_, stream| answer(stream, "200 OK", "", &body));
        let found = judge(settings(&url));
        // `noData: pass` is set here, with a reason: it is the reason that passes, and it is shown.
        let wanted = if verdict == Verdict::Inconclusive {
            Verdict::Pass
        } else {
            verdict
        };
        assert_eq!(found.verdict, wanted, "{result}: {}", found.why);
        assert!(verdict != Verdict::Inconclusive || found.why.contains("noData: pass"));
    }
}

/// Whose clock is wrong cannot be told, so nobody's is believed; a few seconds are nothing.
#[test]
fn a_server_whose_clock_is_off_decides_nothing() {
    for (seconds, wanted) in [
        (0, Verdict::Pass),
        (-20, Verdict::Pass),
        (300, Verdict::Error),
        (-300, Verdict::Error),
    ] {
        let (url, _) = server(move |_, stream| {
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .expect("after 1970");
            let now = i64::try_from(now.as_secs()).expect("a time of our days");
            let date = jiff::Timestamp::from_second(now + seconds).expect("a time");
            let date = jiff::fmt::rfc2822::DateTimePrinter::new()
                .timestamp_to_rfc9110_string(&date)
                .expect("a date");
            answer(stream, "200 OK", &format!("Date: {date}\r\n"), GOOD);
        });
        let found = judge(settings(&url));
        assert_eq!(found.verdict, wanted, "{seconds}: {}", found.why);
        if wanted == Verdict::Error {
            assert!(found.why.contains("clock is"), "{}", found.why);
        }
    }
}
