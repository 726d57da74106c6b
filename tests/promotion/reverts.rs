//! Moves back that write no hold: they count as one.

use super::harness::Lab;

const POINTER: &str = "app/deploy/current/kustomization.yaml";

/// A rollout that went to `split`, and that somebody took back without glidepath.
fn reverted(name: &str) -> Lab {
    let lab = Lab::new(name);
    lab.promote();
    lab.promote();
    assert_eq!(lab.live(), "split");
    lab.git(&["revert", "--no-edit", "HEAD"]);
    assert_eq!(lab.live(), "deploy");
    lab
}

#[test]
fn a_revert_holds_the_stage_that_it_left() {
    let lab = reverted("reverted");
    let short: String = lab.head().chars().take(7).collect();
    let says = format!("`split` is on hold: reverted by {short}");
    lab.refused(&["promote", "app"], 4, &says);
    // Neither force nor what else happens on the branch lifts it.
    lab.refused(&["promote", "app", "--force", "--reason", "x"], 4, &says);
    lab.write("other.txt", "x");
    lab.commit_all("other");
    lab.refused(&["promote", "app"], 4, &says);
    let status = lab.status();
    assert_eq!(status["hold"]["stage"], "split");
    let text = lab.ok(&["status", "app"]);
    assert!(text.contains(&format!("reverted by {short}")), "{text}");
    let history = lab.ok(&["history", "app"]);
    assert!(history.contains("counts as one"), "{history}");
    // Whoever resumes says so, and that is kept.
    lab.ok(&["promote", "app", "--resume"]);
    assert_eq!(lab.live(), "split");
    let message = lab.git(&["log", "-1", "--format=%B"]);
    assert!(message.contains("Hold-Lifted: split"), "{message}");
    assert_eq!(lab.status()["hold"], serde_json::Value::Null);
}

#[test]
fn a_change_of_what_was_left_lifts_it() {
    let lab = reverted("reverted-changed");
    let spec = lab.read("app/rollout.yaml");
    lab.write(
        "app/rollout.yaml",
        &spec.replace("weight: 30", "weight: 20"),
    );
    let ran = lab.run(&["render", "app"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(
        ran.stderr.contains("the hold on `split` lifts"),
        "{}",
        ran.stderr
    );
    lab.commit_all("another weight");
    assert_eq!(lab.status()["hold"], serde_json::Value::Null);
    assert!(lab.status()["holdLifted"].is_string(), "{}", lab.status());
    lab.ok(&["promote", "app"]);
}

#[test]
fn a_move_back_that_was_gone_over_holds_nothing() {
    let lab = reverted("reverted-over");
    lab.ok(&["promote", "app", "--resume"]);
    lab.promote();
    assert_eq!(lab.live(), "weight-100");
    // Back with a hold that is written, and that somebody took away since: that is decided.
    lab.ok(&["rollback", "app"]);
    lab.git(&["rm", "--quiet", "app/deploy/hold.yaml"]);
    lab.commit_all("lifted by hand");
    assert_eq!(lab.status()["hold"], serde_json::Value::Null);
}

#[test]
fn a_rollout_that_begins_anew_holds_nothing() {
    let lab = Lab::new("reverted-anew");
    lab.promote();
    // The pointer to a stage that is gone, and back to the baseline by `--restart`, is no way back.
    let spec = lab.read("app/rollout.yaml");
    lab.promote();
    lab.write(
        "app/rollout.yaml",
        &spec.replace("name: split", "name: half"),
    );
    lab.ok(&["render", "app", "--restart"]);
    lab.commit_all("anew");
    assert!(lab.read(POINTER).contains("00-baseline"));
    lab.promote();
    assert_eq!(lab.live(), "deploy");
    assert_eq!(lab.status()["hold"], serde_json::Value::Null);
}
