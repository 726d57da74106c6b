//! Where a server finds what it serves, and where that stays.

use crate::diag::words::or_list;
use crate::diag::{Code, Diagnostic, Place};
use crate::plan::runtimes::{RuntimeFacts, Way};
use crate::plan::{MODELS_FOLDER, ModelCache, ServedModel, Source};
use crate::spec::{self, ModelSource};
use crate::units::{is_dns_subdomain, sha256_hex};

use super::Resolver;

/// The characters of a URI's hash by which its copy in a shared cache is known.
const HASH_LENGTH: usize = 16;

impl Resolver<'_> {
    /// What is served, where the spec says it and it can be.
    pub(super) fn served(&mut self, runtime: &RuntimeFacts) -> Option<ServedModel> {
        let given = self.model.model.as_ref()?;
        if given.version.is_some() && !runtime.versions {
            self.report.push(
                Diagnostic::new(
                    Code::GP006,
                    Place::key(self.at.key("model").key("version")),
                    format!("the runtime `{}` knows no versions: it serves what `uri` names", runtime.name),
                )
                .help("name the version in `uri`; the Hugging Face Hub's is a branch, a tag or a commit, as in `hf://owner/name:revision`"),
            );
        }
        let source = self.source(runtime, given)?;
        Some(ServedModel {
            name: given.name.clone(),
            source,
            version: given.version,
        })
    }

    fn source(&mut self, runtime: &RuntimeFacts, given: &ModelSource) -> Option<Source> {
        let cache = self.model.model_cache.is_some();
        let uri = &given.uri;
        let Some(way) = runtime.loads.way(uri, cache) else {
            self.refuse_uri(
                format!("the runtime `{}` cannot load `{uri}`", runtime.name),
                format!("it loads {}", or_list(runtime.loads.words())),
            );
            return None;
        };
        if cache && matches!(way, Way::Read | Way::Mounted) {
            self.report.push(
                Diagnostic::new(
                    Code::GP006,
                    Place::key(self.at.key("modelCache")),
                    format!("`{uri}` is read where it is, so nothing is downloaded that a cache could keep"),
                )
                .label(Place::value(self.at.key("model").key("uri")), "read from here")
                .help("remove `modelCache`"),
            );
        }
        match way {
            Way::Read => Some(Source::Read(uri.clone())),
            Way::Fetched => self.hub(uri),
            Way::Mounted => self.claim(uri),
            Way::Copied if uri.starts_with("hf://") && self.copied_hub(uri).is_none() => None,
            Way::Copied => Some(Source::Copied {
                uri: uri.clone(),
                folder: self.folder(uri),
            }),
        }
    }

    /// A repository of the Hugging Face Hub: `owner/name`, or `hf://owner/name:revision`.
    fn hub(&mut self, uri: &str) -> Option<Source> {
        let name = uri.strip_prefix("hf://").unwrap_or(uri);
        let (repository, revision) = match name.split_once(':') {
            Some((repository, revision)) => (repository, Some(revision)),
            None => (name, None),
        };
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        let is_word = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_alphanumeric()) && word.chars().all(allowed)
        };
        // A branch may have slashes.
        let is_revision = |revision: &str| revision.split('/').all(is_word);
        if repository.split('/').count() > 2
            || !repository.split('/').all(is_word)
            || !revision.is_none_or(is_revision)
        {
            self.refuse_uri(
                format!("`{uri}` names no repository of the Hugging Face Hub"),
                "write `hf://owner/name` or `hf://owner/name:revision`".to_owned(),
            );
            return None;
        }
        Some(Source::Hub {
            repository: repository.to_owned(),
            revision: revision.map(str::to_owned),
        })
    }

    /// As [`Self::hub`], as narrow as the init container takes it: with one slash in all.
    fn copied_hub(&mut self, uri: &str) -> Option<Source> {
        let source = self.hub(uri)?;
        if uri.matches('/').count() == 3 {
            return Some(source);
        }
        self.refuse_uri(
            format!("`{uri}` is not `hf://`, an owner, a slash and a name, which is all that can be copied"),
            "write `hf://owner/name`, or `hf://owner/name:revision` with a revision without slashes".to_owned(),
        );
        None
    }

    /// A folder of a claim: `pvc://claim/folder`.
    fn claim(&mut self, uri: &str) -> Option<Source> {
        let path = uri.strip_prefix("pvc://").unwrap_or(uri);
        let (claim, folder) = path.split_once('/').unwrap_or((path, ""));
        let folder = folder.trim_end_matches('/');
        let descends = folder.is_empty()
            || folder
                .split('/')
                .all(|part| !matches!(part, "" | "." | ".."));
        if !is_dns_subdomain(claim) || !descends {
            self.refuse_uri(
                format!("`{uri}` names no folder of a PersistentVolumeClaim"),
                "write `pvc://claim/folder`, with the claim's name".to_owned(),
            );
            return None;
        }
        Some(Source::Claim {
            claim: claim.to_owned(),
            folder: folder.to_owned(),
        })
    }

    /// Where a copy is put: pods that share a cache find it by its URI.
    fn folder(&self, uri: &str) -> String {
        match self.model.model_cache {
            Some(spec::ModelCache::Pvc(_) | spec::ModelCache::HostPath(_)) => {
                let hash = sha256_hex(uri.as_bytes());
                format!("{MODELS_FOLDER}/{}", &hash[..HASH_LENGTH])
            }
            Some(spec::ModelCache::EmptyDir(_)) | None => MODELS_FOLDER.to_owned(),
        }
    }

    /// Where what was downloaded stays.
    pub(super) fn cache(&mut self) -> Option<ModelCache> {
        let at = self.at.key("modelCache");
        let given = self.model.model_cache.as_ref()?;
        if self.model.model.is_none() {
            self.report.push(
                Diagnostic::new(
                    Code::GP007,
                    Place::key(at.clone()),
                    "`modelCache` needs `model`: what is downloaded",
                )
                .help("add `model: {name: …, uri: …}`"),
            );
        }
        match given {
            spec::ModelCache::Pvc(claim) => Some(ModelCache::Claim(claim.clone())),
            spec::ModelCache::HostPath(folder) => {
                if folder.split('/').any(|part| part == "..") {
                    self.report.push(Diagnostic::new(
                        Code::GP010,
                        Place::value(at.key("hostPath")),
                        format!("`{folder}` contains `..`, which Kubernetes refuses"),
                    ));
                }
                Some(ModelCache::Node(folder.clone()))
            }
            spec::ModelCache::EmptyDir(dir) => {
                let limit = dir.size_limit.as_ref().map(|limit| limit.parse().ok());
                let is_sound = |limit: &crate::units::Quantity| !limit.is_negative();
                let limit = limit.map(|limit| limit.filter(is_sound));
                if limit == Some(None) {
                    self.report.push(Diagnostic::new(
                        Code::GP010,
                        Place::value(at.key("emptyDir").key("sizeLimit")),
                        "this is no quantity, such as `200Gi`",
                    ));
                }
                Some(ModelCache::Pod {
                    size_limit: limit.flatten(),
                    in_memory: dir.medium.is_some(),
                })
            }
        }
    }

    fn refuse_uri(&mut self, message: String, help: String) {
        let place = Place::value(self.at.key("model").key("uri"));
        self.report
            .push(Diagnostic::new(Code::GP006, place, message).help(help));
    }
}
