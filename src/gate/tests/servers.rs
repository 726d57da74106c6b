//! What model servers measure themselves.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::{BEGAN, By, Fit, LATE, at, buckets, labels, text, vector};
use crate::compile::{Compiled, Environment, NoFiles, compile};
use crate::gate::doctor::examine;
use crate::gate::*;
use crate::text::Source as Text;

/// One gate of each kind that can ask a model server.
const ALL: &str = "[
    {name: l, latency: {sli: modelLatency, percentile: 95, max: 1s}},
    {name: a, availability: {sli: modelServer, objective: 99.5%}},
    {name: c, compare: {sli: modelServer, difference: {min: -0.2pp}}},
    {name: cl, compare: {sli: modelLatency, percentile: 95, ratio: {max: 1.1}}},
    {name: p, statistical: {test: proportions, sli: modelServer, margin: 0.2pp}},
    {name: m, statistical: {test: mannWhitney, sli: modelLatency, percentile: 95, direction: increase}},
    {name: b, burnRate: {sli: modelServer, objective: 99.9%, period: 30d, windows: [{long: 30m, short: 5m, factor: 14.4}]}}]";

/// A rollout whose stable and candidate run these servers, with more of the spec in front of its gates.
fn of(servers: [&str; 2], more: &str, gates: &str) -> Compiled {
    let mut text = text(gates);
    for (image, server) in ["image: 'i:1'", "image: 'i:2'"].into_iter().zip(servers) {
        text = text.replace(image, &format!("server: {server}, {image}"));
    }
    let text = text.replacen("  gates:", &format!("{more}  gates:"), 1);
    let source = Text::new("rollout.yaml", text);
    compile(&source, &NoFiles, &Environment::default())
        .unwrap_or_else(|report| panic!("{:?}", report.sorted()))
}

/// Counters with two samples, the last one a minute before the end of the asked window.
fn counters(query: &Query, series: &[(&[(&str, &str)], f64)]) -> Answer {
    let When::At(end) = query.when else {
        panic!("counts are asked at one time")
    };
    #[expect(clippy::cast_precision_loss, reason = "a time of our days")]
    let end = end.seconds() as f64;
    let series = series.iter().map(|(names, value)| Series {
        labels: labels(names),
        points: vec![(end - 120.0, 0.0), (end - 60.0, *value)],
    });
    Answer::of(Data::Matrix(series.collect()))
}

fn judged(server: &str, gate: &str, series: &[(&[(&str, &str)], f64)]) -> Evidence {
    let gates =
        format!("[{{name: a, failFast: false, availability: {{sli: modelServer, {gate}}}}}]");
    let compiled = of([server, server], "", &gates);
    let source = By(|query: &Query| Ok(counters(query, series)));
    at(&compiled, LATE, &source).remove(0)
}

/// Everything that the gates and the doctor ask.
fn asked(compiled: &Compiled) -> BTreeSet<String> {
    let seen = Mutex::new(BTreeSet::new());
    let source = By(|query: &Query| {
        let mut seen = seen.lock().expect("no panic");
        seen.insert(query.promql.clone());
        Ok(vector(&[]))
    });
    at(compiled, LATE, &source);
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    examine(&compiled.plan, stage, "ml", BEGAN, &source).expect("findings");
    seen.into_inner().expect("no panic")
}

#[test]
fn a_stream_that_breaks_after_its_status_is_a_failure() {
    let reason = |reason| [("finished_reason", reason), ("engine", "0")];
    let (stop, length) = (reason("stop"), reason("length"));
    let (abort, error) = (reason("abort"), reason("error"));
    let good: [(&[(&str, &str)], f64); 2] = [(&stop, 900.0), (&length, 95.0)];
    let with = |more: &[(&[(&str, &str)], f64)], gate: &str| {
        judged("vllm", gate, &[&good[..], more].concat())
    };
    let objective = "objective: 99.5%";
    let found = with(&[(&abort, 5.0)], objective);
    assert_eq!(found.verdict, Verdict::Pass, "{}", found.why);
    assert_eq!(found.evidence, "5 bad of 1,000 requests");
    assert_eq!(with(&[(&abort, 6.0)], objective).verdict, Verdict::Fail);
    assert_eq!(with(&[(&error, 6.0)], objective).verdict, Verdict::Fail);
    // Who says that callers may go away means all of them.
    let left_out = with(&[(&abort, 500.0)], "objective: 99.5%, clientAborts: ignore");
    assert_eq!(left_out.evidence, "0 bad of 995 requests");
    let unknown = reason("tired");
    let found = with(&[(&unknown, 1.0)], objective);
    assert_eq!(found.verdict, Verdict::Error);
    assert!(
        found.why.contains("`finished_reason` `tired`"),
        "{}",
        found.why
    );
    let found = judged("vllm", objective, &[(&[("engine", "0")], 1_000.0)]);
    assert_eq!(found.verdict, Verdict::Error);
    assert!(
        found.why.contains("without a `finished_reason`"),
        "{}",
        found.why
    );
}

