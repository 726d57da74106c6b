//! Files that a document names, whose text is part of what it says: read and parsed before anything is resolved.

use std::collections::BTreeMap;

use crate::diag::{Code, Diagnostic, Place, Report, unreadable};
use crate::text::{Files, Kind, Node, Route, Source, older_reading, parse_stream};

use super::{Document, kube};

/// The most values that are told of one file, of those that readers of YAML 1.1 take for something else.
const MAX_TOLD: usize = 20;

/// The files that a document names and that could be read, by the paths that it names them by.
#[derive(Clone, Debug, Default)]
pub struct Named(BTreeMap<String, NamedFile>);

/// A file that a document names.
#[derive(Clone, Debug)]
pub struct NamedFile {
    /// The file's text.
    pub source: Source,
    /// The file's documents, as one list.
    pub documents: Node,
    /// Whether nothing was found wrong in it.
    pub is_sound: bool,
}

impl Named {
    /// Reads every file that the document names; what cannot be read is a complaint at the field that names it, and what is wrong in
    /// a file stands there.
    pub fn read(document: &Document, files: &dyn Files, report: &mut Report) -> Self {
        let mut named = BTreeMap::new();
        for (at, path) in paths(document) {
            if named.contains_key(path) {
                continue;
            }
            let refused = |why: String| {
                let message = format!("the file `{path}` cannot be read: {why}");
                Diagnostic::new(Code::GP124, Place::value(at.clone()), message)
                    .help("name a file by its path from the folder of this one")
            };
            match files.read(path.trim_start_matches("./")) {
                Ok(Some(source)) => {
                    if let Some(file) = NamedFile::of(source, report) {
                        named.insert(path.to_owned(), file);
                    }
                }
                Ok(None) => report.push(refused("there is none".to_owned())),
                Err(error) => report.push(refused(error.to_string())),
            }
        }
        Self(named)
    }

    /// The file of a path, where it could be read.
    pub fn get(&self, path: &str) -> Option<&NamedFile> {
        self.0.get(path)
    }

    /// The texts of all of them, by their paths.
    pub fn sources(&self) -> impl Iterator<Item = (&str, &Source)> {
        self.0
            .iter()
            .map(|(path, file)| (path.as_str(), &file.source))
    }
}

impl NamedFile {
    fn of(source: Source, report: &mut Report) -> Option<Self> {
        let documents = match parse_stream(&source) {
            Ok(documents) => documents,
            Err(fault) => {
                report.push_in(&source, &empty(), unreadable(fault));
                return None;
            }
        };
        let documents = Node {
            kind: Kind::Seq(documents),
            ..empty()
        };
        let older = older_reading(&source, &documents);
        let mut file = Self {
            source,
            documents,
            is_sound: older.is_empty(),
        };
        for (place, what) in older.into_iter().take(MAX_TOLD) {
            let text = &file.source.text()[place.start..place.end];
            let message =
                format!("kubectl reads `{text}` as {what}, and YAML 1.2 as something else");
            let found = Diagnostic::new(Code::GP010, Place::Bytes(place), message);
            file.complain(
                report,
                found.help("quote it, or write the value that is meant"),
            );
        }
        let bodies = file.bodies();
        let wrong: Vec<Diagnostic> = bodies
            .flat_map(|(at, body)| kube::check_object(&body, &at))
            .collect();
        file.is_sound &= wrong.is_empty();
        for found in wrong {
            file.complain(report, found);
        }
        Some(file)
    }

    /// The documents of the file as JSON, each with its route.
    pub fn bodies(&self) -> impl Iterator<Item = (Route, serde_json::Value)> {
        let documents: &[Node] = match &self.documents.kind {
            Kind::Seq(documents) => documents,
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) | Kind::Map(_) => &[],
        };
        let bodies = documents.iter().enumerate();
        bodies.map(|(index, node)| (Route::root().index(index), node.to_json()))
    }

    /// Adds a complaint about a place in the file.
    pub fn complain(&self, report: &mut Report, found: Diagnostic) {
        report.push_in(&self.source, &self.documents, found);
    }
}

/// A file of nothing.
fn empty() -> Node {
    Node {
        span: crate::text::Span::default(),
        kind: Kind::Seq(Vec::new()),
    }
}

/// The paths of the files, each with the field that names it.
fn paths(document: &Document) -> Vec<(Route, &str)> {
    let models = document.spec.models.iter().enumerate();
    let manifests = models.filter_map(|(index, model)| {
        let at = Route::root().key("spec").key("models").index(index);
        let own = model.workload.as_ref()?;
        Some((at.key("workload").key("manifest"), own.manifest.as_str()))
    });
    manifests.collect()
}
