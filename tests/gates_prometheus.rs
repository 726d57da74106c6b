//! Gates against a real Prometheus that holds exact histories.
//!
//! These tests need `prometheus` and `promtool` (on Debian: `apt-get install prometheus`), so plain `cargo test` leaves them out;
//! `tests/conformance/run gates` installs both and runs them, and fails where it cannot.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use glidepath::compile::{Compiled, compile};
use glidepath::gate::doctor::{Level, examine};
use glidepath::gate::prometheus::{Prometheus, Settings};
use glidepath::gate::{Evidence, Occasion, Source as _, Verdict, When, evaluate};
use glidepath::text::Source as Text;
use glidepath::units::Moment;

/// When the stage of the history begins.
const BEGAN: i64 = 1_704_067_200;
/// Seconds between scrapes.
const SCRAPE: i64 = 15;
/// How long the history goes on.
const SECONDS: i64 = 3 * 3_600;

/// A server with the history. A static is never dropped: what ends the server is the end of its standard input.
struct Server {
    url: String,
    _child: Child,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prometheus");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("a folder");
        let history = folder.join("history.txt");
        fs::write(&history, history_text()).expect("the history");
        fs::write(folder.join("prometheus.yml"), "scrape_configs: []\n").expect("a configuration");
        let data = folder.join("data");
        let loaded = Command::new("promtool")
            .args(["tsdb", "create-blocks-from", "openmetrics", "--quiet"])
            .args([&history, &data])
            .output()
            .expect("promtool is missing: apt-get install prometheus");
        assert!(
            loaded.status.success(),
            "{}",
            String::from_utf8_lossy(&loaded.stderr)
        );
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let child = Command::new("sh")
            .args([
                "-c",
                "prometheus \"$@\" <&- & read -r _; kill $!; wait $!",
                "sh",
            ])
            .arg(format!(
                "--config.file={}",
                folder.join("prometheus.yml").display()
            ))
            .arg(format!("--storage.tsdb.path={}", data.display()))
            .arg("--storage.tsdb.retention.time=100y")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell");
        let server = Server {
            url: format!("http://127.0.0.1:{port}"),
            _child: child,
        };
        let began = Instant::now();
        while !is_ready(port) {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "prometheus does not start; on Debian: apt-get install prometheus"
            );
            thread::sleep(Duration::from_millis(100));
        }
        server
    })
}

fn is_ready(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let mut text = String::new();
    let asked = stream
        .write_all(b"GET /-/ready HTTP/1.0\r\n\r\n")
        .and_then(|()| stream.read_to_string(&mut text));
    asked.is_ok() && text.contains(" 200 ")
}

/// One counter: labels, and its value by seconds after the beginning; `None` before its birth.
fn counter(text: &mut String, name: &str, labels: &str, value: &dyn Fn(i64) -> Option<f64>) {
    for at in (-600..SECONDS).step_by(15).filter(|at| at % SCRAPE == 0) {
        if let Some(value) = value(at) {
            writeln!(text, "{name}{{{labels}}} {value} {}", BEGAN + at).expect("a string");
        }
    }
}

