//! How fast the candidate's own requests burn the error budget.

use crate::gate::answer::Fault;
use crate::gate::chances::Traffic;
use crate::gate::query::{Query, Target, When};
use crate::gate::requests;
use crate::gate::stats::{Burn, Operating, Window as Burnt, burns, operating_burn};
use crate::gate::tally::Tally;
use crate::gate::verdict::Verdict;
use crate::gate::window::Window;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::{BurnPair, BurnRate};
use crate::units::{Duration, PromDuration, Timestamp};

use super::{Answers, Context, Judgement, Kind, Moment, early};

impl Kind for BurnRate {
    fn questions(&self, context: &Context<'_>) -> Vec<Query> {
        let (target, exact) = (context.candidate, self.requests.exact);
        let windows = windows(self, context);
        let asked = if exact {
            &windows[..windows.len().min(1)]
        } else {
            &windows[..]
        };
        let mut queries: Vec<Query> = asked
            .iter()
            .flat_map(|window| {
                requests::questions(target, &self.requests, *window)
                    .into_iter()
                    .map(|query| named(target, *window, exact, query))
            })
            .collect();
        if let (Some(_), Some(reporter)) = (self.budget_share, self.requests.reporter()) {
            let period = self.period.seconds();
            let promql = target.telemetry.service_requests(target, reporter, period);
            queries.push(target.ask("service requests", promql, When::At(context.window.end)));
        }
        queries
    }

