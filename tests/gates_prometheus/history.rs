//! Exact histories, as text that `promtool tsdb create-blocks-from openmetrics` loads. Each workload is one story, told where
//! it is written; times are seconds after the stage began, and every window here is from 120 (exclusive) to 3,720 (inclusive).

use std::fmt::Write as _;

use super::BEGAN;

/// Seconds between scrapes.
const SCRAPE: i64 = 15;
/// How long the history goes on, and how long before the stage it begins.
const SECONDS: i64 = 3 * 3_600;
const BEFORE: i64 = 600;

/// Series by family; OpenMetrics wants the families apart.
#[derive(Default)]
struct History(String);

impl History {
    fn family(&mut self, name: &str, kind: &str) {
        writeln!(self.0, "# TYPE {name} {kind}").expect("a string");
    }

    /// One series: its value by seconds after the beginning; `None` where it is not there.
    fn series(&mut self, name: &str, labels: &str, value: &dyn Fn(i64) -> Option<f64>) {
        for at in (-BEFORE..SECONDS).step_by(15) {
            if let Some(value) = value(at) {
                writeln!(self.0, "{name}{{{labels}}} {value} {}", BEGAN + at).expect("a string");
            }
        }
    }

    fn requests(
        &mut self,
        reporter: &str,
        workload: &str,
        more: &str,
        value: &dyn Fn(i64) -> Option<f64>,
    ) {
        let labels = istio(reporter, workload, more);
        self.series("istio_requests_total", &labels, value);
    }

    /// A histogram whose observations grow evenly: shares of `per_scrape` at or below each bound.
    fn times(&mut self, workload: &str, more: &str, per_scrape: f64, buckets: &[(&str, f64)]) {
        for (bound, share) in buckets {
            let labels = istio("destination", workload, &format!("{more},le=\"{bound}\""));
            self.series(
                "istio_request_duration_milliseconds_bucket",
                &labels,
                &|at| even(per_scrape * share)(at),
            );
        }
    }

    fn end(mut self) -> String {
        self.0.push_str("# EOF\n");
        self.0
    }
}

fn istio(reporter: &str, workload: &str, more: &str) -> String {
    format!(
        "reporter=\"{reporter}\",destination_workload_namespace=\"ml\",destination_workload=\"{workload}\",{more}"
    )
}

/// Scrapes since the history began.
#[expect(clippy::cast_precision_loss, reason = "few")]
fn scrapes(at: i64) -> f64 {
    ((at + BEFORE) / SCRAPE) as f64
}

/// A counter that grows evenly: 240 times `per_scrape` in an hour's window.
fn even(per_scrape: f64) -> impl Fn(i64) -> Option<f64> {
    move |at| Some(scrapes(at) * per_scrape)
}

/// What most tests ask about.
pub(crate) fn whole() -> String {
    let mut history = History::default();
    history.family("istio_requests", "counter");
    kinds(&mut history);
    edges(&mut history);
    labels(&mut history);
    budget(&mut history);
    unfit(&mut history);
    odd(&mut history);
    failing(&mut history);
    history.family("istio_request_duration_milliseconds", "histogram");
    times(&mut history);
    layouts(&mut history);
    gauges(&mut history);
    servers(&mut history);
    history.end()
}

/// A good candidate, and nothing else.
pub(crate) fn small() -> String {
    let mut history = History::default();
    history.family("istio_requests", "counter");
    history.requests(
        "destination",
        "churn-v2",
        "response_code=\"200\"",
        &even(25.0),
    );
    history.end()
}

/// Two clusters with workloads of the same names: one answers everything, the other nothing.
pub(crate) fn clusters() -> String {
    let mut history = History::default();
    history.family("istio_requests", "counter");
    for (cluster, code) in [("eu", "200"), ("us", "503")] {
        let labels = format!("response_code=\"{code}\",cluster=\"{cluster}\"");
        history.requests("destination", "churn-v2", &labels, &even(25.0));
    }
    history.end()
}

