//! The embedded server beside a real one: the same conversations with both, and the same answers.
//!
//! A conversation (`tests/twins/*.yaml`) is a list of requests in a namespace of its own. What the real server answered
//! is recorded (`tests/twins/recorded`), so that every run of the tests compares with it; where there is a control plane,
//! the recording is compared with the real server again. `just twins-record` makes it anew.

mod conversation;
mod masking;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use berth::demo::{Scenario, Server, Settings};
use futures::StreamExt;
use kube::Client;
use serde_json::{Value, json};

use crate::support::ControlPlane;
use conversation::{Conversation, File, Session};

/// Conversations that are held at once.
const AT_ONCE: usize = 8;

/// The answers to a conversation, step by step.
type Answers = Vec<Value>;

#[tokio::test]
async fn the_embedded_server_answers_as_the_real_one_did() {
    let mut report = Report::default();
    for file in files() {
        let recorded = recorded(&file.name);
        for conversation in &file.conversations {
            let server = Server::start_with(
                Scenario::empty(),
                Settings {
                    life: false,
                    ..Settings::default()
                },
            );
            let answers = hold(&server.client(), conversation).await;
            match recorded.get(&conversation.name) {
                Some(real) => report.compare(&file, conversation, real, &answers),
                None => report.add(&file, conversation, "is not recorded: just twins-record"),
            }
        }
    }
    report.finish();
}

#[tokio::test]
#[ignore = "needs a control plane: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn the_real_server_still_answers_so() {
    let plane = ControlPlane::start_as_upstream().await;
    let client = plane.client().await;
    let write = std::env::var_os("TWINS_RECORD").is_some();
    let mut report = Report::default();
    for file in files() {
        let held = futures::stream::iter(&file.conversations)
            .map(async |conversation| (conversation, hold(&client, conversation).await))
            .buffered(AT_ONCE);
        let held: Vec<(&Conversation, Answers)> = held.collect().await;
        if write {
            record(&file.name, &held);
            continue;
        }
        let recorded = recorded(&file.name);
        for (conversation, answers) in held {
            let real = recorded.get(&conversation.name).cloned().unwrap_or_default();
            report.same(&file, conversation, &real, &answers);
        }
    }
    if !write {
        report.finish();
    }
}

/// The table of differences in the documentation is that of the conversations.
#[test]
fn the_differences_are_documented() {
    let mut rows = String::new();
    for file in files() {
        for conversation in &file.conversations {
            for step in &conversation.steps {
                for (at, why) in &step.differs {
                    let at = if at.is_empty() { "the whole body" } else { at };
                    writeln!(
                        rows,
                        "| {} | `{}` | `{at}` | {why} |",
                        conversation.name, step.request
                    )
                    .expect("text");
                }
            }
        }
    }
    let path = root().join("docs/embedded-api.md");
    let text = std::fs::read_to_string(&path).expect("the document");
    let (begin, end) = ("<!-- differences -->\n", "<!-- end of differences -->");
    let (head, rest) = text.split_once(begin).expect("where the table begins");
    let (_, tail) = rest.split_once(end).expect("where the table ends");
    let table = format!("| conversation | request | where | why |\n|---|---|---|---|\n{rows}");
    let wanted = format!("{head}{begin}{table}{end}{tail}");
    if std::env::var_os("TWINS_RECORD").is_some() {
        std::fs::write(&path, wanted).expect("the document is written");
    } else {
        assert!(text == wanted, "docs/embedded-api.md is stale: just twins-record");
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files() -> Vec<File> {
    let folder = root().join("tests/twins");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("the folder of conversations")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "yaml"))
        .collect();
    paths.sort();
    let only = std::env::var("TWINS").unwrap_or_default();
    let files: Vec<File> = paths
        .iter()
        .map(|path| File::read(path))
        .filter(|file| file.name.contains(&only))
        .collect();
    assert!(!files.is_empty(), "there are conversations");
    files
}

fn recording(name: &str) -> PathBuf {
    root().join(format!("tests/twins/recorded/{name}.json"))
}

