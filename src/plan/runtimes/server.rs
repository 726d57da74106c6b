//! What a model server measures itself, as tables: its counters of requests, and its histograms of times.

use std::collections::BTreeMap;

use crate::plan::gates::ServerTime;

/// A model server's own metrics.
#[derive(Debug)]
pub struct Server {
    /// The language's word for the server.
    pub name: &'static str,
    /// Whether its answers are streams, which end when the reader has read them.
    pub streams: bool,
    /// The counters of the requests that it has ended; the first is there from its start on.
    pub counters: &'static [Counter],
    /// From a request's arrival to the first token of its answer.
    pub time_to_first_token: Timed,
    /// Between two tokens of an answer.
    pub inter_token_latency: Timed,
    /// What a request waits for before the model works on it.
    pub queue_time: Timed,
    /// A whole request, as the server sees it.
    pub model_latency: Timed,
    /// Labels that split its series by what was asked of it: they tell neither pods nor copies apart.
    pub labels: &'static [&'static str],
}

/// A counter of requests that have ended.
#[derive(Debug)]
pub struct Counter {
    /// The metric's name.
    pub metric: &'static str,
    /// The label that says how the requests ended; empty where the metric's name says it.
    pub label: &'static str,
    /// How they ended, by the label's value.
    pub endings: &'static [(&'static str, Ending)],
    /// How they ended with any other value, where that can be told.
    pub otherwise: Option<Ending>,
}

/// How a request has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With an answer.
    Good,
    /// With a failure of the server's.
    Bad,
    /// Because its caller went away.
    Aborted,
}

/// How a server measures a time.
#[derive(Debug)]
pub enum Timed {
    /// By a histogram.
    By(Histogram),
    /// Not at all, with the reason as a clause.
    Not(&'static str),
}

/// A histogram of times.
#[derive(Debug)]
pub struct Histogram {
    /// The metric's name, without `_bucket`.
    pub metric: &'static str,
    /// The unit of its bounds, in seconds.
    pub unit: f64,
    /// Its bounds by default.
    pub bounds: Bounds,
}

/// Upper bounds of buckets, in the histogram's unit.
#[derive(Debug)]
pub enum Bounds {
    /// These.
    Listed(&'static [f64]),
    /// So many, each this many times the one before.
    Growing {
        /// The first bound.
        first: f64,
        /// The ratio of neighbours.
        factor: f64,
        /// The number of bounds.
        count: u16,
    },
}

/// Why there is no histogram: sums of times and a number of requests give a mean, and no share within a limit.
pub(super) const MEANS: &str =
    "it counts only sums of times, of which a mean can be told and no percentile";

/// A histogram of seconds.
pub(super) const fn seconds(metric: &'static str, bounds: Bounds) -> Timed {
    Timed::By(Histogram {
        metric,
        unit: 1.0,
        bounds,
    })
}

impl Server {
    /// How it measures a time.
    pub fn timed(&self, time: ServerTime) -> &Timed {
        match time {
            ServerTime::TimeToFirstToken => &self.time_to_first_token,
            ServerTime::InterTokenLatency => &self.inter_token_latency,
            ServerTime::QueueTime => &self.queue_time,
            ServerTime::ModelLatency => &self.model_latency,
        }
    }

    /// The histogram of a time, where it has one.
    pub fn histogram(&self, time: ServerTime) -> Option<&Histogram> {
        match self.timed(time) {
            Timed::By(histogram) => Some(histogram),
            Timed::Not(_) => None,
        }
    }

