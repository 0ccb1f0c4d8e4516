//! Processes that never outlive the test that started them.

use std::fs::File;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

/// Waits until its standard input ends, which it does with the test process whatever ends that (a panic, ctrl-c,
/// SIGKILL); then kills the process group $1 and removes the folder $2, again if one of the group wrote a last file.
const GUARD: &str = r#"
cat >/dev/null
kill -s KILL -- "-$1" 2>/dev/null
n=0
until rm -rf "$2" 2>/dev/null || [ "$n" = 100 ]; do n=$((n + 1)); sleep 0.05; done
"#;

/// A process group and a temporary folder that go with this value, or with this process.
pub(crate) struct ProcessGroup {
    folder: PathBuf,
    /// Does nothing but keep the group's id taken, from before the first process until after the last.
    leader: Child,
    guard: Child,
    /// Both read this pipe's other end; nobody ever writes to it.
    pipes: Option<(ChildStdin, ChildStdin)>,
}

impl ProcessGroup {
    pub(crate) fn new() -> Self {
        let folder = tempfile::Builder::new()
            .prefix("berth-test-")
            .tempdir()
            .expect("a temporary folder")
            .keep();
        // Groups of their own, as ctrl-c in a terminal is sent to the test's whole group.
        let mut leader = Command::new("cat")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("cat starts");
        let mut guard = Command::new("sh")
            .args(["-c", GUARD, "guard", &leader.id().to_string()])
            .arg(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("sh starts");
        let pipes = leader.stdin.take().zip(guard.stdin.take());
        Self {
            folder,
            leader,
            guard,
            pipes,
        }
    }

    /// The folder for the group's files. It is removed with the group.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts a program in the group; what it prints is appended to `NAME.log` in the folder.
    pub(crate) fn start(&self, name: &'static str, command: &mut Command) -> Process {
        let log = self.folder.join(format!("{name}.log"));
        let out = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("a log file");
        let child = command
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(out.try_clone().expect("a second handle of the log file"))
            .stderr(out)
            .process_group(self.leader.id().cast_signed())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", command.get_program().display()));
        Process { name, child, log }
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.pipes = None;
        // Errors are of no interest here: there is nothing left to do about them.
        let _ = self.leader.wait();
        let _ = self.guard.wait();
    }
}

/// A running program. It is killed when this is dropped; the end of its log is printed if a test is failing then.
pub(crate) struct Process {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Process {
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it did.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the process can be waited for")
    }

    /// Ends it as a crash or the kernel would: SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("the process can be killed");
        self.child.wait().expect("the process can be waited for");
    }

    /// Asks it to end (SIGTERM), and waits until it has.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.child.wait().expect("the process can be waited for")
    }

    /// Halts it (SIGSTOP): its connections stay open and nothing answers on them.
    pub(crate) fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after [`Process::freeze`].
    pub(crate) fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the process takes signals");
    }

    /// The last lines that it printed, under a line that names it.
    pub(crate) fn log_tail(&self) -> String {
        let log = std::fs::read(&self.log).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<&str> = log.lines().collect();
        let tail = &lines[lines.len().saturating_sub(30)..];
        format!("--- the end of {}'s log ---\n{}\n", self.name, tail.join("\n"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            #[expect(clippy::print_stderr, reason = "shown with the failing test")]
            {
                eprint!("{}", self.log_tail());
            }
        }
    }
}
