//! `latency`.

use crate::plan::gates::{Latency, Times};
use crate::spec::gate as written;

use super::reader::Reader;

pub(super) fn resolve(gate: &written::Latency, reader: &mut Reader<'_>) -> Option<Latency> {
    let percentile = reader.share("percentile", &gate.percentile);
    let max = reader.span("max", &gate.max);
    Some(Latency {
        percentile: percentile?,
        max: max?,
        times: match (gate.sli, &gate.metric) {
            (Some(time), _) => Times::Server(time),
            (None, Some(metric)) => Times::Metric(metric.clone(), gate.reporter),
            (None, None) => Times::Router(gate.reporter),
        },
    })
}
