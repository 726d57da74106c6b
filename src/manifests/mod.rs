//! In: Kubernetes manifests that anybody wrote, as a stream or a folder. Out: [`Manifests`]: the objects of one state of a cluster,
//! each with its place, or a report of what cannot be read.
//! Never builds what a kustomization asks for, and never reads what lies outside its files.

mod folder;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Report, unreadable};
use crate::safety::{Applied, Identity, Spot};
use crate::text::{Kind, Node, Route, Source, parse_stream};

pub use folder::Unread;

/// The objects of one state of a cluster, and where each of them stands.
#[derive(Clone, Debug, Default)]
pub struct Manifests {
    /// What the objects say.
    pub applied: Applied,
    sources: Vec<Source>,
    places: BTreeMap<Identity, (usize, Node)>,
}

impl Manifests {
    /// Reads a stream of objects, in lists or not; an object that names no namespace is in `namespace`.
    pub fn read(source: &Source, namespace: Option<&str>) -> Result<Self, Report> {
        let mut manifests = Self::default();
        manifests.add(source, namespace)?;
        Ok(manifests)
    }

    /// How many objects there are.
    pub fn count(&self) -> usize {
        self.places.len()
    }

    /// The sources that were read, in their order.
    pub fn sources(&self) -> &[Source] {
        &self.sources
    }

    /// Where a field of an object is: the source, by its place in the order, and the bytes. A field that is not there is shown at
    /// the nearest that is.
    pub fn place(&self, spot: &Spot) -> Option<(usize, Place)> {
        let (source, node) = self.places.get(&spot.identity)?;
        let span = Place::value(spot.field.clone()).span(&self.sources[*source], Some(node));
        Some((*source, Place::Bytes(span)))
    }

    /// Every object as it was read, by its identity.
    pub fn objects(&self) -> impl Iterator<Item = (&Identity, Value)> {
        let all = self.places.iter();
        all.map(|(identity, (_, node))| (identity, node.to_json()))
    }

    /// Adds the objects of a stream.
    pub fn add(&mut self, source: &Source, namespace: Option<&str>) -> Result<(), Report> {
        let mut report = Report::new(source.clone());
        let nodes = match parse_stream(source) {
            Ok(nodes) => nodes,
            Err(fault) => {
                report.push(unreadable(fault));
                return Err(report);
            }
        };
        let index = self.sources.len();
        self.sources.push(source.clone());
        for node in nodes.into_iter().flat_map(objects) {
            let place = Place::Bytes(node.span);
            let body = node.to_json();
            let identity = match Identity::of(&body) {
                Ok(identity) => identity.or_in(namespace),
                Err(why) => {
                    report.push(Diagnostic::new(Code::GP007, place, why));
                    continue;
                }
            };
            match self.applied.add(identity.clone(), body) {
                Ok(()) => {
                    self.places.insert(identity, (index, node));
                }
                Err(known) => report.push(
                    Diagnostic::new(
                        Code::GP108,
                        place,
                        format!("two objects are called {known}"),
                    )
                    .help("leave one of them out"),
                ),
            }
        }
        if report.has_errors() {
            Err(report)
        } else {
            Ok(())
        }
    }
}

/// The objects of a document: its own, or the items of a list such as `kubectl get` prints.
fn objects(document: Node) -> Vec<Node> {
    let root = Route::root();
    let kind = document.get(&root.key("kind")).map(|node| &node.kind);
    let is_list = matches!(kind, Some(Kind::String(kind)) if kind.ends_with("List"));
    match document.get(&root.key("items")).map(|node| &node.kind) {
        Some(Kind::Seq(items)) if is_list => items.iter().cloned().flat_map(objects).collect(),
        _ => vec![document],
    }
}