/// A candidate that is as good as stable, but for five failures at the birth of a series; and one that fails one in fifty.
fn kinds(history: &mut History) {
    for (workload, per_scrape) in [("churn-v1", 100.0), ("churn-v2", 25.0), ("worse-v2", 25.0)] {
        for reporter in ["destination", "source"] {
            let more = "response_code=\"200\",pod=\"a\"";
            history.requests(reporter, workload, more, &even(per_scrape));
        }
    }
    // A pod that starts anew in the middle: its counter falls to 0, and nothing is lost or counted twice.
    let more = "response_code=\"200\",pod=\"b\"";
    #[expect(clippy::cast_precision_loss, reason = "few")]
    history.requests("destination", "churn-v2", more, &|at| {
        (at >= 0).then_some(((at % 1_800) / SCRAPE) as f64)
    });
    let more = "response_code=\"503\",pod=\"a\"";
    history.requests("destination", "churn-v2", more, &|at| {
        (at >= 700).then_some(5.0)
    });
    let more = "response_code=\"200\",grpc_response_status=\"14\",pod=\"a\"";
    #[expect(clippy::cast_precision_loss, reason = "few")]
    history.requests("destination", "worse-v2", more, &|at| {
        (at >= 0).then_some((at / SCRAPE) as f64 * 0.5)
    });
}

/// Windows' edges, and series that come and go.
fn edges(history: &mut History) {
    // 50 exactly at the window's start, which is outside; 7 exactly at its end, which is inside; 100 after it.
    history.requests("destination", "edges-v2", "response_code=\"200\"", &|at| {
        Some(match at {
            ..120 => 1_000.0,
            120..3_720 => 1_050.0,
            3_720 => 1_057.0,
            _ => 1_157.0,
        })
    });
    // The proxy drops the series of a code that is rare, and makes it anew: once within the window, at less than before…
    let more = "response_code=\"503\",pod=\"a\"";
    history.requests("destination", "evicted-v2", more, &|at| match at {
        ..=1_000 => Some(7.0),
        1_600..2_000 => Some(4.0),
        2_000.. => Some(6.0),
        _ => None,
    });
    // …and once longer ago than anybody looks back, so that 9 of the window's failures are its first value.
    let more = "response_code=\"503\",pod=\"b\"";
    history.requests("destination", "evicted-v2", more, &|at| match at {
        ..=-300 => Some(7.0),
        600.. => Some(9.0),
        _ => None,
    });
    // The same, where the last sample lies exactly where looking back ends.
    let more = "response_code=\"503\",pod=\"c\"";
    history.requests("destination", "evicted-v2", more, &|at| match at {
        ..=-180 => Some(7.0),
        600.. => Some(8.0),
        _ => None,
    });
    // The pods were scraped all the time.
    for (pod, per_scrape) in [("a", 10.0), ("b", 0.0), ("c", 0.0)] {
        let more = format!("response_code=\"200\",pod=\"{pod}\"");
        history.requests("destination", "evicted-v2", &more, &even(per_scrape));
    }
    // Scraped once in two minutes.
    let more = "response_code=\"200\",pod=\"a\"";
    history.requests("destination", "seldom-v2", more, &|at| {
        (at % 120 == 0).then(|| scrapes(at))
    });
}

