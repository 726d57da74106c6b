//! What is unsafe about a move, as plain data.

use crate::diag::{Code, Diagnostic, Place, Route};

use super::applied::Identity;

/// One of the two states of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// What is applied and at rest.
    Before,
    /// What is to be applied.
    After,
}

impl Side {
    pub(super) fn index(self) -> usize {
        match self {
            Self::Before => 0,
            Self::After => 1,
        }
    }

    /// `old` or `new`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Before => "old",
            Self::After => "new",
        }
    }
}

/// A field of an object of one side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The side.
    pub side: Side,
    /// The object.
    pub identity: Identity,
    /// The field.
    pub field: Route,
}

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// The API server refuses the object, so that the move stops half-way.
    Refused,
    /// Requests are answered with an error.
    Unserved,
    /// Requests are answered, by too few replicas or by something that nobody has tried.
    Disruptive,
    /// It may be meant.
    Remark,
}

/// One way in which a move is unsafe.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// How much it weighs.
    pub weight: Weight,
    /// The rule that is broken.
    pub code: Code,
    /// The field that is at fault.
    pub at: Spot,
    /// The field of another object that it does not go with.
    pub with: Option<Spot>,
    /// One lower-case sentence.
    pub message: String,
    /// The combination of old and new objects in which it shows; empty where any does.
    pub when: String,
    /// Whether Argo CD's sync waves, as the objects have them, keep that combination from happening.
    pub waves_help: bool,
    /// What to do instead.
    pub help: String,
    /// The share of the requests that meet it, in hundredths of a per cent, where it is known.
    pub share: Option<u32>,
}

impl Finding {
    /// A finding at a field, in words; everything else is added.
    pub(super) fn new(weight: Weight, code: Code, at: Spot, message: String) -> Self {
        Self {
            weight,
            code,
            at,
            with: None,
            message,
            when: String::new(),
            waves_help: false,
            help: String::new(),
            share: None,
        }
    }

    pub(super) fn with(mut self, with: Spot) -> Self {
        self.with = Some(with);
        self
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Notes the share of the requests that meet it, in per cent.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of at most 100 per cent, rounded"
    )]
    pub(super) fn share(mut self, share: Option<f64>) -> Self {
        self.share = share.map(|share| (share.clamp(0.0, 100.0) * 100.0).round() as u32);
        self
    }

    /// Takes over what another combination of the same finding adds.
    pub(super) fn merge(&mut self, other: &Self) {
        if self.waves_help && !other.waves_help {
            self.waves_help = false;
            self.when.clone_from(&other.when);
        }
        self.share = self.share.max(other.share);
    }

    /// The same for people and programs, at a place of theirs.
    pub fn diagnostic(&self, at: Place, with: Option<Place>) -> Diagnostic {
        let mut shown = Diagnostic::new(self.code, at, self.message.clone());
        if self.weight == Weight::Remark {
            shown.severity = crate::diag::Severity::Warning;
        }
        if let (Some(spot), Some(place)) = (&self.with, with) {
            shown = shown.label(place, format!("the {} {}", spot.side.word(), spot.identity));
        }
        for note in self.notes() {
            shown = shown.note(note);
        }
        shown.help(self.help.clone())
    }

    /// When it happens, to whom, and under which appliers.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.when.is_empty() {
            notes.push(format!("it happens with {}", self.when));
        }
        if let Some(share) = self.share {
            let share = f64::from(share) / 100.0;
            notes.push(format!(
                "it meets {share} % of the requests that no cohort claims"
            ));
        }
        if self.waves_help {
            notes.push(
                "Argo CD's sync waves do not lead there; kubectl, Flux and a sync of single objects may"
                    .to_owned(),
            );
        }
        notes
    }
}
