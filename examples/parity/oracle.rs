//! kube-scheduler's own framework, asked about one cluster after the other: starting it for each would take longer than
//! the answers.

use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

pub(crate) struct Oracle {
    program: PathBuf,
    running: Option<Running>,
}

struct Running {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    words: std::fs::File,
}

impl Oracle {
    pub(crate) fn new(program: &Path) -> Self {
        Self {
            program: program.to_owned(),
            running: None,
        }
    }

    /// Upstream's records for every pending pod of `cluster` and the bound ones that `cluster["pods"]` names, ordered by
    /// pod.
    ///
    /// # Errors
    /// Where the program cannot be started, refuses the cluster, or crashes, with its last words; it may be asked again.
    pub(crate) fn ask(&mut self, cluster: &Value) -> Result<Vec<Value>> {
        let running = match &mut self.running {
            Some(running) => running,
            none => none.insert(Running::start(&self.program)?),
        };
        let answered = running.ask(cluster);
        if answered.is_err()
            && let Some(running) = self.running.take()
        {
            return answered.with_context(|| running.last_words());
        }
        let mut records = answered?;
        if let Some(failed) = records.iter().find_map(|record| record["failed"].as_str()) {
            bail!("it refuses the cluster: {failed}");
        }
        records.sort_by_key(|record| record["pod"].to_string());
        Ok(records)
    }
}

impl Running {
    fn start(program: &Path) -> Result<Self> {
        let words = tempfile::tempfile()?;
        let mut child = Command::new(program)
            .arg("--lines")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(words.try_clone()?)
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let questions = child.stdin.take();
        let answers = BufReader::new(child.stdout.take().context("its output")?);
        Ok(Self {
            child,
            questions,
            answers,
            words,
        })
    }

    fn ask(&mut self, cluster: &Value) -> Result<Vec<Value>> {
        let mut line = serde_json::to_vec(cluster)?;
        line.push(b'\n');
        let questions = self.questions.as_mut().context("its input")?;
        questions.write_all(&line)?;
        questions.flush()?;
        let mut records = Vec::new();
        loop {
            let mut line = String::new();
            if self.answers.read_line(&mut line)? == 0 {
                bail!("it ended in the middle of an answer");
            }
            if line.trim().is_empty() {
                return Ok(records);
            }
            records.push(serde_json::from_str(&line)?);
        }
    }

    /// The end of what it wrote to its error output.
    fn last_words(mut self) -> String {
        drop(self.questions.take());
        let _ = self.child.wait();
        let mut words = String::new();
        let _ = self.words.rewind();
        let _ = self.words.read_to_string(&mut words);
        let lines: Vec<&str> = words.lines().collect();
        let first = lines
            .iter()
            .position(|line| line.starts_with("panic:") || line.starts_with("fatal error:"));
        let from = first.unwrap_or_else(|| lines.len().saturating_sub(5));
        lines[from..]
            .iter()
            .take(12)
            .copied()
            .collect::<Vec<_>>()
            .join("\n")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It ends where its input does.
        drop(self.questions.take());
        let _ = self.child.wait();
    }
}
