//! Kubernetes' strategic merge patch, as `kubectl patch --type strategic` applies it: mappings merge, `null` deletes, and a list whose
//! type names a merge key merges item by item (apimachinery's `util/strategicpatch`).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// The directive that replaces or deletes what it stands in.
const PATCH: &str = "$patch";
/// The directive that names the fields that stay.
const RETAIN: &str = "$retainKeys";

/// The type of a mapping, as far as the lists in it merge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MergeType {
    /// A Deployment, or another object with a pod template.
    Workload,
    /// Its `spec`.
    WorkloadSpec,
    /// A Service.
    Service,
    /// Its `spec`.
    ServiceSpec,
    /// A ServiceAccount.
    ServiceAccount,
    /// A PodTemplateSpec.
    PodTemplate,
    /// A PodSpec.
    PodSpec,
    /// A Container.
    Container,
    /// An ObjectMeta.
    Metadata,
    /// Any object of which only the metadata is known.
    Object,
    /// Anything of which no list merges.
    Other,
}

/// How the list of a field merges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    /// The patch's list stands in its place.
    Atomic,
    /// Items that are equal are one.
    Set,
    /// Items of one value of this key are one.
    Keyed(&'static str),
}

impl MergeType {
    /// The type of an object of a kind.
    pub fn of_kind(kind: &str) -> Self {
        match kind {
            "Deployment" | "StatefulSet" | "DaemonSet" => Self::Workload,
            "Service" => Self::Service,
            "ServiceAccount" => Self::ServiceAccount,
            _ => Self::Object,
        }
    }

    /// The type of a field's mapping, or of the items of its list.
    fn of(self, field: &str) -> Self {
        match (self, field) {
            (
                Self::Workload
                | Self::Service
                | Self::ServiceAccount
                | Self::PodTemplate
                | Self::Object,
                "metadata",
            ) => Self::Metadata,
            (Self::Workload, "spec") => Self::WorkloadSpec,
            (Self::WorkloadSpec, "template") => Self::PodTemplate,
            (Self::Service, "spec") => Self::ServiceSpec,
            (Self::PodTemplate, "spec") => Self::PodSpec,
            (Self::PodSpec, "containers" | "initContainers" | "ephemeralContainers") => {
                Self::Container
            }
            _ => Self::Other,
        }
    }

    /// How a field's list merges: the `patchMergeKey` tags of Kubernetes' types.
    fn list(self, field: &str) -> List {
        match (self, field) {
            (
                Self::PodSpec,
                "containers"
                | "initContainers"
                | "ephemeralContainers"
                | "volumes"
                | "imagePullSecrets"
                | "schedulingGates"
                | "resourceClaims",
            )
            | (Self::Container, "env")
            | (Self::ServiceAccount, "secrets") => List::Keyed("name"),
            (Self::PodSpec, "hostAliases") => List::Keyed("ip"),
            (Self::PodSpec, "topologySpreadConstraints") => List::Keyed("topologyKey"),
            (Self::Container, "ports") => List::Keyed("containerPort"),
            (Self::Container, "volumeMounts") => List::Keyed("mountPath"),
            (Self::Container, "volumeDevices") => List::Keyed("devicePath"),
            (Self::ServiceSpec, "ports") => List::Keyed("port"),
            (Self::Metadata, "ownerReferences") => List::Keyed("uid"),
            (Self::Metadata, "finalizers") => List::Set,
            _ => List::Atomic,
        }
    }
}

/// A patch that cannot be applied: where in the patch, by keys and indexes, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmergeable {
    /// The way from the patch's root.
    pub path: Vec<Step>,
    /// What is wrong there.
    pub why: String,
}

/// One step of a way into a JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a mapping.
    Key(String),
    /// Into a list.
    Index(usize),
}

impl Unmergeable {
    fn new(why: impl Into<String>) -> Self {
        let (path, why) = (Vec::new(), why.into());
        Self { path, why }
    }

    fn below(mut self, step: Step) -> Self {
        self.path.insert(0, step);
        self
    }
}

/// Merges a patch into a mapping of a type.
pub fn merge(target: &mut Value, patch: &Value, of: MergeType) -> Result<(), Unmergeable> {
    let Value::Object(patch) = patch else {
        return Err(Unmergeable::new("a patch is a mapping"));
    };
    match target {
        Value::Object(target) => merge_map(target, patch, of),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            *target = cleaned(&Value::Object(patch.clone())).unwrap_or_default();
            Ok(())
        }
    }
}

