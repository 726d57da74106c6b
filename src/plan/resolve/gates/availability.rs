//! `availability`.

use crate::plan::gates::Availability;
use crate::spec::gate as written;

use super::reader::Reader;
use super::requests;

pub(super) fn resolve(
    gate: &written::Availability,
    reader: &mut Reader<'_>,
) -> Option<Availability> {
    let objective = reader.share("objective", &gate.objective);
    let confidence = reader.level("confidence", gate.confidence.as_deref());
    Some(Availability {
        objective: objective?,
        confidence,
        requests: requests::resolve(
            gate.sli,
            gate.reporter,
            gate.counts,
            gate.bad.as_ref(),
            gate.client_aborts,
        ),
    })
}
