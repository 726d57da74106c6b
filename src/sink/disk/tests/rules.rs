//! Whose files are replaced and removed, and whose are not.

use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::sink::disk::{read_file, read_file_to_complete};

use super::*;

#[test]
fn a_folder_that_does_not_exist_is_made_with_its_parents() {
    let scratch = Scratch::new();
    let folder = scratch.0.join("far/away/deploy");
    let changes = put(&folder, &wanted(&shared(&small())), false).expect("written");
    assert_eq!(marks(&changes), ["+PLAN.md", "+base/service.yaml"]);
    assert_eq!(
        fs::read_to_string(folder.join("PLAN.md")).expect("a file"),
        "plan\n"
    );
    assert_eq!(
        fs::read_dir(scratch.0.join("far/away"))
            .expect("a folder")
            .count(),
        1
    );
}

#[test]
fn a_second_run_touches_nothing() {
    let scratch = Scratch::new();
    scratch.put(&small()).expect("written");
    let stamps = || {
        ["", "base", "base/service.yaml", "PLAN.md", "plan.json"].map(|path| {
            let seen = fs::metadata(scratch.deploy().join(path)).expect("it is there");
            (
                seen.ino(),
                seen.mtime(),
                seen.mtime_nsec(),
                seen.ctime_nsec(),
            )
        })
    };
    let parent = || fs::metadata(&scratch.0).expect("it is there").mtime_nsec();
    let before = (stamps(), parent());
    assert_eq!(scratch.put(&small()).expect("nothing to do"), []);
    assert_eq!(scratch.force(&small()).expect("nothing to do"), []);
    assert_eq!(scratch.compare(&small()).expect("readable"), []);
    assert_eq!((stamps(), parent()), before);
}

#[test]
fn what_differs_is_written_and_the_rest_keeps_its_times() {
    let scratch = Scratch::new();
    scratch.put(&small()).expect("written");
    let inode = || {
        let path = scratch.deploy().join("PLAN.md");
        fs::metadata(path).expect("it is there").ino()
    };
    let before = inode();
    let next = tree(&[("PLAN.md", "plan\n"), ("stages/00/x.yaml", "x\n")]);
    let foreseen = scratch.compare(&next).expect("readable");
    assert_eq!(
        marks(&bare(&foreseen)),
        ["-base/service.yaml", "+stages/00/x.yaml"]
    );
    assert_eq!(foreseen[0].before.as_deref(), Some("service\n"));
    assert_eq!(foreseen[0].after, None);
    assert_eq!(scratch.put(&next).expect("written"), bare(&foreseen));
    scratch.holds_exactly(&next);
    assert_eq!(inode(), before);
}

#[test]
fn a_renumbered_stage_leaves_no_folder_behind() {
    let scratch = Scratch::new();
    let before = tree(&[("stages/01-a/x", "x"), ("stages/02-b/deep/y", "y")]);
    let after = tree(&[
        ("stages/01-new/z", "z"),
        ("stages/02-a/x", "x"),
        ("stages/03-b/deep/y", "y"),
    ]);
    scratch.put(&before).expect("written");
    scratch.put(&after).expect("written");
    scratch.holds_exactly(&after);
}

#[test]
fn files_and_folders_change_places() {
    let scratch = Scratch::new();
    let one = tree(&[("a", "file"), ("b/c/d", "deep"), ("b/e", "flat")]);
    let two = tree(&[("a/x/y", "deep"), ("a/z", "flat"), ("b", "file")]);
    for files in [&one, &two, &one, &two] {
        scratch.put(files).expect("written");
        scratch.holds_exactly(files);
    }
}

#[test]
fn an_edited_file_is_named_and_kept_unless_forced() {
    let scratch = Scratch::new();
    scratch.put(&small()).expect("written");
    scratch.write("PLAN.md", "mine\n");
    scratch.write("base/service.yaml", "mine too\n");
    // One is wanted otherwise, the other not at all any more.
    let next = tree(&[("PLAN.md", "new plan\n")]);
    let before = scratch.snapshot();
    let error = scratch.put(&next).expect_err("it is refused");
    assert!(
        matches!(&error, DiskError::Edited { paths, .. } if paths == &["PLAN.md", "base/service.yaml"]),
        "{error:?}"
    );
    assert_eq!(error.kind(), Kind::Conflict);
    assert_eq!(scratch.snapshot(), before);
    assert_eq!(
        marks(&bare(&scratch.compare(&next).expect("readable"))),
        ["~PLAN.md", "-base/service.yaml"]
    );
    scratch.force(&next).expect("written");
    scratch.holds_exactly(&next);
}

