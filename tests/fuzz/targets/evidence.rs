//! Evidence and results that somebody hands in.

use std::fs;

use crate::case::Case;
use crate::mutate;

const FORMATS: [&str; 5] = ["text", "markdown", "json", "junit", "openmetrics"];
/// Verdicts as another program writes them.
const VERDICTS: &str = r#"{"version": 2, "rollout": "image-classifier", "stage": "baseline", "stageStartedAt": "2023-11-14T22:13:20Z", "evaluatedAt": "2023-11-15T22:13:20Z", "verdict": "pass", "gates": [{"gate": "availability", "model": "b", "verdict": "pass", "value": "99.93%", "limit": "99.5%"}]}"#;

pub(crate) fn run(case: &mut Case<'_>) {
    let Some((compiled, stage)) = super::telemetry::judged(case) else {
        return;
    };
    let format = FORMATS[case.rng.usize(..FORMATS.len())];
    case.write("rollout.yaml", compiled.report.source.text());
    if case.rng.u8(..3) == 0 {
        return handed_in(case, compiled.plan.stage(stage).name.as_str(), format);
    }
    let text = if case.rng.u8(..4) == 0 {
        VERDICTS.to_owned()
    } else {
        // A server that answers nothing: every question is in it all the same.
        let source = glidepath::gate::Replay::read(VERDICTS);
        let record = source
            .ok()
            .and_then(|source| super::telemetry::evaluated(case, &compiled, stage, &source));
        record.map_or_else(String::new, |record| {
            glidepath::promotion::evidence::text(&record)
        })
    };
    let changed = mutate::json(&text, 4, case.corpus, &mut case.rng);
    case.write("evidence.json", changed);
    case.run_to(
        &[0, 1, 3, 4, 6],
        &[
            "gate",
            "rollout.yaml",
            "--replay",
            "evidence.json",
            "--format",
            format,
        ],
    );
}

/// The files that `result` gates read, one of them changed; whoever asks a server gets an error.
fn handed_in(case: &mut Case<'_>, stage: &str, format: &str) {
    let files: Vec<_> = fs::read_dir(case.place)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .collect();
    let files: Vec<_> = files
        .into_iter()
        .filter(|path| path.is_file() && !path.ends_with("rollout.yaml"))
        .collect();
    if !files.is_empty() {
        let path = &files[case.rng.usize(..files.len())];
        let bytes = fs::read(path).unwrap_or_default();
        let changed = match std::str::from_utf8(&bytes) {
            Ok(text) if path.extension().is_some_and(|end| end == "json") => {
                mutate::json(text, 3, case.corpus, &mut case.rng)
            }
            _ => mutate::bytes(&bytes, &mut case.rng),
        };
        fs::write(path, changed).expect("a file");
    }
    let began = [
        "1700000000",
        "0",
        "-1",
        "253402300799",
        "9223372036854775807",
        "2026-08-22T09:00:00Z",
    ][case.rng.usize(..6)];
    let began = format!("--stage-started-at={began}");
    case.run_to(
        &[0, 1, 2, 3, 4, 6],
        &[
            "gate",
            "rollout.yaml",
            "--stage",
            stage,
            &began,
            "--format",
            format,
            "--namespace",
            "ml",
        ],
    );
}
