//! `fixtures/moves`: what is applied, what is to be applied, and what must be said of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{GLIDEPATH, ROOT, Run};

/// The pairs.
fn cases() -> Vec<PathBuf> {
    let folder = Path::new(ROOT).join("fixtures/moves");
    let entries = fs::read_dir(folder).expect("fixtures/moves");
    let mut cases: Vec<PathBuf> = entries.map(|entry| entry.expect("a case").path()).collect();
    cases.sort();
    cases
}

fn name(case: &Path) -> String {
    let name = case.file_name().expect("a name");
    name.to_string_lossy().into_owned()
}

/// What must be said of a pair; the name says whether it is safe.
fn wanted(case: &Path) -> (String, bool) {
    let report = fs::read_to_string(case.join("report.txt")).unwrap_or_default();
    let name = name(case);
    (report, name.ends_with("-safe") || name.contains("-may-"))
}

#[test]
fn every_pair_of_manifests_gets_its_report() {
    let is_blessing = std::env::var_os("GLIDEPATH_BLESS").is_some();
    let mut wrong = Vec::new();
    for case in cases() {
        let mut prove = Command::new(GLIDEPATH);
        prove.args(["prove", "--from", "from.yaml", "--to", "to.yaml"]);
        let shown = Run::to_the_end(prove.current_dir(&case)).shown();
        if is_blessing {
            fs::write(case.join("report.txt"), &shown).expect("the report");
        }
        let (report, is_safe) = wanted(&case);
        if shown != report || shown.ends_with("[exit 0]\n") != is_safe {
            wrong.push(format!("{}:\n{shown}", name(&case)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn planted_faults_and_safe_moves_are_both_there() {
    let (safe, planted): (Vec<_>, Vec<_>) = cases()
        .iter()
        .map(|case| wanted(case))
        .partition(|(_, is_safe)| *is_safe);
    assert!(
        safe.len() >= 6 && planted.len() >= 16,
        "{} {}",
        safe.len(),
        planted.len()
    );
}
