//! In: a file's text, what lies beside it, and where it is compiled for. Out: the plan, its objects and its tree, or every complaint.
//! The one way from a file to everything that is made of it: `render`, `diff`, `plan` and the rest all begin here.
//! Never writes anything.

mod patches;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Report};
use crate::objects::{
    self, Builder, Contents, MOST_CLIENT_SIDE, MOST_STORED, Object, ObjectId, content_text,
};
use crate::plan::{self, Expansion, Plan, RoutedHost, StageId};
use crate::spec::{self, Named};
use crate::text::{Node, Route};
use crate::tree::{self, Lock, Tree};
use crate::units::{DnsLabel, names, sha256_hex, write_sorted};

/// What is compiled, and the reader of what lies beside it; whoever compiles has them from here and needs nothing else of `text`.
pub use crate::text::{Below, FileError, Files, NoFiles, Source};

/// A file that compiles, and what its compilation found.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The rollout, resolved and proved.
    pub plan: Plan,
    /// Warnings, and the document that they are about.
    pub report: Report,
    /// The files beside the document that it names, by the paths that it names them by; one that cannot be read is missing.
    pub files: BTreeMap<String, Source>,
    /// The environment that it was compiled for.
    pub environment: Environment,
    /// The steps that the document's strategy, ramps and step defaults became.
    expansion: Expansion,
    /// The files that are part of what the document says.
    named: Named,
    builder: Builder,
    /// The identities of every stage's objects, and what asks for them; empty where only one stage is asked for.
    identities: BTreeMap<ObjectId, Route>,
    digest: OnceLock<String>,
    /// Whether an object of a stage is too large for a client-side apply; unknown, and no, where only one stage is asked for.
    is_large: bool,
}

/// What only one rollout may have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// An object: two of one identity overwrite each other.
    Object(ObjectId),
    /// A host: the routes of two would become one list, in which the first that takes everything hides the rest.
    Host(RoutedHost),
}

/// What the surroundings set, and not the document.
#[derive(Clone, Debug)]
pub struct Environment {
    /// In place of `metadata.namespace`; Istio's hosts follow.
    pub namespace: Option<DnsLabel>,
    /// The folder of the tree, below the document's own.
    pub tree: String,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            namespace: None,
            tree: names::TREE_FOLDER.to_owned(),
        }
    }
}

/// Compiles one `rollout.yaml`; on errors, the report has them all, with the warnings beside them.
pub fn compile(
    source: &Source,
    files: &dyn Files,
    environment: &Environment,
) -> Result<Compiled, Report> {
    compile_plan(source, files, environment)?.with_distinct_objects()
}

/// Compiles and builds no objects: whoever wants one stage of thousands asks [`Compiled::stage`] for it, in time that does
/// not depend on the others.
pub fn compile_plan(
    source: &Source,
    files: &dyn Files,
    environment: &Environment,
) -> Result<Compiled, Report> {
    let mut read = spec::read(source)?;
    if let Some(namespace) = &environment.namespace {
        read.document.metadata.namespace = Some(namespace.to_string());
    }
    let mut report = Report::new(source.clone());
    report.document = Some(read.node);
    let Some(expansion) = plan::expand(&read.document, &mut report) else {
        return Err(report);
    };
    expansion.apply(&mut read.document);
    report.set_origins(expansion.origins());
    read.document.named = Named::read(&read.document, files, &mut report);
    let Some(plan) = plan::resolve(&read.document, &mut report) else {
        return Err(report);
    };
    Ok(Compiled {
        files: plan
            .files()
            // What a gate names and cannot be read is that gate's error when it is asked.
            .filter_map(|path| Some((path.to_owned(), files.read(path).ok()??)))
            .collect(),
        plan,
        report,
        environment: environment.clone(),
        expansion,
        named: read.document.named,
        builder: Builder::default(),
        identities: BTreeMap::new(),
        digest: OnceLock::new(),
        is_large: false,
    })
}

impl Compiled {
    /// `sha256:` and the hash of all that was read: the same for two documents that differ in comments, order of keys or
    /// layout, and another one where a byte of another file differs.
    pub fn digest(&self) -> &str {
        self.digest.get_or_init(|| {
            let document = self.report.document.as_ref();
            let document = document.expect("what compiles has been read");
            digest(&document.to_json(), &self.files, &self.named)
        })
    }

