//! What holds for every rollout, on random valid ones: weights are whole, every move is make-before-break, output depends on
//! nothing but the rollout's meaning, and the emitted routes share requests as the language says.
//!
//! `PROPTEST_RNG_SEED=n` tries other rollouts.

mod oracle;
pub(crate) mod rollout;
mod scaling;
mod strategies;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use glidepath::compile::{Compiled, Environment, NoFiles, compile};
use glidepath::diag::Code;
use glidepath::objects::Object;
use glidepath::plan::{CohortId, StageId, StageKind, transition};
use glidepath::safety::{Applied, Conditions, Weight, prove};
use glidepath::text::Source;
use glidepath::trace::{Outcome, trace};
use glidepath::units::RouterName;
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError, TestRunner};
use serde_json::Value;

use crate::support::{Place, files_below};
use rollout::{Rollout, Tape};

/// The numbers that a rollout, and the requests to it, are made of.
#[derive(Clone)]
struct Numbers(Vec<u16>);

/// The rollout that is made of them says more than they do, and every failure shows it.
impl fmt::Debug for Numbers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Rollout::random(&mut Tape::new(&self.0)).document())
    }
}

fn numbers() -> impl Strategy<Value = Numbers> {
    prop::collection::vec(any::<u16>(), 0..400).prop_map(Numbers)
}

fn config(cases: u32) -> ProptestConfig {
    let seed = std::env::var("PROPTEST_RNG_SEED").ok();
    ProptestConfig {
        cases,
        max_global_rejects: cases * 20,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed.and_then(|seed| seed.parse().ok()).unwrap_or(1)),
        ..ProptestConfig::default()
    }
}

