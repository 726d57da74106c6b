//! The user that a container runs as on Windows: `DOMAIN\user` or `user` (`validateWindowsSecurityContextOptions`).

use super::form::Form;
use crate::units::is_host;

/// `runAsUserName`.
pub(super) const USER: Form = Form {
    is: |text| {
        let (domain, user) = text
            .split_once('\\')
            .map_or((None, text), |(domain, user)| (Some(domain), user));
        !text.chars().any(|c| c.is_ascii_control())
            && domain.is_none_or(is_domain)
            && !user.is_empty()
            && user.len() <= 104
            && !user.chars().all(|c| matches!(c, '.' | ' '))
            && !user.contains(|c| "\"/\\:;|=,+*?<>@[]".contains(c))
    },
    allowed: "a Windows user such as `user` or `DOMAIN\\user`",
};

/// A NetBIOS name or a DNS name.
fn is_domain(text: &str) -> bool {
    let is_net_bios = (1..=15).contains(&text.chars().count())
        && !text.starts_with('.')
        && !text.contains(|c| "\\/:*?\"<>|".contains(c));
    is_net_bios || (text.len() < 256 && is_host(&text.to_lowercase()))
}