    /// The text of a document that says the same in steps; without a strategy, ramps and step defaults, the text itself with the line
    /// ends of Unix: a carriage return is shown, and not printed.
    pub fn expanded(&self) -> String {
        let document = self.report.document.as_ref();
        let mut body = document
            .filter(|_| !self.expansion.is_empty())
            .map(Node::to_json);
        body.as_mut().map_or_else(
            // YAML ends a line at each of the three.
            || {
                self.report
                    .source
                    .text()
                    .replace("\r\n", "\n")
                    .replace('\r', "\n")
            },
            |body| {
                self.expansion.say(body);
                tree::yaml(body)
            },
        )
    }

    /// The objects that Argo CD itself reads; no part of any stage.
    pub fn argo(&self) -> Vec<Arc<Object>> {
        objects::build_argo(&self.plan, &self.environment.tree, self.is_large)
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
        tree::lay_out(&self.plan, self.digest(), stages, &self.argo())
    }

    /// What the content digest of a stage is the SHA-256 of: a line for each object, without a line end after the last.
    pub fn content(&self, stage: StageId) -> String {
        content_text(&self.objects(stage))
    }

    /// The content digest of one stage.
    pub fn content_digest(&self, stage: StageId) -> String {
        Contents::default().digest(&self.objects(stage))
    }

    /// The plan for machines, without a tree: what `plan.json` says before its files.
    pub fn lock(&self) -> Lock {
        let (mut builder, mut contents) = (self.builder.clone(), Contents::default());
        let stages = self.plan.stage_ids();
        let digests = stages.map(|stage| contents.digest(&builder.stage(&self.plan, stage)));
        Lock::of(&self.plan, self.digest(), digests)
    }

    /// What no other rollout may have too, and the part of the spec that asks for it.
    pub fn claims(&self) -> BTreeMap<Claim, Route> {
        let argo = self.argo();
        let argo = argo
            .iter()
            .map(|object| (object.id.clone(), object.origin.clone()));
        let objects = self.identities.clone().into_iter().chain(argo);
        let objects = objects.map(|(id, origin)| (Claim::Object(id), origin));
        let hosts = self.plan.routed_hosts().into_iter();
        let hosts = hosts.map(|(host, origin)| (Claim::Host(host), origin));
        objects.chain(hosts).collect()
    }

    /// The objects of one stage, no two of one identity.
    pub fn stage(mut self, stage: StageId) -> Result<Vec<Arc<Object>>, Report> {
        let mut builder = self.builder.clone();
        let objects = builder.stage(&self.plan, stage);
        self.tell_patches(&mut builder);
        self.hold_apart(&objects);
        self.hold_sizes(&objects);
        if self.report.has_errors() {
            return Err(self.report);
        }
        Ok(objects)
    }

    fn with_distinct_objects(mut self) -> Result<Self, Report> {
        self.hold_patches();
        self.hold_own_moves();
        if self.report.has_errors() {
            return Err(self.report);
        }
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
        let largest = self.stage_of_most_routes();
        let objects = self.builder.stage(&self.plan, largest);
        self.hold_sizes(&objects);
        if self.report.has_errors() {
            return Err(self.report);
        }
        Ok(self)
    }

    /// An object that is too large is refused by the API server, or by what applies it.
    fn hold_sizes(&mut self, objects: &[Arc<Object>]) {
        for object in objects {
            let bytes = object.bytes();
            let found = |code, most: usize, who: &str| {
                Diagnostic::new(
                    code,
                    Place::key(object.origin.clone()),
                    format!(
                        "{} has {bytes} bytes in some stages, and {who} takes {most}",
                        object.id
                    ),
                )
            };
            let fewer = "have fewer cohorts, match entries, base routes or Service ports";
            if bytes > MOST_STORED {
                let found = found(Code::GP010, MOST_STORED, "etcd behind the API server");
                self.report.push(found.help(fewer));
            } else if bytes > MOST_CLIENT_SIDE {
                self.is_large = true;
                let found = found(Code::GP608, MOST_CLIENT_SIDE, "a client-side apply");
                let applied = if self.plan.argocd.is_some() {
                    "the generated Application says `ServerSideApply=true`; elsewhere apply it with `kubectl apply --server-side`"
                } else {
                    "apply it with `kubectl apply --server-side`, or Argo CD's `ServerSideApply=true`"
                };
                self.report.push(found.note(applied).help(fewer));
            }
        }
    }

