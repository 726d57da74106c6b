//! How the live stage's gates stand: by the telemetry, or by the verdicts that somebody hands in.

use std::collections::{BTreeMap, BTreeSet};

use crate::gate::prometheus::{Servers, Settings};
use crate::gate::{
    EvaluationContext, Evidence, Record, ResultText, Source, Sources, Verdict, evaluate,
};
use crate::plan::{Plan, SourceId, StageId};
use crate::units::{DnsLabel, Timestamp};

use super::committed::Committed;
use super::gate_lines::lines;
use super::gates::{Judged, brief};
use super::handed_in::{HandedIn, Question};
use super::pull_request::GateLine;
use super::replayed::verify;
use super::request::{EvidenceFile, Facts, Telemetry};
use super::stage_start::StageStart;
use super::{Error, Refusal, Why, stages};

/// How the live stage's gates stand.
#[derive(Debug, Default)]
pub struct GateResults {
    /// The verdicts for the decision: one a gate, none for a gate that nobody has judged.
    pub judged: Vec<Judged>,
    /// The verdicts for people: one line a gate and model.
    pub lines: Vec<GateLine>,
    /// What the telemetry was asked, and answered.
    pub record: Option<Record>,
}

/// What the gates of a stage say, by a source of telemetry.
pub fn record(plan: &Plan, context: &EvaluationContext<'_>, source: &dyn Source) -> Record {
    let gates = evaluate(plan, context, source);
    Record::new(
        plan,
        context.stage,
        context.namespace,
        context.began,
        context.now,
        gates,
    )
}

/// The namespace of a plan's objects; `given` is what somebody says where the spec does not.
pub fn namespace(plan: &Plan, given: Option<&str>) -> Result<String, Refusal> {
    let usage = |message: String| Refusal::new(Why::Usage, message);
    match (&plan.namespace, given) {
        (Some(own), Some(given)) if own.as_str() != given => Err(usage(format!(
            "the objects live in `{own}`, as metadata.namespace says, and not in `{given}`"
        ))),
        (Some(own), _) => Ok(own.to_string()),
        (None, Some(given)) => given
            .parse::<DnsLabel>()
            .map(|given| given.to_string())
            .map_err(|()| usage(format!("`{given}` is no name of a namespace"))),
        (None, None) => Err(usage(
            "it is not known in which namespace the objects live".to_owned(),
        )
        .help("name it with `--namespace`, or set `metadata.namespace`")),
    }
}

impl Telemetry {
    /// Whether the gates of a stage are to be asked here: what asks Prometheus needs to know where it is. Where evidence is carried,
    /// that is the only word on gates of which nothing can be asked here.
    pub fn asks(&self, plan: &Plan, stage: StageId, is_carried: bool) -> bool {
        let gates = plan.stage(stage).gates.iter();
        let mut can_tell = false;
        for gate in gates.map(|gate| plan.gate(*gate)) {
            let facts = gate.kind.facts();
            if facts.asks_telemetry() && !self.known.contains(&gate.source) {
                return false;
            }
            let is_absent = |file: &ResultText| matches!(file.text, Ok(None));
            can_tell |= if facts.result_file().is_some() {
                !self.results.get(&gate.name).is_none_or(is_absent)
            } else if facts.address().is_some() {
                !matches!(&self.web, Ok(web) if web.hosts.is_empty())
            } else {
                true
            };
        }
        can_tell || !is_carried
    }

    /// All that the gates of a stage ask. That it is not known where something is, is wrong usage only where a gate asks it.
    pub fn sources(&self, plan: &Plan, stage: StageId) -> Result<Sources, Refusal> {
        let mut gates = plan.stage(stage).gates.iter().map(|id| plan.gate(*id));
        let web = gates.any(|gate| gate.kind.facts().address().is_some());
        let web = web.then(|| self.web.clone()).transpose()?;
        let servers = self.clients(plan.asked_in(stage))?;
        Sources::new(servers, self.results.clone(), web.unwrap_or_default())
            .map_err(|why| Refusal::new(Why::Usage, why))
    }

    /// The servers that the gates of a stage ask; the default one where there is no such gate.
    pub fn servers(&self, plan: &Plan, stage: StageId) -> Result<Servers, Refusal> {
        let mut asked = plan.asked_in(stage);
        if asked.is_empty() {
            asked.insert(SourceId::DEFAULT);
        }
        self.clients(asked)
    }

    /// Clients for these and no others: what is wrong with a source that nobody asks does not matter.
    fn clients(&self, asked: BTreeSet<SourceId>) -> Result<Servers, Refusal> {
        let asked = asked.into_iter();
        let settings: Result<Vec<Settings>, Refusal> =
            asked.map(|source| self.sources[source.0].clone()).collect();
        let deadline = std::time::Duration::from_secs(self.deadline.seconds());
        Servers::new(settings?, deadline).map_err(|why| Refusal::new(Why::Usage, why))
    }
}

impl GateResults {
    /// How they stand by the file that is handed in, else by the telemetry.
    pub fn of_live(
        committed: &Committed,
        plan: &Plan,
        start: &mut StageStart,
        evidence: Option<&EvidenceFile>,
        facts: &Facts,
    ) -> Result<Self, Error> {
        match evidence {
            _ if committed.stage().gates.is_empty() => Ok(Self::default()),
            Some(evidence) => Self::handed_in(committed, start, evidence, facts.now),
            None => Self::asked(committed, plan, start, facts),
        }
    }

