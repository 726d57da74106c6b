//! GP230 and GP623: claims are known at gateways only, and there only by a RequestAuthentication.

use crate::diag::{Code, Diagnostic, Place, Report};
use crate::plan::checks::entries::entries;
use crate::plan::{Istio, Plan};

pub(super) fn check(plan: &Plan, istio: &Istio, report: &mut Report) {
    let mut is_told = false;
    for (at, entry) in entries(plan) {
        if entry.claims.is_empty() {
            continue;
        }
        let place = Place::key(at.key("jwtClaims"));
        if istio.gateways.is_empty() {
            let (found, help) = if istio.delegate {
                (
                    "the claims of a token are known at a gateway only, and a delegate is bound to none",
                    "tell these callers apart by a header, which `outputClaimToHeaders` of a RequestAuthentication can set",
                )
            } else {
                (
                    "the claims of a token are known at a gateway only, and no gateway leads here",
                    "add `gateway` or `gateways` to `traffic`, or tell these callers apart by a header",
                )
            };
            report.push(
                Diagnostic::new(Code::GP230, place, found)
                    .note("Istio refuses a route by claims that is not bound to a gateway")
                    .help(help),
            );
        } else if entry.asks_for_source() {
            report.push(
                    Diagnostic::new(
                        Code::GP230,
                        place,
                        "no request has both: claims are known at a gateway, and the calling pod in the mesh",
                    )
                    .help("make two entries of it, or remove one of the two"),
                );
        } else if !is_told {
            is_told = true;
            report.push(lacking(istio, place));
        }
    }
}

fn lacking(istio: &Istio, place: Place) -> Diagnostic {
    let pods = match &istio.gateway {
        Some(gateway) => {
            let labels = gateway.selector.iter();
            let labels: Vec<String> = labels
                .map(|(key, value)| format!("{key}: {value}"))
                .collect();
            format!("selector: {{matchLabels: {{{}}}}}", labels.join(", "))
        }
        None => "selector: …".to_owned(),
    };
    let names = istio.gateways.join("`, `");
    Diagnostic::new(
        Code::GP623,
        place,
        format!("this takes no request until a RequestAuthentication makes the claims known at `{names}`"),
    )
    .note("no request has claims at a gateway whose pods verify no token")
    .help(format!(
        "apply a RequestAuthentication with `{pods}` and the `jwtRules` of the issuer, in the namespace of the gateway's pods"
    ))
}
