//! Volumes, and where containers mount them.

use serde_json::Value;

use super::each;
use crate::demo::{
    failure::Cause,
    fields::{is_true, items, number, set, text},
    names, quantities,
};

/// Sound volumes: name, and the volume itself.
pub(super) type Volumes<'a> = Vec<(&'a str, &'a Value)>;

/// Sources of volumes, in upstream's order, and what must be in each that is looked into.
const SOURCES: [(&str, &[&str]); 30] = [
    ("emptyDir", &[]),
    ("hostPath", &["path"]),
    ("gitRepo", &["repository"]),
    ("gcePersistentDisk", &["pdName"]),
    ("awsElasticBlockStore", &["volumeID"]),
    ("secret", &["secretName"]),
    ("nfs", &["server", "path"]),
    ("iscsi", &["targetPortal", "iqn"]),
    ("glusterfs", &["endpoints", "path"]),
    ("flocker", &[]),
    ("persistentVolumeClaim", &["claimName"]),
    ("rbd", &["monitors", "image"]),
    ("cinder", &["volumeID"]),
    ("cephfs", &["monitors"]),
    ("quobyte", &["registry", "volume"]),
    ("downwardAPI", &[]),
    ("fc", &[]),
    ("flexVolume", &["driver"]),
    ("configMap", &["name"]),
    ("azureFile", &["secretName", "shareName"]),
    ("vsphereVolume", &["volumePath"]),
    ("photonPersistentDisk", &["pdID"]),
    ("portworxVolume", &["volumeID"]),
    ("azureDisk", &["diskName", "diskURI"]),
    ("storageos", &["volumeName"]),
    ("projected", &[]),
    ("scaleIO", &["gateway", "system", "volumeName"]),
    ("csi", &["driver"]),
    ("ephemeral", &["volumeClaimTemplate"]),
    ("image", &["reference"]),
];
const HOST_PATH_TYPES: [&str; 8] = [
    "",
    "BlockDevice",
    "CharDevice",
    "Directory",
    "DirectoryOrCreate",
    "File",
    "FileOrCreate",
    "Socket",
];
/// The largest mode of a file.
const MODES: i64 = 0o777;

/// Answers the volumes that containers can use.
pub(super) fn validate<'a>(pod: &str, spec: &'a Value, causes: &mut Vec<Cause>) -> Volumes<'a> {
    let volumes = items(spec, "volumes");
    let mut known: Volumes<'a> = Vec::with_capacity(volumes.len());
    for (i, volume) in volumes.iter().enumerate() {
        let at = format!("spec.volumes[{i}]");
        let name = text(volume, "name");
        let before = causes.len();
        source(pod, volume, &at, causes);
        if name.is_empty() {
            causes.push(Cause::required(format!("{at}.name"), ""));
        } else {
            each(&names::label(name), causes, |why| {
                Cause::invalid(format!("{at}.name"), name, why)
            });
        }
        if known.iter().any(|(known, _)| *known == name) {
            causes.push(Cause::duplicate(format!("{at}.name"), name));
        }
        if causes.len() == before {
            known.push((name, volume));
        }
        let claim = set(volume, "persistentVolumeClaim").map_or("", |source| text(source, "claimName"));
        let made = volumes.iter().any(|other| {
            set(other, "ephemeral").is_some() && claim == format!("{pod}-{}", text(other, "name"))
        });
        if made && !pod.is_empty() && !claim.is_empty() {
            let field = format!("{at}.persistentVolumeClaim.claimName");
            let why = "must not reference a PVC that gets created for an ephemeral volume";
            causes.push(Cause::invalid(field, claim, why));
        }
    }
    known
}

