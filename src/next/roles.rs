//! Who won, and which name takes whose part.

use crate::plan::{ModelId, Plan};

use super::Refused;

/// Who takes which part in the next rollout.
pub(super) struct Roles {
    /// The old stable model's name.
    pub(super) stable: String,
    /// The winner's name.
    pub(super) name: String,
    /// The winner's place among the models.
    pub(super) winner: usize,
    /// The new model's name.
    pub(super) new: String,
}

impl Roles {
    /// The roles after a rollout that ends with one model alone, which was not stable.
    pub(super) fn of(plan: &Plan, new: &str) -> Result<Self, Refused> {
        let winner = winner(plan)?;
        let name = plan.model(winner).name.to_string();
        if name == new {
            return Err(Refused::Because(
                format!("`{new}` is the model that won, and it stays"),
                "give the new model another name with `--model`".to_owned(),
            ));
        }
        Ok(Self {
            stable: plan.model(plan.stable).name.to_string(),
            name,
            winner: winner.0,
            new: new.to_owned(),
        })
    }

    /// The name that takes the part of an old one; none where that model goes.
    pub(super) fn part_of(&self, old: &str) -> Option<&str> {
        if old == self.stable {
            Some(&self.name)
        } else if old == self.name {
            Some(&self.new)
        } else {
            None
        }
    }
}

fn winner(plan: &Plan) -> Result<ModelId, Refused> {
    let stage = plan.stages.last().expect("every plan has a baseline");
    let name = |model: ModelId| plan.model(model).name.as_str();
    let Some(winner) = stage.split.sole() else {
        return Err(Refused::because(
            &format!(
                "no model has all of the traffic in the last stage, `{}`",
                stage.name
            ),
            "add a step in which one model wins, and promote to it",
        ));
    };
    if winner == plan.stable {
        return Err(Refused::because(
            &format!(
                "the rollout ends with `{}`, which was stable from the beginning",
                name(winner)
            ),
            "replace the candidate in the file, and begin again with `glidepath render --restart`",
        ));
    }
    let others: Vec<&str> = stage
        .running
        .keys()
        .copied()
        .filter(|model| *model != winner && !plan.model(*model).runs_elsewhere())
        .map(name)
        .collect();
    if let Some(other) = others.first() {
        return Err(Refused::because(
            &format!(
                "`{other}` still runs in the last stage, `{}`, and the next rollout begins with `{}` alone",
                stage.name,
                name(winner)
            ),
            "end what it does in a last step, let `retire` remove it, and promote to that first",
        ));
    }
    Ok(winner)
}
