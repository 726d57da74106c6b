//! Which Service is taken over, and which workloads run the pods that it selects.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::words::and_list;
use crate::diag::{Code, Diagnostic, Route};

use super::Wanted;
use super::read::{Complaints, Object, Read, labels};

/// One Service and what makes its pods.
pub(super) struct Scope {
    pub(super) service: Object,
    /// By which labels the Service finds the pods.
    pub(super) selector: BTreeMap<String, String>,
    pub(super) workloads: Vec<Workload>,
}

/// An object that makes pods.
#[derive(Clone)]
pub(super) struct Workload {
    pub(super) object: Object,
    /// The JSON pointer to the pods' template.
    pub(super) template: &'static str,
    /// The pods' labels.
    pub(super) pods: BTreeMap<String, String>,
    /// By which labels the object finds its pods.
    pub(super) selector: BTreeMap<String, String>,
}

impl Workload {
    fn of(object: &Object) -> Option<Self> {
        let template = object.template()?;
        let pods = object
            .body
            .pointer(&format!("{template}/metadata/labels"))
            .map(labels)
            .unwrap_or_default();
        let selector = labels(&object.body["spec"]["selector"]["matchLabels"]);
        Some(Self {
            selector: if selector.is_empty() {
                pods.clone()
            } else {
                selector
            },
            object: object.clone(),
            template,
            pods,
        })
    }
}

/// Whether pods with these labels are selected.
pub(super) fn selects(
    selector: &BTreeMap<String, String>,
    pods: &BTreeMap<String, String>,
) -> bool {
    let mut wanted = selector.iter();
    wanted.all(|(key, value)| pods.get(key) == Some(value))
}

/// The Service and its workloads, or a complaint.
pub(super) fn choose(
    read: &Read,
    wanted: Wanted<'_>,
    complaints: &mut Complaints<'_>,
) -> Option<Scope> {
    let workloads: Vec<Workload> = read.objects.iter().filter_map(Workload::of).collect();
    let services = read.objects.iter().filter_map(|service| {
        let selector = service.selector()?;
        let same = |one: &&Workload| {
            one.object.identity.namespace == service.identity.namespace
                && selects(&selector, &one.pods)
        };
        let workloads: Vec<Workload> = workloads.iter().filter(same).cloned().collect();
        (!workloads.is_empty()).then(|| Scope {
            service: service.clone(),
            selector: selector.clone(),
            workloads,
        })
    });
    let mut scopes: Vec<Scope> = services.collect();
    if let Some(name) = wanted.service {
        scopes.retain(|scope| scope.service.identity.name == name);
    }
    let spaces = |scope: &Scope| scope.service.identity.namespace.clone();
    let namespaces: BTreeSet<String> = scopes.iter().map(spaces).collect();
    if let (Some(other), true) = (scopes.last(), namespaces.len() > 1) {
        let message = format!(
            "these objects are in several namespaces: {}",
            and_list(&namespaces)
        );
        let at = Route::root().key("metadata").key("namespace");
        complaints.push(&other.service.identity, at, |place| {
            Diagnostic::new(Code::GP132, place, message)
                .help("give the objects of one: `kubectl get … -n NAME -o yaml`")
        });
        return None;
    }
    // One that selects more than all others is the entry; the others select versions of it.
    let most = scopes.iter().map(|scope| scope.workloads.len()).max();
    scopes.retain(|scope| Some(scope.workloads.len()) == most);
    let is_headless = |scope: &Scope| scope.service.body["spec"]["clusterIP"] == "None";
    if scopes.iter().any(|scope| !is_headless(scope)) {
        scopes.retain(|scope| !is_headless(scope));
    }
    if scopes.len() > 1 {
        let names = scopes.iter().map(|scope| &scope.service.identity.name);
        let message = format!(
            "which Service is taken over is not said: {}",
            and_list(names)
        );
        let at = Route::root().key("metadata").key("name");
        complaints.push(&scopes[1].service.identity, at, |place| {
            Diagnostic::new(Code::GP131, place, message).help("name it: `--service NAME`")
        });
        return None;
    }
    let found = scopes.pop();
    if found.is_none() {
        let message = match wanted.service {
            Some(name) => format!("no Service `{name}` selects pods that were read"),
            None => "nothing to take over: no Service selects pods of a Deployment, StatefulSet, DaemonSet or LeaderWorkerSet".to_owned(),
        };
        let help = "give the Service and what makes its pods: `kubectl get deploy,svc,vs,dr,gateway,hpa,pdb -n NAME -o yaml`";
        complaints.of_all(Code::GP131, message, help);
    }
    found
}
