//! What can be copied: names, what is said of a decision, commands that show or do the same elsewhere.

use super::export::markdown;
use super::state::State;
use crate::model::text::inert;
use crate::scheduling::message;

/// Everything that can be copied where the cursors are: what it is, and the text.
pub fn texts(state: &State) -> Vec<(&'static str, String)> {
    let mut texts = Vec::new();
    let pod = state.pod().map(|row| &row.pod);
    texts.extend(pod.map(|pod| ("pod", pod.key.to_string())));
    texts.extend(state.node_name().map(|node| ("node", node.to_string())));
    if let Some(selected) = state.decision() {
        let said = message::unschedulable(&selected.trace);
        texts.extend((!said.is_empty()).then_some(("message", said)));
        texts.extend(why(state).map(|why| ("what Why says", why)));
        let text = markdown::decision(selected, state.node(), &state.link);
        texts.push(("decision as Markdown", text));
    }
    texts.extend(commands(state));
    let lesson = state.class.as_ref().map(|class| class.commands());
    texts.extend(
        lesson
            .filter(|commands| !commands.is_empty())
            .map(|commands| ("lesson's commands", commands)),
    );
    texts
}

/// Commands on the pod and the node under the cursors; none where no command reaches the cluster.
fn commands(state: &State) -> Vec<(&'static str, String)> {
    let options = &state.options;
    let context = &*state.link.context;
    let (Some(row), true) = (
        state.pod(),
        options.contexts.iter().any(|known| **known == *context),
    ) else {
        return Vec::new();
    };
    let mut cluster = vec!["--context", context];
    if let Some(file) = &options.kubeconfig {
        cluster.extend(["--kubeconfig", file]);
    }
    let with = |command: &[&str]| {
        let all = command.iter().chain(&cluster);
        all.map(|word| shell(word)).collect::<Vec<_>>().join(" ")
    };
    let key = row.pod.key.to_string();
    let (name, namespace) = (&*row.pod.key.name, &*row.pod.key.namespace);
    let pod = with(&["kubectl", "get", "pod", name, "-n", namespace, "-o", "yaml"]);
    let Some(node) = state.node_name() else {
        return vec![
            ("explain it by", with(&["berth", "explain", &key])),
            ("read the pod by", pod),
        ];
    };
    let mut place = vec!["berth", "place", &key, node];
    let judged = state.node().zip(state.decision());
    if judged.is_some_and(|(id, selected)| selected.trace.feasible_index(id).is_none()) {
        place.extend(["--override", "--reason", "why it has to go there"]);
    }
    vec![
        ("place it by", with(&place)),
        ("explain it by", with(&["berth", "explain", &key, node])),
        ("read the pod by", pod),
        ("read the node by", with(&["kubectl", "describe", "node", node])),
    ]
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
pub(super) fn shell(word: &str) -> String {
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
