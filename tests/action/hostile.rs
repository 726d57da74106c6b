//! What strangers may write into a rollout, a branch or a commit ends up as text.

use std::fmt::Write as _;

use super::world::{SPEC, World};

const PROMOTE: (&str, &str) = ("command", "promote");
const PATH: (&str, &str) = ("path", "rollouts/ranker");

fn body(world: &World, number: usize) -> String {
    world.fake.with(|state| {
        state.pulls[number - 1]["body"]
            .as_str()
            .expect("a body")
            .to_owned()
    })
}

#[test]
fn hostile_names_are_text() {
    let base = "a\";echo${IFS}x;#";
    let description =
        r"##[add-mask]x ::error::x @everyone <img src=x onerror=alert(1)> ``` --> Fixes #1";
    let world = World::with("hostile", base, &SPEC.replace("DESCRIPTION", description));
    assert_eq!(world.run(&[PROMOTE, PATH]).code, 0);
    world.merge(1);
    let ran = world.run(&[PROMOTE, PATH]);
    assert_eq!(ran.code, 0, "{}", ran.log);
    let body = body(&world, 2);
    assert!(
        body.contains("add-mask"),
        "the description is shown: {body}"
    );
    let prose: String = body.split("```").step_by(2).collect();
    for hostile in ["@everyone", "##[", "::error", "<img", "Fixes #1"] {
        assert!(!prose.contains(hostile), "{hostile}: {body}");
    }
    assert_eq!(body.matches("<!--").count(), 1);
    world
        .fake
        .with(|state| assert_eq!(state.pulls[1]["base"]["ref"], base));
}

#[test]
fn inputs_never_become_commands() {
    let world = World::new("inputs");
    for input in [
        "stage",
        "reason",
        "base",
        "branch-prefix",
        "labels",
        "path",
        "command",
        "working-directory",
    ] {
        for hostile in [
            "$(touch pwned)`touch pwned`\"; touch pwned; #",
            "--upload-pack=touch pwned",
            "../../..",
            "::add-mask::x\n::error::x",
        ] {
            let mut inputs = vec![PROMOTE, PATH];
            inputs.retain(|(name, _)| *name != input);
            inputs.push((input, hostile));
            let ran = world.run(&inputs);
            assert!(!ran.log.contains("panicked"), "{}", ran.log);
            assert!(
                !world.root.join("work/pwned").exists(),
                "{input}: {hostile}"
            );
        }
    }
}

#[test]
fn a_huge_diff_is_cut_and_every_object_is_listed() {
    let mut filler = String::new();
    for index in 0..4_000 {
        writeln!(
            filler,
            "          - {{name: V{index}, value: \"𝄞 ```` @everyone {index} 𝄞𝄞𝄞𝄞𝄞𝄞\"}}"
        )
        .expect("a string");
    }
    let spec = SPEC.replace(
        "    - name: b\n",
        &format!("    - name: b\n      env:\n{filler}"),
    );
    let world = World::with(
        "huge",
        "main",
        &spec.replace("          - {", "        - {"),
    );
    let ran = world.run(&[PROMOTE, PATH]);
    assert_eq!(ran.code, 0, "{}", ran.log);
    let body = body(&world, 1);
    let length = body.chars().count();
    assert!((50_000..=65_536).contains(&length), "{length}");
    assert!(body.contains("lines left out; `glidepath diff --from baseline --to deploy`"));
    let plan = std::process::Command::new(crate::support::GLIDEPATH)
        .args([
            "diff", "--from", "baseline", "--to", "deploy", "--format", "json", "rollouts",
        ])
        .current_dir(world.root.join("work"))
        .output()
        .expect("glidepath");
    assert!(plan.stdout.len() > 200_000, "the diff is large");
    let diff: serde_json::Value = serde_json::from_slice(&plan.stdout).expect("JSON");
    let changes = diff["changes"].as_array().expect("changes");
    assert!(changes.len() > 2);
    for change in changes {
        let name = change["name"].as_str().expect("a name");
        assert!(body.contains(&format!("`{name}`")), "{name}");
    }
    // The fence around the diff is longer than any run of backticks in it, and is closed.
    assert_eq!(body.matches("`````").count() % 2, 0);
    assert!(body.trim_end().ends_with("-->"));
    let marker = glidepath::promotion::pull_request::Marker::read(&body).expect("a marker");
    assert_eq!(marker.to, "deploy");
}
