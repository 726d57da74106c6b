//! Tunnels (`validateTunnelSettings`).

use serde_json::Value;

use crate::diag::Diagnostic;
use crate::spec::schema::excerpt;
use crate::text::Route;
use crate::units::{is_fqdn, is_ip_address};

use super::{refused, text};

pub(super) fn check(value: &Value, route: &Route, faults: &mut Vec<Diagnostic>) {
    let Some(host) = text(value, "targetHost") else {
        return;
    };
    if !is_fqdn(host) && !is_ip_address(host) {
        faults.push(refused(
            route.key("targetHost"),
            format!(
                "`{}` is no host; a DNS name or an IP address is allowed",
                excerpt(host)
            ),
        ));
    }
}
