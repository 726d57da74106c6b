//! Who writes and commits, and when: what no commit can hold is refused before a branch moves.

use crate::support::Run;

use super::harness::Lab;

/// The environment, git's configuration and the flags, each with a name that would end a line of the commit or its name.
#[test]
fn a_name_that_no_commit_can_hold_is_refused_before_the_branch_moves() {
    let lab = Lab::new("names");
    let before = lab.head();
    for (variable, value) in [
        ("GIT_AUTHOR_NAME", "Ada\nparent 0"),
        ("GIT_AUTHOR_EMAIL", "ada@example.com>\ncommitter x <x"),
        ("GIT_COMMITTER_NAME", "A <da"),
        ("GIT_COMMITTER_NAME", "Ada\r"),
        ("GIT_COMMITTER_EMAIL", "ada\u{1b}@example.com"),
        ("GIT_COMMITTER_EMAIL", "a>b"),
    ] {
        for args in [
            &["promote", "app"][..],
            &["promote", "app", "--branch"],
            &["series", "app", "--branch", "env"],
        ] {
            let ran = Run::to_the_end(lab.prepare(args).env(variable, value));
            ran.exits(2).says(&[variable, "which no commit can hold"]);
            assert_eq!(lab.head(), before);
        }
    }
    for key in ["user.name", "user.email"] {
        lab.git(&["config", key, "a\nb"]);
        // What is configured goes into the log of the branch, even where the environment names somebody.
        lab.refused(&["promote", "app"], 2, &format!("`git config {key}`"));
        let mut command = lab.prepare(&["promote", "app"]);
        for role in ["AUTHOR", "COMMITTER"] {
            command.env_remove(format!("GIT_{role}_NAME"));
            command.env_remove(format!("GIT_{role}_EMAIL"));
        }
        Run::to_the_end(&mut command).exits(2).says(&[key]);
        lab.git(&["config", "--unset", key]);
        assert_eq!(lab.head(), before);
    }
    for flag in ["--author", "--committer"] {
        for who in ["A\nda <ada@example.com>", "Ada <ada@\nexample.com>"] {
            lab.refused(&["promote", "app", flag, who], 2, "control character");
        }
    }
    assert_eq!(lab.head(), before);
    assert_eq!(lab.git(&["branch", "--list"]), "* main");
    lab.fsck();
    let odd = "Ada \"the 1st\" Łovelace, Ph.D. 花子 <a+b@bücher.example>";
    let args = ["promote", "app", "--author", odd, "--committer", odd];
    Run::to_the_end(&mut lab.prepare(&args)).exits(0);
    assert_eq!(lab.git(&["log", "-1", "--format=%an <%ae>"]), odd);
}

#[test]
fn a_date_that_git_cannot_write_is_refused_and_does_not_wrap() {
    let lab = Lab::new("dates");
    let series = ["series", "app", "--branch", "env"];
    for date in ["@9999999999", "@4294967296", "@-1", "2200-01-01T00:00:00Z"] {
        let flag = format!("--date={date}");
        let ran = lab.run(&[&series[..], &[&flag]].concat());
        ran.exits(2)
            .without_result()
            .says(&["1970-01-01T00:00:00Z"]);
        for role in ["AUTHOR", "COMMITTER"] {
            let mut command = lab.prepare(&series);
            command.env(format!("GIT_{role}_DATE"), date);
            Run::to_the_end(&mut command)
                .exits(2)
                .says(&["1970-01-01T00:00:00Z"]);
        }
    }
    for date in [
        "@99999999999999",
        "@99999999999999999999",
        "@-99999999999999",
        "10000-01-01T00:00:00Z",
        "soon",
    ] {
        let flag = format!("--date={date}");
        lab.run(&[&series[..], &[&flag]].concat()).exits(2);
        let mut command = lab.prepare(&series);
        command.env("GIT_AUTHOR_DATE", date);
        assert_ne!(Run::to_the_end(&mut command).code, 0, "{date}");
    }
    assert_eq!(lab.git(&["branch", "--list"]), "* main");
    lab.ok(&[&series[..], &["--date=@4294967295"]].concat());
    assert_eq!(lab.git(&["log", "-1", "--format=%at", "env"]), "4294967295");
}

/// A branch by its full name is that branch, and not another one inside it.
#[test]
fn a_branch_may_be_named_in_full() {
    let lab = Lab::new("in-full");
    for wrong in ["refs/tags/v1", "refs/env", "refs/heads/", "HEAD", "a..b"] {
        lab.refused(
            &["series", "app", "--branch", wrong],
            2,
            "no name for a branch",
        );
    }
    lab.ok(&["series", "app", "--branch", "refs/heads/env"]);
    assert_eq!(lab.git(&["branch", "--list"]), "  env\n* main");
    lab.ok(&["series", "app", "--branch", "env"]);
    lab.refused(
        &["series", "app", "--branch", "refs/heads/main"],
        5,
        "checked out",
    );
}

/// Dates that strangers wrote into commits are read as they are, or the commit is refused: nothing wraps, and nothing panics.
#[test]
fn dates_of_hostile_commits_neither_wrap_nor_panic() {
    let lab = Lab::new("hostile-dates");
    lab.promote();
    let raw = lab.git(&["cat-file", "commit", "HEAD"]);
    for date in [
        "99999999999999 +0000",
        "9223372036854775807 +0000",
        "99999999999999999999999 +0000",
        "-9223372036854775808 +0000",
        "-1 +0000",
        "1577836800 +99999999",
        "1577836800",
        "x",
        "",
    ] {
        let lines = raw.lines().map(|line| match line.split_once("> ") {
            Some((who, _)) if line.starts_with("author") || line.starts_with("committer") => {
                format!("{who}> {date}")
            }
            _ => line.to_owned(),
        });
        let text: Vec<String> = lines.collect();
        let path = lab.write(".git/hostile", &format!("{}\n", text.join("\n")));
        let id = lab.git(&["hash-object", "-t", "commit", "-w", "--literally", &path]);
        for args in [
            &["status", "app"][..],
            &["history", "app", "--format", "json"],
            &["gate", "app"],
            &["promote", "app"],
            &["series", "app", "--branch", "env"],
        ] {
            lab.git(&["update-ref", "refs/heads/main", &id]);
            let ran = Run::to_the_end(&mut lab.prepare(args));
            assert!(
                (0..=6).contains(&ran.code),
                "{date} {args:?}\n{}",
                ran.shown()
            );
            assert!(!ran.shown().contains("internal error"), "{}", ran.shown());
            let is_wrapped = ["1978-", "1901-", "2038-", "1970-"]
                .iter()
                .any(|year| ran.stdout.contains(year));
            assert!(
                !is_wrapped || date == "x" || date.is_empty(),
                "{}",
                ran.shown()
            );
        }
    }
}