/// What was recorded of a file: one line a conversation.
fn recorded(name: &str) -> BTreeMap<String, Answers> {
    let text = std::fs::read_to_string(recording(name)).unwrap_or_default();
    let lines = text
        .lines()
        .map(|line| serde_json::from_str::<(String, Answers)>(line).expect("a line of a recording"));
    lines.collect()
}

fn record(name: &str, held: &[(&Conversation, Answers)]) {
    let mut text = String::new();
    for (conversation, answers) in held {
        writeln!(text, "{}", json!([conversation.name, answers])).expect("text");
    }
    let path = recording(name);
    std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder for recordings");
    std::fs::write(path, text).expect("the recording is written");
}

async fn hold(client: &Client, conversation: &Conversation) -> Answers {
    let mut session = Session::open(client, conversation).await;
    let mut answers = Vec::new();
    for step in &conversation.steps {
        answers.push(session.hold(step).await);
    }
    masking::mask(&session, conversation, answers)
}

/// What is not as it should be.
#[derive(Default)]
struct Report {
    compared: usize,
    wrong: String,
}

impl Report {
    fn add(&mut self, file: &File, conversation: &Conversation, what: &str) {
        writeln!(self.wrong, "{}: {}: {what}", file.name, conversation.name).expect("text");
    }

    /// Ours against what the real server answered, but for the differences that are told.
    fn compare(&mut self, file: &File, conversation: &Conversation, real: &Answers, ours: &Answers) {
        if real.len() != ours.len() {
            return self.add(
                file,
                conversation,
                "has other steps than its recording: just twins-record",
            );
        }
        for ((step, real), ours) in conversation.steps.iter().zip(real).zip(ours) {
            let (mut real, mut ours) = (real.clone(), ours.clone());
            for at in step.differs.keys() {
                let whole = at.is_empty();
                let at = format!("/body{at}");
                if real.pointer(&at) == ours.pointer(&at) {
                    self.add(
                        file,
                        conversation,
                        &format!("{}: {at} no longer differs", step.request),
                    );
                }
                conversation::remove(&mut real, &at);
                conversation::remove(&mut ours, &at);
                if whole {
                    // Another body is another code as well.
                    conversation::remove(&mut real, "/code");
                    conversation::remove(&mut ours, "/code");
                }
            }
            masking::own_words(&mut real);
            masking::own_words(&mut ours);
            self.compared += 1;
            let mut lines = Vec::new();
            difference("", &real, &ours, &mut lines);
            if !lines.is_empty() {
                let what = format!("{}\n    {}", step.request, lines.join("\n    "));
                self.add(file, conversation, &what);
            }
        }
    }

    fn same(&mut self, file: &File, conversation: &Conversation, before: &Answers, now: &Answers) {
        self.compared += now.len();
        let mut lines = Vec::new();
        difference("", &json!(before), &json!(now), &mut lines);
        if !lines.is_empty() {
            self.add(
                file,
                conversation,
                &format!(
                    "the real server answers otherwise now\n    {}",
                    lines.join("\n    ")
                ),
            );
        }
    }

    fn finish(self) {
        assert!(self.compared > 0, "no answers were compared");
        assert!(
            self.wrong.is_empty(),
            "real server first, ours second:\n{}",
            self.wrong
        );
    }
}

/// Where two trees differ, a line each.
fn difference(at: &str, real: &Value, ours: &Value, lines: &mut Vec<String>) {
    match (real, ours) {
        (Value::Object(real), Value::Object(ours)) => {
            let keys: std::collections::BTreeSet<&String> = real.keys().chain(ours.keys()).collect();
            for key in keys {
                let none = &Value::String("(nothing)".into());
                let at = format!("{at}/{key}");
                difference(
                    &at,
                    real.get(key).unwrap_or(none),
                    ours.get(key).unwrap_or(none),
                    lines,
                );
            }
        }
        (Value::Array(real), Value::Array(ours)) if real.len() == ours.len() => {
            for (i, (real, ours)) in real.iter().zip(ours).enumerate() {
                difference(&format!("{at}/{i}"), real, ours, lines);
            }
        }
        (real, ours) if real == ours => {}
        (real, ours) => lines.push(format!("{at}: {real} | {ours}")),
    }
}
