//! `berth check`: connection, versions, rights, other schedulers.

use jiff::Timestamp;

use super::age::age;
use super::args::{CheckArgs, Global, RULES_OF};
use super::exit::{Exit, Failure};
use super::output::{Output, Span, Style};
use super::source;
use super::table::{Align, Table};
use crate::cluster::preflight::{self, Permission, Preflight};
use crate::cluster::schedulers::{self, Scheduler};

/// Runs the command.
pub(super) async fn run(args: CheckArgs, global: Global) -> Result<(), Failure> {
    let connection = source::connect(&global).await?;
    let mut output = Output::new(&global);
    if let Some(name) = &args.scheduler {
        return probe(schedulers::one(&connection, name).await?, &mut output);
    }
    let names = global.scheduler_names();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let namespace = global.namespace.as_deref().filter(|_| !global.all_namespaces);
    let found = preflight::check(&connection, &names, namespace).await?;
    if output.for_people() {
        print(&found, connection.context(), &mut output)?;
    } else {
        output.document(&found)?;
    }
    output.flush()?;
    verdict(&found)
}

/// Tells of one scheduler alone, by the exit code, too.
fn probe(found: Scheduler, output: &mut Output) -> Result<(), Failure> {
    let alive = found.alive;
    if output.for_people() {
        schedulers(&[found]).print(output)?;
    } else {
        output.document(&serde_json::json!({ "schedulers": [found] }))?;
    }
    output.flush()?;
    match alive {
        Some(true) => Ok(()),
        Some(false) => Err(Failure::silent(Exit::Failed)),
        None => Err(Failure::silent(Exit::Infeasible)),
    }
}

fn verdict(found: &Preflight) -> Result<(), Failure> {
    let missing: Vec<String> = found
        .missing()
        .map(|permission| permission.right.to_string())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let what = if missing.len() == 1 {
        "a right that it takes is"
    } else {
        "rights that it takes are"
    };
    Err(Failure::new(
        Exit::from_code(found.exit_code()),
        format!(
            "'{}' may not place pods: {what} missing: {}",
            found.user,
            missing.join("; ")
        ),
    )
    .hint(
        "Somebody who may grant it: a ClusterRole with no more than this is in assets/rbac of the sources.",
    ))
}

fn print(found: &Preflight, context: &str, output: &mut Output) -> Result<(), Failure> {
    let mut head = Table::new([("", Align::Left), ("", Align::Left)]);
    head.row(vec![Span::new("Context", Style::Dim), context.into()]);
    head.row(vec![Span::new("Server", Style::Dim), (&found.server.url).into()]);
    head.row(vec![
        Span::new("Version", Style::Dim),
        (&found.server.version).into(),
    ]);
    head.row(vec![Span::new("User", Style::Dim), (&found.user).into()]);
    head.print(output)?;
    if let Some(warning) = other_rules(&found.server.version) {
        output.line(&[Span::new(warning, Style::Warn)])?;
    }
    section("Rights", output)?;
    rights(&found.permissions).print(output)?;
    section("Other schedulers", output)?;
    if found.schedulers.is_empty() {
        return output.text("  none that a pod waits for");
    }
    schedulers(&found.schedulers).print(output)
}

fn section(head: &str, output: &mut Output) -> Result<(), Failure> {
    output.text("")?;
    output.line(&[Span::new(head, Style::Strong)])
}

/// Major and minor version, as in `1.37`, of a server that calls itself `version`.
fn minor(version: &str) -> String {
    let numbers = version.trim_start_matches('v');
    numbers.splitn(3, '.').take(2).collect::<Vec<_>>().join(".")
}

/// Whether the scheduler of a cluster of `version` decides by the rules that are applied here.
pub(super) fn follows_our_rules(version: &str) -> bool {
    minor(version) == RULES_OF
}

/// What to know where the cluster's own scheduler follows other rules than those that are applied here.
fn other_rules(version: &str) -> Option<String> {
    if follows_our_rules(version) {
        return None;
    }
    let minor = minor(version);
    let differs = match minor.as_str() {
        "1.36" => {
            ": it looks at NodeUnschedulable before NodeName, and counts pods that are being resized otherwise"
        }
        _ => "",
    };
    Some(format!(
        "The rules applied are those of {RULES_OF}; a kube-scheduler of {minor} may decide otherwise{differs}."
    ))
}

fn rights(permissions: &[Permission]) -> Table {
    let mut table = Table::new([
        ("", Align::Left),
        ("RIGHT", Align::Left),
        ("NEEDED FOR", Align::Left),
    ])
    .indent(2)
    .flowing();
    let alike = |one: &Permission, other: &Permission| {
        one.right.resource == other.right.resource
            && (one.needed_for, one.required, one.allowed)
                == (other.needed_for, other.required, other.allowed)
    };
    for permissions in permissions.chunk_by(alike) {
        let Some(permission) = permissions.last() else {
            continue;
        };
        let mark = match (permission.allowed, permission.required) {
            (true, _) => Span::new("✓", Style::Good),
            (false, true) => Span::new("✗", Style::Bad),
            (false, false) => Span::new("✗", Style::Warn),
        };
        let optional = if permission.required {
            ""
        } else {
            " (placing works without)"
        };
        let verbs: Vec<&str> = permissions.iter().map(|one| one.right.verb).collect();
        let last = permission.right.to_string();
        let what = last.strip_prefix(permission.right.verb).unwrap_or_default();
        table.row(vec![
            mark,
            (verbs.join(", ") + what).into(),
            format!("{}{optional}", permission.needed_for).into(),
        ]);
    }
    table
}

fn schedulers(schedulers: &[Scheduler]) -> Table {
    let mut table = Table::new([
        ("NAME", Align::Left),
        ("STATE", Align::Left),
        ("PENDING", Align::Right),
        ("CRITICAL", Align::Right),
        ("EVIDENCE", Align::Left),
    ])
    .indent(2)
    .flowing();
    let now = Timestamp::now();
    let count = |count: Option<usize>| count.map_or("?".to_owned(), |count| count.to_string());
    for scheduler in schedulers {
        let silent = scheduler
            .since
            .map_or(String::new(), |since| format!(" {}", age(since, now)));
        let (state, style) = match (scheduler.alive, scheduler.since) {
            (Some(true), None) => ("alive".to_owned(), Style::Good),
            (Some(true), Some(_)) => (format!("stuck{silent}"), Style::Warn),
            (Some(false), _) => (format!("down{silent}"), Style::Bad),
            (None, _) => ("unknown".to_owned(), Style::Dim),
        };
        table.row(vec![
            (&scheduler.name).into(),
            Span::new(state, style),
            count(scheduler.pending).into(),
            count(scheduler.critical).into(),
            (&scheduler.evidence).into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_minor_version_is_told() {
        assert_eq!(other_rules("v1.37.2"), None);
        assert_eq!(other_rules("v1.37.0-alpha.1+k3s1"), None);
        assert!(
            other_rules("v1.36.4").is_some_and(|text| text.contains("NodeUnschedulable before NodeName"))
        );
        assert!(other_rules("v1.33.1-eks-1").is_some_and(|text| text.contains("1.33 may decide otherwise.")));
    }
}
