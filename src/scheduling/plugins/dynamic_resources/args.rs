//! `DynamicResourcesArgs`.

use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

use crate::scheduling::plugins::ArgsError;

/// The arguments, durations as Go writes them: `10s`, `1m30s`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct DynamicResourcesArgs {
    /// How long the search on one node may take; zero for as long as it takes. 10 seconds where absent.
    filter_timeout: Option<SignedDuration>,
    /// How long devices may take to get ready. 10 minutes where absent.
    binding_timeout: Option<SignedDuration>,
}

impl DynamicResourcesArgs {
    /// # Errors
    /// Where a duration is out of range.
    pub(super) fn check(&self) -> Result<(), ArgsError> {
        let error = |field: &str, message: &str| {
            Err(ArgsError {
                field: field.to_owned(),
                message: message.to_owned(),
            })
        };
        if self.filter_timeout.is_some_and(|timeout| timeout.is_negative()) {
            return error("filterTimeout", "must be zero or positive");
        }
        if self
            .binding_timeout
            .is_some_and(|timeout| timeout < SignedDuration::from_secs(1))
        {
            return error("bindingTimeout", "must be at least 1 second");
        }
        Ok(())
    }

    pub(super) fn filter_timeout(&self) -> Duration {
        unsigned(self.filter_timeout, 10)
    }

    pub(super) fn binding_timeout(&self) -> Duration {
        unsigned(self.binding_timeout, 600)
    }
}

fn unsigned(duration: Option<SignedDuration>, default: u64) -> Duration {
    duration.map_or(Duration::from_secs(default), SignedDuration::unsigned_abs)
}
