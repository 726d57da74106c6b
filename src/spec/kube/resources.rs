//! Requests and limits, by the rules of Kubernetes' `ValidateResourceRequirements`.

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, words};
use crate::units::{Quantity, is_label_key};

use super::field::{Faults, Field};
use super::form::{DNS_LABEL, NOT_EMPTY};
use super::pod::Shared;
use super::rule::{Least, Rule, distinct, distinct_names};
use super::volumes::texts;

/// The resources that a container may name without a domain, besides `hugepages-<size>`.
const STANDARD: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];

/// Writes quantities that are numbers as strings, which is how Kubernetes' types hold them.
pub(super) fn settle(resources: &mut Value) {
    for part in ["requests", "limits"] {
        let amounts = resources.get_mut(part).and_then(Value::as_object_mut);
        for (_, value) in amounts.into_iter().flatten() {
            if value.is_number() {
                *value = Value::String(value.to_string());
            }
        }
    }
}

/// `resources`.
pub(super) const RESOURCES: Rule = Rule::Check(|resources, faults| {
    for part in ["requests", "limits"] {
        if let Some(amounts) = resources.get(part) {
            for (name, amount) in amounts.entries() {
                known(name, &amount, faults);
                sound(name, &amount, faults);
                if faults.is_full() {
                    return;
                }
            }
        }
    }
    pairs(resources, faults);
    huge_pages(resources, faults);
    if let Some(claims) = resources.get("claims") {
        named(&claims, faults);
    }
});

/// `resizePolicy`.
pub(super) const RESIZE: Rule = Rule::Check(|list, faults| {
    const POLICY: Rule = Rule::Map(&texts(
        &["resourceName", "restartPolicy"],
        &[
            ("resourceName", Rule::OneOf(&["cpu", "memory"])),
            (
                "restartPolicy",
                Rule::OneOf(&["NotRequired", "RestartContainer"]),
            ),
        ],
    ));
    Rule::List(&POLICY).check(list, faults);
    let name = |policy: &Field| policy.text("resourceName").map(str::to_owned);
    distinct(list, "resourceName", name, "resource", faults);
});

/// Claims of devices, or of one request in them.
fn named(claims: &Field, faults: &mut Faults) {
    const CLAIM: Rule = Rule::Map(&texts(
        &["name"],
        &[
            ("name", Rule::Text(&NOT_EMPTY)),
            ("request", Rule::Maybe(&DNS_LABEL)),
        ],
    ));
    Rule::List(&CLAIM).check(claims, faults);
    // Server-side apply keys the list by name.
    distinct_names(claims, "claim", faults);
}

/// Every claim that a container names is one of the pod's.
pub(super) fn have_claims(container: &Field, shared: &Shared, faults: &mut Faults) {
    let Some(resources) = container.get("resources") else {
        return;
    };
    let claims = resources.get("claims");
    for claim in claims.iter().flat_map(Field::items) {
        let (Some(name), Some(field)) = (claim.text("name"), claim.get("name")) else {
            continue;
        };
        if !shared.claims.contains(name) {
            faults.push(
                Diagnostic::new(
                    Code::GP010,
                    Place::value(field.route()),
                    format!("`resourceClaims` has no claim `{name}` for this container"),
                )
                .maybe_help(words::suggestion(name, shared.claims.iter().copied())),
            );
        }
    }
}

/// Whether a container may name such a resource.
pub(super) fn is_container_resource(name: &str) -> bool {
    if name.contains('/') {
        is_label_key(name) && (is_native(name) || is_extended(name))
    } else {
        STANDARD.contains(&name) || (is_huge_page(name) && is_label_key(name))
    }
}

fn known(name: &str, amount: &Field, faults: &mut Faults) {
    if is_container_resource(name) {
        return;
    }
    faults.push(
        Diagnostic::new(
            Code::GP010,
            Place::key(amount.route()),
            format!(
                "Kubernetes knows no resource `{name}`; {}, `hugepages-<size>` and names with a \
                 domain are allowed",
                words::or_list(STANDARD)
            ),
        )
        .maybe_help(words::near_miss(name, STANDARD).map(|near| format!("did you mean `{near}`?"))),
    );
}

