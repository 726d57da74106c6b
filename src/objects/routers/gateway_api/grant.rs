//! Leave for the routes to refer to backends in other namespaces.

use crate::objects::api::gateway_api as api;
use crate::objects::{Object, ObjectId};
use crate::plan::Grant;

use super::{Builder, GROUP, REFERENCE_GRANT};

impl Builder<'_> {
    /// A grant for one backend, in the backend's namespace.
    pub(super) fn grant(&self, grant: &Grant, wave: i32) -> Object {
        let own = self.plan.namespace.as_ref();
        let spec = api::ReferenceGrantSpec {
            from: vec![api::GrantFrom {
                group: GROUP,
                kind: grant.from,
                namespace: own.map(ToString::to_string).unwrap_or_default(),
            }],
            to: vec![api::GrantTo {
                group: grant.group,
                kind: grant.kind,
                name: grant.name.clone(),
            }],
        };
        let name = format!("{}-{}", self.plan.name, grant.name);
        let file = format!("reference-grant-{}", self.plan.model(grant.model).name);
        let mut object = self.object(REFERENCE_GRANT, &name, file, wave, spec);
        object.body["apiVersion"] = grant.api_version.into();
        object.body["metadata"]["namespace"] = grant.namespace.clone().into();
        Object {
            id: ObjectId {
                namespace: Some(grant.namespace.clone()),
                ..object.id.clone()
            },
            ..object
        }
    }
}
