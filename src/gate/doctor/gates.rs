//! What one gate asks beyond the requests: histograms, distributions, queries of the team's.

use crate::gate::answer::{Fault, Series, read_number};
use crate::gate::query::Target;
use crate::gate::telemetry;
use crate::gate::words;
use crate::plan::Gate;
use crate::plan::gates::{CountedBy, Times};

use super::{BACK, Doctor, Level};

impl Doctor<'_> {
    /// What one gate needs beyond the requests.
    pub(super) fn of_gate(&mut self, target: &Target, gate: &Gate) -> Result<(), Fault> {
        let facts = gate.kind.facts();
        if let Some(times) = facts.times() {
            self.buckets(target, gate, times)?;
        }
        if let Some(metric) = facts.exported() {
            let selector = format!("{metric}{{{}}}", target.pods());
            self.exported(target, gate, &metric, &selector)?;
        }
        if let Some(requests) = facts.requests()
            && requests.by == CountedBy::Server
        {
            let selector = telemetry::steady_requests(target, requests);
            let metric = selector.split('{').next().unwrap_or_default();
            self.exported(target, gate, metric, &selector)?;
        }
        if let Some(template) = facts.template() {
            let found = self.value(&target.source, target.fill(template, BACK))?;
            self.answer(target, gate, &found);
        }
        Ok(())
    }

    /// Whether the pods export a metric.
    fn exported(
        &mut self,
        target: &Target,
        gate: &Gate,
        metric: &str,
        selector: &str,
    ) -> Result<(), Fault> {
        let promql = format!("count(last_over_time({selector}[{}s]))", BACK.seconds());
        if self.value(&target.source, promql)?.is_empty() {
            self.say(
                Level::Missing,
                &gate.name,
                format!("the pods of `{}` export no `{metric}`", target.subset),
                "export it from the model, and scrape the pods",
            );
        } else {
            let said = format!("the pods of `{}` export `{metric}`", target.subset);
            self.say(Level::Good, &gate.name, said, "");
        }
        Ok(())
    }

    /// What a query of the team's returns.
    fn answer(&mut self, target: &Target, gate: &Gate, found: &[Series]) {
        match found.len() {
            0 => self.say(
                Level::Missing,
                &gate.name,
                format!("its query returns nothing for `{}`", target.subset),
                "`glidepath gate --explain` prints the query to try",
            ),
            n if n > 1 && !gate.kind.facts().reduces() => self.say(
                Level::Missing,
                &gate.name,
                format!(
                    "its query returns {n} series for `{}`, and not one",
                    target.subset
                ),
                "aggregate them in the query, such as by `max(…)`, or set `reduce`",
            ),
            _ => {
                let said = format!("its query returns a value for `{}`", target.subset);
                self.say(Level::Good, &gate.name, said, "");
            }
        }
    }

    /// The bounds of the histogram against the limit.
    fn buckets(&mut self, target: &Target, gate: &Gate, times: &Times) -> Result<(), Fault> {
        let (selector, unit) = telemetry::times(target, times);
        let found = self.value(
            &target.source,
            format!(
                "count by (le) (last_over_time({selector}[{}s]))",
                BACK.seconds()
            ),
        )?;
        if found.is_empty() {
            self.say(
                Level::Missing,
                &gate.name,
                format!(
                    "there are no buckets of response times of `{}`",
                    target.subset
                ),
                "check that successful requests reach it, and that the histogram is scraped",
            );
            return Ok(());
        }
        let Some(max) = gate.kind.facts().time_limit() else {
            let said = format!("response times of `{}` are measured", target.subset);
            self.say(Level::Good, &gate.name, said, "");
            return Ok(());
        };
        let mut bounds: Vec<f64> = found
            .iter()
            .filter_map(|one| read_number(one.label("le")))
            .filter(|bound| bound.is_finite())
            .map(|bound| bound * unit)
            .collect();
        bounds.sort_by(f64::total_cmp);
        let limit = max.as_seconds();
        if bounds
            .iter()
            .any(|bound| (bound - limit).abs() <= limit * 1e-9)
        {
            let said = format!("{max} is a bound of the histogram");
            self.say(Level::Good, &gate.name, said, "");
            return Ok(());
        }
        if let Some(last) = bounds.last().filter(|last| **last < limit) {
            self.say(
                Level::Missing,
                &gate.name,
                format!(
                    "{} is above the histogram's last bound, {}: slower requests are within no limit, whatever their time",
                    max,
                    words::time(*last)
                ),
                &format!("set `max: {}ms` or less", words::number(last * 1_000.0)),
            );
            return Ok(());
        }
        let at = bounds.partition_point(|bound| *bound < limit);
        let near: Vec<String> = [at.checked_sub(1), Some(at)]
            .into_iter()
            .flatten()
            .filter_map(|at| bounds.get(at))
            .map(|bound| words::time(*bound))
            .collect();
        self.say(
            Level::Doubtful,
            &gate.name,
            format!("{max} is no bound of the histogram, so the share within it is interpolated"),
            &format!("use {}", near.join(" or ")),
        );
        Ok(())
    }
}
