//! Cohorts: names, shares and what each claims.

use crate::diag::Route;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{Cohort, Match, StringMatch};
use crate::spec::{Percentage, Spec};
use crate::units::{HUNDRED, HeaderName, Percent};

use super::{entry, label};

/// All cohorts, or `None` where any is wrong.
pub(super) fn resolve(spec: &Spec, report: &mut Report) -> Option<Vec<Cohort>> {
    check_served_model(spec, report);
    let cohorts = spec.cohorts.iter().enumerate().map(|(index, cohort)| {
        let at = Route::root().key("spec").key("cohorts").index(index);
        let name = label(&cohort.name, at.key("name"), report);
        let entries: Vec<_> = cohort
            .r#match
            .iter()
            .enumerate()
            .map(|(index, entry)| {
                let at = at.key("match").index(index);
                let mut entry = entry::resolve(entry, &at, report)?;
                entry.uri = entry.uri.map(|uri| uri.of_path(spec.traffic.provider));
                let served = cohort.r#match[index].served_model.as_ref();
                match served {
                    Some(name) => served_model(name, entry, spec, &at, report),
                    None => Some(entry),
                }
            })
            .collect();
        let share = cohort.share.as_ref();
        let share = share.map(|share| expected_share(share, &at.key("share"), report));
        let share = share.map_or(Some(None), |share| share.map(Some));
        let entries = entries.into_iter().collect::<Option<Vec<_>>>()?;
        Some(Cohort {
            name: name?.as_str().to_owned(),
            share: share?,
            entries,
        })
    });
    let cohorts = cohorts.collect::<Vec<_>>();
    let cohorts = cohorts.into_iter().collect::<Option<Vec<Cohort>>>()?;
    check_sum(&cohorts, report);
    Some(cohorts)
}

/// The header in which a gateway's body-based routing says which model a request asks for.
const SERVED_MODEL: &str = "x-gateway-model-name";

/// The entry with its condition on the model that the caller asks for.
fn served_model(
    name: &str,
    mut entry: Match,
    spec: &Spec,
    at: &Route,
    report: &mut Report,
) -> Option<Match> {
    let given = spec.traffic.served_model_header.as_deref();
    // A wrong name is told where it stands.
    let header = HeaderName::parse(given.unwrap_or(SERVED_MODEL)).ok()?;
    let place = Place::value(at.key("servedModel"));
    if name.trim() != name || name.chars().any(char::is_control) {
        let message = "this never matches: no header has such a value";
        report.push(Diagnostic::new(Code::GP203, place, message));
        return None;
    }
    let condition = StringMatch::Exact(name.to_owned());
    if let Some(other) = entry.headers.insert(header.clone(), condition.clone())
        && other != condition
    {
        let message = format!(
            "`servedModel` is a condition on `{}`, which has another one here",
            header.as_str()
        );
        report.push(Diagnostic::new(Code::GP203, place, message).help("keep one of them"));
        return None;
    }
    Some(entry)
}

/// The header of `servedModel`, with a complaint where it is none.
fn check_served_model(spec: &Spec, report: &mut Report) {
    if let Some(given) = &spec.traffic.served_model_header
        && let Err(message) = HeaderName::parse(given)
    {
        let at = Route::root()
            .key("spec")
            .key("traffic")
            .key("servedModelHeader");
        report.push(Diagnostic::new(Code::GP203, Place::value(at), message));
    }
}

fn expected_share(share: &Percentage, at: &Route, report: &mut Report) -> Option<Percent> {
    Percent::parse(share.value)
        .map_err(|allowed| {
            let text = format!("the share {share} is no percentage; {allowed}");
            report.push(Diagnostic::new(Code::GP201, Place::value(at.clone()), text));
        })
        .ok()
}

/// The first cohort that matches claims a request, so no request counts twice.
fn check_sum(cohorts: &[Cohort], report: &mut Report) {
    let mut sum = 0;
    for (index, cohort) in cohorts.iter().enumerate() {
        let Some(share) = cohort.share else { continue };
        let before = sum;
        sum += share.hundredths();
        // The one that goes over the whole stands for those after it.
        if before <= HUNDRED.hundredths() && sum > HUNDRED.hundredths() {
            let at = Route::root().key("spec").key("cohorts").index(index);
            report.push(
                Diagnostic::new(
                    Code::GP201,
                    Place::value(at.key("share")),
                    format!(
                        "the shares of the cohorts up to `{}` sum to {} %, and 100 % is allowed",
                        cohort.name,
                        f64::from(sum) / 100.0
                    ),
                )
                .note("a request belongs to the first cohort that claims it")
                .help("count in each share only what no earlier cohort claims"),
            );
        }
    }
}
