//! Kinds that are not there, or that we may not see.

use super::kind::WatchKind;
use crate::cluster::request::RequestError;

/// What a refusal says of a kind without which pods can be placed.
pub(crate) enum Absence {
    /// The server has no such kind, so there are no objects of it: an older minor version, or an API that is disabled.
    NotServed,
    /// There may be objects, but they are not seen; why, to follow "not judged by KIND".
    Unseen(&'static str),
}

impl Absence {
    /// What `error` says of `kind`; `None` where the kind is essential, or the error says nothing of it and trying again
    /// soon may help.
    pub(crate) fn of(kind: WatchKind, error: &RequestError) -> Option<Self> {
        let WatchKind::Other(_) = kind else { return None };
        match error {
            RequestError::Unreadable(_) => Some(Self::Unseen("they cannot be read")),
            RequestError::Status(refused) => match refused.code {
                403 => Some(Self::Unseen("listing or watching them is forbidden")),
                404 => Some(Self::NotServed),
                _ => None,
            },
            RequestError::Lost { .. } => None,
        }
    }
}
