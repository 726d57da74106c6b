//! What a container does when it starts and before it ends, by Kubernetes' `validateLifecycle`.

use super::field::{Faults, Field};
use super::pod::Shared;
use super::probes::{EXEC, HTTP_GET, TCP_SOCKET};
use super::rule::{Rule, Shape, exactly_one};
use super::volumes::texts;

/// `lifecycle`.
pub(super) const LIFECYCLE: Rule = Rule::Map(&texts(
    &[],
    &[
        ("postStart", Rule::Map(&HANDLER)),
        ("preStop", Rule::Map(&HANDLER)),
    ],
));

const HANDLER: Shape = Shape {
    needs: &[],
    fields: &[
        ("exec", EXEC),
        ("httpGet", HTTP_GET),
        ("tcpSocket", TCP_SOCKET),
        (
            "sleep",
            Rule::Map(&texts(&[], &[("seconds", Rule::Int(0, i64::MAX))])),
        ),
    ],
    also: &[|handler, faults| {
        const HANDLERS: [&str; 4] = ["exec", "httpGet", "sleep", "tcpSocket"];
        exactly_one(handler, &HANDLERS, "the hook", faults);
    }],
};

/// A hook sleeps no longer than the pod may take to end, and a signal is told by the pod's system.
pub(super) fn fits(container: &Field, shared: &Shared, faults: &mut Faults) {
    let Some(lifecycle) = container.get("lifecycle") else {
        return;
    };
    for hook in ["postStart", "preStop"] {
        let Some(hook) = lifecycle.get(hook) else {
            continue;
        };
        let Some(sleep) = hook.get("sleep") else {
            continue;
        };
        let Some(seconds) = sleep.get("seconds") else {
            continue;
        };
        if seconds
            .value
            .as_i64()
            .is_some_and(|long| long > shared.grace)
        {
            let allowed = format!(
                "at most the {} of `terminationGracePeriodSeconds`",
                shared.grace
            );
            faults.must(&seconds, &allowed);
        }
    }
    if let Some(signal) = lifecycle.get("stopSignal")
        && !shared.has_os
    {
        faults.say_key(
            &signal,
            "`stopSignal` needs the pod's `os.name`: set both in `podTemplate`",
        );
    }
}
