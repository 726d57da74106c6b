//! The client of GitHub's API against the fake.

use std::time::{Duration, Instant};

use glidepath::forge::{
    ForgeError, Github, NewPull, Patience, PullChange, PullState, Repository, StatusState, Token,
};
use serde_json::json;

use super::fake::{BOT, Failure, Fake, NAME, OWNER, TOKEN};

/// Nobody waits in a test.
const PATIENCE: Patience = Patience {
    first: Duration::from_millis(5),
    limited: Duration::from_millis(20),
    most: Duration::from_secs(5),
};

fn github(fake: &Fake) -> Github {
    let repository = Repository::parse(&format!("{OWNER}/{NAME}")).expect("a repository");
    let token = Token::new(TOKEN).expect("a token");
    Github::new(&fake.api(), repository, token, PATIENCE).expect("an address")
}

fn new(head: &str) -> NewPull<'_> {
    NewPull {
        title: "t",
        body: "b",
        head,
        base: "main",
        draft: false,
    }
}

#[test]
fn a_pull_request_is_opened_found_changed_and_closed() {
    let fake = Fake::new();
    let github = github(&fake);
    let hostile = "glidepath/a\";echo${IFS}x;#/é";
    let pull = github.open_pull(&new(hostile)).expect("it opens");
    github.open_pull(&new("other")).expect("it opens");
    assert_eq!(
        github.pulls_of(hostile, "main").expect("a list"),
        std::slice::from_ref(&pull)
    );
    assert_eq!(github.pulls_of(hostile, "next").expect("a list"), []);
    assert_eq!(github.open_pulls("main").expect("a list").len(), 2);
    let change = PullChange {
        body: Some("c"),
        close: true,
        ..PullChange::default()
    };
    let closed = github.change_pull(pull.number, change).expect("it closes");
    assert_eq!(
        (closed.state, closed.body.as_str(), closed.title.as_str()),
        (PullState::Closed, "c", "t")
    );
    let error = github.open_pull(&new("other")).expect_err("there is one");
    assert!(error.is_duplicate(), "{error:?}");
}

#[test]
fn a_pull_request_of_a_fork_is_not_ours() {
    let fake = Fake::new();
    let github = github(&fake);
    github.open_pull(&new("a")).expect("it opens");
    github.open_pull(&new("b")).expect("it opens");
    fake.with(|state| {
        state.pulls[0]["head"]["repo"]["full_name"] = "mallory/models".into();
        state.pulls[1]["head"]["repo"] = json!(null);
    });
    assert_eq!(github.open_pulls("main").expect("a list"), []);
}

#[test]
fn every_page_is_read_from_the_same_server() {
    let fake = Fake::new();
    fake.with(|state| state.page = 2);
    let github = github(&fake);
    for head in ["a", "b", "c", "d", "e"] {
        github.open_pull(&new(head)).expect("it opens");
    }
    let heads: Vec<String> = github
        .open_pulls("main")
        .expect("a list")
        .into_iter()
        .map(|pull| pull.head)
        .collect();
    assert_eq!(heads, ["e", "d", "c", "b", "a"]);
}

#[test]
fn a_busy_server_is_asked_again() {
    let rate = json!({"message": "You have exceeded a secondary rate limit. Please wait."});
    let unknown = json!({"message": "Validation Failed", "errors": [{"message": "Could not resolve to a node with the global id of 'X'."}]});
    for (status, body) in [
        (0, json!({})),
        (500, json!({})),
        (502, json!("<html>")),
        (503, json!({})),
        (429, json!({})),
        (403, rate),
        (422, unknown),
    ] {
        let fake = Fake::new();
        let mut failure = Failure::new("POST", "/pulls", status, body);
        failure.times = 2;
        fake.fail(failure);
        github(&fake).open_pull(&new("a")).expect("it opens");
        assert_eq!(fake.writes().len(), 3, "{status}");
    }
}

#[test]
fn the_server_says_how_long_to_wait() {
    let fake = Fake::new();
    let mut failure = Failure::new("POST", "/pulls", 429, json!({}));
    failure.headers = vec![("retry-after", "1".to_owned())];
    fake.fail(failure);
    let began = Instant::now();
    github(&fake).open_pull(&new("a")).expect("it opens");
    assert!(began.elapsed() >= Duration::from_secs(1));

    let mut failure = Failure::new(
        "GET",
        "/pulls",
        403,
        json!({"message": "API rate limit exceeded"}),
    );
    failure.headers = vec![("retry-after", "3600".to_owned())];
    fake.fail(failure);
    let began = Instant::now();
    let error = github(&fake).open_pulls("main").expect_err("too long");
    assert!(
        began.elapsed() < Duration::from_secs(1),
        "nobody waits an hour"
    );
    assert!(error.help.expect("help").contains("run again later"));
}

