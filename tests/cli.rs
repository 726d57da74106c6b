//! The command line: help, exit codes, streams, formats, and what every command prints.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::{GLIDEPATH, GOOD, Place, ROOT, Run};
use glidepath::diag::Code;
use insta::assert_snapshot;
use serde_json::Value;

/// The names of all commands, as the help lists them.
fn commands(place: &Place) -> Vec<String> {
    let help = place.run(&["--help"]).exits(0).stdout;
    let (_, list) = help.split_once("Commands:\n").expect("a list of commands");
    list.lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(ToOwned::to_owned)
        .collect()
}

/// A rollout with two errors and a warning.
fn bad() -> String {
    GOOD.replace("stable: a\n", "stable: aa\n")
        .replace("x-canary", "X-Canary")
        .replace(
            "image: registry.example/ranker:1.5",
            "image: registry.example/ranker",
        )
}

#[test]
fn the_help_of_every_command() {
    let place = Place::new();
    let mut all = place.run(&["--help"]).exits(0).shown();
    for command in commands(&place) {
        let run = place.run(&[&command, "--help"]).exits(0);
        assert_eq!(run.stderr, "", "{command}");
        write!(all, "\n=== {command}\n{}", run.shown()).expect("strings take everything");
    }
    assert_snapshot!(all);
}

#[test]
fn wrong_usage_is_exit_2() {
    let place = Place::with(GOOD);
    for arguments in [
        &["no-such-command"][..],
        &["render", "--no-such-option"],
        &["render", "--check", "--force"],
        &["render", "--stdout"],
        &["plan", "--format", "xml"],
        &["diff", "--from", "nowhere"],
        &["diff", "--from", "retire"],
        &["trace", "--header", "no-value"],
        &["trace", "--port", "81"],
        &["trace", "--via", "gateway"],
        &["trace", "--stage", "nowhere"],
        &["explain", "GP999"],
        &["completions", "cmd.exe"],
    ] {
        let run = place.run(arguments).exits(2).without_result();
        assert!(run.stderr.contains("error"), "{}", run.shown());
    }
}

#[test]
fn a_result_is_on_stdout_alone() {
    let place = Place::with(GOOD);
    for arguments in [
        &["plan"][..],
        &["plan", "--format", "markdown"],
        &["plan", "--format", "json"],
        &["render", "--stdout", "--stage", "weight-10"],
        &["diff", "--from", "baseline", "--to", "deploy"],
        &["trace"],
        &["schema"],
        &["explain"],
        &["man"],
        &["completions", "bash"],
    ] {
        let run = place.run(arguments).exits(0);
        assert!(
            !run.stdout.is_empty() && run.stderr.is_empty(),
            "{arguments:?}\n{}",
            run.shown()
        );
    }
    for arguments in [&["validate"][..], &["render"], &["init", "new"]] {
        let run = place.run(arguments).exits(0).without_result();
        assert!(!run.stderr.is_empty(), "{arguments:?}");
    }
}

#[test]
fn quiet_keeps_everything_back_but_errors() {
    let warned = Place::with(&GOOD.replace("ranker:1.5", "ranker:latest"));
    warned
        .run(&["validate"])
        .exits(0)
        .says(&["warning[GP601]", "no errors"]);
    for arguments in [&["validate", "--quiet"][..], &["-q", "render"]] {
        assert_eq!(warned.run(arguments).exits(0).stderr, "");
    }
    let place = Place::with(&bad());
    place
        .run(&["validate", "-q"])
        .exits(1)
        .says(&["error[GP101]"]);
}

#[test]
fn a_bad_file_for_people() {
    assert_snapshot!(Place::with(&bad()).run(&["validate"]).shown());
}

#[test]
fn a_bad_file_for_programs() {
    let run = Place::with(&bad()).run(&["validate", "--message-format", "json"]);
    for line in run.stderr.lines() {
        let object: Value = serde_json::from_str(line).expect("one JSON object a line");
        assert!(object.is_object(), "{line}");
    }
    assert_snapshot!(run.shown());
}

