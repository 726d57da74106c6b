//! Locks, journals and links that somebody made to do harm.

use std::fs;
use std::os::unix::fs::symlink;

use crate::sink::disk::read_file;

use super::*;

#[test]
fn a_damaged_lock_stops_everything_but_force() {
    for lock in [
        "",
        "<<<<<<< ours\n",
        "[]",
        "{\"files\": {\"a\": 1}}",
        "{\"files\": {\"a\": \"00\"}}",
        "{}",
    ] {
        let scratch = Scratch::new();
        scratch.put(&small()).expect("written");
        scratch.write("plan.json", lock);
        let before = scratch.snapshot();
        refuses(
            scratch.put(&small()),
            Kind::Conflict,
            "plan.json` cannot be used",
        );
        refuses(
            scratch.compare(&small()),
            Kind::Conflict,
            "plan.json` cannot be used",
        );
        assert_eq!(scratch.snapshot(), before);
        let next = tree(&[("PLAN.md", "new\n")]);
        scratch.force(&next).expect("written");
        assert_eq!(scratch.read("PLAN.md"), "new\n");
        // Nobody can tell any more that it was ours.
        assert_eq!(scratch.read("base/service.yaml"), "service\n");
    }
}

#[test]
fn a_file_of_more_than_64_mib_is_not_read() {
    let scratch = Scratch::new();
    scratch.put(&small()).expect("written");
    let file = fs::File::options()
        .write(true)
        .open(scratch.deploy().join("plan.json"))
        .expect("the lock");
    file.set_len((64 << 20) + 1).expect("a file with a hole");
    let error = scratch.compare(&small()).expect_err("it is refused");
    assert_eq!(error.kind(), Kind::Outside, "{error}");
    assert!(error.to_string().contains("file too large"), "{error}");
}

#[test]
fn a_hostile_lock_removes_nothing_outside() {
    let victim = "victim\n";
    for evil in [
        "../evil",
        "../../evil",
        "a/../../evil",
        "/etc/evil",
        "a//b",
        "./evil",
        "..",
        "",
        "a\\..\\evil",
        "a\u{0}",
        "C:evil",
        ".git/config",
        "a/.GIT/hooks/x",
        "a/",
        "\u{1b}[2Jx",
    ] {
        let scratch = Scratch::new();
        fs::write(scratch.0.join("evil"), victim).expect("a file");
        let digests = Files::from([(evil.to_owned(), sha256_hex(victim.as_bytes()))]);
        let lock = serde_json::json!({ "files": digests }).to_string();
        scratch.write("plan.json", &lock);
        let before = scratch.snapshot();
        refuses(
            scratch.put(&small()),
            Kind::Conflict,
            "no path inside the folder",
        );
        let shown = scratch.put(&small()).expect_err("refused").to_string();
        assert!(!shown.contains(char::is_control), "{shown:?}");
        assert_eq!(scratch.snapshot(), before);
        scratch.force(&small()).expect("written");
        assert_eq!(
            fs::read_to_string(scratch.0.join("evil")).expect("still there"),
            victim
        );
    }
}

#[test]
fn a_hostile_journal_removes_nothing_outside() {
    let scratch = Scratch::new();
    scratch.put(&small()).expect("written");
    fs::write(scratch.0.join("evil"), "victim\n").expect("a file");
    fs::create_dir(scratch.staged()).expect("a folder");
    let turn = serde_json::json!({ "before": sha256_hex(b"victim\n"), "after": null });
    let journal = serde_json::json!({ "files": { "../evil": turn } });
    fs::write(scratch.journal(), journal.to_string()).expect("a file");
    refuses(scratch.compare(&small()), Kind::Conflict, "interrupted");
    refuses(
        scratch.put(&small()),
        Kind::Conflict,
        "journal` cannot be used",
    );
    scratch.force(&small()).expect("written");
    assert_eq!(
        fs::read_to_string(scratch.0.join("evil")).expect("still there"),
        "victim\n"
    );
    assert!(!scratch.staged().exists());
}