#[test]
fn two_counters_of_the_same_labels_are_two() {
    let (success, failure) = (
        "nv_inference_request_success",
        "nv_inference_request_failure",
    );
    let of = |name| [("__name__", name), ("model", "m")];
    let (good, bad) = (of(success), of(failure));
    let found = judged("triton", "objective: 99%", &[(&good, 990.0), (&bad, 10.0)]);
    assert_eq!(
        (found.verdict, &*found.evidence),
        (Verdict::Pass, "10 bad of 1,000 requests")
    );
    let found = judged("triton", "objective: 99%", &[(&good, 900.0), (&bad, 10.0)]);
    assert_eq!(found.verdict, Verdict::Fail);
    let other = of("nv_inference_count");
    assert_eq!(
        judged("triton", "objective: 99%", &[(&other, 990.0)]).verdict,
        Verdict::Error
    );
}

#[test]
fn statuses_are_those_of_grpc() {
    let of = |status| [("model_name", "m"), ("status", status)];
    let (ok, wrong, gone) = (of("OK"), of("INVALID_ARGUMENT"), of("NOT_FOUND"));
    let series: [(&[(&str, &str)], f64); 3] = [(&ok, 900.0), (&wrong, 90.0), (&gone, 10.0)];
    let found = judged("tensorflow-serving", "objective: 99%", &series);
    assert_eq!(
        (found.verdict, &*found.evidence),
        (Verdict::Pass, "10 bad of 1,000 requests")
    );
}

#[test]
fn each_side_is_asked_by_the_names_of_its_own_server() {
    let found = asked(&of(["tensorflow-serving", "vllm"], "", ALL));
    for promql in &found {
        promql_parser::parser::parse(promql).unwrap_or_else(|why| panic!("{why}: {promql}"));
        assert!(!promql.contains("istio_"), "{promql}");
    }
    let has = |start: &str, middle: &str| {
        found
            .iter()
            .any(|promql| promql.contains(start) && promql.contains(middle))
    };
    for (metric, pods) in [
        ("vllm:request_success_total{", "churn-v2-"),
        ("vllm:e2e_request_latency_seconds_bucket{", "churn-v2-"),
        (":tensorflow:serving:request_count{", "churn-v1-"),
        (":tensorflow:serving:request_latency_bucket{", "churn-v1-"),
    ] {
        assert!(
            has(metric, &format!("namespace=\"ml\",pod=~\"{pods}")),
            "{metric} {found:#?}"
        );
    }
    let triton = asked(&of(
        ["triton", "triton"],
        "",
        "[{name: a, availability: {sli: modelServer, objective: 99%}}]",
    ));
    let both = "{__name__=~\"nv_inference_request_success|nv_inference_request_failure\",namespace=\"ml\",";
    assert!(
        triton.iter().any(|promql| promql.starts_with(both)),
        "{triton:#?}"
    );
}

#[test]
fn each_side_s_times_are_read_in_its_own_unit() {
    let gates = "[{name: c, compare: {sli: modelLatency, percentile: 50, ratio: {max: 1.05}}}]";
    let compiled = of(["tensorflow-serving", "vllm"], "", gates);
    let source = By(|query: &Query| {
        Ok(if query.promql.contains("tensorflow") {
            buckets(&[("1000000", 0.0), ("2000000", 500.0), ("+Inf", 500.0)])
        } else {
            buckets(&[("1", 0.0), ("2", 500.0), ("+Inf", 500.0)])
        })
    });
    let found = at(&compiled, LATE, &source).remove(0);
    assert_eq!(found.verdict, Verdict::Pass, "{}", found.why);
    assert_eq!(found.value, "1.5 s, stable 1.5 s");
}

