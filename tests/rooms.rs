//! The house keeps its shape: which room of `src/` may name which, and which may touch the world.
//!
//! The table is the one of CONTRIBUTING.md. Where a test here fails, the fix is almost always to move a type to the room
//! that both sides may name, not to add a word to the table.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

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
    ("sink", &["diag", "tree", "units"]),
    ("http", &[]),
    ("gate", &["diag", "units", "plan", "http"]),
    ("forge", &["diag", "http"]),
    // Not `forge`: it answers for the cluster, and writes nothing.
    ("argocd", &["units", "http"]),
    (
        "promotion",
        &[
            "diag", "units", "plan", "tree", "gate", "sink", "forge", "argocd",
        ],
    ),
    (
        "compile",
        &["text", "diag", "units", "spec", "plan", "objects", "tree"],
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
            "sink",
            "gate",
            "forge",
            "argocd",
            "promotion",
            "compile",
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
const ROUTERS_WORDS: &[&str] = &["virtualservice", "destinationrule", "networkingistioio"];
/// What is a kind of a router as a whole string, and a word of everybody's otherwise.
const ROUTERS_KINDS: &[&str] = &["Gateway"];

/// The routers' files: paths below `src/`, without `.rs`. In `spec`, the language has fields of these names.
const ROUTERS: &[&str] = &[
    "spec",
    "plan/router",
    "plan/resolve/router",
    "plan/checks/router",
    "objects/routers",
    "objects/api/istio",
    "trace/istio",
    "gate/telemetry",
];

/// The most lines of a file before its tests.
const MOST_LINES: usize = 600;
/// The most lines of `lib.rs` and `main.rs` together.
const MOST_DOORWAY_LINES: usize = 100;

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

#[test]
fn no_file_is_too_long() {
    let mut doorway = 0;
    for (path, text) in sources() {
        let lines = text
            .lines()
            .take_while(|line| !line.starts_with("#[cfg(test)]"))
            .count();
        assert!(
            is_tests(&path) || lines <= MOST_LINES,
            "src/{path} has {lines} lines before its tests, and {MOST_LINES} are allowed: split it by variant"
        );
        if path == "lib.rs" || path == "main.rs" {
            doorway += lines;
        }
    }
    assert!(
        doorway <= MOST_DOORWAY_LINES,
        "lib.rs and main.rs have {doorway} lines together, and {MOST_DOORWAY_LINES} are allowed"
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

#[test]
fn planted_violations_are_found() {
    for (path, text, want) in [
        (
            "objects/service.rs",
            "use crate::plan::Plan;\nuse crate::spec::Spec;\n",
            "src/objects/service.rs:2: `objects` names `crate::spec`, and it may name `diag`, `plan`, `units`",
        ),
        (
            "diag/human.rs",
            "use crate::{\n    text::{Span, Source},\n    plan::{Plan, Stage},\n};\n",
            "src/diag/human.rs:3: `diag` names `crate::plan`, and it may name `text`",
        ),
        (
            "units/percent.rs",
            "fn f() -> usize {\n    crate::text::MAX_BYTES\n}\n",
            "src/units/percent.rs:2: `units` names `crate::text`, and it may name nothing",
        ),
        (
            "plan/checks/names.rs",
            "use super::super::super::tree::Tree;\n",
            "src/plan/checks/names.rs:1: `plan` names `crate::tree`, and it may name `diag`, `spec`, `units`",
        ),
        (
            "plan/mod.rs",
            "use super::cli;\n",
            "src/plan/mod.rs:1: `plan` names `crate::cli`, and it may name `diag`, `spec`, `units`",
        ),
        (
            "text/yaml.rs",
            "use crate::*;\n",
            "src/text/yaml.rs:1: `text` names all of `crate` at once",
        ),
        (
            "tree/lock.rs",
            "use std::{fmt, fs::File};\n",
            "src/tree/lock.rs:1: `tree` touches the world with `std::fs`",
        ),
        (
            "plan/mod.rs",
            "fn now() {\n    let _ = std::time::Instant::now();\n}\n",
            "src/plan/mod.rs:2: `plan` touches the world with `std::time::Instant`",
        ),
        (
            "gate/query.rs",
            "fn f() { ureq::get(\"x\"); }\n",
            "src/gate/query.rs:1: `gate` touches the world with `ureq`",
        ),
        (
            "gate/prometheus/mod.rs",
            "use std::time::Instant;\nuse ureq::Agent;\n",
            "src/gate/prometheus/mod.rs:2: `gate` touches the world with `ureq`",
        ),
        (
            "cli/site.rs",
            "use git2::Repository;\n",
            "src/cli/site.rs:1: `cli` touches the world with `git2`",
        ),
        (
            "forge/client.rs",
            "use std::time::Instant;\n",
            "src/forge/client.rs:1: `forge` touches the world with `std::time::Instant`",
        ),
        (
            "plan/mod.rs",
            "use std::time;\n",
            "src/plan/mod.rs:1: `plan` touches the world with `std::time`",
        ),
        (
            "attic/mod.rs",
            "",
            "src/attic/mod.rs:1: the room `attic` has no row in the table",
        ),
        (
            "plan/mod.rs",
            "const S: &str = \"\\\"\";\nconst C: char = '\"';\nfn f<'a>() { crate::tree::f() }\n",
            "src/plan/mod.rs:3: `plan` names `crate::tree`, and it may name `diag`, `spec`, `units`",
        ),
        (
            "plan/mod.rs",
            "#[cfg(test)]\nmod tests {\n    use crate::cli;\n}\nuse crate::tree;\n",
            "src/plan/mod.rs:5: `plan` names `crate::tree`, and it may name `diag`, `spec`, `units`",
        ),
    ] {
        let found: Vec<String> = violations(path, text)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, [want], "{text}");
    }
}

#[test]
fn a_router_s_objects_outside_its_files_are_found() {
    for (path, text, want) in [
        (
            "promotion/decide.rs",
            "fn f(kind: &str) -> bool {\n    kind == \"VirtualService\"\n}\n",
            "src/promotion/decide.rs:2: `promotion` names `VirtualService`, which only the routers' files know",
        ),
        (
            "objects/argo/project.rs",
            "const GROUP: &str = r#\"networking.istio.io\"#;\n",
            "src/objects/argo/project.rs:1: `objects` names `networking.istio.io`, which only the routers' files know",
        ),
        (
            "plan/traffic.rs",
            "struct Traffic {\n    destination_rule: String,\n}\n",
            "src/plan/traffic.rs:2: `plan` names `destination_rule`, which only the routers' files know",
        ),
        (
            "cli/trace.rs",
            "use crate::objects::DestinationRuleSpec;\n",
            "src/cli/trace.rs:1: `cli` names `DestinationRuleSpec`, which only the routers' files know",
        ),
        (
            "tree/layout.rs",
            "const KINDS: [&str; 2] = [\"Service\", \"Gateway\"];\n",
            "src/tree/layout.rs:1: `tree` names `Gateway`, which only the routers' files know",
        ),
    ] {
        let found: Vec<String> = violations(path, text)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, [want], "{text}");
    }
}

#[test]
fn what_is_allowed_is_not_found() {
    for (path, text) in [
        (
            "plan/mod.rs",
            "use crate::plan::stage::Stage;\nuse crate::{diag, spec::Spec};\n",
        ),
        (
            "plan/mod.rs",
            "// crate::cli\n/* crate::cli /* std::fs */ crate::cli */\n/// [`crate::cli`]\nfn f() {}\n",
        ),
        (
            "plan/mod.rs",
            "const A: &str = \"crate::cli\";\nconst B: &str = r#\"\"crate::cli\"#;\nconst C: &[u8] = b\"std::fs\";\n",
        ),
        (
            "plan/mod.rs",
            "#[cfg(test)]\n#[allow(clippy::x, reason = \"y\")]\nmod tests {\n    use crate::cli;\n    fn f() { std::fs::read(\"x\"); }\n}\n",
        ),
        (
            "plan/mod.rs",
            "#[cfg(test)]\nuse std::time::Instant;\nuse std::time::Duration;\n",
        ),
        ("plan/stage/tests.rs", "use crate::cli;\n"),
        (
            "plan/checks/mod.rs",
            "use super::super::plan;\nuse super::stage;\nuse self::names;\n",
        ),
        (
            "gate/prometheus.rs",
            "use std::time::Instant;\nuse crate::http::Client;\n",
        ),
        (
            "gate/prometheus/retry.rs",
            "use std::time::{Instant, SystemTime};\n",
        ),
        ("sink/git.rs", "use git2::Repository;\n"),
        (
            "http/client.rs",
            "use std::time::SystemTime;\nuse ureq::Agent;\n",
        ),
        (
            "cli/mod.rs",
            "use crate::{compile, cmp, tree};\nuse std::env;\n",
        ),
        (
            "main.rs",
            "fn main() { glidepath::cli::run(std::env::args_os()); }\n",
        ),
        (
            "objects/routers/istio/gateway.rs",
            "const KIND: &str = \"Gateway\";\nfn f(rule: DestinationRule) {}\n",
        ),
        (
            "cli/trace.rs",
            "// VirtualService\nfn f(via: Via) -> bool { via == Via::Gateway && \"no Gateway\" != \"\" }\n",
        ),
        (
            "units/names.rs",
            "const V: &str = env!(\"CARGO_PKG_VERSION\");\npub(crate) fn f(instant: Instants) {}\n",
        ),
    ] {
        let found: Vec<String> = violations(path, text)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, [""; 0], "{path}: {text}");
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
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
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

/// A word, a character or a string of code, and its line. A string begins with its quote and has no other.
struct Token {
    line: usize,
    text: String,
}

impl Token {
    fn is_word(&self) -> bool {
        self.text
            .starts_with(|c: char| c.is_alphabetic() || c == '_')
    }

    /// Whether it names an object of one router.
    fn is_routers(&self) -> bool {
        let letters = self.text.chars().filter(char::is_ascii_alphanumeric);
        let plain = letters.collect::<String>().to_ascii_lowercase();
        let whole = self.text.strip_prefix('"');
        ROUTERS_WORDS.iter().any(|word| plain.contains(word))
            || whole.is_some_and(|text| ROUTERS_KINDS.contains(&text))
    }
}

/// The words, characters and strings of Rust code, without comments, character literals and lifetimes.
fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    let next = |at: usize| chars.get(at).copied().unwrap_or('\0');
    while at < chars.len() {
        let start = at;
        match chars[at] {
            '/' if next(at + 1) == '/' => {
                while at < chars.len() && chars[at] != '\n' {
                    at += 1;
                }
            }
            '/' if next(at + 1) == '*' => {
                let mut open = 0;
                loop {
                    match (next(at), next(at + 1)) {
                        ('/', '*') => (open, at) = (open + 1, at + 2),
                        ('*', '/') => (open, at) = (open - 1, at + 2),
                        _ => at += 1,
                    }
                    if open == 0 || at >= chars.len() {
                        break;
                    }
                }
            }
            '"' => {
                at = end_of_string(&chars, at).min(chars.len());
                let text = chars[start..at - 1].iter().collect();
                found.push(Token { line, text });
            }
            '\'' => {
                at += 1;
                if next(at) == '\\' || next(at + 1) == '\'' {
                    at += 1 + usize::from(next(at) == '\\');
                    while at < chars.len() && chars[at] != '\'' {
                        at += 1;
                    }
                    at += 1;
                }
            }
            c if c.is_alphanumeric() || c == '_' => {
                while next(at).is_alphanumeric() || next(at) == '_' {
                    at += 1;
                }
                let word: String = chars[start..at].iter().collect();
                let hashes = chars[at..].iter().take_while(|c| **c == '#').count();
                let raw = matches!(word.as_str(), "r" | "br" | "cr");
                if raw && next(at + hashes) == '"' {
                    let open = at + hashes;
                    at = end_of_raw_string(&chars, open, hashes).min(chars.len());
                    let text = chars[open..at - hashes - 1].iter().collect();
                    found.push(Token { line, text });
                } else if !(matches!(word.as_str(), "b" | "c") && matches!(next(at), '"' | '\'')) {
                    found.push(Token { line, text: word });
                }
            }
            c => {
                at += 1;
                if !c.is_whitespace() {
                    found.push(Token {
                        line,
                        text: c.to_string(),
                    });
                }
            }
        }
        at = at.min(chars.len());
        line += chars[start..at].iter().filter(|c| **c == '\n').count();
    }
    found
}

fn end_of_string(chars: &[char], open: usize) -> usize {
    let mut at = open + 1;
    while at < chars.len() && chars[at] != '"' {
        at += 1 + usize::from(chars[at] == '\\');
    }
    at + 1
}

fn end_of_raw_string(chars: &[char], open: usize, hashes: usize) -> usize {
    let mut at = open + 1;
    while at < chars.len() {
        let closes =
            chars[at] == '"' && chars[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
        if closes {
            return at + 1 + hashes;
        }
        at += 1;
    }
    at
}

/// The code without the items that stand under `#[cfg(test)]`.
fn without_tests(tokens: Vec<Token>) -> Vec<Token> {
    const CFG_TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut rest = tokens.into_iter().peekable();
    let mut pending: Vec<Token> = Vec::new();
    while let Some(token) = rest.next() {
        pending.push(token);
        let matched = pending.len();
        if pending[matched - 1].text != CFG_TEST[matched - 1] {
            kept.append(&mut pending);
            continue;
        }
        if matched < CFG_TEST.len() {
            continue;
        }
        pending.clear();
        // The item ends at its `;`, or where its braces close; brackets of further attributes come before.
        let (mut braces, mut brackets) = (0_usize, 0_usize);
        for token in rest.by_ref() {
            match token.text.as_str() {
                "[" | "(" => brackets += 1,
                "]" | ")" => brackets -= 1,
                "{" => braces += 1,
                "}" => braces -= 1,
                _ => {}
            }
            if braces == 0 && brackets == 0 && matches!(token.text.as_str(), ";" | "}") {
                break;
            }
        }
    }
    kept.append(&mut pending);
    kept
}

/// Every path of the code, with groups spread out: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(tokens: &[Token]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let after_path = at >= 2 && tokens[at - 1].text == ":" && tokens[at - 2].text == ":";
        if tokens[at].is_word() && !after_path {
            at = path(tokens, at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// Reads one path that begins at `at` below `before`; gives where it ends.
fn path(
    tokens: &[Token],
    mut at: usize,
    before: &[String],
    found: &mut Vec<(usize, Vec<String>)>,
) -> usize {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.text == text);
    let mut names = before.to_vec();
    let line = tokens[at].line;
    loop {
        names.push(tokens[at].text.clone());
        at += 1;
        if !(is(at, ":") && is(at + 1, ":")) {
            break;
        }
        at += 2;
        if is(at, "{") {
            at += 1;
            while at < tokens.len() && !is(at, "}") {
                at = if is(at, ",") {
                    at + 1
                } else {
                    path(tokens, at, &names, found)
                };
            }
            return at + 1;
        }
        if !(is(at, "*") || tokens.get(at).is_some_and(Token::is_word)) {
            break;
        }
    }
    found.push((line, names));
    at
}
