//! Container ports, by Kubernetes' `validateContainerPorts`.

use super::field::Field;
use super::form::PORT_NAME;
use super::rule::{Rule, Shape, distinct, distinct_names};

/// `ports`.
pub(super) const PORTS: Rule = Rule::Check(|list, faults| {
    Rule::List(&Rule::Map(&PORT)).check(list, faults);
    distinct_names(list, "port name", faults);
    // Server-side apply keys the list by number and protocol.
    distinct(list, "containerPort", number, "container port", faults);
    distinct(list, "hostPort", host_port, "port of the node", faults);
});

const PORT: Shape = Shape {
    needs: &["containerPort"],
    fields: &[
        ("name", Rule::Maybe(&PORT_NAME)),
        ("containerPort", Rule::Int(1, 65_535)),
        // 0 is none.
        ("hostPort", Rule::Int(0, 65_535)),
        ("protocol", Rule::MaybeOneOf(&["TCP", "UDP", "SCTP"])),
    ],
    also: &[],
};

fn number(port: &Field) -> Option<String> {
    let number = port.int("containerPort")?;
    Some(format!(
        "{number}/{}",
        port.text("protocol").unwrap_or("TCP")
    ))
}

/// The port of the node that a port takes, where it takes one.
pub(super) fn host_port(port: &Field) -> Option<String> {
    let number = port.int("hostPort").filter(|number| *number != 0)?;
    let protocol = port.text("protocol").unwrap_or("TCP");
    let address = port.text("hostIP").unwrap_or_default();
    Some(format!("{address}:{number}/{protocol}"))
}
