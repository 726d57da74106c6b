//! What a runtime serves from where.

/// The beginnings of URIs that the init container copies from.
const COPIED: [&str; 3] = ["gs://", "s3://", "hf://"];
/// The beginning of a URI of a claim, which is mounted.
const CLAIM: &str = "pvc://";
/// The beginning of a URI of the Hugging Face Hub.
const HUB: &str = "hf://";

/// What a runtime serves from where.
#[derive(Clone, Copy, Debug)]
pub struct Loads {
    /// The beginnings of URIs that it reads by itself; an empty one is any, which then means nothing to anybody else.
    pub reads: &'static [&'static str],
    /// Whether it fetches repositories of the Hugging Face Hub by itself.
    pub fetches: bool,
    /// Whether it serves what it finds in a folder.
    pub copies: bool,
}

/// How a server gets at a URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It reads it.
    Read,
    /// It fetches it from the Hugging Face Hub.
    Fetched,
    /// The claim is mounted.
    Mounted,
    /// An init container copies it.
    Copied,
}

impl Loads {
    /// Of a container of which nothing is known.
    pub(super) const ANYTHING: Self = Self {
        reads: &[""],
        fetches: false,
        copies: false,
    };

    /// How it gets at a URI; `None` where it cannot. What is to be `kept` in a cache is copied where it can be.
    pub fn way(&self, uri: &str, kept: bool) -> Option<Way> {
        let is_copied = self.copies && COPIED.iter().any(|start| uri.starts_with(start));
        let is_read = self.reads.iter().any(|start| uri.starts_with(start));
        if self.fetches && (uri.starts_with(HUB) || is_repository(uri)) {
            Some(Way::Fetched)
        } else if self.copies && uri.starts_with(CLAIM) {
            Some(Way::Mounted)
        } else if is_copied && (kept || !is_read) {
            Some(Way::Copied)
        } else {
            is_read.then_some(Way::Read)
        }
    }

    /// What it can get at, as patterns for people.
    pub fn words(&self) -> Vec<String> {
        let hub = self.fetches.then(|| "owner/name".to_owned());
        let copied = COPIED.iter().filter(|start| !self.reads.contains(start));
        let also = copied.chain([&CLAIM]).filter(|_| self.copies);
        let starts = self.reads.iter().chain(also);
        hub.into_iter()
            .chain(starts.map(|start| format!("{start}…")))
            .collect()
    }
}

/// Whether a URI is the name of a repository of the Hugging Face Hub, with its owner's before it or alone.
fn is_repository(uri: &str) -> bool {
    let is_name = |part: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        part.starts_with(|c: char| c.is_ascii_alphanumeric()) && part.chars().all(allowed)
    };
    uri.split('/').count() <= 2 && uri.split('/').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::super::ALL;
    use super::*;

    fn way(runtime: &str, uri: &str, kept: bool) -> Option<Way> {
        let facts = ALL.iter().find(|facts| facts.name == runtime);
        facts.expect("a runtime").loads.way(uri, kept)
    }

    #[test]
    fn what_a_server_reads_itself_is_not_copied_unless_it_is_kept() {
        for (runtime, uri, loaded, kept) in [
            ("vllm", "org/model", Some(Way::Fetched), Some(Way::Fetched)),
            ("vllm", "gpt2", Some(Way::Fetched), Some(Way::Fetched)),
            (
                "sglang",
                "hf://org/model:main",
                Some(Way::Fetched),
                Some(Way::Fetched),
            ),
            ("vllm", "gs://b/m", Some(Way::Read), Some(Way::Copied)),
            ("vllm", "az://b/m", Some(Way::Read), Some(Way::Read)),
            ("vllm", "/models/m", Some(Way::Read), Some(Way::Read)),
            (
                "vllm",
                "pvc://claim/m",
                Some(Way::Mounted),
                Some(Way::Mounted),
            ),
            ("vllm", "a/b/c", None, None),
            ("vllm", "hdfs://b/m", None, None),
            ("vllm", "./m", None, None),
            ("triton", "as://account/m", Some(Way::Read), Some(Way::Read)),
            ("triton", "hf://org/m", Some(Way::Copied), Some(Way::Copied)),
            ("triton", "org/m", None, None),
            ("mlserver", "s3://b/m", Some(Way::Copied), Some(Way::Copied)),
            (
                "torchserve",
                "https://h/m.mar",
                Some(Way::Read),
                Some(Way::Read),
            ),
            (
                "tensorflow-serving",
                "s3://b/m",
                Some(Way::Read),
                Some(Way::Copied),
            ),
            ("custom", "pvc://claim/m", Some(Way::Read), Some(Way::Read)),
        ] {
            assert_eq!(way(runtime, uri, false), loaded, "{runtime} {uri}");
            assert_eq!(way(runtime, uri, true), kept, "{runtime} {uri}, kept");
        }
    }
}
