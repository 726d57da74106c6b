//! Which file holds what.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;

use crate::objects::{Contents, Object, Scope};
use crate::plan::{Plan, StageId};
use crate::units::names::{LOCK_FILE, PLAN_FILE};

use super::diff::changes;
use super::markdown::plan_markdown;
use super::sheet::{self, HEADER, Sheet};
use super::{FileText, Lock, LockedStage, yaml};

/// Every file of the tree but the pointer.
#[derive(Clone, Debug)]
pub struct Tree {
    /// Path below the tree's folder to text.
    pub files: BTreeMap<String, FileText>,
    /// The lock, as it stands among the files.
    lock: Lock,
}

impl Tree {
    /// A stage of the plan that the tree was made from, as its lock keeps it.
    pub fn stage(&self, stage: StageId) -> &LockedStage {
        &self.lock.stages[stage.0]
    }

    /// The lock of the tree.
    pub fn lock(&self) -> &Lock {
        &self.lock
    }

    /// About how many bytes of memory the texts take, each distinct one once.
    pub fn weight(&self) -> usize {
        self.files.values().map(FileText::weight).sum()
    }

    /// The folder of a stage, `03-weight-10`.
    pub fn folder(&self, stage: StageId) -> &str {
        &self.stage(stage).folder
    }

    /// Takes over who wrote the lock before: a new release that compiles a rollout to the same files leaves them all alone.
    pub fn keep_generator(&mut self, before: &Lock) {
        if self.lock.generator != before.generator {
            self.lock.generator.clone_from(&before.generator);
            let text = self.lock.text().into();
            self.files.insert(LOCK_FILE.to_owned(), text);
        }
    }
}

/// The whole tree; `stages` gives the objects of each stage, in order and sorted by file, and `argo` has the ones that Argo CD
/// itself reads. An object that two neighbouring stages share is printed once.
pub fn lay_out(
    plan: &Plan,
    digest: &str,
    stages: impl Iterator<Item = Vec<Arc<Object>>>,
    argo: &[Arc<Object>],
) -> Tree {
    let folders: Vec<String> = plan.stage_ids().map(|stage| plan.numbered(stage)).collect();
    let mut files = Files::default();
    let mut before: Vec<Sheet> = Vec::new();
    let mut has_base = true;
    let (mut contents, mut digests) = (Contents::default(), Vec::new());
    for (index, (folder, objects)) in folders.iter().zip(stages).enumerate() {
        let sheets = sheet::print(&before, &objects);
        digests.push(contents.digest(&objects));
        if index == 0 {
            has_base = sheets.iter().any(|sheet| in_scope(Scope::Base)(&sheet));
            if has_base {
                files.folder("base", &[], sheets.iter().filter(in_scope(Scope::Base)));
            }
        } else {
            let text: String = changes(&before, &sheets)
                .iter()
                .map(|change| change.unified(&folders[index - 1], folder))
                .collect();
            files.put(format!("diffs/{folder}.diff"), text);
        }
        // kustomize refuses a list of nothing.
        let base: &[&str] = if has_base { &["../../base"] } else { &[] };
        let own = sheets.iter().filter(in_scope(Scope::Stage));
        files.folder(&format!("stages/{folder}"), base, own);
        before = sheets;
    }
    if !argo.is_empty() {
        files.folder("argocd", &[], sheet::print(&[], argo).iter());
    }
    files.put(PLAN_FILE.to_owned(), plan_markdown(plan, true));
    let lock = Lock::of(plan, digest, digests.into_iter()).with_files(&files.0);
    files.put(LOCK_FILE.to_owned(), lock.text());
    Tree {
        files: files.0,
        lock,
    }
}

fn in_scope(scope: Scope) -> impl Fn(&&Sheet) -> bool {
    move |sheet| sheet.object.scope == scope
}

/// The files so far, by path.
#[derive(Default)]
struct Files(BTreeMap<String, FileText>);

impl Files {
    fn put(&mut self, path: String, text: String) {
        self.0.insert(path, text.into());
    }

    /// A folder that kustomize builds: its list, which begins with `others`, and a file for each object.
    fn folder<'a>(
        &mut self,
        folder: &str,
        others: &[&str],
        sheets: impl Iterator<Item = &'a Sheet>,
    ) {
        let mut resources: Vec<String> = others.iter().map(ToString::to_string).collect();
        for sheet in sheets {
            let name = format!("{}.yaml", sheet.object.file);
            self.0
                .insert(format!("{folder}/{name}"), sheet.text.clone());
            resources.push(name);
        }
        self.put(
            format!("{folder}/kustomization.yaml"),
            kustomization(&resources),
        );
    }
}

fn kustomization(resources: &[String]) -> String {
    let body = json!({
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": resources,
    });
    format!("{HEADER}{}", yaml(&body))
}
