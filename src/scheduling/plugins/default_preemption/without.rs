//! The filters' verdicts on one node while pods are off it.

use crate::model::{NodeId, Pod, PodId};
use crate::scheduling::plugin::{DryRun, Failed, Filter};
use crate::scheduling::status::{Code, Status};
use crate::scheduling::trace::FilterColumn;

/// A node without the pods removed so far.
pub(super) struct Without<'a> {
    node: NodeId,
    removed: Vec<PodId>,
    filters: Vec<Asked<'a>>,
}

/// A filter, its verdict with all pods there, and its own way to follow pods that go, if it has one.
struct Asked<'a> {
    column: &'a FilterColumn,
    filter: &'a dyn Filter,
    run: Option<Box<dyn DryRun + 'a>>,
}

impl<'a> Without<'a> {
    pub(super) fn new(failed: &'a Failed<'a>, node: NodeId) -> Self {
        let columns = failed.trace.filters.iter();
        let filters = columns.zip(failed.filters).map(|(column, (_, filter))| Asked {
            column,
            filter: &**filter,
            run: filter.dry_run(node),
        });
        Self {
            node,
            removed: Vec::new(),
            filters: filters.collect(),
        }
    }

    /// Takes the pod off.
    pub(super) fn remove(&mut self, id: PodId, pod: &Pod) {
        self.removed.push(id);
        let runs = self.filters.iter_mut().filter_map(|asked| asked.run.as_mut());
        runs.for_each(|run| run.remove(pod));
    }

    /// Puts it back.
    pub(super) fn put_back(&mut self, id: PodId, pod: &Pod) {
        if let Some(at) = self.removed.iter().position(|&have| have == id) {
            self.removed.swap_remove(at);
        }
        let runs = self.filters.iter_mut().filter_map(|asked| asked.run.as_mut());
        runs.for_each(|run| run.put_back(pod));
    }

    /// Whether no filter objects.
    pub(super) fn fits(&self) -> bool {
        self.filters.iter().all(|asked| match &asked.run {
            Some(run) => run.fits(),
            None => match asked.filter.filter_without(self.node, &self.removed) {
                Some(status) => !status.code.is_rejection(),
                None => !asked.column.rejects(self.node),
            },
        })
    }

    /// The first filter's objection, an error in the words of upstream's framework.
    pub(super) fn rejection(&self) -> Option<Status> {
        self.filters.iter().find_map(|asked| {
            let status = match &asked.run {
                Some(run) if run.fits() => return None,
                Some(run) => run.status(),
                None => match asked.filter.filter_without(self.node, &self.removed) {
                    Some(status) => status,
                    None => asked.column.get(self.node).clone(),
                },
            };
            let plugin = asked.column.plugin;
            match status.code {
                Code::Error => Some(Status::because(
                    Code::Error,
                    format!("running \"{plugin}\" filter plugin: {}", status.message()),
                )),
                code => code.is_rejection().then_some(status),
            }
        })
    }
}
