//! In: a [`Document`](crate::spec::Document). Out: a [`Plan`]: ordered [`Stage`]s, each the whole desired state, and every
//! complaint that only the whole document can show.
//! Names are resolved, defaults filled in, transitions proved. Never knows Kubernetes kinds.

mod accelerators;
mod argocd;
mod checks;
mod cost;
mod flags;
pub mod gates;
mod hosts;
mod labels;
mod match_join;
mod matching;
mod model;
mod patch;
pub mod pods;
mod pool;
mod preview;
mod resolve;
mod router;
mod rules;
pub mod runtimes;
mod scaling;
mod sources;
mod split;
mod stage;
mod sticky;
mod storage;
mod strain;
pub mod template;
mod total_share;
mod traffic;
mod transition;
mod way_back;
mod wire;
mod with_traffic;

use std::collections::{BTreeMap, BTreeSet};

pub use accelerators::Accelerators;
pub use argocd::{ArgoCd, Cluster, ClusterWaves, Delivery, Project};
pub use cost::{Amount, Between};
pub use flags::{Flag, FlagUsers};
pub use gates::{Gate, GateId, GateKind};
pub use hosts::RoutedHost;
pub use labels::labels;
pub use match_join::MatchJoin;
pub use matching::{Joined, join};
pub use model::{
    Account, Backend, Budget, ContainerPort, Drain, Generated, HostPort, Model, ModelId, Own,
    OwnObject, Pod, PodNames, Rolling, ServedModel, Workload,
};
pub use patch::{Change, Patch};
pub use pods::Config;
pub use pool::{CreatedPool, Pool};
pub use resolve::{Expansion, expand, resolve};
pub use router::{Gateway, GatewayApi, Grant, Istio, Parent, Router, Server, WrittenGateway};
pub use rules::{
    Callers, Copy, MOST_CONDITIONS, MOST_MATCHES, MOST_RULES, Origin, Part, Rule, Unordered,
    WrittenRule,
};
pub use scaling::{Autoscaler, Autoscaling, Scaling};
pub use sources::{Auth, MetricSource, SourceId};
pub use split::Split;
pub use stage::{CohortId, Mirror, MirrorTarget, Stage, StageId, StageKind};
pub use sticky::{BUCKETS, Buckets, Moved, Moves, StageBuckets, Sticky, StickyCookie};
pub use storage::{Content, INITIALIZER, MODELS_FOLDER, ModelCache, OwnVolume, Source};
pub use total_share::{Fraction, TotalShare};
pub use traffic::{BaseMatch, BaseRoute, Cohort, Match, StringMatch, Traffic, Unmatched};
pub use transition::{Breach, Served, transition};
pub use way_back::WayBack;
pub use wire::Wire;

pub use crate::spec::{
    Approval, DrainHook, Feature, HeaderOperations, Headers, Implementation, Keda, NoData,
    OnInconclusive, PortRef, Rewrite, RuntimeName, ServiceType,
};

use crate::units::{DnsLabel, Duration, Percent, Quantity, names};

/// A rollout, resolved: nothing in it refers to something that is not there.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The rollout's name.
    pub name: DnsLabel,
    /// The namespace of the rollout's objects, if the spec says so.
    pub namespace: Option<DnsLabel>,
    /// Labels for every object, beside the ones that glidepath sets.
    pub labels: BTreeMap<String, String>,
    /// Annotations for every object, beside the ones that glidepath sets.
    pub annotations: BTreeMap<String, String>,
    /// The namespace's own labels, where it is one of the objects.
    pub create_namespace: Option<BTreeMap<String, String>>,
    /// The entry point in front of all models.
    pub service: Service,
    /// Every version that takes part, in the order of the spec.
    pub models: Vec<Model>,
    /// The model that serves before the first step.
    pub stable: ModelId,
    /// How requests come in and are routed.
    pub traffic: Traffic,
    /// Requests that can be pinned, first match first.
    pub cohorts: Vec<Cohort>,
    /// The flags whose definitions are written, by key.
    pub flags: Vec<Flag>,
    /// The gates, in the order of the spec.
    pub gates: Vec<Gate>,
    /// The sources that gates ask, the default one first; never none.
    pub sources: Vec<MetricSource>,
    /// Templates of the labels by which the series that a model's pods export are selected; none where their names do.
    pub selector: BTreeMap<String, String>,
    /// The stages in order; never none.
    pub stages: Vec<Stage>,
    /// The way back from each of them.
    ways_back: Vec<WayBack>,
    /// The models that steps scale.
    scaled: Vec<ModelId>,
    /// The live stage, where the spec and not a tree says it.
    pub live: Option<StageId>,
    /// Changes of the objects that are written, in their order.
    pub patches: Vec<Patch>,
    /// Limits for the steps.
    pub policy: Policy,
    /// The objects that Argo CD itself reads, where the spec asks for them.
    pub argocd: Option<ArgoCd>,
}

