//! Names become references, deltas become whole stages, defaults are filled in.

mod argocd;
mod cohorts;
mod condition;
mod entry;
mod expand;
mod exported;
mod flags;
mod gates;
mod labels;
mod levels;
mod models;
mod names;
mod patches;
mod router;
mod selector;
mod service;
mod sources;
mod stages;
mod traffic;

use crate::diag::Route;
use crate::diag::words::suggestion;
use crate::diag::{Code, Diagnostic, Place, Report};
use crate::spec::{self, Document, Spec};
use crate::units::names::LABEL_NAMESPACE;
use crate::units::{Duration, HUNDRED, Percent, Quantity};

use std::collections::BTreeMap;

use labels::{check_annotations, check_label, check_labels, label};
use models::Owned;
use names::Names;
use sources::Sources;

pub use expand::{Expansion, expand};

use super::{ModelId, Plan, Policy, Stage, StageId, checks};

/// The default of `policy.maxIncrease`, in points.
const MAX_INCREASE: u32 = 5_000;
/// The default of `policy.minBake`: time for Argo CD or Flux to have applied a stage.
const MIN_BAKE: Duration = Duration::from_seconds(300);
/// The default of `policy.evidenceMaxAge`: a pull request may stay open over a night.
const EVIDENCE_MAX_AGE: Duration = Duration::from_seconds(86_400);

/// Resolves a document and holds it against every rule; `None` where the report has errors.
pub fn resolve(document: &Document, report: &mut Report) -> Option<Plan> {
    let plan = build(document, report)?;
    checks::run(&plan, document, report);
    let levels = levels::of(document, report);
    report.apply_levels(levels);
    (!report.has_errors()).then_some(plan)
}

fn build(document: &Document, report: &mut Report) -> Option<Plan> {
    let spec = &document.spec;
    let root = Route::root();
    let name = label(
        &document.metadata.name,
        root.key("metadata").key("name"),
        report,
    );
    let namespace = document
        .metadata
        .namespace
        .as_ref()
        .map(|name| labels::namespace(name, root.key("metadata").key("namespace"), report));
    check_metadata(document, report);
    let names = Names::of(spec, report);
    let stable = names.model(&spec.stable, &root.key("spec").key("stable"), report);
    let name = name?;
    let namespace = namespace.map_or(Some(None), |namespace| namespace.map(Some))?;
    let owned = Owned::read(document, report);
    if !owned.are_sound(spec) {
        // What would follow from a manifest that is not known is nobody's mistake.
        return None;
    }
    let selector = selector::selector(spec, &name, &owned, report);
    let models = models::resolve(document, &name, &owned, &selector, report);
    let cohorts = cohorts::resolve(spec, report);
    let sources = Sources::resolve(document, report);
    let gates = gates::resolve(document, &names, &sources, report);
    let stages = stages::resolve(spec, &names, stable, &owned, report);
    let models = models?;
    // Ports that the spec lists do not depend on the stable model.
    let has_ports = stable.or_else(|| spec.service.ports.as_ref().map(|_| ModelId(0)))?;
    let service = service::resolve(spec, &name, &owned, selector, &models, has_ports, report)?;
    let traffic = traffic::resolve(spec, &name, &service, report)?;
    let stable = stable?;
    if spec.namespace.create && namespace.is_none() {
        report.push(
            Diagnostic::new(
                Code::GP007,
                Place::key(root.key("spec").key("namespace").key("create")),
                "a namespace can be created only if `metadata.namespace` names it",
            )
            .help("add `namespace:` below `metadata`"),
        );
    }
    if let (Some(namespace), Some(label)) = (&namespace, spec.namespace.labels.get(LABEL_NAMESPACE))
        && label != namespace.as_str()
    {
        report.push(
            Diagnostic::new(
                Code::GP109,
                Place::value(root.key("spec").key("namespace").key("labels").key(LABEL_NAMESPACE)),
                format!("the API server sets the label `{LABEL_NAMESPACE}` to the namespace's name, `{namespace}`"),
            )
            .note("another value is replaced at once, and whoever compares the cluster with git finds a difference for ever")
            .help("remove it"),
        );
    }
    let mut create_namespace = spec.namespace.create.then(|| spec.namespace.labels.clone());
    if let Some(labels) = &mut create_namespace {
        for (key, value) in traffic.router.namespace_labels() {
            labels.entry(key).or_insert(value);
        }
    }
    let stages = stages?;
    let live = live(spec, &stages, report);
    let patches = patches::resolve(spec, &names, &stages, report);
    let argocd = spec
        .outputs
        .argocd
        .as_ref()
        .and_then(|given| argocd::resolve(given, &name, namespace.as_ref(), report));
    let plan = Plan {
        name,
        namespace,
        labels: document.metadata.labels.clone(),
        annotations: document.metadata.annotations.clone(),
        create_namespace,
        service,
        models,
        stable,
        traffic,
        cohorts: cohorts?,
        flags: flags::resolve(spec, report),
        gates,
        sources: sources.all,
        selector: exported::resolve(spec.metrics.as_ref(), report),
        ways_back: Vec::new(),
        scaled: Vec::new(),
        stages,
        live,
        patches,
        policy: policy(&spec.policy, report),
        argocd,
    }
    .scaled_with_traffic()
    .with_buckets()
    .with_ways_back();
    (!report.has_errors()).then_some(plan)
}