    /// The counter of this name.
    pub fn counter(&self, metric: &str) -> Option<&Counter> {
        self.counters.iter().find(|one| one.metric == metric)
    }
}

impl Counter {
    /// How the requests of a series of this counter have ended; `None` where its labels do not say.
    pub fn ending(&self, labels: &BTreeMap<String, String>) -> Option<Ending> {
        let value = labels.get(self.label).map_or("", String::as_str);
        let mut endings = self.endings.iter();
        let known = endings.find(|(known, _)| *known == value);
        known.map(|(_, ending)| *ending).or(self.otherwise)
    }
}

impl Histogram {
    /// Its bounds by default, in seconds, the least first.
    pub fn seconds(&self) -> Vec<f64> {
        match self.bounds {
            Bounds::Listed(bounds) => bounds.iter().map(|bound| bound * self.unit).collect(),
            Bounds::Growing {
                first,
                factor,
                count,
            } => (0..count)
                .map(|n| first * factor.powi(i32::from(n)) * self.unit)
                .collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::SERVERS;
    use super::*;

    const TIMES: [ServerTime; 4] = [
        ServerTime::TimeToFirstToken,
        ServerTime::InterTokenLatency,
        ServerTime::QueueTime,
        ServerTime::ModelLatency,
    ];

    #[test]
    fn bounds_rise_and_names_are_metrics() {
        for server in SERVERS {
            assert!(!server.counters.is_empty(), "{}", server.name);
            for histogram in TIMES.iter().filter_map(|time| server.histogram(*time)) {
                let bounds = histogram.seconds();
                assert!(bounds.is_sorted() && bounds.len() > 3, "{histogram:?}");
                let query = format!("{}_bucket", histogram.metric);
                promql_parser::parser::parse(&query).expect("the name of a metric");
            }
        }
    }

    #[test]
    fn bounds_that_grow_are_those_of_the_server() {
        let facts = SERVERS.iter().find(|one| one.name == "tensorflow-serving");
        let histogram = facts.and_then(|one| one.histogram(ServerTime::ModelLatency));
        let bounds = histogram.expect("a histogram").seconds();
        assert_eq!(bounds.len(), 33);
        assert!((bounds[0] - 10e-6).abs() < 1e-12);
        assert!((bounds[2] - 32.4e-6).abs() < 1e-12);
    }

    #[test]
    fn an_ending_that_nobody_knows_is_none() {
        let of = |server: &str, metric: &str, label: &str, value: &str| {
            let found = SERVERS.iter().find(|one| one.name == server);
            let counter = found
                .and_then(|one| one.counter(metric))
                .expect("a counter");
            counter.ending(&BTreeMap::from([(label.to_owned(), value.to_owned())]))
        };
        let vllm = |reason| {
            of(
                "vllm",
                "vllm:request_success_total",
                "finished_reason",
                reason,
            )
        };
        for (reason, ending) in [
            ("stop", Some(Ending::Good)),
            ("length", Some(Ending::Good)),
            ("error", Some(Ending::Bad)),
            ("abort", Some(Ending::Aborted)),
            ("", None),
            ("tired", None),
        ] {
            assert_eq!(vllm(reason), ending, "{reason}");
        }
        let status = |status| {
            let metric = ":tensorflow:serving:request_count";
            of("tensorflow-serving", metric, "status", status)
        };
        assert_eq!(status("OK"), Some(Ending::Good));
        assert_eq!(status("UNAVAILABLE"), Some(Ending::Bad));
        assert_eq!(status("CANCELLED"), Some(Ending::Aborted));
        assert_eq!(status("ok"), None);
        let failed = |reason| of("triton", "nv_inference_request_failure", "reason", reason);
        assert_eq!(failed("BACKEND"), Some(Ending::Bad));
        assert_eq!(failed("CANCELED"), Some(Ending::Aborted));
        assert_eq!(failed(""), Some(Ending::Bad));
        for (server, metric, ending) in [
            (
                "sglang",
                "sglang:num_aborted_requests_total",
                Ending::Aborted,
            ),
            ("torchserve", "Requests4XX", Ending::Good),
            ("torchserve", "Requests5XX", Ending::Bad),
            ("mlserver", "model_infer_request_failure_total", Ending::Bad),
        ] {
            assert_eq!(of(server, metric, "", ""), Some(ending), "{metric}");
        }
    }
}
