//! The accelerators that a container takes.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ResourceRequirements;

use crate::units::Quantity;

use super::Generated;

/// Resources that device plugins name, of which a node has few. One that ends in `-` or `/` is the beginning of several.
const KNOWN: [&str; 9] = [
    "nvidia.com/gpu",
    "nvidia.com/gpu.shared",
    "nvidia.com/mig-",
    "amd.com/gpu",
    "gpu.intel.com/",
    "habana.ai/gaudi",
    "google.com/tpu",
    "aws.amazon.com/neuron",
    "aws.amazon.com/neuroncore",
];

/// The accelerators that a container takes: how many of each resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accelerators(BTreeMap<String, u64>);

impl Accelerators {
    /// Those of a container's resources. Kubernetes takes a request for the limit that is missing.
    pub fn of(resources: Option<&ResourceRequirements>) -> Self {
        let amounts = resources.into_iter().flat_map(|resources| {
            let parts = [&resources.requests, &resources.limits];
            parts.into_iter().flatten().flatten()
        });
        let counted = amounts.filter(|(name, _)| is_accelerator(name));
        let whole = counted.filter_map(|(name, amount)| {
            let amount: Quantity = amount.0.parse().ok()?;
            let count = u64::try_from(amount.billionths()? / 1_000_000_000).ok()?;
            (count > 0).then(|| (name.clone(), count))
        });
        Self(whole.collect())
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each resource's name with its number.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(name, count)| (name.as_str(), *count))
    }

    /// The number of the most numerous.
    pub fn most(&self) -> u64 {
        self.0.values().copied().max().unwrap_or_default()
    }
}

impl Generated {
    /// The accelerators that its container takes.
    pub fn accelerators(&self) -> Accelerators {
        Accelerators::of(self.pod.resources.as_ref())
    }
}

fn is_accelerator(name: &str) -> bool {
    KNOWN.iter().any(|known| {
        if known.ends_with(['-', '/']) {
            name.starts_with(known)
        } else {
            name == *known
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_known_devices_are_accelerators() {
        let resources = serde_json::from_value(json!({
            "requests": {"cpu": "4", "nvidia.com/gpu": "2", "rdma/hca": "1"},
            "limits": {"nvidia.com/gpu": "2", "nvidia.com/mig-1g.5gb": "1", "amd.com/gpu": "0"},
        }));
        let found = Accelerators::of(Some(&resources.expect("resources")));
        let counts: Vec<_> = found.iter().collect();
        assert_eq!(
            counts,
            [("nvidia.com/gpu", 2), ("nvidia.com/mig-1g.5gb", 1)]
        );
        assert_eq!(found.most(), 2);
        assert!(Accelerators::of(None).is_empty());
    }
}
