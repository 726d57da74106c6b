//! The security context of pods, by Kubernetes' `validatePodSpecSecurityContext`.

use serde_json::Value;

use super::field::{Faults, Field};
use super::form::{DESCENDING, Form, SUBDOMAIN};
use super::pod::Shared;
use super::rule::{Rule, Shape, distinct_names};
use super::volumes::texts;
use super::windows::USER;

/// `securityContext`.
pub(super) const SECURITY: Rule = Rule::Map(&texts(
    &[],
    &[
        ("fsGroup", ID),
        ("runAsUser", ID),
        ("runAsGroup", ID),
        ("supplementalGroups", Rule::List(&ID)),
        (
            "fsGroupChangePolicy",
            Rule::OneOf(&["OnRootMismatch", "Always"]),
        ),
        (
            "supplementalGroupsPolicy",
            Rule::OneOf(&["Merge", "Strict"]),
        ),
        (
            "seLinuxChangePolicy",
            Rule::OneOf(&["MountOption", "Recursive"]),
        ),
        ("sysctls", Rule::Check(sysctls)),
        ("seccompProfile", Rule::Map(&SECCOMP)),
        ("appArmorProfile", Rule::Map(&APPARMOR)),
        ("windowsOptions", Rule::Map(&WINDOWS)),
    ],
));

/// `securityContext` of a container.
pub(super) const CONTAINER: Rule = Rule::Map(&Shape {
    needs: &[],
    fields: &[
        ("runAsUser", ID),
        ("runAsGroup", ID),
        ("procMount", Rule::OneOf(&["Default", "Unmasked"])),
        ("seccompProfile", Rule::Map(&SECCOMP)),
        ("appArmorProfile", Rule::Map(&APPARMOR)),
        ("windowsOptions", Rule::Map(&WINDOWS)),
    ],
    also: &[escalation],
});

/// What may do all may gain more.
fn escalation(context: &Field, faults: &mut Faults) {
    let Some(field) = context.get("allowPrivilegeEscalation") else {
        return;
    };
    if field.value != false {
        return;
    }
    if context.value["privileged"] == true {
        faults.say(
            &field,
            "`allowPrivilegeEscalation: false` beside `privileged: true`",
        );
    }
    let added = context.value.pointer("/capabilities/add");
    let mut added = added.and_then(Value::as_array).into_iter().flatten();
    if added.any(|capability| capability == "CAP_SYS_ADMIN") {
        faults.say(
            &field,
            "`allowPrivilegeEscalation: false` beside the capability `CAP_SYS_ADMIN`",
        );
    }
}

/// What a context asks for that depends on what the pod has of its node.
pub(super) fn on_the_host(context: &Field, shared: &Shared, faults: &mut Faults) {
    if let Some(options) = context.get("windowsOptions")
        && let Some(field) = options.get("hostProcess").filter(|on| on.value == true)
        && !shared.is_on_host
    {
        faults.say(
            &field,
            "`hostProcess` needs `hostNetwork`: set both in `podTemplate`",
        );
    }
    if let Some(field) = context
        .get("procMount")
        .filter(|how| how.value == "Unmasked")
        && !shared.has_own_users
    {
        faults.say(
            &field,
            "`procMount: Unmasked` needs `hostUsers: false`: set both in `podTemplate`",
        );
    }
}

const ID: Rule = Rule::Int(0, 2_147_483_647);

fn sysctls(list: &Field, faults: &mut Faults) {
    const NAMED: Rule = Rule::Map(&texts(&["name"], &[("name", Rule::Text(&SYSCTL))]));
    Rule::List(&NAMED).check(list, faults);
    distinct_names(list, "sysctl", faults);
}

const SYSCTL: Form = Form {
    is: |text| {
        let edge = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        let inner = |c: char| edge(c) || matches!(c, '-' | '_');
        text.len() <= 253
            && text.split(['.', '/']).all(|part| {
                part.starts_with(edge) && part.ends_with(edge) && part.chars().all(inner)
            })
    },
    allowed: "a sysctl's name: lower-case letters, digits, `-`, `_`, `.` and `/`",
};

const SECCOMP: Shape = Shape {
    needs: &["type"],
    fields: &[
        (
            "type",
            Rule::OneOf(&["Localhost", "RuntimeDefault", "Unconfined"]),
        ),
        ("localhostProfile", Rule::Text(&DESCENDING)),
    ],
    also: &[local_profile],
};

const APPARMOR: Shape = Shape {
    needs: &["type"],
    fields: &[
        (
            "type",
            Rule::OneOf(&["Localhost", "RuntimeDefault", "Unconfined"]),
        ),
        (
            "localhostProfile",
            Rule::Text(&Form {
                is: |text| !text.is_empty() && text.trim() == text && text.len() <= 4095,
                allowed: "a profile's name without spaces around it, at most 4,095 bytes",
            }),
        ),
    ],
    also: &[local_profile],
};

/// The profile of a file belongs to the type that names it.
fn local_profile(profile: &Field, faults: &mut Faults) {
    match (profile.text("type"), profile.get("localhostProfile")) {
        (Some("Localhost"), None) => faults.lacks(profile, "localhostProfile"),
        (Some("RuntimeDefault" | "Unconfined"), Some(field)) => {
            faults.say_key(&field, "`localhostProfile` is for `type: Localhost`");
        }
        _ => {}
    }
}

const WINDOWS: Shape = texts(
    &[],
    &[
        ("gmsaCredentialSpecName", Rule::Text(&SUBDOMAIN)),
        (
            "gmsaCredentialSpec",
            Rule::Text(&Form {
                is: |text| !text.is_empty() && text.len() <= 64 * 1024,
                allowed: "a specification of at most 64 KiB",
            }),
        ),
        ("runAsUserName", Rule::Text(&USER)),
    ],
);
