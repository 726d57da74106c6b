//! What gates say, as metrics: a file for the textfile collector of Prometheus's node exporter.
//!
//! The collector reads the Prometheus text format, in which OpenMetrics' state sets are no type, and refuses samples with a time. So
//! all are gauges, and the time is one of them; with `# EOF`, a comment in the older format, the text is valid in both.
//! <https://github.com/prometheus/node_exporter#textfile-collector>

use std::fmt::Write as _;

use crate::gate::{Record, Verdict};
use crate::plan::gates::Limits;

/// The metrics of an evaluation.
pub(super) fn text(record: &Record) -> String {
    let stage = [
        ("rollout", record.rollout.as_str()),
        ("namespace", record.namespace.as_str()),
        ("stage", record.stage.as_str()),
    ];
    let mut text = String::new();
    head(
        &mut text,
        "glidepath_stage_verdict",
        "Whether the gates of a stage together have this verdict: 1 for the one that they have, 0 for the others.",
    );
    for verdict in Verdict::ALL {
        let is_it = record.verdict() == *verdict;
        let labels = [&stage[..], &[("verdict", verdict.name())]].concat();
        sample(
            &mut text,
            "glidepath_stage_verdict",
            &labels,
            f64::from(u8::from(is_it)),
        );
    }
    head(
        &mut text,
        "glidepath_evaluation_timestamp_seconds",
        "When the gates of a stage were evaluated, in seconds since 1970.",
    );
    #[expect(
        clippy::cast_precision_loss,
        reason = "a time of our days is far below 2^53"
    )]
    let now = record.now.seconds() as f64;
    sample(
        &mut text,
        "glidepath_evaluation_timestamp_seconds",
        &stage,
        now,
    );
    let gates: Vec<_> = record
        .gates
        .iter()
        .map(|gate| {
            let own = [("gate", gate.gate.as_str()), ("model", gate.model.as_str())];
            (gate, [&stage[..], &own].concat())
        })
        .collect();
    head(
        &mut text,
        "glidepath_gate_verdict",
        "Whether a gate has this verdict on a model: 1 for the one that it has, 0 for the others.",
    );
    for (gate, labels) in &gates {
        for verdict in Verdict::ALL {
            let is_it = gate.verdict == *verdict;
            let labels = [&labels[..], &[("verdict", verdict.name())]].concat();
            sample(
                &mut text,
                "glidepath_gate_verdict",
                &labels,
                f64::from(u8::from(is_it)),
            );
        }
    }
    head(
        &mut text,
        "glidepath_gate_value",
        "What a gate measured of a model, where that is one number: a share from 0 to 1, seconds, or in the query's own unit.",
    );
    for (gate, labels) in &gates {
        if let Some(gauge) = gate.gauge {
            sample(&mut text, "glidepath_gate_value", labels, gauge.value);
        }
    }
    head(
        &mut text,
        "glidepath_gate_limit",
        "The least (min) and the most (max) with which a gate passes, in the unit of its value.",
    );
    for (gate, labels) in &gates {
        let limits = gate.gauge.map(|gauge| gauge.limits);
        let of = |bound: fn(&Limits) -> Option<f64>| limits.as_ref().and_then(bound);
        for (name, limit) in [("min", of(|it| it.min)), ("max", of(|it| it.max))] {
            if let Some(limit) = limit {
                let labels = [&labels[..], &[("bound", name)]].concat();
                sample(&mut text, "glidepath_gate_limit", &labels, limit);
            }
        }
    }
    text.push_str("# EOF\n");
    text
}

fn head(text: &mut String, name: &str, help: &str) {
    add(
        text,
        format_args!("# HELP {name} {help}\n# TYPE {name} gauge\n"),
    );
}

fn sample(text: &mut String, name: &str, labels: &[(&str, &str)], value: f64) {
    let labels: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escape(value)))
        .collect();
    add(
        text,
        format_args!("{name}{{{}}} {value}\n", labels.join(",")),
    );
}

/// The value of a label as both formats quote it.
fn escape(value: &str) -> String {
    let value = value.replace('\\', "\\\\").replace('"', "\\\"");
    value.replace('\n', "\\n")
}

fn add(text: &mut String, more: std::fmt::Arguments<'_>) {
    text.write_fmt(more)
        .expect("writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn no_label_ends_before_its_end() {
        assert_eq!(escape("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
    }
}
