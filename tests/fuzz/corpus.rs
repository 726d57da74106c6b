//! The project's own files: what is changed at random.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use fastrand::Rng;
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// As many values of one key are kept, for others in their place.
const MOST_VALUES: usize = 60;

/// The project's own files.
pub(crate) struct Corpus {
    /// Rollouts, each with the files beside it.
    rollouts: Vec<Sample>,
    /// Those that compile.
    right: Vec<usize>,
    /// Manifests of what runs, and of stages.
    manifests: Vec<String>,
    /// Values of rollouts by their keys.
    values: BTreeMap<String, Vec<Value>>,
}

/// A rollout, and the files beside it by their paths.
pub(crate) struct Sample {
    pub(crate) text: String,
    pub(crate) beside: Vec<(String, Vec<u8>)>,
}

impl Corpus {
    /// Reads all of it, in an order that is always the same.
    pub(crate) fn read() -> Self {
        let mut corpus = Self {
            rollouts: Vec::new(),
            right: Vec::new(),
            manifests: Vec::new(),
            values: BTreeMap::new(),
        };
        for folder in folders(&["examples", "fixtures/cases"]) {
            let Some(sample) = Sample::read(&folder) else {
                continue;
            };
            let is_right = !folder.join("report.txt").exists();
            if let Some(tree) = parsed(&sample.text).filter(|_| is_right) {
                corpus.gather(&tree);
            }
            if is_right {
                corpus.right.push(corpus.rollouts.len());
            }
            corpus.rollouts.push(sample);
        }
        for folder in folders(&["fixtures/init", "fixtures/adoption", "fixtures/moves"]) {
            corpus.manifests.extend(yaml_below(&folder));
        }
        for folder in folders(&["examples"]) {
            // One text a stage, as it is applied.
            for stage in children(&folder.join("deploy/stages")) {
                let all = yaml_below(&stage).into_iter();
                let objects = all
                    .filter(|text| text.contains("\napiVersion") || text.starts_with("apiVersion"));
                corpus
                    .manifests
                    .push(objects.collect::<Vec<_>>().join("---\n"));
            }
        }
        corpus.manifests.retain(|text| !text.trim().is_empty());
        corpus
    }

    /// Any rollout.
    pub(crate) fn rollout(&self, rng: &mut Rng) -> &Sample {
        &self.rollouts[rng.usize(..self.rollouts.len())]
    }

    /// A rollout that compiles.
    pub(crate) fn right_rollout(&self, rng: &mut Rng) -> &Sample {
        &self.rollouts[self.right[rng.usize(..self.right.len())]]
    }

    /// Manifests of what runs.
    pub(crate) fn manifest(&self, rng: &mut Rng) -> &str {
        &self.manifests[rng.usize(..self.manifests.len())]
    }

    /// A value that some rollout has at this key.
    pub(crate) fn value(&self, key: &str, rng: &mut Rng) -> Option<&Value> {
        let values = self.values.get(key)?;
        values.get(rng.usize(..values.len()))
    }

    /// A key that some rollout has, with a value of it.
    pub(crate) fn entry(&self, rng: &mut Rng) -> (&str, &Value) {
        let at = rng.usize(..self.values.len());
        let (key, values) = self.values.iter().nth(at).expect("there are some");
        (key, &values[rng.usize(..values.len())])
    }

    fn gather(&mut self, tree: &Value) {
        match tree {
            Value::Object(map) => {
                for (key, value) in map {
                    let known = self.values.entry(key.clone()).or_default();
                    if known.len() < MOST_VALUES && !known.contains(value) {
                        known.push(value.clone());
                    }
                    self.gather(value);
                }
            }
            Value::Array(list) => list.iter().for_each(|item| self.gather(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

impl Sample {
    fn read(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join("rollout.yaml")).ok()?;
        let beside = children(folder).into_iter().filter(|path| path.is_file());
        let beside = beside.filter_map(|path| {
            let name = path.file_name()?.to_str()?.to_owned();
            let is_input = !matches!(&*name, "rollout.yaml" | "tree.txt" | "report.txt");
            let bytes = fs::read(&path).ok().filter(|_| is_input)?;
            Some((name, bytes))
        });
        let beside = beside.collect();
        Some(Self { text, beside })
    }
}

/// A YAML text as a tree of JSON; `None` where it is none.
pub(crate) fn parsed(text: &str) -> Option<Value> {
    serde_yaml::from_str(text).ok()
}

fn folders(below: &[&str]) -> Vec<PathBuf> {
    let all = below
        .iter()
        .flat_map(|name| children(&Path::new(ROOT).join(name)));
    all.filter(|path| path.is_dir()).collect()
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

fn yaml_below(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for path in children(folder) {
        if path.is_dir() {
            texts.extend(yaml_below(&path));
        } else if path.extension().is_some_and(|end| end == "yaml") {
            texts.extend(fs::read_to_string(&path));
        }
    }
    texts
}