/// The entry point in front of all models.
#[derive(Clone, Debug)]
pub struct Service {
    /// The Service's name.
    pub name: String,
    /// Whether it is one of the objects; otherwise somebody else writes it.
    pub create: bool,
    /// Whether each model has another Service of its own.
    pub per_model: bool,
    /// The model that another Service leads to alone while it runs.
    pub preview: Option<ModelId>,
    /// The Service's type.
    pub kind: ServiceType,
    /// The Service's ports; never empty.
    pub ports: Vec<ServicePort>,
    /// The labels of the pods that it leads to, once the pods are glidepath's; empty where every model has a backend of its own.
    pub selector: BTreeMap<String, String>,
    /// The labels of the pods that run already, for the stage `adopt`, where they are others.
    pub adopted_selector: Option<BTreeMap<String, String>>,
    /// Labels of the Service itself, beside those of every object.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the Service, beside those of every object.
    pub annotations: BTreeMap<String, String>,
    /// Whether callers from one address stay with one pod, and for how many seconds where the spec says so.
    pub session: Option<Option<u32>>,
}

impl Service {
    /// The name of the Service of one model.
    pub fn name_of(&self, model: &DnsLabel) -> String {
        format!("{}-{model}", self.name)
    }

    /// The name of the Service that leads to one model alone, whichever that is.
    pub fn preview_name(&self) -> String {
        format!("{}-preview", self.name)
    }

    /// The labels of the pods that it leads to in a stage.
    pub fn selector_in(&self, stage: StageKind) -> &BTreeMap<String, String> {
        let adopted = self.adopted_selector.as_ref();
        adopted
            .filter(|_| !stage.is_routed())
            .unwrap_or(&self.selector)
    }
}

/// One port of the Service.
#[derive(Clone, Debug)]
pub struct ServicePort {
    /// The port's name.
    pub name: String,
    /// The number that callers use.
    pub number: u16,
    /// The container port that the port leads to.
    pub target: PortRef,
    /// The protocol on the port.
    pub wire: Wire,
    /// The port of every node.
    pub node_port: Option<u16>,
}

/// Limits for the steps.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The most points that one model's share of all requests may rise by in one step.
    pub max_increase: Percent,
    /// The most points that the share of all models that are not stable may rise by in one step.
    pub max_exposure_increase: Percent,
    /// The most of each resource that any stage may ask for beyond the first and the last.
    pub max_extra: BTreeMap<String, Quantity>,
    /// The least time in any stage.
    pub min_bake: Duration,
    /// Whether the live stage must have arrived in the cluster, by Argo CD's word, before it is left.
    pub require_healthy: bool,
    /// The greatest age at which evidence that a pull request carries speaks for its merge.
    pub evidence_max_age: Duration,
}

impl Plan {
    /// The model behind an id.
    pub fn model(&self, id: ModelId) -> &Model {
        &self.models[id.0]
    }