#[test]
fn a_bad_file_for_github() {
    let run = Place::with(&bad()).run(&["validate", "--message-format", "github"]);
    assert_snapshot!(run.shown());
}

#[test]
fn a_bad_file_for_code_scanning() {
    let run = Place::with(&bad())
        .run(&["validate", "--message-format", "sarif"])
        .exits(1);
    let log: Value = serde_json::from_str(&run.stderr).expect("one JSON document");
    assert_eq!(log["version"], "2.1.0");
    let results = log["runs"][0]["results"].as_array().expect("results");
    let found: Vec<&str> = results
        .iter()
        .filter_map(|found| found["ruleId"].as_str())
        .collect();
    assert_eq!(found, ["GP101", "GP203"]);
    let region = &results[0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 20, "{region}");
}

#[test]
fn a_good_file_is_an_empty_log_for_code_scanning() {
    let run = Place::with(GOOD)
        .run(&["validate", "--message-format", "sarif"])
        .exits(0);
    let log: Value = serde_json::from_str(&run.stderr).expect("one JSON document");
    assert_eq!(log["runs"][0]["results"], Value::Array(Vec::new()));
}

/// A refusal: exit 1, no result, a place in the file, and nothing written.
fn refused(bytes: impl AsRef<[u8]>, parts: &[&str]) -> Run {
    let place = Place::new();
    place.write("rollout.yaml", bytes);
    let before = place.snapshot();
    let start = Instant::now();
    let run = place.run(&["render"]).exits(1).without_result().says(parts);
    assert!(
        start.elapsed() < Duration::from_secs(20),
        "{:?}",
        start.elapsed()
    );
    assert!(
        run.stderr.len() < 10_000,
        "{} bytes are said",
        run.stderr.len()
    );
    place.assert_unchanged(&before);
    run
}

#[test]
fn a_file_of_more_than_a_mebibyte_is_refused() {
    let padding = format!("# {}\n", "x".repeat(98)).repeat(11_535);
    assert!(padding.len() > 1_150_000);
    refused(
        format!("{GOOD}{padding}"),
        &["error[GP002]", "rollout.yaml:"],
    );
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        writeln!(
            bomb,
            "a{level}: &a{level} [{}]",
            before.trim_end_matches(", ")
        )
        .expect("a string");
    }
    refused(bomb, &["error[GP002]", "rollout.yaml:"]);
}