#[test]
fn an_edit_that_is_what_is_wanted_is_no_conflict() {
    let scratch = Scratch::new();
    scratch.put(&small()).expect("written");
    let next = tree(&[("base/service.yaml", "service\n"), ("PLAN.md", "new\n")]);
    scratch.write("PLAN.md", "new\n");
    let changes = scratch.put(&next).expect("written");
    assert_eq!(marks(&changes), [""; 0]);
    scratch.holds_exactly(&next);
}

#[test]
fn a_file_that_was_deleted_is_written_again() {
    let scratch = Scratch::new();
    scratch.put(&small()).expect("written");
    fs::remove_file(scratch.deploy().join("PLAN.md")).expect("removed");
    assert_eq!(
        marks(&scratch.put(&small()).expect("written")),
        ["+PLAN.md"]
    );
    scratch.holds_exactly(&small());
}

#[test]
fn a_foreign_file_in_the_way_is_named_and_kept_unless_forced() {
    let scratch = Scratch::new();
    scratch.write("PLAN.md", "mine\n");
    let before = scratch.snapshot();
    let error = scratch.put(&small()).expect_err("it is refused");
    assert!(
        matches!(&error, DiskError::Foreign { paths, .. } if paths == &["PLAN.md"]),
        "{error:?}"
    );
    assert_eq!(scratch.snapshot(), before);
    scratch.force(&small()).expect("written");
    scratch.holds_exactly(&small());
}

#[test]
fn a_foreign_file_where_a_folder_must_be_goes_only_by_force() {
    let scratch = Scratch::new();
    scratch.write("base", "mine\n");
    refuses(scratch.put(&small()), Kind::Conflict, "base` is in the way");
    assert_eq!(scratch.read("base"), "mine\n");
    scratch.force(&small()).expect("written");
    scratch.holds_exactly(&small());
}

#[test]
fn a_folder_of_others_is_never_removed_for_a_file() {
    let scratch = Scratch::new();
    scratch.write("PLAN.md/notes/mine.txt", "mine\n");
    let before = scratch.snapshot();
    for result in [scratch.put(&small()), scratch.force(&small())] {
        refuses(result, Kind::Conflict, "PLAN.md/notes/mine.txt` stands");
    }
    assert_eq!(scratch.snapshot(), before);
    fs::remove_file(scratch.deploy().join("PLAN.md/notes/mine.txt")).expect("removed");
    scratch.put(&small()).expect("empty folders hold nothing");
    scratch.holds_exactly(&small());
}

#[test]
fn files_of_others_stay_and_so_do_their_folders() {
    let scratch = Scratch::new();
    scratch.put(&small()).expect("written");
    for path in ["hold.yaml", "base/notes.txt", "current/kustomization.yaml"] {
        scratch.write(path, "mine\n");
    }
    let next = tree(&[("PLAN.md", "plan\n")]);
    scratch.put(&next).expect("written");
    for path in ["hold.yaml", "base/notes.txt", "current/kustomization.yaml"] {
        assert_eq!(scratch.read(path), "mine\n");
    }
    assert!(!scratch.deploy().join("base/service.yaml").exists());
}

#[test]
fn a_lock_that_lists_hold_or_pointer_does_not_make_them_ours() {
    let scratch = Scratch::new();
    let files = tree(&[("hold.yaml", "h"), ("current/kustomization.yaml", "c")]);
    for (path, text) in &files {
        scratch.write(path, text);
    }
    scratch.put(&small()).expect("written");
    assert_eq!(scratch.read("hold.yaml"), "h");
    assert_eq!(scratch.read("current/kustomization.yaml"), "c");
}

#[test]
fn the_pointer_moves_only_on_purpose() {
    let scratch = Scratch::new();
    let files = shared(&small());
    let at = |pointer| Wanted {
        files: &files,
        pointer,
    };
    let changes = put(&scratch.deploy(), &at(Some("00\n")), false).expect("written");
    assert!(marks(&changes).contains(&"+current/kustomization.yaml".to_owned()));
    scratch.write("current/kustomization.yaml", "by hand\n");
    assert_eq!(
        put(&scratch.deploy(), &at(None), false).expect("nothing to do"),
        []
    );
    let foreseen = compare(&scratch.deploy(), &at(Some("01\n"))).expect("readable");
    assert_eq!(marks(&bare(&foreseen)), ["~current/kustomization.yaml"]);
    put(&scratch.deploy(), &at(Some("01\n")), false).expect("written");
    assert_eq!(scratch.read("current/kustomization.yaml"), "01\n");
}

