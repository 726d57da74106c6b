//! Gates: from what the schema let through to typed questions with units.

use serde_json::Value;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::gates::{
    Availability, BadResponse, BurnPair, BurnRate, Compare, Direction, Drift, Gate, GateKind,
    Latency, Limits, Margin, Measure, Proportions, Range, Ranks, Reduce, Reporter, Requests, Sli,
    Threshold, Times,
};
use crate::plan::{Metrics, NoData, OnInconclusive};
use crate::spec::{self, Document};
use crate::units::{Duration, PromDuration, Share};

use super::names::Names;

/// Istio's reports are late by as much.
const WARMUP: Duration = Duration::from_seconds(120);
const SETTLE: Duration = Duration::from_seconds(60);
const MAX_LOOKS: u32 = 3;
const TIMEOUT: Duration = Duration::from_seconds(30);

/// Where the gates ask, if the spec says so.
pub(super) fn metrics(document: &Document) -> Option<Metrics> {
    let prometheus = &document.spec.metrics.as_ref()?.prometheus;
    Some(Metrics {
        url: prometheus.url.clone(),
        timeout: bake(prometheus.timeout.as_ref()).unwrap_or(TIMEOUT),
    })
}

pub(super) fn resolve(document: &Document, names: &Names<'_>, report: &mut Report) -> Vec<Gate> {
    let at = Route::root().key("spec").key("gates");
    let defaults = document.spec.gate_defaults.as_ref();
    let gates = document.spec.gates.iter().enumerate();
    gates
        .filter_map(|(index, gate)| {
            let at = at.index(index);
            let model = match &gate.model {
                Some(model) => Some(names.model(model, &at.key("model"), report)?),
                None => None,
            };
            let (fields, word) = fields(&gate.kind);
            let mut reader = Reader {
                fields,
                at: at.key(word),
                report,
                whole: true,
            };
            let kind = reader.kind(
                word,
                defaults.and_then(|defaults| defaults.confidence.as_deref()),
            );
            let (whole, drift_samples, on_drift) = (
                reader.whole,
                reader.fields["minSamples"].as_u64(),
                reader.text("onDrift").map(ToOwned::to_owned),
            );
            if !whole {
                return None;
            }
            let fails_fast = matches!(
                kind,
                GateKind::Availability(_)
                    | GateKind::Latency(_)
                    | GateKind::Threshold(_)
                    | GateKind::BurnRate(_)
            );
            let default =
                |field: fn(&spec::GateDefaults) -> Option<&String>| defaults.and_then(field);
            Some(Gate {
                name: gate.name.clone(),
                model,
                warmup: bake(gate.warmup.as_ref())
                    .or_else(|| bake(default(|defaults| defaults.warmup.as_ref())))
                    .unwrap_or(WARMUP),
                bake: bake(gate.bake.as_ref()),
                max_looks: gate
                    .max_looks
                    .or_else(|| defaults.and_then(|defaults| defaults.max_looks))
                    .unwrap_or(MAX_LOOKS)
                    .max(1),
                settle: bake(default(|defaults| defaults.settle.as_ref())).unwrap_or(SETTLE),
                no_data: gate
                    .no_data
                    .or_else(|| defaults.and_then(|defaults| defaults.no_data))
                    .unwrap_or(NoData::Inconclusive),
                min_samples: gate.min_samples.or(drift_samples),
                advisory: gate.advisory.unwrap_or(false) || on_drift.as_deref() == Some("advisory"),
                fail_fast: gate.fail_fast.unwrap_or(fails_fast),
                on_inconclusive: gate.on_inconclusive.unwrap_or(OnInconclusive::Hold),
                because: gate.because.clone(),
                kind,
            })
        })
        .collect()
}

fn fields(kind: &spec::GateKind) -> (&Value, &'static str) {
    let (spec::GateKind::Availability(fields)
    | spec::GateKind::Latency(fields)
    | spec::GateKind::Threshold(fields)
    | spec::GateKind::Compare(fields)
    | spec::GateKind::Statistical(fields)
    | spec::GateKind::BurnRate(fields)
    | spec::GateKind::Drift(fields)) = kind;
    (fields, kind.name())
}

fn bake(text: Option<&String>) -> Option<Duration> {
    text.and_then(|text| text.parse().ok())
}

/// The unit that an amount was written in.
enum Amount {
    Number(f64),
    Points(f64),
    Relative(f64),
    Seconds(f64),
}

/// Reads the fields of one kind; what the schema could not see is a complaint.
struct Reader<'a> {
    fields: &'a Value,
    at: Route,
    report: &'a mut Report,
    whole: bool,
}

