//! GP619: a backend in a namespace that somebody else owns, who must allow it.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::Plan;

pub(super) fn check(plan: &Plan, report: &mut Report) {
    for grant in plan.grants() {
        if grant.is_written {
            continue;
        }
        let at = Route::root().key("spec").key("models");
        let place = Place::value(at.index(grant.model.0).key("backend"));
        let own = plan.namespace.as_ref();
        let own = own.map_or("<namespace of the rollout>", |name| name.as_str());
        let (to, kind, name) = (&grant.namespace, grant.kind, &grant.name);
        let found = Diagnostic::new(
            Code::GP619,
            place,
            format!("the backend is in the namespace `{to}`, and no route from another one leads there before somebody there allows it"),
        )
        .note("until then the gateway answers its share with 500")
        .help(format!(
            "let the owners of `{to}` apply `{{apiVersion: {}, kind: ReferenceGrant, metadata: {{name: {}, namespace: {to}}}, spec: {{from: [{{group: gateway.networking.k8s.io, kind: {}, namespace: {own}}}], to: [{{group: \"{}\", kind: {kind}, name: {name}}}]}}}}`, then set `lints: {{GP619: allow}}`",
            grant.api_version, plan.name, grant.from, grant.group
        ));
        report.push(found);
    }
}
