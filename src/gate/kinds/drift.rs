//! How far the distribution of what the model answers has moved.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::gate::answer::{Fault, read_number};
use crate::gate::query::{Query, Target, When};
use crate::gate::stats::{
    Histogram, homogeneity, js_distance, ks, ks_noise, psi, psi_floored, psi_least_samples,
    psi_noise, used_bins,
};
use crate::gate::verdict::Verdict;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::{Drift, Measure};

use super::{Answers, Context, Gauge, Judgement, Kind, Numbers, amount, at_most};

/// The fewest bins that a distribution can be told by.
const LEAST_BINS: usize = 3;

impl Kind for Drift {
    fn questions(&self, context: &Context<'_>) -> Vec<Query> {
        let seconds = context.window.length().seconds();
        let of = |side: &Target| {
            let (metric, pods) = (&self.metric, side.pods());
            let (by, series) = match &self.categories {
                Some(label) => (label.as_str(), format!("{metric}{{{pods}}}")),
                None => ("le", format!("{metric}_bucket{{{pods}}}")),
            };
            let promql = format!("sum by ({by}) (increase({series}[{seconds}s]))");
            side.ask("distribution", promql, When::At(context.window.end))
        };
        let mut queries = vec![of(context.candidate)];
        if self.reference.is_none() {
            queries.push(of(context.stable));
        }
        queries
    }

