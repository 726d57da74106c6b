//! Repositories that are not what one expects.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

use crate::support::Run;

use super::harness::Lab;

#[test]
fn without_a_commit_there_is_no_live_stage() {
    let lab = Lab::bare_bones("unborn");
    for command in ["status", "promote", "rollback"] {
        lab.refused(&[command, "app"], 5, "the repository has no commits yet");
    }
    assert!(lab.ok(&["history", "app"]).contains("STAGE"));
    lab.refused(&["series", "app", "--branch", "env"], 5, "not committed");
    lab.write("readme", "x");
    lab.git(&["add", "readme"]);
    lab.git(&["commit", "--quiet", "-m", "first"]);
    lab.refused(&["promote", "app"], 5, "is not committed");
}

#[test]
fn outside_a_repository_git_is_named() {
    let lab = Lab::bare_bones("outside");
    fs::remove_dir_all(lab.dir.join(".git")).expect("the repository");
    // The build folder itself lies in a repository.
    lab.write(".git", "gitdir: /nowhere");
    for command in ["status", "promote", "rollback", "history"] {
        assert_eq!(lab.run(&[command, "app"]).code, 6, "{command}");
    }
}

#[test]
fn a_bare_repository_is_refused_and_its_work_tree_is_not() {
    let lab = Lab::new("bare");
    lab.git(&["clone", "--quiet", "--bare", ".", "bare.git"]);
    fs::create_dir_all(lab.dir.join("bare.git/app")).expect("a folder");
    fs::copy(
        lab.dir.join("app/rollout.yaml"),
        lab.dir.join("bare.git/app/rollout.yaml"),
    )
    .expect("a copy");
    for command in ["status", "promote", "rollback"] {
        lab.refused(
            &[command, "bare.git/app"],
            6,
            "bare repository, which has no work tree",
        );
    }
    lab.git(&[
        "-C", "bare.git", "worktree", "add", "--quiet", "../tree", "main",
    ]);
    lab.ok(&["promote", "tree/app"]);
    assert_eq!(lab.git(&["-C", "tree", "status", "--porcelain"]), "");
    let pointer = lab.git(&[
        "-C",
        "bare.git",
        "show",
        "main:app/deploy/current/kustomization.yaml",
    ]);
    assert!(pointer.contains("01-deploy"), "{pointer}");
}

#[test]
fn a_worktree_and_a_submodule_are_repositories_like_others() {
    let lab = Lab::new("worktree");
    lab.git(&["worktree", "add", "--quiet", "-b", "side", "side"]);
    lab.ok(&["promote", "side/app"]);
    assert_eq!(lab.stage_at("side"), "deploy");
    assert_eq!(lab.stage_at("main"), "baseline");
    assert_eq!(lab.git(&["-C", "side", "status", "--porcelain"]), "");
    lab.refused(&["series", "app", "--branch", "side"], 5, "checked out");

    let outer = Lab::bare_bones("outer");
    let source = lab.dir.to_str().expect("a path");
    outer.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        source,
        "inner",
    ]);
    outer.commit_all("begin");
    outer.ok(&["promote", "inner/app"]);
    assert_eq!(outer.git(&["-C", "inner", "status", "--porcelain"]), "");
    let pointer = outer.git(&[
        "-C",
        "inner",
        "show",
        "HEAD:app/deploy/current/kustomization.yaml",
    ]);
    assert!(pointer.contains("01-deploy"), "{pointer}");
}

