//! The volumes that a pod has for what it serves, and the init container that copies it there.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;

use crate::plan::{Content, INITIALIZER, MODELS_FOLDER, ModelCache, OwnVolume, Source};

use super::{Pod, some};

/// The storage initializer: `initializer-entrypoint SOURCE FOLDER` copies from `gs://`, `s3://` and `hf://`
/// (<https://github.com/kserve/kserve/blob/v0.17.0/python/storage-initializer.Dockerfile>).
const IMAGE: &str = "kserve/storage-initializer:v0.17.0";
/// Fills a cache that pods share. Whoever comes first copies into a folder of its own, which gets its name once it is whole, so that
/// nobody reads half a model, and nobody changes what another one reads. Kubernetes leaves `$0` and `` `…` `` alone, and not `$(…)`. `$0` is the source, `$1` the cache, `$2` the folder.
const FILL: &str = "set -e
if [ -e \"$2\" ]; then exit 0; fi
part=`mktemp -d \"$1/.part-XXXXXX\"`
trap 'rm -rf \"$part\"' EXIT
/storage-initializer/scripts/initializer-entrypoint \"$0\" \"$part\"
chmod 755 \"$part\"
mv -T \"$part\" \"$2\" || [ -e \"$2\" ]
";

impl Pod<'_> {
    /// The volumes beside those of the spec.
    pub(super) fn own_volumes(&self) -> impl Iterator<Item = core::Volume> {
        let volumes = self.own.own_volumes(&self.launch).into_iter();
        volumes.map(|own| self.volume(&own))
    }

    /// Where the container that serves sees them.
    pub(super) fn own_mounts(&self) -> impl Iterator<Item = core::VolumeMount> {
        let volumes = self.own.own_volumes(&self.launch).into_iter();
        volumes.map(|own| mount(&own, own.read_only))
    }

    /// The init container that copies what is served, where the server cannot read it itself.
    pub(super) fn copies(&self) -> Option<core::Container> {
        let Source::Copied { uri, folder } = &self.own.served.as_ref()?.source else {
            return None;
        };
        let mut volumes = self.own.own_volumes(&self.launch).into_iter();
        let models = volumes.find(|own| matches!(own.content, Content::Models(_)))?;
        let uri = uri.replace('$', "$$");
        let is_shared = self.own.cache.as_ref().is_some_and(ModelCache::is_shared);
        let (command, args) = if is_shared {
            let shell = ["sh", "-c", FILL].map(str::to_owned);
            let args = vec![uri, MODELS_FOLDER.to_owned(), folder.clone()];
            (Some(shell.to_vec()), args)
        } else {
            (None, vec![uri, folder.clone()])
        };
        let amount = |name: &str, amount: &str| (name.to_owned(), Quantity(amount.to_owned()));
        let requests = [amount("cpu", "100m"), amount("memory", "1Gi")];
        Some(core::Container {
            name: INITIALIZER.to_owned(),
            image: Some(IMAGE.to_owned()),
            command,
            args: Some(args),
            // Regions, endpoints and references to Secrets are those of the server.
            env: some(&self.own.pod.env),
            env_from: some(&self.own.pod.env_from),
            resources: Some(core::ResourceRequirements {
                requests: Some(BTreeMap::from(requests)),
                ..core::ResourceRequirements::default()
            }),
            volume_mounts: Some(vec![mount(&models, false)]),
            ..core::Container::default()
        })
    }

    fn volume(&self, own: &OwnVolume) -> core::Volume {
        let mut volume = core::Volume {
            name: own.name.to_owned(),
            ..core::Volume::default()
        };
        match &own.content {
            Content::Files => volume.config_map = self.config_files(),
            Content::Models(ModelCache::Claim(claim)) => {
                volume.persistent_volume_claim = Some(core::PersistentVolumeClaimVolumeSource {
                    claim_name: claim.clone(),
                    read_only: None,
                });
            }
            Content::Models(ModelCache::Node(folder)) => {
                volume.host_path = Some(core::HostPathVolumeSource {
                    path: folder.clone(),
                    type_: Some("DirectoryOrCreate".to_owned()),
                });
            }
            Content::Models(ModelCache::Pod {
                size_limit,
                in_memory,
            }) => {
                let limit = size_limit.as_ref();
                volume.empty_dir = Some(core::EmptyDirVolumeSource {
                    medium: in_memory.then(|| "Memory".to_owned()),
                    size_limit: limit.map(|limit| Quantity(limit.as_str().to_owned())),
                });
            }
            // Without a limit of its own it may grow to the pod's.
            Content::SharedMemory => {
                volume.empty_dir = Some(core::EmptyDirVolumeSource {
                    medium: Some("Memory".to_owned()),
                    size_limit: None,
                });
            }
        }
        volume
    }
}

fn mount(own: &OwnVolume, read_only: bool) -> core::VolumeMount {
    core::VolumeMount {
        name: own.name.to_owned(),
        mount_path: own.folder.to_owned(),
        read_only: read_only.then_some(true),
        ..core::VolumeMount::default()
    }
}
