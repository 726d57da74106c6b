//! For code scanning: one SARIF 2.1.0 log (<https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>).
//!
//! One run, the rules that were broken, and a result for each complaint. No property of the log depends on the machine.

use std::collections::BTreeSet;
use std::io;

use serde_json::{Map, Value, json};

use super::located::{Located, Region, locate};
use super::{Code, Place, Report, Severity, visible};

/// Writes the log; one without results where there is no complaint.
pub(super) fn write(reports: &[&Report], out: &mut dyn io::Write) -> io::Result<()> {
    let located: Vec<(&Report, Located<'_>)> = reports
        .iter()
        .flat_map(|report| locate(report).into_iter().map(|one| (*report, one)))
        .collect();
    let used: BTreeSet<Code> = located.iter().map(|(_, one)| one.found.code).collect();
    let rules: Vec<Code> = Code::ALL
        .iter()
        .copied()
        .filter(|code| used.contains(code))
        .collect();
    let results: Vec<Value> = located
        .iter()
        .map(|(report, one)| result(report, one, &rules))
        .collect();
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": env!("CARGO_PKG_NAME"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut text = visible::json(&serde_json::to_string_pretty(&log)?);
    text.push('\n');
    out.write_all(text.as_bytes())
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.name(),
        "shortDescription": {"text": code.title()},
        "help": {
            "text": format!("Run `glidepath explain {code}` for the rule with a wrong and a right example."),
            // Shown as it is by code scanning, so braces are not doubled here: the examples are full of them.
            "markdown": code.explanation(),
        },
        "defaultConfiguration": {"level": level(code.severity())},
    })
}

fn result(report: &Report, one: &Located<'_>, rules: &[Code]) -> Value {
    let found = one.found;
    let mut text = found.marked_message();
    found.push_remarks(&mut text);
    let mut result = json!({
        "ruleId": found.code.name(),
        "ruleIndex": rules.iter().position(|code| *code == found.code),
        "level": level(found.severity),
        "message": message(&text),
        "locations": [location(report, &found.place, one.at)],
    });
    if !one.labels.is_empty() {
        let related = one.labels.iter().enumerate().map(|(id, (label, at))| {
            let mut location = location(report, &label.place, *at);
            location["id"] = json!(id);
            location["message"] = message(&label.text);
            location
        });
        result["relatedLocations"] = related.collect();
    }
    result
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}

/// A message without placeholders (§3.11.5: braces are doubled) and without links (§3.11.6: `[text](target)`).
fn message(text: &str) -> Value {
    let text = text
        .replace('{', "{{")
        .replace('}', "}}")
        .replace("](", "\\](");
    json!({ "text": text })
}

fn location(report: &Report, place: &Place, at: Option<Region>) -> Value {
    let mut physical = Map::new();
    physical.insert(
        "artifactLocation".to_owned(),
        artifact(report.source.name()),
    );
    if let Some(Region { start, end, .. }) = at {
        physical.insert(
            "region".to_owned(),
            json!({
                "startLine": start.line,
                "startColumn": start.column,
                "endLine": end.line,
                "endColumn": end.column,
            }),
        );
    }
    let mut location = json!({ "physicalLocation": physical });
    if let Some(route) = place.route() {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": route.to_string() }]);
    }
    location
}

/// The file as a URI reference (RFC 3986): relative to the root of the source tree, unless the path is absolute.
fn artifact(name: &str) -> Value {
    let path = name.strip_prefix("./").unwrap_or(name);
    let encoded: String = path
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    if encoded.starts_with('/') {
        json!({ "uri": format!("file://{encoded}") })
    } else {
        json!({ "uri": encoded, "uriBaseId": "%SRCROOT%" })
    }
}
