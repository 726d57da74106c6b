//! A folder of manifests: every file of it, or what its kustomization lists, as far as that needs no building.

use std::collections::BTreeSet;

use crate::diag::Report;
use crate::text::{FileError, Files, Kind, Node, Route, Source, parse_stream};

use super::Manifests;

/// The names of a kustomization, in the order in which kustomize looks for them.
const KUSTOMIZATION: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// The endings of files that hold manifests.
const ENDINGS: [&str; 3] = [".yaml", ".yml", ".json"];
/// The fields of a kustomization that ask for nothing to be built.
const PLAIN: [&str; 4] = ["apiVersion", "kind", "metadata", "resources"];
/// The deepest chain of folders that list each other.
const DEEPEST: usize = 16;

/// Why a folder is not read.
#[derive(Debug)]
pub enum Unread {
    /// A file is not what it should be; the report says where.
    Wrong(Box<Report>),
    /// A path that is listed cannot be read.
    File(String, FileError),
    /// A path that is listed is not there.
    Missing(String),
    /// The kustomization of this folder asks for what only kustomize builds; the field.
    NeedsBuilding(String, String),
    /// Folders list each other in a circle, or too deeply.
    TooDeep(String),
}

impl From<Report> for Unread {
    fn from(report: Report) -> Self {
        Self::Wrong(Box::new(report))
    }
}

impl Manifests {
    /// Reads a folder of `files`: what its kustomization lists, or every manifest in it.
    pub fn read_folder(
        files: &dyn Files,
        folder: &str,
        namespace: Option<&str>,
    ) -> Result<Self, Unread> {
        let mut reader = Reader {
            files,
            namespace,
            known: BTreeSet::new(),
            found: Self::default(),
        };
        reader.folder(folder, 0)?;
        Ok(reader.found)
    }
}

struct Reader<'a> {
    files: &'a dyn Files,
    namespace: Option<&'a str>,
    /// The paths that have been read: kustomize refuses one that is listed twice, and here it counts once.
    known: BTreeSet<String>,
    found: Manifests,
}

impl Reader<'_> {
    fn folder(&mut self, folder: &str, depth: usize) -> Result<(), Unread> {
        if depth > DEEPEST {
            return Err(Unread::TooDeep(folder.to_owned()));
        }
        let failed = |path: &str| {
            let path = path.to_owned();
            move |error| Unread::File(path, error)
        };
        let names = self.files.list(folder).map_err(failed(folder))?;
        let names = names.ok_or_else(|| Unread::Missing(folder.to_owned()))?;
        let Some(list) = KUSTOMIZATION
            .iter()
            .find(|name| names.iter().any(|found| found == *name))
        else {
            let is_manifest = |name: &&String| ENDINGS.iter().any(|ending| name.ends_with(ending));
            for name in names.iter().filter(is_manifest) {
                self.file(&join(folder, name)?)?;
            }
            return Ok(());
        };
        let path = join(folder, list)?;
        let source = self.files.read(&path).map_err(failed(&path))?;
        let source = source.ok_or_else(|| Unread::Missing(path.clone()))?;
        for resource in resources(folder, &source)? {
            let path = join(folder, &resource)?;
            if !self.known.insert(path.clone()) {
                continue;
            }
            match self.files.list(&path).map_err(failed(&path))? {
                Some(_) => self.folder(&path, depth + 1)?,
                None => self.file(&path)?,
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &str) -> Result<(), Unread> {
        let source = self.files.read(path);
        let source = source.map_err(|error| Unread::File(path.to_owned(), error))?;
        let source = source.ok_or_else(|| Unread::Missing(path.to_owned()))?;
        Ok(self.found.add(&source, self.namespace)?)
    }
}

/// What a kustomization lists, if it asks for nothing else.
fn resources(folder: &str, source: &Source) -> Result<Vec<String>, Unread> {
    let unreadable = |fault| {
        let mut report = Report::new(source.clone());
        report.push(crate::diag::unreadable(fault));
        Unread::from(report)
    };
    let documents = parse_stream(source).map_err(unreadable)?;
    let needs = |field: &str| Unread::NeedsBuilding(folder.to_owned(), field.to_owned());
    let mut listed = Vec::new();
    for document in &documents {
        let Kind::Map(entries) = &document.kind else {
            return Err(needs("resources"));
        };
        if let Some(entry) = entries
            .iter()
            .find(|entry| !PLAIN.contains(&entry.key.as_str()))
        {
            return Err(needs(&entry.key));
        }
        let resources = document.get(&Route::root().key("resources"));
        let Some(Node {
            kind: Kind::Seq(items),
            ..
        }) = resources
        else {
            continue;
        };
        for item in items {
            match &item.kind {
                Kind::String(path) if !path.contains("://") && !path.starts_with("git@") => {
                    listed.push(path.clone());
                }
                Kind::Null
                | Kind::Bool(_)
                | Kind::Number(_)
                | Kind::String(_)
                | Kind::Seq(_)
                | Kind::Map(_) => return Err(needs("resources")),
            }
        }
    }
    Ok(listed)
}

/// A path of a folder, from the root of the files, without `.` and `..`; out of the root is an error.
fn join(folder: &str, path: &str) -> Result<String, Unread> {
    let outside = || Unread::File(path.to_owned(), FileError::Outside);
    if path.starts_with('/') {
        return Err(outside());
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or_else(outside)?;
            }
            part => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}
