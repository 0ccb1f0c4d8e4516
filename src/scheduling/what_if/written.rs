//! Suppositions as lines.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use super::supposition::{Dropped, Supposition, Whose};
use crate::model::taint::{Toleration, TolerationOperator};

impl Display for Supposition {
    /// As [`Supposition::parse`] reads it.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cordon(node) => write!(f, "cordon {node}"),
            Self::Uncordon(node) => write!(f, "uncordon {node}"),
            Self::Taint { node, taint } => write!(f, "taint nodes {node} {taint}"),
            Self::Untaint {
                node,
                key,
                effect: Some(effect),
            } => write!(f, "taint nodes {node} {key}:{}-", effect.as_str()),
            Self::Untaint {
                node,
                key,
                effect: None,
            } => write!(f, "taint nodes {node} {key}-"),
            Self::LabelNode { node, key, value } => {
                write!(f, "label nodes {node} {}", Entry(key, value.as_ref()))
            }
            Self::AddNodes { like, count: 1 } => write!(f, "add node like {like}"),
            Self::AddNodes { like, count } => write!(f, "add node like {like} x{count}"),
            Self::RemoveNode(node) => write!(f, "delete node {node}"),
            Self::Evict(pod) => write!(f, "evict {pod}"),
            Self::Requests { whose, amounts } => {
                f.write_str("set requests ")?;
                for (at, asked) in amounts.iter().enumerate() {
                    let comma = if at == 0 { "" } else { "," };
                    write!(f, "{comma}{}={}", asked.resource, asked.quantity)?;
                }
                match whose {
                    Whose::Every => Ok(()),
                    Whose::Container(name) => write!(f, " -c {name}"),
                    Whose::Pod => f.write_str(" --pod"),
                }
            }
            Self::Tolerate(toleration) => write!(f, "tolerate {}", Tolerated(toleration)),
            Self::Untolerate(toleration) => write!(f, "untolerate {}", Tolerated(toleration)),
            Self::LabelPod { key, value } => write!(f, "label pod {}", Entry(key, value.as_ref())),
            Self::Select { key, value } => write!(f, "select {}", Entry(key, value.as_ref())),
            Self::Drop(Dropped::Spread(Some(key))) => write!(f, "drop spread {key}"),
            Self::Drop(dropped) => write!(f, "drop {}", dropped.as_str()),
        }
    }
}

impl Dropped {
    /// The words for it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NodeAffinity => "node affinity",
            Self::Spread(_) => "spread",
            Self::PodAffinity => "pod affinity",
            Self::AntiAffinity => "anti-affinity",
            Self::Ports => "ports",
            Self::Gates => "gates",
        }
    }
}

/// `key=value`, or `key-` where it is taken away.
pub(super) struct Entry<'a>(pub(super) &'a Arc<str>, pub(super) Option<&'a Arc<str>>);

impl Display for Entry<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.1 {
            Some(value) => write!(f, "{}={value}", self.0),
            None => write!(f, "{}-", self.0),
        }
    }
}

/// A toleration as the taints that it bears are written: `key=value:Effect`, `key` for any value, `*` for any key.
pub(super) struct Tolerated<'a>(pub(super) &'a Toleration);

impl Display for Tolerated<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let toleration = self.0;
        f.write_str(if toleration.key.is_empty() {
            "*"
        } else {
            &toleration.key
        })?;
        let sign = match toleration.operator {
            TolerationOperator::Exists => "",
            TolerationOperator::Equal => "=",
            TolerationOperator::Lt => "<",
            TolerationOperator::Gt => ">",
        };
        f.write_str(sign)?;
        if !sign.is_empty() {
            f.write_str(&toleration.value)?;
        }
        match toleration.effect {
            Some(effect) => write!(f, ":{}", effect.as_str()),
            None => Ok(()),
        }
    }
}
