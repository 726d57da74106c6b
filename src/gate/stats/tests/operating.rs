//! Operating characteristics against exact sums.

use super::*;

#[test]
fn the_point_rule_has_the_exact_chances() {
    for vector in items(&known()["operating_point"]) {
        let got = operating_point(number(&vector["requests"]), number(&vector["budget"]));
        let name = vector.to_string();
        close(got.at_limit_passes, &vector["at_limit_passes"], &name);
        close(
            got.twice_as_bad_passes,
            &vector["twice_as_bad_passes"],
            &name,
        );
        close(got.healthy_fails, &vector["healthy_fails"], &name);
        assert!(got.inconclusive < 1e-12, "{name}");
    }
}
