//! How requests are counted: five fields that several kinds have.

use crate::plan::gates::{CountedBy, Requests};
use crate::spec::gate::{BadResponse, ClientAborts, Counts, Reporter, RequestSli};

/// The gRPC statuses that Envoy counts as failures: Unknown, DeadlineExceeded, Unimplemented, Internal, Unavailable, DataLoss.
const BAD_GRPC: [u16; 6] = [2, 4, 12, 13, 14, 15];

pub(super) fn resolve(
    sli: Option<RequestSli>,
    reporter: Reporter,
    counts: Counts,
    bad: Option<&Vec<BadResponse>>,
    client_aborts: ClientAborts,
) -> Requests {
    Requests {
        by: match sli {
            None => CountedBy::Router(reporter),
            Some(RequestSli::ModelServer) => CountedBy::Server,
        },
        exact: match counts {
            Counts::Exact => true,
            Counts::Estimated => false,
        },
        bad: bad.cloned().unwrap_or_else(default_bad),
        ignore_aborts: match client_aborts {
            ClientAborts::Bad => false,
            ClientAborts::Ignore => true,
        },
    }
}

/// Envoy's failures: 5xx, no response, and those of gRPC.
fn default_bad() -> Vec<BadResponse> {
    [BadResponse::Class(5), BadResponse::Status(0)]
        .into_iter()
        .chain(BAD_GRPC.map(BadResponse::Grpc))
        .collect()
}
