//! The house keeps its shape: which room of `src/` may name which, and which may touch the world.
//!
//! `map` holds the table of CONTRIBUTING.md against the one here. Where a test here fails, the fix is almost always to move a type to the room
//! that both sides may name, not to add a word to the table.

mod code;
mod doors;
mod map;
mod planted;
mod sizes;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::ROOT;
use code::{paths, tokens, without_tests};

/// Every room, and the rooms that its files may name besides their own.
const ROOMS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("diag", &["text"]),
    ("units", &[]),
    ("spec", &["text", "diag", "units"]),
    ("plan", &["diag", "units", "spec"]),
    ("objects", &["diag", "units", "plan"]),
    // `text`: the pointer that it wrote is read back as YAML.
    ("tree", &["text", "diag", "units", "plan", "objects"]),
    // It judges what is emitted, so it may not see the plan that it was emitted from.
    ("trace", &["units", "objects"]),
    // Nor may this one; and what it judges may be anybody's.
    ("safety", &["diag", "units"]),
    ("manifests", &["text", "diag", "safety"]),
    ("sink", &["diag", "tree", "units"]),
    ("http", &[]),
    ("gate", &["diag", "units", "plan", "http"]),
    ("forge", &["diag", "http"]),
    // Not `forge`: it answers for the cluster, and writes nothing.
    ("argocd", &["units", "http"]),
    (
        "compile",
        // `safety`: a patch of one stage is proved with its neighbours.
        &[
            "text", "diag", "units", "spec", "plan", "objects", "safety", "tree",
        ],
    ),
    (
        "next",
        &["text", "diag", "units", "plan", "tree", "compile"],
    ),
    (
        "adopt",
        &[
            "text",
            "diag",
            "units",
            "plan",
            "objects",
            "tree",
            "safety",
            "manifests",
            "compile",
        ],
    ),
    (
        "promotion",
        &[
            "diag",
            "units",
            "plan",
            "safety",
            "manifests",
            "tree",
            "gate",
            "sink",
            "forge",
            "argocd",
            "compile",
        ],
    ),
    (
        "cmp",
        &["diag", "units", "plan", "objects", "tree", "compile"],
    ),
    (
        "cli",
        &[
            "text",
            "diag",
            "units",
            "spec",
            "plan",
            "objects",
            "tree",
            "trace",
            "safety",
            "manifests",
            "sink",
            "gate",
            "forge",
            "argocd",
            "promotion",
            "compile",
            "next",
            "adopt",
            "cmp",
        ],
    ),
];

/// Disk, environment, network, processes, clocks and git, and the only places that may name each.
const WORLD: &[(&[&str], &[&str])] = &[
    (&["std", "fs"], WORLDLY),
    (&["std", "env"], WORLDLY),
    (&["std", "net"], WORLDLY),
    (&["std", "process"], WORLDLY),
    (&["std", "time", "SystemTime"], WORLDLY),
    (&["std", "time", "Instant"], WORLDLY),
    (&["git2"], &["sink"]),
    (&["ureq"], &["http"]),
];

/// Where the world begins: paths below `src/`, without `.rs`.
const WORLDLY: &[&str] = &["sink", "http", "gate/prometheus", "cli", "main"];

/// What only the routers' files may name, as an identifier or in a string, whatever its case and its hyphens.
const ROUTERS_WORDS: &[&str] = &[
    "virtualservice",
    "destinationrule",
    "networkingistioio",
    "httproute",
    "grpcroute",
    "referencegrant",
    "gatewaynetworkingk8sio",
];
/// What is a kind of a router as a whole string, and a word of everybody's otherwise.
const ROUTERS_KINDS: &[&str] = &["Gateway"];

/// The routers' files: paths below `src/`, without `.rs`. In `spec`, the language has fields of these names.
const ROUTERS: &[&str] = &[
    "spec",
    "plan/router",
    "plan/resolve/router",
    "plan/checks/router",
    "objects/routers",
    "objects/api/gateway_api",
    "objects/api/istio",
    "trace/gateway_api",
    "trace/istio",
    "safety/routers",
    "adopt/routers",
    "gate/telemetry",
];

#[test]
fn no_room_names_a_room_that_it_may_not() {
    let found: Vec<Violation> = sources()
        .iter()
        .flat_map(|(path, text)| violations(path, text))
        .collect();
    assert!(
        found.is_empty(),
        "\n{}",
        found
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    );
}

/// What only the telemetry of a router names, and that router's file in `gate/telemetry/`.
const METRICS: &[(&str, &str)] = &[("istio_", "gate/telemetry/istio.rs")];

#[test]
fn only_a_routers_telemetry_names_its_metrics() {
    for (word, home) in METRICS {
        let naming: Vec<String> = sources()
            .into_iter()
            .filter(|(path, text)| {
                path.starts_with("gate/") && !is_tests(path) && text.contains(word)
            })
            .map(|(path, _)| path)
            .collect();
        assert_eq!(naming, [*home], "`{word}`");
    }
}

/// How libgit2 is asked for an object, and the one file in which that is looked at before.
const OBJECTS: &[(&str, &str)] = &[
    ("git.find_commit", "sink/git/objects.rs"),
    ("git.find_tree", "sink/git/objects.rs"),
    ("git.find_blob", "sink/git/objects.rs"),
    ("git.find_tag", "sink/git/objects.rs"),
];