/// Which series count, and what their labels say.
fn labels(history: &mut History) {
    // 240 times these in the window; HTTP answers have no gRPC status at all.
    for (more, per_scrape) in [
        ("response_code=\"200\"", 100.0),
        ("response_code=\"404\"", 5.0),
        ("response_code=\"429\"", 4.0),
        ("response_code=\"0\",response_flags=\"DC\"", 3.0),
        ("response_code=\"503\"", 2.0),
        ("response_code=\"200\",grpc_response_status=\"0\"", 50.0),
        ("response_code=\"200\",grpc_response_status=\"5\"", 7.0),
        ("response_code=\"200\",grpc_response_status=\"8\"", 6.0),
        ("response_code=\"200\",grpc_response_status=\"14\"", 1.0),
    ] {
        history.requests("destination", "mixed-v2", more, &even(per_scrape));
    }
    // Ambient: the pods have no proxy, and the waypoint counts; the caller counts too.
    for reporter in ["waypoint", "source"] {
        let more = "response_code=\"200\"";
        history.requests(reporter, "ambient-v2", more, &even(10.0));
    }
    history.requests(
        "waypoint",
        "ambient-v2",
        "response_code=\"503\"",
        &even(1.0),
    );
    // Two replicas of one Prometheus, behind a proxy that does not deduplicate.
    for replica in ["a", "b"] {
        for code in ["200", "503"] {
            let more = format!(
                "response_code=\"{code}\",pod=\"a\",instance=\"10.0.0.1:15020\",prometheus_replica=\"{replica}\""
            );
            history.requests("destination", "pair-v2", &more, &even(10.0));
        }
    }
    // One pod scraped by two jobs, at the proxy's own port and at the agent's.
    for (job, port) in [("envoy-stats", 15_090), ("kubernetes-pods", 15_020)] {
        let more =
            format!("response_code=\"200\",pod=\"a\",job=\"{job}\",instance=\"10.0.0.1:{port}\"");
        history.requests("destination", "twice-v2", &more, &even(10.0));
    }
    // Two pods are two pods, however alike.
    for pod in ["a", "b"] {
        let more =
            format!("response_code=\"200\",pod=\"{pod}\",instance=\"10.0.0.1:15020\",job=\"i\"");
        history.requests("destination", "pods-v2", &more, &even(10.0));
    }
    history.requests("destination", "bare-v2", "pod=\"a\"", &even(10.0));
    let more = "response_code=\"200\",request_protocol=\"grpc\",pod=\"a\"";
    history.requests("destination", "grpcless-v2", more, &even(10.0));
}

/// A service with a budget: 125 requests a scrape, and 20 failures of the candidate.
fn budget(history: &mut History) {
    let service = "destination_service_namespace=\"ml\",destination_service_name=\"share\"";
    for (workload, per_scrape) in [("share-v1", 100.0), ("share-v2", 25.0)] {
        let more = format!("{service},response_code=\"200\"");
        history.requests("destination", workload, &more, &even(per_scrape));
    }
    let more = format!("{service},response_code=\"503\"");
    history.requests("destination", "share-v2", &more, &|at| {
        (at >= 900).then_some(20.0)
    });
}

/// Telemetry that must not be believed. Stable is healthy in all of them, and the candidate, as far as it is counted, too.
fn unfit(history: &mut History) {
    let ok = "response_code=\"200\",pod=\"a\"";
    for name in [
        "dead",
        "unreached",
        "far",
        "gap",
        "stale",
        "texts",
        "dashes",
        "clusters",
        "healthy",
        "lost",
        "relabelled",
        "silent",
        "federated",
        "agents",
    ] {
        let workload = format!("{name}-v1");
        history.requests("destination", &workload, ok, &|at| {
            (name != "stale" || at < 3_000).then(|| scrapes(at) * 100.0)
        });
    }
    history.requests("destination", "healthy-v2", ok, &even(25.0));
    // The pods go, and only the callers' proxies know that requests fail.
    history.requests("destination", "dead-v2", ok, &|at| {
        (at < 2_400).then(|| scrapes(at) * 25.0)
    });
    history.requests("destination", "unreached-v2", ok, &even(25.0));
    for (name, from) in [("dead", 2_400), ("unreached", 0)] {
        let more = format!(
            "destination_service_namespace=\"ml\",destination_service_name=\"{name}\",response_code=\"503\",response_flags=\"UH\""
        );
        let labels = format!("reporter=\"source\",destination_workload=\"unknown\",{more}");
        #[expect(clippy::cast_precision_loss, reason = "few")]
        history.series("istio_requests_total", &labels, &|at| {
            (at >= from).then_some(((at - from) / SCRAPE) as f64 * 10.0)
        });
    }
    // Nearly all of the requests, where a fifth is declared.
    history.requests("destination", "far-v2", ok, &even(1_000.0));
    // A counter of long ago, whose scrapes have a gap over the window's start.
    let seen = |at: i64| !(-400..600).contains(&at);
    history.requests("destination", "gap-v2", ok, &|at| {
        seen(at).then(|| 1_006_120.0 + scrapes(at))
    });
    let failed = "response_code=\"503\",pod=\"a\"";
    history.requests("destination", "gap-v2", failed, &|at| {
        seen(at).then_some(60.0)
    });
    // Nothing new since long before the window's end.
    history.requests("destination", "stale-v2", ok, &|at| {
        (at < 3_000).then(|| scrapes(at) * 25.0)
    });
    // Codes that are no codes.
    history.requests(
        "destination",
        "texts-v2",
        "response_code=\"OK\",pod=\"a\"",
        &even(25.0),
    );
    history.requests(
        "destination",
        "dashes-v2",
        "response_code=\"-\",pod=\"a\"",
        &even(25.0),
    );
    // The same names in two clusters, and in one of them every request fails.
    for (cluster, code) in [("eu", "200"), ("us", "503")] {
        let more = format!("response_code=\"{code}\",pod=\"a\",cluster=\"{cluster}\"");
        history.requests("destination", "clusters-v2", &more, &even(12.5));
        history.requests(
            "destination",
            "clusters-v1",
            &more.replace("503", "200"),
            &even(50.0),
        );
    }
    // A pod that is scraped by two Prometheus servers that name themselves.
    for monitor in ["one", "two"] {
        for code in ["200", "404"] {
            let more = format!("response_code=\"{code}\",pod=\"a\",monitor=\"{monitor}\"");
            history.requests("destination", "monitors-v2", &more, &even(25.0));
        }
    }
    // A label of the team's own that says something of the requests is none that tells pods apart.
    for (path, per_scrape) in [("predict", 20.0), ("explain", 5.0)] {
        let more = format!("{ok},operation=\"{path}\"");
        history.requests("destination", "operations-v2", &more, &even(per_scrape));
    }
}

