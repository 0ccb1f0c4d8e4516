//! Lines as suppositions.

use std::sync::Arc;

use super::error::SuppositionError;
use super::supposition::{Asked, Dropped, Supposition, Whose};
use crate::model::PodKey;
use crate::model::quantity::Quantity;
use crate::model::syntax;
use crate::model::taint::{Effect, Taint, Toleration, TolerationOperator};

/// A kind of line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// The words, with what is to be filled in in capitals and what may be left out in brackets.
    pub pattern: &'static str,
    /// What it supposes.
    pub means: &'static str,
}

/// Every kind of line, those about nodes first.
pub const FORMS: &[Form] = &[
    Form {
        pattern: "cordon NODE",
        means: "the node takes no new pods",
    },
    Form {
        pattern: "uncordon NODE",
        means: "the node takes pods again",
    },
    Form {
        pattern: "taint nodes NODE KEY[=VALUE]:EFFECT",
        means: "the node has a taint",
    },
    Form {
        pattern: "taint nodes NODE KEY[:EFFECT]-",
        means: "the node has it no more",
    },
    Form {
        pattern: "label nodes NODE KEY=VALUE",
        means: "the node has a label; KEY- takes it away",
    },
    Form {
        pattern: "add node like NODE [xCOUNT]",
        means: "there are more nodes like this one, fresh",
    },
    Form {
        pattern: "delete node NODE",
        means: "the node is gone with its pods",
    },
    Form {
        pattern: "evict [NAMESPACE/]POD",
        means: "another pod is gone",
    },
    Form {
        pattern: "set requests RESOURCE=AMOUNT[,…] [-c CONTAINER]",
        means: "the pod asks for more or less; --pod for the pod as a whole",
    },
    Form {
        pattern: "tolerate KEY[=VALUE][:EFFECT]",
        means: "the pod bears a taint",
    },
    Form {
        pattern: "untolerate KEY[=VALUE][:EFFECT]",
        means: "the pod has a toleration no more",
    },
    Form {
        pattern: "label pod KEY=VALUE",
        means: "the pod has a label; KEY- takes it away",
    },
    Form {
        pattern: "select KEY=VALUE",
        means: "the pod wants nodes with a label; KEY- does not",
    },
    Form {
        pattern: "drop node affinity",
        means: "required node affinity is not there",
    },
    Form {
        pattern: "drop spread [KEY]",
        means: "topology spread constraints keep no pod off",
    },
    Form {
        pattern: "drop pod affinity",
        means: "required pod affinity is not there",
    },
    Form {
        pattern: "drop anti-affinity",
        means: "required pod anti-affinity is not there",
    },
    Form {
        pattern: "drop ports",
        means: "no container wants a port of the node",
    },
    Form {
        pattern: "drop gates",
        means: "no scheduling gate holds the pod back",
    },
];

type Parsed<T> = Result<T, SuppositionError>;

impl Supposition {
    /// Reads a line such as `cordon worker-1`; a leading `kubectl` is overlooked. `namespace` is that of a pod without one.
    ///
    /// # Errors
    /// The word that is not understood, why, and what to try.
    pub fn parse(line: &str, namespace: &str) -> Parsed<Self> {
        let mut words: Vec<&str> = line
            .split_whitespace()
            .filter(|word| *word != "--overwrite")
            .collect();
        if words.first() == Some(&"kubectl") {
            words.remove(0);
        }
        match *words {
            [] => Err(SuppositionError::new(
                "nothing is written",
                "Write what is to be otherwise, such as: cordon worker-1",
            )),
            ["cordon", node] => Ok(Self::Cordon(name(node)?)),
            ["uncordon", node] => Ok(Self::Uncordon(name(node)?)),
            ["taint", kind, node, taint] if is_node(kind) => self::taint(name(node)?, taint),
            ["label", kind, node, label] if is_node(kind) => {
                let (key, value) = entry(label)?;
                let node = name(node)?;
                Ok(Self::LabelNode { node, key, value })
            }
            ["label", kind, label] if is_pod(kind) => {
                let (key, value) = entry(label)?;
                Ok(Self::LabelPod { key, value })
            }
            ["label", kind, _, label] if is_pod(kind) => Err(SuppositionError::new(
                "one word too many: the label is that of the pod in question",
                format!("Try: label pod {label}"),
            )),
            ["add", kind, "like", node] if is_node(kind) => Ok(Self::AddNodes {
                like: name(node)?,
                count: 1,
            }),
            ["add", kind, "like", node, times] if is_node(kind) => Ok(Self::AddNodes {
                like: name(node)?,
                count: count(times)?,
            }),
            ["delete", kind, node] if is_node(kind) => Ok(Self::RemoveNode(name(node)?)),
            ["delete", kind, pod] if is_pod(kind) => evict(pod, namespace),
            ["evict", pod] => evict(pod, namespace),
            ["set", "requests", ref rest @ ..] => requests(rest),
            ["tolerate", toleration] => Ok(Self::Tolerate(self::toleration(toleration)?)),
            ["untolerate", toleration] => Ok(Self::Untolerate(self::toleration(toleration)?)),
            ["select", label] => {
                let (key, value) = entry(label)?;
                Ok(Self::Select { key, value })
            }
            ["drop", ref what @ ..] => dropped(what).map(Self::Drop),
            [verb, ..] => Err(malformed(verb)),
        }
    }
}

