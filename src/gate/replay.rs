//! A recording in place of a server: the same questions get the same answers.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::plan::MetricSource;
use crate::units::Timestamp;

use super::answer::{Answer, Data, Fault, Source, said};
use super::documents::{self, Document, Key, Wanted};
use super::evidence::{CLOCK_OFFSET, EVIDENCE_VERSION, Origin};
use super::query::{Query, When};
use super::statement::{Statement, answer_digest};

/// An evaluation that was recorded as JSON.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The stage's name.
    pub stage: String,
    /// The content digest of the stage, where it was known.
    pub content: Option<String>,
    /// The namespace of the rollout's objects.
    pub namespace: String,
    /// When the stage began.
    pub began: Timestamp,
    /// How the stage's start was known.
    pub origin: Origin,
    /// When the gates were evaluated.
    pub now: Timestamp,
    answers: BTreeMap<(String, String, When), Result<Answer, Fault>>,
    documents: BTreeMap<Key, Result<Document, Fault>>,
    clock_offsets: BTreeMap<String, i64>,
}

impl Replay {
    /// Reads what [`Record::write`](super::Record::write) wrote, alone or as a [`Statement`]; or says in one sentence why it cannot.
    pub fn read(text: &str) -> Result<Self, String> {
        let body: Value =
            serde_json::from_str(text).map_err(|error| format!("it is no JSON: {error}"))?;
        let body = Statement::read(&body)?.map_or(body, |statement| statement.predicate);
        if body["version"] != EVIDENCE_VERSION {
            return Err(format!("it is no evidence of version {EVIDENCE_VERSION}"));
        }
        let string = |key: &str| {
            let value = body[key].as_str().map(ToOwned::to_owned);
            value.ok_or_else(|| format!("it has no `{key}`"))
        };
        let mut answers: BTreeMap<(String, String, When), Result<Answer, Fault>> = BTreeMap::new();
        let gates = body["gates"].as_array().into_iter().flatten();
        let asked = gates.flat_map(|gate| {
            // What was recorded before there were several sources has no name of one.
            let source = gate["source"].as_str().unwrap_or(MetricSource::DEFAULT);
            let asked = gate["asked"].as_array().into_iter().flatten();
            asked.map(move |asked| (source, asked))
        });
        for (source, asked) in asked {
            let promql = asked["promql"]
                .as_str()
                .ok_or("a question has no `promql`")?;
            let when = when(asked).ok_or("a question has no time")?;
            let message = |kind: &str| asked["fault"][kind].as_str().map(said);
            let answer = match (message("telemetry"), message("question")) {
                (Some(message), _) => Err(Fault::Telemetry(message)),
                (None, Some(message)) => Err(Fault::Question(message)),
                (None, None) => {
                    let (answer, digest) = (&asked["answer"], &asked["answerDigest"]);
                    if digest.is_string() && *digest != answer_digest(answer) {
                        return Err(format!(
                            "the answer to `{promql}` is not the one of its digest"
                        ));
                    }
                    Ok(Answer::read(answer)?)
                }
            };
            // Gates that ask the same keep different samples of the answer; the fullest serves them all.
            let key = (source.to_owned(), promql.to_owned(), when);
            if answers
                .get(&key)
                .is_none_or(|known| size(known) < size(&answer))
            {
                answers.insert(key, answer);
            }
        }
        let gates = body["gates"].as_array().into_iter().flatten();
        let read = gates.filter(|gate| gate["document"].is_object());
        let documents = read.map(|gate| {
            documents::read_recording(gate["gate"].as_str().unwrap_or_default(), &gate["document"])
        });
        Ok(Self {
            documents: documents.collect::<Result<_, String>>()?,
            stage: string("stage")?,
            content: string("contentDigest").ok(),
            namespace: string("namespace")?,
            began: timestamp(&body["stageStartedAt"]).ok_or("it has no `stageStartedAt`")?,
            origin: Origin::of(
                body["stageStartedBy"].as_str().unwrap_or_default(),
                body["commit"].as_str(),
                body["pullRequest"].as_u64(),
            )
            .unwrap_or_default(),
            now: timestamp(&body["evaluatedAt"]).ok_or("it has no `evaluatedAt`")?,
            clock_offsets: clock_offsets(&body),
            answers,
        })
    }
}

fn size(answer: &Result<Answer, Fault>) -> usize {
    match answer {
        Ok(Answer {
            data: Data::Matrix(series),
            ..
        }) => series.iter().map(|one| one.points.len()).sum(),
        Ok(_) | Err(_) => 0,
    }
}

/// How far off the sources' clocks were, where that mattered.
fn clock_offsets(body: &Value) -> BTreeMap<String, i64> {
    let gates = body["gates"].as_array().into_iter().flatten();
    gates
        .filter_map(|gate| {
            let found = gate["numbers"][CLOCK_OFFSET].as_f64()?;
            let source = gate["source"].as_str().unwrap_or_default();
            Some((source.to_owned(), format!("{found:.0}").parse().ok()?))
        })
        .collect()
}

fn timestamp(value: &Value) -> Option<Timestamp> {
    value.as_str()?.parse().ok()
}

fn when(asked: &Value) -> Option<When> {
    if let Some(time) = timestamp(&asked["time"]) {
        return Some(When::At(time));
    }
    Some(When::Over {
        start: timestamp(&asked["start"])?,
        end: timestamp(&asked["end"])?,
        step: asked["stepSeconds"].as_u64()?,
    })
}

impl Source for Replay {
    fn read(&self, wanted: &Wanted) -> Result<Document, Fault> {
        self.documents
            .get(&wanted.key())
            .cloned()
            .unwrap_or_else(|| {
                Err(Fault::Question(
                    "the recording does not have the document: the gate reads something else now"
                        .to_owned(),
                ))
            })
    }

    fn ask(&self, query: &Query) -> Result<Answer, Fault> {
        let key = (query.source.clone(), query.promql.clone(), query.when);
        self.answers.get(&key).cloned().unwrap_or_else(|| {
            Err(Fault::Question(format!(
                "the recording does not have `{}`: the gate asks something else now",
                query.name
            )))
        })
    }

    fn clock_offset(&self, source: &str) -> Option<i64> {
        self.clock_offsets.get(source).copied()
    }
}