#[test]
fn a_detached_head_moves_and_no_branch_does() {
    let lab = Lab::new("detached");
    lab.git(&["checkout", "--quiet", "--detach"]);
    let ran = lab.run(&["promote", "app"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("HEAD is detached"), "{}", ran.stderr);
    assert_eq!(lab.live(), "deploy");
    assert_eq!(lab.stage_at("main"), "baseline");
    assert_eq!(lab.status()["commit"], lab.head());
}

#[test]
fn a_shallow_clone_that_ends_too_early_says_what_to_fetch() {
    let lab = Lab::new("shallow");
    lab.promote();
    for n in 0..4 {
        lab.write("other.txt", &n.to_string());
        lab.commit_all("other");
    }
    let source = format!("file://{}", lab.dir.display());
    let clone = |depth: &str, name: &str| {
        lab.git(&["clone", "--quiet", "--depth", depth, &source, name]);
        format!("{name}/app")
    };
    let short = clone("2", "short");
    for args in [
        &["status", &short][..],
        &["promote", &short],
        &["history", &short],
    ] {
        lab.refused(args, 6, "fetch-depth: 0");
    }
    // What needs no history works.
    lab.ok(&["rollback", &short, "--to", "baseline"]);
    // This one just reaches: its oldest commit is the one before the move.
    let long = clone("6", "long");
    let status = lab.json(&["status", &long, "--format", "json"]);
    assert_eq!(status["live"]["stage"], "deploy");
    lab.ok(&["promote", &long]);
    lab.refused(&["history", &long], 6, "fetch-depth: 0");
}

#[test]
fn line_ends_of_windows_change_nothing() {
    let lab = Lab::new("autocrlf");
    lab.git(&["config", "core.autocrlf", "true"]);
    fs::remove_dir_all(lab.dir.join("app")).expect("the tree");
    lab.git(&["checkout", "--quiet", "--", "app"]);
    let pointer = "app/deploy/current/kustomization.yaml";
    assert!(lab.read(pointer).contains("\r\n"));
    lab.promote_to("split");
    assert!(lab.read(pointer).contains("- ../stages/02-split\r\n"));
    assert_eq!(lab.live(), "split");
    lab.ok(&["rollback", "app", "--reason", "x"]);
    assert_eq!(lab.live(), "deploy");
    lab.ok(&["promote", "app", "--resume"]);
    assert_eq!(lab.live(), "split");
    let blob = lab
        .try_git(&["cat-file", "-p", &format!("HEAD:{pointer}")])
        .stdout;
    assert!(!blob.contains('\r'));
    lab.ok(&["series", "app", "--branch", "env"]);
}

#[test]
fn names_that_are_no_text_stay_as_they_are() {
    let lab = Lab::new("bytes");
    let name = std::ffi::OsStr::from_bytes(b"caf\xe9.txt");
    fs::write(lab.dir.join(name), "x").expect("a file");
    fs::write(lab.dir.join("app/deploy/current").join(name), "x").expect("a file");
    lab.commit_all("bytes");
    let files = lab.git(&["ls-tree", "-r", "-z", "HEAD"]);
    lab.promote();
    assert_eq!(lab.live(), "deploy");
    assert_eq!(lab.git(&["ls-tree", "-r", "-z", "HEAD"]).len(), files.len());
    lab.ok(&["promote", "app", "--branch"]);
    lab.fsck();
}

#[test]
fn a_sparse_checkout_keeps_what_it_left_out() {
    let lab = Lab::new("sparse");
    lab.write("big/file.txt", "x");
    lab.commit_all("big");
    lab.git(&["sparse-checkout", "set", "--no-cone", "/app/"]);
    assert!(!lab.dir.join("big").exists());
    lab.promote();
    assert_eq!(lab.live(), "deploy");
    assert_eq!(lab.git(&["show", "HEAD:big/file.txt"]), "x");
    // Where even the tree is left out, what is committed is all that is needed.
    lab.git(&["sparse-checkout", "set", "--no-cone", "/app/rollout.yaml"]);
    assert!(!lab.dir.join("app/deploy").exists());
    lab.promote();
    assert_eq!(lab.stage_at("HEAD"), "split");
    assert_eq!(lab.git(&["status", "--porcelain"]), "");
    lab.ok(&["series", "app", "--branch", "env"]);
    // A sparse index is an index that libgit2 does not know.
    lab.git(&["sparse-checkout", "set", "--cone", "--sparse-index", "app"]);
    let ran = lab.run(&["promote", "app", "--force", "--reason", "x"]);
    assert!(
        ran.code == 0 || ran.stderr.contains("--no-sparse-index"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_lock_of_another_process_is_named_and_not_waited_for() {
    let lab = Lab::new("locks");
    let promote = ["promote", "app"];
    lab.write(".git/index.lock", "");
    lab.refused(&promote, 5, "index.lock` exists");
    assert_eq!(lab.stage_at("HEAD"), "baseline");
    // A branch needs no index.
    lab.ok(&["promote", "app", "--branch"]);
    fs::remove_file(lab.dir.join(".git/index.lock")).expect("the lock");
    lab.write(".git/refs/heads/main.lock", "");
    lab.refused(&promote, 5, "main.lock");
    fs::remove_file(lab.dir.join(".git/refs/heads/main.lock")).expect("the lock");
    assert_eq!(lab.live(), "baseline");
    lab.write(".git/refs/heads/env.lock", "");
    lab.refused(&["series", "app", "--branch", "env"], 5, "env.lock");
    fs::remove_file(lab.dir.join(".git/refs/heads/env.lock")).expect("the lock");
    assert_eq!(lab.git(&["tag"]), "");
    lab.ok(&promote);
}

#[test]
fn hooks_and_filters_never_run() {
    let lab = Lab::new("hooks");
    for hook in [
        "pre-commit",
        "commit-msg",
        "post-commit",
        "prepare-commit-msg",
        "reference-transaction",
        "post-index-change",
    ] {
        let path = lab.write(
            &format!(".git/hooks/{hook}"),
            "#!/bin/sh\ntouch \"$HOME/.git/ran\"\nexit 1\n",
        );
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    lab.git(&["config", "filter.x.clean", "touch $HOME/.git/ran; cat"]);
    lab.git(&["config", "filter.x.smudge", "touch $HOME/.git/ran; cat"]);
    lab.write(".git/info/attributes", "* filter=x\n");
    lab.git(&["config", "commit.gpgsign", "true"]);
    let _ = fs::remove_file(lab.dir.join(".git/ran"));
    lab.ok(&["promote", "app"]);
    lab.ok(&["promote", "app"]);
    lab.ok(&["rollback", "app"]);
    lab.ok(&["promote", "app", "--branch", "--resume"]);
    lab.ok(&["series", "app", "--branch", "env"]);
    assert!(!lab.dir.join(".git/ran").exists());
}

#[test]
fn whoever_is_unknown_to_git_is_told_how_to_say_who_they_are() {
    let lab = Lab::new("nobody");
    let mut command = lab.prepare(&["promote", "app"]);
    for name in [
        "GIT_AUTHOR_NAME",
        "GIT_AUTHOR_EMAIL",
        "GIT_COMMITTER_NAME",
        "GIT_COMMITTER_EMAIL",
    ] {
        command.env_remove(name);
    }
    let ran = Run::to_the_end(&mut command);
    assert_eq!(ran.code, 6, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("git config user.name"),
        "{}",
        ran.stderr
    );
    assert_eq!(lab.live(), "baseline");
}

#[test]
fn two_rollouts_in_one_repository_move_on_their_own() {
    let lab = Lab::new("two");
    lab.add_rollout(".");
    lab.commit_all("another one, at the root");
    lab.promote();
    lab.ok(&["promote", "rollout.yaml"]);
    lab.ok(&["promote", "rollout.yaml"]);
    assert_eq!(lab.live(), "deploy");
    assert!(
        lab.read("deploy/current/kustomization.yaml")
            .contains("02-split")
    );
    lab.ok(&["rollback", "rollout.yaml"]);
    assert_eq!(lab.git(&["status", "--porcelain"]), "");
    assert!(lab.dir.join("deploy/hold.yaml").exists());
    assert!(!lab.dir.join("app/deploy/hold.yaml").exists());
    lab.fsck();
}
