//! Reading a command line by the grammar.

use std::ffi::OsString;
use std::path::Path;

use clap::{CommandFactory as _, FromArgMatches as _};

use super::help::{examples, exit_codes};
use super::{Args, Command, Format};

/// What the program is called in usage lines and hints: as kubectl's plugin it is `kubectl berth`.
pub fn program_name(argument_0: Option<&OsString>) -> &'static str {
    let stem = argument_0.and_then(|path| Path::new(path).file_stem());
    if stem.is_some_and(|stem| stem == "kubectl-berth") {
        "kubectl berth"
    } else {
        "berth"
    }
}

/// The grammar, under the name that the program was called by.
pub fn command(program: &'static str) -> clap::Command {
    let command = Args::command().bin_name(program).after_help(exit_codes());
    command.mut_subcommands(|sub| match examples(sub.get_name()) {
        Some(examples) => {
            let examples = examples.replace("berth ", &format!("{program} "));
            sub.after_help(format!("Examples:\n{examples}"))
        }
        None => sub,
    })
}

/// Reads a command line, the program's name first.
///
/// # Errors
/// Wrong usage; also where help or version is asked for, which is not wrong (`exit_code` tells).
pub fn parse(arguments: &[OsString]) -> Result<Args, clap::Error> {
    let mut command = command(program_name(arguments.first()));
    if arguments.iter().any(|argument| argument == "--no-color") {
        command = command.color(clap::ColorChoice::Never);
    }
    let mut matches = command.try_get_matches_from_mut(arguments)?;
    let args = Args::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))?;
    args.check()
        .map_err(|message| command.error(clap::error::ErrorKind::ArgumentConflict, message))?;
    Ok(args)
}

impl Args {
    /// What the grammar cannot say of options that are global.
    fn check(&self) -> Result<(), String> {
        if self.global.verbose > 0 && self.global.log_file.is_none() {
            return Err("-v says how much is logged, but not where to: give --log-file FILE, too".into());
        }
        if !self.global.as_groups.is_empty() && self.global.as_user.is_none() {
            return Err("--as-group needs --as: groups alone cannot be impersonated".into());
        }
        if self.global.profile.is_some() && self.global.config.is_none() {
            return Err("--profile needs --config: it names one of that file's profiles".into());
        }
        let for_markdown = matches!(self.command, Some(Command::Journal(_) | Command::Learn(_)));
        if self.global.output == Format::Markdown && !for_markdown {
            return Err(
                "-o markdown is for journal and learn alone; there are table, wide, json and yaml".into(),
            );
        }
        self.check_adoption()?;
        if matches!(self.command, Some(Command::Learn(_))) {
            self.check_lesson()?;
        }
        let needs_cluster = match &self.command {
            Some(Command::Demo(_)) => Some("demo brings a cluster of its own"),
            Some(Command::Place(_)) => Some("place needs a cluster to place the pod in"),
            Some(Command::Apply(_)) => Some("apply needs a cluster to carry the plan out in"),
            Some(Command::Watch) => Some("watch needs a cluster: a file does not change"),
            Some(Command::Check(_)) => Some("check needs a cluster to check"),
            Some(Command::Journal(_)) => Some("journal tells what was sent to clusters"),
            Some(Command::Snapshot(_)) => Some("snapshot needs a cluster to save"),
            _ => None,
        };
        match needs_cluster {
            Some(reason) if self.global.from.is_some() => Err(format!("{reason}; leave out --from")),
            _ => Ok(()),
        }
    }

    /// A lesson says itself what these options would say.
    fn check_lesson(&self) -> Result<(), String> {
        let global = &self.global;
        let cluster = "a lesson brings a cluster of its own";
        let rules =
            "a lesson says itself whose pods are yours and what judges them, as its numbers depend on it";
        let pods = "a lesson shows all namespaces of its cluster, and n in its screen one of them";
        let decided = [
            ("--from", global.from.is_some(), cluster),
            ("--context", global.context.is_some(), cluster),
            ("--kubeconfig", global.kubeconfig.is_some(), cluster),
            ("--as", global.as_user.is_some(), cluster),
            ("--scheduler-name", !global.scheduler_names.is_empty(), rules),
            ("--config", global.config.is_some(), rules),
            ("--feature-gates", global.feature_gates.is_some(), rules),
            ("-n", global.namespace.is_some(), pods),
            ("-A", global.all_namespaces, pods),
        ];
        match decided.into_iter().find(|(_, given, _)| *given) {
            None => Ok(()),
            Some((option, _, reason)) if reason == rules => Err(format!(
                "{reason}; leave out {option} (a lesson of your own has scheduler-names and profiles in its file)"
            )),
            Some((option, _, reason)) => Err(format!("{reason}; leave out {option}")),
        }
    }