/// Compiles, or rejects a rollout whose random cohorts cover each other; any other complaint is a failure.
pub(crate) fn compiled(document: &Value) -> Result<Compiled, TestCaseError> {
    let text = document.to_string();
    compile(
        &Source::new("rollout.yaml", text.clone()),
        &NoFiles,
        &Environment::default(),
    )
    .map_err(|report| {
        let found = report.sorted();
        let said: Vec<String> = found
            .iter()
            .filter(|found| found.severity == glidepath::diag::Severity::Error)
            .map(|found| format!("{}: {}", found.code, found.message))
            .collect();
        // By Gateway API not every order can be kept, and not in every number of matches.
        let about_cohorts = ["GP202", "GP205", "GP225", "GP226", "GP232"];
        if said
            .iter()
            .all(|line| about_cohorts.iter().any(|code| line.starts_with(code)))
        {
            TestCaseError::reject("cohorts that cover each other, or have no order")
        } else {
            TestCaseError::fail(format!("{}\n{text}", said.join("\n")))
        }
    })
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn routes(objects: &[Arc<Object>]) -> impl Iterator<Item = &Value> {
    objects.iter().flat_map(|object| {
        let field = match &*object.id.kind {
            "VirtualService" => "http",
            "HTTPRoute" | "GRPCRoute" => "rules",
            _ => return &[][..],
        };
        list(&object.body["spec"][field])
    })
}

/// What the prover says of going from one stage's objects to another's: nothing, where every request is served on the way.
fn unserved(before: &[Arc<Object>], after: &[Arc<Object>]) -> Vec<String> {
    let applied =
        |objects: &[Arc<Object>]| Applied::built(objects.iter().map(|object| &object.body));
    let found = prove(&applied(before), &applied(after), &Conditions::default());
    let found = found
        .into_iter()
        .filter(|found| found.weight <= Weight::Unserved);
    found.map(|found| found.message).collect()
}

/// The same document with the keys of every mapping in another order.
fn shuffled(value: &Value, tape: &mut Tape<'_>) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| shuffled(item, tape)).collect(),
        Value::Object(map) => {
            let mut left: Vec<(&String, &Value)> = map.iter().collect();
            let mut entries = serde_json::Map::new();
            while !left.is_empty() {
                let (key, value) = left.remove(tape.below(left.len()));
                entries.insert(key.clone(), shuffled(value, tape));
            }
            Value::Object(entries)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn every_stage_is_whole_and_every_move_is_safe(numbers in numbers()) {
        let rollout = Rollout::random(&mut Tape::new(&numbers.0));
        let compiled = compiled(&rollout.document())?;
        let plan = &compiled.plan;
        let stages: Vec<Vec<Arc<Object>>> = plan.stage_ids().map(|at| compiled.objects(at)).collect();
        for (at, objects) in plan.stage_ids().zip(&stages) {
            for route in routes(objects) {
                let to = list(&route["route"]).iter().chain(list(&route["backendRefs"]));
                let weights: Vec<u64> = to.filter_map(|share| share["weight"].as_u64()).collect();
                prop_assert!(weights.iter().all(|weight| *weight > 0), "{route}");
                prop_assert!([100, 1_000, 10_000].contains(&weights.iter().sum()), "{route}");
            }
            if let Some(before) = at.before() {
                prop_assert_eq!(unserved(&stages[before.0], objects), Vec::<String>::new(), "into {}", plan.numbered(at));
            }
            if let Some(back) = plan.rollback_target(at) {
                prop_assert_eq!(unserved(objects, &stages[back.0]), Vec::<String>::new(), "back from {}", plan.numbered(at));
            }
        }
    }

    #[test]
    fn what_the_plan_says_of_any_jump_its_objects_say_too(numbers in numbers()) {
        let rollout = Rollout::random(&mut Tape::new(&numbers.0));
        let compiled = compiled(&rollout.document())?;
        let plan = &compiled.plan;
        for from in plan.stage_ids() {
            let before = compiled.objects(from);
            for to in plan.stage_ids() {
                let is_safe = transition(plan.stage(from), plan.stage(to)).is_empty();
                let found = unserved(&before, &compiled.objects(to));
                prop_assert_eq!(is_safe, found.is_empty(), "{} to {}: {:?}", plan.numbered(from), plan.numbered(to), found);
            }
        }
    }

    #[test]
    fn the_order_of_keys_means_nothing(numbers in numbers()) {
        let mut tape = Tape::new(&numbers.0);
        let document = Rollout::random(&mut tape).document();
        let other = shuffled(&document, &mut tape);
        let tree = compiled(&document)?.tree();
        prop_assert_eq!(tree.files, compiled(&other)?.tree().files);
    }

    #[test]
    fn the_shares_of_all_models_are_one_whole(numbers in numbers()) {
        let rollout = Rollout::random(&mut Tape::new(&numbers.0));
        let compiled = compiled(&rollout.document())?;
        let plan = &compiled.plan;
        for stage in plan.stage_ids() {
            let shares: Vec<_> = plan.model_ids().map(|model| plan.share(stage, model)).collect();
            let whole: f64 = shares.iter().map(|share| share.counted.as_f64()).sum();
            prop_assert!((whole - 1.0).abs() < 1e-9, "{} has {whole}", plan.numbered(stage));
            for share in &shares {
                prop_assert!(share.least <= share.counted && share.counted <= share.most, "{share:?}");
            }
            let cohorts = || plan.stage(stage).cohorts.keys().map(|id| plan.cohort(*id).share);
            if cohorts().all(|share| share.is_some()) {
                prop_assert!(shares.iter().all(|share| share.known().is_some()), "{shares:?}");
            }
            // Exposure is all that stable does not have.
            let exposure = plan.exposure(stage);
            let stable = plan.share(stage, plan.stable);
            prop_assert!((exposure.counted.as_f64() + stable.counted.as_f64() - 1.0).abs() < 1e-9);
            prop_assert!((exposure.most.as_f64() + stable.least.as_f64() - 1.0).abs() < 1e-9);
        }
    }
}

/// How many pairs of a rollout and a request each router is held against.
const PAIRS: usize = 10_000;

/// The language's own oracle and the trace of what was emitted agree on random requests.
fn agree(router: RouterName) {
    let pairs = AtomicUsize::new(0);
    let of_requests = prop::collection::vec(any::<u16>(), 1_200);
    let run = |(Numbers(numbers), more): (Numbers, Vec<u16>)| {
        let mut tape = Tape::new(&numbers);
        let rollout = Rollout::random_for(router, &mut tape);
        let compiled = compiled(&rollout.document())?;
        let mut tape = Tape::new(&more);
        let requests: Vec<_> = (0..60).map(|_| rollout.request(&mut tape)).collect();
        let mut step = None;
        for at in compiled.plan.stage_ids() {
            let stage = compiled.plan.stage(at);
            if stage.kind == StageKind::Step {
                step = Some(step.map_or(0, |step| step + 1));
            }
            let objects = compiled.objects(at);
            for request in &requests {
                pairs.fetch_add(1, Ordering::Relaxed);
                let served = |cohort: Option<usize>, bucket| {
                    let buckets = stage.buckets.as_ref().expect("sticky");
                    let model = buckets
                        .of(cohort.map(CohortId))
                        .model(bucket)
                        .expect("a bucket");
                    compiled.plan.model(model).name.to_string()
                };
                let is_over = stage.kind == StageKind::Retire;
                let wanted = oracle::answer(&rollout, step, is_over, request, served);
                let outcome = trace(router, &objects, request).map_err(TestCaseError::fail)?;
                if wanted.is_none() {
                    prop_assert_eq!(outcome, Outcome::NoRoute, "{:?}", request);
                    continue;
                }
                let Outcome::Routed(served) = outcome else {
                    return Err(TestCaseError::fail(format!("{outcome:?} for {request:?}")));
                };
                let found = oracle::Answer {
                    shares: served
                        .shares
                        .iter()
                        .map(|(to, share)| (model(to), oracle::hundredths(*share)))
                        .collect(),
                    mirror: served
                        .mirror
                        .as_ref()
                        .map(|(to, share)| (model(to), oracle::hundredths(*share))),
                    path: served.path.clone(),
                };
                prop_assert_eq!(
                    Some(&found),
                    wanted.as_ref(),
                    "{} of {} by {}: {:?}",
                    plan_name(&compiled, at),
                    rollout.document(),
                    served.route,
                    request
                );
                prop_assert!(served.missing.is_empty());
            }
        }
        prop_assert_eq!(step.map(|step| step + 1), Some(rollout.steps.len()));
        Ok(())
    };
    let found = TestRunner::new(config(64)).run(&(numbers(), of_requests), run);
    if let Err(why) = found {
        panic!("{why}");
    }
    let pairs = pairs.into_inner();
    assert!(pairs >= PAIRS, "{pairs} pairs");
}

/// A model by its subset, or by its own Service: `random-m1.tests.svc.cluster.local:80`.
fn model(to: &str) -> String {
    let name = to.split('.').next().unwrap_or(to);
    name.strip_prefix("random-").unwrap_or(name).to_owned()
}

#[test]
fn istios_routes_share_requests_as_the_rollout_says() {
    agree(RouterName::Istio);
}

#[test]
fn gateway_apis_routes_share_requests_as_the_rollout_says() {
    agree(RouterName::GatewayApi);
}

fn plan_name(compiled: &Compiled, stage: StageId) -> String {
    compiled.plan.numbered(stage)
}

proptest! {
    #![proptest_config(config(4))]

    #[test]
    fn the_tree_depends_on_nothing_but_the_rollout(numbers in numbers()) {
        let document = Rollout::random(&mut Tape::new(&numbers.0)).document();
        compiled(&document)?;
        let here = Place::with(&document.to_string());
        prop_assert_eq!(here.run(&["render"]).code, 0);
        let there = Place::new();
        there.write("some/where/else/rollout.yaml", document.to_string());
        let mut command = there.command(&["render", "some/where"]);
        command
            .env("TZ", "Asia/Kathmandu")
            .env("LC_ALL", "tr_TR.UTF-8")
            .env("LANG", "tr_TR.UTF-8")
            .env("HOME", "/nowhere")
            .env("USER", "somebody");
        prop_assert_eq!(there.spawn(command).code, 0);
        let tree = |place: &Place, below: &str| files_below(&place.path(below));
        prop_assert!(tree(&here, "deploy") == tree(&there, "some/where/else/deploy"));
        let before = here.snapshot();
        prop_assert_eq!(here.run(&["render"]).code, 0);
        here.assert_unchanged(&before);
    }
}

#[test]
fn the_codes_that_random_rollouts_may_have_exist() {
    for name in ["GP202", "GP205", "GP225", "GP226", "GP232"] {
        assert!(name.parse::<Code>().is_ok());
    }
}
