//! GP618: keys in plain text.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::Plan;

/// Variables that hold keys.
const KEYS: [&str; 8] = [
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "AWS_SESSION_TOKEN",
    "AZURE_CLIENT_SECRET",
    "AZURE_STORAGE_KEY",
    "AZURE_STORAGE_SAS",
    "GITHUB_TOKEN",
    "NGC_API_KEY",
];
/// What the names of other such variables end in.
const ENDS: [&str; 4] = ["_SECRET_ACCESS_KEY", "_ACCESS_KEY", "_API_KEY", "_PASSWORD"];
/// Arguments that hold keys.
const ARGUMENTS: [&str; 2] = ["--api-key", "--hf-token"];

pub(super) fn check(plan: &Plan, report: &mut Report) {
    for (index, model) in plan.models.iter().enumerate() {
        let Some(own) = model.generated() else {
            continue;
        };
        let at = Route::root().key("spec").key("models").index(index);
        let mut tell = |place: Place, what: &str| {
            report.push(
                Diagnostic::new(Code::GP618, place, format!("{what} is a key in plain text, and in git for ever"))
                    .help("let the pods run as a `serviceAccount` with the annotation of workload identity, or name a Secret: `valueFrom: {secretKeyRef: {name: …, key: …}}`"),
            );
        };
        for (number, var) in own.pod.env.iter().enumerate() {
            let is_key =
                KEYS.contains(&var.name.as_str()) || ENDS.iter().any(|end| var.name.ends_with(end));
            if is_key && var.value.as_deref().is_some_and(is_text) {
                let place = at.key("env").index(number).key("name");
                tell(Place::value(place), &format!("the value of `{}`", var.name));
            }
        }
        let lists = [
            ("args", own.pod.args.as_deref().unwrap_or_default()),
            ("extraArgs", &own.pod.extra_args),
        ];
        for (field, list) in lists {
            for (number, given) in list.iter().enumerate() {
                let (flag, value) = match given.split_once('=') {
                    Some((flag, value)) => (flag, Some(value)),
                    None => (given.as_str(), list.get(number + 1).map(String::as_str)),
                };
                if ARGUMENTS.contains(&flag) && value.is_some_and(is_text) {
                    let place = Place::value(at.key(field).index(number));
                    tell(place, &format!("the value of `{flag}`"));
                }
            }
        }
    }
}

/// Whether a value is a text of its own, and not a reference to a variable.
fn is_text(value: &str) -> bool {
    !value.is_empty() && !value.starts_with("$(")
}
