//! Argo CD's plugin: parameters, stage, pointer and lock of strangers.

use std::path::Path;
use std::process::{Command, Stdio};

use glidepath::cmp::{Invocation, announce, generate};
use glidepath::sink::files::Folder;
use serde_json::json;

use crate::case::Case;
use crate::mutate::{self, word};

const NAMES: [&str; 6] = ["stage", "namespace", "file", "glidepath-version", "", "x"];

pub(crate) fn run(case: &mut Case<'_>) {
    let sample = case.corpus.right_rollout(&mut case.rng);
    case.write("rollout.yaml", &sample.text);
    for (name, bytes) in &sample.beside {
        case.write(name, bytes);
    }
    let rng = &mut case.rng;
    let parameters = rng.bool().then(|| parameters(case.corpus, rng));
    let stage = (rng.u8(..3) == 0).then(|| {
        if rng.bool() {
            "baseline".to_owned()
        } else {
            word(rng)
        }
    });
    let pointer = (rng.u8(..4) > 0).then(|| {
        let stage = ["00-baseline", "01-testers", "02-weight-10", "../x"][rng.usize(..4)];
        let text = format!("resources:\n- ../stages/{stage}\n");
        if rng.bool() {
            text.into_bytes()
        } else {
            mutate::yaml(&text, 3, case.corpus, rng)
        }
    });
    if let Some(pointer) = pointer {
        case.write("deploy/current/kustomization.yaml", pointer);
    }
    // The variables of a process can only be set for another one.
    if case.rng.u8(..40) == 0 {
        return child(case, parameters.as_deref(), stage.as_deref());
    }
    let invocation = Invocation {
        parameters,
        stage,
        file: None,
    };
    case.call(|| announce(&invocation, &Folder::new(Path::new(""))));
    let Some(said) = case.call(|| generate(&invocation, &Folder::new(Path::new("")))) else {
        return;
    };
    match said {
        Ok(text) if text.trim().is_empty() => {
            case.fault("nothing is printed, for which Argo CD prunes everything");
        }
        Ok(text) => {
            case.tally.mark("generated");
            let lines = text.lines().map(serde_json::from_str::<serde_json::Value>);
            if lines.into_iter().any(|line| line.is_err()) {
                case.fault("a line is no object");
            }
        }
        Err(refusal) => {
            let text = format!("{refusal:?}");
            if text.contains("internal error") {
                case.fault(text);
            }
        }
    }
}

fn parameters(corpus: &crate::corpus::Corpus, rng: &mut fastrand::Rng) -> String {
    let list: Vec<_> = (0..rng.usize(..4))
        .map(|_| {
            let name = NAMES[rng.usize(..NAMES.len())];
            let value = match (name, rng.u8(..3)) {
                ("stage", 0 | 1) => "baseline".to_owned(),
                ("file", 0) => "./rollout.yaml".to_owned(),
                ("namespace", 0) => "other".to_owned(),
                ("glidepath-version", 0) => "v0.1".to_owned(),
                _ => word(rng),
            };
            match rng.u8(..6) {
                0 => json!({"name": name, "array": [value]}),
                1 => json!({"name": name, "map": {"a": value}, "string": null}),
                2 => json!({"name": name}),
                _ => json!({"name": name, "string": value}),
            }
        })
        .collect();
    let text = json!(list).to_string();
    if rng.bool() {
        text
    } else {
        String::from_utf8_lossy(&mutate::json(&text, 3, corpus, rng)).into_owned()
    }
}

fn child(case: &mut Case<'_>, parameters: Option<&str>, stage: Option<&str>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_glidepath"));
    command
        .args(["cmp", "generate"])
        .current_dir(case.place)
        .env_clear()
        .stdin(Stdio::null());
    // No variable holds a NUL.
    let set = [
        ("ARGOCD_APP_PARAMETERS", parameters),
        ("ARGOCD_ENV_GLIDEPATH_STAGE", stage),
    ];
    for (name, value) in set {
        if let Some(value) = value.filter(|value| !value.contains('\0') && value.len() < 100_000) {
            command.env(name, value);
        }
    }
    let Some(output) = case.call(|| command.output().expect("glidepath starts")) else {
        return;
    };
    match output.status.code() {
        Some(0) if output.stdout.is_empty() => {
            case.fault("nothing is printed, for which Argo CD prunes everything");
        }
        Some(0 | 1) => {}
        other => case.fault(format!("cmp generate ends with {other:?}")),
    }
}
