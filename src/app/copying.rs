//! What can be copied: names, what is said of a decision, commands that show or do the same elsewhere.

use super::export::markdown;
use super::menu::{Choice, Item, Menu};
use super::state::State;
use crate::model::text::inert;
use crate::scheduling::message;

/// Everything that can be copied where the cursors are.
pub fn menu(state: &State) -> Menu {
    let mut items = Vec::new();
    let mut add = |label: &str, text: String| {
        items.push(Item {
            label: label.to_owned(),
            about: text.lines().next().unwrap_or_default().to_owned(),
            choice: Choice::Copy(text),
        });
    };
    let pod = state.pod().map(|row| &row.pod);
    let node = state.node_name();
    if let Some(pod) = pod {
        add("pod", pod.key.to_string());
    }
    if let Some(node) = node {
        add("node", node.to_string());
    }
    if let Some(selected) = state.decision() {
        let said = message::unschedulable(&selected.trace);
        if !said.is_empty() {
            add("message", said);
        }
        if let Some(why) = why(state) {
            add("what Why says", why);
        }
        add(
            "decision as Markdown",
            markdown::decision(selected, state.node(), &state.link),
        );
    }
    if let (Some(pod), Some(arguments)) = (pod, &state.options.cluster) {
        let with = |command: &[&str]| {
            let all = command
                .iter()
                .copied()
                .chain(arguments.iter().map(String::as_str));
            all.map(shell).collect::<Vec<_>>().join(" ")
        };
        let key = pod.key.to_string();
        if let Some(node) = node {
            let rejected = state.node().zip(state.decision());
            let rejected = rejected.is_some_and(|(id, selected)| selected.trace.feasible_index(id).is_none());
            let mut place = vec!["berth", "place", &key, node];
            if rejected {
                place.extend(["--override", "--reason", "why it has to go there"]);
            }
            add("command that places", with(&place));
            add("command that explains", with(&["berth", "explain", &key, node]));
        } else {
            add("command that explains", with(&["berth", "explain", &key]));
        }
        let (name, namespace) = (&*pod.key.name, &*pod.key.namespace);
        add(
            "kubectl, the pod",
            with(&["kubectl", "get", "pod", name, "-n", namespace, "-o", "yaml"]),
        );
        if let Some(node) = node {
            add("kubectl, the node", with(&["kubectl", "describe", "node", node]));
        }
    }
    Menu::new("Copy", items)
}

/// What the Why pane says, as text.
pub fn why(state: &State) -> Option<String> {
    let lines = state.why.lines.iter();
    let lines: Vec<String> = lines
        .map(|line| line.text().trim_end().replace('\u{a0}', " "))
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// `word` as a shell takes it for one word.
fn shell(word: &str) -> String {
    let word = inert(word);
    let plain = |c: char| {
        c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '=' | '+' | ',')
    };
    if !word.is_empty() && word.chars().all(plain) {
        return word.into_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::shell;

    #[test]
    fn a_name_is_one_word_and_no_command() {
        for (word, quoted) in [
            ("shop/cart-7f9c4", "shop/cart-7f9c4"),
            ("a b", "'a b'"),
            ("$(rm -rf ~)", "'$(rm -rf ~)'"),
            ("it's", "'it'\\''s'"),
            ("", "''"),
            ("a\nb", "'a\u{fffd}b'"),
            ("~", "'~'"),
        ] {
            assert_eq!(shell(word), quoted);
        }
    }
}
