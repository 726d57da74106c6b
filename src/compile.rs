//! The one way from a file to everything that is made of it. `render`, `diff`, `plan` and the rest all begin here.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Report};
use crate::objects::{self, Builder, Object, ObjectId};
use crate::plan::{self, Plan, StageId};
use crate::spec;
use crate::text::Route;
use crate::tree::{self, Tree};
use crate::units::{DnsLabel, sha256_hex};

/// What is compiled; whoever compiles has it from here and needs nothing else of `text`.
pub use crate::text::Source;

/// A file that compiles, and what its compilation found.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The rollout, resolved and proved.
    pub plan: Plan,
    /// Warnings, and the document that they are about.
    pub report: Report,
    builder: Builder,
    /// Of every stage; empty where only one stage is asked for.
    identities: BTreeMap<ObjectId, Route>,
}

/// What a caller sets instead of the document.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// In place of `metadata.namespace`; Istio's hosts follow.
    pub namespace: Option<DnsLabel>,
}

/// Compiles one `rollout.yaml`; on errors, the report has them all, with the warnings beside them.
pub fn compile(source: &Source) -> Result<Compiled, Report> {
    compile_with(source, &Overrides::default())?.with_distinct_objects()
}

/// Compiles with some things set from outside, and builds no objects: whoever wants one stage of thousands asks
/// [`Compiled::stage`] for it, in time that does not depend on the others.
pub fn compile_with(source: &Source, overrides: &Overrides) -> Result<Compiled, Report> {
    let mut read = spec::read(source)?;
    if let Some(namespace) = &overrides.namespace {
        read.document.metadata.namespace = Some(namespace.to_string());
    }
    let mut report = Report::new(source.clone());
    report.document = Some(read.node);
    let Some(plan) = plan::resolve(&read.document, &mut report) else {
        return Err(report);
    };
    Ok(Compiled {
        plan,
        report,
        builder: Builder::default(),
        identities: BTreeMap::new(),
    })
}

impl Compiled {
    /// `sha256:` and the hash of the document: the same for two files that differ in comments, order of keys or layout.
    pub fn digest(&self) -> String {
        let document = self.report.document.as_ref();
        digest(&document.expect("what compiles has been read").to_json())
    }

    /// The objects of one stage.
    pub fn objects(&self, stage: StageId) -> Vec<Arc<Object>> {
        self.builder.clone().stage(&self.plan, stage)
    }

    /// The whole tree.
    pub fn tree(&self) -> Tree {
        let mut builder = self.builder.clone();
        let stages = self.plan.stage_ids();
        let stages = stages.map(|stage| builder.stage(&self.plan, stage));
        let argo = objects::build_argo(&self.plan);
        tree::lay_out(&self.plan, &self.digest(), stages, &argo)
    }

    /// The identity of every object, and the part of the spec that asks for it.
    pub fn identities(&self) -> BTreeMap<ObjectId, Route> {
        let argo = objects::build_argo(&self.plan);
        let argo = argo
            .iter()
            .map(|object| (object.id.clone(), object.origin.clone()));
        self.identities.clone().into_iter().chain(argo).collect()
    }

    /// The objects of one stage, no two of one identity.
    pub fn stage(mut self, stage: StageId) -> Result<Vec<Arc<Object>>, Report> {
        let objects = self.objects(stage);
        self.hold_apart(&objects);
        if self.report.has_errors() {
            return Err(self.report);
        }
        Ok(objects)
    }

    fn with_distinct_objects(mut self) -> Result<Self, Report> {
        for stage in self.distinct_stages() {
            let objects = self.builder.stage(&self.plan, stage);
            self.hold_apart(&objects);
            if self.report.has_errors() {
                return Err(self.report);
            }
            let identities = objects
                .iter()
                .map(|object| (object.id.clone(), object.origin.clone()));
            self.identities.extend(identities);
        }
        Ok(self)
    }

    /// Two objects of one identity would overwrite each other in the cluster.
    fn hold_apart(&mut self, objects: &[Arc<Object>]) {
        let mut known: BTreeMap<&ObjectId, &Object> = BTreeMap::new();
        for object in objects {
            if let Some(first) = known.insert(&object.id, object) {
                self.report.push(
                    Diagnostic::new(
                        Code::GP108,
                        Place::value(object.origin.clone()),
                        format!("two objects would be called {}", object.id),
                    )
                    .label(
                        Place::value(first.origin.clone()),
                        "the first one comes from here",
                    )
                    .help("give one of them another name"),
                );
            }
        }
    }

    /// A stage for each set of running models: stages of one set have objects of the same names.
    fn distinct_stages(&self) -> Vec<StageId> {
        let mut known: Vec<Vec<_>> = Vec::new();
        let stages = self.plan.stage_ids();
        stages
            .filter(|stage| {
                let running: Vec<_> = self.plan.stage(*stage).running.keys().copied().collect();
                let is_new = !known.contains(&running);
                if is_new {
                    known.push(running);
                }
                is_new
            })
            .collect()
    }
}

/// The digest of a document, whatever the order of its keys.
fn digest(document: &Value) -> String {
    format!(
        "sha256:{}",
        sha256_hex(sorted(document).to_string().as_bytes())
    )
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Object(map) => {
            let sorted: BTreeMap<&String, Value> = map
                .iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            Value::Object(
                sorted
                    .into_iter()
                    .map(|(key, value)| (key.clone(), value))
                    .collect(),
            )
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}
