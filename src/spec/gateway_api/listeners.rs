//! The Gateway that is written, and its ports (`spec.listeners`).

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place};
use crate::spec::schema::excerpt;
use crate::text::Route;
use crate::units::Hosts;

use super::hosts::is_hostname;
use super::{is_full, items, refused};

/// `at` is the route of `traffic`.
pub(super) fn check(traffic: &Value, at: &Route, faults: &mut Vec<Diagnostic>) {
    let Some(gateway) = traffic.get("gateway") else {
        return;
    };
    let listeners = at.key("gateway").key("listeners");
    let given: Vec<&Value> = items(gateway.get("listeners")).collect();
    let mut takes_all = given.is_empty();
    let mut taken = Hosts::default();
    for (index, listener) in given.iter().enumerate() {
        if is_full(faults) {
            return;
        }
        let at = listeners.index(index);
        one(listener, &at, faults);
        twins(&given, index, &listeners, faults);
        match text(listener, "hostname") {
            Some(host) => taken.insert(host),
            None => takes_all = true,
        }
    }
    // Another Gateway may take what this one does not.
    let is_alone = items(traffic.get("parentRefs")).next().is_none();
    for (index, host) in items(traffic.get("hosts")).enumerate() {
        let Some(host) = host.as_str() else { continue };
        if is_alone && !takes_all && !taken.meet(host) {
            let found = Diagnostic::new(
                Code::GP216,
                Place::value(at.key("hosts").index(index)),
                format!(
                    "no listener of the Gateway takes the host `{}`",
                    excerpt(host)
                ),
            );
            faults.push(found.help("add it as the `hostname` of a listener, or remove it"));
        }
    }
}

fn one(listener: &Value, at: &Route, faults: &mut Vec<Diagnostic>) {
    if let Some(host) = text(listener, "hostname")
        && !is_hostname(host)
    {
        let message = format!(
            "`{}` is no host of a listener; a DNS name in lower case, or `*.` and one, is allowed",
            excerpt(host)
        );
        let found = refused(at.key("hostname"), message);
        faults.push(if host == "*" {
            found.help("remove it: without `hostname` the listener takes every host")
        } else {
            found
        });
    }
    match (text(listener, "protocol"), listener.get("tls")) {
        (Some("HTTPS"), None) => faults.push(
            Diagnostic::new(
                Code::GP007,
                Place::value(at.clone()),
                "a listener of `HTTPS` needs `tls`: where its certificate is",
            )
            .help("add `tls: {certificateRefs: [{name: …}]}`"),
        ),
        (Some("HTTP"), Some(_)) => faults.push(
            refused(at.key("tls"), "a listener of `HTTP` has no TLS")
                .help("set `protocol: HTTPS`, or remove `tls`"),
        ),
        _ => {}
    }
}

/// Names are unique; so is a port with its protocol and host, and a port speaks in one way.
fn twins(given: &[&Value], index: usize, at: &Route, faults: &mut Vec<Diagnostic>) {
    let listener = given[index];
    for (first, other) in given[..index].iter().enumerate() {
        let same = |field: &str| listener.get(field) == other.get(field);
        let (field, message) = if same("name") {
            let name = excerpt(text(listener, "name").unwrap_or_default());
            ("name", format!("the listener name `{name}` is used twice"))
        } else if same("port") && !same("protocol") {
            let message = "the port of this listener speaks another protocol already";
            ("protocol", message.to_owned())
        } else if same("port") && same("hostname") {
            let message = "the port of this listener has the same host already";
            ("port", message.to_owned())
        } else {
            continue;
        };
        let place = Place::value(at.index(index).key(field));
        let earlier = Place::value(at.index(first).key(field));
        let found = Diagnostic::new(Code::GP105, place, message);
        faults.push(found.label(earlier, "first here"));
        return;
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name)?.as_str()
}
