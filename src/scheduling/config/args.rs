//! `pluginConfig`: the arguments of plugins.

use std::collections::BTreeMap;

use serde_json::Value;

use super::error::Problem;
use super::objects::ProfileObject;
use super::{Note, points};
use crate::scheduling::features::FeatureGates;
use crate::scheduling::plugins::{self, Setup};

/// The version whose types are read.
pub(super) const API_VERSION: &str = "kubescheduler.config.k8s.io/v1";

/// The plugins of kube-scheduler that take arguments.
const WITH_ARGS: [&str; 8] = [
    "DefaultPreemption",
    "DynamicResources",
    "InterPodAffinity",
    "NodeAffinity",
    "NodeResourcesBalancedAllocation",
    "NodeResourcesFit",
    "PodTopologySpread",
    "VolumeBinding",
];

/// The arguments of `profile`, which stands at `path`, by plugin. Each plugin says itself whether it can have them.
pub(super) fn read(
    profile: &ProfileObject,
    path: &str,
    gates: FeatureGates,
    problems: &mut Vec<Problem>,
    notes: &mut Vec<Note>,
) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for (at, config) in profile.plugin_config.iter().enumerate() {
        let path = format!("{path}.pluginConfig[{at}]");
        let name = config.name.as_str();
        if all.contains_key(name) {
            problems.push(Problem::new(
                path,
                format!("{name} has arguments already"),
                "Put all arguments of a plugin into one item.",
            ));
            continue;
        }
        if points::REMOVED.contains(&name) {
            problems.push(Problem::no_plugin(format!("{path}.name"), name));
            continue;
        }
        if points::of_plugin(name).is_none() {
            notes.push(Note {
                text: format!("{path}: there is no plugin '{name}': its arguments are not used"),
                grave: false,
            });
            continue;
        }
        let mut args = config.args.clone().unwrap_or_default();
        if WITH_ARGS.contains(&name)
            && let Err(problem) = header(&mut args, name, &path)
        {
            problems.push(problem);
            continue;
        }
        let args = Value::Object(args.into_iter().collect());
        if let Some(row) = plugins::row(name) {
            let setup = Setup { args: &args, gates };
            if let Err(error) = (row.build)(&setup) {
                let field = error.field.trim_start_matches('.');
                let path = match field {
                    "" => format!("{path}.args"),
                    field => format!("{path}.args.{field}"),
                };
                problems.push(Problem::of_serde(path, &error.message));
            }
        }
        all.insert(name.to_owned(), args);
    }
    all
}

/// Takes `apiVersion` and `kind` off the arguments of `plugin`, where they are the right ones.
fn header(args: &mut BTreeMap<String, Value>, plugin: &str, path: &str) -> Result<(), Problem> {
    for (key, expected) in [("apiVersion", API_VERSION), ("kind", &*format!("{plugin}Args"))] {
        match args.remove(key) {
            None => {}
            Some(Value::String(text)) if text == expected || text.is_empty() => {}
            Some(other) => {
                return Err(Problem::new(
                    format!("{path}.args.{key}"),
                    format!("the arguments of {plugin} are not of {other}"),
                    format!("Write {key}: {expected}, or leave it out."),
                ));
            }
        }
    }
    Ok(())
}