    /// How they stand by the telemetry; that it is not known where that is, is wrong usage.
    pub(super) fn asked(
        committed: &Committed,
        plan: &Plan,
        start: &mut StageStart,
        facts: &Facts,
    ) -> Result<Self, Error> {
        let (stage, namespace) = (stages::live(committed, plan)?, namespace(plan, None)?);
        let source = facts.telemetry.sources(plan, stage)?;
        start.or_first_sample(plan, stage, &namespace, facts.now, &source);
        let context = EvaluationContext {
            stage,
            namespace: &namespace,
            began: start.beginning.at,
            now: facts.now,
            references: &facts.telemetry.references,
        };
        let record = record(plan, &context, &source)
            .with_origin(start.beginning.origin.clone())
            .with_content(start.content.clone());
        Ok(Self {
            judged: judged(&record),
            lines: lines(&record, |name| source.address(name)),
            record: Some(record),
        })
    }

    /// How they stand by the verdicts in a file.
    pub fn handed_in(
        committed: &Committed,
        start: &StageStart,
        evidence: &EvidenceFile,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let question = Question {
            rollout: &committed.lock.rollout,
            stage: committed.stage(),
            spec_digest: &committed.lock.spec_digest,
            start,
            now,
        };
        let text = evidence.text.clone()?;
        let (judged, window) = HandedIn::read(&text)
            .and_then(|evidence| Ok((evidence.judge(&question)?, evidence.window())))
            .map_err(|why| {
                let message = format!("`{}` is no evidence: {why}", evidence.path);
                let help = "`glidepath status --format json` has `contentDigest`, and `since` for `stageStartedAt`";
                Refusal::new(Why::Wrong, message).help(help)
            })?;
        Ok(Self::of(committed, judged, &window))
    }

    /// How they stand by the recorded evidence that a pull request carries, judged again: its answers are its own word, and count
    /// where nobody can ask the telemetry itself.
    pub(super) fn carried(
        committed: &Committed,
        plan: &Plan,
        start: &StageStart,
        text: &str,
        facts: &Facts,
    ) -> Result<Self, Error> {
        let wrong = |why: String| {
            let message =
                format!("the evidence that the pull request carries does not count: {why}");
            Refusal::new(Why::NotYet, message)
                .help("record it anew with `glidepath promote --record-evidence`, or say where Prometheus is")
        };
        let record =
            verify(plan, committed.stage(), text, &facts.telemetry.references).map_err(wrong)?;
        let (began, most) = (start.beginning.at, plan.policy.evidence_max_age);
        if record.began < began {
            let why = format!(
                "it counts from {}, and the stage is live since {began}",
                record.began
            );
            return Err(wrong(why).into());
        }
        if record.now > facts.now || facts.now.since(record.now) > most {
            let why = format!(
                "it is of {}, and `policy.evidenceMaxAge` is {most}",
                record.now
            );
            return Err(wrong(why).into());
        }
        Ok(Self {
            judged: judged(&record),
            // Nobody is asked, so there is no graph to look at.
            lines: lines(&record, |_| None),
            record: None,
        })
    }

    /// How they stand where nobody has judged anything.
    pub(super) fn of_nobody(committed: &Committed) -> Self {
        Self::of(committed, Vec::new(), "")
    }

    fn of(committed: &Committed, judged: Vec<Judged>, window: &str) -> Self {
        let line = |name: &String| {
            let found = judged.iter().find(|gate| gate.name == *name);
            GateLine {
                name: name.clone(),
                model: String::new(),
                verdict: found.map_or(Verdict::Inconclusive, |gate| gate.verdict),
                advisory: false,
                value: found.map(|gate| gate.summary.clone()).unwrap_or_default(),
                limit: String::new(),
                window: found.map_or("", |_| window).to_owned(),
                sample: String::new(),
                issuer: found.and_then(|gate| gate.issuer.clone()),
                why: match found {
                    Some(_) => String::new(),
                    None => "nobody has judged it yet".to_owned(),
                },
                link: None,
            }
        };
        Self {
            lines: committed.stage().gates.iter().map(line).collect(),
            judged,
            record: None,
        }
    }
}

/// The worst verdict of the gates that decide; none where no gate does.
pub fn verdict(gates: &[GateLine]) -> Option<Verdict> {
    let deciding = gates.iter().filter(|gate| !gate.advisory);
    deciding.map(|gate| gate.verdict).max()
}

/// One verdict a gate: that of the model that does worst.
fn judged(record: &Record) -> Vec<Judged> {
    let mut worst: BTreeMap<&str, &Evidence> = BTreeMap::new();
    for one in &record.gates {
        let known = worst.entry(&one.gate).or_insert(one);
        if one.verdict > known.verdict {
            *known = one;
        }
    }
    let judged = worst.into_values().map(|one| Judged {
        name: one.gate.clone(),
        // What is only reported stops nobody.
        verdict: if one.advisory {
            Verdict::Pass
        } else {
            one.verdict
        },
        summary: match (one.value.as_str(), one.limit.as_str()) {
            ("", _) => brief(&one.why),
            (value, limit) => brief(&format!("{value}, must be {limit} ({})", one.evidence)),
        },
        issuer: None,
    });
    judged.collect()
}
