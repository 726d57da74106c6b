//! GP612 to GP616: accelerators, of which a cluster has few, and models that take long to load into them.

use k8s_openapi::api::core::v1::Probe;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::runtimes;
use crate::plan::{Accelerators, Generated, Model, Plan, PortRef};

/// Seconds that a model of several gigabytes takes to be loaded, at the least that others give it: KServe's template for language
/// models and vLLM's production stack both wait for ten minutes.
const LOADING_SECONDS: i32 = 600;
/// Words in a tag that say that the image is for accelerators.
const WORDS: [&str; 4] = ["gpu", "cuda", "cu1", "rocm"];
/// Images that are for accelerators whatever their tag.
const IMAGES: [&str; 2] = ["vllm-openai", "lmsysorg/sglang"];
/// Arguments by which vLLM and SGLang are told to use several accelerators, or to read a file that may tell them.
const PARALLEL: [&str; 15] = [
    "--tensor-parallel-size",
    "-tp",
    "--tp",
    "--tp-size",
    "--pipeline-parallel-size",
    "-pp",
    "--pp",
    "--pp-size",
    "--data-parallel-size",
    "-dp",
    "--dp",
    "--dp-size",
    "--expert-parallel-size",
    "--ep-size",
    "--config",
];

pub(super) fn check(plan: &Plan, report: &mut Report) {
    for (index, model) in plan.models.iter().enumerate() {
        let Some(own) = model.generated() else {
            continue;
        };
        let at = Route::root().key("spec").key("models").index(index);
        let accelerators = own.accelerators();
        let found = [
            surge(model, own, &accelerators, &at),
            only_pod(model, own, &at),
            no_accelerator(model, own, &accelerators, &at),
            short_startup(model, own, &accelerators, &at),
            unused(model, own, &accelerators, &at),
        ];
        for found in found.into_iter().flatten() {
            report.push(found);
        }
    }
}

/// The fewest pods that a model has before any step changes them, where anybody here knows.
fn fewest(model: &Model) -> Option<u32> {
    model.pods(model.replicas).map(|(fewest, _)| fewest)
}

/// How many pods `maxSurge` allows beyond so many; Kubernetes rounds a share up.
fn surging(surge: &PortRef, pods: u32) -> u64 {
    match surge {
        PortRef::Number(number) => u64::from(*number),
        PortRef::Name(share) => {
            let share: u64 = share.trim_end_matches('%').parse().unwrap_or_default();
            (u64::from(pods) * share).div_ceil(100)
        }
    }
}

/// GP612: new pods beside the old ones, where each takes accelerators and others could serve meanwhile.
fn surge(
    model: &Model,
    own: &Generated,
    accelerators: &Accelerators,
    at: &Route,
) -> Option<Diagnostic> {
    let pods = fewest(model)?;
    let more = surging(&own.rolling.max_surge, pods);
    let (resource, count) = accelerators.iter().next()?;
    if more == 0 || pods < 2 {
        return None;
    }
    let found = Diagnostic::new(
        Code::GP612,
        Place::value(at.key("rollingUpdate").key("maxSurge")),
        format!(
            "while a change of `{}` rolls, its pods take {} `{resource}` more than the {} that they have",
            model.name,
            more * count,
            u64::from(pods) * count
        ),
    );
    Some(found
        .note("a pod that finds none waits, and the change with it; the candidate's pods take theirs beside stable's already")
        .help("remove `maxSurge`: a pod then makes room before the next one comes"))
}

/// GP613: a change that takes the only pod away before the next one is there.
fn only_pod(model: &Model, own: &Generated, at: &Route) -> Option<Diagnostic> {
    if fewest(model)? != 1 || surging(&own.rolling.max_surge, 1) > 0 {
        return None;
    }
    let found = Diagnostic::new(
        Code::GP613,
        Place::value(at.key("name")),
        format!(
            "a change of `{}` takes its only pod away, and nothing serves until the next one has loaded its model",
            model.name
        ),
    );
    Some(found.help(
        "give it two replicas, or `rollingUpdate: {maxSurge: 1}` where another accelerator is free",
    ))
}

