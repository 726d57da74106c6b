//! Recorded evidence, judged again: its answers are asked in place of a server, and what it says of itself is held against them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::gate::{EvaluationContext, Record, Replay, Statement};
use crate::plan::Plan;
use crate::tree::LockedStage;

use super::gate_results::record;
use super::stages;

/// Evidence that was judged again.
#[derive(Debug)]
pub struct Replayed {
    /// What its answers say by the gates of today.
    pub record: Record,
    /// What it says otherwise, in one lower-case sentence; `None` where nothing is.
    pub differs: Option<String>,
}

/// Judges recorded evidence again, a statement or what `gate --format json` printed; `references` are the files that drift gates
/// hold the candidate against. An error is one lower-case sentence.
pub fn replay(
    plan: &Plan,
    text: &str,
    references: &BTreeMap<String, String>,
) -> Result<Replayed, String> {
    let source = Replay::read(text)?;
    let stage = stages::in_plan(plan, &source.stage).map_err(|refusal| refusal.message)?;
    let context = EvaluationContext {
        stage,
        namespace: &source.namespace,
        began: source.began,
        now: source.now,
        references,
    };
    let record = record(plan, &context, &source)
        .with_origin(source.origin.clone())
        .with_content(source.content.clone());
    let body: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let said = Statement::read(&body)?.map_or(body, |statement| statement.predicate);
    Ok(Replayed {
        differs: differs(&said, &record.write()),
        record,
    })
}

/// Whether recorded evidence speaks for leaving a stage of a rollout, and why not where it does not: it is a statement about what
/// that stage serves, and its own answers lead to the verdicts that it has.
pub fn verify(
    plan: &Plan,
    left: &LockedStage,
    text: &str,
    references: &BTreeMap<String, String>,
) -> Result<Record, String> {
    let body: Value =
        serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
    let statement = Statement::read(&body)?.ok_or("it is no in-toto statement")?;
    let subject = format!("{}/{}", plan.name, left.name);
    if statement.subject != subject {
        let about = &statement.subject;
        return Err(format!("it is about `{about}`, and `{subject}` is left"));
    }
    if Some(&statement.content) != left.content_digest.as_ref() {
        return Err(format!(
            "it is about the content `{}`, and `{subject}` serves `{}`",
            statement.content,
            left.content_digest.as_deref().unwrap_or_default()
        ));
    }
    let replayed = replay(plan, text, references)?;
    match replayed.differs {
        Some(why) => Err(why),
        None => Ok(replayed.record),
    }
}

/// The first verdict that is another one when it is judged again.
fn differs(said: &Value, again: &Value) -> Option<String> {
    let list = |body: &Value| body["gates"].as_array().cloned().unwrap_or_default();
    let (said_gates, again_gates) = (list(said), list(again));
    let name = |gate: &Value| {
        let word = |key: &str| gate[key].as_str().unwrap_or_default().to_owned();
        (word("gate"), word("model"))
    };
    let names = |gates: &[Value]| gates.iter().map(name).collect::<Vec<_>>();
    if names(&said_gates) != names(&again_gates) {
        return Some("it has other gates than the stage".to_owned());
    }
    let mut pairs = said_gates.iter().zip(&again_gates);
    let other = pairs.find(|(said, again)| said["verdict"] != again["verdict"]);
    if let Some((said, again)) = other {
        return Some(format!(
            "it says {} of the gate `{}`, and its answers say {}",
            said["verdict"],
            name(said).0,
            again["verdict"]
        ));
    }
    let (said, again) = (&said["verdict"], &again["verdict"]);
    (said != again).then(|| format!("it says {said}, and its gates say {again}"))
}
