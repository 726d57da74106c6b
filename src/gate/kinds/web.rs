//! What another service says.

use crate::gate::answer::Fault;
use crate::gate::documents::{Found, Part, Place, Wanted};
use crate::gate::query::Query;
use crate::plan::Gate;
use crate::plan::gates::Web;

use super::{Answers, Context, Gauge, Judgement, Kind, Numbers, expected};

impl Kind for Web {
    fn questions(&self, _: &Context<'_>) -> Vec<Query> {
        Vec::new()
    }

    fn document(&self, context: &Context<'_>) -> Option<Wanted> {
        let window = context.window.length();
        Some(Wanted {
            place: Place::Page(context.candidate.fill_address(&self.url, window)),
            part: Part::Value(self.at.clone()),
        })
    }

    fn judge(&self, _: &Context<'_>, answers: &Answers) -> Result<Judgement, Fault> {
        let document = answers.document()?;
        let evidence = match document.status {
            Some(status) => format!("status {status}"),
            None => String::new(),
        };
        match &document.found {
            Found::Values(values) => {
                let judged = expected::judge(&self.expected, values)?;
                Ok(judged.evidence(evidence).limit(self.limit()))
            }
            Found::NoFile | Found::Tests(_) => Err(Fault::Question(format!(
                "`{}` was read as something else",
                document.place
            ))),
        }
    }

    fn meaning(&self, _: &Gate) -> Vec<String> {
        vec![
            format!(
                "pass: the value is {}; fail: it is not",
                expected::limit(&self.expected)
            ),
            format!("`{}` has to lead to one value: none, or `null`, is no data; several, or one of another type, are an error", self.at),
            "it is asked once the window has ended, what the service says at that time counts, and it never fails early"
                .to_owned(),
            "GLIDEPATH_WEB_HOSTS has to name the host; no redirect is followed, and no credential is sent"
                .to_owned(),
        ]
    }

    fn gauge(&self, numbers: &Numbers) -> Option<Gauge> {
        expected::gauge(&self.expected, numbers)
    }

    fn limit(&self) -> String {
        expected::limit(&self.expected)
    }

    fn need(&self, _: &Gate, _: Option<f64>) -> Option<(u64, &'static str)> {
        None
    }
}
