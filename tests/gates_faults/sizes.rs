//! Answers that are too large, as they are and packed.

use std::io::Write as _;
use std::process::Command;

use flate2::{Compress, Compression, FlushCompress};
use glidepath::gate::Verdict;

use crate::support::scratch;

use super::{GOOD, answer, judge, server, settings, spec};

/// A gzip stream of `mebibytes` blanks: one MiB is packed once, so that it can be unpacked by itself, and repeated.
fn bomb(mebibytes: usize) -> Vec<u8> {
    let mut body = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    let mut packed = Vec::with_capacity(1 << 16);
    Compress::new(Compression::fast(), false)
        .compress_vec(&vec![b' '; 1 << 20], &mut packed, FlushCompress::Full)
        .expect("it packs");
    for _ in 0..mebibytes {
        body.extend_from_slice(&packed);
    }
    // An empty last block; nobody gets as far as the sums that follow it.
    body.extend_from_slice(&[3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    body
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).expect("it packs");
    encoder.finish().expect("it packs")
}

/// A server whose answer is packed.
fn gzip(body: Vec<u8>) -> String {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let reply = [head.into_bytes(), body].concat();
    server(move |_, stream| drop(stream.write_all(&reply))).0
}

#[test]
fn a_packed_answer_is_unpacked() {
    let found = judge(settings(&gzip(packed(GOOD))));
    assert_eq!(found.verdict, Verdict::Pass, "{}", found.why);
    // Half of it is an answer that broke off.
    let whole = packed(GOOD);
    let found = judge(settings(&gzip(whole[..whole.len() / 2].to_vec())));
    assert_eq!(found.verdict, Verdict::Error, "{}", found.why);
}

/// Q8: the limit holds for what a body becomes. Unpacked it is 2 GiB, and the process may have half of one.
#[test]
fn a_packed_answer_may_not_fill_the_memory() {
    let body = bomb(2_048);
    assert!(body.len() < 16 << 20, "it is small until it is unpacked");
    let (exit, text) = gate_in_half_a_gibibyte("bomb", &gzip(body));
    assert_eq!(exit, Some(6), "{text}");
    assert!(text.contains("larger than 32 MiB"), "{text}");
}

/// The largest answer that is read: its samples take no more room than its text.
#[test]
fn a_large_answer_takes_little_more_than_its_size() {
    let point = r#"[1700000000,"1"]"#;
    let points = vec![point; 2_000].join(",");
    let series = |at| format!(r#"{{"metric":{{"pod":"{at}"}},"values":[{points}]}}"#);
    let all: Vec<String> = (0..(30 << 20) / (2_000 * (point.len() + 1)))
        .map(series)
        .collect();
    let all = all.join(",");
    let body =
        format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{all}]}}}}"#);
    assert!(body.len() > 29 << 20, "{}", body.len());
    let (url, _) = server(move |_, stream| answer(stream, "200 OK", "", &body));
    let (exit, text) = gate_in_half_a_gibibyte("large", &url);
    assert_eq!(exit, Some(6), "{text}");
    // It was read whole, and one number is what was asked for.
    assert!(
        text.contains("1850000 points, and 100000 are allowed"),
        "{text}"
    );
}

/// Series without a point are nothing to judge and much to keep. What they are comes after them, so that whoever wants to know it
/// first would have to keep their text too.
#[test]
fn many_series_may_not_fill_the_memory() {
    let body = format!(
        r#"{{"data":{{"result":[{}],"resultType":"matrix"}},"status":"success"}}"#,
        vec![r#"{"metric":{},"values":[[1,"1"]]}"#; 500_000].join(",")
    );
    assert!(body.len() > 12 << 20, "{}", body.len());
    let (url, _) = server(move |_, stream| answer(stream, "200 OK", "", &body));
    let (exit, text) = gates_in(1_024, "series", &url, 13);
    assert_eq!(exit, Some(6), "{text}");
    assert!(text.contains("more than 20000 series"), "{text}");
}

/// Each of thirteen answers is one that is read; together they are more than is kept.
#[test]
fn many_answers_may_not_fill_the_memory_together() {
    let label = "x".repeat(300);
    let series =
        |at| format!(r#"{{"metric":{{"a":"{at}{label}","b":"{label}"}},"value":[1,"1"]}}"#);
    let series: Vec<String> = (0..15_000).map(series).collect();
    let body = format!(
        r#"{{"status":"success","data":{{"resultType":"vector","result":[{}]}}}}"#,
        series.join(",")
    );
    let (url, _) = server(move |_, stream| answer(stream, "200 OK", "", &body));
    let (exit, text) = gates_in(1_024, "answers", &url, 13);
    assert_eq!(exit, Some(6), "{text}");
    assert!(
        text.contains("more than 96 MiB together") && text.contains("15000 series"),
        "{text}"
    );
}

/// The exit code and stdout of a process that may not have more memory.
fn gate_in_half_a_gibibyte(name: &str, url: &str) -> (Option<i32>, String) {
    gates_in(512, name, url, 1)
}

/// The same with so many MiB and gates, each with a question of its own. Each of the threads that ask sets addresses apart.
fn gates_in(mebibytes: usize, name: &str, url: &str, gates: usize) -> (Option<i32>, String) {
    let folder = scratch("gates-faults", name);
    let names: Vec<String> = (1..=gates).map(|at| format!("t{at}")).collect();
    let gates: Vec<String> = names
        .iter()
        .map(|name| {
            format!("{{name: {name}, failFast: false, threshold: {{query: max({name}), max: 5}}}}")
        })
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let text = spec(&gates.join(", "), &names);
    std::fs::write(folder.join("rollout.yaml"), text).expect("a file");
    let output = Command::new("sh")
        .args(["-c", "ulimit -v \"$1\"; shift; exec \"$@\"", "sh"])
        .arg((mebibytes << 10).to_string())
        .arg(crate::support::GLIDEPATH)
        .args(["gate", "--stage", "canary"])
        .args(["--stage-started-at", "1700000000"])
        .args(["--prometheus-url", url])
        .arg(&folder)
        .env_clear()
        .output()
        .expect("a shell");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code(), text)
}