/// Histories that begin in the middle, labels that change, and pods that nobody asks any more.
fn odd(history: &mut History) {
    let one = |code: &str, more: &str| format!("response_code=\"{code}\",pod=\"a\"{more}");
    // The server lost all that it knew, and its pods have counted for months; 1 % fails.
    for (code, before, per_scrape) in [("200", 5_000_000.0, 24.75), ("503", 0.0, 0.25)] {
        history.requests("destination", "lost-v2", &one(code, ""), &|at| {
            (at >= 400).then(|| before + scrapes(at) * per_scrape)
        });
    }
    // A label of the team's is added to the pods in the middle; 1 % fails.
    for (code, per_scrape) in [("200", 24.75), ("503", 0.25)] {
        let value = |at: i64| 10_000.0 * per_scrape + scrapes(at) * per_scrape;
        history.requests("destination", "relabelled-v2", &one(code, ""), &|at| {
            (at < 1_800).then(|| value(at))
        });
        history.requests(
            "destination",
            "relabelled-v2",
            &one(code, ",team=\"x\""),
            &|at| (at >= 1_800).then(|| value(at)),
        );
    }
    // The pods are scraped on, and serve nobody any more.
    history.requests("destination", "silent-v2", &one("200", ""), &|at| {
        Some(scrapes(at.min(2_400)) * 25.0)
    });
    // The same pods by another Prometheus, and by two agents that name themselves.
    for more in [
        "",
        ",exported_job=\"istio\",exported_instance=\"10.0.0.1:15020\"",
    ] {
        history.requests(
            "destination",
            "federated-v2",
            &one("200", more),
            &even(25.0),
        );
    }
    for agent in ["one", "two"] {
        let more = format!(",agent_hostname=\"{agent}\"");
        history.requests("destination", "agents-v2", &one("200", &more), &even(25.0));
    }
}

/// Candidates with 50 requests a second that fail from the stage's beginning on: all of them, or 15 in a hundred.
fn failing(history: &mut History) {
    for (name, share) in [("dying", 1.0), ("ailing", 0.15)] {
        for (code, share) in [("503", share), ("200", 1.0 - share)] {
            let more = format!("response_code=\"{code}\",pod=\"a\"");
            #[expect(clippy::cast_precision_loss, reason = "few")]
            history.requests("destination", &format!("{name}-v2"), &more, &|at| {
                (at >= 0).then_some((at / SCRAPE) as f64 * 750.0 * share)
            });
        }
    }
}

