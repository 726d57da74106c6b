//! Values of a gate's fields; what the schema could not see is a complaint.

use std::fmt::Display;

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::gates::{Limits, Margin};
use crate::spec::gate::{Amount, AmountUnit};
use crate::units::{PromDuration, Share};

/// What is measured, as far as limits on it go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    /// A share, whose limits are percentage points.
    Share,
    /// A time, whose limits are times.
    Time,
    /// A query's value, whose limits are in its own unit.
    Value,
}

/// Reads the fields below one place. A value that is `None` where one was written has been complained about.
pub(super) struct Reader<'a> {
    at: Route,
    report: &'a mut Report,
}

impl<'a> Reader<'a> {
    pub(super) fn new(at: Route, report: &'a mut Report) -> Self {
        Self { at, report }
    }

    /// A reader of the fields below one of these.
    pub(super) fn below(&mut self, key: &str) -> Reader<'_> {
        Reader::new(self.at.key(key), self.report)
    }

    /// A reader of the fields of one item.
    pub(super) fn item(&mut self, index: usize) -> Reader<'_> {
        Reader::new(self.at.index(index), self.report)
    }

    /// A complaint about a field.
    pub(super) fn complain(&mut self, code: Code, key: &str, message: String, help: &str) {
        let place = Place::value(self.at.key(key));
        self.report
            .push(Diagnostic::new(code, place, message).help(help));
    }

    /// A complaint about all of the fields together.
    pub(super) fn complain_here(&mut self, code: Code, message: &str, help: &str) {
        let place = Place::value(self.at.clone());
        self.report
            .push(Diagnostic::new(code, place, message).help(help));
    }

    /// A share, from a number of percent.
    pub(super) fn share(&mut self, key: &str, written: &dyn Display) -> Option<Share> {
        let text = written.to_string();
        let share = Share::percent(&text);
        if share.is_none() {
            self.complain(
                Code::GP006,
                key,
                format!("`{text}` has more digits than a count of requests can tell apart"),
                "write at most twelve decimals",
            );
        }
        share
    }

    /// A level of confidence, `95%` as 0.95.
    pub(super) fn level(&mut self, key: &str, written: Option<&str>) -> Option<f64> {
        self.share(key, &written?).map(Share::as_f64)
    }

    pub(super) fn span(&mut self, key: &str, text: &str) -> Option<PromDuration> {
        let span = text.parse().ok();
        if span.is_none() {
            self.complain(
                Code::GP006,
                key,
                format!("`{text}` is too long a time"),
                "write a shorter one",
            );
        }
        span
    }

    /// The field `step`, a minute by default: whole seconds, because Prometheus is asked in seconds.
    pub(super) fn step(&mut self, written: Option<&str>) -> Option<PromDuration> {
        let step = match written {
            Some(text) => self.span("step", text)?,
            None => PromDuration::from_seconds(60),
        };
        if !step.millis().is_multiple_of(1_000) {
            self.complain(
                Code::GP006,
                "step",
                format!("a step of {step} is no number of whole seconds"),
                "write whole seconds",
            );
        }
        Some(step)
    }

    /// Complains about limits that nothing is within, at the field `min`.
    pub(super) fn check_order(&mut self, limits: Limits) {
        if let Limits {
            min: Some(min),
            max: Some(max),
        } = limits
            && min > max
        {
            self.complain(
                Code::GP504,
                "min",
                format!("nothing is at least {min} and at most {max}"),
                "make `min` the smaller one",
            );
        }
    }

    /// An amount in the unit of what is measured: 0 to 1 for shares, seconds for times.
    pub(super) fn absolute(
        &mut self,
        key: &str,
        amount: &Amount,
        quantity: Quantity,
    ) -> Option<f64> {
        let seconds = match amount.unit {
            AmountUnit::Milliseconds => Some(amount.size / 1_000.0),
            AmountUnit::Seconds => Some(amount.size),
            AmountUnit::Minutes => Some(amount.size * 60.0),
            AmountUnit::None | AmountUnit::Points | AmountUnit::Percent => None,
        };
        let found = match quantity {
            Quantity::Share if amount.unit == AmountUnit::Points => {
                self.check_points(key, amount);
                Some(amount.size / 100.0)
            }
            Quantity::Share => None,
            Quantity::Value if amount.unit == AmountUnit::None => Some(amount.size),
            Quantity::Time | Quantity::Value => seconds,
        };
        if found.is_none() {
            self.wrong_unit(key, amount, quantity);
        }
        found
    }

    fn check_points(&mut self, key: &str, amount: &Amount) {
        if !(-100.0..=100.0).contains(&amount.size) {
            self.complain(
                Code::GP504,
                key,
                format!("two shares differ by at most 100 points, so {amount} is no limit"),
                "write points such as `0.2pp`",
            );
        }
    }

    fn wrong_unit(&mut self, key: &str, amount: &Amount, quantity: Quantity) {
        let (what, help) = match quantity {
            Quantity::Share => ("a share", "write percentage points, such as `0.2pp`"),
            Quantity::Time => ("a time", "write a time, such as `20ms`"),
            Quantity::Value => ("a number", "write a number in the query's unit"),
        };
        self.complain(
            Code::GP504,
            key,
            format!("{amount} is no amount of what is measured here, which is {what}"),
            help,
        );
    }

    /// The field `margin`: how much worse is accepted.
    pub(super) fn margin(&mut self, amount: &Amount, quantity: Quantity) -> Option<Margin> {
        let margin = if amount.unit == AmountUnit::Percent {
            Margin::Relative(amount.size / 100.0)
        } else {
            Margin::Absolute(self.absolute("margin", amount, quantity)?)
        };
        let (Margin::Absolute(size) | Margin::Relative(size)) = margin;
        if size < 0.0 {
            self.complain(
                Code::GP504,
                "margin",
                format!("the margin {amount} is below zero"),
                "say how much worse is accepted; `0pp` accepts nothing",
            );
        }
        Some(margin)
    }
}
