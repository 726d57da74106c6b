//! Cohorts: names, shares and what each claims.

use crate::diag::Route;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::Cohort;
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
                entry::resolve(entry, &spec.traffic, &at, report)
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