#[test]
fn objects_are_read_through_one_door() {
    for (word, home) in OBJECTS {
        let naming: Vec<String> = sources()
            .into_iter()
            .filter(|(_, text)| {
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                code.contains(word)
            })
            .map(|(path, _)| path)
            .collect();
        assert_eq!(naming, [*home], "`{word}`");
    }
}

#[test]
fn the_table_has_no_circle_and_no_unknown_room() {
    // The rooms stand in an order in which each names only those above it.
    for (at, (room, may_name)) in ROOMS.iter().enumerate() {
        for named in *may_name {
            assert!(
                ROOMS[..at].iter().any(|(above, _)| above == named),
                "`{room}` may name `{named}`, which does not stand above it"
            );
        }
    }
}

/// One line of one file that breaks the table.
struct Violation {
    path: String,
    line: usize,
    rule: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "src/{}:{}: {}", self.path, self.line, self.rule)
    }
}

/// Every file of `src/` by its path below it, in order.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(ROOT).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("src can be listed") {
            let path: PathBuf = entry.expect("src can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = fs::read_to_string(&path).expect("sources can be read");
                let below = path.strip_prefix(&root).expect("it is below src");
                let below: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
                found.push((below.join("/"), text));
            }
        }
    }
    found.sort();
    assert!(
        found.iter().any(|(path, _)| path == "lib.rs"),
        "src is where it was"
    );
    found
}

/// Files of tests alone: `#[cfg(test)] mod tests;`.
fn is_tests(path: &str) -> bool {
    path.split('/')
        .any(|part| part == "tests" || part == "tests.rs")
}

/// What one file does that it may not.
fn violations(path: &str, text: &str) -> Vec<Violation> {
    if is_tests(path) {
        return Vec::new();
    }
    let module = path.strip_suffix(".rs").unwrap_or(path);
    let module = module.strip_suffix("/mod").unwrap_or(module);
    let room = module.split('/').next().unwrap_or(module);
    let at = |line: usize, rule: String| Violation {
        path: path.to_owned(),
        line,
        rule,
    };
    let may_name: Vec<&str> = match ROOMS.iter().find(|(name, _)| *name == room) {
        Some((_, others)) => others.to_vec(),
        // The doorway names rooms to open them.
        None if room == "lib" || room == "main" => ROOMS.iter().map(|(name, _)| *name).collect(),
        None => return vec![at(1, format!("the room `{room}` has no row in the table"))],
    };
    let stands_in = |place: &&str| {
        module
            .strip_prefix(place)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let is_router = ROUTERS.iter().any(stands_in);
    let mut found = Vec::new();
    let code = without_tests(tokens(text));
    for token in code.iter().filter(|token| !is_router && token.is_routers()) {
        let name = token.text.trim_start_matches('"');
        found.push(at(
            token.line,
            format!("`{room}` names `{name}`, which only the routers' files know"),
        ));
    }
    for (line, names) in paths(&code) {
        match room_named(&names, module.split('/').count()) {
            Some("*") => found.push(at(line, format!("`{room}` names all of `crate` at once"))),
            Some(named)
                if named != room
                    && ROOMS.iter().any(|(name, _)| *name == named)
                    && !may_name.contains(&named) =>
            {
                found.push(at(
                    line,
                    format!(
                        "`{room}` names `crate::{named}`, and it may name {}",
                        list(&may_name)
                    ),
                ));
            }
            _ => {}
        }
        if room == "cli"
            && let Some((behind, doors)) = doors::wall_named(&names, module.split('/').count())
        {
            found.push(at(
                line,
                format!("`cli` names `{behind}`, which is no door; these are: {doors}"),
            ));
        }
        if let Some((world, places)) = world_named(&names)
            && !places.iter().any(stands_in)
        {
            found.push(at(
                line,
                format!("`{room}` touches the world with `{world}`"),
            ));
        }
    }
    // A group of four names is one fault.
    found.dedup_by(|a, b| (a.line, &a.rule) == (b.line, &b.rule));
    found
}

fn list(names: &[&str]) -> String {
    if names.is_empty() {
        return "nothing".to_owned();
    }
    let mut names = names.to_vec();
    names.sort_unstable();
    format!("`{}`", names.join("`, `"))
}

/// The room that a path leads to: after `crate`, or after as many `super` as the module is deep.
fn room_named(names: &[String], depth: usize) -> Option<&str> {
    let climbs = names.iter().take_while(|name| *name == "super").count();
    let below = match names.first()?.as_str() {
        "crate" | "glidepath" => 1,
        "super" if climbs >= depth => climbs,
        _ => return None,
    };
    names.get(below).map(String::as_str)
}

/// The part of a path that names the world, and the places that may do so.
fn world_named(names: &[String]) -> Option<(String, &'static [&'static str])> {
    // `use std::time;` makes `time::Instant` out of sight later.
    let whole = [&["std", "time"][..], &["std", "time", "*"], &["std", "*"]];
    let whole = whole.into_iter().map(|path| (path, WORLDLY));
    let exact = whole.into_iter().find(|(path, _)| names == *path);
    let begins = WORLD
        .iter()
        .copied()
        .find(|(path, _)| names.len() >= path.len() && names[..path.len()] == **path);
    exact
        .or(begins)
        .map(|(path, places)| (path.join("::"), places))
}
