//! The definitions that `outputs.flagd` writes, held against the schemas that flagd publishes.

use std::fs;
use std::path::Path;

use jsonschema::{Registry, Validator};
use serde_json::{Value, json};

use crate::support::{GOOD, Place, ROOT};

/// Where flagd publishes its schemas.
const ADDRESS: &str = "https://flagd.dev/schema/v0/";

fn schema(name: &str) -> Value {
    let path = Path::new(ROOT).join("fixtures/flagd").join(name);
    serde_json::from_str(&fs::read_to_string(path).expect("a schema")).expect("JSON")
}

/// What holds a definition, or with `targeting.json` only a rule, against what flagd publishes.
fn validator(name: &str) -> Validator {
    let registry =
        ["flags.json", "targeting.json"]
            .into_iter()
            .fold(Registry::new(), |registry, name| {
                let address = format!("{ADDRESS}{name}");
                registry.add(address, schema(name)).expect("a schema")
            });
    let registry = registry
        .prepare()
        .expect("schemas that refer to each other");
    // Beside a `$ref`, draft 7 reads no `$id`.
    let base = format!("{ADDRESS}{name}");
    let options = jsonschema::options()
        .with_registry(&registry)
        .with_base_uri(base);
    options.build(&schema(name)).expect("a schema")
}

/// The definitions of every stage in a case's `tree.txt`, with the case's name.
fn definitions() -> Vec<(String, Value)> {
    let cases = fs::read_dir(Path::new(ROOT).join("fixtures/cases")).expect("cases");
    let mut found = Vec::new();
    for case in cases.map(|case| case.expect("a case").path()) {
        let Ok(tree) = fs::read_to_string(case.join("tree.txt")) else {
            continue;
        };
        let parts = tree.split("\n--- # ").skip(1);
        for part in parts.filter(|part| {
            part.lines()
                .next()
                .is_some_and(|path| path.ends_with("/flags.yaml"))
        }) {
            let (_, text) = part.split_once('\n').expect("a file");
            let object: Value = serde_yaml::from_str(text).expect("YAML");
            let files = object["data"].as_object().expect("data");
            for (name, file) in files {
                assert!(name.ends_with(".flagd.json"), "{}: {name}", case.display());
                let file = file.as_str().expect("text");
                found.push((
                    case.display().to_string(),
                    serde_json::from_str(file).expect("JSON"),
                ));
            }
        }
    }
    found
}

#[test]
fn every_definition_of_the_fixtures_is_one_of_flagds() {
    let validator = validator("flags.json");
    let definitions = definitions();
    let targeted =
        |(_, definition): &(String, Value)| definition.to_string().contains("targeting\"");
    assert!(definitions.iter().filter(|one| targeted(one)).count() >= 8);
    for (case, definition) in &definitions {
        let errors: Vec<String> = validator
            .iter_errors(definition)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{case}: {errors:?}\n{definition:#}");
    }
}

#[test]
fn flagds_schema_refuses_what_is_no_definition() {
    let validator = validator("flags.json");
    let flag = |flag: Value| json!({"flags": {"a": flag}});
    let variants = json!({"on": true, "off": false});
    assert!(validator.is_valid(&flag(json!({"state": "ENABLED", "variants": variants}))));
    for wrong in [
        json!({"state": "ON", "variants": variants}),
        json!({"state": "ENABLED", "variants": {"on": true, "off": "b"}}),
        json!({"state": "ENABLED", "variants": variants, "targeting": {"iff": [true, "on"]}}),
    ] {
        assert!(!validator.is_valid(&flag(wrong.clone())), "{wrong}");
    }
}

/// A rule with every operation that flagd's schema names, and what glidepath says of it.
#[test]
fn targeting_may_have_every_operation_of_flagds() {
    let schema = schema("targeting.json");
    let groups = schema["definitions"].as_object().expect("definitions");
    let rules = groups
        .values()
        .filter_map(|group| group["properties"].as_object());
    let names: Vec<&String> = rules.flat_map(|rules| rules.keys()).collect();
    assert!(names.len() > 30, "{names:?}");
    let validator = validator("targeting.json");
    for name in names {
        let arguments = match name.as_str() {
            "var" => json!("email"),
            "!" | "!!" => json!([true]),
            "missing" => json!(["email", "name"]),
            "missing_some" => json!([1, ["email", "name"]]),
            "reduce" => json!([[1], {"+": [{"var": "current"}, {"var": "accumulator"}]}, 0]),
            "sem_ver" => json!([{"var": "version"}, ">=", "1.2.3"]),
            "fractional" => json!([{"var": "email"}, ["on", 1], ["off", 3]]),
            _ => json!(["a", "b"]),
        };
        let targeting = json!({"if": [{name: arguments}, "on", "off"]});
        assert!(validator.is_valid(&targeting), "{targeting}");
        let said = said_of(&targeting);
        assert!(said.is_empty(), "{targeting}: {said}");
    }
}

/// What `validate` says of a flag with this targeting.
fn said_of(targeting: &Value) -> String {
    let place = Place::new();
    let flag = json!({"key": "k", "header": "x-k", "targeting": targeting});
    let text = GOOD.replace(
        "match: [{headers: {x-canary: v2}}]",
        &format!("match: [{{flag: {flag}}}]"),
    );
    place.write(
        "rollout.yaml",
        format!("{text}  outputs: {{flagd: true}}\n").as_bytes(),
    );
    let run = place.run(&["validate"]);
    if run.code == 0 {
        String::new()
    } else {
        run.stderr
    }
}