fn is_node(word: &str) -> bool {
    matches!(word, "node" | "nodes" | "no")
}

fn is_pod(word: &str) -> bool {
    matches!(word, "pod" | "pods" | "po")
}

/// The line does not have the form that its first word wants.
fn malformed(verb: &str) -> SuppositionError {
    let first = |form: &Form| form.pattern.split(' ').next().unwrap_or_default();
    let forms: Vec<&str> = FORMS
        .iter()
        .filter(|form| first(form) == verb)
        .map(|form| form.pattern)
        .collect();
    if forms.is_empty() {
        let message = format!("'{verb}' is nothing that can be supposed");
        let verbs: Vec<&str> = {
            let mut verbs: Vec<&str> = FORMS.iter().map(first).collect();
            verbs.dedup();
            verbs
        };
        let otherwise = format!("It begins with one of {}.", verbs.join(", "));
        return SuppositionError::unknown(message, verb, verbs.iter().copied(), otherwise);
    }
    let message = format!("'{verb}' wants other words after it");
    SuppositionError::new(message, format!("Write: {}", forms.join("  or  ")))
}

fn name(word: &str) -> Parsed<Arc<str>> {
    let name = word
        .split_once('/')
        .filter(|(kind, _)| is_node(kind))
        .map_or(word, |(_, name)| name);
    if name.is_empty() || name.contains('/') {
        return Err(SuppositionError::new(
            format!("'{word}' names no node"),
            "Write the name as kubectl get nodes prints it.",
        ));
    }
    Ok(name.into())
}

fn evict(word: &str, namespace: &str) -> Parsed<Supposition> {
    let key = PodKey::parse(word, namespace);
    let key = key.map_err(|error| SuppositionError::new(error.to_string(), "Such as: evict shop/cart-7f9c4"));
    Ok(Supposition::Evict(key?))
}

fn count(word: &str) -> Parsed<u16> {
    let number = word.strip_prefix('x').and_then(|digits| digits.parse().ok());
    number
        .filter(|&count| (1..=1000).contains(&count))
        .ok_or_else(|| {
            let message = format!("'{word}' is no number of nodes");
            SuppositionError::new(message, "Write x2, x3 and so on, 1000 at the most.")
        })
}

fn key(word: &str) -> Parsed<Arc<str>> {
    if syntax::is_label_key(word) {
        return Ok(word.into());
    }
    Err(SuppositionError::new(
        format!("'{word}' is no key"),
        "A key is letters, digits, '-', '_' and '.', perhaps after a domain and a slash: disk, example.com/disk",
    ))
}

fn value(word: &str) -> Parsed<Arc<str>> {
    if syntax::is_label_value(word) {
        return Ok(word.into());
    }
    Err(SuppositionError::new(
        format!("'{word}' is no value"),
        "A value is at most 63 letters, digits, '-', '_' and '.'.",
    ))
}

fn effect(word: &str) -> Parsed<Effect> {
    let all = ["NoSchedule", "PreferNoSchedule", "NoExecute"];
    Effect::parse(word).map_err(|message| {
        SuppositionError::unknown(message, word, all.into_iter(), "Effects are case-sensitive.")
    })
}

/// `key=value`, or `key-`.
fn entry(word: &str) -> Parsed<(Arc<str>, Option<Arc<str>>)> {
    if let Some((key, value)) = word.split_once('=') {
        return Ok((self::key(key)?, Some(self::value(value)?)));
    }
    let Some(key) = word.strip_suffix('-') else {
        return Err(SuppositionError::new(
            format!("'{word}' has neither '=' nor '-' after the key"),
            format!("Write {word}=VALUE to set it, {word}- to take it away."),
        ));
    };
    Ok((self::key(key)?, None))
}

fn taint(node: Arc<str>, word: &str) -> Parsed<Supposition> {
    if let Some(gone) = word.strip_suffix('-').filter(|gone| !gone.contains('=')) {
        let (key, effect) = match gone.split_once(':') {
            Some((key, effect)) => (key, Some(self::effect(effect)?)),
            None => (gone, None),
        };
        let key = self::key(key)?;
        return Ok(Supposition::Untaint { node, key, effect });
    }
    let Some((taint, effect)) = word.rsplit_once(':') else {
        return Err(SuppositionError::new(
            format!("'{word}' says no effect"),
            format!("Write {word}:NoSchedule, or {word}- to take the taint away."),
        ));
    };
    let (key, value) = taint.split_once('=').unwrap_or((taint, ""));
    let taint = Taint {
        key: self::key(key)?,
        value: self::value(value)?,
        effect: self::effect(effect)?,
    };
    Ok(Supposition::Taint { node, taint })
}

