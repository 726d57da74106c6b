//! In: strings and numbers from anywhere. Out: small values that cannot be wrong.
//! Each is checked once, when it is made; no later code asks again.
//! Never knows YAML, places or Kubernetes objects.

mod claim;
mod duration;
mod gateway_duration;
mod hash;
mod host;
mod image;
mod json;
mod label;
pub mod load;
pub mod names;
mod percent;
mod prom_duration;
mod quantity;
mod regex;
mod request_path;
mod router;
mod share;
mod strategic;
mod timestamp;

pub use claim::ClaimPath;
pub use duration::Duration;
pub use gateway_duration::GatewayDuration;
pub use hash::{is_sha256_hex, sha256_hex};
pub use host::{
    Hosts, hosts_overlap, is_fqdn, is_host_label, is_ip_address, is_wildcard_domain, overlaps,
};
pub use image::ImageRef;
pub use json::{sorted, write_sorted};
pub use label::{
    DnsLabel, HeaderName, is_annotation_key, is_config_key, is_dns_label, is_dns_subdomain,
    is_header_token, is_host, is_label_key, is_label_value, is_port_name,
};
pub use percent::{HUNDRED, Percent};
pub use prom_duration::PromDuration;
pub use quantity::{Quantity, amount_words};
pub use regex::{
    Re2Fault, check_re2, escape_re2, misread_by_bytes, re2_takes, re2_takes_within,
    reads_like_a_search,
};
pub use request_path::{normalized_path, normalized_prefix, unsent_in_path, unsent_in_query};
pub use router::RouterName;
pub use share::Share;
pub use strategic::{MergeType, Step, Unmergeable, merge, origin};
pub use timestamp::Timestamp;
