//! GP206, GP209, GP212, GP624: copies that add nothing, cannot be told apart, lack what requests get, or leave a cohort out.

use std::collections::BTreeSet;

use crate::diag::words::and_list;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{Backend, Callers, MatchJoin, Mirror, Plan, Stage, StageKind};

pub(super) fn check(plan: &Plan, report: &mut Report) {
    let mut told: Option<&Mirror> = None;
    for stage in &plan.stages {
        let Some(mirror) = &stage.mirror else {
            continue;
        };
        if stage.kind != StageKind::Step {
            continue;
        }
        let to = plan.model(mirror.target.to);
        let has_headers = |backend: &Backend| backend.headers.is_some();
        if to.backend.as_ref().is_some_and(has_headers) {
            report.push(
                Diagnostic::new(
                    Code::GP212,
                    Place::key(stage.place.key("mirror")),
                    format!("copies go to `{}` without the header changes of its backend", to.name),
                )
                .note("Istio changes the headers of the requests of a destination, and not of copies")
                .help("remove `backend.headers` where it is not needed, or send it requests by weight or by a cohort"),
            );
        }
        let cohorts = stage.cohorts.iter();
        let mut copied = cohorts.filter(|(cohort, _)| mirror.copies_cohort(**cohort));
        if stage.split.sole() == Some(mirror.target.to)
            && copied.all(|(_, split)| split.sole() == Some(mirror.target.to))
        {
            let name = &to.name;
            report.push(
                Diagnostic::new(
                    Code::GP206,
                    Place::value(stage.place.clone()),
                    format!("in the stage `{}`, `{name}` gets copies of requests that it already gets all of", stage.name),
                )
                .help("end the shadow in this step: `mirror: null`"),
            );
        }
        check_joins(plan, stage, mirror, report);
        if mirror.cohorts.is_none() && !stage.cohorts.is_empty() && told != Some(mirror) {
            told = Some(mirror);
            tell_left_out(plan, stage, report);
        }
    }
}

/// A rule for the requests that are copied has the conditions of the mirror and of the rule.
fn check_joins(plan: &Plan, stage: &Stage, mirror: &Mirror, report: &mut Report) {
    let mut told: BTreeSet<(usize, &str)> = BTreeSet::new();
    let plain = Stage {
        mirror: Some(Mirror {
            entries: Vec::new(),
            ..mirror.clone()
        }),
        ..stage.clone()
    };
    for callers in [Callers::Gateway, Callers::Mesh] {
        let rules = plan.rules(&plain, callers).into_iter();
        for rule in rules.filter(|rule| rule.mirror.is_some()) {
            for taken in &rule.entries {
                for (index, wanted) in mirror.entries.iter().enumerate() {
                    let MatchJoin::Unknown(field) = taken.join(wanted) else {
                        continue;
                    };
                    if !told.insert((index, field)) {
                        continue;
                    }
                    let at = stage.place.key("mirror").key("match").index(index);
                    report.push(
                        Diagnostic::new(
                            Code::GP209,
                            Place::value(at.key(field)),
                            format!("the `{field}` of the mirror cannot be joined with the one of the rule `{}`", rule.name),
                        )
                        .note("a request that is copied must match both, and one condition cannot say two")
                        .help("use `exact` or `prefix` in both, or leave the condition out of the mirror"),
                    );
                }
            }
        }
    }
}

/// Nobody said whether the requests of the stage's cohorts are copied, and they are not.
fn tell_left_out(plan: &Plan, stage: &Stage, report: &mut Report) {
    let names = stage.cohorts.keys();
    let names = names.map(|cohort| plan.cohort(*cohort).name.as_str());
    report.push(
        Diagnostic::new(
            Code::GP624,
            Place::value(stage.place.clone()),
            format!(
                "in the stage `{}`, requests of {} are not copied",
                stage.name,
                and_list(names)
            ),
        )
        .note("copies are made of the requests that no cohort claims")
        .help("add `cohorts: all` to the mirror, or `cohorts: none` if it is meant"),
    );
}
