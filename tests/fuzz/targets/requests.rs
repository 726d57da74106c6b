//! `trace` with any request.

use crate::case::Case;
use crate::mutate::word;

const OPTIONS: [&str; 10] = [
    "--header",
    "--query",
    "--cookie",
    "--claim",
    "--source-label",
    "--method",
    "--host",
    "--source-namespace",
    "--port",
    "--stage",
];

pub(crate) fn run(case: &mut Case<'_>) {
    let sample = case.corpus.right_rollout(&mut case.rng);
    case.write("rollout.yaml", &sample.text);
    for (name, bytes) in &sample.beside {
        case.write(name, bytes);
    }
    let known: Vec<&str> = sample
        .text
        .split(|c: char| !(c.is_alphanumeric() || "-./_".contains(c)))
        .collect();
    let rng = &mut case.rng;
    let some = |rng: &mut fastrand::Rng| match rng.u8(..3) {
        0 => word(rng),
        _ => known[rng.usize(..known.len())].to_owned(),
    };
    let mut arguments = vec!["trace".to_owned(), "rollout.yaml".to_owned()];
    if rng.bool() {
        arguments.push(format!("--path=/{}", some(rng)));
    }
    for _ in 0..rng.usize(..6) {
        let option = OPTIONS[rng.usize(..OPTIONS.len())];
        let value = match option {
            "--port" => rng.u16(..).to_string(),
            "--header" | "--query" | "--cookie" | "--claim" | "--source-label" => {
                format!("{}={}", some(rng), some(rng))
            }
            _ => some(rng),
        };
        arguments.push(format!("{option}={value}"));
    }
    if rng.bool() {
        arguments.push(format!("--via={}", ["gateway", "mesh"][rng.usize(..2)]));
    }
    if rng.bool() {
        arguments.push("--format=json".to_owned());
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let ran = case.run_to(&[0, 1, 2], &arguments);
    if ran.is_some_and(|ran| ran.code == 0) {
        case.tally.mark("traced");
    }
}