impl Reader<'_> {
    fn complain(&mut self, code: Code, at: Route, message: String, help: &str) {
        self.whole = false;
        self.report
            .push(Diagnostic::new(code, Place::value(at), message).help(help));
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.fields[key].as_str()
    }

    fn kind(&mut self, word: &str, confidence: Option<&str>) -> GateKind {
        match word {
            "availability" => GateKind::Availability(Availability {
                objective: self.share("objective"),
                confidence: self.text("confidence").and_then(level),
                requests: self.requests(),
            }),
            "latency" => GateKind::Latency(Latency {
                percentile: self.share("percentile"),
                max: self.span("max").unwrap_or_default(),
                times: self.times(),
            }),
            "threshold" => GateKind::Threshold(self.threshold()),
            "compare" => GateKind::Compare(self.compare()),
            "statistical" if self.text("test") == Some("proportions") => {
                GateKind::Proportions(Proportions {
                    margin: self.margin(&Sli::ErrorRate(self.requests())),
                    confidence: self.confidence(confidence, 0.95),
                    requests: self.requests(),
                })
            }
            "statistical" => GateKind::Ranks(self.ranks(confidence)),
            "burnRate" => GateKind::BurnRate(self.burn_rate()),
            _ => GateKind::Drift(self.drift()),
        }
    }

    fn share(&mut self, key: &str) -> Share {
        let text = match &self.fields[key] {
            Value::String(text) => text.clone(),
            other @ (Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_)) => other.to_string(),
        };
        let whole = || Share::percent("100").expect("a percentage");
        let Some(share) = Share::percent(&text) else {
            self.complain(
                Code::GP006,
                self.at.key(key),
                format!("`{text}` has more digits than a count of requests can tell apart"),
                "write at most twelve decimals",
            );
            return whole();
        };
        share
    }

    fn span(&mut self, key: &str) -> Option<PromDuration> {
        let text = self.text(key)?.to_owned();
        let span = text.parse().ok();
        if span.is_none() {
            self.complain(
                Code::GP006,
                self.at.key(key),
                format!("`{text}` is too long a time"),
                "write a shorter one",
            );
        }
        span
    }

    /// A step: whole seconds, because Prometheus is asked in seconds.
    fn step(&mut self) -> PromDuration {
        let step = self.span("step").unwrap_or(PromDuration::from_seconds(60));
        if !step.millis().is_multiple_of(1_000) {
            self.complain(
                Code::GP006,
                self.at.key("step"),
                format!("a step of {step} is no number of whole seconds"),
                "write whole seconds",
            );
        }
        step
    }

    fn requests(&self) -> Requests {
        let bad = self.fields["bad"].as_array();
        let bad = bad.map_or_else(default_bad, |items| {
            items.iter().filter_map(response).collect()
        });
        Requests {
            reporter: self.reporter(),
            exact: self.text("counts") != Some("estimated"),
            bad,
            ignore_aborts: self.text("clientAborts") == Some("ignore"),
        }
    }

    fn reporter(&self) -> Reporter {
        match self.text("reporter") {
            Some("waypoint") => Reporter::Waypoint,
            Some("source") => Reporter::Source,
            _ => Reporter::Destination,
        }
    }

    fn times(&self) -> Times {
        Times {
            metric: self.text("metric").map(ToOwned::to_owned),
            reporter: self.reporter(),
        }
    }

    fn reduce(&self) -> Option<Reduce> {
        match self.text("reduce")? {
            "max" => Some(Reduce::Max),
            "min" => Some(Reduce::Min),
            "sum" => Some(Reduce::Sum),
            "avg" => Some(Reduce::Avg),
            _ => None,
        }
    }

    fn threshold(&mut self) -> Threshold {
        let limits = Limits {
            min: self.fields["min"].as_f64(),
            max: self.fields["max"].as_f64(),
        };
        self.check_order(limits, &self.at.key("min"));
        let range = (self.fields["range"].as_bool() == Some(true)).then(|| Range {
            step: self.step(),
            min_points: self.fields["minPoints"].as_u64().unwrap_or(5),
        });
        let delay = self.span("delay").map_or(0, PromDuration::seconds);
        Threshold {
            query: self.text("query").unwrap_or_default().to_owned(),
            limits,
            reduce: self.reduce(),
            range,
            delay: Duration::from_seconds(delay),
        }
    }

    fn sli(&mut self) -> Sli {
        match self.text("sli") {
            Some("availability") => Sli::Availability(self.requests()),
            Some("errorRate") => Sli::ErrorRate(self.requests()),
            Some("latency") => {
                let percentile = self.share("percentile");
                Sli::Latency(percentile, self.times())
            }
            _ => {
                let query = self.text("query").unwrap_or_default().to_owned();
                Sli::Query(query, self.reduce())
            }
        }
    }

    fn compare(&mut self) -> Compare {
        let sli = self.sli();
        let ratio = self.fields.get("ratio").map(|ratio| Limits {
            min: ratio["min"].as_f64(),
            max: ratio["max"].as_f64(),
        });
        let difference = self.fields.get("difference").cloned().map(|difference| {
            let at = self.at.key("difference");
            let mut limit = |key: &str| self.absolute(difference.get(key)?, &sli, at.key(key));
            Limits {
                min: limit("min"),
                max: limit("max"),
            }
        });
        for (limits, key) in [(ratio, "ratio"), (difference, "difference")] {
            if let Some(limits) = limits {
                self.check_order(limits, &self.at.key(key).key("min"));
            }
        }
        let ignore_below = self.fields.get("ignoreBelow").cloned();
        let ignore_below =
            ignore_below.and_then(|value| self.absolute(&value, &sli, self.at.key("ignoreBelow")));
        Compare {
            sli,
            ratio,
            difference,
            ignore_below,
        }
    }

    fn check_order(&mut self, limits: Limits, at: &Route) {
        if let Limits {
            min: Some(min),
            max: Some(max),
        } = limits
            && min > max
        {
            self.complain(
                Code::GP504,
                at.clone(),
                format!("nothing is at least {min} and at most {max}"),
                "make `min` the smaller one",
            );
        }
    }

    /// An amount in the unit of what is measured.
    fn absolute(&mut self, value: &Value, sli: &Sli, at: Route) -> Option<f64> {
        let found = amount(value)?;
        match (sli, found) {
            (Sli::Availability(_) | Sli::ErrorRate(_), Amount::Points(points)) => {
                self.check_points(points, value, at);
                Some(points / 100.0)
            }
            (Sli::Latency(..), Amount::Seconds(seconds)) => Some(seconds),
            (Sli::Query(..), Amount::Number(number) | Amount::Seconds(number)) => Some(number),
            _ => {
                self.wrong_unit(value, sli, at);
                None
            }
        }
    }

    fn check_points(&mut self, points: f64, value: &Value, at: Route) {
        if !(-100.0..=100.0).contains(&points) {
            self.complain(
                Code::GP504,
                at,
                format!("two shares differ by at most 100 points, so {value} is no limit"),
                "write points such as `0.2pp`",
            );
        }
    }

    fn wrong_unit(&mut self, value: &Value, sli: &Sli, at: Route) {
        let (what, help) = match sli {
            Sli::Availability(_) | Sli::ErrorRate(_) => {
                ("a share", "write percentage points, such as `0.2pp`")
            }
            Sli::Latency(..) => ("a time", "write a time, such as `20ms`"),
            Sli::Query(..) => ("a number", "write a number in the query's unit"),
        };
        self.complain(
            Code::GP504,
            at,
            format!("{value} is no amount of what is measured here, which is {what}"),
            help,
        );
    }

    fn margin(&mut self, sli: &Sli) -> Margin {
        let default = Value::from("5%");
        let value = self.fields.get("margin").unwrap_or(&default).clone();
        let at = self.at.key("margin");
        let margin = match amount(&value) {
            Some(Amount::Relative(percent)) => Margin::Relative(percent / 100.0),
            _ => Margin::Absolute(self.absolute(&value, sli, at.clone()).unwrap_or_default()),
        };
        let (Margin::Absolute(size) | Margin::Relative(size)) = margin;
        if size < 0.0 {
            self.complain(
                Code::GP504,
                at,
                format!("the margin {value} is below zero"),
                "say how much worse is accepted; `0pp` accepts nothing",
            );
        }
        margin
    }

    fn confidence(&self, shared: Option<&str>, default: f64) -> f64 {
        self.text("confidence")
            .or(shared)
            .and_then(level)
            .unwrap_or(default)
    }

    fn ranks(&mut self, confidence: Option<&str>) -> Ranks {
        let sli = self.sli();
        Ranks {
            margin: self.margin(&sli),
            sli,
            confidence: self.confidence(confidence, 0.99),
            step: self.step(),
            direction: match self.text("direction") {
                Some("decrease") => Direction::Decrease,
                Some("either") => Direction::Either,
                _ => Direction::Increase,
            },
            paired: self.fields["paired"].as_bool().unwrap_or(true),
            min_points: self.fields["minPoints"].as_u64().unwrap_or(20),
        }
    }

    fn burn_rate(&mut self) -> BurnRate {
        let period = self.span("period").unwrap_or_default();
        let given = self.fields["windows"].as_array().cloned();
        let pairs = given.map_or_else(
            || default_pairs(period),
            |windows| {
                let at = self.at.key("windows");
                let items = windows.iter().enumerate();
                items
                    .filter_map(|(index, window)| self.pair(window, period, &at.index(index)))
                    .collect()
            },
        );
        BurnRate {
            objective: self.share("objective"),
            period,
            pairs,
            budget_share: self
                .fields
                .get("budgetShare")
                .is_some()
                .then(|| self.share("budgetShare")),
            requests: self.requests(),
        }
    }

    fn pair(&mut self, window: &Value, period: PromDuration, at: &Route) -> Option<BurnPair> {
        let span = |key: &str| window[key].as_str()?.parse::<PromDuration>().ok();
        let (Some(long), Some(short)) = (span("long"), span("short")) else {
            self.complain(
                Code::GP006,
                at.clone(),
                "the windows are too long a time".to_owned(),
                "write shorter ones",
            );
            return None;
        };
        if short >= long {
            self.complain(
                Code::GP504,
                at.key("short"),
                format!("the short window of {short} is not shorter than the long one of {long}"),
                "a twelfth of the long window is usual",
            );
        }
        let factor = window["factor"].as_f64().or_else(|| {
            let share = Share::percent(window["budgetFraction"].as_str()?)?;
            Some(factor(share.as_f64(), period, long))
        })?;
        Some(BurnPair {
            long,
            short,
            factor,
        })
    }

    fn drift(&mut self) -> Drift {
        let measure = match self.text("measure") {
            Some("ks") => Measure::Ks,
            Some("jsDistance") => Measure::JsDistance,
            _ => Measure::Psi,
        };
        let default = if measure == Measure::Psi { 0.2 } else { 0.1 };
        let max = self.fields["max"].as_f64().unwrap_or(default);
        if measure != Measure::Psi && max >= 1.0 {
            self.complain(
                Code::GP504,
                self.at.key("max"),
                format!("no two distributions are further apart than 1, so a limit of {max} holds nothing"),
                "0.1 is usual",
            );
        }
        Drift {
            metric: self.text("metric").unwrap_or_default().to_owned(),
            categories: self.text("categories").map(ToOwned::to_owned),
            reference: self.text("reference").map(ToOwned::to_owned),
            measure,
            max,
        }
    }
}

