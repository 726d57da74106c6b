//! `glidepath init --from`. Every folder of `fixtures/init/` is a case: `given.yaml`, and what comes of it: `report.txt` is what the
//! command says, and every other file there is one that it writes, or none where it must refuse.
//!
//! `GLIDEPATH_BLESS=1` rewrites what is there, and writes what is missing. Read every byte of it before you commit it.
//! `CASE=name cargo test --test all init::` runs one case.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::{Place, ROOT};

const GIVEN: &str = "given.yaml";
const REPORT: &str = "report.txt";

/// The files of a folder, by their names.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let files = entries.map(|entry| {
        let entry = entry.expect("an entry");
        let name = entry.file_name().into_string().expect("UTF-8");
        (name, fs::read_to_string(entry.path()).expect("a text"))
    });
    files.collect()
}

/// What the command makes of a stream: the files that it writes and the report.
fn made(given: &str, more: &[&str]) -> BTreeMap<String, String> {
    let place = Place::new();
    place.write(GIVEN, given.as_bytes());
    let run = place.run(&[&["init", "new", "--from", GIVEN], more].concat());
    let mut made = files(&place.path("new"));
    let is_written = !made.is_empty();
    if is_written {
        let run = run.exits(0);
        place.run(&["render", "new"]).exits(0);
        made.insert(REPORT.to_owned(), run.stderr);
    } else {
        made.insert(REPORT.to_owned(), run.exits(1).stderr);
    }
    made
}

#[test]
fn every_case_comes_out_as_it_must() {
    let bless = std::env::var_os("GLIDEPATH_BLESS").is_some_and(|value| value == "1");
    let wanted = std::env::var("CASE").ok();
    let mut wrong = Vec::new();
    let folder = Path::new(ROOT).join("fixtures/init");
    for entry in fs::read_dir(&folder).expect("fixtures/init") {
        let case = entry.expect("an entry").path();
        let name = case
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if wanted.as_ref().is_some_and(|wanted| *wanted != name) {
            continue;
        }
        let mut known = files(&case);
        let given = known.remove(GIVEN).expect("given.yaml");
        let made = made(&given, &[]);
        if bless {
            for gone in known.keys().filter(|name| !made.contains_key(*name)) {
                fs::remove_file(case.join(gone)).expect("a file");
            }
            for (name, text) in &made {
                fs::write(case.join(name), text).expect("a file");
            }
        } else if made != known {
            wrong.push(format!("{name}: {made:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The Service of `examples/triton-adopted`, which a chart of its own owns.
const PLATFORMS: &str = "\
apiVersion: v1
kind: Service
metadata: {name: ranker, namespace: search, labels: {app.kubernetes.io/managed-by: Helm}}
spec:
  selector: {app.kubernetes.io/name: triton, app.kubernetes.io/part-of: ranker}
  ports:
  - {name: http, port: 80, targetPort: 8000}
  - {name: grpc, port: 8001, targetPort: 8001}
";

/// The folders of the examples.
fn examples() -> Vec<String> {
    let entries = fs::read_dir(Path::new(ROOT).join("examples")).expect("examples");
    let folders = entries.map(|entry| entry.expect("an entry").path());
    let folders = folders.filter(|folder| folder.join("rollout.yaml").exists());
    let mut names: Vec<String> = folders.map(|folder| folder.display().to_string()).collect();
    names.sort();
    names
}

#[test]
fn what_the_first_stage_of_an_example_runs_is_taken_over() {
    for example in examples() {
        let place = Place::new();
        let built = place.run(&["render", "--stdout", "--stage", "baseline", &example]);
        let mut given = built.exits(0).stdout;
        if example.ends_with("/triton-adopted") {
            given = format!("{PLATFORMS}---\n{given}");
        }
        // There the Service of the preview, or of a model, stands beside the one that is taken over.
        let more: &[&str] = if example.ends_with("/blue-green") {
            &["--service", "classifier"]
        } else if example.ends_with("/gateway-api-canary") {
            &["--service", "recommender"]
        } else {
            &[]
        };
        let made = made(&given, more);
        // An operator makes the pods of this one, and nobody here knows them.
        if example.ends_with("/kserve") {
            assert!(made[REPORT].contains("error[GP131]"), "{}", made[REPORT]);
            continue;
        }
        assert!(
            made.contains_key("rollout.yaml"),
            "{example}: {}",
            made[REPORT]
        );
    }
}

#[test]
fn nothing_is_written_over() {
    let given = fs::read(Path::new(ROOT).join("fixtures/init/a-helm-release/given.yaml"));
    let given = given.expect("a fixture");
    let place = Place::new();
    place.write(GIVEN, &given);
    place.write("new/candidate.yaml", "mine");
    let before = place.snapshot();
    place.run(&["init", "new", "--from", GIVEN]).exits(5);
    place.assert_unchanged(&before);
}
