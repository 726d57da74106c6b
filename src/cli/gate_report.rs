//! What gates say, for people and for CI.

use std::fmt::Write as _;

use crate::gate::{Evidence, Record};

use super::columns::{Line, cell, print};

/// One line: the verdict, and what keeps the stage from passing.
pub(super) fn line(record: &Record) -> String {
    let open: Vec<String> = record
        .gates
        .iter()
        .filter(|gate| !gate.advisory && gate.verdict != crate::gate::Verdict::Pass)
        .map(|gate| format!("{}: {}", gate.gate, gate.why))
        .collect();
    format!("{}: {}", record.verdict(), open.join("; "))
}

/// A table for the terminal.
pub(super) fn text(record: &Record, coloured: bool) -> String {
    let mut text = headline(record);
    if record.gates.is_empty() {
        text.push_str("\nNo gate watches this stage.\n");
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
        add(&mut text, format_args!("\nnote: {gate}: {note}\n"));
    }
    if let Some(next) = record.next() {
        add(&mut text, format_args!("\nThe next look is at {next}.\n"));
    }
    text
}

/// The evidence, as `--replay` reads it.
pub(super) fn json(record: &Record) -> String {
    format!("{:#}\n", record.write())
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
    text
}

/// JUnit XML: a gate that cannot tell is skipped, one whose telemetry failed is an error.
pub(super) fn junit(record: &Record) -> String {
    use crate::gate::Verdict;
    let count = |wanted: Verdict| {
        let gates = record.gates.iter();
        gates
            .filter(|gate| !gate.advisory && gate.verdict == wanted)
            .count()
    };
    let advisory = record.gates.iter().filter(|gate| gate.advisory).count();
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" timestamp=\"{}\">\n",
        xml(&format!("{} {}", record.rollout, record.stage)),
        record.gates.len(),
        count(Verdict::Fail),
        count(Verdict::Error),
        count(Verdict::Inconclusive) + advisory,
        record.now
    );
    for gate in &record.gates {
        add(
            &mut text,
            format_args!(
                "    <testcase classname=\"{}\" name=\"{}\">\n",
                xml(&gate.model),
                xml(&gate.gate)
            ),
        );
        let said = format!("{} ({}; {})", gate.why, gate.value, gate.evidence);
        let element = match gate.verdict {
            _ if gate.advisory => Some("skipped"),
            Verdict::Pass => None,
            Verdict::Fail => Some("failure"),
            Verdict::Error => Some("error"),
            Verdict::Inconclusive => Some("skipped"),
        };
        if let Some(element) = element {
            add(
                &mut text,
                format_args!("      <{element} message=\"{}\"/>\n", xml(&said)),
            );
        }
        text.push_str("    </testcase>\n");
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
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
            let because = gate.because.iter().map(|why| format!("because {why}"));
            let notes = gate.notes.iter().cloned().chain(because);
            notes.map(|note| (gate.gate.clone(), note))
        })
        .collect()
}

fn dash(text: &str) -> String {
    if text.is_empty() { "–" } else { text }.to_owned()
}

/// Text in a cell of a Markdown table.
pub(super) fn escape(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '|' | '<' | '>' | '\\' | '*' | '_' | '[' | ']' => {
                safe.push('\\');
                safe.push(c);
            }
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

fn xml(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
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
