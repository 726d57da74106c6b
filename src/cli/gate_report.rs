//! What gates say, for people and for CI.

use std::fmt::Write as _;

use crate::diag::{escape_markdown as escape, visible_line, visible_page};
use crate::gate::{Evidence, Record, Verdict};
use crate::units::Timestamp;

use super::table::{Line, cell, print};

/// One line: the verdict, and what keeps the stage from passing.
pub(super) fn line(record: &Record) -> String {
    let open: Vec<String> = record
        .gates
        .iter()
        .filter(|gate| !gate.advisory && gate.verdict != Verdict::Pass)
        .map(|gate| format!("{}: {}", gate.gate, gate.why))
        .collect();
    format!("{}: {}", record.verdict(), open.join("; "))
}

/// A table for the terminal.
pub(super) fn text(record: &Record, coloured: bool) -> String {
    let mut text = visible_page(&headline(record));
    if record.gates.is_empty() {
        text.push_str(if record.judges_nobody {
            "\nThe gates of this stage judge none of its models.\n"
        } else {
            "\nNo gate watches this stage.\n"
        });
        return text;
    }
    // The reason stands below its gate: it is a sentence, and a column of sentences fits no terminal.
    let mut lines = vec![Line::heading(
        ["GATE", "VALUE", "LIMIT", "EVIDENCE", "VERDICT"].map(cell),
    )];
    for gate in &record.gates {
        let cells = [
            name(record, gate),
            dash(&gate.value),
            dash(&gate.limit),
            dash(&gate.evidence),
            verdict(gate),
        ];
        lines.push(Line::Cells(cells.map(cell).into()));
        lines.push(Line::Note(gate.why.clone()));
    }
    text.push('\n');
    text.push_str(&print(&lines, coloured));
    for (gate, note) in notes(record) {
        let note = visible_line(&format!("note: {gate}: {note}"));
        add(&mut text, format_args!("\n{note}\n"));
    }
    if let Some(at) = record.decides() {
        add(&mut text, format_args!("\n{}\n", coming(record, at)));
    }
    text
}

/// When the gates that are not decided yet are, and from when on they may fail.
fn coming(record: &Record, at: Timestamp) -> String {
    let baking = record.gates.iter().filter(|gate| gate.decides > record.now);
    match baking.filter_map(|gate| gate.fails_from).min() {
        Some(from) => format!(
            "All gates are decided at {at}; from {from} on they may fail, and nothing passes before."
        ),
        None => format!("All gates are decided at {at}."),
    }
}

/// A table for a pull request.
pub(super) fn markdown(record: &Record) -> String {
    let mut text = format!(
        "### Gates of `{}`: {}\n\n| Gate | Verdict | Value | Limit | Evidence | Why |\n| --- | --- | --- | --- | --- | --- |\n",
        record.stage,
        record.verdict()
    );
    for gate in &record.gates {
        let cells = [
            name(record, gate),
            verdict(gate),
            gate.value.clone(),
            gate.limit.clone(),
            gate.evidence.clone(),
            gate.why.clone(),
        ];
        let cells: Vec<String> = cells.iter().map(|cell| escape(cell)).collect();
        add(&mut text, format_args!("| {} |\n", cells.join(" | ")));
    }
    for (gate, note) in notes(record) {
        add(
            &mut text,
            format_args!("\n{}: {}\n", escape(&gate), escape(&note)),
        );
    }
    add(
        &mut text,
        format_args!(
            "\nStage since {} ({}), evaluated at {}.\n",
            record.began,
            record.origin.words(),
            record.now
        ),
    );
    if let Some(at) = record.decides() {
        add(&mut text, format_args!("{}\n", coming(record, at)));
    }
    text
}

