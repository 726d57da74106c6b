//! GP602: Istio goes by what a port's name says, and guesses where it says nothing.

use crate::diag::{Code, Diagnostic, Place, Report, Route};
use crate::plan::{Plan, Wire};
use crate::spec::Document;

pub(super) fn check(plan: &Plan, document: &Document, report: &mut Report) {
    let at = Route::root().key("spec");
    let given = document.spec.service.ports.is_some();
    for (index, port) in plan.service.ports.iter().enumerate() {
        if port.wire != Wire::Unknown || index == plan.traffic.port {
            continue;
        }
        let place = if given {
            Place::value(at.key("service").key("ports").index(index).key("name"))
        } else {
            Place::key(at.key("models"))
        };
        report.push(
            Diagnostic::new(Code::GP602, place, format!("the Service port `{}` declares no protocol to Istio", port.name))
                .note("Istio then guesses from the first bytes, and a request that it takes for HTTP meets the routes of another port")
                .help("name it `http-…` or `grpc-…`, or set `appProtocol`"),
        );
    }
}
