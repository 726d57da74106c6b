//! Files that a document names, whose text is part of what it says: read and parsed before anything is resolved.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Report, unreadable};
use crate::text::{Files, Kind, Node, Route, Source, older_reading, parse_all};

use super::read::settle_numbers;
use super::{Document, PodTemplate, kube};

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
        let mut named: BTreeMap<String, NamedFile> = BTreeMap::new();
        let mut read = BTreeSet::new();
        let mut held = BTreeSet::new();
        for (at, path, content) in paths(document) {
            if read.contains(path) {
                if let Some(file) = named.get_mut(path)
                    && held.insert((path, content))
                {
                    file.hold(content, report);
                }
                continue;
            }
            let refused = |why: String| {
                let message = format!("the file `{path}` cannot be read: {why}");
                Diagnostic::new(Code::GP124, Place::value(at.clone()), message)
                    .help("name a file by its path from the folder of this one")
            };
            match files.read(path.trim_start_matches("./")) {
                Ok(Some(source)) => {
                    read.insert(path);
                    held.insert((path, content));
                    if let Some(mut file) = NamedFile::of(source, report) {
                        file.hold(content, report);
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

    /// What each of them says, comments and layout left out, by their paths.
    pub fn contents(&self) -> impl Iterator<Item = (&str, Value)> {
        let files = self.0.iter();
        files.map(|(path, file)| (path.as_str(), file.documents.to_json()))
    }
}

impl NamedFile {
    fn of(source: Source, report: &mut Report) -> Option<Self> {
        let documents = match parse_all(&source) {
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
        let file = Self {
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
        Some(file)
    }

    /// Holds the file against Kubernetes' types of what is expected in it.
    fn hold(&mut self, content: Content, report: &mut Report) {
        let wrong = match content {
            Content::Objects => {
                let bodies = self.bodies();
                bodies
                    .flat_map(|(at, body)| kube::check_object(&body, &at))
                    .collect()
            }
            Content::PodTemplate => self.template().map_or_else(
                |wrong| vec![*wrong],
                |(at, mut template)| kube::check_template_patch(&mut template, &at),
            ),
        };
        self.is_sound &= wrong.is_empty();
        for found in wrong {
            self.complain(report, found);
        }
    }

    /// The pod template that the file holds, with its route; where something is wrong with it, there is none.
    pub fn pod_template(&self) -> Option<(Route, Value)> {
        let (at, mut template) = self.template().ok().filter(|_| self.is_sound)?;
        kube::check_template_patch(&mut template, &at);
        Some((at, template))
    }

    /// The one document of the file, where it may be a pod template.
    fn template(&self) -> Result<(Route, Value), Box<Diagnostic>> {
        let refused = |at: Place, message: String, help: &str| {
            Err(Box::new(
                Diagnostic::new(Code::GP010, at, message).help(help),
            ))
        };
        let mut bodies = self.bodies();
        let Some((at, mut template)) = bodies.next() else {
            let message = "the file is empty, and must be a pod template".to_owned();
            return refused(Place::File, message, "write the pod's `metadata` or `spec`");
        };
        if let Some((second, _)) = bodies.next() {
            let message =
                "the file holds a second document, and must be one pod template".to_owned();
            return refused(
                Place::value(second),
                message,
                "remove it, or move it into a file of its own",
            );
        }
        let Some(entries) = template.as_object() else {
            let message = "the file must be a pod template: a mapping with `metadata` or `spec`";
            return refused(
                Place::value(at),
                message.to_owned(),
                "write what a Deployment has below `template`",
            );
        };
        if let Some(key) = ["kind", "apiVersion"]
            .into_iter()
            .find(|key| entries.contains_key(*key))
        {
            let kind = entries[key].as_str().unwrap_or(key);
            let message = format!("the file is a whole `{kind}`, and must be a pod template alone");
            let help = "keep what it has below `template`, or of a Pod its `metadata` and `spec`";
            return refused(Place::key(at.key(key)), message, help);
        }
        settle_numbers(&mut template);
        Ok((at, template))
    }

    /// The documents of the file as JSON, each with its route.
    pub fn bodies(&self) -> impl Iterator<Item = (Route, Value)> {
        let documents: &[Node] = match &self.documents.kind {
            Kind::Seq(documents) => documents,
            Kind::Null | Kind::Bool(_) | Kind::Number(_) | Kind::String(_) | Kind::Map(_) => &[],
        };
        let bodies = documents.iter().enumerate();
        bodies.flat_map(|(index, node)| objects(Route::root().index(index), node.to_json()))
    }

    /// Adds a complaint about a place in the file.
    pub fn complain(&self, report: &mut Report, found: Diagnostic) {
        report.push_in(&self.source, &self.documents, found);
    }
}

/// What a field expects in the file that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Content {
    /// Objects of any kind.
    Objects,
    /// One PodTemplateSpec, which may be a patch.
    PodTemplate,
}

/// The objects of a document: its own, or the items of a list such as `kubectl get` prints.
fn objects(at: Route, mut body: Value) -> Vec<(Route, Value)> {
    let is_list = body["kind"]
        .as_str()
        .is_some_and(|kind| kind.ends_with("List"));
    let items = match body.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) if is_list => items,
        Some(other) => {
            body["items"] = other;
            return vec![(at, body)];
        }
        None => return vec![(at, body)],
    };
    let at = at.key("items");
    let items = items.into_iter().enumerate();
    items
        .flat_map(|(index, item)| objects(at.index(index), item))
        .collect()
}

/// A file of nothing.
fn empty() -> Node {
    Node {
        span: crate::text::Span::default(),
        kind: Kind::Seq(Vec::new()),
    }
}

/// The paths of the files, each with the field that names it, and with what that expects.
fn paths(document: &Document) -> Vec<(Route, &str, Content)> {
    let models = document.spec.models.iter().enumerate();
    let named = models.flat_map(|(index, model)| {
        let at = Route::root().key("spec").key("models").index(index);
        let manifest = model.workload.as_ref().map(|own| {
            let at = at.key("workload").key("manifest");
            (at, own.manifest.as_str(), Content::Objects)
        });
        let template = match &model.pod_template {
            Some(PodTemplate::File { file }) => {
                let at = at.key("podTemplate").key("file");
                Some((at, file.as_str(), Content::PodTemplate))
            }
            Some(PodTemplate::Inline(_)) | None => None,
        };
        manifest.into_iter().chain(template)
    });
    named.collect()
}
