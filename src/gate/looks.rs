//! When a gate looks, and at what: windows end at boundaries that are known beforehand, never at the time of asking.

use crate::plan::Gate;
use crate::units::{Duration, Timestamp};

/// The shortest window that a gate may fail early on.
const SHORTEST_FAIL_FAST: Duration = Duration::from_seconds(300);

/// The time that samples count from (exclusive) and to (inclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The time after which samples count.
    pub start: Timestamp,
    /// The time until which samples count.
    pub end: Timestamp,
}

impl Window {
    /// The time from the start to the end.
    pub fn length(self) -> Duration {
        self.end.since(self.start)
    }
}

/// How far the looks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Before the first look.
    Baking,
    /// Between the first look and the last.
    Interim,
    /// At the last look.
    Final,
}

impl State {
    /// The state's word in evidence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baking => "baking",
            Self::Interim => "interim",
            Self::Final => "final",
        }
    }
}

/// One look of a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// The look's number, from 1; 0 before the first.
    pub number: u32,
    /// How many looks the gate has in the stage.
    pub of: u32,
    /// How far the looks are.
    pub state: State,
    /// The time that the look is about; none before the first.
    pub window: Option<Window>,
    /// When the next look is due, if there is one.
    pub next: Option<Timestamp>,
}

/// The looks of one gate in one stage.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    start: Timestamp,
    look: Duration,
    settle: Duration,
    looks: u32,
}

impl Schedule {
    /// The looks of a gate in a stage that began at `began` and bakes for `bake`.
    pub fn new(gate: &Gate, bake: Duration, began: Timestamp) -> Self {
        let facts = gate.kind.facts();
        // Telemetry misleads at first, and is late; who asks none waits for neither.
        let (warmup, settle) = if facts.asks_telemetry() {
            (gate.warmup, gate.settle)
        } else {
            (Duration::ZERO, Duration::ZERO)
        };
        Self {
            start: began.plus(warmup).plus(facts.delay()),
            look: gate.look(bake),
            settle,
            looks: gate.max_looks,
        }
    }

    /// The look at `now`: the last whose window has ended and whose samples have had time to arrive.
    pub fn at(&self, now: Timestamp) -> Look {
        let passed = now.minus(self.settle).since(self.start).seconds() / self.look.seconds();
        let number = u32::try_from(passed).unwrap_or(u32::MAX).min(self.looks);
        let window = (number > 0).then(|| Window {
            start: self.start,
            end: self.end_of(number),
        });
        Look {
            number,
            of: self.looks,
            state: match number {
                0 => State::Baking,
                number if number < self.looks => State::Interim,
                _ => State::Final,
            },
            window,
            next: (number < self.looks).then(|| self.end_of(number + 1).plus(self.settle)),
        }
    }

    /// The whole window, from the first sample to the last look.
    pub fn whole(&self) -> Window {
        Window {
            start: self.start,
            end: self.end_of(self.looks),
        }
    }

    /// What a gate may fail early on: all that there is before the first look, the last look's length of it afterwards.
    pub fn fail_fast(&self, now: Timestamp) -> Option<Window> {
        let end = now.minus(self.settle);
        let start = match self.at(now).number {
            0 => self.start,
            _ => end.minus(self.look),
        };
        let window = Window { start, end };
        (window.length() >= SHORTEST_FAIL_FAST).then_some(window)
    }

    fn end_of(&self, number: u32) -> Timestamp {
        let seconds = self.look.seconds().saturating_mul(u64::from(number));
        self.start.plus(Duration::from_seconds(seconds))
    }
}
