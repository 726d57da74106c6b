//! GP203 and GP230: a cohort or a mirror by a host that no route answers to, or of callers who ask for another one.

use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::{Plan, StringMatch};
use crate::units::{DnsLabel, hosts_overlap, names};

use super::entries::entries;

pub(super) fn check(plan: &Plan, report: &mut Report) {
    // Those of a delegate are somebody else's.
    if plan.traffic.router.is_delegate() {
        return;
    }
    let mut known: Vec<String> = plan
        .traffic
        .hosts
        .iter()
        .map(|host| host.to_ascii_lowercase())
        .collect();
    let has_gateway = plan.traffic.router.has_gateway();
    if !has_gateway {
        let namespace = plan.namespace.as_ref().map(DnsLabel::as_str);
        known.push(names::service_host(&plan.service.name, namespace));
    }
    for (at, entry) in entries(plan) {
        let Some(host) = &entry.host else { continue };
        let at = at.key("host");
        if has_gateway && entry.asks_for_source() {
            report.push(
                    Diagnostic::new(
                        Code::GP230,
                        Place::key(at),
                        "no request has both: these hosts are a gateway's, and the calling pod is known in the mesh",
                    )
                    .help("make two entries of it, or remove one of the two"),
                );
            continue;
        }
        if known.iter().any(|known| may_be(host, known)) {
            continue;
        }
        let hosts = known.join("`, `");
        let found = Diagnostic::new(
            Code::GP203,
            Place::value(at),
            "this never matches: no route answers to such a host",
        );
        report.push(if known.is_empty() {
            found.help("add the host to `traffic.hosts`")
        } else {
            found
                .note(format!("the routes answer to `{hosts}`"))
                .help("add the host to `traffic.hosts`, or match one of these")
        });
    }
}

/// Whether a request for `known`, which may begin with a wildcard, may meet the condition.
fn may_be(condition: &StringMatch, known: &str) -> bool {
    let is_wild = known.starts_with('*');
    match condition {
        StringMatch::Exact(host) => hosts_overlap(known, host),
        StringMatch::Prefix(start) | StringMatch::Below(start) => {
            is_wild || known.starts_with(start.as_str())
        }
        StringMatch::Regex(pattern) => {
            is_wild
                || regex::Regex::new(&format!(r"(?i)\A(?:{pattern})\z"))
                    .is_ok_and(|regex| regex.is_match(known))
        }
        StringMatch::Present => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_one_of_those_or_below_a_wildcard() {
        let exact = |text: &str| StringMatch::Exact(text.to_owned());
        let prefix = |text: &str| StringMatch::Prefix(text.to_owned());
        let regex = |text: &str| StringMatch::Regex(text.to_owned());
        for (condition, known, wanted) in [
            (exact("a.example"), "a.example", true),
            (exact("a.example"), "b.example", false),
            (exact("a.example"), "*.example", true),
            (exact("a.example"), "*", true),
            (exact("example"), "*.example", false),
            (prefix("a."), "a.example", true),
            (prefix("b."), "a.example", false),
            (prefix("b."), "*.example", true),
            (regex("[ab].example"), "a.example", true),
            (regex("c.example"), "a.example", false),
            (regex("c.example"), "*.example", true),
        ] {
            assert_eq!(may_be(&condition, known), wanted, "{condition:?} {known}");
        }
    }
}
