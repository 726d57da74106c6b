//! GP010, GP225 and GP226: rules of which the first match cannot be made the most specific one, or not in one route.

use std::collections::BTreeSet;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{
    MOST_CONDITIONS, MOST_MATCHES, MOST_RULES, Origin, Part, Plan, Stage, Unordered, WrittenRule,
};

use super::room::lacking;

/// The most characters of a path that replaces another (the CRD's `maxLength`).
const MOST_OF_PATH: usize = 1024;

pub(super) fn check(plan: &Plan, report: &mut Report) {
    let mut told = BTreeSet::new();
    let mut known = BTreeSet::new();
    for stage in plan.stages.iter().filter(|stage| stage.kind.is_routed()) {
        if !known.insert(shape(plan, stage)) {
            continue;
        }
        for copy in plan.copies() {
            let found = match plan.written_rules(stage, &copy) {
                Err(why) => unordered(plan, stage, &why),
                Ok(rules) if rules.len() > MOST_RULES => crowded(plan, stage, rules.len()),
                Ok(rules) => {
                    let wrong = |rule| lengthened(rule).or_else(|| lacking(plan, stage, rule));
                    match rules.iter().find_map(wrong) {
                        Some(found) => found,
                        None => continue,
                    }
                }
            };
            // Another stage has the same rules, and other weights.
            let key = (found.place.clone(), found.code);
            if told.insert(format!("{key:?}")) {
                report.push(found);
            }
        }
    }
}

/// What decides of a stage which matches its rules have: weights count only where users are told apart by them.
fn shape(plan: &Plan, stage: &Stage) -> String {
    let cohorts: Vec<_> = stage.cohorts.keys().collect();
    let shares = plan.traffic.sticky.is_some();
    let shares = shares.then_some((&stage.cohorts, &stage.split, &stage.buckets));
    format!("{:?}", (cohorts, &stage.mirror, shares))
}

fn unordered(plan: &Plan, stage: &Stage, why: &Unordered<Origin>) -> Diagnostic {
    match why {
        Unordered::Paths { earlier, later } => {
            let (one, other) = both(plan, *earlier, *later);
            Diagnostic::new(
                Code::GP225,
                place(*earlier),
                format!("{one} goes before {other}, and by Gateway API nobody knows which of a regex and another path does"),
            )
            .label(place(*later), "this may take the same requests")
            .note(format!("in the stage `{}`; gateways rank them differently", stage.name))
            .help("use `exact` or `prefix` in both")
        }
        Unordered::Unjoined { earlier, later, on } => {
            let (one, other) = both(plan, *earlier, *later);
            let part = match on {
                Part::Path => "the path".to_owned(),
                Part::Method => "the method".to_owned(),
                Part::Header(name) => format!("the header `{}`", name.as_str()),
                Part::Host => "the host".to_owned(),
                Part::Claim(path) => format!("the claim `{path}`"),
                Part::Query(name) => format!("the query parameter `{name}`"),
            };
            Diagnostic::new(
                Code::GP225,
                place(*earlier),
                format!("{one} goes before {other}, which by Gateway API would go first, for it is more specific"),
            )
            .label(place(*later), "this may take the same requests")
            .note(format!("in the stage `{}`; a rule for what both take would keep the order, and their conditions on {part} are no one condition", stage.name))
            .help(format!("put the more specific one first, or use `exact` for {part} in one of them"))
        }
        Unordered::TooWide { earlier, later } => {
            let (one, other) = both(plan, *earlier, *later);
            Diagnostic::new(
                Code::GP226,
                place(*earlier),
                format!("{one} goes before {other}, and a match for what both take has more than {MOST_CONDITIONS} headers or query parameters, which is all that one of Gateway API holds"),
            )
            .label(place(*later), "by Gateway API this would go first, for it is more specific")
            .note(format!("in the stage `{}`", stage.name))
            .help("put the more specific one first, or ask for fewer headers and query parameters")
        }
        Unordered::TooMany { between } => {
            let message = format!(
                "the rules of the stage `{}` take more than {MOST_MATCHES} matches, which is all that a route of Gateway API holds",
                stage.name
            );
            let found = Diagnostic::new(Code::GP226, everything(), message);
            match between {
                Some((earlier, later)) => {
                    let (one, other) = both(plan, *earlier, *later);
                    found
                        .note(format!(
                            "most of them keep {one} before {other}, which is more specific"
                        ))
                        .help("put the more specific one first, or make one cohort of several")
                }
                None => found.help("make one cohort of several, with fewer entries"),
            }
        }
    }
}

/// A new path that has become too long by the end of the path that a cohort asks for.
fn lengthened(rule: &WrittenRule<'_>) -> Option<Diagnostic> {
    let path = rule.rewrite.as_ref()?.uri.as_ref()?;
    let length = path.chars().count();
    let route = Route::root().key("spec").key("traffic").key("routes");
    let route = route.index(rule.of.origin.base).key("rewrite").key("uri");
    (length > MOST_OF_PATH).then(|| {
        let message = format!(
            "a new path has at most {MOST_OF_PATH} characters, and that of the rule `{}` has {length}",
            rule.name
        );
        Diagnostic::new(Code::GP010, Place::value(route), message)
            .note("what a longer prefix asks for stays behind the new path")
            .help("write a shorter path here, or ask for a shorter one")
    })
}

/// More rules than a route holds; it could be split over several, but the age of these would decide between them.
fn crowded(plan: &Plan, stage: &Stage, count: usize) -> Diagnostic {
    let message = format!(
        "the stage `{}` has {count} rules, and a route of Gateway API holds {MOST_RULES}",
        stage.name
    );
    let found = Diagnostic::new(Code::GP226, everything(), message)
        .note("between several routes of one Gateway their age would decide, which nobody writes");
    found.help(match alike(plan, stage) {
        Some(names) => format!("make one cohort of {names}, which go the same way"),
        None => "make one cohort of several, or have fewer base routes".to_owned(),
    })
}

/// The first cohorts that one could be made of.
fn alike(plan: &Plan, stage: &Stage) -> Option<String> {
    let cohorts: Vec<_> = stage.cohorts.iter().collect();
    let pair = cohorts.windows(2).find(|pair| pair[0].1 == pair[1].1)?;
    let names = pair.iter().map(|(id, _)| &plan.cohort(**id).name);
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    Some(names.join(" and "))
}

fn everything() -> Place {
    Place::key(Route::root().key("spec").key("cohorts"))
}

/// How two rules are called.
fn both(plan: &Plan, earlier: Origin, later: Origin) -> (String, String) {
    let other = if earlier == later {
        "a later entry of it".to_owned()
    } else {
        said(plan, later)
    };
    (said(plan, earlier), other)
}

fn said(plan: &Plan, origin: Origin) -> String {
    let base = &plan.traffic.routes[origin.base].name;
    match origin.cohort {
        Some(id) if plan.traffic.routes.len() == 1 => {
            format!("the cohort `{}`", plan.cohort(id).name)
        }
        Some(id) => format!(
            "the cohort `{}` on the base route `{base}`",
            plan.cohort(id).name
        ),
        None => format!("the base route `{base}`"),
    }
}

fn place(origin: Origin) -> Place {
    let spec = Route::root().key("spec");
    match origin.cohort {
        Some(id) => Place::key(spec.key("cohorts").index(id.0).key("match")),
        None => Place::value(
            spec.key("traffic")
                .key("routes")
                .index(origin.base)
                .key("name"),
        ),
    }
}
