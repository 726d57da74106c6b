//! How long files may be: a reader takes one at a time.

use super::{is_tests, sources};

/// The most lines of a file before its tests.
const MOST_LINES: usize = 400;
/// The most lines of half of the files, before their tests.
const MOST_MEDIAN_LINES: usize = 120;
/// The most lines of `lib.rs` and `main.rs` together.
const MOST_DOORWAY_LINES: usize = 100;

/// Every file that is no test by its path, and its lines before its tests.
fn lengths() -> Vec<(String, usize)> {
    let before_tests = |text: &str| {
        let lines = text.lines();
        lines
            .take_while(|line| !line.starts_with("#[cfg(test)]"))
            .count()
    };
    let sources = sources().into_iter();
    sources
        .filter(|(path, _)| !is_tests(path))
        .map(|(path, text)| (path, before_tests(&text)))
        .collect()
}

#[test]
fn no_file_is_too_long() {
    let found: Vec<String> = lengths()
        .into_iter()
        .filter(|(_, lines)| *lines > MOST_LINES)
        .map(|(path, lines)| format!("src/{path} has {lines} lines before its tests"))
        .collect();
    assert!(
        found.is_empty(),
        "{MOST_LINES} are allowed, split by variant:\n{}",
        found.join("\n")
    );
}

#[test]
fn half_of_the_files_are_short() {
    let mut lines: Vec<usize> = lengths().into_iter().map(|(_, lines)| lines).collect();
    lines.sort_unstable();
    let median = lines[lines.len() / 2];
    assert!(
        median <= MOST_MEDIAN_LINES,
        "half of the files have more than {median} lines, and {MOST_MEDIAN_LINES} are allowed"
    );
}

#[test]
fn the_doorway_is_narrow() {
    let lines: usize = lengths()
        .into_iter()
        .filter(|(path, _)| path == "lib.rs" || path == "main.rs")
        .map(|(_, lines)| lines)
        .sum();
    assert!(
        lines <= MOST_DOORWAY_LINES,
        "lib.rs and main.rs have {lines} lines together, and {MOST_DOORWAY_LINES} are allowed"
    );
}
