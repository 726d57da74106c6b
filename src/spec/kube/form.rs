//! The forms of strings, by Kubernetes' own names for them (apimachinery's `util/validation`), without regular expressions.

use crate::units::{
    is_config_key, is_dns_label, is_dns_subdomain, is_label_key, is_label_value, is_port_name,
};

use super::field::{Faults, Field};

/// A form that a string may have.
pub(super) struct Form {
    /// Whether a string has it.
    pub(super) is: fn(&str) -> bool,
    /// What is allowed.
    pub(super) allowed: &'static str,
}

impl Form {
    /// Holds a string against the form.
    pub(super) fn check(&self, field: &Field, faults: &mut Faults) {
        if field.value.as_str().is_some_and(|text| !(self.is)(text)) {
            faults.must(field, self.allowed);
        }
    }
}

/// Anything.
pub(super) const NOT_EMPTY: Form = Form {
    is: |text| !text.is_empty(),
    allowed: "a string of at least one character",
};
/// `IsDNS1123Label`.
pub(super) const DNS_LABEL: Form = Form {
    is: is_dns_label,
    allowed: "lower-case letters, digits and `-`, with a letter or digit at both ends, at most 63 characters",
};
/// `IsDNS1123Subdomain`: the names of most objects.
pub(super) const SUBDOMAIN: Form = Form {
    is: is_dns_subdomain,
    allowed: "a name of lower-case letters, digits, `-` and `.`, at most 253 characters",
};
/// A name as above, or the beginning of one, which may end in `-`: `envFrom` takes it.
pub(super) const NAME_OR_PREFIX: Form = Form {
    is: |text| match text.strip_suffix('-') {
        // Anything may follow a beginning, and a letter does for all.
        Some(rest) if !rest.is_empty() => is_dns_subdomain(&format!("{rest}a")),
        _ => is_dns_subdomain(text),
    },
    allowed: SUBDOMAIN.allowed,
};
/// `IsQualifiedName`.
pub(super) const QUALIFIED: Form = Form {
    is: is_label_key,
    allowed: "a name of at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends, and perhaps a domain and `/` in front",
};
/// `IsValidLabelValue`.
pub(super) const LABEL_VALUE: Form = Form {
    is: is_label_value,
    allowed: "at most 63 letters, digits, `-`, `_` and `.`, with a letter or digit at both ends",
};
/// `IsValidPortName`.
pub(super) const PORT_NAME: Form = Form {
    is: is_port_name,
    allowed: "a port's name: at most 15 lower-case letters, digits and `-`, with a letter, no `-` at an end and no `--`",
};
/// `IsRelaxedEnvVarName`, the rule since Kubernetes 1.30.
pub(super) const VARIABLE: Form = Form {
    is: |text| !text.is_empty() && text.chars().all(|c| matches!(c, ' '..='~') && c != '='),
    allowed: "printable ASCII without `=`",
};
/// `IsConfigMapKey`.
pub(super) const CONFIG_KEY: Form = Form {
    is: is_config_key,
    allowed: "a key of letters, digits, `-`, `_` and `.`, at most 253 characters and not beginning with `..`",
};
/// `IsHTTPHeaderName`.
pub(super) const HEADER: Form = Form {
    is: |text| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'),
    allowed: "a header's name of letters, digits and `-`",
};
/// `path.IsAbs`.
pub(super) const ABSOLUTE: Form = Form {
    is: |text| text.starts_with('/'),
    allowed: "an absolute path",
};
/// `validatePathNoBacksteps`.
pub(super) const NO_STEP_BACK: Form = Form {
    is: |text| !text.is_empty() && has_no_step_back(text),
    allowed: "a path without `..`",
};
/// `validateLocalDescendingPath`.
pub(super) const DESCENDING: Form = Form {
    is: |text| !text.starts_with('/') && has_no_step_back(text),
    allowed: "a relative path without `..`",
};
/// `ValidateLocalNonReservedPath` of a path that must be there.
pub(super) const FILE: Form = Form {
    is: |text| {
        !text.is_empty()
            && !text.starts_with(['/'])
            && !text.starts_with("..")
            && has_no_step_back(text)
    },
    allowed: "a relative path without `..`",
};
/// `IsValidPathSegmentName`.
pub(super) const PATH_SEGMENT: Form = Form {
    is: |text| !text.is_empty() && text != "." && text != ".." && !text.contains(['/', '%']),
    allowed: "a name without `/` and `%`, and neither `.` nor `..`",
};

fn has_no_step_back(path: &str) -> bool {
    path.split('/').all(|part| part != "..")
}
