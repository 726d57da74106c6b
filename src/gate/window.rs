//! The time that a gate judges: from the end of the warm-up to the end of the bake, and longer only where that was not enough.
//! Its boundaries are known beforehand, and never the time of asking, so the same question always gets the same answer.

use std::f64::consts::PI;

use crate::plan::Gate;
use crate::units::{Duration, Timestamp};

/// Seconds by which a window grows at least that did not tell enough.
const LEAST_GROWTH: u64 = 60;
/// How long a window may grow.
const LONGEST_HOLD: Duration = Duration::from_seconds(7 * 86_400);
/// Seconds of the blocks that a gate may fail on after its window.
const SHORTEST_BLOCK: u64 = 3_600;
const LONGEST_BLOCK: u64 = 6 * 3_600;
/// So many of them are looked at again.
const LATEST_BLOCKS: u64 = 3;

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

/// How far a gate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The window is not over, or its samples may not all be there.
    Baking,
    /// The window is over, and judged.
    Final,
    /// The window did not tell, and more time is judged.
    Held,
}

impl State {
    /// The state's word in evidence.
    pub fn name(self) -> &'static str {
        match self {
            Self::Baking => "baking",
            Self::Final => "final",
            Self::Held => "held",
        }
    }
}

/// The times of one gate in one stage.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    whole: Window,
    settle: Duration,
}

impl Schedule {
    /// The times of a gate in a stage that began at `began` and bakes for `bake`.
    pub fn new(gate: &Gate, bake: Duration, began: Timestamp) -> Self {
        let facts = gate.kind.facts();
        let began = began.plus(facts.delay());
        // Telemetry misleads at first, and is late; who asks none waits for neither.
        let (start, settle) = if facts.asks_telemetry() {
            (began.plus(gate.warmup), gate.settle)
        } else {
            (began, Duration::ZERO)
        };
        let least = start.plus(Duration::from_seconds(1));
        Self {
            whole: Window {
                start,
                end: began.plus(bake).max(least),
            },
            settle,
        }
    }

    /// The window that is judged once.
    pub fn whole(&self) -> Window {
        self.whole
    }

    /// When the window's samples have had time to arrive.
    pub fn decides(&self) -> Timestamp {
        self.whole.end.plus(self.settle)
    }

    /// The longer windows that are judged in turn where the first did not tell, up to `now`. Each is longer than the one before by
    /// a quarter, and by a minute at least; after a week there are no more.
    pub fn longer(&self, now: Timestamp) -> Vec<Window> {
        let last = now
            .minus(self.settle)
            .min(self.whole.end.plus(LONGEST_HOLD));
        let mut found = Vec::new();
        let mut window = self.whole;
        loop {
            let growth = LEAST_GROWTH.max(window.length().seconds() / 4);
            window.end = window.end.plus(Duration::from_seconds(growth));
            if window.end > last {
                return found;
            }
            found.push(window);
        }
    }

    /// What a gate may fail on at once, and which part of the chance to be wrong is spent on each: all that there is until the window
    /// is judged, and after that also the latest of equal blocks of what came since.
    ///
    /// The first gets one half, and the k-th block `3 / (π² k²)`: together they are 1, however long the stage stays.
    pub fn early(&self, now: Timestamp) -> Vec<(Window, f64)> {
        let start = self.whole.start;
        if now <= self.decides() {
            let window = Window { start, end: now };
            return if now > start {
                vec![(window, 0.5)]
            } else {
                Vec::new()
            };
        }
        let length = self
            .whole
            .length()
            .seconds()
            .clamp(SHORTEST_BLOCK, LONGEST_BLOCK);
        let last = (now.since(self.whole.end).seconds() - 1) / length;
        let first = (last + 1).saturating_sub(LATEST_BLOCKS);
        let blocks = (first..=last).map(|block| {
            let at = |number: u64| self.whole.end.plus(Duration::from_seconds(number * length));
            let window = Window {
                start: at(block),
                end: at(block + 1).min(now),
            };
            let k = block as f64 + 1.0;
            (window, 3.0 / (PI * PI * k * k))
        });
        std::iter::once((self.whole, 0.5)).chain(blocks).collect()
    }
}
