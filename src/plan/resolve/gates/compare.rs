//! `compare`.

use crate::plan::gates::{Compare, Limits, Sli};
use crate::spec::gate as written;

use super::reader::{Quantity, Reader};
use super::{measurement, requests};

pub(super) fn resolve(gate: &written::Compare, reader: &mut Reader<'_>) -> Option<Compare> {
    let sli = sli(gate, reader);
    let quantity = match &gate.sli {
        written::Sli::Availability(_) | written::Sli::ErrorRate => Quantity::Share,
        written::Sli::Measurement(measurement) => measurement::quantity(measurement),
    };
    let ratio = gate.ratio.map(|ratio| Limits {
        min: ratio.min,
        max: ratio.max,
    });
    let difference = gate.difference.as_ref().map(|difference| {
        let mut reader = reader.below("difference");
        let mut limit = |key, amount| reader.absolute(key, amount, quantity);
        Limits {
            min: difference.min.as_ref().and_then(|min| limit("min", min)),
            max: difference.max.as_ref().and_then(|max| limit("max", max)),
        }
    });
    for (limits, key) in [(ratio, "ratio"), (difference, "difference")] {
        if let Some(limits) = limits {
            reader.below(key).check_order(limits);
        }
    }
    let ignore_below = gate.ignore_below.as_ref();
    Some(Compare {
        ratio,
        difference,
        ignore_below: ignore_below
            .and_then(|amount| reader.absolute("ignoreBelow", amount, quantity)),
        sli: sli?,
    })
}

fn sli(gate: &written::Compare, reader: &mut Reader<'_>) -> Option<Sli> {
    let requests = |sli| {
        requests::resolve(
            sli,
            gate.reporter,
            gate.counts,
            gate.bad.as_ref(),
            gate.client_aborts,
        )
    };
    Some(match &gate.sli {
        written::Sli::Availability(sli) => Sli::Availability(requests(*sli)),
        written::Sli::ErrorRate => Sli::ErrorRate(requests(None)),
        written::Sli::Measurement(measurement) => {
            Sli::Measurement(measurement::resolve(measurement, gate.reporter, reader)?)
        }
    })
}
