//! Asking again.

use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How one attempt ended.
pub enum Attempt<T, E> {
    /// No further one would help.
    Done(Result<T, E>),
    /// Another one may, after a while.
    Again(E, Wait),
}

/// How long to wait before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// The usual pause.
    Pause,
    /// So long, and never less than the usual pause.
    AtLeast(Duration),
    /// Until a second has passed after this time, in seconds since the epoch.
    Until(u64),
}

impl Wait {
    /// As long as the server asks for, where it does.
    pub fn asked(after: Option<Duration>) -> Self {
        after.map_or(Self::Pause, Self::AtLeast)
    }

    fn after(self, pause: Duration) -> Duration {
        match self {
            Self::Pause => pause,
            Self::AtLeast(asked) => asked.max(pause),
            Self::Until(seconds) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH);
                let left = Duration::from_secs(seconds).saturating_sub(now.unwrap_or_default());
                left.saturating_add(Duration::from_secs(1))
            }
        }
    }
}

/// The end of all attempts.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    began: Instant,
    most: Duration,
}

impl Deadline {
    /// So long from now.
    pub fn after(most: Duration) -> Self {
        Self {
            began: Instant::now(),
            most,
        }
    }

    /// Whether no clock can tell when it is.
    pub fn is_beyond_clocks(self) -> bool {
        self.began.checked_add(self.most).is_none()
    }

    /// The time until then.
    pub fn left(self) -> Duration {
        self.most.saturating_sub(self.began.elapsed())
    }
}

/// Attempts until one is done, there is no further pause, or waiting would last to the deadline: then the reason of the
/// last attempt is worth more than that the time is over.
pub fn persist<T, E>(
    pauses: impl IntoIterator<Item = Duration>,
    deadline: Deadline,
    mut attempt: impl FnMut() -> Attempt<T, E>,
) -> Result<T, E> {
    let mut pauses = pauses.into_iter();
    loop {
        let (error, wait) = match attempt() {
            Attempt::Done(result) => return result,
            Attempt::Again(error, wait) => (error, wait),
        };
        let Some(pause) = pauses.next() else {
            return Err(error);
        };
        let wait = wait.after(pause);
        if wait >= deadline.left() {
            return Err(error);
        }
        thread::sleep(wait);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    /// The number of attempts that end in `wait` each, with these pauses and this deadline.
    fn attempts(wait: Wait, pauses: &[Duration], most: Duration) -> u32 {
        let mut attempts = 0;
        let result = persist(pauses.iter().copied(), Deadline::after(most), || {
            attempts += 1;
            Attempt::<(), u32>::Again(attempts, wait)
        });
        assert_eq!(result, Err(attempts), "the last reason counts");
        attempts
    }

    #[test]
    fn attempts_end_with_the_pauses() {
        assert_eq!(attempts(Wait::Pause, &[Duration::ZERO; 3], MINUTE), 4);
        assert_eq!(attempts(Wait::Pause, &[], MINUTE), 1);
    }

    #[test]
    fn nobody_waits_for_the_deadline() {
        let short = [Duration::ZERO; 3];
        assert_eq!(attempts(Wait::AtLeast(MINUTE), &short, MINUTE), 1);
        assert_eq!(attempts(Wait::Until(u64::MAX), &short, MINUTE), 1);
        assert_eq!(attempts(Wait::Pause, &[MINUTE], MINUTE), 1);
    }

    #[test]
    fn no_wait_is_shorter_than_the_pause_or_than_the_server_asks() {
        let second = Duration::from_secs(1);
        assert_eq!(Wait::asked(None).after(second), second);
        assert_eq!(Wait::asked(Some(MINUTE)).after(second), MINUTE);
        assert_eq!(Wait::asked(Some(second)).after(MINUTE), MINUTE);
        // A time that is past is waited for as long as clocks may differ.
        assert_eq!(Wait::Until(0).after(MINUTE), second);
    }
}
