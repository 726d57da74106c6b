//! `glidepath trace` on requests that a cohort or a route tells by more than a header.

use crate::support::{GOOD, Place};

/// The rollout with this traffic, and one cohort by this entry.
fn rollout(traffic: &str, entry: &str) -> Place {
    let text = GOOD
        .replace(
            "  stable: a\n",
            &format!("  stable: a\n  traffic: {traffic}\n"),
        )
        .replace("{headers: {x-canary: v2}}", entry);
    Place::with(&text)
}

/// What is said of a request in the stage of the cohort.
fn said(place: &Place, request: &[&str]) -> String {
    let all = [&["trace", "-q", "--stage", "testers"], request].concat();
    place.run(&all).exits(0).stdout
}

const ONE: &str = "{hosts: [a.example, b.example], gateways: [infra/public]}";

#[test]
fn a_host_is_told_in_any_case_and_with_a_port() {
    let place = rollout(ONE, "{host: b.example}");
    for (request, served) in [
        (&["--host", "b.example"][..], "b 100 %"),
        (&["--host", "B.Example:8443"], "b 100 %"),
        (&["--header", "Host=b.example"], "b 100 %"),
        (&["--host", "a.example"], "a 100 %"),
        (&[], "a 100 %"),
        (&["--host", "c.example"], "no route matches: 404"),
        (&["--via", "mesh"], "a 100 %"),
        (
            &["--via", "mesh", "--host", "ranker.search:8080"],
            "a 100 %",
        ),
    ] {
        let said = said(&place, request);
        assert!(said.contains(served), "{request:?}: {said}");
    }
    let elsewhere = place.run(&["trace", "--via", "mesh", "--host", "b.example"]);
    let elsewhere = elsewhere.exits(1);
    assert!(
        elsewhere.stderr.contains("leads elsewhere"),
        "{}",
        elsewhere.shown()
    );
}

#[test]
fn a_claim_may_have_several_items() {
    let place = rollout(ONE, "{jwtClaims: {realm.roles: beta}}");
    for (request, served) in [
        (
            &[
                "--claim",
                "realm.roles=alpha",
                "--claim",
                "realm.roles=beta",
            ][..],
            "b 100 %",
        ),
        (&["--claim", "[realm][roles]=beta"], "b 100 %"),
        (&["--claim", "realm.roles=gamma"], "a 100 %"),
        (&["--claim", "realm.roles=beta", "--via", "mesh"], "a 100 %"),
    ] {
        let said = said(&place, request);
        assert!(said.contains(served), "{request:?}: {said}");
    }
    let wrong = place
        .run(&["trace", "--claim", "realm..roles=beta"])
        .exits(2);
    assert!(
        wrong.stderr.contains("is no way to a claim"),
        "{}",
        wrong.shown()
    );
}

#[test]
fn what_no_route_takes_is_refused_or_left() {
    let routes = "routes: [{name: rank, match: [{uri: {prefix: /rank}}]}]";
    let gateway = "hosts: [a.example], gateways: [infra/public]";
    for (traffic, said_of_others) in [
        (format!("{{{gateway}, {routes}}}"), "no route matches: 404"),
        (
            format!("{{{gateway}, {routes}, unmatched: leave}}"),
            "left to the routes of others on the host",
        ),
        (
            format!("{{delegate: true, {routes}}}"),
            "left to the next route of who delegates",
        ),
    ] {
        let place = rollout(&traffic, "{withoutHeaders: {x-internal: {present: true}}}");
        let other = said(&place, &["--path", "/x"]);
        assert!(other.contains(said_of_others), "{traffic}: {other}");
        let mesh = said(&place, &["--path", "/x", "--via", "mesh"]);
        assert!(mesh.contains("no route matches: 404"), "{traffic}: {mesh}");
        let lacking = said(&place, &["--path", "/rank"]);
        assert!(lacking.contains("b 100 %"), "{traffic}: {lacking}");
        let internal = said(&place, &["--path", "/rank", "--header", "X-Internal="]);
        assert!(internal.contains("a 100 %"), "{traffic}: {internal}");
        let is_handed_over = traffic.contains("delegate");
        assert_eq!(
            lacking.contains("as whoever delegates hands it over"),
            is_handed_over
        );
    }
}

#[test]
fn a_written_host_is_shown() {
    let traffic = "{hosts: [a.example], gateways: [infra/public], routes: [{name: all, rewrite: {authority: c.example}}]}";
    let place = rollout(traffic, "{headers: {x-canary: v2}}");
    let said = said(&place, &[]);
    assert!(said.contains("a 100 %, host c.example"), "{said}");
}
