//! What if: the same cycle on a cluster that is a little different, in thought alone.
//!
//! ```text
//! (Cluster, Pod) ──suppose──▶ (Cluster, Pod) ──cycle::run──▶ Trace
//! ```
//! A [`Supposition`] is plain data, read from a line in kubectl's words and written back as one. It is made on a copy, through
//! the cache's own ways of taking objects in; nothing is judged otherwise than by the cycle. [`Supposition::way`] says how
//! to make it so on the real cluster.

mod command;
mod difference;
mod error;
mod node;
mod parse;
mod pod;
mod scratch;
mod supposition;
mod written;

use std::sync::Arc;

pub use command::Way;
pub use difference::{Difference, NodeDifference, Standing, Turn, Upshot};
pub use error::SuppositionError;
pub(crate) use node::{CORDON, is_of_node};
pub use parse::{FORMS, Form};
pub use scratch::Scratch;
pub use supposition::{Asked, Dropped, Supposition, Whose};

use crate::model::{Cluster, Pod};

/// `cluster` and `pod` were `suppositions` so, made in order. A bound pod is first taken off its node. `cluster` itself is
/// left as it is.
///
/// # Errors
/// The first supposition that makes no sense: a node that is not there, a label that the pod does not have.
pub fn suppose(
    cluster: &Cluster,
    pod: &Arc<Pod>,
    suppositions: &[Supposition],
) -> Result<(Cluster, Arc<Pod>), SuppositionError> {
    let mut scratch = Scratch::new(cluster.clone(), pod);
    for supposition in suppositions {
        scratch.suppose(supposition)?;
    }
    Ok(scratch.into_parts())
}
