//! What a shell has to be told before the commands of a lesson work in it.

use std::sync::Arc;

use crate::app::copying::shell;
use crate::lesson::Text;

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shell {
    /// The kubeconfig by which kubectl reaches the lesson's cluster.
    pub kubeconfig: Arc<str>,
    /// Where berth is, if a shell would not find it by its name.
    pub folder: Option<Arc<str>>,
}

impl Shell {
    /// The line that comes before `commands`.
    pub(super) fn exports<'a>(&self, mut commands: impl Iterator<Item = &'a Text>) -> String {
        let kubeconfig = format!("export KUBECONFIG={}", shell(&self.kubeconfig));
        let calls_berth = commands.any(|command| command.plain(&|_| String::new()).starts_with("berth "));
        match self.folder.as_ref().filter(|_| calls_berth) {
            Some(folder) => format!("{kubeconfig} PATH={}:\"$PATH\"", shell(folder)),
            None => kubeconfig,
        }
    }
}
