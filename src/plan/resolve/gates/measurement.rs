//! A percentile of times, or a query of the team's.

use crate::plan::gates::{Measurement, Reporter, Times};
use crate::spec::gate::{self as written, TimesOf};

use super::reader::{Quantity, Reader};

pub(super) fn resolve(
    measurement: &written::Measurement,
    reporter: Reporter,
    reader: &mut Reader<'_>,
) -> Option<Measurement> {
    Some(match measurement {
        written::Measurement::Latency(percentile, times) => Measurement::Latency(
            reader.share("percentile", percentile)?,
            match times {
                TimesOf::Router => Times::Router(reporter),
                TimesOf::Server(time) => Times::Server(*time),
            },
        ),
        written::Measurement::Query(query, reduce) => Measurement::Query(query.clone(), *reduce),
    })
}

/// What limits on it are written in.
pub(super) fn quantity(measurement: &written::Measurement) -> Quantity {
    match measurement {
        written::Measurement::Latency(..) => Quantity::Time,
        written::Measurement::Query(..) => Quantity::Value,
    }
}
