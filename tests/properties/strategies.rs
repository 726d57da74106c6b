//! Random strategies: what they expand to says the same, and expands to itself.

use glidepath::compile::{Compiled, Environment, NoFiles, compile};
use glidepath::text::Source;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::config;
use super::rollout::Tape;

fn model(name: &str) -> Value {
    json!({
        "name": name, "runtime": "custom", "image": "r:1", "replicas": 2,
        "ports": [{"name": "http", "containerPort": 8080}],
    })
}

/// One of some values, or nothing.
fn maybe(tape: &mut Tape<'_>, body: &mut Value, key: &str, of: &[Value]) {
    let at = tape.below(of.len() + 1);
    if let Some(value) = of.get(at) {
        body[key] = value.clone();
    }
}

/// What the steps of every strategy may say.
fn common(tape: &mut Tape<'_>, body: &mut Value) {
    maybe(
        tape,
        body,
        "gates",
        &[
            json!([]),
            json!(["up"]),
            json!(["up", "same"]),
            json!(["gone"]),
        ],
    );
    maybe(
        tape,
        body,
        "approval",
        &[json!("required"), json!("automatic")],
    );
}

/// The points of a ramp, whole or not.
fn ramp(tape: &mut Tape<'_>) -> Value {
    let points = [5.0, 7.5, 10.0, 33.33, 50.0, 0.0];
    let mut body = json!({"by": points[tape.below(points.len())]});
    maybe(tape, &mut body, "from", &[json!(5), json!(0.01), json!(20)]);
    maybe(tape, &mut body, "to", &[json!(50), json!(100), json!(35.5)]);
    body
}

fn canary(tape: &mut Tape<'_>) -> Value {
    let mut body = json!({});
    common(tape, &mut body);
    maybe(
        tape,
        &mut body,
        "model",
        &[json!("b"), json!("c"), json!("a")],
    );
    maybe(
        tape,
        &mut body,
        "cohort",
        &[json!("testers"), json!("nobody")],
    );
    maybe(tape, &mut body, "bake", &[json!("1h")]);
    if tape.below(3) == 0 {
        body["linear"] = ramp(tape);
    } else {
        let lists = [
            json!([1, 5, 25]),
            json!([100]),
            json!([0.5, 50, 100]),
            json!([5, 5]),
        ];
        maybe(tape, &mut body, "weights", &lists);
    }
    json!({"canary": body})
}

fn blue_green(tape: &mut Tape<'_>) -> Value {
    let previews = [
        json!({"cohort": "testers"}),
        json!({"host": "green.example.com"}),
        json!({"host": "no.example"}),
    ];
    let mut body = json!({"preview": previews[tape.below(3)]});
    common(tape, &mut body);
    maybe(tape, &mut body, "model", &[json!("b"), json!("c")]);
    maybe(tape, &mut body, "bake", &[json!("1h")]);
    maybe(tape, &mut body, "keep", &[json!("2d")]);
    maybe(
        tape,
        &mut body,
        "previewService",
        &[json!(true), json!(false)],
    );
    json!({"blueGreen": body})
}

fn ab_test(tape: &mut Tape<'_>) -> Value {
    let mut body = json!({"duration": "14d"});
    common(tape, &mut body);
    maybe(
        tape,
        &mut body,
        "split",
        &[
            json!({"b": 50}),
            json!({"a": 30, "b": 70}),
            json!({"b": 60, "c": 60}),
        ],
    );
    maybe(tape, &mut body, "sticky", &[json!(true), json!(false)]);
    maybe(
        tape,
        &mut body,
        "winner",
        &[json!("a"), json!("b"), json!("c")],
    );
    json!({"abTest": body})
}

fn shadow(tape: &mut Tape<'_>) -> Value {
    let mut body = json!({"duration": "1d"});
    common(tape, &mut body);
    maybe(tape, &mut body, "to", &[json!("b"), json!("c")]);
    maybe(
        tape,
        &mut body,
        "percent",
        &[json!(1), json!(12.5), json!(0)],
    );
    let then = match tape.below(4) {
        0 => canary(tape),
        1 => blue_green(tape),
        2 => ab_test(tape),
        _ => return json!({"shadow": body}),
    };
    body["then"] = then;
    json!({"shadow": body})
}

