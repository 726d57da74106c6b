//! The Service that leads to the candidate alone.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::resolve::names::unknown;
use crate::plan::{Model, ModelId};
use crate::spec::Spec;
use crate::units::DnsLabel;
use crate::units::names::MAX_LABEL;

/// The model of `service.preview`; none where there is no such Service, or it is wrong.
pub(super) fn resolve(
    spec: &Spec,
    service: &DnsLabel,
    models: &[Model],
    stable: ModelId,
    report: &mut Report,
) -> Option<ModelId> {
    let name = spec.service.preview.as_ref()?;
    let at = Place::value(Route::root().key("spec").key("service").key("preview"));
    let Some(model) = models.iter().position(|model| model.name.as_str() == name) else {
        let known: Vec<&str> = models.iter().map(|model| model.name.as_str()).collect();
        report.push(unknown(Code::GP101, "model", name, at, &known));
        return None;
    };
    let mut refuse = |code, message: String, help: &str| {
        report.push(Diagnostic::new(code, at.clone(), message).help(help));
        None
    };
    let length = format!("{service}-preview").len();
    if length > MAX_LABEL {
        let message = format!(
            "the Service `{service}-preview` has {length} characters, and {MAX_LABEL} are allowed"
        );
        return refuse(Code::GP107, message, "give `service` a shorter `name`");
    }
    if model == stable.0 {
        let message =
            format!("`{name}` is stable, and a preview is of a model that comes after it");
        return refuse(Code::GP006, message, "name the new model");
    }
    for model in [&models[model], &models[stable.0]] {
        if model.backend.is_some() {
            let message = format!(
                "the requests of `{}` go to a Service of its own, so none can select its pods for a preview",
                model.name
            );
            return refuse(Code::GP127, message, "leave the preview's Service out");
        }
    }
    Some(ModelId(model))
}
