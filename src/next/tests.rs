//! Files in many layouts, and the next rollout that each becomes.

use crate::compile::{Compiled, Environment, NoFiles, Source, compile};

use super::{Refused, Release, next};

mod strategies;

const HEAD: &str = "\
# the ranker
apiVersion: glidepath.dev/v1alpha1
kind: ModelRollout
metadata: {name: ranker}
spec:
";

const A: &str = "{name: a, runtime: custom, image: 'i:1', replicas: 2, ports: [{name: http, containerPort: 80}]}";

const TAIL: &str = "  stable: a   # serves
  cohorts:
    - {name: testers, share: 1%, match: [{headers: {x-a: b}}]}
  gates:
    - {name: g, availability: {objective: 99%}}
    - {name: t, model: b, threshold: {query: 'max(m{model=\"{{model}}\"})', max: 5}}
  steps:
    - {name: b-first, cohorts: {testers: b}, bake: 10m, gates: [t]}   # b, not a
    - weights: {b: 10, \"a\": 90}
      replicas: {b: 2, 'a': 2}
      bake: 10m
      gates: [g]
    - {weight: 50, mirror: {to: 'a'}, bake: 10m, gates: [g]}
    - {weight: 100, mirror: null, bake: 10m, gates: [g]}
";

fn compiled(text: &str) -> Compiled {
    let source = Source::new("rollout.yaml", text);
    let compiled = compile(&source, &NoFiles, &Environment::default());
    compiled.unwrap_or_else(|report| panic!("{:#?}\n{text}", report.sorted()))
}

fn release(model: &str) -> Release {
    Release {
        model: model.parse().expect("a name"),
        image: Some("i:3".to_owned()),
        uri: None,
    }
}

fn after(text: &str) -> String {
    match next(&compiled(text), &release("c"), &NoFiles) {
        Ok(after) => after,
        Err(why) => panic!("{why:#?}\n{text}"),
    }
}

fn refused(text: &str, release: &Release) -> String {
    match next(&compiled(text), release, &NoFiles) {
        Ok(after) => panic!("{after}"),
        Err(Refused::Because(message, _)) => message,
        Err(Refused::Broken(report)) => {
            let told = report.sorted().into_iter();
            told.map(|found| format!("{} {}", found.code, found.message))
                .collect::<Vec<_>>()
                .join("\n")
        }
    }
}

/// One entry on many lines, with everything that could be taken for something else.
fn block(name: &str, image: &str) -> String {
    [
        &format!("    - name: {name}   # the name\n"),
        "      # of a build\n",
        &format!("      image: {image}\n"),
        "      runtime: custom\n\n      replicas: 2\n      ports:\n",
        "      - {name: http, containerPort: 80}\n",
        "      args:\n        - |\n          name: b\n          # no comment\n",
    ]
    .concat()
}

/// The same with its dash below the key.
fn flat(name: &str, image: &str) -> String {
    let text = block(name, image).replace("\n    ", "\n  ");
    text.replacen("    ", "  ", 1)
}

/// An entry on one line.
fn line(name: &str, image: &str) -> String {
    format!(
        "{{name: {name}, runtime: custom, image: {image}, replicas: 2, ports: [{{name: http, containerPort: 80}}]}}"
    )
}

/// What the lists of models look like, before and after.
fn layouts() -> Vec<(String, String)> {
    let (old, new) = (line("b", "i:2"), line("c", "i:3"));
    // Its dash has a line of its own.
    let alone = "  -\n    name: a\n    runtime: custom\n    image: 'i:1'\n    replicas: 2\n    ports: [{name: http, containerPort: 80}]\n";
    vec![
        (
            format!("    - {A}\n    - {old}\n"),
            format!("    - {old}\n    - {new}\n"),
        ),
        (
            format!("    - {old}   # two\n    - {A}   # one\n"),
            format!("    - {old}   # two\n    - {new}   # two\n"),
        ),
        (
            format!("    [{A}, {old}]\n"),
            format!("    [{old}, {new}]\n"),
        ),
        (
            format!("    [\n      {old},\n      {A},\n    ]\n"),
            format!("    [\n      {old},\n      {new},\n    ]\n"),
        ),
        (
            format!(
                "    # all of them\n    - {A}\n\n    # the new one\n{}",
                block("b", "i:2")
            ),
            format!(
                "    # all of them\n    # the new one\n{}\n{}",
                block("b", "i:2"),
                block("c", "i:3")
            ),
        ),
        (
            format!("{}  # the old one\n{alone}", flat("'b'", "\"i:2\"")),
            format!("{}{}", flat("'b'", "\"i:2\""), flat("'c'", "\"i:3\"")),
        ),
    ]
    .into_iter()
    .map(|(before, after)| {
        (
            format!("  models:\n{before}"),
            format!("  models:\n{after}"),
        )
    })
    .collect()
}

#[test]
fn only_what_must_change_changes_in_every_layout() {
    let tail = TAIL
        .replace("stable: a ", "stable: b ")
        .replace("model: b", "model: c")
        .replace("testers: b", "testers: c")
        .replace("{b: 10, \"a\": 90}", "{c: 10, \"b\": 90}")
        .replace("{b: 2, 'a': 2}", "{c: 2, 'b': 2}")
        .replace("to: 'a'", "to: 'b'");
    for (before, wanted) in layouts() {
        for eol in ["\n", "\r\n"] {
            let lines = |text: &str| text.replace('\n', eol);
            let found = after(&lines(&format!("{HEAD}{before}{TAIL}")));
            assert_eq!(found, lines(&format!("{HEAD}{wanted}{tail}")));
            // The list at the end of the file, without a last line end.
            let found = after(lines(&format!("{HEAD}{TAIL}{before}")).trim_end());
            assert_eq!(
                found.trim_end(),
                lines(&format!("{HEAD}{tail}{wanted}")).trim_end()
            );
        }
    }
}

#[test]
fn the_next_rollout_of_the_next_one_is_the_same_in_other_names() {
    let (list, _) = &layouts()[4];
    let first = after(&format!("{HEAD}{list}{TAIL}"));
    let again = next(&compiled(&first), &release("d"), &NoFiles).expect("it goes on");
    assert_eq!(again.lines().count(), first.lines().count());
    assert!(again.contains("stable: c   # serves") && again.contains("{d: 10, \"c\": 90}"));
}

#[test]
fn what_a_model_is_known_by_follows_its_name() {
    let model = |name: &str| {
        format!(
            "    - {{name: {name}, workloadName: model-{name}, selector: {{app: m, version: {name}}}, runtime: custom, image: 'i:1', ports: [{{name: http, containerPort: 80}}]}}\n"
        )
    };
    let text = |old: &str, new: &str| {
        format!(
            "{HEAD}  service: {{selector: {{app: m}}}}\n  models:\n{}{}  stable: {old}\n  steps: [{{weight: 100, gates: []}}]\n",
            model(old),
            model(new)
        )
    };
    let bare = Release {
        image: None,
        ..release("v3")
    };
    let found = next(&compiled(&text("v1", "v2")), &bare, &NoFiles).expect("it goes on");
    assert_eq!(found, text("v2", "v3"));
    // `v2` within another word is no name.
    let other = text("v1", "v2").replace("model-v2", "v20");
    assert!(refused(&other, &bare).contains("GP108"));
}

/// A rollout whose stable model has a selector, and what it says of `adopt` and of the Service.
fn adopting(adopt: &str) -> String {
    let selected = A.replace("name: a,", "name: a, selector: {app: old},");
    let (list, _) = &layouts()[0];
    format!("{HEAD}{adopt}{}{TAIL}", list.replace(A, &selected))
}

#[test]
fn adopt_goes_and_the_service_selects_what_it_selected() {
    const KEPT: &str = "selector: {app.kubernetes.io/instance: ranker}";
    for (adopt, wanted) in [
        (
            "  adopt: true   # once\n",
            format!("  service: {{{KEPT}}}\n"),
        ),
        (
            "  # of the cluster\n  adopt: true\n  service: {name: r}\n",
            format!("  # of the cluster\n  service: {{{KEPT}, name: r}}\n"),
        ),
        (
            "  service:\n    # the old name\n    name: r   # kept\n  \"adopt\": true # once\n",
            format!("  service:\n    # the old name\n    {KEPT}\n    name: r   # kept\n"),
        ),
        (
            "  service: {}\n  adopt: true\n",
            format!("  service: {{{KEPT}}}\n"),
        ),
        (
            "  service: {selector: {team: x}}\n  adopt: true\n",
            "  service: {selector: {team: x}}\n".to_owned(),
        ),
    ] {
        for eol in ["\n", "\r\n"] {
            let old = format!("{HEAD}{adopt}");
            let new = format!("{HEAD}{wanted}").replace('\n', eol);
            let found = after(&adopting(adopt).replace('\n', eol));
            assert!(found.starts_with(&new), "{old}\n{found}");
        }
    }
    // At the end of a file, and between braces.
    let text = adopting("");
    let found = after(&format!("{text}  adopt: true"));
    assert!(
        found.ends_with(&format!("\n  service: {{{KEPT}}}")),
        "{found}"
    );
    let flow = |adopt: &str, last: &str| {
        format!(
            "apiVersion: glidepath.dev/v1alpha1\nkind: ModelRollout\nmetadata: {{name: ranker}}\nspec: {{{adopt}models: [{}, {}], stable: a, steps: [{{weight: 100, gates: []}}]{last}}}\n",
            A.replace("name: a,", "name: a, selector: {app: old},"),
            line("b", "i:2")
        )
    };
    let found = after(&flow("adopt: true, ", ""));
    assert!(
        found.contains(&format!("spec: {{service: {{{KEPT}}}, models: [")),
        "{found}"
    );
    let found = after(&flow("service: {name: r}, ", ", adopt: true"));
    assert!(
        found.contains(&format!("spec: {{service: {{{KEPT}, name: r}}, models")),
        "{found}"
    );
    assert!(found.contains("gates: []}]}\n"), "{found}");
}

#[test]
fn adopt_stays_where_the_winner_could_be_adopted_again() {
    let text = adopting("  adopt: true\n").replace("{name: b,", "{name: b, selector: {app: m-b},");
    let found = after(&text);
    assert!(
        found.starts_with(&format!("{HEAD}  adopt: true\n")),
        "{found}"
    );
    let told = "{name: b, subset: {labels: {app: m-b}},";
    let found = after(&text.replace("{name: b,", told));
    assert!(!found.contains("adopt:"), "{found}");
}

#[test]
fn adopt_that_cannot_be_taken_out_is_told_how() {
    let bare = release("c");
    for adopt in ["  adopt:\n    true\n", "  ? adopt\n  : true\n"] {
        match next(&compiled(&adopting(adopt)), &bare, &NoFiles) {
            Err(Refused::Because(message, help)) => {
                assert!(message.contains("`adopt` has done its work"), "{message}");
                let wanted = "without `adopt`, and with `service: {selector: {app.kubernetes.io/instance: ranker}}`";
                assert!(help.contains(wanted), "{help}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_replicas_that_the_last_step_left_are_the_stable_ones() {
    let (list, _) = &layouts()[0];
    let scaled = TAIL.replace("replicas: {b: 2,", "replicas: {b: 6,");
    let found = after(&format!("{HEAD}{list}{scaled}"));
    assert!(
        found.contains("name: b, runtime: custom, image: i:2, replicas: 6,"),
        "{found}"
    );
    assert!(
        found.contains("name: c, runtime: custom, image: i:3, replicas: 2,"),
        "{found}"
    );
    let silent = scaled.replace("replicas: 2, ", "");
    let list = list.replace("image: i:2, replicas: 2,", "image: i:2,");
    assert!(
        refused(&format!("{HEAD}{list}{silent}"), &release("c")).contains("ends with 6 replicas")
    );
}

#[test]
fn what_cannot_be_carried_over_is_said() {
    let (list, _) = &layouts()[0];
    let text = |list: &str, tail: &str| format!("{HEAD}{list}{tail}");
    let third = format!("{list}    - {}\n", A.replace("name: a,", "name: x,"));
    let with_x = TAIL.replace("testers: b", "testers: x");
    let ended = with_x.replace(
        "weight: 50, mirror: {to: 'a'}",
        "weights: {b: 50}, cohorts: {testers: null}, mirror: {to: 'a'}",
    );
    let ended = ended.replace("weight: 100,", "weights: {b: 100},");
    let kept = with_x
        .replace("weight: 50,", "weights: {b: 50},")
        .replace("weight: 100,", "weights: {b: 100}, keep: [x],");
    let anchored = text(
        &list.replace(
            "- {name: b, runtime: custom,",
            "- &m {name: b, runtime: custom,",
        ),
        TAIL,
    );
    let uri = Release {
        uri: Some("gs://x".to_owned()),
        ..release("c")
    };
    for (text, release, why) in [
        (
            text(list, TAIL),
            release("b"),
            "`b` is the model that won, and it stays",
        ),
        (text(list, TAIL), uri, "`b` has no `model.uri`"),
        (
            text(&third, &ended),
            release("c"),
            "rollout.yaml:17:42 names `x`",
        ),
        (
            text(&third, &kept),
            release("c"),
            "`x` still runs in the last stage",
        ),
        (
            text(
                list,
                &TAIL.replace(
                    "    - {weight: 100, mirror: null, bake: 10m, gates: [g]}\n",
                    "    - {weight: 60, mirror: null, bake: 10m, gates: [g]}\n",
                ),
            ),
            release("c"),
            "no model has all",
        ),
        (
            text(list, &format!("{TAIL}  retire: never\n")),
            release("c"),
            "`a` still runs",
        ),
        (
            anchored,
            release("c"),
            "in a way that cannot be changed in place",
        ),
    ] {
        let found = refused(&text, &release);
        assert!(found.contains(why), "{found}\n{text}");
    }
}