    fn check_adoption(&self) -> Result<(), String> {
        let (global, adopts) = (&self.global, !self.global.adopt.is_empty());
        let adopts_here = matches!(
            self.command,
            None | Some(
                Command::Pods | Command::Place(_) | Command::Plan(_) | Command::Apply(_) | Command::Demo(_)
            )
        );
        if adopts && !adopts_here {
            return Err(
                "--adopt is for pods, place, plan, apply and the screen: nothing is placed here".into(),
            );
        }
        if adopts && global.reason.is_none() {
            return Err(
                "--adopt needs --reason TEXT: why the pods of that scheduler are placed by hand".into(),
            );
        }
        if !adopts && (global.race || global.adopt_for.is_some()) {
            return Err("--race and --adopt-for need --adopt NAME: they say how it is done".into());
        }
        if global.adopt_for.is_some_and(|time| time.is_zero()) {
            return Err("--adopt-for 0: an adoption has an end; give a time such as 15m".into());
        }
        match &self.command {
            Some(Command::Place(args)) if args.overrule && global.reason.is_none() => {
                Err("--override needs --reason TEXT: why the rules are overruled".into())
            }
            Some(Command::Place(args)) if args.preempt && global.reason.is_none() => {
                Err("--preempt needs --reason TEXT: why the pod is worth deleting others".into())
            }
            Some(Command::Place(_) | Command::Apply(_)) => Ok(()),
            _ if global.reason.is_some() && !adopts => {
                Err("--reason says why pods are placed: with place, apply, or --adopt NAME".into())
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::{RULES_OF, VERSION};

    fn parse(line: &str) -> Result<Args, clap::Error> {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        super::parse(&arguments)
    }

    #[test]
    fn the_version_says_whose_rules_are_applied() {
        assert!(VERSION.ends_with(&format!("(scheduling rules of Kubernetes {RULES_OF})")));
    }

    #[test]
    fn the_grammar_holds_together() {
        command("berth").debug_assert();
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for line in ["berth -n shop -o json pods", "berth pods -n shop -o json"] {
            let args = parse(line).unwrap();
            assert_eq!(args.global.namespace.as_deref(), Some("shop"));
            assert_eq!(args.global.output, Format::Json);
        }
    }

    #[test]
    fn ours_are_the_pods_of_berth_unless_told_otherwise() {
        assert_eq!(parse("berth").unwrap().global.scheduler_names(), ["berth"]);
        let args = parse("berth pods --scheduler-name a --scheduler-name b").unwrap();
        assert_eq!(args.global.scheduler_names(), ["a", "b"]);
    }

    #[test]
    fn wrong_usage_is_told_from_help() {
        for line in [
            "berth fly",
            "berth demo --scenario x --nodes 3",
            "berth place",
            "berth place a b --override",
            "berth place a --override --reason why",
            "berth place a b --dry-run=maybe",
            "berth pods -v",
            "berth pods --as-group admins",
            "berth watch --from x",
            "berth place a --from x",
            "berth journal --from x",
            "berth pods -o markdown",
            "berth check --request-timeout soon",
            "berth pods -o xml",
            "berth completion tcsh",
            "berth apply",
            "berth apply plan.yaml --from x",
            "berth apply plan.yaml --rate 0",
            "berth place a --preempt",
            "berth place a --violate-budgets --reason why",
            "berth place a b --override-node b --reason why",
            "berth place a b --preempt --override --reason why",
            "berth plan --evaluations 5",
            "berth plan --pin cart",
            "berth plan -l ,",
            "berth pods --adopt default-scheduler",
            "berth pods --reason why",
            "berth plan --race",
            "berth plan --adopt-for 5m",
            "berth plan --adopt a --reason why --adopt-for 0",
            "berth journal --adopt a --reason why",
            "berth learn events --adopt a --reason why",
        ] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
        }
        for line in ["berth --help", "berth pods -h", "berth --version"] {
            assert_eq!(parse(line).unwrap_err().exit_code(), 0, "{line}");
        }
    }

    #[test]
    fn a_lesson_says_why_it_takes_no_such_option() {
        for (option, reason) in [
            ("--from x", "a cluster of its own"),
            ("--context x", "a cluster of its own"),
            ("--kubeconfig x", "a cluster of its own"),
            ("--as x", "a cluster of its own"),
            ("--scheduler-name x", "scheduler-names and profiles in its file"),
            ("--config x", "scheduler-names and profiles in its file"),
            (
                "--config x --profile y",
                "scheduler-names and profiles in its file",
            ),
            (
                "--feature-gates A=true",
                "scheduler-names and profiles in its file",
            ),
            ("-n x", "all namespaces"),
            ("-A", "all namespaces"),
        ] {
            let error = parse(&format!("berth learn events {option}")).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{option}");
            let (name, text) = (option.split(' ').next().unwrap(), error.to_string());
            assert!(
                text.contains(reason) && text.contains(&format!("leave out {name}")),
                "{text}"
            );
        }
        for line in [
            "berth learn events --log-file x -v --no-journal --no-settings --no-color",
            "berth learn -o json",
        ] {
            assert!(parse(line).is_ok(), "{line}");
        }
    }

    #[test]
    fn a_reason_is_checked_before_anything_else_happens() {
        let arguments = ["berth", "place", "a", "b", "--reason", "x\u{7}y"].map(OsString::from);
        let error = super::parse(&arguments).unwrap_err().to_string();
        assert!(error.contains("U+0007"), "{error}");
    }

    #[test]
    fn as_a_plugin_of_kubectl_it_goes_by_that_name() {
        let error = parse("/usr/bin/kubectl-berth place").unwrap_err().to_string();
        assert!(error.contains("Usage: kubectl berth place"), "{error}");
        let help = parse("kubectl-berth explain --help").unwrap_err().to_string();
        assert!(help.contains("kubectl berth explain shop/cart"), "{help}");
    }
}
