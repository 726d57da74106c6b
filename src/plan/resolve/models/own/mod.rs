//! Models that the team's own objects run: what is read of these, and what tells their pods from the others'.

mod found;
mod object;
mod running;
mod telling;

use crate::diag::{Code, Diagnostic, Place};
use crate::plan::model::{Model, Own, OwnObject, PodNames, Workload};
use crate::plan::resolve::label;
use crate::plan::{Scaling, runtimes};
use crate::spec::Replicas;

use super::Resolver;

pub(in crate::plan::resolve) use found::{Found, FoundObject, Owned};
pub(super) use telling::tell_apart;

impl Resolver<'_> {
    /// A model whose objects are the team's own.
    pub(super) fn own(&mut self, found: &Found<'_>) -> Option<Model> {
        if !found.is_sound {
            return None;
        }
        let model = self.model;
        let name = label(&model.name, self.at.key("name"), self.report)?;
        let backend = self.backend();
        let pods = found.pods.as_ref();
        if model.backend.is_none() {
            self.hold_reachable(found)?;
        }
        if let (Some(pods), Some(_)) = (pods, model.count())
            && pods.autoscaling.is_some()
        {
            self.report.push(
                Diagnostic::new(
                    Code::GP404,
                    Place::key(self.at.key("replicas")),
                    "`replicas` beside an autoscaler in the manifest: git and the autoscaler would fight over one number",
                )
                .help("remove `replicas`, and set the least in the autoscaler"),
            );
        }
        if pods.is_none_or(|pods| !pods.is_counted) && model.count().is_some() {
            self.report.push(
                Diagnostic::new(
                    Code::GP125,
                    Place::key(self.at.key("replicas")),
                    "`replicas` of a kind whose field for it is not known",
                )
                .help("say it in the manifest"),
            );
        }
        let subset = model.subset.as_ref().map(|subset| subset.labels.clone());
        let subset_labels = subset.unwrap_or_default();
        let pod_labels = pods.map_or_else(
            || {
                let mut known = self.service_selector.clone();
                known.extend(subset_labels.clone());
                known
            },
            |pods| pods.labels.clone(),
        );
        let workload_name = model.workload_name.clone().unwrap_or_else(|| {
            let backend = backend.as_ref().map(|backend| backend.service.clone());
            let pods = pods.map(|pods| found.objects[pods.index].object.name.clone());
            pods.or(backend).unwrap_or_else(|| name.to_string())
        });
        let own = Own {
            objects: found.objects.iter().map(|one| one.object.clone()).collect(),
            file: model.workload.as_ref()?.manifest.clone(),
            pods: pods.map(|pods| pods.index),
            template: pods.map(|pods| pods.template_at.clone()),
            named: pods.map_or(PodNames::Unknown, |pods| pods.named),
            replicas: pods.and_then(|pods| pods.replicas),
        };
        let counted = model.count().or(own.replicas);
        let is_left = matches!(model.replicas, Some(Replicas::External(_)));
        let counting = pods.filter(|pods| pods.is_counted && !is_left);
        let scaling = match counting.map(|pods| &pods.autoscaling) {
            None => Scaling::External,
            Some(None) => Scaling::Steps,
            Some(Some(found)) => Scaling::Load(Box::new(found.clone())),
        };
        Some(Model {
            workload: Workload::Own(Box::new(own)),
            pool: self.pool(None),
            backend,
            replicas: counted.unwrap_or(1),
            scaling,
            capacity: self.capacity(),
            workload_name,
            selector: pods.map(|pods| pods.selector.clone()).unwrap_or_default(),
            subset_labels,
            pod_labels,
            ports: pods.map(|pods| pods.ports.clone()).unwrap_or_default(),
            name,
            server: model.server.map(runtimes::server),
        })
    }

    /// The Service must find the pods, and the subset must be known.
    fn hold_reachable(&mut self, found: &Found<'_>) -> Option<()> {
        let model = self.model;
        let Some(pods) = &found.pods else {
            if model.subset.is_some() {
                return Some(());
            }
            let kinds: Vec<&str> = found.objects.iter().map(|one| kind(&one.object)).collect();
            let message = format!(
                "which pods `{}` has is not known: the manifest holds {}",
                model.name,
                crate::diag::words::and_list(kinds)
            );
            let at = self.at.key("workload").key("manifest");
            self.report.push(
                Diagnostic::new(Code::GP126, Place::value(at), message)
                    .note("pods are known of a Deployment, StatefulSet, DaemonSet, ReplicaSet or LeaderWorkerSet")
                    .help("say by which labels they are found, `subset: {labels: …}`, or which Service leads to them, `backend: {service: …}`"),
            );
            return None;
        };
        let at = pods.labels_at.clone();
        let mut sound = true;
        let wanted = model
            .subset
            .iter()
            .map(|subset| (&subset.labels, "the subset"));
        let wanted = wanted.chain([(self.service_selector, "the Service")]);
        for (labels, who) in wanted {
            for (key, value) in labels {
                let message = match pods.labels.get(key) {
                    Some(other) if other == value => continue,
                    Some(other) => format!(
                        "{who} selects `{key}: {value}`, and these pods have `{key}: {other}`"
                    ),
                    None => format!("{who} selects `{key}: {value}`, which these pods do not have"),
                };
                sound = false;
                let lacking = Diagnostic::new(Code::GP109, Place::value(at.clone()), message);
                let help = "add the label, or set `service.selector` and `subset` to labels that the pods have";
                found.file.complain(self.report, lacking.help(help));
            }
        }
        sound.then_some(())
    }
}

/// The object's kind.
fn kind(object: &OwnObject) -> &str {
    &object.kind
}
