//! The account that the pods run as.

use crate::diag::{Code, Diagnostic, Place};
use crate::plan::Account;
use crate::plan::resolve::check_annotations;
use crate::units::is_dns_subdomain;

use super::Resolver;

impl Resolver<'_> {
    pub(super) fn account(&mut self, workload: &str) -> Option<Account> {
        let model = self.model;
        let Some(account) = &model.service_account else {
            return model.service_account_name.as_ref().map(|name| Account {
                name: name.clone(),
                create: None,
            });
        };
        if model.service_account_name.is_some() {
            self.report.push(
                Diagnostic::new(
                    Code::GP006,
                    Place::key(self.at.key("serviceAccountName")),
                    "`serviceAccountName` beside `serviceAccount`: one of them is allowed",
                )
                .label(Place::key(self.at.key("serviceAccount")), "the other one")
                .help("write `serviceAccount: {create: false, name: …}`"),
            );
        }
        let name = account.name.clone().unwrap_or_else(|| workload.to_owned());
        if !is_dns_subdomain(&name) {
            self.refuse(
                Code::GP106,
                "serviceAccount",
                format!("`{name}` is no name that Kubernetes takes"),
            );
        }
        check_annotations(
            &account.annotations,
            &self.at.key("serviceAccount").key("annotations"),
            self.report,
        );
        Some(Account {
            name,
            create: account
                .create
                .unwrap_or(true)
                .then(|| account.annotations.clone()),
        })
    }
}
