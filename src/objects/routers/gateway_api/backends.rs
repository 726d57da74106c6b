//! Where requests go: the Service of each model, or the backend that it has.

use crate::objects::api::gateway_api as api;
use crate::plan::{Copy, MirrorTarget, ModelId, Split};
use crate::units::{HUNDRED, Percent};

use super::{Builder, INFERENCE_GROUP, INFERENCE_POOL, filters};

impl Builder<'_> {
    /// The models with their weights, which sum to 100, or where two decimals need it to 1,000 or 10,000.
    pub(super) fn backends(&self, split: &Split, copy: &Copy<'_>) -> Vec<api::WeightedRef> {
        let base = Percent::base(split.shares().map(|(_, share)| share));
        let refs = split.shares().map(|(model, share)| {
            let backend = self.plan.model(model).backend.as_ref();
            let headers = backend.and_then(|backend| backend.headers.as_ref());
            api::WeightedRef {
                to: self.to(model, copy),
                weight: share.out_of(base),
                filters: headers.map(filters::changes).unwrap_or_default(),
            }
        });
        refs.collect()
    }

    /// The copies of a rule's requests: all of them where it says no share.
    pub(super) fn mirror(&self, mirror: MirrorTarget, copy: &Copy<'_>) -> api::Filter {
        let base = Percent::base([mirror.percent]);
        let part = mirror.percent.out_of(base);
        let is_all = mirror.percent == HUNDRED;
        api::Filter::RequestMirror {
            mirror: api::Mirror {
                backend_ref: self.to(mirror.to, copy),
                percent: (!is_all && base == 100).then_some(part),
                fraction: (base != 100).then_some(api::Fraction {
                    numerator: part,
                    denominator: base,
                }),
            },
        }
    }

    fn to(&self, model: ModelId, copy: &Copy<'_>) -> api::Ref {
        let model = self.plan.model(model);
        if let Some(pool) = &model.pool {
            return api::Ref {
                group: INFERENCE_GROUP,
                kind: INFERENCE_POOL,
                name: pool.name.clone(),
                namespace: None,
                port: pool.port,
            };
        }
        let (name, namespace, port) = match &model.backend {
            None => (
                self.plan.service.name_of(&model.name),
                None,
                copy.port.number,
            ),
            Some(backend) => (
                backend.service.clone(),
                backend.namespace.clone(),
                backend.port,
            ),
        };
        api::Ref {
            group: "",
            kind: "Service",
            name,
            namespace,
            port: Some(port),
        }
    }
}
