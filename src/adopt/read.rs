//! The objects as they were read, and complaints at their lines.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::manifests::Manifests;
use crate::safety::{Identity, Side, Spot};
use crate::text::Source;

/// The manifests of what runs.
pub(super) struct Read {
    pub(super) manifests: Manifests,
    /// Every object that no other one made.
    pub(super) objects: Vec<Object>,
}

/// One object, as it was read.
#[derive(Clone)]
pub(super) struct Object {
    pub(super) identity: Identity,
    pub(super) body: Value,
}

impl Read {
    /// Reads all sources; objects that name no namespace are in the one that the others name.
    pub(super) fn of(sources: &[Source]) -> Result<Self, Vec<Report>> {
        let first = Self::within(sources, None)?;
        let named = first.objects.iter().filter(|object| object.is_local());
        let namespace = named.map(|object| object.identity.namespace.clone());
        let namespace = namespace.filter(|namespace| !namespace.is_empty()).min();
        match &namespace {
            Some(found) => Self::within(sources, Some(found)),
            None => Ok(first),
        }
    }

    fn within(sources: &[Source], namespace: Option<&str>) -> Result<Self, Vec<Report>> {
        let mut manifests = Manifests::default();
        let mut reports = Vec::new();
        for source in sources {
            if source.text().trim().is_empty() {
                continue;
            }
            reports.extend(manifests.add(source, namespace).err());
        }
        if !reports.is_empty() {
            return Err(reports);
        }
        let all = manifests.objects();
        let all = all.map(|(identity, body)| Object {
            identity: identity.clone(),
            body,
        });
        Ok(Self {
            objects: all.filter(|object| !object.is_owned()).collect(),
            manifests,
        })
    }
}

impl Object {
    /// Whether another object made it.
    fn is_owned(&self) -> bool {
        let owners = self.body["metadata"]["ownerReferences"].as_array();
        owners.is_some_and(|owners| !owners.is_empty())
    }

    /// Whether it is a Service with pods, or makes pods.
    fn is_local(&self) -> bool {
        self.template().is_some() || self.selector().is_some()
    }

    /// By which labels a Service finds its pods.
    pub(super) fn selector(&self) -> Option<BTreeMap<String, String>> {
        let is_service = self.identity.group.is_empty() && self.identity.kind == "Service";
        let selector = labels(&self.body["spec"]["selector"]);
        (is_service && !selector.is_empty()).then_some(selector)
    }

    /// The JSON pointer to the template of the pods that it makes, where it makes any.
    pub(super) fn template(&self) -> Option<&'static str> {
        match (self.identity.group.as_str(), self.identity.kind.as_str()) {
            ("apps", "Deployment" | "StatefulSet" | "DaemonSet") => Some("/spec/template"),
            ("leaderworkerset.x-k8s.io", "LeaderWorkerSet") => {
                let leads = "/spec/leaderWorkerTemplate/leaderTemplate";
                let leader = self.body.pointer(leads).map(|_| leads);
                Some(leader.unwrap_or("/spec/leaderWorkerTemplate/workerTemplate"))
            }
            _ => None,
        }
    }

    /// `Kind/name`.
    pub(super) fn words(&self) -> String {
        format!("{}/{}", self.identity.kind, self.identity.name)
    }
}

/// A mapping of strings; of anything else, nothing.
pub(super) fn labels(value: &Value) -> BTreeMap<String, String> {
    let entries = value.as_object().into_iter().flatten();
    let labels = entries.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    labels.collect()
}

/// Everything that keeps what was read from being taken over.
pub(super) struct Complaints<'a> {
    manifests: &'a Manifests,
    reports: BTreeMap<usize, Report>,
}

impl<'a> Complaints<'a> {
    pub(super) fn new(read: &'a Read) -> Self {
        Self {
            manifests: &read.manifests,
            reports: BTreeMap::new(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }

    pub(super) fn into_reports(self) -> Vec<Report> {
        self.reports.into_values().collect()
    }

    /// A complaint at a field of an object, or at the nearest that is there.
    pub(super) fn push(
        &mut self,
        at: &Identity,
        field: Route,
        say: impl FnOnce(Place) -> Diagnostic,
    ) {
        let spot = Spot {
            side: Side::Before,
            identity: at.clone(),
            field,
        };
        let start = || (0, Place::value(Route::root()));
        let (source, place) = self.manifests.place(&spot).unwrap_or_else(start);
        let sources = self.manifests.sources();
        let report = self.reports.entry(source);
        let report = report.or_insert_with(|| Report::new(sources[source].clone()));
        report.push(say(place));
    }

    /// A complaint about everything that was read.
    pub(super) fn of_all(&mut self, code: Code, message: impl Into<String>, help: &str) {
        let first = self.manifests.sources().first().cloned();
        let source = first.unwrap_or_else(|| Source::new("<nothing>", ""));
        let report = self.reports.entry(0);
        let report = report.or_insert_with(|| Report::new(source));
        let place = Place::value(Route::root());
        report.push(Diagnostic::new(code, place, message).help(help));
    }
}
