//! The three probes, by Kubernetes' `validateProbe`: how a probe asks, how often, and what each kind of probe forbids.

use super::field::{Faults, Field};
use super::form::HEADER;
use super::rule::{NOT_NEGATIVE, Rule, Shape, exactly_one};

/// A request over HTTP, of a probe or a hook.
pub(super) const HTTP_GET: Rule = Rule::Map(&Shape {
    needs: &["port"],
    fields: &[
        ("port", Rule::Port),
        ("scheme", Rule::MaybeOneOf(&["HTTP", "HTTPS"])),
        ("httpHeaders", Rule::List(&Rule::Map(&HTTP_HEADER))),
    ],
    also: &[],
});

/// A connection, of a probe or a hook.
pub(super) const TCP_SOCKET: Rule = Rule::Map(&Shape {
    needs: &["port"],
    fields: &[("port", Rule::Port)],
    also: &[],
});

/// A command, of a probe or a hook.
pub(super) const EXEC: Rule = Rule::Map(&Shape {
    needs: &["command"],
    fields: &[("command", Rule::Check(a_command))],
    also: &[],
});

const HTTP_HEADER: Shape = Shape {
    needs: &["name"],
    fields: &[("name", Rule::Text(&HEADER))],
    also: &[],
};

/// What all probes have in common.
const PROBE: Shape = Shape {
    needs: &[],
    fields: &[
        ("httpGet", HTTP_GET),
        ("tcpSocket", TCP_SOCKET),
        (
            "grpc",
            Rule::Map(&Shape {
                needs: &["port"],
                fields: &[("port", Rule::Int(1, 65_535))],
                also: &[],
            }),
        ),
        ("exec", EXEC),
        ("initialDelaySeconds", NOT_NEGATIVE),
        ("timeoutSeconds", NOT_NEGATIVE),
        ("periodSeconds", NOT_NEGATIVE),
        ("successThreshold", NOT_NEGATIVE),
        ("failureThreshold", NOT_NEGATIVE),
        ("terminationGracePeriodSeconds", Rule::Int(1, i64::MAX)),
    ],
    also: &[one_handler],
};

/// A probe that asks whether requests may come.
pub(super) const READINESS: Rule = Rule::Check(|probe, faults| {
    PROBE.check(probe, faults);
    if let Some(grace) = probe.get("terminationGracePeriodSeconds") {
        faults.say_key(
            &grace,
            "a readiness probe ends no container: `terminationGracePeriodSeconds` is for the other probes",
        );
    }
});

/// A probe after which a container is restarted.
pub(super) const RESTARTING: Rule = Rule::Check(|probe, faults| {
    PROBE.check(probe, faults);
    // Kubernetes reads 0 as its default, which is 1.
    if let Some(successes) = probe.get("successThreshold")
        && probe.int("successThreshold").is_some_and(|n| n > 1)
    {
        faults.must(&successes, "1, as for every probe but the readiness probe");
    }
});

fn a_command(command: &Field, faults: &mut Faults) {
    if command.value.as_array().is_some_and(Vec::is_empty) {
        faults.must(command, "a list of at least one word");
    }
}

fn one_handler(probe: &Field, faults: &mut Faults) {
    const HANDLERS: [&str; 4] = ["httpGet", "tcpSocket", "exec", "grpc"];
    exactly_one(probe, &HANDLERS, "the probe", faults);
}