/// Requests by workload: v2 fails five times, all at the birth of the series; the worse one fails one in fifty.
#[expect(clippy::cast_precision_loss, reason = "counts of a test")]
fn history_text() -> String {
    let mut text = String::from("# TYPE istio_requests counter\n");
    let istio = |reporter: &str, workload: &str, more: &str| {
        format!(
            "reporter=\"{reporter}\",destination_workload_namespace=\"ml\",destination_workload=\"{workload}\",{more}"
        )
    };
    for (workload, per_scrape) in [("churn-v1", 100.0), ("churn-v2", 25.0), ("worse-v2", 25.0)] {
        for reporter in ["destination", "source"] {
            let labels = istio(reporter, workload, "response_code=\"200\",pod=\"a\"");
            counter(&mut text, "istio_requests_total", &labels, &|at| {
                Some((at + 600) as f64 / 15.0 * per_scrape)
            });
        }
    }
    // A pod that starts anew in the middle: its counter falls to 0, and nothing is lost or counted twice.
    let labels = istio("destination", "churn-v2", "response_code=\"200\",pod=\"b\"");
    counter(&mut text, "istio_requests_total", &labels, &|at| {
        (at >= 0).then_some(((at % 1_800) / 15) as f64)
    });
    let labels = istio("destination", "churn-v2", "response_code=\"503\",pod=\"a\"");
    counter(&mut text, "istio_requests_total", &labels, &|at| {
        (at >= 700).then_some(5.0)
    });
    let labels = istio(
        "destination",
        "worse-v2",
        "response_code=\"200\",grpc_response_status=\"14\",pod=\"a\"",
    );
    counter(&mut text, "istio_requests_total", &labels, &|at| {
        (at >= 0).then_some((at / 15) as f64 * 0.5)
    });
    text.push_str("# TYPE istio_request_duration_milliseconds histogram\n");
    for (workload, share) in [("churn-v1", 0.97), ("churn-v2", 0.96), ("worse-v2", 0.90)] {
        // Prometheus 3 writes `250.0`, and Prometheus 2 `250`.
        for (bound, part) in [
            ("250.0", share - 0.2),
            ("500", share),
            ("1000.0", 1.0),
            ("+Inf", 1.0),
        ] {
            let labels = istio(
                "destination",
                workload,
                &format!("response_code=\"200\",le=\"{bound}\""),
            );
            counter(
                &mut text,
                "istio_request_duration_milliseconds_bucket",
                &labels,
                &|at| Some((at + 600) as f64 / 15.0 * 20.0 * part),
            );
        }
    }
    text.push_str("# TYPE queue gauge\n");
    for (pod, factor) in [
        ("churn-v1-5d8f6c7b9-abcde", 10.0),
        ("churn-v2-5d8f6c7b9-abcde", 10.1),
        ("churn-v2-large-5d8f6c7b9-abcde", 99.0),
    ] {
        counter(
            &mut text,
            "queue",
            &format!("namespace=\"ml\",pod=\"{pod}\""),
            &|at| Some(factor + ((at as f64) / 700.0).sin() + (at / 15 * 7 % 5) as f64 / 50.0),
        );
    }
    text.push_str("# TYPE score histogram\n");
    for (pod, shift) in [
        ("churn-v1-5d8f6c7b9-abcde", 0.0),
        ("churn-v2-5d8f6c7b9-abcde", 0.02),
    ] {
        for (bound, part) in [
            ("0.25", 0.2 + shift),
            ("0.5", 0.5 + shift),
            ("0.75", 0.8 + shift),
            ("+Inf", 1.0),
        ] {
            let labels = format!("namespace=\"ml\",pod=\"{pod}\",le=\"{bound}\"");
            counter(&mut text, "score_bucket", &labels, &|at| {
                Some((at + 600) as f64 / 15.0 * 20.0 * part)
            });
        }
    }
    text.push_str("# EOF\n");
    text
}

fn spec(name: &str, namespace: &str, gates: &str) -> String {
    let names: Vec<&str> = gates
        .split("name: ")
        .skip(1)
        .map(|rest| rest.split([',', '}']).next().expect("a name"))
        .collect();
    format!(
        "apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  models:
    - {{name: v1, runtime: custom, image: 'i:1', ports: [{{name: http, containerPort: 80}}]}}
    - {{name: v2, runtime: custom, image: 'i:2', ports: [{{name: http, containerPort: 80}}]}}
  stable: v1
  gates: {gates}
  steps:
    - {{name: canary, weight: 10, bake: 1h, gates: [{}]}}
",
        names.join(", ")
    )
}

fn compiled(name: &str, namespace: &str, gates: &str) -> Compiled {
    let text = spec(name, namespace, gates);
    compile(&Text::new("rollout.yaml", text))
        .unwrap_or_else(|report| panic!("{:?}", report.sorted()))
}

fn client() -> Prometheus {
    Prometheus::new(Settings::new(&server().url)).expect("a client")
}

/// The evidence after the last look of an hour's stage.
fn judged(name: &str, gates: &str) -> Vec<Evidence> {
    let compiled = compiled(name, "ml", gates);
    let references = BTreeMap::new();
    let occasion = Occasion {
        stage: compiled.plan.stage_index("canary").expect("the stage"),
        namespace: "ml",
        began: Moment::from_seconds(BEGAN),
        now: Moment::from_seconds(BEGAN + 4_000),
        references: &references,
    };
    evaluate(&compiled.plan, &occasion, &client())
}

