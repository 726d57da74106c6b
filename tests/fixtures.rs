//! Every folder of `fixtures/cases/` is a case: `rollout.yaml`, and beside it either the `tree.txt` that it compiles to or the
//! `report.txt` that it is refused with. Which one is there says what must happen. Files that it names stand beside it.
//!
//! A case that compiles is about one stage, which a comment of its `rollout.yaml` names: `# stage: weight-50`. `tree.txt` is
//! that stage as a stream of the files that kustomize reads for it, each below a line `--- # path`. Where the point of the
//! case shows elsewhere too, `# files: PLAN.md stages/*/virtual-service.yaml` adds those. Whole trees are in `examples/`.
//!
//! `GLIDEPATH_BLESS=1` rewrites what is there, and writes what is missing. Read every byte of it before you commit it.
//! `CASE=name cargo test --test all fixtures` runs one case.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{Place, ROOT, files_below};

/// A case, as its folder says it.
struct Case {
    name: String,
    folder: PathBuf,
    text: Vec<u8>,
}

/// Every case, or the one that `CASE` names.
fn cases() -> Vec<Case> {
    let folder = Path::new(ROOT).join("fixtures/cases");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("fixtures/cases")
        .map(|entry| {
            let name = entry.expect("an entry").file_name();
            name.into_string().expect("UTF-8")
        })
        .collect();
    names.sort();
    assert!(
        !names.is_empty(),
        "there is no case in {}",
        folder.display()
    );
    if let Ok(wanted) = std::env::var("CASE") {
        names = one_of(&names, &wanted).unwrap_or_else(|why| panic!("{why}"));
    }
    let read = |name: String| {
        let folder = folder.join(&name);
        let text = fs::read(folder.join("rollout.yaml"))
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        Case { name, folder, text }
    };
    names.into_iter().map(read).collect()
}

/// The case of this name, or an error that lists the names which share most words with it.
fn one_of(names: &[String], wanted: &str) -> Result<Vec<String>, String> {
    if names.iter().any(|name| name == wanted) {
        return Ok(vec![wanted.to_owned()]);
    }
    let words: BTreeSet<&str> = wanted.split('-').collect();
    let shared = |name: &str| name.split('-').filter(|word| words.contains(word)).count();
    let mut near: Vec<&String> = names.iter().filter(|name| shared(name) > 0).collect();
    near.sort_by_key(|name| std::cmp::Reverse(shared(name)));
    near.truncate(5);
    let near: Vec<&str> = near.into_iter().map(String::as_str).collect();
    Err(format!(
        "fixtures/cases has no case `{wanted}`; near it are:\n  {}",
        near.join("\n  ")
    ))
}

/// Runs a case; the complaint about it, if there is one.
fn check(case: &Case) -> Result<(), String> {
    let bless = std::env::var_os("GLIDEPATH_BLESS").is_some_and(|value| value == "1");
    let (tree, report) = (case.folder.join("tree.txt"), case.folder.join("report.txt"));
    let place = Place::new();
    place.write("rollout.yaml", &case.text);
    for (path, bytes) in beside(&case.folder) {
        place.write(&path, &bytes);
    }
    let before = place.snapshot();
    let run = place.run(&["render"]);
    match (tree.exists(), report.exists()) {
        (true, true) => return Err("it has both `tree.txt` and `report.txt`".to_owned()),
        (false, false) if !bless => {
            return Err("it has neither `tree.txt` nor `report.txt`".to_owned());
        }
        (true, false) if run.code != 0 => {
            return Err(format!("it must compile:\n{}", run.shown()));
        }
        (false, true) if run.code == 0 => {
            return Err(format!(
                "it compiles, and must be refused:\n{}",
                run.shown()
            ));
        }
        _ => {}
    }
    let (file, found) = if run.code == 0 {
        let text = String::from_utf8_lossy(&case.text);
        (tree, shown(&text, &files_below(&place.path("deploy")))?)
    } else {
        if run.code != 1 || !run.stdout.is_empty() {
            return Err(format!(
                "a refusal is exit 1 and prints no result:\n{}",
                run.shown()
            ));
        }
        place.assert_unchanged(&before);
        (report, run.stderr)
    };
    if bless {
        fs::write(&file, &found).expect("the case can be written");
    }
    let expected = fs::read_to_string(&file).expect("the case can be read");
    if expected == found {
        return Ok(());
    }
    let diff = similar::TextDiff::from_lines(&expected, &found);
    Err(diff.unified_diff().header("expected", "found").to_string())
}

/// The files that the `rollout.yaml` of a case names.
fn beside(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files_below(folder);
    for own in ["rollout.yaml", "tree.txt", "report.txt"] {
        files.remove(own);
    }
    files
}

