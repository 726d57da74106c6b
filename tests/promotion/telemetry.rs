//! A server that answers as Prometheus does when everything is well.

use crate::support::http::{decode, serve};
use crate::support::telemetry::{all_is_well, said};

/// Where it listens. The candidate had this many requests at the end of whatever is asked for, and no failure.
pub(crate) fn telemetry(requests: u32) -> String {
    let port = serve(move |request| Some(all_is_well(request, requests)));
    format!("http://127.0.0.1:{port}")
}

/// The same, and the candidate's first sample is of this second.
pub(crate) fn telemetry_since(requests: u32, first: i64) -> String {
    let port = serve(move |request| {
        let form = decode(std::str::from_utf8(&request.body).expect("a form"));
        if !form.contains("min_over_time") {
            return Some(all_is_well(request, requests));
        }
        let found = format!(r#"{{"metric": {{}}, "value": [{first}, "{first}"]}}"#);
        Some(said("vector", &found))
    });
    format!("http://127.0.0.1:{port}")
}