/// JUnit XML, of the elements and attributes that every reader knows: a gate that cannot tell is skipped, and one whose
/// telemetry failed is an error. Gates are not timed, so every time is 0; timestamps are UTC, and may not say so.
pub(super) fn junit(record: &Record) -> String {
    let elements: Vec<Option<&str>> = record.gates.iter().map(element).collect();
    let count = |wanted: &str| {
        elements
            .iter()
            .filter(|found| **found == Some(wanted))
            .count()
    };
    let now = record.now.to_string();
    let sums = format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\"",
        record.gates.len(),
        count("failure"),
        count("error")
    );
    let suite = xml(&format!("{} {}", record.rollout, record.stage));
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"glidepath gate\" {sums} time=\"0\">\n  <testsuite name=\"{suite}\" {sums} skipped=\"{}\" time=\"0\" timestamp=\"{}\">\n    <properties>\n",
        count("skipped"),
        now.trim_end_matches('Z'),
    );
    for (name, value) in [
        ("namespace", record.namespace.clone()),
        ("stageStartedAt", record.began.to_string()),
        ("verdict", record.verdict().to_string()),
    ] {
        add(
            &mut text,
            format_args!(
                "      <property name=\"{name}\" value=\"{}\"/>\n",
                xml(&value)
            ),
        );
    }
    text.push_str("    </properties>\n");
    for (gate, element) in record.gates.iter().zip(elements) {
        add(
            &mut text,
            format_args!(
                "    <testcase classname=\"{}\" name=\"{}\" time=\"0\">\n",
                xml(&format!(
                    "{}.{}.{}",
                    record.rollout, record.stage, gate.model
                )),
                xml(&gate.gate)
            ),
        );
        let said = xml(&told(gate));
        if let Some(element) = element {
            add(
                &mut text,
                format_args!(
                    "      <{element} type=\"{}\" message=\"{}\">{said}</{element}>\n",
                    gate.kind,
                    xml(&gate.why)
                ),
            );
        } else {
            add(
                &mut text,
                format_args!("      <system-out>{said}</system-out>\n"),
            );
        }
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

/// The element that says why a gate did not pass.
fn element(gate: &Evidence) -> Option<&'static str> {
    match gate.verdict {
        Verdict::Pass => None,
        _ if gate.advisory => Some("skipped"),
        Verdict::Fail => Some("failure"),
        Verdict::Error => Some("error"),
        Verdict::Inconclusive => Some("skipped"),
    }
}

/// All that there is to say of a gate, a line each.
fn told(gate: &Evidence) -> String {
    let mut text = format!("{}: {}\n", verdict(gate), gate.why);
    let window = gate
        .window
        .map(|window| format!("{} to {}", window.start, window.end));
    for (name, value) in [
        ("value", &gate.value),
        ("limit", &gate.limit),
        ("evidence", &gate.evidence),
        ("window", &window.unwrap_or_default()),
    ] {
        if !value.is_empty() {
            add(&mut text, format_args!("{name}: {value}\n"));
        }
    }
    for note in &gate.notes {
        add(&mut text, format_args!("note: {note}\n"));
    }
    if let Some(read) = &gate.document {
        add(&mut text, format_args!("{}\n", read.wanted.place));
    }
    for asked in &gate.asked {
        add(
            &mut text,
            format_args!("{}: {}\n", asked.query.name, asked.query.promql),
        );
    }
    text
}

fn headline(record: &Record) -> String {
    format!(
        "{} in {}, stage {} since {} ({}): {}\n",
        record.rollout,
        record.namespace,
        record.stage,
        record.began,
        record.origin.words(),
        record.verdict()
    )
}

/// The gate's name, with the model's where the stage has several candidates.
fn name(record: &Record, gate: &Evidence) -> String {
    let several = record.gates.iter().any(|other| other.model != gate.model);
    if several {
        format!("{} ({})", gate.gate, gate.model)
    } else {
        gate.gate.clone()
    }
}

fn verdict(gate: &Evidence) -> String {
    if gate.advisory {
        format!("{} (advisory)", gate.verdict)
    } else {
        gate.verdict.to_string()
    }
}

/// Remarks, and the reasons for passing without evidence.
fn notes(record: &Record) -> Vec<(String, String)> {
    let gates = record.gates.iter();
    gates
        .flat_map(|gate| {
            let early = gate.window.filter(|_| gate.failed_early).map(|window| {
                format!(
                    "what happened from {} to {} is enough to fail it before its window is over",
                    window.start, window.end
                )
            });
            let because = gate.because.iter().map(|why| format!("because {why}"));
            let notes = early
                .into_iter()
                .chain(gate.notes.iter().cloned())
                .chain(because);
            notes.map(|note| (gate.gate.clone(), note))
        })
        .collect()
}

fn dash(text: &str) -> String {
    if text.is_empty() { "–" } else { text }.to_owned()
}

fn xml(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push('\n'),
            '\u{fffe}' | '\u{ffff}' => safe.push(' '),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

fn add(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more)
        .expect("writing to a string cannot fail");
}
