//! Gates: from what the user wrote to typed questions with units, one file a kind.

mod availability;
mod burn_rate;
mod compare;
mod drift;
mod expected;
mod latency;
mod measurement;
mod proportions;
mod ranks;
mod reader;
mod requests;
mod result;
mod threshold;
mod web;

use crate::diag::{Report, Route};
use crate::plan::gates::{Gate, GateKind};
use crate::plan::{NoData, OnInconclusive, SourceId};
use crate::spec::gate::{OnDrift, Statistical};
use crate::spec::{self, Document};
use crate::units::Duration;

use super::names::Names;
use super::sources::Sources;
use reader::Reader;

/// Istio's reports are late by as much.
const WARMUP: Duration = Duration::from_seconds(120);
const SETTLE: Duration = Duration::from_seconds(60);
/// The chance that a good candidate is failed early.
const EARLY_FAILURE: f64 = 0.001;

/// The gates of a document; one that cannot be understood is a complaint, and left out.
pub(super) fn resolve(
    document: &Document,
    names: &Names<'_>,
    sources: &Sources,
    report: &mut Report,
) -> Vec<Gate> {
    let spec = Route::root().key("spec");
    let defaults = document.spec.gate_defaults.as_ref();
    let confidence = defaults.and_then(|defaults| {
        let mut reader = Reader::new(spec.key("gateDefaults"), report);
        reader.level("confidence", defaults.confidence.as_deref())
    });
    let early_failure = defaults.and_then(|defaults| {
        let mut reader = Reader::new(spec.key("gateDefaults"), report);
        reader.level("earlyFailure", defaults.early_failure.as_deref())
    });
    let at = spec.key("gates");
    let gates = document.spec.gates.iter().enumerate();
    gates
        .filter_map(|(index, gate)| {
            let at = at.index(index);
            let model = match &gate.model {
                Some(model) => Some(names.model(model, &at.key("model"), report)?),
                None => None,
            };
            let source = match &gate.source {
                Some(source) => sources.named(source, at.key("source"), report)?,
                None => SourceId::DEFAULT,
            };
            let mut reader = Reader::new(at, report);
            let chance = reader.level("earlyFailure", gate.early_failure.as_deref());
            let kind = kind(&gate.kind, confidence, &mut reader)?;
            let (least, advisory) = by_drift(&gate.kind);
            let default =
                |field: fn(&spec::GateDefaults) -> Option<&String>| defaults.and_then(field);
            Some(Gate {
                name: gate.name.clone(),
                model,
                source,
                warmup: duration(gate.warmup.as_ref())
                    .or_else(|| duration(default(|defaults| defaults.warmup.as_ref())))
                    .unwrap_or(WARMUP),
                early_failure: chance.or(early_failure).unwrap_or(EARLY_FAILURE),
                settle: duration(default(|defaults| defaults.settle.as_ref())).unwrap_or(SETTLE),
                no_data: gate
                    .no_data
                    .or_else(|| defaults.and_then(|defaults| defaults.no_data))
                    .unwrap_or(NoData::Inconclusive),
                min_samples: gate.min_samples.or(least),
                advisory: gate.advisory.unwrap_or(false) || advisory,
                fail_fast: gate.fail_fast.unwrap_or(kind.facts().fails_fast()),
                on_inconclusive: gate.on_inconclusive.unwrap_or(OnInconclusive::Hold),
                because: gate.because.clone(),
                kind,
            })
        })
        .collect()
}

/// What a gate asks; `None` where a complaint says why not.
fn kind(
    written: &spec::GateKind,
    confidence: Option<f64>,
    reader: &mut Reader<'_>,
) -> Option<GateKind> {
    Some(match written {
        spec::GateKind::Availability(written) => GateKind::Availability(availability::resolve(
            written,
            &mut reader.below("availability"),
        )?),
        spec::GateKind::Latency(written) => {
            GateKind::Latency(latency::resolve(written, &mut reader.below("latency"))?)
        }
        spec::GateKind::Threshold(written) => {
            GateKind::Threshold(threshold::resolve(written, &mut reader.below("threshold"))?)
        }
        spec::GateKind::Compare(written) => {
            GateKind::Compare(compare::resolve(written, &mut reader.below("compare"))?)
        }
        spec::GateKind::Statistical(written) => {
            let reader = &mut reader.below("statistical");
            match written {
                Statistical::Proportions(written) => {
                    GateKind::Proportions(proportions::resolve(written, confidence, reader)?)
                }
                Statistical::MannWhitney(written) => {
                    GateKind::Ranks(ranks::resolve(written, confidence, reader)?)
                }
            }
        }
        spec::GateKind::BurnRate(written) => {
            GateKind::BurnRate(burn_rate::resolve(written, &mut reader.below("burnRate"))?)
        }
        spec::GateKind::Drift(written) => {
            GateKind::Drift(drift::resolve(written, &mut reader.below("drift"))?)
        }
        spec::GateKind::Result(written) => {
            GateKind::Result(result::resolve(written, &mut reader.below("result"))?)
        }
        spec::GateKind::Web(written) => {
            GateKind::Web(web::resolve(written, &mut reader.below("web"))?)
        }
    })
}

/// What a drift gate says of its gate: the fewest samples, and whether it only reports.
fn by_drift(written: &spec::GateKind) -> (Option<u64>, bool) {
    match written {
        spec::GateKind::Drift(drift) => (drift.min_samples, drift.on_drift == OnDrift::Advisory),
        spec::GateKind::Availability(_)
        | spec::GateKind::Latency(_)
        | spec::GateKind::Threshold(_)
        | spec::GateKind::Compare(_)
        | spec::GateKind::Statistical(_)
        | spec::GateKind::BurnRate(_)
        | spec::GateKind::Result(_)
        | spec::GateKind::Web(_) => (None, false),
    }
}

fn duration(text: Option<&String>) -> Option<Duration> {
    text.and_then(|text| text.parse().ok())
}
