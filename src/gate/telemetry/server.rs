//! What model servers export themselves, by the tables of the runtimes.

use crate::gate::answer::{Series, said};
use crate::gate::query::Target;
use crate::plan::gates::{Requests, ServerTime};
use crate::plan::runtimes::{Counter, Ending};

/// A selector that selects nothing: of a model whose server is not known. The plan has refused to ask for it (GP546).
const NOTHING: &str = "{__name__=\"\"}";

/// The label with a metric's name.
const NAME: &str = "__name__";

/// All counters of the requests that a model's server has ended.
pub(super) fn requests(target: &Target) -> String {
    match counters(target) {
        [] => NOTHING.to_owned(),
        [one] => format!("{}{{{}}}", one.metric, target.pods()),
        many => {
            let names: Vec<&str> = many.iter().map(|one| one.metric).collect();
            format!("{{{NAME}=~\"{}\",{}}}", names.join("|"), target.pods())
        }
    }
}

/// The counter that is there as long as the server is.
pub(super) fn steady(target: &Target) -> String {
    let first = counters(target).first();
    first.map_or_else(
        || NOTHING.to_owned(),
        |one| format!("{}{{{}}}", one.metric, target.pods()),
    )
}

/// The buckets of a time that a model's server measures, and how many seconds their unit is.
pub(super) fn times(target: &Target, time: ServerTime) -> (String, f64) {
    let histogram = target.server.and_then(|server| server.histogram(time));
    histogram.map_or_else(
        || (NOTHING.to_owned(), 1.0),
        |one| {
            let selector = format!("{}_bucket{{{}}}", one.metric, target.pods());
            (selector, one.unit)
        },
    )
}

/// Whether a series counts failures, `None` where it is left out; or, as a sentence, why that cannot be told.
pub(super) fn outcome(
    target: &Target,
    series: &Series,
    requests: &Requests,
) -> Result<Option<bool>, String> {
    let counter = match counters(target) {
        [one] => Some(one),
        many => many.iter().find(|one| one.metric == series.label(NAME)),
    };
    let Some(counter) = counter else {
        let name = said(series.label(NAME));
        return Err(format!("`{name}` is no counter of the model server's"));
    };
    match counter.ending(&series.labels) {
        Some(Ending::Good) => Ok(Some(false)),
        Some(Ending::Bad) => Ok(Some(true)),
        Some(Ending::Aborted) => Ok((!requests.ignore_aborts).then_some(true)),
        None => Err(match series.label(counter.label) {
            "" => format!("requests are counted without a `{}`", counter.label),
            text => format!(
                "requests are counted with `{}` `{}`, of which nobody knows whether it is a failure",
                counter.label,
                said(text)
            ),
        }),
    }
}

fn counters(target: &Target) -> &'static [Counter] {
    target.server.map_or(&[], |server| server.counters)
}