    fn judge(&self, context: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault> {
        let limit = self.limit();
        let sides = match &self.categories {
            Some(label) => categories(self, label, context, answers)?,
            None => match histograms(self, context, answers)? {
                Some(sides) => sides,
                None => {
                    return Ok(Judgement::no_data("a side has no observations").limit(limit));
                }
            },
        };
        let (c, r) = (&sides.candidate, &sides.reference);
        let (c_all, r_all): (f64, f64) = (c.iter().sum(), r.iter().sum());
        if c_all <= 0.0 || r_all <= 0.0 {
            return Ok(Judgement::no_data("a side has no observations").limit(limit));
        }
        let evidence = format!(
            "{} against {}",
            words::count(words::rounded(c_all), "observation"),
            words::whole(words::rounded(r_all))
        );
        if c.len() < LEAST_BINS && self.categories.is_none() {
            return Ok(Judgement::new(
                Verdict::Inconclusive,
                "bucket layouts differ: fewer than three bounds are gate",
            )
            .limit(limit)
            .evidence(evidence));
        }
        let measured = Measured::of(self, c, r);
        let least = context.gate.least_samples();
        let (verdict, why) = decide(self, context.gate, &measured);
        let chi = homogeneity(c, r);
        let mut judged = Judgement::new(verdict, why)
            .value(format!(
                "{} {}",
                name(self.measure),
                words::number(measured.distance)
            ))
            .limit(limit)
            .evidence(evidence)
            .numbers([
                ("distance", measured.distance),
                ("noise", measured.noise),
                ("candidate", c_all),
                ("reference", r_all),
                ("minSamples", least as f64),
                ("bins", measured.bins as f64),
            ]);
        judged = match self.measure {
            Measure::Psi => judged.numbers([("psiFloored", psi_floored(c, r))]),
            Measure::Ks => judged.numbers([("p", ks(c, r).1)]),
            Measure::JsDistance => judged,
        };
        if self.categories.is_some() {
            judged = judged.numbers([
                ("chiSquared", chi.chi_squared),
                ("dof", chi.dof as f64),
                ("p", chi.p),
                ("cramersV", chi.cramers_v),
            ]);
        }
        let new = (!sides.new.is_empty())
            .then(|| format!("only the candidate has `{}`", sides.new.join("`, `")));
        let differ = sides
            .differ
            .then(|| "the sides have different buckets; the gate bounds were compared".to_owned());
        Ok(judged.note(new).note(differ))
    }

    fn meaning(&self, gate: &Gate) -> Vec<String> {
        vec![
            format!(
                "pass: {} is at most {}; fail: it is more; the noise floor above the limit is inconclusive",
                name(self.measure),
                words::number(self.max)
            ),
            format!(
                "with fewer than {} it is inconclusive; with a histogram, the bounds that both sides have are compared",
                words::count(gate.least_samples(), "observation")
            ),
        ]
    }

    fn gauge(&self, numbers: &Numbers) -> Option<Gauge> {
        Some(Gauge::at_most(numbers.get("distance")?, self.max))
    }

    fn limit(&self) -> String {
        format!("{} ≤ {}", name(self.measure), words::number(self.max))
    }

    fn need(&self, _: &Gate, _: Option<f64>) -> Option<(u64, &'static str)> {
        None
    }
}

/// Two distributions over the same bins.
struct Sides {
    candidate: Vec<f64>,
    reference: Vec<f64>,
    /// Categories that only the candidate has.
    new: Vec<String>,
    /// Whether the sides' bins were not the same.
    differ: bool,
}

/// A distance, and what it would be by chance.
struct Measured {
    distance: f64,
    noise: f64,
    bins: usize,
    candidate: f64,
    reference: f64,
}

impl Measured {
    fn of(gate: &Drift, c: &[f64], r: &[f64]) -> Self {
        let (c_all, r_all): (f64, f64) = (c.iter().sum(), r.iter().sum());
        let bins = used_bins(c, r).len();
        let (distance, noise) = match gate.measure {
            Measure::Psi => (psi(c, r), psi_noise(bins, c_all, r_all)),
            Measure::Ks => (ks(c, r).0, ks_noise(c_all, r_all)),
            Measure::JsDistance => (js_distance(c, r), 0.0),
        };
        Self {
            distance,
            noise,
            bins,
            candidate: c_all,
            reference: r_all,
        }
    }
}

fn decide(gate: &Drift, common: &Gate, measured: &Measured) -> (Verdict, String) {
    let least = common.least_samples();
    let by_noise = match gate.measure {
        Measure::Psi if measured.bins > 1 => {
            psi_least_samples(measured.bins, gate.max, measured.reference)
        }
        Measure::Psi | Measure::Ks | Measure::JsDistance => None,
    };
    // A limit that is set by hand stands; the default rises to what the noise needs.
    let least = match (common.min_samples, by_noise) {
        (None, Some(needed)) => least.max(needed),
        _ => least,
    };
    if measured.candidate + 0.5 < least as f64 {
        return (
            Verdict::Inconclusive,
            format!("too few observations: {} are needed", words::whole(least)),
        );
    }
    if measured.noise > gate.max {
        return (
            Verdict::Inconclusive,
            format!(
                "the noise floor, {}, is above the limit: more observations are needed",
                words::number(measured.noise)
            ),
        );
    }
    if at_most(measured.distance, gate.max) {
        (
            Verdict::Pass,
            "the distribution has not moved further than allowed".to_owned(),
        )
    } else {
        (
            Verdict::Fail,
            "the distribution has moved; a better model moves it too: then set `onDrift: advisory`"
                .to_owned(),
        )
    }
}

/// The common buckets of both sides; `None` where a side has none.
fn histograms(
    gate: &Drift,
    context: &Context<'_>,
    answers: &Answers,
) -> Result<Option<Sides>, Fault> {
    let candidate = answers.histogram("distribution")?;
    let reference = match &gate.reference {
        None => answers.histogram(&format!("{}distribution", context.stable.prefix))?,
        Some(path) => {
            let counts = recorded(context.references, path)?;
            let mut bins = Vec::new();
            for (bound, count) in counts {
                let bound = read_number(&bound).ok_or_else(|| {
                    Fault::Question(format!("`{path}` has a bound `{bound}` that is no number"))
                })?;
                bins.push((bound, count));
            }
            bins.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut sum = 0.0;
            let cumulative = bins.into_iter().map(|(bound, count)| {
                sum += count;
                (bound, sum)
            });
            let whole = Histogram::new(cumulative.collect::<Vec<_>>());
            Some(whole.map_err(|_| Fault::Question(format!("`{path}` has no bucket `+Inf`")))?)
        }
    };
    let (Some(candidate), Some(reference)) = (candidate, reference) else {
        return Ok(None);
    };
    let common = candidate.common_bounds(&reference);
    let differ =
        common.len() != candidate.bounds().len() || common.len() != reference.bounds().len();
    Ok(Some(Sides {
        candidate: candidate.at(&common).counts(),
        reference: reference.at(&common).counts(),
        new: Vec::new(),
        differ,
    }))
}

fn categories(
    gate: &Drift,
    label: &str,
    context: &Context<'_>,
    answers: &Answers,
) -> Result<Sides, Fault> {
    let counts = |name: &str| -> Result<BTreeMap<String, f64>, Fault> {
        let series = answers.vector(name)?;
        if !series.is_empty() && series.iter().all(|one| one.label(label).is_empty()) {
            return Err(Fault::Question(format!(
                "no series of `{name}` has the label `{label}`"
            )));
        }
        let mut found = BTreeMap::new();
        for one in series {
            let count = one.points.first().map_or(0.0, |(_, value)| *value);
            if amount(name, count)? > 0.0 {
                found.insert(one.label(label).to_owned(), count);
            }
        }
        Ok(found)
    };
    let candidate = counts("distribution")?;
    let reference = match &gate.reference {
        Some(path) => recorded(context.references, path)?,
        None => counts(&format!("{}distribution", context.stable.prefix))?,
    };
    let keys: std::collections::BTreeSet<&String> =
        candidate.keys().chain(reference.keys()).collect();
    let of = |side: &BTreeMap<String, f64>| {
        keys.iter()
            .map(|key| side.get(*key).copied().unwrap_or(0.0))
            .collect()
    };
    Ok(Sides {
        candidate: of(&candidate),
        reference: of(&reference),
        new: candidate
            .keys()
            .filter(|key| !reference.contains_key(*key))
            .cloned()
            .collect(),
        differ: false,
    })
}

/// Recorded counts: a JSON object `{"counts": {"0.1": 120, …, "+Inf": 3}}`, each bucket's own count by its upper bound, or
/// by category; other keys say where they come from.
fn recorded(
    references: &BTreeMap<String, String>,
    path: &str,
) -> Result<BTreeMap<String, f64>, Fault> {
    let wrong = |why: &str| Fault::Question(format!("`{path}` {why}"));
    let text = references
        .get(path)
        .ok_or_else(|| wrong("could not be read"))?;
    let body: Value = serde_json::from_str(text).map_err(|_| wrong("is no JSON"))?;
    let counts = body["counts"]
        .as_object()
        .ok_or_else(|| wrong("has no object `counts`"))?;
    counts
        .iter()
        .map(|(key, count)| {
            let count = count.as_f64().filter(|count| *count >= 0.0);
            let count = count.ok_or_else(|| wrong("has a count that is no number"))?;
            Ok((key.clone(), count))
        })
        .collect()
}

fn name(measure: Measure) -> &'static str {
    match measure {
        Measure::Psi => "psi",
        Measure::Ks => "ks",
        Measure::JsDistance => "jsDistance",
    }
}