#[test]
fn a_hundred_thousand_nested_brackets_are_refused() {
    let deep = format!("spec: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    refused(deep, &["error[GP00", "rollout.yaml:1:"]);
    refused(
        format!("spec: {}", "{a: ".repeat(100_000)),
        &["error[GP00", "rollout.yaml:1:"],
    );
    refused("- ".repeat(100_000), &["error[GP00", "rollout.yaml:1:"]);
}

#[test]
fn a_byte_that_is_not_utf_8_is_refused() {
    let mut bytes = GOOD.as_bytes().to_vec();
    let at = GOOD.find("ranker,").expect("the name");
    bytes[at] = 0xFF;
    refused(bytes, &["error[GP001]", "0xFF", "rollout.yaml:3:18"]);
}

#[test]
fn an_empty_file_is_refused() {
    refused("", &["error[GP001]", "no document", "glidepath init"]);
}

#[test]
fn hostile_text_does_not_reach_the_terminal() {
    let run = refused("kind: \"\\u001b[31mred\\u001b[0m\"\n", &["error["]);
    assert!(!run.stderr.contains('\u{1b}'), "{:?}", run.stderr);
}

#[test]
fn a_folder_without_a_rollout_is_exit_1() {
    let place = Place::new();
    place.write("other.yaml", "a: 1\n");
    place
        .run(&["render"])
        .exits(1)
        .without_result()
        .says(&["no rollout.yaml in `.` or below", "glidepath init"]);
}

#[test]
fn what_cannot_be_read_is_exit_6() {
    let place = Place::new();
    fs::create_dir(place.path("rollout.yaml")).expect("a folder");
    let before = place.snapshot();
    place
        .run(&["render"])
        .exits(6)
        .without_result()
        .says(&["cannot read `rollout.yaml`: it is a folder"]);
    place
        .run(&["render", "nowhere.yaml"])
        .exits(6)
        .says(&["cannot read `nowhere.yaml`"]);
    place.assert_unchanged(&before);
}

#[test]
fn a_file_without_permission_is_exit_6() {
    let place = Place::with(GOOD);
    fs::set_permissions(
        place.path("rollout.yaml"),
        fs::Permissions::from_mode(0o000),
    )
    .expect("it is ours");
    place
        .run_as_nobody(&["render"])
        .exits(6)
        .without_result()
        .says(&["cannot read `rollout.yaml`: permission denied"]);
}

#[test]
fn a_folder_without_permission_is_exit_6() {
    let place = Place::new();
    place.write("closed/rollout.yaml", GOOD);
    fs::set_permissions(place.path("closed"), fs::Permissions::from_mode(0o000))
        .expect("it is ours");
    let run = place.run_as_nobody(&["validate"]);
    fs::set_permissions(place.path("closed"), fs::Permissions::from_mode(0o755))
        .expect("it is ours");
    run.exits(6)
        .says(&["cannot read `closed`: permission denied"]);
}

/// Two rollouts, `one` and `two`.
fn two(first: &str, second: &str) -> Place {
    let place = Place::new();
    place.write("one/rollout.yaml", first);
    place.write("two/rollout.yaml", second);
    place
}

#[test]
fn every_rollout_below_a_folder_is_rendered() {
    let place = two(GOOD, &GOOD.replace("name: ranker,", "name: sorter,"));
    place
        .run(&["render"])
        .exits(0)
        .says(&["one/deploy: 7 stages", "two/deploy: 7 stages"]);
    place.run(&["render", "--check"]).exits(0);
}

#[test]
fn one_bad_rollout_keeps_all_of_them_from_being_written() {
    let place = two(GOOD, &bad().replace("name: ranker,", "name: sorter,"));
    let before = place.snapshot();
    let run = place.run(&["render"]).exits(1).without_result();
    run.says(&["--> two/rollout.yaml:20:11"]);
    place.assert_unchanged(&before);
}

#[test]
fn one_edited_tree_keeps_all_of_them_from_being_written() {
    let place = two(GOOD, &GOOD.replace("name: ranker,", "name: sorter,"));
    place.run(&["render"]).exits(0);
    place.edit("two/deploy/base/service.yaml", "ClusterIP", "NodePort");
    for file in ["one/rollout.yaml", "two/rollout.yaml"] {
        place.edit(file, "replicas: 2", "replicas: 3");
    }
    let before = place.snapshot();
    place.run(&["render"]).exits(5).says(&["service.yaml"]);
    place.assert_unchanged(&before);
}

#[test]
fn more_trees_than_may_be_open_are_refused_before_anything_is_written() {
    let place = Place::new();
    for name in ["a", "b", "c", "d"] {
        let text = GOOD.replace("name: ranker,", &format!("name: ranker-{name},"));
        place.write(&format!("{name}/rollout.yaml"), text);
    }
    let before = place.snapshot();
    // 64 handles are left to everything else.
    let render = std::process::Command::new("sh")
        .args(["-c", "ulimit -n 67; exec \"$0\" render ."])
        .arg(GLIDEPATH)
        .current_dir(place.path("."))
        .output()
        .expect("a shell");
    assert_eq!(render.status.code(), Some(6));
    assert_eq!(
        String::from_utf8_lossy(&render.stderr),
        "error: 4 trees are written together or not at all, and this process may open files for 3 of them\n  \
         = help: raise the limit with `ulimit -n`, or name fewer folders at a time\n"
    );
    place.assert_unchanged(&before);
}

#[test]
fn two_rollouts_with_one_object_are_refused() {
    let place = two(GOOD, GOOD);
    let before = place.snapshot();
    let run = place.run(&["render"]).exits(1).without_result();
    assert_snapshot!(run.says(&["error[GP108]", "one/rollout.yaml"]).shown());
    place.assert_unchanged(&before);
}

#[test]
fn two_rollouts_with_one_host_on_a_gateway_are_refused() {
    let with = |host: &str, gateway: &str| {
        let traffic =
            format!("  traffic:\n    hosts: [{host}]\n    gateways: [{gateway}]\n  stable:");
        let text = GOOD.replace("  stable:", &traffic);
        assert_ne!(text, GOOD);
        text
    };
    let first = with("models.example.com", "search/public");
    let other =
        |host: &str, gateway: &str| with(host, gateway).replace("name: ranker,", "name: sorter,");
    // A name without a namespace is one of the rollout's own.
    for (host, gateway) in [
        ("models.example.com", "search/public"),
        ("Models.example.com", "public"),
    ] {
        let place = two(&first, &other(&host.to_lowercase(), gateway));
        let run = place.run(&["render"]).exits(1).without_result();
        run.says(&[
            "error[GP318]",
            "the host `models.example.com` on the gateway `search/public` is routed by `one/rollout.yaml` too",
            "two/rollout.yaml",
        ]);
        place.run(&["validate"]).exits(1).says(&["error[GP318]"]);
    }
    for (host, gateway) in [
        ("other.example.com", "search/public"),
        // The more specific host wins in Envoy, and hides nothing.
        ("\"*\"", "search/public"),
        ("models.example.com", "istio-system/public"),
    ] {
        let place = two(&first, &other(host, gateway));
        place.run(&["render"]).exits(0);
    }
}

#[test]
fn trace_reads_the_first_of_a_repeated_parameter() {
    let text = GOOD.replace(
        "match: [{headers: {x-canary: v2}}]",
        "match: [{queryParams: {release: b}}]",
    );
    assert_ne!(text, GOOD);
    let place = Place::with(&text);
    for (path, route) in [
        ("/?release=b&release=a", "cohort-testers"),
        ("/?release=a&release=b", "default"),
    ] {
        let run = place.run(&["trace", "--stage", "testers", "--path", path]);
        let shown = run.exits(0).shown();
        assert!(shown.contains(route), "{shown}");
    }
}

#[test]
fn a_command_for_one_rollout_refuses_two() {
    let place = two(GOOD, &GOOD.replace("name: ranker,", "name: sorter,"));
    for arguments in [&["trace"][..], &["diff"], &["render", "-o", "out"]] {
        place.run(arguments).exits(2).without_result();
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let place = Place::with(GOOD);
    for command in [
        "render --stdout --stage deploy",
        "schema",
        "plan",
        "--help",
        "trace",
        "completions bash",
    ] {
        let line = format!("\"$GLIDEPATH\" {command} | head -c 10; echo \" ${{PIPESTATUS[0]}}\"");
        let run = place.shell(&line).exits(0);
        assert!(run.stdout.ends_with(" 0\n"), "{command}: {}", run.shown());
        assert_eq!(run.stderr, "", "{command}");
    }
}

#[test]
fn a_full_disk_behind_stdout_is_exit_6() {
    let run = Place::with(GOOD).shell("\"$GLIDEPATH\" schema > /dev/full");
    run.exits(6)
        .says(&["cannot write the output: no space left on device"]);
}

#[test]
fn init_writes_a_rollout_without_complaints_and_never_over_a_file() {
    for runtime in [
        "tensorflow-serving",
        "triton",
        "torchserve",
        "vllm",
        "sglang",
        "mlserver",
        "custom",
    ] {
        let place = Place::new();
        place
            .run(&["init", "search-ranker", "--runtime", runtime])
            .exits(0);
        let text = place.read("search-ranker/rollout.yaml");
        assert!(
            text.contains("name: search-ranker"),
            "the folder names the rollout:\n{text}"
        );
        let run = place.run(&["validate"]).exits(0);
        assert!(!run.stderr.contains("warning"), "{}", run.shown());
        let before = place.snapshot();
        let run = place
            .run(&["init", "search-ranker"])
            .exits(5)
            .without_result();
        run.says(&["search-ranker/rollout.yaml` is there already"]);
        place.assert_unchanged(&before);
        place.run(&["render"]).exits(0);
    }
}

#[test]
fn the_schema_is_the_file_that_editors_get() {
    let file =
        fs::read_to_string(format!("{ROOT}/schema/rollout.schema.json")).expect("the schema");
    assert_eq!(Place::new().run(&["schema"]).exits(0).stdout, file);
}

#[test]
fn every_code_is_explained() {
    let place = Place::new();
    let list = place.run(&["explain"]).exits(0).stdout;
    assert_eq!(list.lines().count(), Code::ALL.len());
    for code in Code::ALL {
        assert!(list.contains(code.title()), "{code}");
        assert_eq!(
            place.run(&["explain", code.name()]).exits(0).stdout,
            code.explanation()
        );
    }
    place.run(&["explain", "gp201"]).exits(0);
    place
        .run(&["explain", "GP999"])
        .says(&["there is no code `GP999`"]);
}

#[test]
fn completions_and_manual_pages_are_written() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = place.run(&["completions", shell]).exits(0).stdout;
        for command in commands(&place) {
            assert!(
                script.contains(&command),
                "{shell} does not complete {command}"
            );
        }
    }
    place
        .shell("\"$GLIDEPATH\" completions bash | bash -n")
        .exits(0);
    assert!(
        place
            .run(&["man"])
            .exits(0)
            .stdout
            .contains(".TH glidepath 1")
    );
    place.run(&["man", "--out", "pages"]).exits(0);
    for command in commands(&place) {
        assert!(
            place
                .read(&format!("pages/glidepath-{command}.1"))
                .contains(".TH")
        );
    }
}

#[test]
fn a_plan_in_every_format() {
    let place = Place::with(GOOD);
    assert_snapshot!("plan_as_text", place.run(&["plan"]).exits(0).shown());
    assert_snapshot!(
        "plan_as_markdown",
        place
            .run(&["plan", "--format", "markdown"])
            .exits(0)
            .shown()
    );
    let json = place.run(&["plan", "--format", "json"]).exits(0).stdout;
    let plan: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(
        plan["stages"][3]["weights"],
        serde_json::json!({"a": 90, "b": 10})
    );
}

#[test]
fn a_stage_is_printed_as_it_is_built() {
    let run = Place::with(GOOD)
        .run(&["render", "--stdout", "--stage", "03-weight-10"])
        .exits(0);
    assert_snapshot!(run.shown());
}

#[test]
fn a_diff_in_every_format() {
    let place = Place::with(GOOD);
    let between = ["diff", "--from", "testers", "--to", "weight-10", "--format"];
    for format in ["unified", "side-by-side", "markdown", "json"] {
        let run = place.run(&[&between[..], &[format]].concat()).exits(0);
        assert_snapshot!(format!("diff_as_{format}"), run.shown());
    }
    place
        .run(&["diff", "--from", "testers", "--exit-code"])
        .exits(1);
    let same = [
        "diff",
        "--from",
        "testers",
        "--to",
        "testers",
        "--exit-code",
    ];
    place.run(&same).exits(0).without_result();
    let coloured = place.run(&["diff", "--from", "testers", "--color", "always"]);
    assert!(
        coloured.stdout.contains("\u{1b}[32m"),
        "{}",
        coloured.shown()
    );
}

#[test]
fn a_diff_against_the_tree_is_what_render_would_change() {
    let place = Place::with(GOOD);
    place.run(&["render"]).exits(0);
    let against = ["diff", "--against", "tree", "--exit-code"];
    place.run(&against).exits(0).without_result();
    place.edit("rollout.yaml", "weight: 50", "weight: 40");
    let before = place.snapshot();
    let run = place.run(&against).exits(1);
    for path in [
        "--- a/stages/04-weight-50/virtual-service.yaml",
        "+++ b/stages/04-weight-40/virtual-service.yaml",
        "+++ b/plan.json",
    ] {
        assert!(run.stdout.contains(path), "{path}: {}", run.shown());
    }
    place.assert_unchanged(&before);
    place.run(&["render"]).exits(0);
    place.run(&against).exits(0);
}

#[test]
fn a_request_is_traced_through_every_stage() {
    let place = Place::with(GOOD);
    assert_snapshot!("trace_of_anybody", place.run(&["trace"]).exits(0).shown());
    let tester = place.run(&[
        "trace",
        "--header",
        "X-Canary=v2",
        "--path",
        "/v1/predict?x=1",
    ]);
    assert_snapshot!("trace_of_a_tester", tester.exits(0).shown());
    let json = place.run(&[
        "trace",
        "--header",
        "x-canary=v2",
        "--stage",
        "weight-10",
        "--format",
        "json",
    ]);
    assert_snapshot!("trace_as_json", json.exits(0).shown());
}

#[test]
fn a_trace_says_what_no_route_takes() {
    let text = GOOD.replace(
        "  stable: a\n",
        "  stable: a\n  traffic: {hosts: [\"*\"], gateways: [infra/public], mesh: false}\n",
    );
    let place = Place::with(&text);
    let run = place
        .run(&["trace", "--via", "mesh", "--stage", "deploy", "-q"])
        .exits(0);
    assert!(
        run.stdout.contains("the Service spreads it"),
        "{}",
        run.shown()
    );
    // A calling pod's label means a caller in the mesh.
    let run = place
        .run(&["trace", "--source-label", "app=web", "-q"])
        .exits(0);
    assert!(run.stdout.starts_with("GET / via mesh"), "{}", run.shown());
}

#[test]
fn colours_come_only_when_asked_for() {
    let place = Place::with(&bad());
    let coloured = |change: fn(&mut std::process::Command), arguments: &[&str]| {
        let mut command = place.command(arguments);
        change(&mut command);
        place.spawn(command).stderr.contains('\u{1b}')
    };
    assert!(!coloured(|_| {}, &["validate"]));
    assert!(coloured(|_| {}, &["validate", "--color", "always"]));
    assert!(coloured(
        |command| {
            command.env("CLICOLOR_FORCE", "1");
        },
        &["validate"]
    ));
    assert!(!coloured(
        |command| {
            command.env("CLICOLOR_FORCE", "1");
        },
        &["validate", "--color", "never"]
    ));
}

/// Whoever is slower is told so, or finds nothing to do: nobody is told of an edit that nobody made.
#[test]
fn many_renders_of_one_tree_speak_of_no_edits() {
    let place = Place::new();
    let source = Path::new(ROOT).join("examples/image-classifier/rollout.yaml");
    let text = fs::read_to_string(source).expect("the example");
    place.write("rollout.yaml", &text);
    place.run(&["render", "rollout.yaml"]).exits(0);
    for round in 0..6 {
        // The candidate's files are others in each round.
        let uri = format!("resnet_10{round}");
        place.write("rollout.yaml", text.replace("resnet_101", &uri));
        let runs: Vec<Run> = std::thread::scope(|scope| {
            let start = |n: usize| {
                let args: &[&str] = match n % 4 {
                    0 => &["render", "rollout.yaml", "--check"],
                    _ => &["render", "rollout.yaml"],
                };
                let place = &place;
                scope.spawn(move || place.run(args))
            };
            let started: Vec<_> = (0..20).map(start).collect();
            started
                .into_iter()
                .map(|run| run.join().expect("it ran"))
                .collect()
        });
        for run in runs {
            let shown = run.shown();
            assert!(matches!(run.code, 0 | 1 | 5), "{shown}");
            for word in ["edited", "interrupted", "did not write", "--force"] {
                assert!(!shown.contains(word), "{shown}");
            }
        }
        place.run(&["render", "rollout.yaml"]).exits(0);
    }
}