/// The files that a case is about, as one text.
fn shown(rollout: &str, files: &BTreeMap<String, Vec<u8>>) -> Result<String, String> {
    let said = |key: &str| {
        let comments = rollout.lines().take_while(|line| line.starts_with('#'));
        comments
            .filter_map(|line| line.strip_prefix(key))
            .flat_map(str::split_whitespace)
            .collect::<Vec<_>>()
    };
    let mut paths = Vec::new();
    let stages = said("# stage: ");
    let [stage] = stages[..] else {
        return Err("a comment `# stage: NAME` says which stage it is about".to_owned());
    };
    let folder = files
        .keys()
        .filter_map(|path| path.strip_prefix("stages/")?.split_once('/'))
        .map(|(folder, _)| folder)
        .find(|folder| {
            folder
                .split_once('-')
                .is_some_and(|(_, name)| name == stage)
        })
        .ok_or_else(|| format!("it has no stage `{stage}`"))?;
    built(&format!("stages/{folder}"), files, &mut paths);
    for glob in said("# files: ") {
        let before = paths.len();
        paths.extend(files.keys().filter(|path| matches(glob, path)).cloned());
        if paths.len() == before {
            return Err(format!("it writes no file `{glob}`"));
        }
    }
    let mut text = format!(
        "# The stage `{stage}` of rollout.yaml beside this, by `GLIDEPATH_BLESS=1 cargo test --test all fixtures`.\n"
    );
    let mut seen = BTreeSet::new();
    for path in paths.iter().filter(|path| seen.insert(path.as_str())) {
        let bytes = std::str::from_utf8(&files[path]).expect("every file is text");
        text.extend(["--- # ", path.as_str(), "\n", bytes]);
    }
    Ok(text)
}

/// The files that kustomize reads for a folder, in its order.
fn built(folder: &str, files: &BTreeMap<String, Vec<u8>>, paths: &mut Vec<String>) {
    let path = format!("{folder}/kustomization.yaml");
    let file: serde_yaml::Value =
        serde_yaml::from_slice(&files[&path]).expect("a kustomization is YAML");
    paths.push(path);
    for resource in file["resources"].as_sequence().expect("resources") {
        let resource = resource.as_str().expect("a path");
        if let Some(below) = resource.strip_prefix("../../") {
            built(below, files, paths);
        } else {
            paths.push(format!("{folder}/{resource}"));
        }
    }
}

/// Whether a path is what a glob says; `*` stays within a part of the path.
fn matches(glob: &str, path: &str) -> bool {
    let (glob, path): (Vec<&str>, Vec<&str>) =
        (glob.split('/').collect(), path.split('/').collect());
    let part = |(glob, part): (&&str, &&str)| match glob.split_once('*') {
        Some((before, after)) => {
            part.len() >= before.len() + after.len()
                && part.starts_with(before)
                && part.ends_with(after)
        }
        None => glob == part,
    };
    glob.len() == path.len() && glob.iter().zip(&path).all(part)
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
fn a_refused_case_names_a_line_of_one_of_its_files() {
    for case in cases() {
        let Ok(report) = fs::read_to_string(case.folder.join("report.txt")) else {
            continue;
        };
        let named = beside(&case.folder);
        let files = named.keys().map(String::as_str).chain(["rollout.yaml"]);
        let mut places = files.map(|file| format!("--> {file}:"));
        assert!(
            report.contains("error[GP") && places.any(|place| report.contains(&place)),
            "{}: {report}",
            case.name
        );
    }
}

#[test]
fn an_unknown_case_is_an_error_that_lists_near_names() {
    let names = ["a-weight-of-101-is-refused", "decimal-weights-are-exact"].map(str::to_owned);
    let one = "decimal-weights-are-exact".to_owned();
    assert_eq!(one_of(&names, &one), Ok(vec![one]));
    let why = one_of(&names, "a-weight-of-102-is-refused").expect_err("there is none");
    assert!(
        why.contains(
            "no case `a-weight-of-102-is-refused`; near it are:\n  a-weight-of-101-is-refused"
        ),
        "{why}"
    );
    assert!(!why.contains("decimal"), "{why}");
}

#[test]
fn a_case_names_a_stage_and_files_that_it_has() {
    let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
    let files = BTreeMap::from([
        file("PLAN.md", "# r\n"),
        file("base/kustomization.yaml", "resources: [s.yaml]\n"),
        file("base/s.yaml", "kind: S\n"),
        file(
            "stages/01-deploy/kustomization.yaml",
            "resources: [../../base, d.yaml]\n",
        ),
        file("stages/01-deploy/d.yaml", "kind: D\n"),
        file("stages/02-next/d.yaml", "kind: E\n"),
    ]);
    let text = shown("# why\n# stage: deploy\n# files: stages/*/d.yaml\n", &files).expect("a text");
    let order: Vec<&str> = text
        .lines()
        .filter_map(|line| line.strip_prefix("--- # "))
        .collect();
    assert_eq!(
        order,
        [
            "stages/01-deploy/kustomization.yaml",
            "base/kustomization.yaml",
            "base/s.yaml",
            "stages/01-deploy/d.yaml",
            "stages/02-next/d.yaml",
        ]
    );
    for (comments, why) in [
        ("# why\n", "a comment `# stage: NAME`"),
        ("# stage: later\n", "no stage `later`"),
        ("# stage: deploy\n# files: stages/*\n", "no file `stages/*`"),
    ] {
        let found = shown(comments, &files).expect_err(comments);
        assert!(found.contains(why), "{found}");
    }
}

/// Whole trees, with plan, lock, diffs and pointer, are in `examples/` and nowhere else.
#[test]
fn every_example_is_the_tree_that_it_compiles_to() {
    let examples = Path::new(ROOT).join("examples");
    for name in ["PLAN.md", "plan.json", "diffs", "current", "argocd"] {
        assert!(examples.join("image-classifier/deploy").join(name).exists());
    }
    let place = Place::new();
    place
        .run(&["render", "--check", examples.to_str().expect("UTF-8")])
        .exits(0);
}
