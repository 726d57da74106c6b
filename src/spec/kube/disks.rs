//! Volumes of storage systems whose fields depend on each other.

use super::field::{Faults, Field};
use super::form::{Form, NOT_EMPTY, SUBDOMAIN};
use super::rule::{Rule, Shape};
use super::volumes::texts;
use crate::units::is_dns_subdomain;

const TEXT: Rule = Rule::Text(&NOT_EMPTY);

/// `csi`: the driver's name in any case, at most 63 characters.
pub(super) const CSI: Shape = texts(
    &["driver"],
    &[
        (
            "driver",
            Rule::Text(&Form {
                is: |text| text.len() <= 63 && is_dns_subdomain(&text.to_lowercase()),
                allowed: "a driver's name: letters, digits, `-` and `.`, at most 63 characters",
            }),
        ),
        (
            "nodePublishSecretRef",
            Rule::Map(&texts(&["name"], &[("name", Rule::Text(&SUBDOMAIN))])),
        ),
    ],
);

/// `iscsi`.
pub(super) const ISCSI: Shape = Shape {
    needs: &["targetPortal", "iqn", "lun"],
    fields: &[
        ("targetPortal", TEXT),
        ("iqn", Rule::Text(&INITIATOR)),
        ("initiatorName", Rule::Text(&INITIATOR)),
        ("lun", Rule::Int(0, 255)),
    ],
    also: &[|iscsi, faults| {
        let asks = |key| iscsi.get(key).is_some_and(|value| value.value == true);
        if (asks("chapAuthDiscovery") || asks("chapAuthSession")) && !iscsi.has("secretRef") {
            faults.lacks(iscsi, "secretRef");
        }
    }],
};

const INITIATOR: Form = Form {
    is: is_initiator,
    allowed: "an iSCSI name such as `iqn.2024-01.com.example:disk`, `eui.` and 16 or `naa.` and 32 letters and digits",
};

fn is_initiator(text: &str) -> bool {
    let plain = |rest: &str, length: usize| {
        // Kubernetes takes any character for the dot.
        let mut chars = rest.chars();
        chars.next().is_some_and(|c| c != '\n')
            && chars.as_str().len() == length
            && chars.all(|c| c.is_ascii_alphanumeric())
    };
    if let Some(rest) = text.strip_prefix("eui") {
        plain(rest, 16)
    } else if let Some(rest) = text.strip_prefix("naa") {
        plain(rest, 32)
    } else {
        text.strip_prefix("iqn.").is_some_and(is_qualified)
    }
}

/// `2024-01.com.example:disk`.
fn is_qualified(text: &str) -> bool {
    let digits =
        |part: &str, length| part.len() == length && part.bytes().all(|b| b.is_ascii_digit());
    let Some((date, rest)) = text.split_once('.') else {
        return false;
    };
    let Some((year, month)) = date.split_once('-') else {
        return false;
    };
    let Some((authority, name)) = rest.split_once(':') else {
        return false;
    };
    digits(year, 4)
        && digits(month, 2)
        && !authority.is_empty()
        && authority
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
        && !name.is_empty()
        && !name.contains([',', ';', '*', '&', '$', '|'])
        && !name.contains(char::is_whitespace)
}

/// A volume's name and its portal's, together, fit into what an initiator may be called.
pub(super) fn iscsi_name(volume: &Field, faults: &mut Faults) {
    let (Some(name), Some(iscsi)) = (volume.text("name"), volume.get("iscsi")) else {
        return;
    };
    let portal = iscsi.text("targetPortal").unwrap_or_default();
    if let (true, Some(field)) = (iscsi.has("initiatorName"), volume.get("name"))
        && name.len() + 1 + portal.len() > 64
    {
        let message = "the volume's name, `:` and `iscsi.targetPortal` have more than 64 characters, which `iscsi.initiatorName` does not allow";
        faults.say(&field, message);
    }
}

