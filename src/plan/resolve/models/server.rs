//! What serves: the runtime, or the server in a container of the team's own, and what it is told.

use crate::diag::{Code, Diagnostic, Place};
use crate::plan::runtimes::{self, RuntimeFacts, Server};

use super::Resolver;

impl Resolver<'_> {
    /// The model server whose own measurements gates may ask: the runtime, unless the container is the team's own.
    pub(super) fn server(&mut self, runtime: &RuntimeFacts) -> Option<&'static Server> {
        let given = self.model.server.map(runtimes::server);
        if let (Some(given), Some(own)) = (given, runtime.server)
            && given.name != own.name
        {
            self.report.push(
                Diagnostic::new(
                    Code::GP006,
                    Place::value(self.at.key("server")),
                    format!(
                        "`server: {}` beside `runtime: {}`: the runtime is the server",
                        given.name, runtime.name
                    ),
                )
                .label(Place::value(self.at.key("runtime")), "this one")
                .help("remove `server`; it is for `runtime: custom`"),
            );
        }
        given.or(runtime.server)
    }

    /// Arguments after the runtime's need those of the runtime.
    pub(super) fn check_extra_args(&mut self, runtime: &RuntimeFacts) {
        if self.model.extra_args.is_empty() {
            return;
        }
        let (reason, label) = if self.model.args.is_some() {
            (
                "`extraArgs` beside `args`: `args` replaces the runtime's arguments".to_owned(),
                Some(Place::key(self.at.key("args"))),
            )
        } else if runtime.server.is_none() {
            let reason = format!("the runtime `{}` has no arguments of its own", runtime.name);
            (reason, None)
        } else {
            return;
        };
        let place = Place::key(self.at.key("extraArgs"));
        let mut found = Diagnostic::new(Code::GP006, place, reason);
        if let Some(label) = label {
            found = found.label(label, "replaced here");
        }
        self.report.push(found.help("write them into `args`"));
    }
}
