//! A server that answers as Prometheus does when everything is well.

use crate::support::http::{Request, Response, decode, serve};

/// Where it listens. The candidate had this many requests at the end of whatever is asked for, and no failure; asked for
/// anything but raw counts, it knows nothing.
pub(crate) fn telemetry(requests: u32) -> String {
    let port = serve(move |request| Some(answer(request, requests)));
    format!("http://127.0.0.1:{port}")
}

/// The same, and the candidate's first sample is of this second.
pub(crate) fn telemetry_since(requests: u32, first: i64) -> String {
    let port = serve(move |request| {
        let form = decode(std::str::from_utf8(&request.body).expect("a form"));
        if !form.contains("min_over_time") {
            return Some(answer(request, requests));
        }
        let body = format!(
            r#"{{"status": "success", "data": {{"resultType": "vector", "result": [{{"metric": {{}}, "value": [{first}, "{first}"]}}]}}}}"#
        );
        Some(Response::new(200, body).with("content-type", "application/json"))
    });
    format!("http://127.0.0.1:{port}")
}

fn answer(request: &Request, requests: u32) -> Response {
    let form = decode(std::str::from_utf8(&request.body).expect("a form"));
    let at: i64 = form
        .split('&')
        .find_map(|pair| pair.strip_prefix("time="))
        .and_then(|text| text.parse().ok())
        .expect("a question at one time");
    let series = if form.contains("istio_requests_total") {
        format!(
            r#"{{"metric": {{"__name__": "istio_requests_total", "response_code": "200"}}, "values": [[{}, "{requests}"]]}}"#,
            at - 1
        )
    } else {
        String::new()
    };
    let body = format!(
        r#"{{"status": "success", "data": {{"resultType": "matrix", "result": [{series}]}}}}"#
    );
    Response::new(200, body).with("content-type", "application/json")
}