#[test]
fn staged_files_without_a_journal_are_no_interruption() {
    let scratch = Scratch::new();
    scratch.put(&small()).expect("written");
    fs::create_dir_all(scratch.staged().join("new")).expect("folders");
    fs::write(scratch.staged().join("new/0"), "half").expect("a file");
    assert_eq!(scratch.compare(&small()).expect("readable"), []);
    assert!(scratch.staged().exists());
    assert_eq!(scratch.put(&small()).expect("nothing to do"), []);
    scratch.holds_exactly(&small());
}

#[test]
fn files_are_read_for_others_unless_a_render_was_interrupted() {
    let scratch = Scratch::new();
    assert_eq!(
        read_file(&scratch.deploy(), "PLAN.md").expect("no folder, no file"),
        None
    );
    scratch.put(&small()).expect("written");
    let text = read_file(&scratch.deploy(), "PLAN.md").expect("readable");
    assert_eq!(text.as_deref(), Some("plan\n"));
    assert_eq!(
        read_file(&scratch.deploy(), "PLAN.md/x").expect("nothing can be there"),
        None
    );
    assert!(read_file(&scratch.deploy(), "base").is_err());
    fs::write(scratch.deploy().join("raw"), [0xff]).expect("a file");
    assert!(read_file(&scratch.deploy(), "raw").is_err());

    fs::create_dir(scratch.staged()).expect("a folder");
    fs::write(scratch.journal(), "").expect("a file");
    assert!(matches!(
        read_file(&scratch.deploy(), "PLAN.md"),
        Err(DiskError::Interrupted { .. })
    ));
    let text = read_file_to_complete(&scratch.deploy(), "PLAN.md").expect("readable");
    assert_eq!(text.as_deref(), Some("plan\n"));
}

#[test]
fn a_second_writer_is_turned_away() {
    let scratch = Scratch::new();
    let parent = fs::File::open(&scratch.0).expect("a folder");
    parent.try_lock().expect("nobody else");
    refuses(scratch.put(&small()), Kind::Conflict, "another process");
    scratch.compare(&small()).expect("readers need no turn");
    fs::create_dir(scratch.staged()).expect("a folder");
    fs::write(scratch.journal(), "").expect("a file");
    refuses(scratch.compare(&small()), Kind::Conflict, "another process");
    drop(parent);
    refuses(scratch.compare(&small()), Kind::Conflict, "interrupted");
}

#[test]
fn long_lists_are_cut_and_numbers_agree() {
    let paths = |n: usize| (0..n).map(|i| format!("f{i:02}")).collect();
    let error = |n| DiskError::Edited {
        folder: "deploy".into(),
        paths: paths(n),
    };
    assert_eq!(
        error(1).to_string(),
        "`deploy/f00` was edited since glidepath wrote it"
    );
    assert_eq!(
        error(2).to_string(),
        "`deploy/f00` and `deploy/f01` were edited since glidepath wrote them"
    );
    assert!(error(10).to_string().contains("and `deploy/f09` were"));
    assert!(
        error(11)
            .to_string()
            .ends_with("`deploy/f09` and 1 more file were edited since glidepath wrote them")
    );
    assert!(error(15).to_string().contains("and 5 more files were"));
}

/// Whoever looks while somebody else writes sees one tree or the other, or is told to wait: never edits that nobody made.
#[test]
fn what_a_writer_is_about_is_no_edit_to_whoever_looks() {
    let scratch = Scratch::new();
    let trees = [
        tree(&[("base/a", "1"), ("base/b", "1"), ("c", "1"), ("gone", "1")]),
        tree(&[("base/a", "2"), ("base/b", "2"), ("c", "2"), ("new", "2")]),
    ];
    scratch.put(&trees[0]).expect("written");
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for turn in 1..600 {
                // Whoever looks again may be in the way for a moment.
                let _ = scratch.put(&trees[turn % 2]);
            }
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        while !stop.load(std::sync::atomic::Ordering::Relaxed) {
            let files = shared(&trees[0]);
            let seen = [
                crate::sink::disk::permit(&scratch.deploy(), &wanted(&files), false).map(drop),
                scratch.compare(&trees[0]).map(drop),
            ];
            for error in seen.into_iter().filter_map(Result::err) {
                assert!(matches!(error, DiskError::Busy { .. }), "{error}");
            }
        }
    });
}