fn toleration(word: &str) -> Parsed<Toleration> {
    let (what, effect) = match word.rsplit_once(':') {
        Some((what, effect)) => (what, Some(self::effect(effect)?)),
        None => (word, None),
    };
    let signs = [
        ('=', TolerationOperator::Equal),
        ('<', TolerationOperator::Lt),
        ('>', TolerationOperator::Gt),
    ];
    let split = signs
        .iter()
        .find_map(|&(sign, operator)| Some((what.split_once(sign)?, operator)));
    let ((key, value), operator) = split.unwrap_or(((what, ""), TolerationOperator::Exists));
    if key == "*" {
        if operator != TolerationOperator::Exists {
            return Err(SuppositionError::new(
                format!("'{word}' wants a value of every key"),
                "Write * alone, or a key with a value.",
            ));
        }
        return Ok(Toleration {
            key: "".into(),
            operator,
            value: "".into(),
            effect,
        });
    }
    let number = value.parse::<i64>().is_ok();
    let compares = matches!(operator, TolerationOperator::Lt | TolerationOperator::Gt);
    if compares && !number {
        return Err(SuppositionError::new(
            format!("'{value}' is no whole number to compare with"),
            "Write a number after < or >.",
        ));
    }
    Ok(Toleration {
        key: self::key(key)?,
        operator,
        value: if compares {
            value.into()
        } else {
            self::value(value)?
        },
        effect,
    })
}

fn requests(words: &[&str]) -> Parsed<Supposition> {
    let (lists, whose) = match *words {
        [list] => (list, Whose::Every),
        [list, "-c", container] | ["-c", container, list] => (list, Whose::Container(container.into())),
        [list, "--pod"] | ["--pod", list] => (list, Whose::Pod),
        _ => return Err(malformed("set")),
    };
    let mut amounts: Vec<Asked> = Vec::new();
    for part in lists.split(',') {
        let Some((resource, quantity)) = part.split_once('=') else {
            return Err(SuppositionError::new(
                format!("'{part}' says no amount"),
                format!("Write {part}=AMOUNT, such as cpu=200m or memory=1Gi."),
            ));
        };
        if resource.is_empty() || amounts.iter().any(|asked| *asked.resource == *resource) {
            let what = if resource.is_empty() {
                format!("'{part}' names no resource")
            } else {
                format!("'{resource}' is named twice")
            };
            return Err(SuppositionError::new(
                what,
                "Write each resource once: cpu=200m,memory=1Gi",
            ));
        }
        let parsed: Result<Quantity, _> = quantity.parse();
        match parsed {
            Ok(parsed) if parsed.sign() >= 0 => amounts.push(Asked {
                resource: resource.into(),
                quantity: quantity.into(),
            }),
            Ok(_) => {
                return Err(SuppositionError::new(
                    format!("'{quantity}' of {resource} is below zero"),
                    "Write 0 to ask for none.",
                ));
            }
            Err(error) => {
                return Err(SuppositionError::new(
                    format!("'{quantity}' of {resource}: {error}"),
                    "Write an amount such as 200m, 2 or 1Gi.",
                ));
            }
        }
    }
    Ok(Supposition::Requests { whose, amounts })
}

fn dropped(words: &[&str]) -> Parsed<Dropped> {
    match *words {
        ["node", "affinity"] => Ok(Dropped::NodeAffinity),
        ["spread"] => Ok(Dropped::Spread(None)),
        ["spread", topology] => Ok(Dropped::Spread(Some(key(topology)?))),
        ["pod", "affinity"] => Ok(Dropped::PodAffinity),
        ["anti-affinity"] | ["pod", "anti-affinity"] => Ok(Dropped::AntiAffinity),
        ["ports"] => Ok(Dropped::Ports),
        ["gates"] => Ok(Dropped::Gates),
        _ => {
            let known = [
                "node affinity",
                "spread",
                "pod affinity",
                "anti-affinity",
                "ports",
                "gates",
            ];
            let words = words.join(" ");
            let message = if words.is_empty() {
                "'drop' says not what".to_owned()
            } else {
                format!("'{words}' is nothing that can be dropped")
            };
            let otherwise = format!("It is one of {}.", known.join(", "));
            Err(SuppositionError::unknown(
                message,
                &words,
                known.into_iter(),
                otherwise,
            ))
        }
    }
}
