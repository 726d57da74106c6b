//! The container that serves.

use k8s_openapi::api::core::v1 as core;

use crate::plan::DrainHook;

use super::{Pod, some};

impl Pod<'_> {
    pub(super) fn container(&self) -> core::Container {
        let (given, launch) = (&self.own.pod, &self.launch);
        let mut mounts = given.volume_mounts.clone();
        mounts.extend(self.own_mounts());
        let args = launch.args.clone().map(|mut args| {
            args.extend(given.extra_args.iter().cloned());
            args
        });
        let ports = self.model.ports.iter().map(|open| core::ContainerPort {
            name: open.name.clone(),
            container_port: i32::from(open.number),
            protocol: open.protocol.clone(),
            host_port: open.host.as_ref().map(|host| i32::from(host.number)),
            host_ip: open.host.as_ref().and_then(|host| host.address.clone()),
        });
        core::Container {
            name: self.own.container.clone(),
            image: Some(self.own.image.to_string()),
            command: given.command.clone().or_else(|| launch.command.clone()),
            args: given.args.clone().or(args),
            env: some(&self.env()),
            env_from: some(&given.env_from),
            image_pull_policy: given.image_pull_policy.clone(),
            lifecycle: self.lifecycle(),
            liveness_probe: given.liveness_probe.clone(),
            ports: Some(ports.collect()),
            readiness_probe: self.readiness_probe(),
            resources: given.resources.clone(),
            security_context: given.container_security_context.clone(),
            startup_probe: self.startup_probe(),
            volume_mounts: some(&mounts),
            ..core::Container::default()
        }
    }

    /// What the spec says, and the pause before a container ends where it says nothing of that.
    fn lifecycle(&self) -> Option<core::Lifecycle> {
        let given = self.own.pod.lifecycle.clone().unwrap_or_default();
        let lifecycle = core::Lifecycle {
            pre_stop: given.pre_stop.or_else(|| self.drain()),
            ..given
        };
        (lifecycle != core::Lifecycle::default()).then_some(lifecycle)
    }

    /// Endpoints take a while to leave every proxy: a pod that ends goes on serving until they have.
    fn drain(&self) -> Option<core::LifecycleHandler> {
        let seconds = self.own.drain.seconds;
        match self.own.drain.hook {
            _ if seconds == 0 => None,
            DrainHook::None => None,
            DrainHook::Exec => Some(core::LifecycleHandler {
                exec: Some(core::ExecAction {
                    command: Some(vec!["sleep".to_owned(), seconds.to_string()]),
                }),
                ..core::LifecycleHandler::default()
            }),
            DrainHook::SleepAction => Some(core::LifecycleHandler {
                sleep: Some(core::SleepAction {
                    seconds: i64::from(seconds),
                }),
                ..core::LifecycleHandler::default()
            }),
        }
    }
}
