//! TorchServe's own metrics, with `metrics_mode=prometheus` (<https://pytorch.org/serve/metrics.html>). It is not maintained any more.

use super::server::{Counter, Ending, MEANS, Server, Timed};

pub(super) static SERVER: Server = Server {
    name: "torchserve",
    streams: false,
    // It counts by the class of the status, and its probes among the good ones.
    counters: &[
        counter("Requests2XX", Ending::Good),
        counter("Requests4XX", Ending::Good),
        counter("Requests5XX", Ending::Bad),
    ],
    time_to_first_token: Timed::Not("it does not time tokens"),
    inter_token_latency: Timed::Not("it does not time tokens"),
    queue_time: Timed::Not(MEANS),
    model_latency: Timed::Not(MEANS),
    labels: &["Hostname", "Level"],
};

const fn counter(metric: &'static str, ending: Ending) -> Counter {
    Counter {
        metric,
        label: "",
        endings: &[],
        otherwise: Some(ending),
    }
}
