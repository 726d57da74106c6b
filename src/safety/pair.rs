//! What becomes of each object of a move.

use crate::units::names::{LABEL_INSTANCE, LABEL_MANAGED_BY, MANAGER};

use super::applied::{Applied, Form, Identity, Object};
use super::fields::{covers, labels, selects};
use super::finding::Side;
use super::load::Autoscaler;
use super::routing::{Routes, ServiceName, Subsets};
use super::service::Service;
use super::workload::Workload;

/// One object before and after a move.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair<'a> {
    pub(super) identity: &'a Identity,
    pub(super) before: Option<&'a Object>,
    pub(super) after: Option<&'a Object>,
}

impl<'a> Pair<'a> {
    pub(super) fn on(&self, side: Side) -> Option<&'a Object> {
        match side {
            Side::Before => self.before,
            Side::After => self.after,
        }
    }

    /// Whether the move changes what the object asks for.
    pub(super) fn is_changed(&self) -> bool {
        match (self.before, self.after) {
            (Some(before), Some(after)) if before.is_live() => {
                !covers(&before.body["spec"], &after.body["spec"])
            }
            (Some(before), Some(after)) => before.body["spec"] != after.body["spec"],
            (None, None) => false,
            (Some(_), None) | (None, Some(_)) => true,
        }
    }

    /// The sides on which the object may be found meanwhile: one where the move leaves it alone.
    pub(super) fn sides(&self) -> &'static [Side] {
        if self.is_changed() {
            &[Side::Before, Side::After]
        } else {
            &[Side::After]
        }
    }
}

/// An object that means something to requests, and what it says on both sides.
#[derive(Debug)]
pub(super) struct Typed<'a, T> {
    pub(super) pair: Pair<'a>,
    forms: [Option<&'a T>; 2],
}

impl<T> Clone for Typed<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Typed<'_, T> {}

impl<'a, T> Typed<'a, T> {
    pub(super) fn on(&self, side: Side) -> Option<&'a T> {
        self.forms[side.index()]
    }
}

/// All objects of a move.
pub(super) struct Move<'a> {
    pub(super) pairs: Vec<Pair<'a>>,
    pub(super) workloads: Vec<Workload<'a>>,
    pub(super) services: Vec<Typed<'a, Service>>,
    pub(super) subsets: Vec<Typed<'a, Subsets>>,
    pub(super) routes: Vec<Typed<'a, Routes>>,
    pub(super) autoscalers: Vec<Typed<'a, Autoscaler>>,
}

impl<'a> Move<'a> {
    pub(super) fn new(before: &'a Applied, after: &'a Applied) -> Self {
        let pairs = pairs(before, after);
        let autoscalers = typed(&pairs, Form::autoscaler);
        let workloads = typed(&pairs, Form::pods).into_iter();
        let workloads = workloads.map(|pods| Workload::new(pods, &autoscalers));
        Self {
            workloads: workloads.collect(),
            services: typed(&pairs, Form::service),
            subsets: typed(&pairs, Form::subsets),
            routes: typed(&pairs, Form::routes),
            autoscalers,
            pairs,
        }
    }

    /// The Service or pool of this name, if either side has it and it finds its pods by labels.
    pub(super) fn service(&self, name: &ServiceName) -> Option<&Typed<'a, Service>> {
        self.services.iter().find(|service| {
            let identity = service.pair.identity;
            identity.kind == name.kind
                && identity.name == name.name
                && identity.namespace == name.namespace
        })
    }

    /// Whether any workload has pods that a Service selects, on either side. The pods of one that nobody here runs, such as an
    /// operator's, cannot be judged.
    pub(super) fn has_pods_of(&self, service: &Typed<'a, Service>) -> bool {
        let sides = [Side::Before, Side::After];
        let selectors = sides.map(|side| service.on(side).map(|service| &service.selector));
        let namespace = &service.pair.identity.namespace;
        let mut workloads = self.workloads.iter();
        workloads.any(|workload| {
            let is_there = workload.pair().identity.namespace == *namespace;
            let pods = sides.iter().filter_map(|side| workload.pods(*side));
            is_there
                && pods.into_iter().any(|pods| {
                    let mut selectors = selectors.iter().flatten();
                    selectors.any(|selector| selects(selector, &pods.labels))
                })
        })
    }
}

/// What either side of each pair has of one form.
fn typed<'a, T>(pairs: &[Pair<'a>], read: fn(&'a Form) -> Option<&'a T>) -> Vec<Typed<'a, T>> {
    let typed = pairs.iter().filter_map(|pair| {
        let forms = [pair.before, pair.after].map(|object| read(&object?.form));
        let is_there = forms.iter().any(Option::is_some);
        is_there.then_some(Typed { pair: *pair, forms })
    });
    typed.collect()
}

fn pairs<'a>(before: &'a Applied, after: &'a Applied) -> Vec<Pair<'a>> {
    let rollouts = after.own_labels(LABEL_INSTANCE);
    // A namespace that was read from a server has objects of other people, and nobody takes those away: only what this very
    // rollout has written is pruned with it.
    let stays = |object: &Object| {
        let mut own = labels(&object.body["metadata"]["labels"]);
        let is_ours = own.remove(LABEL_MANAGED_BY).as_deref() == Some(MANAGER)
            && own
                .remove(LABEL_INSTANCE)
                .is_some_and(|of| rollouts.contains(&of));
        object.is_live() && !is_ours
    };
    let old = before.objects.iter().map(|(identity, object)| {
        let kept = || stays(object).then_some(object);
        Pair {
            identity,
            before: Some(object),
            after: after.objects.get(identity).or_else(kept),
        }
    });
    let new = after.objects.iter();
    let new = new.filter(|(identity, _)| !before.objects.contains_key(identity));
    let new = new.map(|(identity, object)| Pair {
        identity,
        before: None,
        after: Some(object),
    });
    old.chain(new).collect()
}
