//! `scale: withTraffic` on random rollouts: every move, the move back and every way back has capacity, and no stage holds more.

use std::collections::BTreeMap;

use glidepath::compile::Compiled;
use glidepath::diag::Code;
use glidepath::plan::{ModelId, StageId};
use glidepath::safety::{Applied, Conditions, prove};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::rollout::{Rollout, Tape};
use super::{compiled, config, numbers};

/// The rollout with every model's replicas left to the traffic.
fn following(rollout: &Rollout, tape: &mut Tape<'_>) -> Value {
    let mut document = rollout.document();
    let by_capacity = tape.once_in(2);
    let models = document["spec"]["models"].as_array_mut();
    for model in models.expect("a list") {
        let model = model.as_object_mut().expect("a mapping");
        model.insert("scale".to_owned(), json!("withTraffic"));
        if by_capacity {
            model.remove("replicas");
            let hundredths = u32::try_from(1 + tape.below(200)).expect("small");
            let capacity = f64::from(hundredths) / 100.0;
            model.insert(
                "capacity".to_owned(),
                json!({"requestsPerSecond": capacity}),
            );
        } else {
            model.remove("capacity");
            model.insert("replicas".to_owned(), json!(1 + tape.below(60)));
        }
    }
    let steps = document["spec"]["steps"].as_array_mut();
    for step in steps.expect("a list") {
        step.as_object_mut().expect("a mapping").remove("replicas");
    }
    document
}

/// What the prover and the plan say of the replicas of these models on the way.
fn strained(compiled: &Compiled, from: StageId, to: StageId, of: &[ModelId]) -> Vec<String> {
    let plan = &compiled.plan;
    let is_asked = |name: &str| of.iter().any(|id| plan.model(*id).workload_name == name);
    let [before, after] = [from, to].map(|stage| {
        let objects = compiled.objects(stage);
        Applied::built(objects.iter().map(|object| &object.body))
    });
    let sustains: BTreeMap<String, f64> = plan
        .model_ids()
        .map(|id| (plan.model(id).workload_name.clone(), plan.sustains(id)))
        .collect();
    let conditions = Conditions {
        canary: 100.0,
        sustains,
    };
    let found = prove(&before, &after, &conditions).into_iter();
    let found = found.filter(|finding| {
        let workload = finding
            .with
            .as_ref()
            .filter(|_| finding.code == Code::GP402);
        let workload = workload.unwrap_or(&finding.at);
        [Code::GP402, Code::GP406].contains(&finding.code) && is_asked(&workload.identity.name)
    });
    let mut said: Vec<String> = found.map(|finding| finding.message).collect();
    let strains = plan.strains(from, to).into_iter();
    let strains = strains.filter(|(id, _)| of.contains(id));
    said.extend(strains.map(|(_, strain)| strain.to_string()));
    said
}

/// The share of the requests that a model may meet in a stage, in per cent.
fn share(compiled: &Compiled, stage: StageId, id: ModelId) -> f64 {
    let plan = &compiled.plan;
    let of_all = plan.share_with_copies(stage, id).counted.as_f64() * 100.0;
    let stage = plan.stage(stage);
    let copies = stage.mirror_target().filter(|copies| copies.to == id);
    let copies = copies.map_or(0.0, |copies| copies.percent.as_f64());
    of_all.max(stage.split.of(id).as_f64() + copies)
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn replicas_that_follow_the_traffic_suffice_and_are_no_more(numbers in numbers()) {
        let mut tape = Tape::new(&numbers.0);
        let rollout = Rollout::random(&mut tape);
        let document = following(&rollout, &mut tape);
        let compiled = compiled(&document)?;
        let plan = &compiled.plan;
        let all: Vec<ModelId> = plan.model_ids().collect();
        for stage in plan.stage_ids() {
            let around = [stage.before(), Some(stage), plan.stage_after(stage)];
            if let Some(after) = plan.stage_after(stage) {
                let none = Vec::<String>::new();
                prop_assert_eq!(strained(&compiled, stage, after, &all), none.clone(), "from {}", plan.numbered(stage));
                prop_assert_eq!(strained(&compiled, after, stage, &all), none, "back to {}", plan.numbered(stage));
            }
            if let Some(back) = plan.rollback_target(stage) {
                // A way back is for stable's sake: the others have their last requests.
                let found = strained(&compiled, stage, back, &[plan.stable]);
                prop_assert_eq!(found, Vec::<String>::new(), "way back from {}", plan.numbered(stage));
            }
            for (id, replicas) in &plan.stage(stage).running {
                prop_assert!(*replicas >= 1);
                let most = around.iter().flatten().map(|stage| share(&compiled, *stage, *id)).fold(0.0, f64::max);
                let fewer = f64::from(replicas - 1) * plan.sustains(*id);
                prop_assert!(*replicas == 1 || most > fewer - 1e-6, "{replicas} in {} for {most} %", plan.numbered(stage));
            }
        }
    }
}