/// Two pods whose buckets are not the same.
fn layouts(history: &mut History) {
    for (pod, buckets) in [
        ("a", [("250", 0.5), ("500", 0.9), ("+Inf", 1.0)]),
        ("b", [("300", 0.5), ("600", 0.97), ("+Inf", 1.0)]),
    ] {
        let more = format!("response_code=\"200\",pod=\"{pod}\"");
        history.times("layouts-v2", &more, 20.0, &buckets);
    }
}

fn times(history: &mut History) {
    let good = "response_code=\"200\"";
    for (workload, share) in [("churn-v1", 0.97), ("churn-v2", 0.96), ("worse-v2", 0.90)] {
        // Prometheus 3 writes `250.0`, and Prometheus 2 `250`.
        let shares = [
            ("250.0", share - 0.2),
            ("500", share),
            ("1000.0", 1.0),
            ("+Inf", 1.0),
        ];
        history.times(workload, good, 20.0, &shares);
    }
    // Every request is slower than the last finite bound.
    let lost = [("250", 0.0), ("10000", 0.0), ("+Inf", 1.0)];
    history.times("endless-v2", good, 20.0, &lost);
    // 90 % of the answers are in time; failures are at once, whether HTTP says so or gRPC.
    let slow = [("250", 0.5), ("500", 0.9), ("1000", 1.0), ("+Inf", 1.0)];
    let at_once = [("250", 1.0), ("500", 1.0), ("1000", 1.0), ("+Inf", 1.0)];
    history.times("hasty-v2", good, 10.0, &slow);
    let grpc = "response_code=\"200\",grpc_response_status";
    history.times("hasty-v2", &format!("{grpc}=\"0\""), 10.0, &slow);
    history.times("hasty-v2", "response_code=\"503\"", 500.0, &at_once);
    history.times("hasty-v2", &format!("{grpc}=\"14\""), 500.0, &at_once);
    // Ten of eleven requests meet the fast pod, and one the slow; they write their bounds in two ways.
    let fast = [("250", 1.0), ("500", 1.0), ("1000", 1.0), ("+Inf", 1.0)];
    let slow = [
        ("250.0", 0.0),
        ("500.0", 0.0),
        ("1000.0", 1.0),
        ("+Inf", 1.0),
    ];
    history.times("pods-v2", "response_code=\"200\",pod=\"a\"", 100.0, &fast);
    history.times("pods-v2", "response_code=\"200\",pod=\"b\"", 10.0, &slow);
}

fn gauges(history: &mut History) {
    history.family("queue", "gauge");
    for (pod, factor) in [
        ("churn-v1-5d8f6c7b9-abcde", 10.0),
        ("churn-v2-5d8f6c7b9-abcde", 10.1),
        ("churn-v2-large-5d8f6c7b9-abcde", 99.0),
    ] {
        let labels = format!("namespace=\"ml\",pod=\"{pod}\"");
        #[expect(clippy::cast_precision_loss, reason = "few")]
        history.series("queue", &labels, &|at| {
            Some(factor + ((at as f64) / 700.0).sin() + (at / SCRAPE * 7 % 5) as f64 / 50.0)
        });
    }
    history.family("score", "histogram");
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
            history.series("score_bucket", &labels, &|at| even(20.0 * part)(at));
        }
    }
}

