//! vLLM: the OpenAI-compatible server of `vllm serve` (<https://docs.vllm.ai/en/latest/cli/serve.html>).

use crate::plan::{Generated, Model, Source};
use crate::units::ImageRef;

use super::server::{Bounds, Counter, Ending, Server, seconds};
use super::{Launch, Loads, RuntimeFacts, RuntimePort, RuntimeProbes, hub, literal};

const HTTP: RuntimePort = RuntimePort {
    name: "http",
    number: 8000,
};

pub(super) static FACTS: RuntimeFacts = RuntimeFacts {
    name: "vllm",
    container: "vllm",
    ports: &[HTTP],
    metrics: None,
    needs_model: true,
    versions: false,
    loads: Loads {
        // By the Run:ai Model Streamer (<https://docs.vllm.ai/en/latest/models/extensions/runai_model_streamer/>).
        reads: &["/", "s3://", "gs://", "az://"],
        fetches: true,
        copies: true,
    },
    launch,
    probes: Some(RuntimeProbes {
        // The server opens its port once the engine has loaded the model, and answers 503 when the engine has died
        // (`vllm/entrypoints/openai/api_server.py`). `/v1/models` goes on answering then, and asks for the key where one is set.
        path: |_| "/health".to_owned(),
        port: HTTP,
        loaded: None,
        // The event loop that answers also tokenizes.
        timeout: 5,
        readiness_period: 5,
        // 30 minutes to download, load and compile.
        startup_period: 10,
        startup_tries: 180,
    }),
    streams: true,
    // <https://docs.vllm.ai/en/latest/deployment/k8s.html>
    shares_memory: true,
    metric_units: &[],
    server: Some(&SERVER),
};

/// The first release that knows `--shutdown-timeout` (<https://github.com/vllm-project/vllm/pull/34730>): what is in flight is
/// finished, where it was aborted at once before.
const FINISHES: (u32, u32) = (0, 18);

fn launch(model: &Model, own: &Generated) -> Launch {
    let Some(served) = &own.served else {
        return Launch::default();
    };
    let mut args = vec![
        literal(&served.source.address()),
        format!("--served-model-name={}", literal(&served.name)),
        format!("--port={}", model.port_number(HTTP)),
    ];
    match &served.source {
        Source::Hub { revision, .. } => {
            args.extend(revision.iter().map(|name| format!("--revision={name}")));
        }
        Source::Read(address) if !address.starts_with('/') => {
            args.push("--load-format=runai_streamer".to_owned());
        }
        Source::Read(_) | Source::Claim { .. } | Source::Copied { .. } => {}
    }
    if finishes(&own.image) == Some(true) {
        args.push(format!("--shutdown-timeout={}", own.drain.finish_seconds()));
    }
    Launch {
        // The image's entry point has changed over time.
        command: Some(vec!["vllm".to_owned(), "serve".to_owned()]),
        args: Some(args),
        env: hub(own),
        ..Launch::default()
    }
}

/// Whether the server in an image can finish its requests after it was told to stop; `None` where the tag does not say.
pub fn finishes(image: &ImageRef) -> Option<bool> {
    // Other images with vLLM have versions of their own.
    if !image.repository().ends_with("vllm-openai") {
        return None;
    }
    let tag = image.tag()?;
    let mut numbers = tag.strip_prefix('v').unwrap_or(tag).split(['.', '-', '+']);
    let mut next = || numbers.next()?.parse::<u32>().ok();
    Some((next()?, next()?) >= FINISHES)
}

/// Of times of whole requests.
const LONG: &[f64] = &[
    0.3, 0.5, 0.8, 1.0, 1.5, 2.0, 2.5, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0, 60.0, 120.0, 240.0,
    480.0, 960.0, 1_920.0, 7_680.0,
];

/// Its own metrics (<https://github.com/vllm-project/vllm/blob/main/vllm/v1/metrics/loggers.py>).
pub(super) static SERVER: Server = Server {
    name: "vllm",
    streams: true,
    // It calls every request a success that has ended, whatever the reason.
    counters: &[Counter {
        metric: "vllm:request_success_total",
        label: "finished_reason",
        endings: &[
            ("stop", Ending::Good),
            ("length", Ending::Good),
            ("repetition", Ending::Good),
            ("error", Ending::Bad),
            ("abort", Ending::Aborted),
        ],
        otherwise: None,
    }],
    time_to_first_token: seconds(
        "vllm:time_to_first_token_seconds",
        Bounds::Listed(&[
            0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5,
            10.0, 20.0, 40.0, 80.0, 160.0, 640.0, 2_560.0,
        ]),
    ),
    inter_token_latency: seconds(
        "vllm:inter_token_latency_seconds",
        Bounds::Listed(&[
            0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5,
            10.0, 20.0, 40.0, 80.0,
        ]),
    ),
    queue_time: seconds("vllm:request_queue_time_seconds", Bounds::Listed(LONG)),
    model_latency: seconds("vllm:e2e_request_latency_seconds", Bounds::Listed(LONG)),
    // One engine for each data-parallel rank of a pod.
    labels: &["engine", "finished_reason", "model_name"],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_release_that_finishes_its_requests_is_told_how_long() {
        for (image, expected) in [
            ("vllm/vllm-openai:v0.18.0", Some(true)),
            ("mirror.example/vllm/vllm-openai:0.19.1-cu129", Some(true)),
            ("vllm/vllm-openai:v1.0.0", Some(true)),
            ("vllm/vllm-openai:v0.17.1", Some(false)),
            ("vllm/vllm-openai:v0.9.2", Some(false)),
            ("vllm/vllm-openai:nightly", None),
            ("vllm/vllm-openai", None),
            ("vllm/vllm-openai@sha256:00", None),
            ("ghcr.io/llm-d/llm-d-cuda:v0.9.0", None),
        ] {
            let image = image.parse().expect("an image");
            assert_eq!(finishes(&image), expected, "{image}");
        }
    }
}