    /// The paths of the files beside the document that it names, below its folder.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.gates.iter().filter_map(|gate| {
            if let GateKind::Drift(drift) = &gate.kind {
                drift.reference.as_deref()
            } else {
                None
            }
        })
    }

    /// The models' ids, in the order of the spec.
    pub fn model_ids(&self) -> impl Iterator<Item = ModelId> + use<> {
        (0..self.models.len()).map(ModelId)
    }

    /// The model that a route's address leads to: `v41.ml.svc.cluster.local:80`, be it a backend or the model's own Service, or a pool
    /// as `Kind/ml/v41`.
    pub fn model_behind(&self, address: &str) -> Option<&Model> {
        let namespace = self.namespace.as_ref().map(DnsLabel::as_str);
        let is_behind = |model: &&Model| match (&model.pool, &model.backend) {
            (Some(pool), _) => address
                .rsplit_once('/')
                .is_some_and(|(_, name)| name == pool.name),
            (None, Some(backend)) => {
                address == format!("{}:{}", backend.host(namespace), backend.port)
            }
            (None, None) => {
                let own = names::service_host(&self.service.name_of(&model.name), namespace);
                address
                    .rsplit_once(':')
                    .is_some_and(|(host, _)| host == own)
            }
        };
        self.models.iter().find(is_behind)
    }

    /// The cohort behind an id.
    pub fn cohort(&self, id: CohortId) -> &Cohort {
        &self.cohorts[id.0]
    }

    /// The gate behind an id.
    pub fn gate(&self, id: GateId) -> &Gate {
        &self.gates[id.0]
    }

    /// The source behind an id.
    pub fn source(&self, id: SourceId) -> &MetricSource {
        &self.sources[id.0]
    }

    /// The sources that the gates of a stage ask.
    pub fn asked_in(&self, stage: StageId) -> BTreeSet<SourceId> {
        let gates = self.stage(stage).gates.iter().map(|id| self.gate(*id));
        let asking = gates.filter(|gate| gate.kind.facts().asks_telemetry());
        asking.map(|gate| gate.source).collect()
    }

    /// The gates' ids, in the order of the spec.
    pub fn gate_ids(&self) -> impl Iterator<Item = GateId> + use<> {
        (0..self.gates.len()).map(GateId)
    }

    /// The stage behind an id.
    pub fn stage(&self, id: StageId) -> &Stage {
        &self.stages[id.0]
    }

    /// The stages' ids, in order.
    pub fn stage_ids(
        &self,
    ) -> impl DoubleEndedIterator<Item = StageId> + ExactSizeIterator + use<> {
        (0..self.stages.len()).map(StageId)
    }

    /// The stage in which a rollout begins whose pods are glidepath's already.
    pub fn baseline(&self) -> StageId {
        let mut ids = self.stage_ids();
        ids.find(|id| self.stage(*id).kind == StageKind::Baseline)
            .expect("every plan has a baseline")
    }

    /// Whether the first stage takes over pods that run already, and routes nothing.
    pub fn adopts(&self) -> bool {
        !self.stage(StageId::FIRST).kind.is_routed()
    }

    /// The stage of this name.
    pub fn stage_named(&self, name: &str) -> Option<StageId> {
        self.stage_ids()
            .find(|id| self.stage(*id).name.as_str() == name)
    }

    /// The stage of this name, or of this folder (`03-weight-10`).
    pub fn stage_called(&self, wanted: &str) -> Option<StageId> {
        let of_folder = || self.stage_ids().find(|id| self.numbered(*id) == wanted);
        self.stage_named(wanted).or_else(of_folder)
    }

    /// The stage after one; none after the last.
    pub fn stage_after(&self, id: StageId) -> Option<StageId> {
        Some(StageId(id.0 + 1)).filter(|after| after.0 < self.stages.len())
    }

    /// `03-weight-10`: the stage's number, padded to the width of the largest (at least 2), and its name.
    pub fn numbered(&self, id: StageId) -> String {
        let width = (self.stages.len() - 1).to_string().len().max(2);
        format!("{:0width$}-{}", id.0, self.stage(id).name)
    }

    /// The models that a gate judges in a stage: the one it names, or every one with traffic that is not stable; in `deploy`, where
    /// none has any yet, those that it starts for the traffic to come.
    pub fn judged(&self, gate: &Gate, stage: StageId) -> Vec<ModelId> {
        let stage = self.stage(stage);
        let models: Vec<ModelId> = match stage.kind {
            StageKind::Deploy => stage.running.keys().copied().collect(),
            StageKind::Adopt | StageKind::Baseline | StageKind::Step | StageKind::Retire => {
                stage.with_traffic().into_iter().collect()
            }
        };
        models
            .into_iter()
            .filter(|model| match gate.model {
                Some(named) => *model == named,
                None => *model != self.stable,
            })
            .collect()
    }

    /// Whether every request of a stage goes to stable.
    pub fn is_only_stable(&self, id: StageId) -> bool {
        self.way_back(id) == WayBack::Stable
    }

    /// How the traffic of a stage comes back to stable.
    pub fn way_back(&self, id: StageId) -> WayBack {
        self.ways_back[id.0]
    }

    /// The stage that a rollback goes to: see [`WayBack::To`].
    pub fn rollback_target(&self, id: StageId) -> Option<StageId> {
        self.way_back(id).target().map(StageId)
    }

    /// Whether a stage has left stable behind: see [`WayBack::is_past_return`].
    pub fn is_past_return(&self, id: StageId) -> bool {
        self.way_back(id).is_past_return()
    }

    /// Finds the way back from each stage.
    fn with_ways_back(mut self) -> Self {
        self.scaled = self.scaled_by_steps();
        let suffices = self.suffices();
        self.ways_back = way_back::ways_back(
            self.stages.len(),
            |stage| {
                let mut reached = self.stages[stage].reached();
                reached.all(|model| model == self.stable)
            },
            |from, to| {
                suffices(from, to) && transition(&self.stages[from], &self.stages[to]).is_empty()
            },
        );
        self
    }
}
