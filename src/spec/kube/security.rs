//! The security context of pods, by Kubernetes' `validatePodSpecSecurityContext`.

use super::field::{Faults, Field};
use super::form::{DESCENDING, Form, SUBDOMAIN};
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
        (
            "hostProcess",
            Rule::Check(|field, faults| {
                if field.value == true {
                    let message =
                        "`hostProcess` needs `hostNetwork`, which a model's pods do not have";
                    faults.say(field, message);
                }
            }),
        ),
    ],
);
