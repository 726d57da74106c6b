//! GP617: a server that drops what it works on as soon as it is told to stop.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{Plan, RuntimeName, runtimes};
use crate::spec::Document;

/// The argument that tells vLLM how long to go on.
const FLAG: &str = "--shutdown-timeout";

pub(super) fn check(plan: &Plan, document: &Document, report: &mut Report) {
    for (index, (model, given)) in plan.models.iter().zip(&document.spec.models).enumerate() {
        let Some(own) = model.generated() else {
            continue;
        };
        let said = own.pod.args.iter().flatten().chain(&own.pod.extra_args);
        let is_meant = given.drain.is_some_and(|drain| drain.seconds.is_some())
            || own.pod.command.is_some()
            || said.into_iter().any(|given| given.starts_with(FLAG));
        let finishes = runtimes::finishes(&own.image);
        let is_told = finishes == Some(true) && own.pod.args.is_none();
        if own.runtime != RuntimeName::Vllm || is_meant || is_told {
            continue;
        }
        let at = Route::root().key("spec").key("models").index(index);
        let message = match finishes {
            Some(true) => format!(
                "the arguments of `{}` do not say how long it may work on its requests once it is told to stop, so it aborts them",
                model.name
            ),
            Some(false) => format!(
                "`{}` is a vLLM that aborts its requests as soon as it is told to stop",
                own.image
            ),
            None => format!(
                "`{}` does not say whether its vLLM can finish its requests once it is told to stop",
                own.image
            ),
        };
        let found = Diagnostic::new(Code::GP617, Place::value(at.key("image")), message);
        report.push(
            found
                .note(format!(
                    "an answer that takes longer than the pause of {} seconds before is cut off",
                    own.drain.seconds
                ))
                .help("with vLLM 0.18 or later, add `--shutdown-timeout=…` to the arguments; with an older one, set `drain.seconds` to the longest answer"),
        );
    }
}
