//! In: Argo CD's parameters and environment, and a reader of the application's folder, all handed in by `cli`. Out: one
//! stage's objects as JSON, or one [`PluginError`]: never nothing, because Argo CD would prune everything.
//! Never knows network, git, clock, disk or environment itself.
//!
//! The contract is Argo CD's: <https://argo-cd.readthedocs.io/en/stable/operator-manual/config-management-plugins/>.

mod announce;
mod error;
mod generate;
mod manifests;
mod settings;

pub use announce::announce;
pub use error::PluginError;
pub use generate::generate;
pub use manifests::{DEFAULT_IMAGE, Sidecar, config_map, manifests, patch};
pub use settings::{Invocation, Settings};

/// Whether a file reads like a rollout, for an admin who lets Argo CD find the plugin by itself.
///
/// It only looks for the language's name: a rollout that does not compile must reach `generate`, which can say why.
pub fn discover(text: &str) -> bool {
    let group = crate::units::names::API_VERSION.split('/').next();
    group.is_some_and(|group| text.contains(group))
}
