//! Random rollouts that are valid by construction, but for cohorts that may cover each other.

mod document;
mod matcher;

use std::collections::{BTreeMap, BTreeSet};

use glidepath::trace::{Request, Via};
use glidepath::units::{ClaimPath, RouterName};

pub(crate) use matcher::{Base, Entry, Matcher};
use matcher::{base_routes, copied, entry};

/// A whole, in hundredths of a percent.
pub(crate) const WHOLE: u32 = 10_000;

/// The hosts of requests at a gateway.
const HOSTS: [&str; 4] = [
    "a.example",
    "canary.example",
    "Canary.Example:8443",
    "beta.example",
];

/// Numbers to choose by; after the end, all are 0, so that a shorter tape is a simpler rollout.
pub(crate) struct Tape<'a> {
    numbers: &'a [u16],
}

impl<'a> Tape<'a> {
    pub(crate) fn new(numbers: &'a [u16]) -> Self {
        Self { numbers }
    }

    /// A number from 0 to `end - 1`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let Some((first, rest)) = self.numbers.split_first() else {
            return 0;
        };
        self.numbers = rest;
        usize::from(*first) % end
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    pub(crate) fn pick<'b, T>(&mut self, items: &'b [T]) -> &'b T {
        &items[self.below(items.len())]
    }
}

/// Shares by model, in hundredths; as written, so a model may be missing.
pub(crate) type Shares = BTreeMap<usize, u32>;

/// What a step says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Step {
    pub(crate) weights: Option<Shares>,
    pub(crate) cohorts: BTreeMap<usize, Option<Shares>>,
    pub(crate) mirror: Option<Option<(usize, u32)>>,
    pub(crate) deploy: BTreeSet<usize>,
    pub(crate) retire: BTreeSet<usize>,
    pub(crate) keep: BTreeSet<usize>,
    pub(crate) replicas: BTreeMap<usize, u32>,
}

/// What is, after a step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct State {
    pub(crate) split: Shares,
    pub(crate) cohorts: BTreeMap<usize, Shares>,
    pub(crate) mirror: Option<(usize, u32)>,
}

/// What users are known by.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sticky {
    Cookie,
    Header,
}

/// Whose requests are copied beside those that no cohort claims.
#[derive(Clone, Debug)]
pub(crate) enum CopiedCohorts {
    Unsaid,
    All,
    None,
    Some(BTreeSet<usize>),
}

