//! How a step splits the weighted requests.

use std::collections::BTreeMap;

use crate::diag::words::and_list;
use crate::diag::{Code, Diagnostic, Place, Route};
use crate::plan::{ModelId, Split};
use crate::units::{HUNDRED, Percent};

use super::step::StepReader;

impl StepReader<'_, '_> {
    pub(super) fn percent(&mut self, value: f64, at: Route, what: &str) -> Option<Percent> {
        Percent::parse(value)
            .map_err(|allowed| {
                let text = format!("the {what} {value} is no percentage; {allowed}");
                self.report
                    .push(Diagnostic::new(Code::GP201, Place::value(at), text));
            })
            .ok()
    }

    pub(super) fn split(&mut self) -> Option<Split> {
        let step = self.step;
        if let (Some(_), Some(_)) = (step.weight, &step.weights) {
            self.report.push(
                Diagnostic::new(
                    Code::GP201,
                    Place::key(self.at.key("weight")),
                    "`weight` beside `weights`: one of them is allowed",
                )
                .label(Place::key(self.at.key("weights")), "the other one"),
            );
            return None;
        }
        if let Some(weights) = &step.weights {
            return self.split_of(weights, &self.at.key("weights"));
        }
        let weight = self.percent(step.weight?, self.at.key("weight"), "weight")?;
        let stable = self.stable?;
        let others: Vec<usize> = (0..self.names.model_names().len())
            .filter(|index| *index != stable.0)
            .collect();
        let [candidate] = others[..] else {
            let names: Vec<&str> = others
                .iter()
                .map(|index| self.names.model_names()[*index])
                .collect();
            let text = if names.is_empty() {
                "`weight` needs a model beside `stable`, and there is none".to_owned()
            } else {
                format!(
                    "`weight` does not say which model it means: {} are not stable",
                    and_list(&names)
                )
            };
            let help = names
                .first()
                .map(|name| format!("write `weights: {{{name}: {weight}}}`"));
            self.report.push(
                Diagnostic::new(Code::GP201, Place::key(self.at.key("weight")), text)
                    .maybe_help(help),
            );
            return None;
        };
        Split::with_rest(&BTreeMap::from([(ModelId(candidate), weight)]), stable)
    }

    /// A whole split: what it leaves goes to stable, unless it names stable itself.
    pub(super) fn split_of(
        &mut self,
        weights: &BTreeMap<String, f64>,
        at: &Route,
    ) -> Option<Split> {
        let shares: Vec<_> = weights
            .iter()
            .map(|(name, value)| {
                let model = self.names.model_key(name, &at.key(name), self.report);
                let share = self.percent(*value, at.key(name), "weight");
                Some((model?, share?))
            })
            .collect();
        let shares: BTreeMap<ModelId, Percent> = shares.into_iter().collect::<Option<_>>()?;
        let sum: u32 = shares.values().map(|share| share.hundredths()).sum();
        let shown = f64::from(sum) / 100.0;
        if sum > HUNDRED.hundredths() {
            self.report.push(Diagnostic::new(
                Code::GP201,
                Place::key(at.clone()),
                format!("the weights sum to {shown}, and 100 is allowed"),
            ));
            return None;
        }
        let stable = self.stable?;
        if shares.contains_key(&stable) && sum != HUNDRED.hundredths() {
            let stable = self.names.model_names()[stable.0];
            self.report.push(
                Diagnostic::new(
                    Code::GP201,
                    Place::key(at.clone()),
                    format!("the weights name the stable model `{stable}` and sum to {shown}, where they must sum to 100"),
                )
                .help(format!("leave `{stable}` out, and it gets what the others leave")),
            );
            return None;
        }
        Split::with_rest(&shares, stable)
    }
}
