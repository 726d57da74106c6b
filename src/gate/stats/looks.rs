//! Looking more than once.

/// The one-sided level of each of `looks` looks that together keep the level `confidence`: Bonferroni's correction, which
/// holds under any dependence between the looks.
pub fn per_look(confidence: f64, looks: u32) -> f64 {
    1.0 - (1.0 - confidence) / f64::from(looks.max(1))
}
