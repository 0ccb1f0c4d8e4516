//! Short names for heads of columns.

use std::borrow::Cow;

/// A head of at most six columns for `plugin`'s scores.
pub fn short(plugin: &str) -> Cow<'_, str> {
    Cow::Borrowed(match plugin {
        "NodeResourcesFit" => "fit",
        "NodeResourcesBalancedAllocation" => "bal",
        "TaintToleration" => "taint",
        "NodeAffinity" => "aff",
        "PodTopologySpread" => "spread",
        "InterPodAffinity" => "podaff",
        "ImageLocality" => "image",
        "VolumeBinding" => "vol",
        "DynamicResources" => "device",
        "NodeUnschedulable" => "cordon",
        "NodeName" => "name",
        "NodePorts" => "ports",
        "NodeVolumeLimits" => "vlimit",
        "VolumeRestrictions" => "vuse",
        "VolumeZone" => "vzone",
        "NodeDeclaredFeatures" => "feats",
        "RandomFilter" => "randf",
        "RandomScore" => "rands",
        other => return Cow::Owned(other.chars().take(6).collect()),
    })
}

/// A few words for `reason` of `plugin`, for saying how reasons overlap.
pub fn short_reason<'a>(plugin: &'a str, reason: &'a str) -> Cow<'a, str> {
    match reason.strip_prefix("Insufficient ") {
        Some(resource) => Cow::Borrowed(resource),
        None if reason == "Too many pods" => Cow::Borrowed("pods"),
        None => short(plugin),
    }
}

/// `reason` without the words that every reason of a list has.
pub fn brief_reason(reason: &str) -> &str {
    let reason = reason.strip_prefix("node(s) ").unwrap_or(reason);
    ["were ", "had "]
        .iter()
        .find_map(|word| reason.strip_prefix(word))
        .unwrap_or(reason)
}
