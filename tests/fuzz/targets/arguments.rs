//! `explain`, `schema` and the rest of what takes words alone, with any words.

use crate::case::Case;
use crate::mutate::word;

const COMMANDS: [&[&str]; 9] = [
    &["explain"],
    &["schema"],
    &["completions"],
    &["man"],
    &["validate", "--message-format"],
    &["plan", "--content"],
    &["prove", "--from"],
    &["trace"],
    &["cmp", "discover", "--file"],
];

pub(crate) fn run(case: &mut Case<'_>) {
    let rng = &mut case.rng;
    let mut arguments: Vec<String> = COMMANDS[rng.usize(..COMMANDS.len())]
        .iter()
        .map(|word| (*word).to_owned())
        .collect();
    for _ in 0..rng.usize(..3) {
        arguments.push(match rng.u8(..4) {
            0 => format!("GP{}", rng.u16(..700)),
            1 => format!("--{}", word(rng)),
            _ => word(rng),
        });
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    case.run_to(&[0, 1, 2, 6], &arguments);
}
