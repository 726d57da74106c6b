//! How names are found in a pod, by Kubernetes' `validatePodDNSConfig`.

use super::field::{Faults, Field};
use super::form::{Form, NOT_EMPTY};
use super::rule::{Rule, Shape};
use super::volumes::texts;
use crate::units::{is_dns_subdomain, is_ip_address};

/// The most servers that the C library asks.
const MOST_SERVERS: usize = 3;
/// The most domains that are searched.
const MOST_SEARCHES: usize = 32;
/// The most characters of those domains together, with a space between.
const MOST_SEARCHED: usize = 2048;

/// `dnsPolicy`.
pub(super) const POLICY: Rule =
    Rule::MaybeOneOf(&["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]);

/// `dnsConfig`.
pub(super) const CONFIG: Rule = Rule::Map(&Shape {
    needs: &[],
    fields: &[
        ("nameservers", Rule::List(&Rule::Text(&ADDRESS))),
        ("searches", Rule::List(&Rule::Text(&SEARCH))),
        (
            "options",
            Rule::List(&Rule::Map(&texts(
                &["name"],
                &[("name", Rule::Text(&NOT_EMPTY))],
            ))),
        ),
    ],
    also: &[bounded],
});

/// `IsValidIPForLegacyField`, without the zeros in front that it once took.
pub(super) const ADDRESS: Form = Form {
    is: is_ip_address,
    allowed: "an IP address",
};

const SEARCH: Form = Form {
    is: |text| {
        let domain = text.strip_suffix('.').unwrap_or(text);
        // An underscore counts as a letter here since Kubernetes 1.32, at every place.
        text == "." || is_dns_subdomain(&domain.replace('_', "a"))
    },
    allowed: "a domain of lower-case letters, digits, `-`, `_` and `.`",
};

fn bounded(config: &Field, faults: &mut Faults) {
    if let Some(servers) = config.get("nameservers")
        && config.len("nameservers") > MOST_SERVERS
    {
        faults.must(&servers, &format!("at most {MOST_SERVERS} addresses"));
    }
    let Some(searches) = config.get("searches") else {
        return;
    };
    let domains = searches.items();
    let lengths = domains.map(|domain| domain.value.as_str().map_or(0, str::len) + 1);
    let characters = lengths.sum::<usize>().saturating_sub(1);
    if config.len("searches") > MOST_SEARCHES || characters > MOST_SEARCHED {
        faults.must(
            &searches,
            &format!("at most {MOST_SEARCHES} domains of {MOST_SEARCHED} characters together"),
        );
    }
}

/// A pod that takes nothing from its cluster or node brings servers.
pub(super) fn needs_servers(pod: &Field, faults: &mut Faults) {
    let Some(policy) = pod
        .get("dnsPolicy")
        .filter(|_| pod.text("dnsPolicy") == Some("None"))
    else {
        return;
    };
    match pod.get("dnsConfig") {
        None => faults.say(&policy, "`dnsPolicy: None` needs `dnsConfig.nameservers`"),
        Some(config) if config.len("nameservers") == 0 => faults.lacks(&config, "nameservers"),
        Some(_) => {}
    }
}
