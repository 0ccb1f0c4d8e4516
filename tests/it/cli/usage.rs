//! What the program makes of its arguments, and how it says so.

use std::process::Stdio;

use super::{Run, SHOP, berth, on_shop, run, words};
use crate::support::Terminal;

const COMMANDS: [&str; 10] = [
    "demo",
    "pods",
    "explain",
    "place",
    "watch",
    "check",
    "plugins",
    "settings",
    "completion",
    "man",
];

#[test]
fn wrong_usage_is_2_and_says_what_is_right() {
    for line in [
        "fly",
        "place",
        "pods --bogus",
        "explain a b c",
        "completion tcsh",
        "place a b --override",
    ] {
        let complaint = words(line).bad(2);
        assert!(complaint.starts_with("error: "), "{line}: {complaint}");
        assert!(
            complaint.contains("Usage: berth") || complaint.contains("possible values"),
            "{line}: {complaint}"
        );
    }
}

#[test]
fn a_near_miss_is_understood() {
    assert!(words("explian a").bad(2).contains("'explain'"));
    assert!(words("pods --all-namespace").bad(2).contains("--all-namespaces"));
}

#[test]
fn help_lists_every_command_and_exit_code_on_standard_output() {
    let help = words("--help").good();
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command}");
        let own = words(&format!("{command} --help")).good();
        assert!(own.contains(&format!("Usage: berth {command}")), "{own}");
    }
    for code in ["0  done", "2  wrong usage", "130  interrupted"] {
        assert!(help.contains(code), "{code}");
    }
}

#[test]
fn the_readme_lists_the_commands_as_help_does() {
    let readme = include_str!("../../../README.md");
    let rows: Vec<&str> = readme
        .lines()
        .filter(|line| line.starts_with("| `berth "))
        .collect();
    let command = berth::cli::args::command("berth");
    let listed: Vec<String> = command
        .get_subcommands()
        .map(|sub| {
            let arguments = sub.get_positionals().map(|argument| format!(" {argument}"));
            let about = sub.get_about().expect("a summary");
            format!(
                "| `berth {}{}` | {about} |",
                sub.get_name(),
                arguments.collect::<String>()
            )
        })
        .collect();
    assert_eq!(rows, listed);
}

#[test]
fn the_version_says_whose_rules_are_applied() {
    let version = words("--version").good();
    let own = env!("CARGO_PKG_VERSION");
    assert_eq!(
        version,
        format!("berth {own} (scheduling rules of Kubernetes 1.37)\n")
    );
}

#[cfg(unix)]
#[test]
fn as_a_plugin_of_kubectl_it_goes_by_that_name() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = folder.path().join("kubectl-berth");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_berth"), &plugin).unwrap();
    let help = run(assert_cmd::Command::new(&plugin).args(["place", "--help"])).good();
    assert!(help.contains("Usage: kubectl berth place"), "{help}");
    let complaint =
        run(assert_cmd::Command::new(&plugin).args(["explain", "carrt", "--from", SHOP, "-n", "shop"]));
    assert!(complaint.bad(1).contains("Did you mean shop/cart?"));
}

#[test]
fn what_needs_a_cluster_takes_no_file() {
    for line in ["place shop/cart", "watch", "check", "demo"] {
        assert!(on_shop(line).bad(2).contains("leave out --from"), "{line}");
    }
}

/// Before it looks for a cluster: what is wrong, and what to do instead.
#[test]
fn auto_refuses_what_makes_no_sense() {
    for (line, why, instead) in [
        ("auto --from -", "'auto' takes a cluster", "use 'plan'"),
        (
            "auto --policy first --scheduler-name a --scheduler-name b",
            "the scheduler of one schedulerName",
            "Give --scheduler-name once",
        ),
        (
            "auto --policy first --listen 127.0.0.1:0",
            "'first' and 'random' count nothing that could be served",
            "Leave out --listen, or take --policy profile",
        ),
        (
            "auto --policy random --listen 127.0.0.1:0",
            "'first' and 'random' count nothing that could be served",
            "Leave out --listen, or take --policy profile",
        ),
    ] {
        let complaint = words(line).bad(2);
        assert!(complaint.starts_with("error: "), "{line}: {complaint}");
        assert!(
            complaint.contains(why) && complaint.contains(instead),
            "{line}: {complaint}"
        );
    }
}

#[test]
fn placing_asks_and_somebody_must_be_there_to_answer() {
    let complaint = words("place shop/cart").bad(2);
    assert!(complaint.contains("standard input is no terminal"), "{complaint}");
    assert!(complaint.contains("-y"), "{complaint}");
}

