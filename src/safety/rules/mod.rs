//! What the objects of a move must keep to beside serving every destination; one rule a file.

pub(super) mod autoscaling;
pub(super) mod capacity;
pub(super) mod containers;
pub(super) mod contents;
pub(super) mod hosts;
pub(super) mod immutable;
pub(super) mod nowhere;
pub(super) mod operated;
pub(super) mod services;
