//! What the gates say as rows for people, each with a link to the graph of what was asked.

use crate::forge::encode;
use crate::gate::{Evidence, Record, When};

use super::gates::brief;
use super::pull_request::GateLine;

/// One row a gate and model; `server` gives the address of a source that was asked, where one was.
pub(super) fn lines<'a>(
    record: &Record,
    server: impl Fn(&str) -> Option<&'a str>,
) -> Vec<GateLine> {
    let line = |one: &Evidence| GateLine {
        name: one.gate.clone(),
        model: one.model.clone(),
        verdict: one.verdict,
        advisory: one.advisory,
        value: brief(&one.value),
        limit: brief(&one.limit),
        window: one
            .window
            .map(|window| format!("{} to {}", window.start, window.end))
            .unwrap_or_default(),
        sample: brief(&one.evidence),
        why: brief(&one.why),
        issuer: None,
        link: server(&one.source).and_then(|server| graph(one, server)),
    };
    record.gates.iter().map(line).collect()
}

/// The page of Prometheus that draws what was asked first. It changes with the look, and not with the minute.
fn graph(one: &Evidence, server: &str) -> Option<String> {
    let query = &one.asked.first()?.query;
    let end = match query.when {
        When::At(time) => time,
        When::Over { end, .. } => end,
    };
    let end = end.to_string();
    Some(format!(
        "{}/graph?g0.expr={}&g0.tab=0&g0.range_input=1h&g0.end_input={}",
        in_a_link(server.trim_end_matches('/')),
        encode(query.drawn()),
        encode(end.trim_end_matches('Z'))
    ))
}

/// An address that cannot end a Markdown link or mention anybody: what an address needs no more than a letter is encoded.
fn in_a_link(address: &str) -> String {
    address
        .chars()
        .map(|c| match c {
            ':' | '/' | '[' | ']' | '%' => c.to_string(),
            c => encode(c.encode_utf8(&mut [0; 4])),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_cannot_leave_its_link() {
        for (address, linked) in [
            (
                "https://prom.example:9090/a%20b/~x",
                "https://prom.example:9090/a%20b/~x",
            ),
            ("http://[::1]:9090", "http://[::1]:9090"),
            (
                "https://p.example/a)@team(!*'`<b>\n|",
                "https://p.example/a%29%40team%28%21%2A%27%60%3Cb%3E%0A%7C",
            ),
        ] {
            assert_eq!(in_a_link(address), linked);
        }
    }
}
