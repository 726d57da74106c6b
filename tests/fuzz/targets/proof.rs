//! `prove` on any manifests.

use crate::case::Case;
use crate::mutate;

pub(crate) fn run(case: &mut Case<'_>) {
    let (corpus, rng) = (case.corpus, &mut case.rng);
    let before = corpus.manifest(rng);
    // Mostly the same with a change, as moves are.
    let after = if rng.u8(..4) == 0 {
        corpus.manifest(rng)
    } else {
        before
    };
    let changed = mutate::stream(after, 4, corpus, rng);
    let old = if rng.u8(..4) == 0 {
        mutate::stream(before, 2, corpus, rng)
    } else {
        before.as_bytes().to_vec()
    };
    case.write("before.yaml", old);
    case.write("after.yaml", changed);
    let format = ["human", "json", "sarif"][case.rng.usize(..3)];
    let ran = case.run_to(
        &[0, 1],
        &[
            "prove",
            "--from",
            "before.yaml",
            "--to",
            "after.yaml",
            "--message-format",
            format,
        ],
    );
    if let Some(ran) = ran {
        case.tally
            .mark(if ran.code == 0 { "safe" } else { "unsafe" });
    }
}