fn number(found: &Evidence, name: &str) -> f64 {
    let found = found.numbers.iter().find(|(key, _)| *key == name);
    found.unwrap_or_else(|| panic!("no `{name}`")).1
}

#[track_caller]
fn is(found: &Evidence, verdict: Verdict) {
    assert_eq!(
        found.verdict, verdict,
        "{}: {} ({})",
        found.gate, found.why, found.evidence
    );
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn five_failures_at_birth_are_five_and_restarts_lose_nothing() {
    let found = judged(
        "churn",
        "[{name: exact, availability: {objective: 99.9%}}, {name: estimated, availability: {objective: 99.9%, counts: estimated}}]",
    );
    // 240 scrapes of 25 by one pod. The other starts anew at 1,800 s: from 120 s on 111 to 119 more, 120 later, and so on.
    let window = 120..=3_720;
    let other: i64 = (0..=3_720_i64 / 15)
        .map(|scrape| scrape * 15)
        .filter(|at| *at > *window.start() && at % 1_800 != 0)
        .count()
        .try_into()
        .expect("few");
    #[expect(clippy::cast_precision_loss, reason = "few")]
    let expected = 240.0 * 25.0 + other as f64 + 5.0;
    assert!(
        (number(&found[0], "total") - expected).abs() < 0.5,
        "{} for {expected}",
        found[0].evidence
    );
    assert!(
        (number(&found[0], "bad") - 5.0).abs() < 0.5,
        "{}",
        found[0].evidence
    );
    is(&found[0], Verdict::Pass);
    // What the same server's `increase()` makes of it: no failure at all.
    assert!(
        number(&found[1], "bad").abs() < 0.5,
        "{}",
        found[1].evidence
    );
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_worse_candidate_fails_by_grpc_status_and_latency() {
    let gates = "[{name: a, availability: {objective: 99.5%}}, {name: l, latency: {percentile: 95, max: 500ms}}, {name: e, statistical: {test: proportions, margin: 0.2pp}}]";
    // Stable is `worse-v1`, which nobody asks: there is nothing to compare with.
    let found = judged("worse", gates);
    is(&found[0], Verdict::Fail);
    is(&found[1], Verdict::Fail);
    assert!(
        (number(&found[1], "within") - 0.90).abs() < 1e-6,
        "{}",
        found[1].evidence
    );
    is(&found[2], Verdict::Inconclusive);
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_good_candidate_passes_every_kind() {
    let found = judged(
        "churn",
        "[{name: a, availability: {objective: 99.5%}},
          {name: l, latency: {percentile: 95, max: 500ms}},
          {name: t, threshold: {query: 'max(queue{pod=~\"{{podPrefix}}[a-z0-9]+-[a-z0-9]+\"})', max: 12}},
          {name: r, threshold: {query: 'max(queue{pod=~\"{{podPrefix}}[a-z0-9]+-[a-z0-9]+\"})', max: 12, range: true}},
          {name: c, compare: {sli: latency, percentile: 95, ratio: {max: 1.1}}},
          {name: e, statistical: {test: proportions, margin: 0.5pp}},
          {name: m, statistical: {test: mannWhitney, query: 'avg(queue{pod=~\"{{podPrefix}}[a-z0-9]+-[a-z0-9]+\"})', direction: increase, margin: 5%}},
          {name: q, statistical: {test: mannWhitney, sli: latency, percentile: 95, direction: increase, margin: 10%}},
          {name: d, drift: {metric: score, max: 0.2}},
          {name: k, drift: {metric: score, measure: ks, max: 0.1}}]",
    );
    assert_eq!(found.len(), 10);
    for one in &found {
        is(one, Verdict::Pass);
    }
    assert!((number(&found[1], "within") - 0.96).abs() < 1e-6);
    assert!(number(&found[8], "bins") > 3.5);
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_budget_that_burns_is_told() {
    let gates = "[{name: b, bake: 2h, maxLooks: 1, burnRate: {objective: 99.9%, period: 30d}}]";
    let of = |name: &str| {
        let compiled = compiled(name, "ml", gates);
        let references = BTreeMap::new();
        let occasion = Occasion {
            stage: compiled.plan.stage_index("canary").expect("the stage"),
            namespace: "ml",
            began: Moment::from_seconds(BEGAN),
            now: Moment::from_seconds(BEGAN + 7_500),
            references: &references,
        };
        evaluate(&compiled.plan, &occasion, &client()).remove(0)
    };
    is(&of("churn"), Verdict::Pass);
    is(&of("worse"), Verdict::Fail);
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn odd_answers_end_as_the_rules_say() {
    let found = judged(
        "churn",
        "[{name: none, threshold: {query: 'absent_metric', max: 1}},
          {name: two, threshold: {query: 'queue', max: 100}},
          {name: reduced, threshold: {query: 'queue', max: 100, reduce: max}},
          {name: nan, threshold: {query: 'vector(0) / vector(0)', max: 1}},
          {name: inf, threshold: {query: 'vector(1) / vector(0)', min: 0.99}},
          {name: scalar, threshold: {query: 'scalar(vector(3))', max: 3}},
          {name: refused, threshold: {query: 'label_replace(queue, \"x\", \"\", \"pod\", \"(\")', max: 1}}]",
    );
    let wanted = [
        Verdict::Inconclusive,
        Verdict::Error,
        Verdict::Pass,
        Verdict::Inconclusive,
        Verdict::Inconclusive,
        Verdict::Pass,
        Verdict::Error,
    ];
    for (one, wanted) in found.iter().zip(wanted) {
        is(one, wanted);
    }
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn the_doctor_says_what_is_missing() {
    let of = |name: &str, namespace: &str, gates: &str| {
        let compiled = compiled(name, namespace, gates);
        let stage = compiled.plan.stage_index("canary").expect("the stage");
        let now = Moment::from_seconds(BEGAN + 4_000);
        examine(&compiled.plan, stage, namespace, now, &client()).expect("answers")
    };
    let gates = "[{name: a, availability: {objective: 99.5%}}, {name: l, latency: {percentile: 95, max: 500ms}}]";
    let missing = |found: &[glidepath::gate::doctor::Finding], words: &str| {
        assert!(
            found
                .iter()
                .any(|one| one.level != Level::Good && one.found.contains(words)),
            "{words}: {found:?}"
        );
    };
    let good = of("churn", "ml", gates);
    assert!(good.iter().all(|one| one.level == Level::Good), "{good:?}");
    missing(
        &of("absent", "ml", gates),
        "no request of the Deployment `absent-v2`",
    );
    missing(&of("churn", "other", gates), "but in `ml`");
    missing(
        &of(
            "churn",
            "ml",
            "[{name: a, availability: {objective: 99%, reporter: waypoint}}]",
        ),
        "not by `waypoint`",
    );
    missing(
        &of(
            "churn",
            "ml",
            "[{name: l, latency: {percentile: 95, max: 700ms}}]",
        ),
        "no bound",
    );
    missing(
        &of("churn", "ml", "[{name: d, drift: {metric: absent}}]"),
        "export no `absent_bucket`",
    );
}

fn folder(name: &str, gates: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("gates")
        .join(name);
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("rollout.yaml"), spec("churn", "ml", gates)).expect("a file");
    folder
}

fn glidepath(folder: &Path, args: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_glidepath"))
        .args(args)
        .arg(folder)
        .env_clear()
        .output()
        .expect("glidepath starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.code().unwrap_or(-1), text)
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn twenty_gates_take_a_second_at_most() {
    let gates: Vec<String> = (0..20)
        .map(|at| format!("{{name: g{at}, availability: {{objective: 99.{at:02}%}}}}"))
        .collect();
    let folder = folder("twenty", &format!("[{}]", gates.join(", ")));
    let began = BEGAN.to_string();
    let args = [
        "gate",
        "--stage",
        "canary",
        "--stage-started-at",
        &began,
        "--prometheus-url",
        &server().url,
    ];
    glidepath(&folder, &args);
    let start = Instant::now();
    let (exit, text) = glidepath(&folder, &args);
    assert!(
        start.elapsed() < Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(exit, 0, "{text}");
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn the_command_says_it_by_its_exit_code_and_can_judge_again() {
    let began = BEGAN.to_string();
    let url = server().url.as_str();
    for (name, gates, wanted) in [
        (
            "pass",
            "[{name: a, failFast: false, availability: {objective: 99.5%}}]",
            0,
        ),
        (
            "fail",
            "[{name: a, failFast: false, availability: {objective: 99.99%}}]",
            3,
        ),
        ("none", "[{name: t, threshold: {query: absent, max: 1}}]", 4),
        ("two", "[{name: t, threshold: {query: queue, max: 1}}]", 6),
    ] {
        let folder = folder(name, gates);
        let args = [
            "gate",
            "--stage",
            "canary",
            "--stage-started-at",
            &began,
            "--prometheus-url",
            url,
            "--quiet",
            "--format",
        ];
        for format in ["text", "markdown", "junit"] {
            let (exit, text) = glidepath(&folder, &[&args[..], &[format]].concat());
            assert_eq!(exit, wanted, "{name} {format}: {text}");
        }
        let (_, json) = glidepath(&folder, &[&args[..], &["json"]].concat());
        let file = folder.join("evidence.json");
        fs::write(&file, &json).expect("a file");
        let replay = file.display().to_string();
        let (exit, again) = glidepath(
            &folder,
            &["gate", "--quiet", "--format", "json", "--replay", &replay],
        );
        assert_eq!((exit, &again), (wanted, &json), "{name}");
    }
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn a_promotion_asks_since_the_commit_and_keeps_what_it_was_told() {
    let folder = folder(
        "kept",
        "[{name: a, availability: {objective: 99.5%}}, {name: l, latency: {percentile: 95, max: 500ms}}]",
    );
    let file = folder.join("rollout.yaml");
    let spec = fs::read_to_string(&file).expect("the rollout") + "    - {weight: 100}\n";
    fs::write(&file, spec).expect("a file");
    for made in [".git", "deploy"] {
        let _ = fs::remove_dir_all(folder.join(made));
    }
    let run = |program: &str, args: &[&str]| {
        let output = Command::new(program)
            .args(args)
            .current_dir(&folder)
            .env("GLIDEPATH_PROMETHEUS_URL", &server().url)
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Ada")))
            .envs(
                ["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "ada@example.com")),
            )
            .envs(
                ["AUTHOR", "COMMITTER"]
                    .map(|who| (format!("GIT_{who}_DATE"), format!("@{BEGAN} +0000"))),
            )
            .output()
            .expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {said}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let glidepath = env!("CARGO_BIN_EXE_glidepath");
    run("git", &["init", "--quiet", "--initial-branch=main"]);
    run(glidepath, &["render", "--quiet"]);
    let pointer = folder.join("deploy/current/kustomization.yaml");
    let text = fs::read_to_string(&pointer).expect("the pointer");
    fs::write(&pointer, text.replace("00-baseline", "02-canary")).expect("a file");
    run("git", &["add", "--all"]);
    run("git", &["commit", "--quiet", "--message", "live"]);
    let began = Moment::from_seconds(BEGAN).to_string();
    assert!(run(glidepath, &["gate"]).contains(&format!("canary since {began} (commit ")));
    run(glidepath, &["promote", "--quiet", "--record-evidence"]);
    let kept = run("git", &["ls-files", "deploy/evidence"]);
    let kept = kept.trim();
    let text = run("git", &["show", &format!("HEAD:{kept}")]);
    let again = ["gate", "--quiet", "--format", "json", "--replay", kept];
    assert_eq!(run(glidepath, &again), text);
    assert!(
        text.contains("istio_request_duration_milliseconds_bucket"),
        "{text}"
    );
}

#[test]
#[ignore = "needs prometheus; tests/conformance/run gates"]
fn samples_come_back_as_they_were_written() {
    let query = glidepath::gate::Query {
        name: "raw".to_owned(),
        promql: "istio_requests_total{reporter=\"destination\",destination_workload=\"churn-v2\",response_code=\"503\"}[60s]".to_owned(),
        when: When::At(Moment::from_seconds(BEGAN + 720)),
    };
    let answer = client().ask(&query).expect("an answer");
    let glidepath::gate::Data::Matrix(series) = answer.data else {
        panic!("samples")
    };
    assert_eq!(series.len(), 1);
    assert_eq!(series[0].points.len(), 2, "the series is born at 705");
}
