//! Where a server finds what it serves, where that stays, and the volumes that a pod has for it.

use crate::units::Quantity;

use super::Generated;
use super::runtimes::{CONFIG_FOLDER, CONFIG_VOLUME, Launch, facts};

/// The folder in which a pod has what its server does not read from elsewhere.
pub const MODELS_FOLDER: &str = "/mnt/models";
/// The init container that copies what a server cannot read by itself.
pub const INITIALIZER: &str = "glidepath-models";
/// The volume behind [`MODELS_FOLDER`].
const MODELS_VOLUME: &str = "glidepath-models";
/// The folder through which processes of one pod share memory.
const SHARED_MEMORY_FOLDER: &str = "/dev/shm";
/// The volume behind it.
const SHARED_MEMORY_VOLUME: &str = "glidepath-shm";

/// Where a server finds what it serves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// At an address that it reads by itself, as the spec has it.
    Read(String),
    /// In a repository of the Hugging Face Hub, which it fetches by itself.
    Hub {
        /// The repository's name, mostly with its owner's.
        repository: String,
        /// A branch, a tag or a commit; absent: the newest.
        revision: Option<String>,
    },
    /// In a claim that is mounted.
    Claim {
        /// The claim's name.
        claim: String,
        /// The folder in the claim, without a slash before it; empty: all of it.
        folder: String,
    },
    /// In a folder into which an init container copies it.
    Copied {
        /// Where it is copied from.
        uri: String,
        /// The folder, absolute.
        folder: String,
    },
}

impl Source {
    /// What the server is told: an address, a repository's name or a folder.
    pub fn address(&self) -> String {
        match self {
            Self::Read(address) => address.clone(),
            Self::Hub { repository, .. } => repository.clone(),
            Self::Claim { folder, .. } if folder.is_empty() => MODELS_FOLDER.to_owned(),
            Self::Claim { folder, .. } => format!("{MODELS_FOLDER}/{folder}"),
            Self::Copied { folder, .. } => folder.clone(),
        }
    }
}

/// Where what was downloaded stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ModelCache {
    /// In a claim of this name.
    Claim(String),
    /// In the pod.
    Pod {
        /// The most that it may hold.
        size_limit: Option<Quantity>,
        /// Whether it is the node's memory and not its disk.
        in_memory: bool,
    },
    /// In this folder of the node.
    Node(String),
}

impl ModelCache {
    /// Whether a pod may find what another one has downloaded.
    pub fn is_shared(&self) -> bool {
        match self {
            Self::Claim(_) | Self::Node(_) => true,
            Self::Pod { .. } => false,
        }
    }
}

/// A volume that a pod has beside those of the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnVolume {
    /// The volume's name.
    pub name: &'static str,
    /// Where the container that serves sees it.
    pub folder: &'static str,
    /// What it is for, as the end of a sentence.
    pub purpose: &'static str,
    /// What is behind it.
    pub content: Content,
    /// Whether the container that serves may only read it.
    pub read_only: bool,
}

/// What is behind a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The runtime's files, in a ConfigMap.
    Files,
    /// Models.
    Models(ModelCache),
    /// Memory that processes share.
    SharedMemory,
}

impl Generated {
    /// The volumes that the pod has beside those of the spec.
    pub fn own_volumes(&self, launch: &Launch) -> Vec<OwnVolume> {
        let files = (!launch.files.is_empty()).then_some(OwnVolume {
            name: CONFIG_VOLUME,
            folder: CONFIG_FOLDER,
            purpose: "its own files",
            content: Content::Files,
            read_only: true,
        });
        let shared = self.shares_memory().then_some(OwnVolume {
            name: SHARED_MEMORY_VOLUME,
            folder: SHARED_MEMORY_FOLDER,
            purpose: "memory that its processes share",
            content: Content::SharedMemory,
            read_only: false,
        });
        files
            .into_iter()
            .chain(self.models())
            .chain(shared)
            .collect()
    }

    /// Whether an init container copies what is served.
    pub fn is_copied(&self) -> bool {
        let source = self.served.as_ref().map(|served| &served.source);
        matches!(source, Some(Source::Copied { .. }))
    }

    /// The volume of what is served, where there is one.
    fn models(&self) -> Option<OwnVolume> {
        let scratch = ModelCache::Pod {
            size_limit: None,
            in_memory: false,
        };
        let (content, read_only) = match &self.served.as_ref()?.source {
            Source::Read(_) => return None,
            Source::Hub { .. } => (self.cache.clone()?, false),
            Source::Claim { claim, .. } => (ModelCache::Claim(claim.clone()), true),
            Source::Copied { .. } => (self.cache.clone().unwrap_or(scratch), true),
        };
        Some(OwnVolume {
            name: MODELS_VOLUME,
            folder: MODELS_FOLDER,
            purpose: "what it serves",
            content: Content::Models(content),
            read_only,
        })
    }

    /// Whether the processes of its container share memory by a volume of ours: a container's own `/dev/shm` has 64 MiB, and NCCL
    /// needs more as soon as there are two accelerators.
    fn shares_memory(&self) -> bool {
        let mut mounts = self.pod.volume_mounts.iter();
        facts(self.runtime).shares_memory
            && self.accelerators().most() > 1
            && mounts.all(|mount| mount.mount_path.trim_end_matches('/') != SHARED_MEMORY_FOLDER)
    }
}