fn merge_map(
    target: &mut Map<String, Value>,
    patch: &Map<String, Value>,
    of: MergeType,
) -> Result<(), Unmergeable> {
    if let Some(directive) = patch.get(PATCH) {
        *target = match directive.as_str() {
            Some("replace") => {
                let entries = patch.iter().filter(|(key, _)| *key != PATCH);
                let entries = entries.filter(|(_, value)| !value.is_null());
                let cleaned =
                    entries.filter_map(|(key, value)| Some((key.clone(), cleaned(value)?)));
                cleaned.collect()
            }
            Some("delete") => Map::new(),
            _ => return Err(bad_directive()),
        };
        return Ok(());
    }
    retain(target, patch)?;
    for (key, value) in patch.iter().filter(|(key, _)| *key != RETAIN) {
        if key.starts_with('$') {
            let why = format!("the directive `{key}` is not one of `$patch` and `$retainKeys`");
            return Err(Unmergeable::new(why).below(Step::Key(key.clone())));
        }
        let here = |fault: Unmergeable| fault.below(Step::Key(key.clone()));
        match (target.get_mut(key), value) {
            (_, Value::Null) => {
                target.shift_remove(key);
            }
            (Some(Value::Object(old)), Value::Object(new)) => {
                merge_map(old, new, of.of(key)).map_err(here)?;
            }
            (Some(Value::Array(old)), Value::Array(new)) => {
                merge_list(old, new, of.list(key), of.of(key)).map_err(here)?;
            }
            (_, value) => match cleaned(value) {
                Some(value) => {
                    target.insert(key.clone(), value);
                }
                None => {
                    target.shift_remove(key);
                }
            },
        }
    }
    Ok(())
}

fn bad_directive() -> Unmergeable {
    Unmergeable::new("`$patch` is `replace` or `delete`").below(Step::Key(PATCH.to_owned()))
}

/// Takes away what `$retainKeys` does not name; the patch sets nothing else.
fn retain(target: &mut Map<String, Value>, patch: &Map<String, Value>) -> Result<(), Unmergeable> {
    let Some(retained) = patch.get(RETAIN) else {
        return Ok(());
    };
    let names = retained.as_array().into_iter().flatten();
    let names: BTreeSet<&str> = names.filter_map(Value::as_str).collect();
    let forgotten = patch
        .iter()
        .find(|(key, value)| *key != RETAIN && !value.is_null() && !names.contains(key.as_str()));
    if !retained.is_array() || forgotten.is_some() {
        let why = "`$retainKeys` is a list that names every field of this mapping";
        return Err(Unmergeable::new(why).below(Step::Key(RETAIN.to_owned())));
    }
    target.retain(|key, _| names.contains(key.as_str()));
    Ok(())
}

fn merge_list(
    target: &mut Vec<Value>,
    patch: &[Value],
    how: List,
    of: MergeType,
) -> Result<(), Unmergeable> {
    let key = match how {
        List::Atomic => {
            *target = patch.to_vec();
            return Ok(());
        }
        List::Set => None,
        List::Keyed(key) => Some(key),
    };
    let mut kept = Vec::new();
    let mut is_replaced = false;
    for (index, item) in patch.iter().enumerate() {
        let here = |fault: Unmergeable| fault.below(Step::Index(index));
        if key.is_some() && !item.is_object() {
            return Err(here(Unmergeable::new("an item of this list is a mapping")));
        }
        match (key, item.get(PATCH).map(Value::as_str)) {
            (None, _) | (_, None) => kept.push((index, item)),
            (Some(_), Some(Some("replace"))) => is_replaced = true,
            (Some(key), Some(Some("delete"))) => {
                let Some(wanted) = item.get(key) else {
                    return Err(here(lacks(key)));
                };
                target.retain(|old| old.get(key) != Some(wanted));
            }
            (Some(_), Some(_)) => return Err(here(bad_directive())),
        }
    }
    if is_replaced {
        let kept = kept.into_iter().filter_map(|(_, item)| cleaned(item));
        *target = kept.collect();
        return Ok(());
    }
    let order: Vec<Value> = target.iter().map(|item| id(item, key)).collect();
    let mut wanted: Vec<Value> = Vec::new();
    for (index, item) in kept {
        let here = |fault: Unmergeable| fault.below(Step::Index(index));
        if key.is_some_and(|key| item.get(key).is_none_or(Value::is_null)) {
            return Err(here(lacks(key.unwrap_or_default())));
        }
        let wants = id(item, key);
        let known = target.iter_mut().find(|old| id(old, key) == wants);
        match (known, item) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                merge_map(old, new, of).map_err(here)?;
            }
            (Some(_), _) => {}
            (None, item) => target.extend(cleaned(item)),
        }
        if !wanted.contains(&wants) {
            wanted.push(wants);
        }
    }
    in_order(target, &wanted, &order, key);
    Ok(())
}

