//! What changes between two sets of objects, object by object.

use std::cmp::Ordering;
use std::sync::Arc;

use similar::TextDiff;

use crate::objects::{Object, ObjectId};

use super::sheet::{self, Sheet};

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

/// The objects that differ, in the order of their files. Both sides are sorted by file.
///
/// Objects are paired by kind and model and not by name, so that a ConfigMap whose name carries a new hash is one change, and
/// not an object that goes and another that comes.
pub fn diff(before: &[Arc<Object>], after: &[Arc<Object>]) -> Vec<ObjectDiff> {
    let before = sheet::print(&[], before);
    let after = sheet::print(&before, after);
    changes(&before, &after)
}

/// [`diff`] of objects that are printed already; what both sides share is not looked at.
pub(super) fn changes(before: &[Sheet], after: &[Sheet]) -> Vec<ObjectDiff> {
    let mut changes = Vec::new();
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (Some(old), Some(new)) => old.object.file.cmp(&new.object.file),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => return changes,
        };
        let before = if order.is_le() { old.next() } else { None };
        let after = if order.is_ge() { new.next() } else { None };
        changes.extend(change(before, after));
    }
}

fn change(before: Option<&Sheet>, after: Option<&Sheet>) -> Option<ObjectDiff> {
    if let (Some(before), Some(after)) = (before, after)
        && (Arc::ptr_eq(&before.object, &after.object)
            || before.object.id == after.object.id && before.body() == after.body())
    {
        return None;
    }
    let id = |sheet: Option<&Sheet>| sheet.map(|sheet| sheet.object.id.clone());
    let text = |sheet: Option<&Sheet>| sheet.map_or("", Sheet::body).to_owned();
    Some(ObjectDiff {
        before: id(before),
        after: id(after),
        old: text(before),
        new: text(after),
    })
}
