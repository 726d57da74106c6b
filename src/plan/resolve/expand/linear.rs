//! Ramps, and steps that say only what is their own.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::spec::{Linear, Step};
use crate::units::{HUNDRED, Percent};

use super::maker::{Maker, Origin};

/// The steps of the document, each ramp as a step for each of its shares.
pub(super) fn steps(maker: &mut Maker<'_>) -> Option<()> {
    let mut sound = Some(());
    for (index, step) in maker.spec.steps.iter().enumerate() {
        let at = super::steps().index(index);
        let Some(linear) = &step.linear else {
            maker.push(step.clone(), Origin::new(Place::value(at)))?;
            continue;
        };
        let shares = shares(linear, &at.key("linear"), maker.report);
        let model = maker.candidate(linear.model.as_ref(), &at.key("linear"), "model");
        let (Some(shares), Some(model)) = (shares, model) else {
            sound = None;
            continue;
        };
        for share in shares {
            ramp(maker, step, &at, &model, share)?;
        }
    }
    sound
}

/// One step of a ramp.
fn ramp(maker: &mut Maker<'_>, step: &Step, at: &Route, model: &str, share: Percent) -> Option<()> {
    let linear = at.key("linear");
    let mut made = maker.share(model, share.as_f64());
    let mut weights_at = Place::value(linear.clone());
    if let Some(others) = &step.weights {
        if others.contains_key(model) {
            let message =
                format!("the ramp says the shares of `{model}`, and `weights` says one, too");
            let found = Diagnostic::new(
                Code::GP201,
                Place::key(at.key("weights").key(model)),
                message,
            )
            .label(Place::key(linear.clone()), "the ramp")
            .help("remove it from `weights`");
            maker.report.push(found);
            return None;
        }
        let mut weights = others.clone();
        weights.insert(model.to_owned(), share.as_f64());
        made.weight = None;
        made.weights = Some(weights);
        weights_at = Place::key(at.key("weights"));
    }
    let number = share.to_number().to_string().replace('.', "-");
    made.name = step.name.as_ref().map(|name| format!("{name}-{number}"));
    made.description.clone_from(&step.description);
    made.bake.clone_from(&step.bake);
    made.gates.clone_from(&step.gates);
    made.approval = step.approval;
    let part = Route::root().key("weights").key(model);
    let from = Origin::new(Place::value(at.clone()))
        .field("weight", Place::value(linear.clone()))
        .field("weights", weights_at)
        .part(part, Place::value(linear));
    maker.push(made, from)
}

/// The shares of a ramp, from the first to the last.
pub(super) fn shares(linear: &Linear, at: &Route, report: &mut Report) -> Option<Vec<Percent>> {
    let mut percent = |value: f64, field: &str| {
        let parsed = Percent::parse(value);
        parsed
            .map_err(|allowed| {
                let message = format!("`{field}: {value}` is no percentage; {allowed}");
                let place = Place::value(at.key(field));
                report.push(Diagnostic::new(Code::GP201, place, message));
            })
            .ok()
    };
    let by = percent(linear.by, "by");
    let from = linear.from.map_or(by, |from| percent(from, "from"));
    let to = linear.to.map_or(Some(HUNDRED), |to| percent(to, "to"));
    let (from, to, by) = (from?, to?, by?);
    let refused = |field: &str, message: String, help: String| {
        Diagnostic::new(Code::GP136, Place::value(at.key(field)), message).help(help)
    };
    if by.is_zero() {
        let message = "a ramp by 0 points never rises".to_owned();
        let help = "write the points between one share and the next, such as `by: 5`";
        report.push(refused("by", message, help.to_owned()));
        return None;
    }
    if from > to {
        let message = format!("the ramp begins at {from} % and ends at {to} %, and shares rise");
        let help = "give it a `from` below its `to`; `glidepath rollback` goes back".to_owned();
        report.push(refused("from", message, help));
        return None;
    }
    let (first, last, points) = (from.hundredths(), to.hundredths(), by.hundredths());
    let over = (last - first) % points;
    if over > 0 {
        let below = Percent::from_hundredths(last - over);
        let above = last - over + points;
        let above = (above <= HUNDRED.hundredths()).then(|| Percent::from_hundredths(above));
        let next = above.map_or_else(String::new, |above| format!(" and then {above} %"));
        let or = above.map_or_else(String::new, |above| format!(" or `to: {above}`"));
        let message = format!(
            "from {from} % by {by} points the ramp reaches {below} %{next}, and never {to} %"
        );
        let help = format!("write `to: {below}`{or}, or other points");
        report.push(refused("by", message, help));
        return None;
    }
    let shares =
        (0..=(last - first) / points).map(|n| Percent::from_hundredths(first + n * points));
    Some(shares.collect())
}