/// `fc`.
pub(super) const FC: Shape = Shape {
    needs: &[],
    fields: &[],
    also: &[|fc, faults| match (fc.len("targetWWNs"), fc.len("wwids")) {
        (0, 0) => faults.say_key(fc, "`fc` needs `targetWWNs` or `wwids`"),
        (0, _) => {}
        (_, 0) => match fc.get("lun") {
            None => faults.lacks(fc, "lun"),
            Some(lun) => Rule::Int(0, 255).check(&lun, faults),
        },
        _ => faults.say_key(
            fc,
            "`fc` has `targetWWNs` and `wwids`, and may have only one of them",
        ),
    }],
};

/// `flocker`.
pub(super) const FLOCKER: Shape = Shape {
    needs: &[],
    fields: &[(
        "datasetName",
        Rule::Text(&Form {
            is: |text| !text.contains('/'),
            allowed: "a name without `/`",
        }),
    )],
    also: &[
        |flocker, faults| match (flocker.text("datasetName"), flocker.text("datasetUUID")) {
            (None, None) => {
                faults.say_key(flocker, "`flocker` needs `datasetName` or `datasetUUID`");
            }
            (Some(_), Some(_)) => faults.say_key(
                flocker,
                "`flocker` has `datasetName` and `datasetUUID`, and may have only one of them",
            ),
            _ => {}
        },
    ],
};

/// `flexVolume`.
pub(super) const FLEX: Shape = Shape {
    needs: &["driver"],
    fields: &[("driver", TEXT)],
    also: &[|flex, faults| {
        let Some(options) = flex.get("options") else {
            return;
        };
        for (key, option) in options.entries() {
            let domain = key.split_once('/').map_or(key, |(domain, _)| domain);
            let domain = format!(".{}", domain.to_lowercase());
            if domain.ends_with(".kubernetes.io") || domain.ends_with(".k8s.io") {
                faults.say_key(
                    &option,
                    "the domains `kubernetes.io` and `k8s.io` are Kubernetes' own",
                );
            }
        }
    }],
};

/// `quobyte`.
pub(super) const QUOBYTE: Shape = texts(
    &["registry", "volume"],
    &[
        (
            "registry",
            Rule::Text(&Form {
                is: |text| !text.is_empty() && text.split(',').all(is_host_and_port),
                allowed: "`host:port`, or several with commas between",
            }),
        ),
        ("volume", TEXT),
        (
            "tenant",
            Rule::Text(&Form {
                is: |text| text.len() <= 64,
                allowed: "at most 64 characters",
            }),
        ),
    ],
);

fn is_host_and_port(text: &str) -> bool {
    let Some((host, _)) = text.rsplit_once(':') else {
        return false;
    };
    match host.strip_prefix('[') {
        Some(host) => host
            .strip_suffix(']')
            .is_some_and(|host| !host.contains(['[', ']'])),
        None => !host.contains([':', '[', ']']),
    }
}

/// `azureDisk`.
pub(super) const AZURE_DISK: Shape = Shape {
    needs: &["diskName", "diskURI"],
    fields: &[
        ("diskName", TEXT),
        ("diskURI", TEXT),
        (
            "cachingMode",
            Rule::OneOf(&["None", "ReadOnly", "ReadWrite"]),
        ),
        ("kind", Rule::OneOf(&["Shared", "Dedicated", "Managed"])),
    ],
    also: &[|disk, faults| {
        let (Some(uri), Some(text)) = (disk.get("diskURI"), disk.text("diskURI")) else {
            return;
        };
        // A disk is `Shared` where nobody says otherwise.
        match disk.text("kind").unwrap_or("Shared") {
            "Managed" if !text.starts_with("/subscriptions/") => {
                faults.must(
                    &uri,
                    "a path below `/subscriptions/`, as of every managed disk",
                );
            }
            "Shared" | "Dedicated" if !text.starts_with("https://") => {
                faults.must(
                    &uri,
                    "an address that begins with `https://`, or `kind: Managed` is missing",
                );
            }
            _ => {}
        }
    }],
};