fn steps(tape: &mut Tape<'_>) -> Value {
    let ramp = |tape: &mut Tape<'_>| {
        let mut step = json!({"linear": ramp(tape)});
        common(tape, &mut step);
        maybe(
            tape,
            &mut step["linear"],
            "model",
            &[json!("b"), json!("c")],
        );
        maybe(
            tape,
            &mut step,
            "weights",
            &[json!({"c": 10}), json!({"b": 1})],
        );
        maybe(tape, &mut step, "name", &[json!("up")]);
        step
    };
    let mut first = json!({"cohorts": {"testers": "b"}});
    common(tape, &mut first);
    let steps = 1 + tape.below(2);
    let mut all = vec![first];
    all.extend((0..steps).map(|_| ramp(tape)));
    json!(all)
}

fn document(tape: &mut Tape<'_>) -> Value {
    let models = ["a", "b", "c"].into_iter().take(2 + tape.below(2));
    let mut spec = json!({
        "models": models.map(model).collect::<Vec<_>>(),
        "stable": "a",
        "traffic": {"hosts": ["example.com", "green.example.com"], "gateway": {"name": "g", "selector": {"istio": "ingressgateway"}}},
        "cohorts": [{"name": "testers", "match": [{"headers": {"x-a": "b"}}]}],
        "gates": [
            {"name": "up", "availability": {"objective": "99%"}},
            {"name": "same", "compare": {"sli": "errorRate", "ratio": {"max": 2}}},
        ],
    });
    let defaults = [
        json!({"bake": "3h"}),
        json!({"gates": ["up"]}),
        json!({"bake": "3h", "gates": ["same", "up"], "approval": "automatic"}),
    ];
    maybe(tape, &mut spec, "stepDefaults", &defaults);
    maybe(
        tape,
        &mut spec,
        "policy",
        &[json!({"maxIncrease": 30}), json!({"minBake": "10m"})],
    );
    maybe(
        tape,
        &mut spec,
        "service",
        &[json!({"preview": "b"}), json!({"perModel": true})],
    );
    let (key, value) = match tape.below(5) {
        0 => ("strategy", canary(tape)),
        1 => ("strategy", blue_green(tape)),
        2 => ("strategy", ab_test(tape)),
        3 => ("strategy", shadow(tape)),
        _ => ("steps", steps(tape)),
    };
    spec[key] = value;
    json!({
        "apiVersion": "glidepath.dev/v1alpha1", "kind": "ModelRollout",
        "metadata": {"name": "r"}, "spec": spec,
    })
}

fn compiled(text: &str) -> Result<Compiled, String> {
    let source = Source::new("rollout.yaml", text);
    compile(&source, &NoFiles, &Environment::default()).map_err(|report| {
        // Whatever is wrong stands at a line of the file.
        let found = report.sorted();
        assert!(!found.is_empty(), "{text}");
        let document = report.document.as_ref();
        for one in &found {
            let route = one.place.route().expect("a node");
            let document = document.expect("a document");
            let holder = document
                .get(route)
                .or_else(|| document.get(&route.parent()));
            assert!(holder.is_some(), "{route}: {}", one.message);
        }
        found.iter().map(|one| one.message.clone()).collect()
    })
}

/// Everything but the digest of the file.
fn tree(compiled: &Compiled) -> Vec<(String, String)> {
    let files = compiled.tree().files.into_iter();
    let digest = compiled.digest();
    files
        .map(|(path, text)| (path, text.replace(digest, "")))
        .collect()
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn what_a_strategy_expands_to_is_the_same_rollout(numbers in prop::collection::vec(any::<u16>(), 40)) {
        let document = document(&mut Tape::new(&numbers)).to_string();
        let Ok(written) = compiled(&document) else {
            return Ok(());
        };
        let text = written.expanded();
        let expanded = compiled(&text);
        prop_assert!(expanded.is_ok(), "{:?}\n{document}\n{text}", expanded.err());
        let expanded = expanded.expect("it compiles");
        prop_assert_eq!(expanded.expanded(), text.as_str());
        prop_assert_eq!(tree(&expanded), tree(&written), "{}\n{}", document, text);
    }
}

#[test]
fn most_random_strategies_compile() {
    let numbers = |n: usize| -> Vec<u16> {
        let next = |at: usize| (n * 7919 + at * 104_729 + n * at * 31) % 65_521;
        (0..40)
            .map(|at| u16::try_from(next(at)).unwrap_or(0))
            .collect()
    };
    let sound = (0..200).filter(|n| {
        let document = document(&mut Tape::new(&numbers(*n)));
        compiled(&document.to_string()).is_ok()
    });
    let sound = sound.count();
    assert!(sound > 40, "only {sound} of 200");
}
