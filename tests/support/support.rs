//! What the tests stand on: a real control plane, objects to put into it, and a terminal to drive the program in.
//!
//! ```text
//! let plane = ControlPlane::start().await;
//! node("n1").cpu("2").create(&plane.client().await).await;
//! let berth = Terminal::run(env!("CARGO_BIN_EXE_berth")).env("KUBECONFIG", plane.kubeconfig()).size(80, 24);
//! let mut berth = berth.start();
//! berth.wait_for("n1");
//! berth.press(&["Down", "Enter"]);
//! ```
//!
//! A test that needs a control plane carries
//! `#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]`,
//! so that it is never reported as passed where it did not run.

mod authority;
mod control_plane;
mod keys;
mod objects;
mod process;
mod programs;
mod road;
mod terminal;

use std::time::Duration;

pub(crate) use control_plane::{ControlPlane, Shared};
pub(crate) use objects::{PodBuilder, node, pod};
pub(crate) use process::{Process, ProcessGroup};
pub(crate) use programs::folder as programs;
pub(crate) use road::{Fault, Road, Side};
pub(crate) use terminal::Terminal;

/// How long a test waits for something that ought to come: long enough for a busy machine, as it is only ever waited
/// out by a test that fails.
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

/// Calls `probe` until it gives a value, and returns that.
///
/// # Panics
/// Panics with `what` where nothing has come by the [`DEADLINE`].
pub(crate) async fn eventually<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let search = async {
        loop {
            if let Some(value) = probe().await {
                return value;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let found = tokio::time::timeout(DEADLINE, search).await;
    found.unwrap_or_else(|_| panic!("waited {DEADLINE:?} in vain: {what}"))
}
