//! Requests and limits, by the rules of Kubernetes' `ValidateResourceRequirements`.

use serde_json::{Map, Value};

use crate::diag::{Code, Diagnostic, Place, words};
use crate::spec::schema::excerpt;
use crate::text::Route;
use crate::units::Quantity;

use super::MAX_TOLD;

/// The resources that a container may name without a domain, besides `hugepages-<size>`.
const STANDARD: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// Checks `resources`, and turns quantities that were written as numbers into strings.
pub(super) fn check(resources: &mut Value, route: &Route, faults: &mut Vec<Diagnostic>) {
    for part in ["requests", "limits"] {
        if let Some(amounts) = resources.get_mut(part).and_then(Value::as_object_mut) {
            amounts_are_sound(amounts, &route.key(part), faults);
        }
    }
    let none = Map::new();
    let part = |name: &str| {
        resources
            .get(name)
            .and_then(Value::as_object)
            .unwrap_or(&none)
    };
    pairs_are_sound(part("requests"), part("limits"), route, faults);
}

fn amounts_are_sound(
    amounts: &mut Map<String, Value>,
    route: &Route,
    faults: &mut Vec<Diagnostic>,
) {
    for (name, value) in amounts {
        if value.is_number() {
            *value = Value::String(value.to_string());
        }
        if faults.len() >= MAX_TOLD {
            continue;
        }
        if !name.contains('/') && !STANDARD.contains(&name.as_str()) && !is_huge_page(name) {
            faults.push(
                Diagnostic::new(
                    Code::GP010,
                    Place::key(route.key(name)),
                    format!(
                        "Kubernetes knows no resource `{name}`; {}, `hugepages-<size>` and names \
                         with a domain are allowed",
                        words::or_list(STANDARD)
                    ),
                )
                .maybe_help(
                    words::near_miss(name, STANDARD).map(|near| format!("did you mean `{near}`?")),
                ),
            );
        }
        let Some(text) = value.as_str() else { continue };
        let complain = |what: &str| {
            Diagnostic::new(
                Code::GP010,
                Place::value(route.key(name)),
                format!("`{name}` is `{}`, and must be {what}", excerpt(text)),
            )
        };
        match text.parse::<Quantity>() {
            Err(()) => faults.push(complain("a quantity such as `3`, `500m` or `4Gi`")),
            Ok(amount) if amount.is_negative() => faults.push(complain("0 or more")),
            Ok(amount) => {
                let whole = amount.billionths().is_none_or(|n| n % 1_000_000_000 == 0);
                if is_whole(name) && !whole {
                    faults.push(complain("a whole number"));
                }
            }
        }
    }
}

/// Holds every request against the limit of the same name.
fn pairs_are_sound(
    requests: &Map<String, Value>,
    limits: &Map<String, Value>,
    route: &Route,
    faults: &mut Vec<Diagnostic>,
) {
    let amount = |value: &Value| value.as_str()?.parse::<Quantity>().ok()?.billionths();
    for (name, request) in requests {
        if faults.len() >= MAX_TOLD {
            return;
        }
        let place = route.key("requests").key(name);
        let Some(limit) = limits.get(name) else {
            if is_whole(name) {
                faults.push(
                    Diagnostic::new(
                        Code::GP010,
                        Place::key(place),
                        format!(
                            "`{name}` is requested without a limit, and Kubernetes needs an equal \
                             limit for it"
                        ),
                    )
                    .help(format!(
                        "add `limits: {{{name}: {}}}`",
                        request.as_str().unwrap_or("1")
                    )),
                );
            }
            continue;
        };
        let (Some(low), Some(high)) = (amount(request), amount(limit)) else {
            continue;
        };
        let rule = if is_whole(name) && low != high {
            "must be equal to"
        } else if low > high {
            "must not be above"
        } else {
            continue;
        };
        faults.push(
            Diagnostic::new(
                Code::GP010,
                Place::value(place),
                format!(
                    "the request for `{name}` is `{}`, and {rule} its limit `{}`",
                    request.as_str().unwrap_or_default(),
                    limit.as_str().unwrap_or_default()
                ),
            )
            .label(
                Place::value(route.key("limits").key(name)),
                "the limit is here",
            ),
        );
    }
}

/// Resources that are never shared out beyond what there is: huge pages, and what a device plugin names by its own domain.
fn is_whole(name: &str) -> bool {
    is_huge_page(name)
        || name.split_once('/').is_some_and(|(domain, _)| {
            domain != "kubernetes.io" && !domain.ends_with(".kubernetes.io")
        })
}

fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}