/// What model servers count and time themselves. The mesh sees a status 200 before any of the streams breaks.
fn servers(history: &mut History) {
    let pod = |workload: &str| format!("namespace=\"ml\",pod=\"{workload}-5d8f6c7b9-abcde\"");
    // 240 times these end in the window. The pod of `aborts-v2` is scraped anew, and its first abort is the series' first value.
    history.family("vllm:request_success", "counter");
    for (workload, stop, abort) in [
        ("stream-v1", 100.0, 0.0),
        ("stream-v2", 25.0, 0.0),
        ("aborts-v1", 100.0, 0.0),
        ("aborts-v2", 24.0, 1.0),
        ("aborts-v2-large", 0.0, 500.0),
    ] {
        for (reason, per_scrape) in [("stop", stop), ("length", 5.0), ("abort", abort)] {
            let labels = format!(
                "{},engine=\"0\",model_name=\"m\",finished_reason=\"{reason}\"",
                pod(workload)
            );
            history.series("vllm:request_success_total", &labels, &even(per_scrape));
        }
    }
    // Two engines of one pod that are asked alike are two, and no copy of each other.
    for engine in ["0", "1"] {
        for (reason, per_scrape) in [("stop", 10.0), ("length", 10.0)] {
            let labels = format!(
                "{},engine=\"{engine}\",model_name=\"m\",finished_reason=\"{reason}\"",
                pod("engines-v2")
            );
            history.series("vllm:request_success_total", &labels, &even(per_scrape));
        }
    }
    let strange = format!("{},finished_reason=\"tired\"", pod("strange-v2"));
    history.series("vllm:request_success_total", &strange, &even(10.0));
    history.family("vllm:time_to_first_token_seconds", "histogram");
    for (workload, share) in [("stream-v1", 0.97), ("stream-v2", 0.96), ("aborts-v2", 0.9)] {
        for (bound, share) in [
            ("1.0", share - 0.2),
            ("2.5", share),
            ("5.0", 1.0),
            ("+Inf", 1.0),
        ] {
            let labels = format!("{},model_name=\"m\",le=\"{bound}\"", pod(workload));
            let name = "vllm:time_to_first_token_seconds_bucket";
            history.series(name, &labels, &even(20.0 * share));
        }
    }
    history.family(":tensorflow:serving:request_count", "unknown");
    for (workload, ok, internal) in [
        ("tf-v1", 100.0, 0.0),
        ("tf-v2", 25.0, 0.0),
        ("tfbad-v2", 24.0, 1.0),
    ] {
        for (status, per_scrape) in [
            ("OK", ok),
            ("INVALID_ARGUMENT", 1.0),
            ("INTERNAL", internal),
        ] {
            let labels = format!("{},model_name=\"m\",status=\"{status}\"", pod(workload));
            // A status is a series from its first request on.
            history.series(":tensorflow:serving:request_count", &labels, &|at| {
                (per_scrape > 0.0 && (status != "INTERNAL" || at >= 600))
                    .then(|| scrapes(at) * per_scrape)
            });
        }
    }
    history.family(":tensorflow:serving:request_latency", "unknown");
    for (workload, share) in [("tf-v1", 0.97), ("tf-v2", 0.96), ("tfbad-v2", 0.9)] {
        for (bound, share) in [
            ("192797", share - 0.1),
            ("347035", share),
            ("624664", 1.0),
            ("+Inf", 1.0),
        ] {
            let labels = format!(
                "{},model_name=\"m\",API=\"predict\",entrypoint=\"gRPC\",le=\"{bound}\"",
                pod(workload)
            );
            let name = ":tensorflow:serving:request_latency_bucket";
            history.series(name, &labels, &even(20.0 * share));
        }
    }
    // Triton's two counters have the same labels in older releases.
    for (metric, per_scrape) in [
        ("nv_inference_request_success", 24.0),
        ("nv_inference_request_failure", 1.0),
    ] {
        history.family(metric, "unknown");
        let labels = format!("{},model=\"m\",version=\"1\"", pod("triton-v2"));
        history.series(metric, &labels, &even(per_scrape));
    }
    // Somebody else's controller names its pods, and labels them.
    history.family("vllm:e2e_request_latency_seconds", "histogram");
    for (isvc, share) in [("theirs-v1", 0.97), ("theirs-v2", 0.9)] {
        for (bound, share) in [("0.5", share - 0.2), ("1.0", share), ("+Inf", 1.0)] {
            let labels = format!(
                "namespace=\"kserve\",pod=\"{isvc}-kserve-0\",llm_isvc_name=\"{isvc}\",le=\"{bound}\""
            );
            let name = "vllm:e2e_request_latency_seconds_bucket";
            history.series(name, &labels, &even(20.0 * share));
        }
    }
}
