//! The trusted clock: when a stay began, by everything that may be asked. The latest counts, so that no clock that goes wrong, and
//! nobody who sets one back, makes a stay longer than it is.

use crate::gate::Origin;
use crate::units::Timestamp;

use super::committed::Committed;
use super::site::Site;
use super::stay::LiveStay;
use super::{Error, Refusal, Why};

/// When something began, and what is odd about it.
#[derive(Clone, Debug)]
pub struct Beginning {
    /// The latest time that anybody named.
    pub at: Timestamp,
    /// Who named it.
    pub origin: Origin,
    /// What is odd about the dates: one lower-case sentence each.
    pub warnings: Vec<String>,
    /// What to do where the date of the commit that began the stay is in the future, so that it tells nothing.
    pub future: Option<Refusal>,
}

impl Beginning {
    /// When a stay began by the repository alone: by its commit, by all commits before it, and by the log of the branch in this
    /// clone.
    pub fn of(committed: &Committed, stay: &LiveStay, now: Timestamp) -> Result<Self, Error> {
        let (repo, began) = (&committed.repo, stay.began());
        let (at, short) = (began.committed, began.id.short());
        let mut beginning = Self {
            at,
            origin: Origin::Commit(began.id.to_string()),
            warnings: Vec::new(),
            future: None,
        };
        let dates = repo.dates_before(began.id, now)?;
        if at > now {
            let message = format!(
                "the commit {short} made `{}` live, and is dated {at}, in the future",
                committed.stage().name
            );
            let help = "correct the clock that dated it and commit again, or go on with `--force --reason`; `glidepath gate` takes `--stage-started-at`";
            beginning.warnings.push(message.clone());
            beginning.future = Some(Refusal::new(Why::NotYet, message).help(help));
        }
        if let Some((future, id)) = dates.future {
            beginning.warnings.push(format!(
                "the commit {}, which {short} follows, is dated {future}, in the future: that date is ignored",
                id.short()
            ));
        }
        if let Some((latest, id)) = dates.latest.filter(|(latest, _)| *latest > at) {
            beginning.warnings.push(format!(
                "the commit {short} is dated {at}, before {}, which it follows, at {latest}: the later date counts",
                id.short()
            ));
            beginning.or(latest, Origin::Ancestor(id.to_string()));
        }
        if let Some(arrived) = repo.arrived_here(&committed.head, &stay.ids())?
            && arrived <= now
        {
            beginning.or(arrived, Origin::Branch);
        }
        Ok(beginning)
    }

    /// A time that somebody gave.
    pub(super) fn given(at: Timestamp) -> Self {
        Self {
            at,
            origin: Origin::Given,
            warnings: Vec::new(),
            future: None,
        }
    }

    /// Another time that somebody named; it counts where it is later.
    pub fn or(&mut self, at: Timestamp, origin: Origin) {
        if at > self.at {
            self.at = at;
            self.origin = origin;
        }
    }

    /// When the forge merged the commit, or got it by a push.
    pub(super) fn or_landed(&mut self, site: &Site, stay: &LiveStay) -> Result<(), Error> {
        let commits = stay.commits();
        let began = stay.began().id.to_string();
        let Some(landed) = site.github.landed(&began, &commits, &site.base)? else {
            return Ok(());
        };
        let at = landed.at.parse().map_err(|()| {
            let message = format!("GitHub names a time that is none: `{}`", landed.at);
            Refusal::new(Why::Outside, message)
        })?;
        self.or(
            at,
            match landed.pull {
                Some(number) => Origin::Merged(number),
                None => Origin::Pushed,
            },
        );
        Ok(())
    }
}
