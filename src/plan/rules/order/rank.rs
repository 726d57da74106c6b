//! Which of two matches is more specific.

use crate::plan::{Match, StringMatch};

/// How the later of two matches does against the earlier one, where both hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Later {
    /// It never wins.
    Loses,
    /// It wins, by the specification or in a gateway that counts otherwise.
    Wins,
    /// Nobody says: a regex is held against another path.
    Unsaid,
}

/// A later match against an earlier one.
pub(super) fn against(later: &Match, earlier: &Match) -> Later {
    use StringMatch::{Below, Exact, Prefix, Present, Regex};
    match (&later.uri, &earlier.uri) {
        (Some(Regex(one)), Some(Regex(other))) if one == other => {}
        // Every gateway has the exact path first.
        (Some(Exact(_)), Some(Regex(_))) => return Later::Wins,
        (Some(Regex(_)), Some(Exact(_))) => return Later::Loses,
        (Some(Regex(_)), _) | (_, Some(Regex(_))) => return Later::Unsaid,
        (
            None | Some(Exact(_) | Below(_) | Prefix(_) | Present),
            None | Some(Exact(_) | Below(_) | Prefix(_) | Present),
        ) => {}
    }
    let mut orders = ranks(later).into_iter().zip(ranks(earlier));
    if orders.any(|(later, earlier)| later > earlier) {
        Later::Wins
    } else {
        Later::Loses
    }
}

/// What counts, the first first, in each of the orders that gateways have: the specification's, and that of Envoy Gateway, which
/// counts a method as a header and then exact headers (`internal/gatewayapi/sort.go`).
fn ranks(of: &Match) -> [[usize; 6]; 2] {
    let (kind, length) = match &of.uri {
        Some(StringMatch::Exact(path)) => (2, path.chars().count()),
        Some(StringMatch::Below(path) | StringMatch::Prefix(path)) => (1, path.chars().count()),
        // One regex against itself: any number does.
        Some(StringMatch::Regex(_)) => (1, 0),
        Some(StringMatch::Present) | None => (1, 1),
    };
    let method = usize::from(of.method.is_some());
    let (headers, query) = (of.headers.len(), of.query_params.len());
    let is_exact = |condition: &&StringMatch| matches!(condition, StringMatch::Exact(_));
    let exact = of.headers.values().filter(is_exact).count();
    [
        [kind, length, method, headers, query, 0],
        [kind, length, headers + method, exact, 0, query],
    ]
}
