//! Inference pools, which requests go to in place of Services.

use crate::spec::EndpointPicker;

/// An inference pool.
#[derive(Clone, Debug)]
pub struct Pool {
    /// The pool's name.
    pub name: String,
    /// A port that is written beside the name.
    pub port: Option<u16>,
    /// How it is written, where it is one of the objects.
    pub create: Option<CreatedPool>,
}

/// An inference pool that is one of the objects.
#[derive(Clone, Debug)]
pub struct CreatedPool {
    /// The ports of the pods.
    pub target_ports: Vec<u16>,
    /// Who chooses the pod.
    pub picker: EndpointPicker,
}
