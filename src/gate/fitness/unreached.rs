//! Whether callers saw failures that no pod has counted: where pods are gone, only the callers' proxies know.

use crate::gate::answer::Fault;
use crate::gate::words;
use crate::plan::gates::Reporter;

use super::{Ask, Subject, Unfit, sum};

/// Failures that are no sign yet.
const FEW: f64 = 3.0;

pub(super) fn examine(
    subject: &Subject<'_>,
    reporter: Reporter,
    ask: &mut Ask<'_>,
) -> Result<Option<Unfit>, Fault> {
    let (target, window) = (subject.target, subject.window);
    let seconds = window.length().seconds();
    let mut value = |name: &str, promql: String| {
        let answer = ask(subject.question(name, promql, window.end))?;
        Ok(sum(answer).max(0.0))
    };
    let [nowhere, callers, own, all] = target.telemetry.unreached(target, reporter, seconds);
    let nowhere = value("unreached requests", nowhere)?;
    let callers = value("failures of callers", callers)?;
    let own = value("failures of pods", own)?;
    let all = value("answered requests", all)?;
    let unseen = nowhere + (callers - own).max(0.0);
    let allowed = (all + unseen) * subject.budget;
    Ok((unseen > allowed + FEW).then(|| {
        Unfit::Yet(format!(
            "about {} failed on their way to `{}` or its service, which no pod has counted",
            words::count(words::rounded(unseen), "request"),
            target.subset
        ))
    }))
}
