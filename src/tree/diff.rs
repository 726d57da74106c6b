//! What changes between two sets of objects, object by object.

use std::collections::BTreeMap;

use similar::TextDiff;

use crate::objects::{Object, ObjectId};

use super::yaml;

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// One object that is not the same on both sides.
#[derive(Clone, Debug)]
pub struct ObjectDiff {
    /// It before; `None` where it is new.
    pub before: Option<ObjectId>,
    /// It after; `None` where it is gone.
    pub after: Option<ObjectId>,
    /// Its YAML before.
    pub old: String,
    /// Its YAML after.
    pub new: String,
}

impl ObjectDiff {
    /// The identity to show it under: the later one.
    pub fn id(&self) -> &ObjectId {
        self.after
            .as_ref()
            .or(self.before.as_ref())
            .expect("a change has at least one side")
    }

    /// `added`, `removed` or `changed`.
    pub fn verb(&self) -> &'static str {
        match (&self.before, &self.after) {
            (None, _) => "added",
            (_, None) => "removed",
            (Some(_), Some(_)) => "changed",
        }
    }

    /// A unified diff whose headers name the sides, as `diff -u` and git write it.
    pub fn unified(&self, from: &str, to: &str) -> String {
        let name = |side: &str, id: &Option<ObjectId>| id.as_ref().map(|id| format!("{side}/{id}"));
        unified(
            name(from, &self.before).as_deref(),
            name(to, &self.after).as_deref(),
            &self.old,
            &self.new,
        )
    }
}

/// A unified diff of two texts; a side without a name is `/dev/null`.
pub fn unified(from: Option<&str>, to: Option<&str>, old: &str, new: &str) -> String {
    const NOTHING: &str = "/dev/null";
    TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(CONTEXT)
        .header(from.unwrap_or(NOTHING), to.unwrap_or(NOTHING))
        .to_string()
}

/// The objects that differ, in the order of their files.
///
/// Objects are paired by kind and model and not by name, so that a ConfigMap whose name carries a new hash is one change, and
/// not an object that goes and another that comes.
pub fn diff(before: &[Object], after: &[Object]) -> Vec<ObjectDiff> {
    let by_file = |objects: &[Object]| -> BTreeMap<String, (ObjectId, String)> {
        objects
            .iter()
            .map(|object| (object.file.clone(), (object.id.clone(), yaml(&object.body))))
            .collect()
    };
    let (before, after) = (by_file(before), by_file(after));
    let mut files: Vec<&String> = before.keys().chain(after.keys()).collect();
    files.sort();
    files.dedup();
    files
        .into_iter()
        .filter_map(|file| {
            let (old, new) = (before.get(file), after.get(file));
            (old != new).then(|| ObjectDiff {
                before: old.map(|(id, _)| id.clone()),
                after: new.map(|(id, _)| id.clone()),
                old: old.map_or_else(String::new, |(_, text)| text.clone()),
                new: new.map_or_else(String::new, |(_, text)| text.clone()),
            })
        })
        .collect()
}