/// Google's pairs: 2 % of the budget in 1 h, 5 % in 6 h, 10 % in a day, 10 % in three.
fn default_pairs(period: PromDuration) -> Vec<BurnPair> {
    const HOUR: u64 = 3_600;
    let pairs = [
        (0.02, HOUR, 300),
        (0.05, 6 * HOUR, 1_800),
        (0.1, 24 * HOUR, 2 * HOUR),
        (0.1, 72 * HOUR, 6 * HOUR),
    ];
    pairs
        .into_iter()
        .map(|(fraction, long, short)| {
            let long = PromDuration::from_seconds(long);
            BurnPair {
                long,
                short: PromDuration::from_seconds(short),
                factor: factor(fraction, period, long),
            }
        })
        .collect()
}

/// The rate that uses up a share of the period's budget within the long window; products of decimals, so rounded as decimals.
fn factor(budget_fraction: f64, period: PromDuration, long: PromDuration) -> f64 {
    let factor = budget_fraction * period.as_seconds() / long.as_seconds();
    (factor * 1e9).round() / 1e9
}

/// Envoy's failures: 5xx, no response, and gRPC's Unknown, DeadlineExceeded, Unimplemented, Internal, Unavailable, DataLoss.
fn default_bad() -> Vec<BadResponse> {
    let grpc = [2, 4, 12, 13, 14, 15];
    [BadResponse::Class(5), BadResponse::Status(0)]
        .into_iter()
        .chain(grpc.map(BadResponse::Grpc))
        .collect()
}

fn response(value: &Value) -> Option<BadResponse> {
    let text = match value {
        Value::String(text) => text.clone(),
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_)) => other.to_string(),
    };
    if let Some(status) = text.strip_prefix("grpc:") {
        return status.parse().ok().map(BadResponse::Grpc);
    }
    if let Some(class) = text.strip_suffix("xx") {
        return class.parse().ok().map(BadResponse::Class);
    }
    text.parse().ok().map(BadResponse::Status)
}

/// `95%` as 0.95.
fn level(text: &str) -> Option<f64> {
    Share::percent(text).map(Share::as_f64)
}

fn amount(value: &Value) -> Option<Amount> {
    let Value::String(text) = value else {
        return value.as_f64().map(Amount::Number);
    };
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.'));
    let number: f64 = text[..text.len() - unit.len()].parse().ok()?;
    Some(match unit {
        "pp" => Amount::Points(number),
        "%" => Amount::Relative(number),
        "ms" => Amount::Seconds(number / 1_000.0),
        "s" => Amount::Seconds(number),
        "m" => Amount::Seconds(number * 60.0),
        _ => Amount::Number(number),
    })
}
