//! Volumes, by Kubernetes' `ValidateVolumes`: the kinds that are more than a table are in files of their own.

use super::field::{Faults, Field};
use super::form::{ABSOLUTE, DESCENDING, DNS_LABEL, NO_STEP_BACK, NOT_EMPTY};
use super::rule::{Least, Rule, Shape, at_most_one, distinct_names};
use super::{claims, disks, files};

/// `volumes`.
pub(super) const VOLUMES: Rule = Rule::Check(|list, faults| {
    Rule::List(&Rule::Map(&VOLUME)).check(list, faults);
    distinct_names(list, "volume", faults);
});

const VOLUME: Shape = Shape {
    needs: &["name"],
    fields: &[("name", Rule::Text(&DNS_LABEL))],
    also: &[one_kind, disks::iscsi_name],
};

/// Kubernetes' kinds of volumes.
const KINDS: &[(&str, Rule)] = &[
    ("emptyDir", Rule::Map(&EMPTY_DIR)),
    ("hostPath", Rule::Map(&HOST_PATH)),
    ("configMap", Rule::Map(&files::CONFIG_MAP)),
    ("secret", Rule::Map(&files::SECRET)),
    ("downwardAPI", Rule::Map(&files::DOWNWARD)),
    ("projected", Rule::Map(&files::PROJECTED)),
    (
        "persistentVolumeClaim",
        Rule::Map(&texts(&["claimName"], &[("claimName", TEXT)])),
    ),
    ("ephemeral", Rule::Map(&claims::EPHEMERAL)),
    ("csi", Rule::Map(&disks::CSI)),
    ("image", Rule::Map(&IMAGE)),
    (
        "nfs",
        Rule::Map(&texts(
            &["server", "path"],
            &[("server", TEXT), ("path", Rule::Text(&ABSOLUTE))],
        )),
    ),
    ("iscsi", Rule::Map(&disks::ISCSI)),
    ("fc", Rule::Map(&disks::FC)),
    ("azureDisk", Rule::Map(&disks::AZURE_DISK)),
    (
        "azureFile",
        Rule::Map(&texts(
            &["secretName", "shareName"],
            &[("secretName", TEXT), ("shareName", TEXT)],
        )),
    ),
    (
        "awsElasticBlockStore",
        Rule::Map(&texts(&["volumeID"], &[("volumeID", TEXT), PARTITION])),
    ),
    (
        "gcePersistentDisk",
        Rule::Map(&texts(&["pdName"], &[("pdName", TEXT), PARTITION])),
    ),
    (
        "cinder",
        Rule::Map(&texts(&["volumeID"], &[("volumeID", TEXT), SECRET_REF])),
    ),
    (
        "cephfs",
        Rule::Map(&texts(&["monitors"], &[("monitors", SOME)])),
    ),
    (
        "rbd",
        Rule::Map(&texts(
            &["monitors", "image"],
            &[("monitors", SOME), ("image", TEXT)],
        )),
    ),
    (
        "glusterfs",
        Rule::Map(&texts(
            &["endpoints", "path"],
            &[("endpoints", TEXT), ("path", TEXT)],
        )),
    ),
    ("flocker", Rule::Map(&disks::FLOCKER)),
    ("flexVolume", Rule::Map(&disks::FLEX)),
    (
        "gitRepo",
        Rule::Map(&texts(
            &["repository"],
            &[("repository", TEXT), ("directory", Rule::Text(&DESCENDING))],
        )),
    ),
    (
        "photonPersistentDisk",
        Rule::Map(&texts(&["pdID"], &[("pdID", TEXT)])),
    ),
    (
        "portworxVolume",
        Rule::Map(&texts(&["volumeID"], &[("volumeID", TEXT)])),
    ),
    ("quobyte", Rule::Map(&disks::QUOBYTE)),
    (
        "scaleIO",
        Rule::Map(&texts(
            &["gateway", "system", "volumeName"],
            &[("gateway", TEXT), ("system", TEXT), ("volumeName", TEXT)],
        )),
    ),
    (
        "storageos",
        Rule::Map(&texts(
            &["volumeName"],
            &[
                ("volumeName", Rule::Text(&DNS_LABEL)),
                ("volumeNamespace", Rule::Maybe(&DNS_LABEL)),
                SECRET_REF,
            ],
        )),
    ),
    (
        "vsphereVolume",
        Rule::Map(&texts(&["volumePath"], &[("volumePath", TEXT)])),
    ),
];

const TEXT: Rule = Rule::Text(&NOT_EMPTY);
const SOME: Rule = Rule::Check(some);
const PARTITION: (&str, Rule) = ("partition", Rule::Int(0, 255));
const SECRET_REF: (&str, Rule) = ("secretRef", Rule::Map(&texts(&["name"], &[("name", TEXT)])));

/// A shape without rules about more than one field.
pub(super) const fn texts(
    needs: &'static [&'static str],
    fields: &'static [(&'static str, Rule)],
) -> Shape {
    let also = &[];
    Shape {
        needs,
        fields,
        also,
    }
}

/// A list with something in it.
pub(super) fn some(list: &Field, faults: &mut Faults) {
    if list.value.as_array().is_some_and(Vec::is_empty) {
        faults.must(list, "a list of at least one item");
    }
}

/// A volume of no kind is an `emptyDir`.
fn one_kind(volume: &Field, faults: &mut Faults) {
    for (kind, rule) in KINDS {
        if let Some(source) = volume.get(kind) {
            rule.check(&source, faults);
        }
    }
    let kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
    at_most_one(volume, &kinds, "the volume", faults);
}

const EMPTY_DIR: Shape = texts(&[], &[("sizeLimit", Rule::Amount(Least::Zero))]);

const HOST_PATH: Shape = texts(
    &["path"],
    &[
        ("path", Rule::Text(&NO_STEP_BACK)),
        (
            "type",
            Rule::MaybeOneOf(&[
                "DirectoryOrCreate",
                "Directory",
                "FileOrCreate",
                "File",
                "Socket",
                "CharDevice",
                "BlockDevice",
            ]),
        ),
    ],
);

const IMAGE: Shape = texts(
    &[],
    &[(
        "pullPolicy",
        Rule::MaybeOneOf(&["Always", "IfNotPresent", "Never"]),
    )],
);