fn sound(name: &str, amount: &Field, faults: &mut Faults) {
    Rule::Amount(Least::Zero).check(amount, faults);
    let Some(given) = quantity(amount) else {
        return;
    };
    let billionths = given.billionths();
    let is_whole = given.is_zero()
        || billionths.is_some_and(|amount| {
            let whole = amount / 1_000_000_000;
            whole != 0 && amount % 1_000_000_000 == 0 && i64::try_from(whole).is_ok()
        });
    if is_extended(name) && !is_whole {
        faults.must(amount, "a whole number below 2^63");
    }
    let Some(billionths) = billionths else { return };
    if is_huge_page(name) {
        let size = name.trim_start_matches("hugepages-").parse::<Quantity>();
        let size = size.ok().and_then(|size| size.billionths());
        match size {
            Some(size) if size > 0 && size % 1_000_000_000 == 0 => {
                if billionths % size != 0 {
                    faults.must(amount, "a whole number of such pages");
                }
            }
            _ => faults.say_key(
                amount,
                format!("`{name}` tells no size of pages, such as `hugepages-2Mi`"),
            ),
        }
    }
}

/// Holds every request against the limit of the same name.
fn pairs(resources: &Field, faults: &mut Faults) {
    let Some(requests) = resources.get("requests") else {
        return;
    };
    let limits = resources.get("limits");
    for (name, request) in requests.entries() {
        let is_exact = is_huge_page(name) || is_extended(name);
        let Some(limit) = limits.as_ref().and_then(|limits| limits.get(name)) else {
            if is_exact {
                faults.push(
                    Diagnostic::new(
                        Code::GP010,
                        Place::key(request.route()),
                        format!(
                            "`{name}` is requested without a limit, and Kubernetes needs an equal \
                             limit for it"
                        ),
                    )
                    .help(format!(
                        "add `limits: {{{name}: {}}}`",
                        request.value.as_str().unwrap_or("1")
                    )),
                );
            }
            continue;
        };
        let amount = |field| quantity(field).and_then(|amount| amount.billionths());
        let (Some(low), Some(high)) = (amount(&request), amount(&limit)) else {
            continue;
        };
        let rule = if is_exact && low != high {
            "must be equal to"
        } else if low > high {
            "must not be above"
        } else {
            continue;
        };
        faults.push(
            Diagnostic::new(
                Code::GP010,
                Place::value(request.route()),
                format!(
                    "the request for `{name}` is `{}`, and {rule} its limit `{}`",
                    request.value.as_str().unwrap_or_default(),
                    limit.value.as_str().unwrap_or_default()
                ),
            )
            .label(Place::value(limit.route()), "the limit is here"),
        );
    }
}

/// Huge pages belong to a pod that asks for memory or CPU too.
fn huge_pages(resources: &Field, faults: &mut Faults) {
    let names: Vec<&str> = ["requests", "limits"]
        .iter()
        .filter_map(|part| resources.value.get(part)?.as_object())
        .flat_map(|amounts| amounts.keys().map(String::as_str))
        .collect();
    if names.iter().any(|name| is_huge_page(name))
        && !names.iter().any(|name| matches!(*name, "cpu" | "memory"))
    {
        faults.say_key(resources, "huge pages need `cpu` or `memory` beside them");
    }
}

fn quantity(amount: &Field) -> Option<Quantity> {
    amount.value.as_str()?.parse().ok()
}

/// Resources of Kubernetes itself.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Resources that a device plugin names by its own domain; a quota must be able to name them too, by `requests.` in front.
fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && is_label_key(&format!("requests.{name}"))
}

fn is_huge_page(name: &str) -> bool {
    name.starts_with("hugepages-")
}
