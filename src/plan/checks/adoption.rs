//! GP114, GP117 and GP118: what is known of the pods of a Deployment that runs already.

use crate::diag::words::and_list;
use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::Plan;
use crate::spec::{Document, Spec};

/// Only stable has requests before its pods have been replaced: every other model is rolled in a stage in which nothing routes to
/// it.
pub(super) fn check(plan: &Plan, document: &Document, report: &mut Report) {
    let spec = &document.spec;
    let (given, stable) = (&spec.models[plan.stable.0], plan.model(plan.stable));
    let root = Route::root().key("spec");
    check_names(plan, spec, report);
    // What a manifest selects, nobody can change: the pods that run carry it.
    let selector = match stable.own() {
        Some(own) => own.pods.map(|_| &stable.selector),
        None => given.selector.as_ref(),
    };
    match selector {
        None if spec.adopt => report.push(
            Diagnostic::new(
                Code::GP117,
                Place::key(root.key("adopt")),
                format!(
                    "nothing is adopted: the stable model `{}` gives no `selector`",
                    stable.name
                ),
            )
            .help("give it the selector of the Deployment that runs, or remove `adopt`"),
        ),
        // What `subset` says of pods that run is the spec's word, and only the cluster can deny it.
        Some(selector) if !spec.adopt && given.subset.is_none() => {
            let unknown = stable.subset_labels.iter();
            let unknown = unknown
                .filter(|(key, value)| selector.get(*key) != Some(*value))
                .map(|(key, value)| format!("{key}: {value}"));
            let unknown: Vec<String> = unknown.collect();
            if !unknown.is_empty() {
                let at = root.key("models").index(plan.stable.0);
                let at = match stable.own() {
                    Some(_) => at.key("workload").key("manifest"),
                    None => at.key("selector"),
                };
                report.push(
                    Diagnostic::new(
                        Code::GP114,
                        Place::value(at),
                        format!(
                            "the running pods of `{}` are not known to carry {}, by which its subset finds them",
                            stable.name,
                            and_list(unknown)
                        ),
                    )
                    .note("a subset without pods answers every request with 503")
                    .help("name labels that they carry in `subset: {labels: …}`, or have them labelled first with `adopt: true` below `spec`"),
                );
            }
        }
        None | Some(_) => {}
    }
}

/// A name that is kept, without the selector that must be kept with it.
fn check_names(plan: &Plan, spec: &Spec, report: &mut Report) {
    for (index, model) in spec.models.iter().enumerate() {
        let default = format!("{}-{}", plan.name, model.name);
        // That stable lacks what `adopt` needs is said there.
        let is_told = spec.adopt && index == plan.stable.0;
        let named = model.workload_name.as_ref();
        let named = named.filter(|name| **name != default && !is_told);
        if let (Some(name), None) = (named, &model.selector) {
            let at = Route::root()
                .key("spec")
                .key("models")
                .index(index)
                .key("workloadName");
            report.push(
                Diagnostic::new(
                    Code::GP118,
                    Place::value(at),
                    format!("the Deployment `{name}` is named without its selector, which cannot be changed if it runs already"),
                )
                .note("it would be refused, and the Service and the subset would leave its pods nevertheless")
                .help(format!("add `selector`, as `kubectl get deployment {name} -o yaml` shows it")),
            );
        }
    }
}
