//! `drift`.

use crate::diag::Code;
use crate::plan::gates::{Drift, Measure};
use crate::spec::gate as written;

use super::reader::Reader;

pub(super) fn resolve(gate: &written::Drift, reader: &mut Reader<'_>) -> Option<Drift> {
    let (default, most) = match gate.measure {
        Measure::Psi => (0.2, f64::INFINITY),
        Measure::Ks | Measure::JsDistance => (0.1, 1.0),
    };
    let max = gate.max.unwrap_or(default);
    if max >= most {
        reader.complain(
            Code::GP504,
            "max",
            format!(
                "no two distributions are further apart than 1, so a limit of {max} holds nothing"
            ),
            "0.1 is usual",
        );
        return None;
    }
    Some(Drift {
        metric: gate.metric.clone(),
        categories: gate.categories.clone(),
        reference: gate.reference.clone(),
        measure: gate.measure,
        max,
    })
}
