//! The files of a stage's commit: those of Argo CD's source hydrator, so that an Application reads them as it reads its own.

use std::collections::BTreeMap;

use super::dry::Dry;
use super::{Planned, Series};

pub(super) const MANIFEST: &str = "manifest.yaml";
const METADATA: &str = "hydrator.metadata";
const README: &str = "README.md";
const ATTRIBUTES: &str = ".gitattributes";
const ATTRIBUTES_TEXT: &str =
    "*/README.md linguist-generated=true\n*/hydrator.metadata linguist-generated=true\n";

/// Every file of a stage, path to text.
pub(super) fn files(series: &Series<'_>, stage: &Planned) -> BTreeMap<String, String> {
    let dry = series.dry;
    let own = Dry {
        commands: vec![format!("glidepath render --stdout --stage {}", stage.name)],
        author: String::new(),
        date: String::new(),
        subject: String::new(),
        body: String::new(),
        ..dry.clone()
    };
    let path = |name: &str| format!("{}/{name}", series.folder);
    BTreeMap::from([
        (path(MANIFEST), stage.manifest.clone()),
        (path(METADATA), metadata(&own)),
        (path(README), readme(&own)),
        (METADATA.to_owned(), metadata(dry)),
        (ATTRIBUTES.to_owned(), ATTRIBUTES_TEXT.to_owned()),
    ])
}

fn metadata(dry: &Dry) -> String {
    serde_json::to_string_pretty(dry).expect("a record of strings is JSON") + "\n"
}

fn readme(dry: &Dry) -> String {
    let url = dry.repo_url.as_deref().unwrap_or("<repository>");
    format!(
        "# Manifest Hydration\n\nTo hydrate the manifests in this repository, run the following commands:\n\n```shell\ngit clone {url}\n# cd into the cloned directory\ngit checkout {}\n{}\n```\n",
        dry.sha,
        dry.commands.join("\n")
    )
}
