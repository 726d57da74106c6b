//! The stages as commits of a branch.

use serde_json::Value;

use super::harness::Lab;

const SERIES: [&str; 6] = [
    "series",
    "app",
    "--branch",
    "env",
    "--date",
    "2020-02-01T00:00:00Z",
];

#[test]
fn every_stage_is_a_commit_with_its_manifests_and_a_tag() {
    let lab = Lab::new("series");
    lab.git(&[
        "remote",
        "add",
        "origin",
        "https://user:secret@example.com/team/repo.git",
    ]);
    let dry = lab.head();
    lab.write("other.txt", "x");
    lab.commit_all("no change of the rollout");
    let listed = lab.ok(&SERIES);
    assert_eq!(lab.live(), "baseline");
    let subjects = lab.git(&["log", "--reverse", "--format=%s", "env"]);
    assert_eq!(
        subjects,
        "image-classifier: 00-baseline (all traffic on resnet50)\n\
         image-classifier: 01-deploy (all traffic on resnet50)\n\
         image-classifier: 02-split (resnet101 30%)\n\
         image-classifier: 03-weight-100 (resnet101 100%)\n\
         image-classifier: 04-retire (resnet101 100%)"
    );
    for (stage, line) in ["baseline", "deploy", "split", "weight-100", "retire"]
        .iter()
        .zip(listed.lines())
    {
        let tag = format!("image-classifier/{stage}");
        let commit = lab.git(&["rev-parse", &format!("refs/tags/{tag}")]);
        assert_eq!(line, format!("{commit} {tag}"));
        let manifest = lab.git(&["show", &format!("{tag}:image-classifier/manifest.yaml")]);
        let stream = lab.ok(&["render", "app", "--stdout", "--stage", stage]);
        assert_eq!(manifest, stream.trim_end(), "{stage}");
        let read = |path: &str| -> Value {
            serde_json::from_str(&lab.git(&["show", &format!("{tag}:{path}")])).expect(path)
        };
        let root = read("hydrator.metadata");
        assert_eq!(root["drySha"], dry.as_str());
        assert_eq!(root["repoURL"], "https://example.com/team/repo.git");
        assert_eq!(root["author"], "Ada <ada@example.com>");
        assert_eq!(root["subject"], "begin");
        assert_eq!(root["date"], "2020-01-02T00:00:00Z");
        let own = read("image-classifier/hydrator.metadata");
        assert_eq!(own["drySha"], dry.as_str());
        assert_eq!(
            own["commands"][0],
            format!("glidepath render --stdout --stage {stage}")
        );
        assert!(own.get("author").is_none());
        let names = lab.git(&["ls-tree", "-r", "--name-only", &tag]);
        assert_eq!(
            names,
            ".gitattributes\nhydrator.metadata\nimage-classifier/README.md\nimage-classifier/hydrator.metadata\nimage-classifier/manifest.yaml"
        );
    }
    lab.fsck();
}

#[test]
fn the_same_spec_gives_the_same_commits() {
    let ids = ["same-a", "same-b"].map(|name| {
        let lab = Lab::new(name);
        lab.ok(&[
            &SERIES[..],
            &[
                "--author",
                "B <b@example.com>",
                "--committer",
                "C <c@example.com>",
            ],
        ]
        .concat());
        let who = lab.git(&["log", "-1", "--format=%an %ae %cn %ce %aI %cI", "env"]);
        assert_eq!(
            who,
            "B b@example.com C c@example.com 2020-02-01T00:00:00+00:00 2020-02-01T00:00:00+00:00"
        );
        lab.git(&["log", "--format=%H", "env"])
    });
    assert_eq!(ids[0], ids[1]);
    // GIT_* variables say the same without flags.
    let variables = ["same-c", "same-d"].map(|name| {
        let lab = Lab::new(name);
        lab.ok(&["series", "app", "--branch", "env"]);
        lab.git(&["log", "--format=%H", "env"])
    });
    assert_eq!(variables[0], variables[1]);
}

#[test]
fn a_second_run_changes_only_what_changed() {
    let lab = Lab::new("series-again");
    lab.ok(&SERIES);
    let commits = |lab: &Lab| -> Vec<String> {
        let text = lab.git(&["log", "--reverse", "--format=%H", "env"]);
        text.lines().map(str::to_owned).collect()
    };
    let first = commits(&lab);
    lab.write("other.txt", "x");
    lab.commit_all("meanwhile");
    lab.ok(&["series", "app", "--branch", "env"]);
    assert_eq!(commits(&lab), first, "nothing changed, whatever the date");
    let spec = lab.read("app/rollout.yaml");
    lab.write(
        "app/rollout.yaml",
        &spec.replace("weight: 30", "weight: 40"),
    );
    lab.refused(&SERIES, 5, "has changes that are not committed");
    lab.commit_all("40 %");
    lab.ok(&SERIES);
    let second = commits(&lab);
    assert_eq!(second[..2], first[..2]);
    assert!(
        second[2..]
            .iter()
            .zip(&first[2..])
            .all(|(new, old)| new != old)
    );
    // A stage fewer: the branch ends earlier, and its tag goes.
    lab.write(
        "app/rollout.yaml",
        &spec.replace("spec:\n", "spec:\n  retire: never\n"),
    );
    lab.commit_all("no retire");
    lab.ok(&SERIES);
    assert_eq!(commits(&lab).len(), 4);
    assert_eq!(lab.git(&["tag"]).lines().count(), 4);
    assert_eq!(lab.live(), "baseline");
    lab.fsck();
}

#[test]
fn commits_of_others_are_never_overwritten() {
    let lab = Lab::new("series-foreign");
    lab.refused(&["series", "app", "--branch", "main"], 5, "checked out");
    lab.git(&["branch", "theirs"]);
    lab.refused(
        &["series", "app", "--branch", "theirs"],
        5,
        "a commit that glidepath did not make",
    );
    assert_eq!(lab.run(&["series", "app", "--branch", "a..b"]).code, 2);
    assert_eq!(
        lab.run(&["series", "app", "--branch", "x", "--folder", "../y"])
            .code,
        2
    );
    lab.ok(&SERIES);
    let made = lab.git(&["rev-parse", "env"]);
    for amend in [false, true] {
        lab.git(&["checkout", "--quiet", "env"]);
        lab.write("image-classifier/manifest.yaml", "edited: true\n");
        lab.git(&["add", "image-classifier/manifest.yaml"]);
        if amend {
            lab.git(&["commit", "--quiet", "--amend", "--no-edit"]);
        } else {
            lab.git(&["commit", "--quiet", "-m", "edit"]);
        }
        let theirs = lab.head();
        lab.git(&["checkout", "--quiet", "main"]);
        lab.refused(&SERIES, 5, "a commit that glidepath did not make");
        assert_eq!(lab.git(&["rev-parse", "env"]), theirs);
        lab.git(&["branch", "--force", "env", &made]);
    }
    lab.git(&["tag", "--force", "image-classifier/split", "main"]);
    lab.refused(&SERIES, 5, "`image-classifier/split`");
    lab.git(&["tag", "-d", "image-classifier/split"]);
    lab.ok(&SERIES);
    // A tag of somebody's that is no stage is left alone.
    lab.git(&["tag", "image-classifier/v1", "main"]);
    lab.ok(&SERIES);
    assert_eq!(lab.git(&["tag"]).lines().count(), 6);
    lab.git(&["tag", "other"]);
    assert_eq!(lab.live(), "baseline");
}
