//! How many pods there are, how a change rolls through them, and how one ends.

use k8s_openapi::api::core::v1::LifecycleHandler;

use crate::diag::{Code, Diagnostic, Place};
use crate::plan::{Accelerators, Autoscaler, Autoscaling, Drain, PortRef, Rolling, Scaling};
use crate::spec::{GRACE_SECONDS, MIN_READY_SECONDS, Replicas, Scale};

use super::Resolver;

/// The default pause before a container is told to stop, in seconds: longer than endpoints take to reach every proxy.
const DRAIN_SECONDS: u32 = 15;

/// The seconds that a hook of the team's own pauses, as far as it says so.
pub(super) fn pause(hook: &LifecycleHandler) -> u32 {
    if let Some(sleep) = &hook.sleep {
        return u32::try_from(sleep.seconds).unwrap_or(u32::MAX);
    }
    let command = hook.exec.as_ref().and_then(|exec| exec.command.as_deref());
    match command.unwrap_or_default() {
        [sleep, seconds] if sleep.ends_with("sleep") => seconds.parse().unwrap_or(0),
        _ => 0,
    }
}

impl Resolver<'_> {
    pub(super) fn drain(&mut self) -> Drain {
        let given = self.model.drain.unwrap_or_default();
        let lifecycle = self.model.lifecycle.as_ref();
        let hook = lifecycle.and_then(|lifecycle| lifecycle.pre_stop.as_ref());
        if hook.is_some() && self.model.drain.is_some() {
            self.report.push(
                Diagnostic::new(
                    Code::GP006,
                    Place::key(self.at.key("drain")),
                    "`drain` beside `lifecycle.preStop`: a container ends by one of them",
                )
                .label(
                    Place::key(self.at.key("lifecycle").key("preStop")),
                    "the other one",
                )
                .help("remove one of the two"),
            );
        }
        let drain = Drain {
            seconds: hook.map_or(given.seconds.unwrap_or(DRAIN_SECONDS), pause),
            hook: given.hook.unwrap_or_default(),
            grace_seconds: self
                .model
                .termination_grace_period_seconds
                .unwrap_or(GRACE_SECONDS),
        };
        if drain.seconds >= drain.grace_seconds {
            let field = if self.model.termination_grace_period_seconds.is_some() {
                "terminationGracePeriodSeconds"
            } else if hook.is_some() {
                "lifecycle"
            } else {
                "drain"
            };
            let killed = Self::killed(drain, Place::value(self.at.key(field)));
            self.report.push(killed);
        }
        drain
    }

    /// The complaint about a pause that the grace period does not outlast.
    pub(super) fn killed(drain: Drain, at: Place) -> Diagnostic {
        Diagnostic::new(
            Code::GP010,
            at,
            format!("a pod that drains for {} seconds is killed after {}", drain.seconds, drain.grace_seconds),
        )
        .note("the grace period begins with the pause, so it must outlast the pause and the slowest request")
        .help("raise `terminationGracePeriodSeconds`, or shorten the pause")
    }

    /// Who says how many pods there are.
    pub(super) fn scaling(&self) -> Scaling {
        if let Some(given) = &self.model.autoscaling {
            return Scaling::Load(Box::new(Autoscaling {
                min: given.min,
                max: given.max,
                behavior: given.behavior.clone(),
                by: match &given.keda {
                    Some(keda) => Autoscaler::Keda(keda.clone()),
                    None => Autoscaler::Metrics {
                        cpu: given.cpu,
                        metrics: given.metrics.clone().unwrap_or_default(),
                    },
                },
            }));
        }
        match (self.model.replicas, self.model.scale) {
            (Some(Replicas::External(_)), _) => Scaling::External,
            (Some(Replicas::Count(_)) | None, Some(Scale::WithTraffic)) => Scaling::WithTraffic,
            (Some(Replicas::Count(_)) | None, None) => Scaling::Steps,
        }
    }

    pub(super) fn scale(&mut self) {
        if self.model.autoscaling.is_some() && self.model.replicas.is_some() {
            self.report.push(
                Diagnostic::new(
                    Code::GP404,
                    Place::key(self.at.key("replicas")),
                    "`replicas` beside `autoscaling`: git and the autoscaler would fight over one number",
                )
                .label(Place::key(self.at.key("autoscaling")), "scaled here")
                .help("remove `replicas`, and set `autoscaling.min`"),
            );
        }
        if self.model.scale.is_some() {
            self.follows_traffic();
        }
    }

    /// `scale: withTraffic` has one way to know how many replicas all requests need.
    fn follows_traffic(&mut self) {
        let has_capacity = self.model.capacity.is_some() && self.expected;
        let replicas = Place::value(self.at.key("replicas"));
        let found = match self.model.replicas {
            Some(Replicas::External(_)) => Diagnostic::new(
                Code::GP404,
                replicas,
                "`replicas: external` beside `scale: withTraffic`: one of them says who scales",
            )
            .label(Place::key(self.at.key("scale")), "scaled here")
            .help("remove one of the two"),
            Some(Replicas::Count(_)) if has_capacity => Diagnostic::new(
                Code::GP404,
                replicas,
                "`replicas` says how many all requests need, and so do `capacity` and `traffic.expected`",
            )
            .label(Place::key(self.at.key("scale")), "scaled here")
            .help("remove `replicas`, or `capacity`"),
            Some(Replicas::Count(0)) => Diagnostic::new(
                Code::GP010,
                replicas,
                "`replicas` is `0`, and must be 1 or more: it is how many all requests need",
            ),
            None if !has_capacity => Diagnostic::new(
                Code::GP007,
                Place::key(self.at.key("scale")),
                "`scale: withTraffic` needs `replicas`: how many all requests need",
            )
            .help("add `replicas`, or both `capacity` and `traffic.expected`"),
            Some(Replicas::Count(_)) | None => return,
        };
        self.report.push(found);
    }

    /// Accelerators are scarce: a pod that takes one makes room before the next one comes, unless the spec says otherwise.
    pub(super) fn rolling(&self) -> Rolling {
        let given = self.model.rolling_update.as_ref();
        let surge = given.and_then(|rolling| rolling.max_surge.clone());
        let unavailable = given.and_then(|rolling| rolling.max_unavailable.clone());
        let is_scarce = !Accelerators::of(self.model.resources.as_ref()).is_empty();
        let makes_room = is_scarce && surge.is_none();
        Rolling {
            max_surge: surge.unwrap_or(PortRef::Number(u16::from(!makes_room))),
            max_unavailable: unavailable.unwrap_or(PortRef::Number(u16::from(makes_room))),
            min_ready_seconds: self.model.min_ready_seconds.unwrap_or(MIN_READY_SECONDS),
            deadline_seconds: self.model.progress_deadline_seconds,
        }
    }
}
