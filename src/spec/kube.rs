//! Fields in Kubernetes own shape.