    fn judge(&self, context: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault> {
        let pairs = pairs(self, context);
        let budget = self.objective.rest().as_f64();
        let limit = limit_of(self, &pairs);
        if pairs.is_empty() && self.budget_share.is_none() {
            let shortest = self.pairs.iter().map(|pair| pair.long).min();
            let why = format!(
                "the window is shorter than the shortest long window, {}",
                shortest.unwrap_or_default()
            );
            return Ok(Judgement::new(Verdict::Inconclusive, why).limit(limit));
        }
        let mut worst = Judgement::new(Verdict::Pass, "no pair of windows burns too fast");
        let mut burning = 0.0_f64;
        let (mut most, mut longest) = ((0, 0), None);
        for pair in &pairs {
            let side = |span| count(self, context.candidate, answers, last(context.window, span));
            let (long, short) = (side(pair.long)?.whole(), side(pair.short)?.whole());
            let rate = |(bad, total): (u64, u64)| bad as f64 / total.max(1) as f64 / budget;
            let burnt = |(bad, total): (u64, u64)| Burnt { bad, total };
            burning = burning.max(rate(long).min(rate(short)));
            if long.1 >= most.1 {
                (most, longest) = (long, Some(pair.long));
            }
            let rates = format!(
                "{} over {} and {} over {}",
                words::number(rate(long)),
                pair.long,
                words::number(rate(short)),
                pair.short
            );
            let found = match burns(burnt(long), burnt(short), pair.factor, budget) {
                Burn::TooFast => Judgement::new(
                    Verdict::Fail,
                    format!(
                        "the budget burns at {rates}, above {}",
                        words::number(pair.factor)
                    ),
                ),
                Burn::Bearable => continue,
                Burn::TooFew if long.1 == 0 => {
                    Judgement::no_data("no request reached the candidate")
                }
                Burn::TooFew => Judgement::new(
                    Verdict::Inconclusive,
                    format!(
                        "{} over {} and {} over {} cannot tell",
                        words::count(long.1, "request"),
                        pair.long,
                        words::count(short.1, "request"),
                        pair.short
                    ),
                ),
            };
            if found.verdict > worst.verdict {
                worst = found;
            }
        }
        let mut numbers = vec![
            ("bad", most.0 as f64),
            ("total", most.1 as f64),
            ("burn", burning),
        ];
        if let Some(share) = self.budget_share {
            let (bad, _) = count(self, context.candidate, answers, context.window)?.whole();
            match answers.sum("service requests")? {
                None => {
                    if worst.verdict == Verdict::Pass {
                        worst = Judgement::no_data("the service got no request in the period");
                    }
                }
                Some(total) => {
                    let allowed = share.as_f64() * budget * total;
                    numbers.extend([("windowBad", bad as f64), ("allowedBad", allowed)]);
                    if bad as f64 > allowed * (1.0 + 1e-9) {
                        worst = Judgement::new(
                            Verdict::Fail,
                            format!(
                                "{} use up more than {share} of the service's budget, {}",
                                words::count(bad, "failure"),
                                words::number(allowed)
                            ),
                        );
                    }
                }
            }
        }
        let evidence = format!(
            "{} bad of {}{}",
            words::whole(most.0),
            words::count(most.1, "request"),
            longest.map_or(String::new(), |long| format!(" in {long}"))
        );
        self.not_by_chance(context, answers, &mut worst, &mut numbers)?;
        Ok(worst
            .value(format!("burn {}", words::number(burning)))
            .limit(limit)
            .evidence(evidence)
            .numbers(numbers))
    }

    fn meaning(&self, _: &Gate) -> Vec<String> {
        let mut lines = vec![
        format!(
            "fail: both windows of a pair burn faster than its factor ({}); exactly at it is not faster; pass: none does",
            shown(&self.pairs).join(", ")
        ),
        "a pair whose long window is longer than the stage so far is left out; too few requests are inconclusive".to_owned(),
    ];
        lines.extend(self.budget_share.map(|share| {
        format!(
            "fail, too: the candidate's failures in the whole window are more than {share} of what {} allows the service in {}",
            self.objective, self.period
        )
    }));
        lines
    }

    fn limit(&self) -> String {
        limit_of(self, &self.pairs)
    }

    fn operating(&self, _: &Gate, traffic: Traffic) -> Option<Operating> {
        let per_second = traffic.candidate / traffic.seconds;
        let fitting = self
            .pairs
            .iter()
            .filter(|pair| pair.long.as_seconds() <= traffic.seconds);
        let pair = fitting.max_by(|a, b| a.factor.total_cmp(&b.factor))?;
        let requests = |span: PromDuration| span.as_seconds() * per_second;
        let budget = self.objective.rest().as_f64();
        Some(operating_burn(
            requests(pair.long),
            requests(pair.short),
            pair.factor,
            budget,
        ))
    }

    /// With exact counts all windows are read from one answer.
    fn cuts(&self, context: &Context<'_>) -> Vec<Timestamp> {
        let windows = windows(self, context);
        windows.iter().map(|window| window.start).collect()
    }

    fn need(&self, _: &Gate, _: Option<f64>) -> Option<(u64, &'static str)> {
        None
    }

    fn early(&self, gate: &Gate) -> String {
        format!(
            "it fails before its time only where a pair burns too fast; {}",
            early::meaning(gate)
        )
    }
}

impl BurnRate {
    /// Lets a failure before the end stand only where the budget is surely missed: the same factor is held against it again and
    /// again, so chance would exceed it some day.
    fn not_by_chance(
        &self,
        context: &Context<'_>,
        answers: &Answers,
        worst: &mut Judgement,
        numbers: &mut Vec<(&'static str, f64)>,
    ) -> Result<(), Fault> {
        let Moment::Early { chance } = context.moment else {
            return Ok(());
        };
        if worst.verdict == Verdict::Fail {
            let tally = count(self, context.candidate, answers, context.window)?;
            let early = early::judge(context.gate, chance, &tally, self.objective.rest().as_f64());
            worst.verdict = early.verdict;
            numbers.extend(early.numbers);
        }
        Ok(())
    }
}

/// The pairs whose long window fits into what there is so far.
fn pairs(gate: &BurnRate, context: &Context<'_>) -> Vec<BurnPair> {
    let so_far = PromDuration::from(context.window.length());
    let fitting = gate.pairs.iter().filter(|pair| pair.long <= so_far);
    fitting.copied().collect()
}

/// The last `span` of the window.
fn last(window: Window, span: PromDuration) -> Window {
    Window {
        start: window.end.minus(Duration::from_seconds(span.seconds())),
        end: window.end,
    }
}

/// The windows that must be counted.
fn windows(gate: &BurnRate, context: &Context<'_>) -> Vec<Window> {
    let mut found: Vec<Window> = pairs(gate, context)
        .iter()
        .flat_map(|pair| [pair.long, pair.short])
        .map(|span| last(context.window, span))
        .collect();
    if gate.budget_share.is_some() || context.moment.is_early() {
        found.push(context.window);
    }
    found.sort_by_key(|window| window.start);
    found.dedup();
    found
}

/// The target whose questions are about one of the windows, where counts are estimated.
fn named(target: &Target, window: Window, exact: bool, query: Query) -> Query {
    if exact {
        return query;
    }
    Query {
        name: format!(
            "{} of {}",
            query.name.trim_start_matches(target.prefix),
            window.length()
        ),
        ..query
    }
}

fn count(
    gate: &BurnRate,
    target: &Target,
    answers: &Answers,
    window: Window,
) -> Result<Tally, Fault> {
    if gate.requests.exact {
        return requests::count_samples(answers, target, &gate.requests, window);
    }
    let value = |name: &str| answers.sum(&format!("{name} of {}", window.length()));
    let total = value("requests")?.unwrap_or(0.0);
    let good = value("good requests")?.unwrap_or(0.0);
    let (bad, total) = crate::gate::stats::estimated(total - good, total);
    Ok(Tally::of_sums(bad as f64, total as f64))
}

/// What is asked for of some pairs of windows, and of the service's budget.
fn limit_of(gate: &BurnRate, pairs: &[BurnPair]) -> String {
    let mut items = shown(pairs);
    let share = gate.budget_share;
    items.extend(share.map(|share| format!("≤ {share} of the service's budget")));
    items.join(", ")
}

fn shown(pairs: &[BurnPair]) -> Vec<String> {
    let items = pairs.iter().map(|pair| {
        format!(
            "≤ {} over {}/{}",
            words::number(pair.factor),
            pair.long,
            pair.short
        )
    });
    items.collect()
}
