//! README.md is executed: every `console` block is run and its output compared, every complete `yaml` block is compiled.
//!
//! In a `console` block a line `$ command` starts a command; the lines up to the next one are what it prints, stdout before
//! stderr, on a terminal of 100 columns. A line `...` stands for any number of lines. Commands that are no `glidepath` command are
//! not run, only read. A `diff` block with a file behind the language is applied to that file before the next command.
//! A `yaml` block that is no whole rollout says so after the language: ```` ```yaml part ````.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{GLIDEPATH, ROOT, scratch};

/// A fenced block of the README.
struct Block {
    /// What stands before the fence.
    indent: String,
    /// What stands behind the fence.
    info: String,
    /// The line of the fence, from 1.
    line: usize,
    /// The lines between the fences.
    lines: Vec<String>,
}

fn blocks() -> Vec<Block> {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).expect("README.md");
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in readme.lines().enumerate() {
        // Inside a list, a block is indented; its own lines begin where its fence does.
        let line = match &open {
            Some(block) => line.strip_prefix(&*block.indent).unwrap_or(line),
            None => line,
        };
        let (indent, fence) = line.split_at(line.len() - line.trim_start().len());
        match (fence.strip_prefix("```"), &mut open) {
            (Some(info), None) => {
                open = Some(Block {
                    indent: indent.to_owned(),
                    info: info.trim().to_owned(),
                    line: at + 1,
                    lines: Vec::new(),
                });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(block)) => block.lines.push(line.to_owned()),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "README.md ends inside a block");
    blocks
}

/// A folder of its own under cargo's scratch space, with a copy of the examples and of what else commands read.
fn workplace(name: &str) -> PathBuf {
    let folder = scratch("readme", name);
    for source in [
        "examples",
        "fixtures/adoption",
        "fixtures/init",
        "fixtures/moves",
    ] {
        copy(&Path::new(ROOT).join(source), &folder.join(source));
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

/// What the command prints, stdout before stderr, and `[exit N]` where it is not 0.
fn run(command: &str, folder: &Path) -> Vec<String> {
    let words: Vec<&str> = command.split_whitespace().collect();
    assert!(
        !command.contains(['\'', '"', '|', '>', '$', '\\']),
        "`{command}` needs a shell; README commands are plain words"
    );
    let output = Command::new(GLIDEPATH)
        .args(&words[1..])
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "100")
        .output()
        .expect("glidepath starts");
    let mut lines: Vec<String> = [output.stdout, output.stderr]
        .iter()
        .flat_map(|bytes| {
            String::from_utf8_lossy(bytes)
                .lines()
                .map(|line| line.trim_end().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    if !output.status.success() {
        lines.push(format!("[exit {}]", output.status.code().unwrap_or(-1)));
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// Whether `got` is what `want` says, where `...` stands for any lines.
fn matches(want: &[String], got: &[String]) -> bool {
    match want.split_first() {
        None => got.is_empty(),
        Some((first, rest)) if first == "..." => {
            (0..=got.len()).any(|skipped| matches(rest, &got[skipped..]))
        }
        Some((first, rest)) => got
            .split_first()
            .is_some_and(|(line, left)| line == first && matches(rest, left)),
    }
}

/// Changes a file as a `diff` block says.
fn change(block: &Block, file: &Path) {
    let side = |sign: char| -> String {
        let lines = block
            .lines
            .iter()
            .filter_map(|line| line.strip_prefix([' ', sign]));
        lines.flat_map(|line| [line, "\n"]).collect()
    };
    let text = fs::read_to_string(file).expect("the file of a diff block");
    let (before, after) = (side('-'), side('+'));
    assert_eq!(
        text.matches(&before).count(),
        1,
        "README.md:{}: these lines do not stand once in {}",
        block.line,
        file.display()
    );
    fs::write(file, text.replace(&before, &after)).expect("the file of a diff block");
}

#[test]
fn console_blocks_print_what_they_say() {
    let folder = workplace("console");
    let mut ran = 0;
    for block in blocks() {
        if let Some(file) = block.info.strip_prefix("diff ") {
            change(&block, &folder.join(file));
        }
        if block.info != "console" {
            continue;
        }
        let mut lines = block.lines.iter().peekable();
        while let Some(line) = lines.next() {
            let command = line
                .strip_prefix("$ ")
                .unwrap_or_else(|| panic!("README.md:{}: output without a command", block.line));
            let mut want = Vec::new();
            while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
                want.push(line.trim_end().to_owned());
            }
            while want.last().is_some_and(String::is_empty) {
                want.pop();
            }
            if command.split_whitespace().next() != Some("glidepath") {
                continue;
            }
            let got = run(command, &folder);
            assert!(
                matches(&want, &got),
                "README.md:{}: `{command}` prints\n{}\n--- the README says\n{}",
                block.line,
                got.join("\n"),
                want.join("\n")
            );
            ran += 1;
        }
    }
    assert!(ran > 0, "README.md shows no command");
}

#[test]
fn yaml_blocks_compile() {
    let folder = workplace("yaml");
    let mut compiled = 0;
    for block in blocks().iter().filter(|block| block.info == "yaml") {
        let place = folder.join(format!("line-{}", block.line));
        fs::create_dir_all(&place).expect("a folder");
        fs::write(place.join("rollout.yaml"), block.lines.join("\n") + "\n").expect("a file");
        let got = run("glidepath validate rollout.yaml", &place);
        assert!(
            !got.iter()
                .any(|line| line.starts_with("[exit") || line.contains("warning[")),
            "README.md:{}: {}",
            block.line,
            got.join("\n")
        );
        compiled += 1;
    }
    assert!(compiled > 0, "README.md shows no rollout");
}

#[test]
fn paths_that_the_documents_name_exist() {
    for document in ["README.md", "CONTRIBUTING.md"] {
        let text = fs::read_to_string(Path::new(ROOT).join(document)).expect(document);
        for path in text.split('`').skip(1).step_by(2) {
            let folder = path.split('/').next().unwrap_or_default();
            let inside = [
                "src", "tests", "examples", "fixtures", "schema", "benches", ".ci",
            ];
            if inside.contains(&folder) && path.contains('/') && !path.contains(['<', '*', ' ']) {
                assert!(
                    Path::new(ROOT).join(path).exists(),
                    "{document} names `{path}`"
                );
            }
        }
    }
}

#[test]
fn dots_stand_for_any_lines() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    assert!(matches(&lines("a\n...\nd"), &lines("a\nb\nc\nd")));
    assert!(matches(&lines("a\n..."), &lines("a")));
    assert!(!matches(&lines("a\n...\nd"), &lines("a\nb")));
    assert!(!matches(&lines("a"), &lines("a\nb")));
}