fn lacks(key: &str) -> Unmergeable {
    Unmergeable::new(format!(
        "this item lacks `{key}`, by which the list is merged"
    ))
}

/// What an item of a list is known by.
fn id(item: &Value, key: Option<&str>) -> Value {
    key.map_or_else(|| item.clone(), |key| item[key].clone())
}

/// The patch's items in the patch's order; those that only the target has go in front of one that they preceded, the rest behind.
fn in_order(target: &mut Vec<Value>, patch: &[Value], before: &[Value], key: Option<&str>) {
    let place = |list: &[Value], item: &Value| {
        let wanted = id(item, key);
        list.iter().position(|one| *one == wanted)
    };
    let (mut theirs, own): (Vec<Value>, Vec<Value>) = target
        .drain(..)
        .partition(|item| place(patch, item).is_some());
    theirs.sort_by_key(|item| place(patch, item));
    let (mut theirs, mut own) = (theirs.into_iter().peekable(), own.into_iter().peekable());
    while let (Some(one), Some(other)) = (own.peek(), theirs.peek()) {
        let precedes = match (place(before, one), place(before, other)) {
            (Some(one), Some(other)) => one < other,
            _ => false,
        };
        target.extend(if precedes { own.next() } else { theirs.next() });
    }
    target.extend(theirs);
    target.extend(own);
}

/// A value that a patch adds, without the `null`s and directives in it; nothing where it is a directive itself.
fn cleaned(value: &Value) -> Option<Value> {
    match value {
        Value::Object(entries) => {
            if entries.contains_key(PATCH) {
                return None;
            }
            let entries = entries
                .iter()
                .filter(|(key, value)| !value.is_null() && !key.starts_with('$'));
            let entries = entries.filter_map(|(key, value)| Some((key.clone(), cleaned(value)?)));
            Some(Value::Object(entries.collect()))
        }
        Value::Array(items) => Some(Value::Array(items.iter().filter_map(cleaned).collect())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(value.clone()),
    }
}

/// The part of a patch that what stands in the merged mapping comes from: the way there in the patch, as far as it goes.
pub fn origin(merged: &Value, patch: &Value, way: &[Step], of: MergeType) -> Vec<Step> {
    let (mut merged, mut patch, mut of, mut list) = (merged, patch, of, List::Atomic);
    let mut found = Vec::new();
    for step in way {
        let (of_merged, of_patch, step) = match step {
            Step::Key(name) => {
                list = of.list(name);
                of = of.of(name);
                (merged.get(name), patch.get(name), Step::Key(name.clone()))
            }
            Step::Index(index) => {
                let item = merged.get(index);
                let key = match list {
                    List::Keyed(key) => Some(key),
                    List::Set => None,
                    List::Atomic => {
                        let there = patch.get(index);
                        let (Some(item), Some(there)) = (item, there) else {
                            return found;
                        };
                        (merged, patch) = (item, there);
                        found.push(Step::Index(*index));
                        continue;
                    }
                };
                let items = patch.as_array().map(Vec::as_slice).unwrap_or_default();
                let wanted = item.map(|item| id(item, key));
                let at = items
                    .iter()
                    .position(|one| Some(id(one, key)) == wanted && one.get(PATCH).is_none());
                let Some(at) = at else { return found };
                (item, items.get(at), Step::Index(at))
            }
        };
        let (Some(of_merged), Some(of_patch)) = (of_merged, of_patch) else {
            return found;
        };
        (merged, patch) = (of_merged, of_patch);
        found.push(step);
    }
    found
}