#[test]
fn no_cluster_at_all_says_what_to_try() {
    for line in ["pods", "explain a", "place a -y", "watch", "check"] {
        let complaint = words(line).bad(6);
        assert!(
            complaint.contains("--kubeconfig") && complaint.contains("berth demo"),
            "{line}: {complaint}"
        );
    }
}

#[test]
fn a_cluster_that_does_not_answer_is_6() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    // A port that was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let config = format!(
        "{{apiVersion: v1, kind: Config, current-context: x, users: [{{name: u, user: {{token: s3cret}}}}],
          clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:{port}'}}}}],
          contexts: [{{name: x, context: {{cluster: c, user: u}}}}]}}"
    );
    std::fs::write(&file, config).unwrap();
    for line in ["pods", "explain a", "place a -y", "watch", "check"] {
        let complaint = run(berth().args(line.split(' ')).arg("--kubeconfig").arg(&file)).bad(6);
        assert!(
            complaint.contains(&format!("https://127.0.0.1:{port}")),
            "{line}: {complaint}"
        );
        assert!(!complaint.contains("s3cret"), "{complaint}");
    }
    let complaint = run(berth()
        .args(["pods", "--context", "y"])
        .arg("--kubeconfig")
        .arg(&file))
    .bad(2);
    assert!(
        complaint.contains("'y'") && complaint.contains('x'),
        "{complaint}"
    );
}

#[test]
fn the_log_goes_to_its_file_alone() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    run(berth()
        .args(["pods", "--from", SHOP, "-vvv", "--log-file"])
        .arg(&log))
    .good();
    assert!(log.is_file());
    let nowhere = folder.path().join("no/such/folder");
    let complaint = run(berth().args(["pods", "--from", SHOP, "--log-file"]).arg(&nowhere)).bad(1);
    assert!(complaint.contains("no/such/folder"), "{complaint}");
}

#[test]
fn a_reader_that_leaves_ends_it_quietly() {
    for line in [
        "pods",
        "explain -o json",
        "explain shop/cart",
        "plugins",
        "man",
        "completion bash",
        "--help",
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_berth"));
        command.args(line.split(' '));
        if line.starts_with("pods") || line.starts_with("explain") {
            command.args(["--from", SHOP]);
        }
        let ended = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert_eq!(
            (
                ended.status.code(),
                String::from_utf8_lossy(&ended.stderr).as_ref()
            ),
            (Some(0), ""),
            "{line}"
        );
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_is_told() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_berth"));
    let ended = command
        .args(["pods", "--from", SHOP])
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&ended.stderr).contains("cannot write the results"));
}

#[test]
fn a_terminal_has_colours_unless_they_are_unwanted() {
    let colours = |arguments: &[&str], variable: &str, value: &str| {
        let terminal = Terminal::run(env!("CARGO_BIN_EXE_berth")).args(["pods", "--from", SHOP]);
        let mut terminal = terminal.args(arguments).env(variable, value).start();
        assert_eq!(terminal.wait().exit_code(), 0);
        let output = String::from_utf8(terminal.output()).expect("berth prints UTF-8");
        assert!(output.contains("cart"), "{output}");
        output.contains("\u{1b}[")
    };
    assert!(colours(&[], "NO_COLOR", ""));
    assert!(!colours(&[], "NO_COLOR", "1"));
    assert!(!colours(&["--no-color"], "NO_COLOR", ""));
    assert!(!colours(&[], "TERM", "dumb"));
}

#[test]
fn long_columns_flow_on_a_narrow_terminal() {
    let terminal = Terminal::run(env!("CARGO_BIN_EXE_berth")).args(["pods", "--from", SHOP]);
    let mut terminal = terminal.size(80, 40).start();
    assert_eq!(terminal.wait().exit_code(), 0);
    let screen = terminal.screen();
    // Every word of the reason is there, though the terminal is too narrow for the table.
    let words: Vec<&str> = screen.split_whitespace().collect();
    let reason = "4 Insufficient cpu, 4 Insufficient memory, 4 Insufficient nvidia.com/gpu.";
    assert!(words.join(" ").contains(reason), "{screen}");
}

#[test]
fn piped_output_has_no_colours() {
    for line in ["pods", "explain shop/cart", "explain shop/cart worker-1"] {
        let Run { stdout, .. } = on_shop(line);
        assert!(!stdout.contains('\u{1b}'), "{line}");
    }
}