fn source(pod: &str, volume: &Value, at: &str, causes: &mut Vec<Cause>) {
    let mut count = 0;
    for (name, needed) in SOURCES {
        let Some(source) = set(volume, name) else {
            continue;
        };
        count += 1;
        let at = format!("{at}.{name}");
        if count > 1 {
            causes.push(Cause::forbidden(at, "may not specify more than 1 volume type"));
            continue;
        }
        for field in needed {
            let empty = set(source, field)
                .is_none_or(|value| value == "" || value.as_array().is_some_and(Vec::is_empty));
            if empty {
                causes.push(Cause::required(format!("{at}.{field}"), ""));
            }
        }
        contents(name, source, &at, causes);
        if name == "ephemeral" {
            let volume = text(volume, "name");
            let claim = format!("{pod}-{volume}");
            if !pod.is_empty() && !volume.is_empty() {
                let at = at.trim_end_matches(".ephemeral");
                each(&names::subdomain(&claim), causes, |why| {
                    let why = format!("PVC name {claim:?}: {why}");
                    Cause::invalid(format!("{at}.name"), volume, &why)
                });
            }
        }
    }
    if count == 0 {
        causes.push(Cause::required(at, "must specify a volume type"));
    }
}

fn contents(name: &str, source: &Value, at: &str, causes: &mut Vec<Cause>) {
    match name {
        "emptyDir" => {
            let size = text(source, "sizeLimit");
            if quantities::nanos(size).is_some_and(|size| size < 0) {
                let why = "SizeLimit field must be a valid resource quantity";
                causes.push(Cause::forbidden(format!("{at}.sizeLimit"), why));
            }
        }
        "nfs" if !text(source, "path").starts_with('/') => {
            let why = "must be an absolute path";
            causes.push(Cause::invalid(format!("{at}.path"), text(source, "path"), why));
        }
        "hostPath" => {
            no_backsteps(text(source, "path"), &format!("{at}.path"), causes);
            let kind = text(source, "type");
            if !HOST_PATH_TYPES.contains(&kind) {
                causes.push(Cause::unsupported(format!("{at}.type"), kind, &HOST_PATH_TYPES));
            }
        }
        "secret" | "configMap" | "downwardAPI" | "projected" => {
            mode(source, "defaultMode", at, causes);
            for (i, item) in items(source, "items").iter().enumerate() {
                if name != "downwardAPI" {
                    key_to_path(item, &format!("{at}.items[{i}]"), causes);
                }
            }
        }
        _ => {}
    }
}

fn mode(holder: &Value, field: &str, at: &str, causes: &mut Vec<Cause>) {
    if let Some(mode) = number(holder, field).filter(|mode| !(0..=MODES).contains(mode)) {
        let why = "must be a number between 0 and 0777 (octal), both inclusive";
        causes.push(Cause::invalid(format!("{at}.{field}"), mode, why));
    }
}

fn key_to_path(item: &Value, at: &str, causes: &mut Vec<Cause>) {
    for field in ["key", "path"] {
        if text(item, field).is_empty() {
            causes.push(Cause::required(format!("{at}.{field}"), ""));
        }
    }
    let path = text(item, "path");
    let field = format!("{at}.path");
    descending(path, &field, causes);
    if path.starts_with("..") && !path.split('/').any(|part| part == "..") {
        causes.push(Cause::invalid(field, path, "must not start with '..'"));
    }
    mode(item, "mode", at, causes);
}

fn no_backsteps(path: &str, at: &str, causes: &mut Vec<Cause>) {
    if path.split('/').any(|part| part == "..") {
        causes.push(Cause::invalid(at, path, "must not contain '..'"));
    }
}

fn descending(path: &str, at: &str, causes: &mut Vec<Cause>) {
    if path.starts_with('/') {
        causes.push(Cause::invalid(at, path, "must be a relative path"));
    }
    no_backsteps(path, at, causes);
}

/// Whether a list has that path; of several elements of one name, upstream looks at the last.
fn has_path(list: &[Value], field: &str, path: &str) -> bool {
    list.iter().enumerate().any(|(i, element)| {
        let name = text(element, "name");
        text(element, field) == path && !list.iter().skip(i + 1).any(|later| text(later, "name") == name)
    })
}

