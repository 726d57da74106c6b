//! What was tried, in figures.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::watch::Took;

/// What was tried.
#[derive(Default)]
pub(crate) struct Tally {
    /// Runs of the program, and calls of its parts.
    pub(crate) executions: u64,
    /// Runs by their exit codes.
    pub(crate) exits: [u64; 7],
    /// Cases by their targets.
    pub(crate) cases: BTreeMap<String, u64>,
    /// What a target wants to be known, such as how many changed rollouts are still right.
    pub(crate) marks: BTreeMap<String, u64>,
    /// The longest run by the clock, in milliseconds.
    longest: u64,
    /// The longest run by the time of the processor, in milliseconds.
    longest_cpu: u64,
    /// The most memory of a run, in bytes.
    memory: u64,
}

impl Tally {
    /// Counts a run.
    pub(crate) fn count(&mut self, took: &Took) {
        self.executions += 1;
        self.longest = self.longest.max(milliseconds(took.time));
        self.longest_cpu = self.longest_cpu.max(took.cpu);
        self.memory = self.memory.max(took.memory.try_into().unwrap_or(u64::MAX));
    }

    /// Counts something that a target wants to be known.
    pub(crate) fn mark(&mut self, what: &str) {
        *self.marks.entry(what.to_owned()).or_default() += 1;
    }

    /// As one line, for the supervisor.
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "executions": self.executions, "exits": self.exits, "cases": self.cases, "marks": self.marks,
            "longest": self.longest, "longestCpu": self.longest_cpu, "memory": self.memory,
        })
    }

    /// Adds what a worker has counted.
    pub(crate) fn add(&mut self, said: &Value) {
        let number = |value: &Value| value.as_u64().unwrap_or(0);
        self.executions += number(&said["executions"]);
        for (code, count) in self.exits.iter_mut().enumerate() {
            *count += number(&said["exits"][code]);
        }
        for (name, into) in [("cases", &mut self.cases), ("marks", &mut self.marks)] {
            for (key, count) in said[name].as_object().into_iter().flatten() {
                *into.entry(key.clone()).or_default() += number(count);
            }
        }
        self.longest = self.longest.max(number(&said["longest"]));
        self.longest_cpu = self.longest_cpu.max(number(&said["longestCpu"]));
        self.memory = self.memory.max(number(&said["memory"]));
    }

    /// For people.
    pub(crate) fn text(&self, time: Duration) -> String {
        let all: u64 = self.cases.values().sum();
        let per_second = self.executions * 1_000 / milliseconds(time).max(1);
        let mut text = format!(
            "{} executions in {} cases, {per_second} a second\nthe longest {} ms ({} ms of the processor), the most memory {} MiB\nexit codes",
            self.executions,
            all,
            self.longest,
            self.longest_cpu,
            self.memory >> 20
        );
        for (code, count) in self.exits.iter().enumerate() {
            write!(text, " {code}: {count}").expect("writing to a string cannot fail");
        }
        for (name, counts) in [("cases", &self.cases), ("of them", &self.marks)] {
            write!(text, "\n{name}").expect("writing to a string cannot fail");
            for (key, count) in counts {
                write!(text, " {key}: {count}").expect("writing to a string cannot fail");
            }
        }
        text
    }
}

fn milliseconds(time: Duration) -> u64 {
    time.as_millis().try_into().unwrap_or(u64::MAX)
}
