//! The two models of the next rollout: the winner as stable, and its copy under the new name.

use crate::compile::Compiled;
use crate::plan::{ModelId, Scaling};
use crate::text::{Kind, Node, Route};

use super::change::Change;
use super::roles::Roles;
use super::{Refused, Release};

/// Fields of a model that tell its objects from another model's: the model's name in them becomes the new one.
const IDENTITY: [&[&str]; 6] = [
    &["workload", "manifest"],
    &["backend", "service", "name"],
    &["workloadName"],
    &["selector"],
    &["subset", "labels"],
    &["serviceAccount", "name"],
];

/// What is other in the new model than in the winner, by places below the winner's entry.
pub(super) fn of_copy(
    document: &Node,
    roles: &Roles,
    release: &Release,
) -> Result<Vec<Change>, Refused> {
    let root = Route::root();
    let mut changes = vec![Change::value(root.key("name"), roles.new.as_str())];
    let models = super::models_route();
    let Some(winner) = document.get(&models.index(roles.winner)) else {
        return Ok(changes);
    };
    let at = root.key("image");
    match (&release.image, winner.get(&at)) {
        (Some(given), Some(_)) => changes.push(Change::value(at, given.as_str())),
        (Some(_), None) => {
            return Err(Refused::Because(
                format!(
                    "`{}` has no `image` that another one could replace",
                    roles.name
                ),
                "leave `--image` out; of a manifest or a backend, what is new is said there"
                    .to_owned(),
            ));
        }
        (None, _) => {}
    }
    let uri = root.key("model").key("uri");
    match (&release.uri, winner.get(&uri)) {
        (Some(given), Some(_)) => changes.push(Change::value(uri, given.as_str())),
        (Some(_), None) => {
            return Err(Refused::Because(
                format!(
                    "`{}` has no `model.uri` that another one could replace",
                    roles.name
                ),
                "leave `--uri` out, or give the winner a `model.uri` first".to_owned(),
            ));
        }
        (None, _) => {}
    }
    for path in IDENTITY {
        let at = path.iter().fold(root.clone(), |at, key| at.key(*key));
        let Some(node) = winner.get(&at) else {
            continue;
        };
        let mut places = vec![at.clone()];
        if let Kind::Map(entries) = &node.kind {
            places = entries.iter().map(|entry| at.key(&entry.key)).collect();
        }
        for at in places {
            let Some(Kind::String(old)) = winner.get(&at).map(|node| &node.kind) else {
                continue;
            };
            let new = with_name(old, &roles.name, &roles.new);
            if new != *old {
                changes.push(Change::value(at, new));
            }
        }
    }
    Ok(changes)
}

/// A text with another name in place of a model's, where that stands as a word of its own: `model-v2`, and not `model-v20`.
fn with_name(text: &str, name: &str, new: &str) -> String {
    let mut made = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(name) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
        let inside = is_word(
            before
                .chars()
                .next_back()
                .or_else(|| made.chars().next_back()),
        ) || is_word(after.chars().next());
        made.push_str(before);
        made.push_str(if inside { name } else { new });
        rest = after;
    }
    made + rest
}

/// What is other in the stable model than in the winner: the replicas that the last step left it.
pub(super) fn of_stable(compiled: &Compiled, roles: &Roles) -> Result<Vec<Change>, Refused> {
    let plan = &compiled.plan;
    let winner = ModelId(roles.winner);
    let last = plan
        .stages
        .last()
        .and_then(|last| last.running.get(&winner));
    // Another number is nobody's, or follows from the traffic.
    let is_named = matches!(plan.model(winner).scaling, Scaling::Steps);
    let (Some(replicas), true) = (last, is_named) else {
        return Ok(Vec::new());
    };
    let of_manifest = plan.model(winner).own().and_then(|own| own.replicas);
    let at = Route::root().key("replicas");
    let document = compiled.report.document.as_ref();
    let entry = super::models_route().index(roles.winner);
    let entry = document.and_then(|document| document.get(&entry));
    match entry.and_then(|entry| entry.get(&at)) {
        Some(written) if written.to_json() == *replicas => Ok(Vec::new()),
        Some(_) => Ok(vec![Change::value(at, *replicas)]),
        None if *replicas == of_manifest.unwrap_or(1) => Ok(Vec::new()),
        None => Err(Refused::Because(
            format!(
                "`{}` ends with {replicas} replicas, and its entry has no `replicas` that could say so",
                roles.name
            ),
            "write its `replicas` in `models`, render and commit; then run this again".to_owned(),
        )),
    }
}
