//! The stages as commits of a branch: what each holds, and which of those that are there may stay or go.