#[test]
fn a_selector_of_the_spec_s_replaces_the_names_of_pods() {
    let metrics = r#"  metrics:
    prometheus: {url: "https://a.example", labels: {cluster: eu}}
    selector: {isvc: "{{subset}}", team: "a\"b\\c,"}
"#;
    let gates = format!(
        "{}, {{name: d, drift: {{metric: model_score}}}}, {{name: o, latency: {{percentile: 95, max: 1s, metric: own_seconds}}}}]",
        ALL.trim_end_matches(']')
    );
    let found = asked(&of(["vllm", "vllm"], metrics, &gates));
    let mut seen = BTreeSet::new();
    for promql in &found {
        promql_parser::parser::parse(promql).unwrap_or_else(|why| panic!("{why}: {promql}"));
        let Some((_, labels)) = promql.split_once('{') else {
            continue;
        };
        let rest = r#",team="a\"b\\c,""#;
        for model in ["v1", "v2"] {
            let start = format!(r#"cluster="eu",isvc="{model}"{rest}"#);
            if labels.starts_with(&start) {
                seen.insert(model);
            }
        }
        assert!(
            labels.contains(rest) && !labels.contains("pod="),
            "{promql}"
        );
        assert!(!labels.contains("namespace"), "{promql}");
    }
    assert_eq!(seen.len(), 2, "{found:#?}");
}

#[test]
fn tokens_are_no_requests() {
    let gates = "[{name: t, failFast: false, latency: {sli: interTokenLatency, percentile: 95, max: 100ms}}]";
    let compiled = of(["vllm", "vllm"], "", gates);
    let source = By(|_: &Query| {
        Ok(buckets(&[
            ("0.1", 960.0),
            ("0.2", 1_000.0),
            ("+Inf", 1_000.0),
        ]))
    });
    let found = at(&compiled, LATE, &source).remove(0);
    assert_eq!(found.evidence, "96 % of 1,000 tokens within 100 ms");
    assert_eq!(found.verdict, Verdict::Pass);
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    assert!(needs(&compiled.plan, stage).is_empty());
}

#[test]
fn the_doctor_says_which_pods_export_what_their_server_counts() {
    let gates = "[{name: a, availability: {sli: modelServer, objective: 99%}}, {name: l, latency: {sli: timeToFirstToken, percentile: 95, max: 2500ms}}]";
    let compiled = of(["vllm", "vllm"], "", gates);
    let stage = compiled.plan.stage_named("canary").expect("the stage");
    let found = |has: bool| {
        let source = By(move |query: &Query| {
            Ok(if query.promql.starts_with("vector") {
                vector(&[(&[], 1.0)])
            } else if has && query.promql.contains("_bucket") {
                buckets(&[("1.0", 1.0), ("2.5", 1.0), ("+Inf", 1.0)])
            } else if has {
                vector(&[(&[], 5.0)])
            } else {
                vector(&[])
            })
        });
        let findings = examine(&compiled.plan, stage, "ml", BEGAN, &source).expect("findings");
        findings
            .into_iter()
            .map(|one| one.found)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        found(true),
        [
            "the pods of `v2` export `vllm:request_success_total`",
            "2s500ms is a bound of the histogram"
        ]
    );
    assert_eq!(
        found(false)[0],
        "the pods of `v2` export no `vllm:request_success_total`"
    );
}

#[test]
fn tokens_are_compared_as_tokens() {
    let gates = "[{name: c, compare: {sli: interTokenLatency, percentile: 95, ratio: {max: 1.1}}}]";
    let compiled = of(["vllm", "vllm"], "", gates);
    let source = By(|_: &Query| Ok(buckets(&[("0.1", 960.0), ("+Inf", 1_000.0)])));
    let found = at(&compiled, LATE, &source).remove(0);
    assert_eq!(found.evidence, "1,000 tokens, stable 1,000");
}

#[test]
fn a_selector_that_leaves_the_namespace_open_is_told_of_two() {
    let gates = "[{name: a, failFast: false, availability: {sli: modelServer, objective: 99%}}]";
    let metrics = "  metrics: {selector: {isvc: \"{{subset}}\"}}\n";
    let compiled = of(["vllm", "vllm"], metrics, gates);
    let one = |namespace| {
        [
            ("namespace", namespace),
            ("finished_reason", "stop"),
            ("pod", "p"),
        ]
    };
    let (a, b) = (one("a"), one("b"));
    let source = By(|query: &Query| {
        Ok(if query.name == "fitness: series" {
            vector(&[(&a, 500.0), (&b, 500.0)])
        } else if query.name.starts_with("fitness: ") {
            Fit(&By(|_: &Query| Ok(vector(&[])))).ask(query)?
        } else {
            counters(query, &[(&a, 500.0), (&b, 500.0)])
        })
    });
    let context = EvaluationContext {
        stage: compiled.plan.stage_named("canary").expect("the stage"),
        namespace: "ml",
        began: BEGAN,
        now: crate::units::Timestamp::from_seconds(BEGAN.seconds() + LATE),
        references: &std::collections::BTreeMap::new(),
    };
    let found = evaluate(&compiled.plan, &context, &source).remove(0);
    assert_eq!(found.verdict, Verdict::Error);
    assert!(
        found.why.contains("differ in `namespace` (`a`, `b`)"),
        "{}",
        found.why
    );
    assert!(
        found.why.contains("in `metrics.selector`, name the value"),
        "{}",
        found.why
    );
}
