//! The command line: the real program, its output, its exit codes.

mod adopt;
mod cluster;
mod config;
mod demo;
mod files;
mod learn;
mod plan;
mod settings;
mod shell;
mod usage;

use assert_cmd::Command;

use crate::support::DEADLINE;

/// A cluster in a file: six nodes of all sorts, five pods that wait, some that run or are over.
const SHOP: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/cli/shop.yaml");

/// The program, in an environment without any cluster.
fn berth() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
    command
        .env_remove("KUBECONFIG")
        .env_remove("NO_COLOR")
        .env_remove("KUBERNETES_SERVICE_HOST")
        .env("HOME", env!("CARGO_TARGET_TMPDIR"))
        .timeout(DEADLINE);
    command
}

/// What a run of the program printed, and how it ended.
struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

fn run(command: &mut Command) -> Run {
    let output = command.output().expect("berth starts");
    Run {
        code: output.status.code().expect("berth ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("berth prints UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("berth prints UTF-8"),
    }
}

/// Runs the program with these words as arguments.
fn words(line: &str) -> Run {
    run(berth().args(line.split_whitespace()))
}

/// Runs the program on the [`SHOP`].
fn on_shop(line: &str) -> Run {
    run(berth().args(line.split_whitespace()).args(["--from", SHOP]))
}

impl Run {
    /// What it printed, where it ended well and said nothing on standard error.
    #[track_caller]
    fn good(self) -> String {
        assert_eq!((self.code, self.stderr.as_str()), (0, ""), "{}", self.stdout);
        self.stdout
    }

    /// What it said on standard error, where it ended with `code` and printed no results.
    #[track_caller]
    fn bad(self, code: i32) -> String {
        assert_eq!((self.code, self.stdout.as_str()), (code, ""), "{}", self.stderr);
        self.stderr
    }
}