/// A container's mounts and devices.
pub(super) fn mounts(container: &Value, at: &str, volumes: &Volumes<'_>, causes: &mut Vec<Cause>) {
    let devices = items(container, "volumeDevices");
    let mounts = items(container, "volumeMounts");
    let list = format!("{at}.volumeMounts");
    let mut paths: Vec<&str> = Vec::new();
    for (i, mount) in mounts.iter().enumerate() {
        let at = format!("{list}[{i}]");
        let (name, path) = (text(mount, "name"), text(mount, "mountPath"));
        if name.is_empty() {
            causes.push(Cause::required(format!("{at}.name"), ""));
        }
        if !volumes.iter().any(|(known, _)| *known == name) {
            causes.push(Cause::not_found(format!("{at}.name"), name, ""));
        }
        if path.is_empty() {
            causes.push(Cause::required(format!("{at}.mountPath"), ""));
        }
        if paths.contains(&path) {
            causes.push(Cause::invalid(format!("{at}.mountPath"), path, "must be unique"));
        }
        paths.push(path);
        if devices.iter().any(|device| text(device, "name") == name) {
            let why = "must not already exist in volumeDevices";
            causes.push(Cause::invalid(format!("{at}.name"), name, why));
        }
        if has_path(devices, "devicePath", path) {
            let why = "must not already exist as a path in volumeDevices";
            causes.push(Cause::invalid(format!("{at}.mountPath"), path, why));
        }
        // Upstream names the list here, not its element.
        let (sub, expression) = (text(mount, "subPath"), text(mount, "subPathExpr"));
        descending(sub, &format!("{list}.subPath"), causes);
        if !expression.is_empty() {
            if !sub.is_empty() {
                let why = "subPathExpr and subPath are mutually exclusive";
                causes.push(Cause::invalid(format!("{at}.subPathExpr"), expression, why));
            }
            descending(expression, &format!("{list}.subPathExpr"), causes);
        }
        propagation(container, mount, &format!("{list}.mountPropagation"), causes);
    }
    block_devices(devices, mounts, &format!("{at}.volumeDevices"), volumes, causes);
}

fn propagation(container: &Value, mount: &Value, at: &str, causes: &mut Vec<Cause>) {
    let words = ["Bidirectional", "HostToContainer", "None"];
    let mode = text(mount, "mountPropagation");
    if mode.is_empty() {
        return;
    }
    if !words.contains(&mode) {
        causes.push(Cause::unsupported(at, mode, &words));
    }
    let privileged = set(container, "securityContext").is_some_and(|context| is_true(context, "privileged"));
    if mode == "Bidirectional" && !privileged {
        let why = "Bidirectional mount propagation is available only to privileged containers";
        causes.push(Cause::forbidden(at, why));
    }
}

fn block_devices(
    devices: &[Value],
    mounts: &[Value],
    list: &str,
    volumes: &Volumes<'_>,
    causes: &mut Vec<Cause>,
) {
    let mut seen_names: Vec<&str> = Vec::new();
    let mut seen_paths: Vec<&str> = Vec::new();
    for (i, device) in devices.iter().enumerate() {
        let at = format!("{list}[{i}]");
        let (name, path) = (text(device, "name"), text(device, "devicePath"));
        let (at_name, at_path) = (format!("{at}.name"), format!("{at}.devicePath"));
        if name.is_empty() {
            causes.push(Cause::required(&at_name, ""));
        }
        if seen_names.contains(&name) {
            causes.push(Cause::invalid(&at_name, name, "must be unique"));
        }
        match volumes.iter().find(|(known, _)| *known == name) {
            None => causes.push(Cause::not_found(&at_name, name, "")),
            Some((_, volume)) => {
                let claims = ["persistentVolumeClaim", "ephemeral"];
                if !claims.iter().any(|claim| set(volume, claim).is_some()) {
                    let why = "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                    causes.push(Cause::invalid(&at_name, name, why));
                }
            }
        }
        if path.is_empty() {
            causes.push(Cause::required(&at_path, ""));
        }
        if seen_paths.contains(&path) {
            causes.push(Cause::invalid(&at_path, path, "must be unique"));
        }
        if path.split('/').any(|part| part == "..") {
            let why = "can not contain backsteps ('..')";
            causes.push(Cause::invalid(&at_path, path, why));
        } else {
            seen_paths.push(path);
        }
        if mounts.iter().any(|mount| text(mount, "name") == name) {
            let why = "must not already exist in volumeMounts";
            causes.push(Cause::invalid(&at_name, name, why));
        }
        if has_path(mounts, "mountPath", path) {
            let why = "must not already exist as a path in volumeMounts";
            causes.push(Cause::invalid(&at_path, path, why));
        }
        seen_names.push(name);
    }
}
