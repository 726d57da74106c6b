//! The flags whose definitions are written, each once however many cohorts name it.

mod targeting;

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{CohortId, Flag, FlagUsers};
use crate::spec::{self, Spec};

/// The most characters of a key.
const MOST_KEY: usize = 256;

/// The flags by key; none where no definition is asked for.
pub(super) fn resolve(spec: &Spec, report: &mut Report) -> Vec<Flag> {
    let mut known: BTreeMap<&str, (&spec::Flag, Flag)> = BTreeMap::new();
    for (id, at, given) in named(spec) {
        if !spec.outputs.flagd {
            check_unwritten(given, &at, report);
            continue;
        }
        if let Some((first, flag)) = known.get_mut(given.key.as_str()) {
            check_same(first, given, &flag.place, &at, report);
            // Of one cohort's entries, each may name it.
            if !flag.cohorts.contains(&id) {
                flag.cohorts.push(id);
            }
        } else {
            check_key(given, &at, report);
            let flag = Flag {
                key: given.key.clone(),
                on: given.on().to_owned(),
                users: users(given, &at, report),
                cohorts: vec![id],
                place: at,
            };
            known.insert(&given.key, (given, flag));
        }
    }
    if spec.outputs.flagd && known.is_empty() {
        let at = Route::root().key("spec").key("outputs").key("flagd");
        let message = "no cohort names a flag, so there is no definition to write";
        report.push(
            Diagnostic::new(Code::GP234, Place::value(at), message)
                .help("remove it, or give a cohort `match: [{flag: {key: …, header: …}}]`"),
        );
    }
    known.into_values().map(|(_, flag)| flag).collect()
}

/// Every flag that a cohort names, with its cohort and its place.
fn named(spec: &Spec) -> impl Iterator<Item = (CohortId, Route, &spec::Flag)> {
    let cohorts = spec.cohorts.iter().enumerate();
    cohorts.flat_map(|(id, cohort)| {
        let at = Route::root().key("spec").key("cohorts").index(id);
        let entries = cohort.r#match.iter().enumerate();
        entries.filter_map(move |(index, entry)| {
            let flag = entry.flag.as_ref()?;
            let at = at.key("match").index(index).key("flag");
            Some((CohortId(id), at, flag))
        })
    })
}

fn check_unwritten(given: &spec::Flag, at: &Route, report: &mut Report) {
    let fields = [
        ("targeting", given.targeting.is_some()),
        ("fractional", given.fractional.is_some()),
    ];
    for (field, _) in fields.into_iter().filter(|(_, is_given)| *is_given) {
        let message = format!("`{field}` is a part of the flag's definition, which is not written");
        report.push(
            Diagnostic::new(Code::GP234, Place::key(at.key(field)), message)
                .help("set `outputs: {flagd: true}`, or remove it"),
        );
    }
}

fn check_key(given: &spec::Flag, at: &Route, report: &mut Report) {
    if given.key.chars().count() > MOST_KEY || given.key.contains(char::is_control) {
        let message =
            format!("a flag's key has at most {MOST_KEY} characters, and no control characters");
        report.push(Diagnostic::new(
            Code::GP236,
            Place::value(at.key("key")),
            message,
        ));
    }
}

/// One key is one flag: what a later entry says of it, the first one says, too.
fn check_same(
    first: &spec::Flag,
    given: &spec::Flag,
    first_at: &Route,
    at: &Route,
    report: &mut Report,
) {
    let fields = [
        ("header", first.header == given.header),
        ("on", first.on() == given.on()),
        (
            "targeting",
            given.targeting.is_none() || first.targeting == given.targeting,
        ),
        (
            "fractional",
            given.fractional.is_none() || first.fractional == given.fractional,
        ),
    ];
    for (field, _) in fields.into_iter().filter(|(_, is_same)| !is_same) {
        let message = format!("the flag `{}` has another `{field}` elsewhere", given.key);
        report.push(
            Diagnostic::new(Code::GP233, Place::key(at.key(field)), message)
                .label(Place::key(first_at.key("key")), "the other one")
                .note("`outputs.flagd` writes one definition for each key")
                .help("say the same of both, `targeting` and `fractional` in the first, or write a condition of `headers` here"),
        );
    }
}

fn users(given: &spec::Flag, at: &Route, report: &mut Report) -> FlagUsers {
    match (&given.targeting, &given.fractional) {
        (Some(targeting), None) => {
            if let Err(found) = targeting::check(targeting, &at.key("targeting")) {
                report.push(found);
            }
            FlagUsers::Targeted(targeting.clone())
        }
        (None, Some(attribute)) => {
            check_attribute(attribute, &at.key("fractional"), report);
            FlagUsers::Fraction(attribute.clone())
        }
        (Some(_), Some(_)) => {
            let message = "a flag has `targeting` or `fractional`, and not both";
            let place = Place::key(at.key("fractional"));
            report.push(Diagnostic::new(Code::GP236, place, message).help("remove one of them"));
            FlagUsers::Nobody
        }
        (None, None) => {
            let message = format!("nobody has the flag `{}` on by its definition", given.key);
            report.push(
                Diagnostic::new(Code::GP235, Place::key(at.clone()), message)
                    .note("without `targeting` and `fractional` it is off in every stage")
                    .help("add `fractional: targetingKey`, or `targeting` for those who should have it"),
            );
            FlagUsers::Nobody
        }
    }
}

/// `$flagd.` holds what flagd itself knows, which is the same for all users.
fn check_attribute(attribute: &str, at: &Route, report: &mut Report) {
    if attribute.starts_with("$flagd.") || attribute.contains(char::is_control) {
        let message = format!("`{attribute}` is no attribute that tells users apart");
        report.push(
            Diagnostic::new(Code::GP236, Place::value(at.clone()), message)
                .help("write `targetingKey`"),
        );
    }
}
