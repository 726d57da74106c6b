//! Objects that are cut off, padded or lie about their size: git's library would spin, or take all memory.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::support::Run;

use super::harness::Lab;

/// How long a command may take here, on a machine that does much else.
const DEADLINE: Duration = Duration::from_secs(10);
/// Commands that read the commit that is checked out.
const COMMANDS: [&[&str]; 4] = [
    &["status", "app"],
    &["promote", "app", "--dry-run"],
    &["promote", "app", "--branch"],
    &["rollback", "app", "--to", "baseline"],
];

/// Runs a command; one that does not end in time is killed, and fails the test.
fn run(lab: &Lab, args: &[&str]) -> Run {
    let mut command = lab.prepare(args);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("glidepath starts");
    let end = Instant::now() + DEADLINE;
    while child.try_wait().expect("it is ours").is_none() {
        if Instant::now() > end {
            child.kill().expect("it is ours");
            panic!("{args:?} does not end");
        }
        thread::sleep(Duration::from_millis(2));
    }
    Run::of(&child.wait_with_output().expect("it has ended"))
}

fn path(lab: &Lab, id: &str) -> PathBuf {
    lab.dir.join(".git/objects").join(&id[..2]).join(&id[2..])
}

fn overwrite(lab: &Lab, id: &str, bytes: &[u8]) {
    let path = path(lab, id);
    if path.exists() {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("it is ours");
    }
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, bytes).expect("an object");
}

/// A loose object of this text, header and all.
fn deflated(parts: &[&[u8]]) -> Vec<u8> {
    let mut out = ZlibEncoder::new(Vec::new(), Compression::fast());
    for part in parts {
        out.write_all(part).expect("memory");
    }
    out.finish().expect("memory")
}

#[test]
fn an_object_that_ends_too_early_is_refused_at_once() {
    let lab = Lab::new("cut-off");
    lab.write("other", "x");
    lab.commit_all("other");
    let tag = lab.git(&["tag", "-a", "-m", "v1", "v1"]);
    assert_eq!(tag, "");
    let all = lab.git(&[
        "cat-file",
        "--batch-all-objects",
        "--batch-check=%(objectname)",
    ]);
    let needed = [
        "HEAD",
        "HEAD^{tree}",
        "HEAD:app/deploy",
        "HEAD:app/deploy/plan.json",
        "HEAD:app/deploy/current/kustomization.yaml",
    ]
    .map(|name| lab.git(&["rev-parse", name]));
    for id in all.lines() {
        let whole = fs::read(path(&lab, id)).expect("it is loose");
        let is_needed = needed.iter().any(|one| one == id);
        let ends = [0, 1, 2, whole.len() / 2, whole.len() - 1, whole.len() - 5];
        for end in if is_needed { &ends[..] } else { &ends[5..] } {
            overwrite(&lab, id, &whole[..*end]);
            let commands = if is_needed {
                &COMMANDS[..]
            } else {
                &COMMANDS[2..3]
            };
            for args in commands {
                let ran = run(&lab, args);
                let is_right = ran.code == 6 || (!is_needed && ran.code == 0);
                assert!(is_right, "{id} {end} {args:?}\n{}", ran.shown());
            }
        }
        overwrite(&lab, id, &whole);
    }
    // Of a tag, and of the commits that are only walked over.
    for (name, args) in [
        ("v1", ["diff", "app", "--against=v1"]),
        ("HEAD~1", ["diff", "app", "--against=HEAD~1"]),
        ("HEAD", ["series", "app", "--branch=env"]),
        ("HEAD", ["history", "app", "--format=json"]),
        ("HEAD~1", ["history", "app", "--format=json"]),
    ] {
        let id = lab.git(&["rev-parse", name]);
        let whole = fs::read(path(&lab, &id)).expect("it is loose");
        overwrite(&lab, &id, &whole[..whole.len() - 5]);
        run(&lab, &args).exits(6).says(&[&id, "ends too early"]);
        overwrite(&lab, &id, &whole);
    }
    lab.fsck();
}

#[test]
fn nothing_large_is_inflated() {
    let lab = Lab::new("large");
    let lock = lab.git(&["rev-parse", "HEAD:app/deploy/plan.json"]);
    let whole = fs::read(path(&lab, &lock)).expect("it is loose");
    let megabyte = vec![b' '; 1 << 20];
    // One that is as large as it says, one that only says so, and one that says less than it has.
    let padded: Vec<&[u8]> = std::iter::repeat_n(&megabyte[..], 70).collect();
    let large = deflated(&[&[&b"blob 73400320\0"[..]], &padded[..]].concat());
    let false_size = deflated(&[b"blob 1073741824\0", b"{}"]);
    let bomb = deflated(&[&[&b"blob 2\0"[..]], &padded[..]].concat());
    for (bytes, says) in [
        (&large, "64 MiB"),
        (&false_size, "64 MiB"),
        (&bomb, "longer than it says"),
    ] {
        overwrite(&lab, &lock, bytes);
        for args in COMMANDS {
            run(&lab, args).exits(6).says(&[says, &lock]);
        }
    }
    overwrite(&lab, &lock, &whole);
    // The same in a pack, by git itself.
    lab.write("app/deploy/plan.json", &" ".repeat(65 << 20));
    lab.commit_all("padded");
    lab.git(&["repack", "-adq"]);
    for args in COMMANDS {
        run(&lab, args).exits(6).says(&["64 MiB"]);
    }
}

#[test]
fn borrowed_objects_are_looked_at_too() {
    let lab = Lab::new("lender");
    let source = lab.dir.to_str().expect("a path").to_owned();
    lab.git(&["clone", "--quiet", "--shared", &source, "borrower"]);
    run(&lab, &["status", "borrower/app"]).exits(0);
    let head = lab.head();
    let whole = fs::read(path(&lab, &head)).expect("it is loose");
    overwrite(&lab, &head, &whole[..whole.len() - 5]);
    run(&lab, &["status", "borrower/app"])
        .exits(6)
        .says(&["ends too early"]);
}

/// git follows the file, and its library only in places: nobody could say which history was judged.
#[test]
fn parents_that_only_the_clone_knows_are_refused() {
    let lab = Lab::new("grafts");
    lab.promote();
    let (head, first) = (lab.head(), lab.git(&["rev-parse", "HEAD~1"]));
    lab.git(&["commit-tree", "-m", "x", "HEAD^{tree}"]);
    lab.write(".git/info/grafts", &format!("{head}\n"));
    for command in ["status", "promote", "rollback", "history"] {
        lab.refused(&[command, "app"], 6, "info/grafts");
    }
    // What replaces an object here does so for git alone: what was committed and pushed counts.
    fs::remove_file(lab.dir.join(".git/info/grafts")).expect("it is ours");
    let commits = || {
        let found = lab.json(&["history", "app", "--format", "json"]);
        let stays = found["stays"].as_array().expect("stays").iter();
        stays
            .map(|stay| stay["commit"].to_string())
            .collect::<Vec<_>>()
    };
    let before = commits();
    lab.git(&["replace", &head, &first]);
    assert_eq!(commits(), before);
}