    /// The stage whose routes have most to say: the one with most cohorts' rules, and among those the one that splits most.
    fn stage_of_most_routes(&self) -> StageId {
        let stages = self.plan.stage_ids();
        let size = |stage: &StageId| {
            let stage = self.plan.stage(*stage);
            let cohorts = stage.cohorts.keys().map(|id| self.plan.cohort(*id));
            let rules: usize = cohorts.map(|cohort| cohort.entries.len()).sum();
            (
                rules,
                stage.running.len(),
                usize::from(stage.mirror.is_some()),
            )
        };
        stages.max_by_key(size).unwrap_or(StageId::FIRST)
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

    /// A stage for each set of running models: stages of one set have objects of the same names, but for the routes.
    fn distinct_stages(&self) -> Vec<StageId> {
        let mut known: Vec<(bool, Vec<_>)> = Vec::new();
        let stages = self.plan.stage_ids();
        stages
            .filter(|stage| {
                let stage = self.plan.stage(*stage);
                let running: Vec<_> = stage.running.keys().copied().collect();
                let has = (stage.kind.is_routed(), running);
                let is_new = !known.contains(&has);
                if is_new {
                    known.push(has);
                }
                is_new
            })
            .collect()
    }
}

/// The digest of a document and of the manifests that it names, whatever the order of their keys, and of the other files that it
/// names, byte for byte.
fn digest(document: &Value, files: &BTreeMap<String, Source>, named: &Named) -> String {
    let mut read = Vec::new();
    write_sorted(document, &|_| true, &mut read);
    for (path, file) in files {
        // JSON in one line has no line end of its own, so no document reads like one with files.
        let path = Value::from(path.as_str());
        let file = sha256_hex(file.text().as_bytes());
        write!(read, "\n{path} {file}").expect("writing to memory cannot fail");
    }
    for (path, content) in named.contents() {
        write!(read, "\n{} ", Value::from(path)).expect("writing to memory cannot fail");
        write_sorted(&content, &|_| true, &mut read);
    }
    format!("sha256:{}", sha256_hex(&read))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLLOUT: &str = "\
apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {name: churn, namespace: ml}
spec:
  models:
    - {name: v1, runtime: custom, image: 'i:1', ports: [{name: http, containerPort: 80}]}
    - {name: v2, runtime: custom, image: 'i:2', ports: [{name: http, containerPort: 80}]}
  stable: v1
  gates:
    - {name: d, drift: {metric: m, categories: class, reference: r.json, measure: jsDistance}}
  steps:
    - {name: canary, weight: 10, bake: 1h, gates: [d]}
  outputs:
    argocd: {repoURL: 'https://example.com/x.git', path: apps, application: {}}
";

    /// A folder with nothing but `r.json`, or with an `r.json` that cannot be read.
    struct Recorded(Option<&'static str>);

    impl Files for Recorded {
        fn read(&self, path: &str) -> Result<Option<Source>, FileError> {
            assert_eq!(path, "r.json", "no other file is named");
            let text = self.0.ok_or(FileError::Irregular)?;
            Ok(Some(Source::new(path, text)))
        }

        fn list(&self, _: &str) -> Result<Option<Vec<String>>, FileError> {
            Ok(None)
        }
    }

    fn compiled(text: &str, files: &dyn Files) -> Compiled {
        let source = Source::new("rollout.yaml", text);
        compile(&source, files, &Environment::default()).expect("it compiles")
    }

    #[test]
    fn the_digest_covers_all_that_was_read_and_no_layout() {
        let digest = |text: &str, files: &dyn Files| compiled(text, files).digest().to_owned();
        let alone = digest(ROLLOUT, &NoFiles);
        let commented = ROLLOUT.replace("spec:", "spec: # all of it");
        assert_eq!(digest(&commented, &NoFiles), alone);
        assert_eq!(digest(ROLLOUT, &Recorded(None)), alone);
        let [one, other] = ["{}", "{} "].map(|text| digest(ROLLOUT, &Recorded(Some(text))));
        assert_ne!(one, alone);
        assert_ne!(one, other);
        let baked = ROLLOUT.replace("1h", "2h");
        assert_ne!(digest(&baked, &NoFiles), alone);
    }

    /// A folder in which `v2.yaml` holds this.
    struct Manifest(&'static str);

    impl Files for Manifest {
        fn read(&self, path: &str) -> Result<Option<Source>, FileError> {
            Ok((path == "v2.yaml").then(|| Source::new(path, self.0)))
        }

        fn list(&self, _: &str) -> Result<Option<Vec<String>>, FileError> {
            Ok(None)
        }
    }

    #[test]
    fn the_digest_covers_what_a_manifest_says_and_no_comment_of_it() {
        let v2 =
            "name: v2, runtime: custom, image: 'i:2', ports: [{name: http, containerPort: 80}]";
        let own =
            "name: v2, workload: {manifest: v2.yaml}, backend: {service: {name: x, port: 80}}";
        let text = ROLLOUT
            .replace(v2, own)
            .replace("{name: d, drift", "{name: d, model: v1, drift");
        let text = text.replace("gates: [d]", "gates: []");
        let text = text.as_str();
        let digest =
            |manifest: &'static str| compiled(text, &Manifest(manifest)).digest().to_owned();
        let before =
            digest("{apiVersion: a.example/v1, kind: X, metadata: {name: x}, spec: {a: 1}}");
        assert_eq!(
            digest("# why\n{kind: X, apiVersion: a.example/v1, metadata: {name: x}, spec: {a: 1}}"),
            before
        );
        assert_ne!(
            digest("{apiVersion: a.example/v1, kind: X, metadata: {name: x}, spec: {a: 2}}"),
            before
        );
    }

    /// The content digests of the stages of a document, in order.
    fn contents(text: &str) -> Vec<String> {
        let lock = compiled(text, &NoFiles).lock();
        let stages = lock.stages.into_iter();
        let contents = stages.map(|stage| stage.content_digest.expect("a new lock has it"));
        contents.collect()
    }

    #[test]
    fn the_content_of_a_stage_is_what_serves_and_nothing_else() {
        let before = contents(ROLLOUT);
        for (from, to) in [
            ("spec:", "spec: # all of it"),
            ("bake: 1h", "bake: 2h, description: on we go"),
            ("measure: jsDistance", "measure: psi"),
        ] {
            assert_eq!(contents(&ROLLOUT.replace(from, to)), before, "{to}");
        }
        // baseline, deploy, canary: the candidate runs in all but the first.
        let other_image = contents(&ROLLOUT.replace("i:2", "i:3"));
        let same: Vec<bool> = before
            .iter()
            .zip(&other_image)
            .map(|(a, b)| a == b)
            .collect();
        assert_eq!(same, [true, false, false]);
        let other_weight = contents(&ROLLOUT.replace("weight: 10", "weight: 9"));
        let same: Vec<bool> = before
            .iter()
            .zip(&other_weight)
            .map(|(a, b)| a == b)
            .collect();
        assert_eq!(same, [true, true, false]);
        let tree = compiled(ROLLOUT, &NoFiles).tree();
        let first = tree.stage(StageId::FIRST).content_digest.as_ref();
        assert_eq!(first, before.first());
    }

    #[test]
    fn a_file_that_is_named_is_there_by_its_path() {
        let found = compiled(ROLLOUT, &Recorded(Some("{}"))).files;
        assert_eq!(found["r.json"].text(), "{}");
        assert!(compiled(ROLLOUT, &Recorded(None)).files.is_empty());
    }

    #[test]
    fn what_is_expanded_has_no_carriage_return() {
        // One at the very end ends a line, too.
        for text in [
            ROLLOUT.replace('\n', "\r\n"),
            format!("{}\r", ROLLOUT.trim_end()),
        ] {
            assert_eq!(compiled(&text, &NoFiles).expanded(), ROLLOUT);
        }
    }

    #[test]
    fn argo_cd_reads_the_tree_where_the_environment_has_it() {
        let source = Source::new("rollout.yaml", ROLLOUT);
        let environment = Environment {
            tree: "out/eu".to_owned(),
            ..Environment::default()
        };
        let compiled = compile(&source, &NoFiles, &environment).expect("it compiles");
        let application = compiled.argo().pop().expect("the application");
        assert_eq!(
            application.body["spec"]["source"]["path"],
            "apps/out/eu/current"
        );
    }
}