#[test]
fn what_may_not_happen_twice_is_not_sent_twice() {
    let fake = Fake::new();
    let mut failure = Failure::new("POST", "/issues/1/comments", 502, json!({}));
    failure.after = true;
    fake.fail(failure);
    github(&fake).comment(1, "x").expect_err("nobody knows");
    assert_eq!(fake.with(|state| state.comments.len()), 1);
    assert_eq!(fake.writes().len(), 1);
}

#[test]
fn the_sticky_comment_is_ours_alone() {
    for is_person in [true, false] {
        let fake = Fake::new();
        fake.with(|state| state.is_person = is_person);
        let github = github(&fake);
        let marker = "<!-- glidepath:check -->";
        fake.with(|state| {
            state.comments.push(json!({"id": 7, "issue": 1, "body": format!("{marker} planted"), "user": {"login": "mallory"}}));
        });
        let put = |text: &str| github.put_comment(1, marker, &format!("{marker}\n{text}"));
        assert_eq!(put("one"), Ok(true));
        assert_eq!(put("one"), Ok(false));
        assert_eq!(put("two"), Ok(true));
        let comments = github.comments(1).expect("comments");
        let said: Vec<_> = comments
            .iter()
            .map(|one| {
                (
                    one.author.as_str(),
                    one.body.lines().last().unwrap_or_default(),
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                ("mallory", "<!-- glidepath:check --> planted"),
                (BOT, "two")
            ]
        );
    }
}

#[test]
fn refusals_are_explained_and_hold_no_token() {
    let fake = Fake::new();
    for (status, body, help) in [
        (401, json!({"message": "Bad credentials"}), "fresh one"),
        (
            403,
            json!({"message": "Resource not accessible by integration"}),
            "permissions: {pull-requests: write}",
        ),
        (404, json!({"message": "Not Found"}), "GITHUB_REPOSITORY"),
        (301, json!({"message": "Moved Permanently"}), "has moved"),
        (
            410,
            json!({"message": "Issues are disabled"}),
            "switched off",
        ),
    ] {
        fake.fail(Failure::new("POST", "/pulls", status, body));
        let error = github(&fake).open_pull(&new("a")).expect_err("refused");
        assert_eq!(error.status, Some(status));
        assert!(
            error.help.clone().expect("help").contains(help),
            "{error:?}"
        );
    }
    let echo = json!({"message": format!("you sent {TOKEN}")});
    fake.fail(Failure::new("POST", "/pulls", 400, echo));
    let error = github(&fake).open_pull(&new("a")).expect_err("refused");
    assert!(!format!("{error:?} {error}").contains(TOKEN), "{error:?}");
    let log = fake.forget_log();
    assert!(log.iter().all(|one| !one.sent.contains(TOKEN)));
}

#[test]
fn a_token_is_not_sent_in_the_open() {
    for api in ["http://ghe.example/api/v3", "https://x@ghe.example", "api"] {
        let repository = Repository::parse("a/b").expect("a repository");
        let token = Token::new(TOKEN).expect("a token");
        let error = Github::new(api, repository, token, PATIENCE).expect_err(api);
        assert!(matches!(error, ForgeError { status: None, .. }));
    }
}

#[test]
fn labels_people_and_statuses_are_added() {
    let fake = Fake::new();
    let github = github(&fake);
    github.open_pull(&new("a")).expect("it opens");
    let words = |text: &str| vec![text.to_owned()];
    github.add_labels(1, &words("rollout")).expect("a label");
    github.add_assignees(1, &words("ann")).expect("a person");
    github
        .request_reviews(1, &words("bob"), &words("team"))
        .expect("a review");
    github
        .set_status(
            "abc",
            "glidepath/x",
            StatusState::Pending,
            &"é".repeat(200),
            None,
        )
        .expect("a status");
    assert_eq!(github.pull(1).expect("it").labels, ["rollout"]);
    assert_eq!(github.default_branch().expect("a branch"), "main");
    fake.with(|state| {
        let description = state.statuses[0]["description"].as_str().expect("a text");
        assert_eq!(description.chars().count(), 140);
    });
}
