//! Many Applications from one object: of the rollouts of a repository, or of the clusters that a rollout reaches.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use crate::objects::Object;
use crate::objects::meta::labels;
use crate::plan::{ClusterWaves, PortRef};
use crate::units::names;

use super::application::annotations;
use super::{Argo, api, current};

/// The cluster that Argo CD runs in.
const IN_CLUSTER: &str = "https://kubernetes.default.svc";

impl Argo<'_> {
    /// One Application for each tree of the repository. The lock is JSON and says what the rollout is called and where it
    /// lives, so the generator reads it, and a new rollout needs no change here.
    pub(super) fn rollouts(&self, name: &str, folders: &[String]) -> Object {
        let files = folders.iter().map(|folder| api::GitFiles {
            path: self.in_tree(folder, names::LOCK_FILE),
        });
        let generator = api::Generator::Git(api::GitGenerator {
            repo_url: self.wanted.repo_url.clone(),
            revision: self.wanted.revision.clone(),
            files: files.collect(),
        });
        let template = self.template(
            "{{ .rollout }}",
            "{{ .rollout }}",
            format!("{{{{ .path.path }}}}/{}", current()),
            api::Destination {
                name: None,
                namespace: "{{ .namespace }}".to_owned(),
                server: Some(IN_CLUSTER.to_owned()),
            },
        );
        self.set(name, generator, None, template)
    }

    /// One Application for each cluster. In waves, Argo CD itself syncs them, one wave after the other is healthy.
    pub(super) fn clusters(
        &self,
        name: &str,
        match_labels: &BTreeMap<String, String>,
        waves: Option<&ClusterWaves>,
    ) -> Object {
        let rollout = self.plan.name.as_str();
        let mut template = self.template(
            &format!("{rollout}-{{{{ .nameNormalized }}}}"),
            rollout,
            self.in_tree(&self.wanted.folder, current()),
            api::Destination {
                name: None,
                namespace: self.wanted.target.to_string(),
                server: Some("{{ .server }}".to_owned()),
            },
        );
        if let Some(waves) = waves {
            // The steps select Applications, so each carries its cluster's label.
            let label = format!("{{{{ index .metadata.labels \"{}\" }}}}", waves.label);
            template.metadata.labels.insert(waves.label.clone(), label);
        }
        let generator = api::Generator::Clusters(api::ClusterGenerator {
            selector: api::ClusterSelector {
                match_labels: match_labels.clone(),
            },
        });
        self.set(name, generator, waves.map(strategy), template)
    }

    fn set(
        &self,
        name: &str,
        generator: api::Generator,
        strategy: Option<api::Strategy>,
        template: api::Template,
    ) -> Object {
        let spec = api::ApplicationSetSpec {
            go_template: true,
            // A field that a generator does not give is an error and no empty string.
            go_template_options: vec!["missingkey=error"],
            generators: vec![generator],
            strategy,
            template,
        };
        self.object(
            "ApplicationSet",
            name,
            "application-set",
            BTreeMap::new(),
            spec,
        )
    }

    fn template(
        &self,
        name: &str,
        rollout: &str,
        path: String,
        destination: api::Destination,
    ) -> api::Template {
        let mut labels = labels(self.plan, None);
        for key in [names::LABEL_APP, names::LABEL_NAME, names::LABEL_INSTANCE] {
            labels.insert(key.to_owned(), rollout.to_owned());
        }
        api::Template {
            metadata: api::TemplateMeta {
                name: name.to_owned(),
                labels,
                annotations: annotations(),
            },
            spec: self.spec(path, destination),
        }
    }
}

fn strategy(waves: &ClusterWaves) -> api::Strategy {
    let steps = waves
        .order
        .iter()
        .map(|(values, max_update)| api::RollingStep {
            match_expressions: vec![api::Expression {
                key: waves.label.clone(),
                operator: "In",
                values: values.clone(),
            }],
            max_update: max_update.as_ref().map(|value| match value {
                PortRef::Number(number) => IntOrString::Int(i32::from(*number)),
                PortRef::Name(share) => IntOrString::String(share.clone()),
            }),
        });
    api::Strategy {
        r#type: "RollingSync",
        rolling_sync: api::RollingSync {
            steps: steps.collect(),
        },
    }
}