/// GP614: an image for accelerators in a container that takes none.
fn no_accelerator(
    model: &Model,
    own: &Generated,
    accelerators: &Accelerators,
    at: &Route,
) -> Option<Diagnostic> {
    let (repository, tag) = (own.image.repository(), own.image.tag().unwrap_or_default());
    let says = |word: &&str| {
        let mut parts = tag.split(['-', '_', '.']);
        parts.any(|part| part.starts_with(word))
    };
    let is_for = WORDS.iter().any(says) || IMAGES.iter().any(|image| repository.ends_with(image));
    // A claim of dynamic resources may be one for an accelerator.
    let resources = own.pod.resources.as_ref();
    let claims = resources.is_some_and(|given| given.claims.is_some());
    if !is_for || claims || !accelerators.is_empty() {
        return None;
    }
    let found = Diagnostic::new(
        Code::GP614,
        Place::value(at.key("image")),
        format!(
            "`{}` has an image for accelerators, and asks for none",
            model.name
        ),
    );
    Some(found
        .note("a pod without such a limit sees no device: the server fails at its start, or falls back to the CPU")
        .help("add `resources: {limits: {nvidia.com/gpu: 1}}`, or take the image for CPUs"))
}

/// GP615: a container with accelerators that is restarted before its model can be loaded.
fn short_startup(
    model: &Model,
    own: &Generated,
    accelerators: &Accelerators,
    at: &Route,
) -> Option<Diagnostic> {
    let (field, probe) = match (&own.pod.startup_probe, &own.pod.liveness_probe) {
        (Some(probe), _) => ("startupProbe", probe),
        (None, Some(probe)) if runtimes::facts(own.runtime).probes.is_none() => {
            ("livenessProbe", probe)
        }
        (None, _) => return None,
    };
    let seconds = budget(probe);
    if accelerators.is_empty() || seconds >= LOADING_SECONDS {
        return None;
    }
    let found = Diagnostic::new(
        Code::GP615,
        Place::key(at.key(field)),
        format!(
            "`{field}` restarts `{}` after {seconds} seconds, and a model that needs an accelerator may take {LOADING_SECONDS} to load",
            model.name
        ),
    );
    Some(found.help(if field == "startupProbe" {
        "raise `failureThreshold` to at least 60 with `periodSeconds: 10`, or leave the probe to the runtime"
    } else {
        "add a `startupProbe` with `failureThreshold: 60` and `periodSeconds: 10`: the other probes wait for it"
    }))
}

/// Seconds until a probe that never succeeds restarts its container.
fn budget(probe: &Probe) -> i32 {
    let tries = probe.failure_threshold.unwrap_or(3);
    let between = tries.saturating_mul(probe.period_seconds.unwrap_or(10));
    between.saturating_add(probe.initial_delay_seconds.unwrap_or(0))
}

/// GP616: several accelerators, and a server that uses one unless it is told otherwise.
fn unused(
    model: &Model,
    own: &Generated,
    accelerators: &Accelerators,
    at: &Route,
) -> Option<Diagnostic> {
    let given = own.pod.args.iter().flatten().chain(&own.pod.extra_args);
    let mut flags = given.map(|given| {
        let flag = given.split('=').next().unwrap_or(given);
        flag.replace('_', "-")
    });
    let told = flags.any(|flag| PARALLEL.contains(&flag.as_str()));
    let (resource, count) = accelerators.iter().find(|(_, count)| *count > 1)?;
    let facts = runtimes::facts(own.runtime);
    if !facts.shares_memory || told || own.pod.command.is_some() {
        return None;
    }
    let found = Diagnostic::new(
        Code::GP616,
        Place::value(at.key("resources").key("limits").key(resource)),
        format!(
            "`{}` takes {count} `{resource}`, and nothing tells `{}` to use more than one",
            model.name, facts.name
        ),
    );
    Some(found.help(format!(
        "add `extraArgs: [\"--tensor-parallel-size={count}\"]`"
    )))
}
