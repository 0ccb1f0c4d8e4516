//! The commands that lessons give, run by a shell with the real kubectl, in the order of the steps.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use berth::app::lesson::Told;
use berth::cli::learn::classroom::Classroom;
use berth::lesson::{Block, Step, names};
use tokio::sync::mpsc::unbounded_channel;

use super::learner::{from_disk, hasty};
use crate::support::{DEADLINE, programs};

/// Commands that do not end by themselves.
const LONG: [&str; 2] = ["--watch", "berth auto"];

/// What is to be refused, and how.
const REFUSED: [(&str, &str); 1] = [(
    "/apis/example.com/v1",
    "the server could not find the requested resource",
)];

/// A command that does not end, which runs until the lesson is over.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The commands of `blocks`, a line each, and whether they are all that the step's goals need.
fn commands(blocks: &[Block]) -> (Vec<String>, bool) {
    let none = |_: &_| panic!("a command that asks for something");
    let lines = blocks.iter().filter_map(|block| match block {
        Block::Commands(lines) => Some(lines),
        _ => None,
    });
    let all = blocks.first().is_some_and(|first| {
        let text: String = first
            .texts()
            .iter()
            .map(|text| text.plain(&|_| String::new()))
            .collect();
        text == "All of it:" || text == "This is the whole command:" || text == "With kubectl:"
    });
    (lines.flatten().map(|line| line.plain(&none)).collect(), all)
}

fn shell(line: &str, kubeconfig: &Path) -> Command {
    let own = Path::new(env!("CARGO_BIN_EXE_berth"))
        .parent()
        .expect("a folder")
        .to_owned();
    let mut path = vec![programs(), own];
    path.extend(std::env::split_paths(
        &std::env::var_os("PATH").unwrap_or_default(),
    ));
    let folder = kubeconfig.parent().expect("a folder");
    let mut command = Command::new("sh");
    command
        .args(["-c", line])
        .env("KUBECONFIG", kubeconfig)
        .env("PATH", std::env::join_paths(path).expect("a path"))
        .env("HOME", folder)
        .current_dir(folder);
    command
}

/// Runs `line`; it must be accepted, and say something. One that does not end is given back.
async fn accepted(line: &str, kubeconfig: &Path, lesson: &str) -> Option<Running> {
    let mut command = shell(line, kubeconfig);
    if LONG.iter().any(|long| line.contains(long)) {
        let child = shell(&format!("exec {line}"), kubeconfig)
            .stdout(Stdio::null())
            .spawn();
        return Some(Running(child.expect("a shell")));
    }
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = output.await.expect("a thread").expect("a shell");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    if let Some((_, why)) = REFUSED.iter().find(|(part, _)| line.contains(part)) {
        assert!(
            !output.status.success() && err.contains(why),
            "{lesson}: {line}\n{out}{err}"
        );
        return None;
    }
    assert!(output.status.success(), "{lesson}: {line}\n{out}{err}");
    let says = !out.trim().is_empty() || !err.trim().is_empty();
    assert!(says, "{lesson}: {line}: it prints nothing");
    assert!(!err.to_lowercase().contains("error"), "{lesson}: {line}\n{err}");
    None
}

/// Waits until the goals of the step hold; whether they do.
async fn are_met(
    room: &Classroom,
    at: usize,
    step: &Step,
    patience: std::time::Duration,
) -> Result<(), String> {
    if step.goals.is_empty() {
        return Ok(());
    }
    let (tell, mut told) = unbounded_channel();
    room.look(at, move |said| {
        let _ = tell.send(said);
    });
    let mut last = String::new();
    let waits = tokio::time::timeout(patience, async {
        while let Some(said) = told.recv().await {
            match said {
                Told::Checked(_, met) if met.iter().all(|met| met.holds) => return true,
                other => last = format!("{other:?}"),
            }
        }
        false
    });
    match waits.await {
        Ok(true) => Ok(()),
        _ => Err(last),
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs kubectl: tests/control-plane/build, then cargo test -- --include-ignored"]
async fn every_command_of_every_lesson_does_what_it_is_for() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in names() {
        let lesson = Arc::new(from_disk(name));
        let kubeconfig = folder.path().join(format!("{name}.kubeconfig"));
        let room = Classroom::open(Arc::clone(&lesson), 0, hasty(), Some(&kubeconfig)).await;
        let room = room.unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut running = Vec::new();
        for (at, step) in lesson.steps.iter().enumerate() {
            if at > 0 {
                room.does(step.setup.iter()).await.expect("the setup");
            }
            let mut suffices = false;
            // The last hint has all; those before it say parts of it.
            let (text, _) = commands(&step.text);
            let (hint, all) = step.hints.last().map(|hint| commands(hint)).unwrap_or_default();
            suffices |= all && !hint.is_empty();
            for line in text.into_iter().chain(hint) {
                running.extend(accepted(&line, &kubeconfig, name).await);
            }
            let by_themselves = step.done.is_empty() || suffices;
            let patience = if by_themselves {
                DEADLINE
            } else {
                std::time::Duration::from_millis(300)
            };
            match are_met(&room, at, step, patience).await {
                Ok(()) => {}
                Err(said) if by_themselves => {
                    panic!(
                        "{name}, step {}: the commands do not reach its goals: {said}",
                        at + 1
                    )
                }
                Err(_) => {
                    room.does(step.done.iter()).await.expect("what does the step");
                    let met = are_met(&room, at, step, DEADLINE).await;
                    met.unwrap_or_else(|said| panic!("{name}, step {}: {said}", at + 1));
                }
            }
        }
        for Running(child) in &mut running {
            let ended = child.try_wait().expect("a process");
            assert_eq!(ended, None, "{name}: a command that was to go on has ended");
        }
    }
}
