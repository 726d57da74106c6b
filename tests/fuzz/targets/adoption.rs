//! `init --from` on any manifests: what it writes is a rollout, and what it refuses leaves nothing behind.

use crate::case::Case;
use crate::mutate;

pub(crate) fn run(case: &mut Case<'_>) {
    let (corpus, rng) = (case.corpus, &mut case.rng);
    let text = corpus.manifest(rng);
    let text = if rng.u8(..6) == 0 {
        text.as_bytes().to_vec()
    } else {
        mutate::stream(text, 3, corpus, rng)
    };
    case.write("runs.yaml", text);
    let Some(ran) = case.run_to(&[0, 1], &["init", "out", "--from", "runs.yaml"]) else {
        return;
    };
    if ran.code == 0 {
        case.tally.mark("adopted");
        case.run_to(&[0], &["validate", "out"]);
        case.run_to(&[0], &["render", "out"]);
    } else if case.path("out").exists() {
        case.fault("a refused adoption leaves files behind");
    }
}
