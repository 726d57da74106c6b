//! How the traffic of each stage comes back to stable.

/// How the traffic of a stage comes back to stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WayBack {
    /// It never left: every request goes to stable.
    Stable,
    /// In one move to the stage at this index: the latest earlier one that routes only to stable and that is safe to go to, with
    /// the pods that run now.
    To(usize),
    /// In so many moves, at least two, each of them safe; the first one goes to the stage at this index, which starts what the others
    /// need.
    By {
        /// The index of the stage that comes first.
        first: usize,
        /// The number of moves.
        moves: usize,
    },
    /// Through no earlier stages.
    Gone,
}

impl WayBack {
    /// The index of the stage that a rollback goes to.
    pub fn target(self) -> Option<usize> {
        match self {
            Self::To(stage) => Some(stage),
            Self::Stable | Self::By { .. } | Self::Gone => None,
        }
    }

    /// The index of the stage that the first move back goes to.
    pub(super) fn first(self) -> Option<usize> {
        match self {
            Self::To(first) | Self::By { first, .. } => Some(first),
            Self::Stable | Self::Gone => None,
        }
    }

    /// Whether no single safe move brings stable back: the stage is past the point of no return.
    pub fn is_past_return(self) -> bool {
        match self {
            Self::By { .. } | Self::Gone => true,
            Self::Stable | Self::To(_) => false,
        }
    }

    /// How many moves there are to a stage that routes only to stable; `None` where there is no way.
    fn moves(self) -> Option<usize> {
        match self {
            Self::Stable => Some(0),
            Self::To(_) => Some(1),
            Self::By { moves, .. } => Some(moves),
            Self::Gone => None,
        }
    }
}

/// The way back from each of `stages` stages: the shortest one, and of those the one through the latest stages.
pub(super) fn ways_back(
    stages: usize,
    routes_only_to_stable: impl Fn(usize) -> bool,
    is_safe: impl Fn(usize, usize) -> bool,
) -> Vec<WayBack> {
    let of = |stage| {
        if routes_only_to_stable(stage) {
            WayBack::Stable
        } else {
            WayBack::Gone
        }
    };
    let mut ways: Vec<WayBack> = (0..stages).map(of).collect();
    for moves in 1..stages {
        let last: Vec<usize> = (0..stages)
            .filter(|stage| ways[*stage].moves() == Some(moves - 1))
            .collect();
        let lost = (0..stages).filter(|stage| ways[*stage] == WayBack::Gone);
        let found = lost.filter_map(|stage| {
            let mut earlier = last.iter().rev().filter(|earlier| **earlier < stage);
            Some((stage, *earlier.find(|earlier| is_safe(stage, **earlier))?))
        });
        let found: Vec<(usize, usize)> = found.collect();
        if found.is_empty() {
            break;
        }
        for (stage, first) in found {
            ways[stage] = match moves {
                1 => WayBack::To(first),
                _ => WayBack::By { first, moves },
            };
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_way_through_the_latest_stages_is_taken() {
        // Stages 0 and 1 route only to stable; 4 is two moves away, 5 three, and 6 none.
        let safe = [(2, 0), (2, 1), (3, 1), (4, 2), (4, 3), (5, 4)];
        let ways = ways_back(7, |stage| stage < 2, |from, to| safe.contains(&(from, to)));
        let by = |first, moves| WayBack::By { first, moves };
        let wanted = [
            WayBack::Stable,
            WayBack::Stable,
            WayBack::To(1),
            WayBack::To(1),
            by(3, 2),
            by(4, 3),
            WayBack::Gone,
        ];
        assert_eq!(ways, wanted);
    }
}
