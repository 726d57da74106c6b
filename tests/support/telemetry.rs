//! What Prometheus answers where everything is well.

use super::http::{Request, Response, decode};

/// The answer for a candidate that had so many requests at the end of whatever is asked for, and no failure. Its telemetry is fit,
/// and nothing else is known.
pub(crate) fn all_is_well(request: &Request, requests: u32) -> Response {
    let form = decode(std::str::from_utf8(&request.body).expect("a form"));
    let field = |name: &str| {
        let mut pairs = form.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let time = |name: &str| -> Option<i64> { field(name)?.parse().ok() };
    if let (Some(start), Some(end), Some(step)) = (time("start"), time("end"), time("step")) {
        let every = usize::try_from(step).expect("a step");
        let points = (start..=end)
            .step_by(every)
            .map(|at| format!("[{at}, \"1\"]"));
        let points = points.collect::<Vec<_>>().join(", ");
        return said(
            "matrix",
            &format!(r#"{{"metric": {{}}, "values": [{points}]}}"#),
        );
    }
    let at = time("time").expect("a question at one time");
    let value = |value: &str| format!(r#"{{"metric": {{}}, "value": [{at}, "{value}"]}}"#);
    if form.contains("query=istio_requests_total") {
        let labels = r#"{"__name__": "istio_requests_total", "response_code": "200"}"#;
        let series = format!(
            r#"{{"metric": {labels}, "values": [[{}, "0"], [{}, "{requests}"]]}}"#,
            at - 2,
            at - 1
        );
        return said("matrix", &series);
    }
    let answer = if form.contains("query=max(count_over_time") {
        value("240")
    } else if form.contains("query=count(last_over_time") {
        value("1")
    } else {
        String::new()
    };
    said("vector", &answer)
}

/// An answer of this type, with this result or none.
pub(crate) fn said(kind: &str, result: &str) -> Response {
    let body = format!(
        r#"{{"status": "success", "data": {{"resultType": "{kind}", "result": [{result}]}}}}"#
    );
    Response::new(200, body).with("content-type", "application/json")
}
