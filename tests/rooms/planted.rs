//! Violations that must be found, and code that is no violation.

use super::violations;

/// One violation is found in a file, and nothing else.
fn assert_found(path: &str, text: &str, want: &str) {
    let found: Vec<String> = violations(path, text)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(found, [want], "{text}");
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
            "cli/rollback.rs",
            "use crate::argocd::{Server, ask};\n",
            "src/cli/rollback.rs:1: `cli` names `argocd::ask`, which is no door; these are: `Server`",
        ),
        (
            "cli/action/moves.rs",
            "use super::super::super::forge;\n",
            "src/cli/action/moves.rs:1: `cli` names `forge`, which is no door; these are: `ForgeError`",
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
        assert_found(path, text, want);
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
        assert_found(path, text, want);
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
            "cli/promote.rs",
            "use crate::promotion::{Delivery, branch::PREFIX, stages};\nuse crate::sink::disk::{self, Wanted};\n",
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
