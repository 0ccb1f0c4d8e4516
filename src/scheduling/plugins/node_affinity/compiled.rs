//! Selector terms made ready: each requirement is asked once per distinct value of its label.

use crate::model::cluster::LabelColumn;
use crate::model::labels::Labels;
use crate::model::selector::{NodeSelectorTerm, Operator, Requirement};
use crate::model::{Cluster, NodeId};

/// A term, ready to be asked of many nodes.
pub(in crate::scheduling::plugins) struct CompiledTerm<'a> {
    /// All must hold; `None` where the term matches nothing.
    tests: Option<Vec<Test<'a>>>,
}

enum Test<'a> {
    /// Of a label: the answer by the number of the node's value.
    Label(Option<&'a LabelColumn>, Vec<bool>),
    /// Whether the node is (or is not) this one.
    Node(Option<NodeId>, bool),
    /// Whatever the node.
    Always(bool),
}

impl<'a> CompiledTerm<'a> {
    pub(in crate::scheduling::plugins) fn new(term: &NodeSelectorTerm, cluster: &'a Cluster) -> Self {
        let tests = term.can_match().then(|| {
            let labels = term.expressions.iter();
            let labels = labels.map(|r| label_test(&r.key, cluster, |value| r.matches(value)));
            labels
                .chain(term.fields.iter().map(|r| field_test(r, cluster)))
                .collect()
        });
        Self { tests }
    }

    /// The term that wants every one of `labels`.
    pub(in crate::scheduling::plugins) fn of_labels(labels: &Labels, cluster: &'a Cluster) -> Self {
        let tests = labels
            .iter()
            .map(|(key, want)| label_test(key, cluster, |value| value == Some(&**want)));
        Self {
            tests: Some(tests.collect()),
        }
    }

    pub(in crate::scheduling::plugins) fn matches(&self, node: NodeId) -> bool {
        self.tests.as_ref().is_some_and(|tests| {
            tests.iter().all(|test| match test {
                Test::Label(column, answers) => {
                    let number = column.map_or(0, |column| column.number(node));
                    answers.get(number) == Some(&true)
                }
                Test::Node(wanted, is) => (*wanted == Some(node)) == *is,
                Test::Always(holds) => *holds,
            })
        })
    }
}

fn label_test<'a>(key: &str, cluster: &'a Cluster, holds: impl Fn(Option<&str>) -> bool) -> Test<'a> {
    match cluster.nodes.labels().get(key) {
        Some(column) => Test::Label(
            Some(column),
            column.judge(|value| holds(value.map(|value| &**value))),
        ),
        None => Test::Label(None, vec![holds(None)]),
    }
}

fn field_test<'a>(r: &Requirement, cluster: &'a Cluster) -> Test<'a> {
    if &*r.key != "metadata.name" {
        return Test::Always(r.matches_field(""));
    }
    let wanted = r
        .values
        .first()
        .and_then(|name| cluster.node(name))
        .map(|(id, _)| id);
    Test::Node(wanted, r.operator == Operator::In)
}