impl CopiedCohorts {
    pub(crate) fn has(&self, cohort: usize) -> bool {
        match self {
            Self::Unsaid | Self::None => false,
            Self::All => true,
            Self::Some(cohorts) => cohorts.contains(&cohort),
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Rollout {
    pub(crate) router: RouterName,
    pub(crate) models: usize,
    pub(crate) stable: usize,
    pub(crate) cohorts: Vec<Vec<Entry>>,
    /// How much of all requests each cohort claims, in hundredths of a percent, where the rollout says it.
    pub(crate) sizes: Vec<Option<u32>>,
    pub(crate) routes: Vec<Base>,
    pub(crate) steps: Vec<Step>,
    pub(crate) sticky: Option<Sticky>,
    /// Which requests the mirrors copy; without an entry, all.
    pub(crate) copied: Vec<Entry>,
    /// The cohorts whose requests the mirrors copy, as the rollout says it.
    pub(crate) copied_cohorts: CopiedCohorts,
    ports: Vec<(&'static str, u16)>,
    pub(crate) gateway: bool,
    retire: bool,
}

impl Rollout {
    pub(crate) fn random(tape: &mut Tape<'_>) -> Self {
        let router = *tape.pick(&[RouterName::Istio, RouterName::Istio, RouterName::GatewayApi]);
        Self::random_for(router, tape)
    }

    pub(crate) fn random_for(router: RouterName, tape: &mut Tape<'_>) -> Self {
        let is_plain = router == RouterName::GatewayApi;
        let models = 2 + tape.below(4);
        let stable = tape.below(models);
        let routes = base_routes(tape);
        let may_use_regex_paths = !is_plain && routes.iter().all(|base| base.entries.is_empty());
        let gateway = tape.once_in(2);
        let cohorts: Vec<Vec<Entry>> = (0..tape.below(4))
            .map(|_| {
                (0..=tape.below(2))
                    .map(|_| entry(tape, may_use_regex_paths, gateway, is_plain))
                    .collect()
            })
            .collect();
        let sizes = cohorts.iter().map(|_| {
            let size = u32::try_from(tape.below(3_334)).expect("small");
            (!tape.once_in(3)).then_some(size)
        });
        let sizes = sizes.collect();
        let mut ports = vec![("http", 80)];
        // A GRPCRoute rewrites nothing.
        let may_call = !is_plain || routes.iter().all(|route| route.rewrite.is_none());
        ports.extend((tape.once_in(2) && may_call).then_some(("grpc", 9090)));
        ports.extend(tape.once_in(3).then_some(("redis", 6379)));
        let copied_cohorts = match tape.below(4) {
            0 => CopiedCohorts::Unsaid,
            1 => CopiedCohorts::All,
            2 => CopiedCohorts::None,
            _ if cohorts.is_empty() => CopiedCohorts::None,
            _ => CopiedCohorts::Some(BTreeSet::from([tape.below(cohorts.len())])),
        };
        let mut rollout = Self {
            router,
            copied: if is_plain { Vec::new() } else { copied(tape) },
            copied_cohorts,
            models,
            stable,
            cohorts,
            sizes,
            routes,
            sticky: None,
            steps: Vec::new(),
            ports,
            gateway,
            retire: !tape.once_in(4),
        };
        let steps: Vec<Step> = (0..=tape.below(5)).map(|_| rollout.step(tape)).collect();
        for step in steps {
            rollout.push(step);
        }
        rollout.end_with_traffic_only();
        rollout.keep_what_cohorts_use();
        rollout.deploy_and_retire(tape);
        rollout.sticky = rollout.key(router, tape);
        rollout
    }

    /// There is one matcher for each header, so no user is known by a cookie where a cohort is.
    fn key(&self, router: RouterName, tape: &mut Tape<'_>) -> Option<Sticky> {
        // A route of Gateway API holds few rules, and each model of a split is two.
        if router == RouterName::GatewayApi && !(self.models == 2 && tape.once_in(2)) {
            return None;
        }
        let mut entries = self.cohorts.iter().flatten();
        let by_cookie = entries.all(|entry| entry.cookie.is_none());
        match tape.below(4) {
            0 | 1 => None,
            2 if by_cookie => Some(Sticky::Cookie),
            _ => Some(Sticky::Header),
        }
    }

    /// Whatever a user may be known by, and what looks like it.
    fn be_known(&self, request: &mut Request, tape: &mut Tape<'_>) {
        if self.sticky.is_none() {
            return;
        }
        for name in ["x-request-id", "x-user-hash", "cookie"] {
            let id = format!("{:03x}{:02x}-4e", tape.below(4_096), tape.below(256));
            let value = match tape.below(6) {
                0 => continue,
                1 => "zz9".to_owned(),
                // Envoy's own are in lower case.
                2 if name == "x-user-hash" => id.to_ascii_uppercase(),
                _ => id,
            };
            let value = match name {
                "cookie" => (*tape.pick(&["a=1; bucket={}", "bucket={}; q=1", "xbucket={}"]))
                    .replace("{}", &value),
                _ => value,
            };
            request.headers.insert(name.to_owned(), value);
        }
    }

    /// Some models get some shares; stable is named only where all is given away.
    fn shares(&self, tape: &mut Tape<'_>) -> Shares {
        let unit = *tape.pick(&[100, 100, 10, 1, 5_000]);
        let mut left = WHOLE / unit;
        let mut shares = Shares::new();
        for model in (0..self.models).filter(|model| *model != self.stable) {
            let some = tape.below(usize::try_from(left).expect("small") + 1);
            let some = u32::try_from(some).expect("small");
            left -= some;
            shares.insert(model, some * unit);
        }
        if tape.once_in(3) {
            shares.insert(self.stable, left * unit);
        } else if tape.once_in(2) {
            shares.retain(|_, share| *share > 0);
        }
        if shares.is_empty() {
            shares.insert(self.stable, WHOLE);
        }
        shares
    }

    fn step(&self, tape: &mut Tape<'_>) -> Step {
        let mut step = Step::default();
        if !tape.once_in(4) {
            step.weights = Some(self.shares(tape));
        }
        for cohort in 0..self.cohorts.len() {
            if tape.once_in(2) {
                let target = match tape.below(4) {
                    0 => None,
                    1 => Some(self.shares(tape)),
                    _ => Some(Shares::from([(tape.below(self.models), WHOLE)])),
                };
                step.cohorts.insert(cohort, target);
            }
        }
        if tape.once_in(3) {
            let percent = 1 + u32::try_from(tape.below(9_999)).expect("small");
            step.mirror = Some(Some((tape.below(self.models), percent)));
        }
        if tape.once_in(4) {
            step.replicas.insert(
                tape.below(self.models),
                3 + u32::try_from(tape.below(3)).expect("small"),
            );
        }
        step
    }

    /// Appends a step, without what the language refuses; a step that changes nothing is dropped.
    fn push(&mut self, mut step: Step) {
        let before = self.state(self.steps.len());
        self.steps.push(step.clone());
        let mut now = self.state(self.steps.len());
        self.steps.pop();
        if let Some((to, _)) = now.mirror
            && now.split == Shares::from([(to, WHOLE)])
        {
            step.mirror = before.mirror.map(|_| None);
            now.mirror = None;
        }
        if now != before {
            self.steps.push(step);
        }
    }

    /// Copies to a model that nothing else reaches would be cut off when that model retires.
    fn end_with_traffic_only(&mut self) {
        while let Some(mut last) = self.steps.pop() {
            self.steps.push(last.clone());
            let state = self.state(self.steps.len());
            let without = State {
                mirror: None,
                ..state.clone()
            };
            if state
                .mirror
                .is_none_or(|(to, _)| used(&without).contains(&to))
            {
                return;
            }
            self.steps.pop();
            last.mirror = self.state(self.steps.len()).mirror.map(|_| None);
            self.push(last);
            if self.steps.is_empty() {
                break;
            }
        }
        let other = (self.stable + 1) % self.models;
        self.steps = vec![Step {
            weights: Some(Shares::from([(other, WHOLE)])),
            ..Step::default()
        }];
    }

    /// Who answers a cohort at the end, and no weighted request, does so on purpose.
    fn keep_what_cohorts_use(&mut self) {
        let state = self.state(self.steps.len());
        let pinned = state.cohorts.values().flat_map(BTreeMap::keys).copied();
        let kept = pinned.filter(|model| !state.split.contains_key(model));
        let last = self.steps.last_mut().expect("there is a step");
        last.keep = kept.collect();
    }

    /// Some models start and go in steps of their own choice: after the last request, and before the first.
    fn deploy_and_retire(&mut self, tape: &mut Tape<'_>) {
        let used: Vec<BTreeSet<usize>> = (1..=self.steps.len())
            .map(|at| used(&self.state(at)))
            .collect();
        for model in 0..self.models {
            let first = used.iter().position(|used| used.contains(&model));
            if let Some(first) = first
                && model != self.stable
                && first > 0
                && tape.once_in(3)
            {
                self.steps[tape.below(first)].deploy.insert(model);
            }
            let last = used.iter().rposition(|used| used.contains(&model));
            let earliest = match last {
                Some(last) => last + 2,
                None if model == self.stable => 1,
                None => continue,
            };
            if earliest < self.steps.len() && tape.once_in(3) {
                let at = earliest + tape.below(self.steps.len() - earliest);
                self.steps[at].retire.insert(model);
            }
        }
    }

    /// The state after so many steps.
    pub(crate) fn state(&self, steps: usize) -> State {
        let mut state = State {
            split: Shares::from([(self.stable, WHOLE)]),
            cohorts: BTreeMap::new(),
            mirror: None,
        };
        for step in &self.steps[..steps] {
            if let Some(weights) = &step.weights {
                state.split = self.whole(weights);
            }
            for (cohort, target) in &step.cohorts {
                match target {
                    Some(shares) => state.cohorts.insert(*cohort, self.whole(shares)),
                    None => state.cohorts.remove(cohort),
                };
            }
            if let Some(mirror) = step.mirror {
                state.mirror = mirror;
            }
        }
        state
    }

    /// What is left goes to stable.
    fn whole(&self, shares: &Shares) -> Shares {
        let mut whole = shares.clone();
        let left = WHOLE - shares.values().sum::<u32>();
        *whole.entry(self.stable).or_default() += left;
        whole.retain(|_, share| *share > 0);
        whole
    }

    pub(crate) fn request(&self, tape: &mut Tape<'_>) -> Request {
        const VALUES: [&str; 6] = ["v1", "v2", "v17", "w", "on", "x-v1"];
        const PATHS: &[&str] = &[
            "/",
            "/v1/models/a",
            "/v1/models/a/b",
            "/v1/models",
            "/v1/models2",
            "/v1/x",
            "/v2",
            "/v2/y",
            "/V1/models",
        ];
        let via = if self.gateway && tape.once_in(2) {
            Via::Gateway
        } else {
            Via::Mesh
        };
        let routed: Vec<u16> = self
            .ports
            .iter()
            .filter(|(name, _)| *name != "redis")
            .map(|(_, number)| *number)
            .collect();
        let port = match via {
            Via::Gateway => 80,
            Via::Mesh => *tape.pick(&routed),
        };
        // A call of gRPC is nothing else.
        let is_call = self.router == RouterName::GatewayApi && port == 9090;
        let (methods, paths): (&[&str], &[&str]) = if is_call {
            (&["POST"], &["/v1/models", "/v1/x", "/v2/y", "/v1/models2"])
        } else {
            (&["GET", "POST", "PUT"], PATHS)
        };
        let mut request = Request {
            via,
            port,
            method: (*tape.pick(methods)).to_owned(),
            path: (*tape.pick(paths)).to_owned(),
            headers: BTreeMap::new(),
            query: BTreeMap::new(),
            host: Some(match via {
                Via::Gateway => (*tape.pick(&HOSTS)).to_owned(),
                Via::Mesh => "random.tests:80".to_owned(),
            }),
            claims: BTreeMap::new(),
            source_labels: BTreeMap::new(),
            source_namespace: None,
        };
        for name in ["x-a", "x-b", "user-group"] {
            if tape.once_in(2) {
                let value = (*tape.pick(&VALUES)).to_owned();
                request.headers.insert(name.to_owned(), value);
            }
        }
        if tape.once_in(2) {
            let value = (*tape.pick(&VALUES)).to_owned();
            request.headers.insert("x-copy".to_owned(), value);
        }
        for name in ["group", "realm.roles"] {
            let values = (0..tape.below(3)).map(|_| (*tape.pick(&VALUES)).to_owned());
            let values: Vec<String> = values.collect();
            let path = ClaimPath::parse(name).expect("a claim");
            request.claims.insert(path, values);
        }
        for name in ["q", "model"] {
            if !is_call && tape.once_in(2) {
                let value = (*tape.pick(&VALUES)).to_owned();
                request.query.insert(name.to_owned(), value);
            }
        }
        if tape.once_in(2) {
            let cookies = [
                "exp=b.1",
                "a=1; exp=b.12",
                "exp=bx1; z=2",
                "exp2=b.1",
                "aexp=b.1; y=exp",
                "q=1;exp=b.1;r=2",
            ];
            request
                .headers
                .insert("cookie".to_owned(), (*tape.pick(&cookies)).to_owned());
        }
        self.be_known(&mut request, tape);
        if via == Via::Mesh {
            if tape.once_in(2) {
                let app = (*tape.pick(&["web", "batch", "other"])).to_owned();
                request.source_labels.insert("app".to_owned(), app);
            }
            if tape.once_in(2) {
                request.source_namespace = Some((*tape.pick(&["shop", "office"])).to_owned());
            }
        }
        request
    }
}

/// The models that any request reaches.
fn used(state: &State) -> BTreeSet<usize> {
    let cohorts = state.cohorts.values().flat_map(BTreeMap::keys);
    let mirror = state.mirror.map(|(to, _)| to);
    state
        .split
        .keys()
        .chain(cohorts)
        .copied()
        .chain(mirror)
        .collect()
}

pub(crate) fn name(model: usize) -> String {
    format!("m{model}")
}
