//! The profiles of `--config`: what runs where, with which weight, and how that differs from kube-scheduler's default.

use serde_json::{Map, Value, json};

use crate::cli::exit::Failure;
use crate::cli::output::{Output, Span, Style};
use crate::cli::rules::Rules;
use crate::cli::table::{Align, Table};
use crate::scheduling::config::points::of_plugin;
use crate::scheduling::config::{Config, Point, ProfileConfig};
use crate::scheduling::features::FeatureGates;
use crate::scheduling::plugins;

/// Prints the profiles of `config`: the one that was picked, or all.
pub(super) fn print(config: &Config, rules: &Rules, output: &mut Output) -> Result<(), Failure> {
    let default = ProfileConfig::default_for("", FeatureGates::default());
    let picked = |profile: &&ProfileConfig| {
        let picked = rules.picked.as_deref();
        picked.is_none_or(|picked| *profile.scheduler_name == *picked)
    };
    let profiles: Vec<&ProfileConfig> = config.profiles.iter().filter(picked).collect();
    if !output.for_people() {
        let profiles: Vec<Value> = profiles
            .iter()
            .map(|profile| document(profile, &default))
            .collect();
        let notes: Vec<&str> = config.notes.iter().map(|note| note.text.as_str()).collect();
        return output.document(&json!({
            "config": config.file,
            "podInitialBackoffSeconds": config.pod_initial_backoff_seconds,
            "podMaxBackoffSeconds": config.pod_max_backoff_seconds,
            "profiles": profiles,
            "notes": notes,
        }));
    }
    for (at, profile) in profiles.into_iter().enumerate() {
        if at > 0 {
            output.text("")?;
        }
        output.line(&[
            Span::new("Profile ", Style::Dim),
            Span::new(&*profile.scheduler_name, Style::Strong),
            Span::new(format!(", from {}", config.file), Style::Dim),
        ])?;
        table(profile, &default).print(output)?;
        for (point, order) in reordered(profile, &default) {
            output.text(format!("Order at {}: {}", point.field(), order.join(", ")))?;
        }
    }
    output.text("")?;
    output.line(&[Span::new(
        "kube-scheduler also runs reserve, preBind, placementScore and podGroupPostFilter; berth does not yet.",
        Style::Dim,
    )])?;
    for note in &config.notes {
        let style = if note.grave { Style::Warn } else { Style::Dim };
        output.line(&[Span::new(format!("Note: {}", note.text), style)])?;
    }
    Ok(())
}

/// The plugins that run somewhere, in the order in which they first do, then those of the default profile that do not.
fn names<'a>(profile: &'a ProfileConfig, default: &'a ProfileConfig) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for effective in [&profile.effective, &default.effective] {
        // The default order of all, where each phase leaves plugins out.
        for name in plugins::TABLE.iter().map(|row| row.name) {
            if effective.points.values().flatten().any(|have| have == name) && !names.contains(&name) {
                names.push(name);
            }
        }
        for name in effective.points.values().flatten() {
            if !names.contains(&name.as_str()) {
                names.push(name);
            }
        }
    }
    names
}

fn points(profile: &ProfileConfig, name: &str) -> Vec<&'static str> {
    let points = Point::ALL
        .iter()
        .filter(|&&point| profile.effective.at(point).iter().any(|have| have == name));
    points.map(|point| point.field()).collect()
}

/// The plugin's weight, where it scores.
fn weight(profile: &ProfileConfig, name: &str) -> Option<i64> {
    let scores = profile.effective.at(Point::Score).iter().any(|have| have == name);
    profile.effective.weights.get(name).copied().filter(|_| scores)
}

/// What is otherwise with the plugin than in the default profile.
fn differences(profile: &ProfileConfig, default: &ProfileConfig, name: &str) -> Vec<String> {
    let (here, there) = (points(profile, name), points(default, name));
    let mut all = Vec::new();
    if here.is_empty() {
        return vec!["off".to_owned()];
    }
    if there.is_empty() {
        all.push("added".to_owned());
    } else {
        let off: Vec<&str> = there
            .iter()
            .filter(|point| !here.contains(point))
            .copied()
            .collect();
        let on: Vec<&str> = here
            .iter()
            .filter(|point| !there.contains(point))
            .copied()
            .collect();
        if !off.is_empty() {
            all.push(format!("off at {}", off.join(", ")));
        }
        if !on.is_empty() {
            all.push(format!("on at {}", on.join(", ")));
        }
    }
    match (weight(default, name), weight(profile, name)) {
        (Some(before), Some(now)) if before != now => all.push(format!("weight {before} → {now}")),
        _ => {}
    }
    if profile
        .args
        .get(name)
        .and_then(Value::as_object)
        .is_some_and(|args| !args.is_empty())
    {
        all.push("own arguments".to_owned());
    }
    if plugins::row(name).is_none() {
        all.push("not judged by berth yet".to_owned());
    }
    all
}

/// The extension points at which plugins run in another order than by default.
fn reordered<'a>(profile: &'a ProfileConfig, default: &ProfileConfig) -> Vec<(Point, &'a [String])> {
    let moved = |point: Point| {
        let (here, there) = (profile.effective.at(point), default.effective.at(point));
        let common: Vec<&String> = here.iter().filter(|name| there.contains(name)).collect();
        let usual: Vec<&String> = there.iter().filter(|name| here.contains(name)).collect();
        (common != usual).then_some((point, here))
    };
    Point::ALL.iter().filter_map(|&point| moved(point)).collect()
}

fn table(profile: &ProfileConfig, default: &ProfileConfig) -> Table {
    let mut table = Table::new([
        ("NAME", Align::Left),
        ("WEIGHT", Align::Right),
        ("PHASES", Align::Left),
        ("DIFFERENCE TO THE DEFAULT", Align::Left),
    ])
    .flowing();
    for name in names(profile, default) {
        let points = points(profile, name);
        let weight = weight(profile, name).map_or("-".to_owned(), |weight| weight.to_string());
        let style = if points.is_empty() {
            Style::Dim
        } else {
            Style::Strong
        };
        table.row(vec![
            Span::new(name, style),
            weight.into(),
            if points.is_empty() {
                "-".to_owned()
            } else {
                points.join(",")
            }
            .into(),
            differences(profile, default, name).join("; ").into(),
        ]);
    }
    table
}

fn document(profile: &ProfileConfig, default: &ProfileConfig) -> Value {
    let plugins = names(profile, default).into_iter().map(|name| {
        json!({
            "name": name,
            "weight": weight(profile, name),
            "phases": points(profile, name),
            "takesPartIn": of_plugin(name).unwrap_or_default().iter().map(|point| point.field()).collect::<Vec<_>>(),
            "args": profile.args.get(name),
            "differences": differences(profile, default, name),
        })
    });
    let phases: Map<String, Value> = Point::ALL
        .iter()
        .map(|&point| (point.field().to_owned(), json!(profile.effective.at(point))))
        .collect();
    json!({
        "schedulerName": profile.scheduler_name,
        "percentageOfNodesToScore": profile.percentage_of_nodes_to_score,
        "plugins": plugins.collect::<Vec<_>>(),
        "phases": phases,
    })
}