#[test]
fn no_symbolic_link_is_followed() {
    // The folder itself, a folder in it, a file in it, the lock, the staging folder, the pointer's folder.
    for place in [
        "deploy",
        "deploy/base",
        "deploy/PLAN.md",
        "deploy/plan.json",
        ".deploy.staged",
        "deploy/current",
    ] {
        let scratch = Scratch::new();
        let outside = scratch.0.join("outside");
        fs::create_dir(&outside).expect("a folder");
        fs::create_dir(scratch.deploy()).expect("a folder");
        let link = scratch.0.join(place);
        if place == "deploy" {
            fs::remove_dir(&link).expect("an empty folder");
        }
        symlink(&outside, &link).expect("a link");
        let before = scratch.snapshot();
        let files = shared(&small());
        let all = Wanted {
            files: &files,
            pointer: Some("p"),
        };
        for folder in [scratch.deploy(), scratch.0.join("deploy/")] {
            for force in [false, true] {
                let result = put(&folder, &all, force);
                refuses(result, Kind::Outside, "is a symbolic link");
            }
            refuses(compare(&folder, &all), Kind::Outside, "is a symbolic link");
        }
        assert_eq!(scratch.snapshot(), before, "{place}");
    }
}

#[test]
fn a_lock_cannot_reach_through_a_symbolic_link() {
    let scratch = Scratch::new();
    scratch
        .put(&tree(&[("old/file", "victim\n")]))
        .expect("written");
    fs::rename(scratch.deploy().join("old"), scratch.0.join("outside")).expect("moved");
    symlink(scratch.0.join("outside"), scratch.deploy().join("old")).expect("a link");
    refuses(
        scratch.put(&small()),
        Kind::Conflict,
        "old` is a symbolic link",
    );
    scratch.force(&small()).expect("written");
    let victim = scratch.0.join("outside/file");
    assert_eq!(fs::read_to_string(victim).expect("still there"), "victim\n");
    assert!(scratch.deploy().join("old").is_symlink());
}

#[test]
fn paths_that_lead_out_are_refused_at_the_door() {
    let scratch = Scratch::new();
    for path in ["../evil", "/evil", "a//b", ""] {
        let files = tree(&[(path, "evil\n")]);
        refuses(scratch.put(&files), Kind::Outside, "no path inside");
        assert!(read_file(&scratch.deploy(), path).is_err());
    }
    refuses(
        scratch.put(&tree(&[("a", "file"), ("a/b", "in a file")])),
        Kind::Outside,
        "no path inside",
    );
    assert!(scratch.snapshot().is_empty());
}

#[test]
fn a_pipe_is_neither_read_nor_replaced() {
    let scratch = Scratch::new();
    scratch.write("x", "");
    let made = std::process::Command::new("mkfifo")
        .arg(scratch.deploy().join("PLAN.md"))
        .status();
    assert!(made.expect("mkfifo runs").success());
    for result in [scratch.put(&small()), scratch.force(&small())] {
        refuses(result, Kind::Conflict, "PLAN.md` stands where a file");
    }
}

#[test]
fn a_name_cannot_speak_to_the_terminal() {
    let scratch = Scratch::new();
    scratch.write("PLAN.md/\u{1b}[2J", "mine\n");
    let shown = scratch.put(&small()).expect_err("refused").to_string();
    assert!(!shown.contains(char::is_control), "{shown:?}");
}

/// Somebody swaps a folder of the tree, and the tree's own, for a link again and again while trees are written: what lies behind the
/// link stays as it is, whoever is faster.
#[test]
fn a_folder_that_turns_into_a_link_meanwhile_is_not_followed() {
    for place in ["deploy/base", "deploy", ".deploy.staged"] {
        let scratch = Scratch::new();
        let trees = [
            tree(&[("base/a", "1"), ("base/b", "1"), ("c", "1")]),
            tree(&[("base/a", "2"), ("base/deep/er", "2"), ("c", "2")]),
        ];
        scratch.put(&trees[0]).expect("written");
        let outside = scratch.0.join("outside");
        fs::create_dir(&outside).expect("a folder");
        fs::write(outside.join("a"), "victim").expect("a file");
        let (at, aside) = (scratch.0.join(place), scratch.0.join("aside"));
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    // Any of these fails now and then, as the writer is at work.
                    let _ = fs::rename(&at, &aside);
                    let _ = symlink(&outside, &at);
                    std::thread::yield_now();
                    let _ = fs::remove_file(&at);
                    let _ = fs::rename(&aside, &at);
                    let _ = fs::remove_dir_all(&aside);
                }
            });
            for turn in 0..1_500 {
                // That it fails now and then is no fault.
                let _ = scratch.force(&trees[turn % 2]);
            }
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        let names = fs::read_dir(&outside).expect("a folder").count();
        assert_eq!(names, 1, "{place}: something was written behind the link");
        let victim = fs::read_to_string(outside.join("a")).expect("still there");
        assert_eq!(victim, "victim", "{place}");
    }
}
