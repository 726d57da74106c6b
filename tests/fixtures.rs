//! Every folder of `fixtures/cases/` is a case: `rollout.yaml`, and beside it either the `tree/` that it compiles to or the
//! `report.txt` that it is refused with. Which one is there says what must happen.
//!
//! `GLIDEPATH_BLESS=1` rewrites what is there, and writes what is missing. Read every byte of it before you commit it.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::{Place, ROOT, files_below};

/// A case, as its folder says it.
struct Case {
    name: String,
    folder: PathBuf,
    text: Vec<u8>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(ROOT).join("fixtures/cases");
    let mut cases: Vec<Case> = fs::read_dir(&folder)
        .expect("fixtures/cases")
        .map(|entry| {
            let folder = entry.expect("an entry").path();
            let name = folder.file_name().expect("a name").to_string_lossy();
            Case {
                name: name.into_owned(),
                text: fs::read(folder.join("rollout.yaml"))
                    .unwrap_or_else(|error| panic!("{}: {error}", folder.display())),
                folder,
            }
        })
        .collect();
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(
        !cases.is_empty(),
        "there is no case in {}",
        folder.display()
    );
    cases
}

/// Runs a case; the complaint about it, if there is one.
fn check(case: &Case) -> Result<(), String> {
    let (tree, report) = (case.folder.join("tree"), case.folder.join("report.txt"));
    let bless = std::env::var_os("GLIDEPATH_BLESS").is_some_and(|value| value == "1");
    let place = Place::new();
    place.write("rollout.yaml", &case.text);
    let before = place.snapshot();
    let run = place.run(&["render"]);
    let claims = (tree.exists(), report.exists());
    if claims == (true, true) {
        return Err("it has both `tree` and `report.txt`".to_owned());
    }
    if claims == (false, false) && !bless {
        return Err("it has neither `tree` nor `report.txt`".to_owned());
    }
    if run.code == 0 {
        if claims.1 {
            return Err(format!(
                "it compiles, and must be refused:\n{}",
                run.shown()
            ));
        }
        let found = files_below(&place.path("deploy"));
        if bless {
            write_tree(&tree, &found);
        }
        same_files(&files_below(&tree), &found)
    } else {
        if claims.0 {
            return Err(format!("it must compile:\n{}", run.shown()));
        }
        if run.code != 1 || !run.stdout.is_empty() {
            return Err(format!(
                "a refusal is exit 1 and prints no result:\n{}",
                run.shown()
            ));
        }
        place.assert_unchanged(&before);
        if bless {
            fs::write(&report, &run.stderr).expect("report.txt");
        }
        let expected = fs::read_to_string(&report).expect("report.txt");
        if expected == run.stderr {
            Ok(())
        } else {
            Err(format!("expected:\n{expected}\nfound:\n{}", run.stderr))
        }
    }
}

fn write_tree(folder: &Path, files: &BTreeMap<String, Vec<u8>>) {
    if folder.exists() {
        fs::remove_dir_all(folder).expect("the old tree");
    }
    for (path, bytes) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("below the tree")).expect("a folder");
        fs::write(path, bytes).expect("a file");
    }
}

fn same_files(
    expected: &BTreeMap<String, Vec<u8>>,
    found: &BTreeMap<String, Vec<u8>>,
) -> Result<(), String> {
    for (path, bytes) in expected {
        let Some(other) = found.get(path) else {
            return Err(format!("`{path}` is not written"));
        };
        if bytes != other {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let (old, new) = (text(bytes), text(other));
            let diff = similar::TextDiff::from_lines(&old, &new);
            return Err(format!("`{path}` differs:\n{}", diff.unified_diff()));
        }
    }
    match found.keys().find(|path| !expected.contains_key(*path)) {
        Some(path) => Err(format!("`{path}` is written, and not expected")),
        None => Ok(()),
    }
}

#[test]
fn every_case_does_what_its_folder_says() {
    let found: Vec<String> = cases()
        .iter()
        .filter_map(|case| {
            let complaint = check(case).err()?;
            Some(format!("== {}\n{complaint}", case.name))
        })
        .collect();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn every_case_says_why_it_exists() {
    for case in cases() {
        // A case about the first bytes of a file cannot begin with a comment.
        let text = String::from_utf8_lossy(&case.text);
        let first = text.lines().next().unwrap_or_default();
        assert!(
            first.strip_prefix("# ").is_some_and(|why| why.len() > 10) || text.is_empty(),
            "{} begins with a comment that says why it exists: `{first}`",
            case.name
        );
    }
}

#[test]
fn a_refused_case_names_a_line_of_its_file() {
    for case in cases() {
        let Ok(report) = fs::read_to_string(case.folder.join("report.txt")) else {
            continue;
        };
        assert!(
            report.contains("error[GP") && report.contains("--> rollout.yaml:"),
            "{}: {report}",
            case.name
        );
    }
}
