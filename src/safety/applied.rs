//! The objects of one state of a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use super::fields::{labels, text};
use super::load::Autoscaler;
use super::pods::Pods;
use super::routers;
use super::routing::{Routes, Subsets};
use super::service::{SERVICE, Service};

/// Kinds that no request goes through.
const HARMLESS: [&str; 11] = [
    "ClusterTriggerAuthentication",
    "ConfigMap",
    "Namespace",
    "PodDisruptionBudget",
    "PodMonitor",
    "PrometheusRule",
    "Secret",
    "Service",
    "ServiceAccount",
    "ServiceMonitor",
    "TriggerAuthentication",
];

/// What tells objects apart in a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// The API group, without its version; empty for the core one.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The namespace; empty where the object names none.
    pub namespace: String,
    /// The name.
    pub name: String,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{}/{}", self.kind, self.name),
            namespace => write!(f, "{}/{namespace}/{}", self.kind, self.name),
        }
    }
}

impl Identity {
    /// The same, in this namespace where it names none.
    #[must_use]
    pub fn or_in(mut self, namespace: Option<&str>) -> Self {
        if let Some(namespace) = namespace.filter(|_| self.namespace.is_empty()) {
            namespace.clone_into(&mut self.namespace);
        }
        self
    }

    /// The identity that an object's fields give it, or what it lacks.
    pub fn of(body: &Value) -> Result<Self, String> {
        let field = |value: &Value, name: &str| match value.as_str() {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            Some(_) | None => Err(format!("the object has no `{name}`")),
        };
        let api_version = field(&body["apiVersion"], "apiVersion")?;
        Ok(Self {
            group: api_version
                .split_once('/')
                .map_or("", |(group, _)| group)
                .to_owned(),
            kind: field(&body["kind"], "kind")?,
            namespace: text(&body["metadata"]["namespace"]).to_owned(),
            name: field(&body["metadata"]["name"], "metadata.name")?,
        })
    }
}

/// What an object has to do with requests.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// It runs pods.
    Workload(Box<Pods>),
    /// It finds pods by labels.
    Service(Service),
    /// It sets how many pods a workload runs.
    Autoscaler(Autoscaler),
    /// It routes requests.
    Routes(Routes),
    /// It names parts of a Service's pods.
    Subsets(Subsets),
    /// Nothing that is known here.
    Other,
}

impl Form {
    pub(super) fn pods(&self) -> Option<&Pods> {
        if let Self::Workload(pods) = self {
            Some(pods)
        } else {
            None
        }
    }

    pub(super) fn service(&self) -> Option<&Service> {
        if let Self::Service(service) = self {
            Some(service)
        } else {
            None
        }
    }

    pub(super) fn autoscaler(&self) -> Option<&Autoscaler> {
        if let Self::Autoscaler(autoscaler) = self {
            Some(autoscaler)
        } else {
            None
        }
    }

    pub(super) fn routes(&self) -> Option<&Routes> {
        if let Self::Routes(routes) = self {
            Some(routes)
        } else {
            None
        }
    }

    pub(super) fn subsets(&self) -> Option<&Subsets> {
        if let Self::Subsets(subsets) = self {
            Some(subsets)
        } else {
            None
        }
    }
}

/// One object of a state.
#[derive(Clone, Debug)]
pub(super) struct Object {
    pub(super) body: Value,
    pub(super) form: Form,
}

impl Object {
    /// Whether it was read from a server, which fills in defaults.
    pub(super) fn is_live(&self) -> bool {
        self.body["metadata"]["uid"].is_string()
    }
}

/// The objects of one state of a cluster, by their identity.
#[derive(Clone, Debug, Default)]
pub struct Applied {
    pub(super) objects: BTreeMap<Identity, Object>,
}

impl Applied {
    /// Adds an object; `Err` has the identity that another one has already.
    pub fn add(&mut self, identity: Identity, body: Value) -> Result<(), Identity> {
        // What another object made and keeps is no part of what anybody applies.
        let is_owned = !super::fields::items(&body["metadata"]["ownerReferences"]).is_empty();
        if is_owned {
            return Ok(());
        }
        let form = form(&identity, &body);
        let known = self.objects.insert(identity.clone(), Object { body, form });
        known.map_or(Ok(()), |_| Err(identity))
    }

    /// Objects that have been built, each with an identity of its own.
    pub fn built<'a>(bodies: impl IntoIterator<Item = &'a Value>) -> Self {
        let mut applied = Self::default();
        for body in bodies {
            if let Ok(identity) = Identity::of(body) {
                let _: Result<(), Identity> = applied.add(identity, body.clone());
            }
        }
        applied
    }

    /// The kinds of the objects that say nothing here, though requests may depend on them: another router's, an operator's.
    pub fn unread(&self) -> BTreeSet<&str> {
        let others = self.objects.iter();
        let others = others.filter(|(_, object)| matches!(object.form, Form::Other));
        let kinds = others.map(|(identity, _)| identity.kind.as_str());
        kinds.filter(|kind| !HARMLESS.contains(kind)).collect()
    }

    /// The values of a label of the objects' own.
    pub(super) fn own_labels(&self, key: &str) -> Vec<String> {
        let all = self.objects.values();
        all.filter_map(|object| labels(&object.body["metadata"]["labels"]).remove(key))
            .collect()
    }
}

fn form(identity: &Identity, body: &Value) -> Form {
    match (identity.group.as_str(), identity.kind.as_str()) {
        ("apps", "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") => {
            Form::Workload(Box::new(Pods::of(identity, body)))
        }
        ("", SERVICE) => Service::of(body).map_or(Form::Other, Form::Service),
        ("autoscaling", "HorizontalPodAutoscaler") => {
            Autoscaler::of(identity, body).map_or(Form::Other, Form::Autoscaler)
        }
        ("keda.sh", "ScaledObject") => Form::Autoscaler(Autoscaler::of_keda(identity, body)),
        _ => routers::form(identity, body),
    }
}