/// What is copied onto objects is not what glidepath sets itself.
fn check_metadata(document: &Document, report: &mut Report) {
    let root = Route::root();
    check_labels(
        &document.metadata.labels,
        &root.key("metadata").key("labels"),
        report,
    );
    check_annotations(
        &document.metadata.annotations,
        &root.key("metadata").key("annotations"),
        report,
    );
    check_labels(
        &document.spec.namespace.labels,
        &root.key("spec").key("namespace").key("labels"),
        report,
    );
}

fn policy(given: &spec::Policy, report: &mut Report) -> Policy {
    let points = |points: f64| Percent::parse(points).unwrap_or(HUNDRED);
    let max_increase = given
        .max_increase
        .map_or(Percent::from_hundredths(MAX_INCREASE), points);
    let time = |given: &Option<String>, default: Duration| {
        given
            .as_ref()
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    Policy {
        max_increase,
        // With one candidate the two are one number, and who raised one has said it.
        max_exposure_increase: given.max_exposure_increase.map_or(max_increase, points),
        max_extra: max_extra(given, report),
        min_bake: time(&given.min_bake, MIN_BAKE),
        require_healthy: given.require_healthy.unwrap_or(false),
        evidence_max_age: time(&given.evidence_max_age, EVIDENCE_MAX_AGE),
    }
}

/// The amounts of `policy.maxExtra`.
fn max_extra(given: &spec::Policy, report: &mut Report) -> BTreeMap<String, Quantity> {
    let at = Route::root().key("spec").key("policy").key("maxExtra");
    let amounts = given.max_extra.iter().filter_map(|(name, written)| {
        let amount = written.to_string().parse::<Quantity>();
        let amount = amount.ok().filter(|amount| !amount.is_negative() && amount.billionths().is_some());
        if amount.is_none() {
            report.push(Diagnostic::new(
                Code::GP010,
                Place::value(at.key(name)),
                format!("`{name}` is `{written}`, and must be a quantity of 0 or more, such as `2`, `500m` or `64Gi`"),
            ));
        }
        Some((name.clone(), amount?))
    });
    amounts.collect()
}

/// The index of the stage that `spec.stage` names.
fn live(spec: &Spec, stages: &[Stage], report: &mut Report) -> Option<StageId> {
    let wanted = spec.stage.as_deref()?;
    let known = || stages.iter().map(|stage| stage.name.as_str());
    let live = known().position(|name| name == wanted).map(StageId);
    if live.is_none() {
        report.push(
            Diagnostic::new(
                Code::GP113,
                Place::value(Route::root().key("spec").key("stage")),
                format!("there is no stage `{wanted}`"),
            )
            .maybe_help(suggestion(wanted, known().collect::<Vec<_>>())),
        );
    }
    live
}
