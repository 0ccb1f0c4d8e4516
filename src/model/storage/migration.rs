//! In-tree plugins, whose volumes CSI drivers serve today: names, volume handles and topology as a driver has them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::PersistentVolume;
use crate::model::labels::Labels;
use crate::model::selector::{NodeSelector, NodeSelectorTerm, Operator, Requirement};

const ZONE: &str = "topology.kubernetes.io/zone";
const REGION: &str = "topology.kubernetes.io/region";
const BETA_ZONE: &str = "failure-domain.beta.kubernetes.io/zone";
const BETA_REGION: &str = "failure-domain.beta.kubernetes.io/region";
/// Parts the zones in a volume's label.
const ZONE_SEPARATOR: &str = "__";
const UNSPECIFIED: &str = "UNSPECIFIED";

/// A volume plugin that was part of Kubernetes and has a CSI driver for successor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InTreePlugin {
    /// Google's disks.
    GcePersistentDisk,
    /// Amazon's disks.
    AwsElasticBlockStore,
    /// Azure's disks.
    AzureDisk,
    /// Azure's file shares.
    AzureFile,
    /// OpenStack's disks.
    Cinder,
    /// Portworx.
    Portworx,
    /// vSphere's disks.
    Vsphere,
}

impl InTreePlugin {
    const ALL: [Self; 7] = [
        Self::GcePersistentDisk,
        Self::AwsElasticBlockStore,
        Self::AzureDisk,
        Self::AzureFile,
        Self::Cinder,
        Self::Portworx,
        Self::Vsphere,
    ];

    /// The plugin called `name`, as a StorageClass's provisioner has it.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|plugin| plugin.name() == name)
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::GcePersistentDisk => "kubernetes.io/gce-pd",
            Self::AwsElasticBlockStore => "kubernetes.io/aws-ebs",
            Self::AzureDisk => "kubernetes.io/azure-disk",
            Self::AzureFile => "kubernetes.io/azure-file",
            Self::Cinder => "kubernetes.io/cinder",
            Self::Portworx => "kubernetes.io/portworx-volume",
            Self::Vsphere => "kubernetes.io/vsphere-volume",
        }
    }

    /// The driver that serves its volumes.
    pub const fn driver(self) -> &'static str {
        match self {
            Self::GcePersistentDisk => "pd.csi.storage.gke.io",
            Self::AwsElasticBlockStore => "ebs.csi.aws.com",
            Self::AzureDisk => "disk.csi.azure.com",
            Self::AzureFile => "file.csi.azure.com",
            Self::Cinder => "cinder.csi.openstack.org",
            Self::Portworx => "pxd.portworx.com",
            Self::Vsphere => "csi.vsphere.vmware.com",
        }
    }

    /// Whether the scheduler takes its volumes for the driver's. (It does not ask about file shares and vSphere.)
    pub const fn is_migrated(self) -> bool {
        !matches!(self, Self::AzureFile | Self::Vsphere)
    }

    /// The label by which the driver tells zones, where translating a volume changes its topology.
    const fn zone_key(self) -> Option<&'static str> {
        match self {
            Self::GcePersistentDisk => Some("topology.gke.io/zone"),
            Self::AwsElasticBlockStore => Some("topology.ebs.csi.aws.com/zone"),
            Self::Cinder => Some("topology.cinder.csi.openstack.org/zone"),
            _ => None,
        }
    }
}

/// A disk as an in-tree plugin knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InTreeDisk {
    /// `gcePersistentDisk`.
    GcePersistentDisk {
        /// `pdName`.
        name: Arc<str>,
    },
    /// `awsElasticBlockStore`.
    AwsElasticBlockStore {
        /// `volumeID`.
        volume_id: Arc<str>,
    },
    /// `azureDisk`.
    AzureDisk {
        /// `diskURI`.
        uri: Arc<str>,
        /// `kind`.
        kind: Option<Arc<str>>,
    },
    /// `cinder`.
    Cinder {
        /// `volumeID`.
        volume_id: Arc<str>,
    },
    /// `portworxVolume`.
    Portworx {
        /// `volumeID`.
        volume_id: Arc<str>,
    },
    /// `azureFile`, of which nothing is read.
    AzureFile,
    /// `vsphereVolume`, of which nothing is read.
    Vsphere,
}

impl InTreeDisk {
    /// Its plugin.
    pub const fn plugin(&self) -> InTreePlugin {
        match self {
            Self::GcePersistentDisk { .. } => InTreePlugin::GcePersistentDisk,
            Self::AwsElasticBlockStore { .. } => InTreePlugin::AwsElasticBlockStore,
            Self::AzureDisk { .. } => InTreePlugin::AzureDisk,
            Self::Cinder { .. } => InTreePlugin::Cinder,
            Self::Portworx { .. } => InTreePlugin::Portworx,
            Self::AzureFile => InTreePlugin::AzureFile,
            Self::Vsphere => InTreePlugin::Vsphere,
        }
    }

    /// What the driver calls the disk; `labels` are those of its PersistentVolume, none for one written into a pod.
    ///
    /// # Errors
    /// Upstream's text for a disk whose handle cannot be told.
    pub fn handle(&self, labels: Option<&Labels>) -> Result<Arc<str>, String> {
        match self {
            Self::GcePersistentDisk { name } => gce_handle(name, labels),
            Self::AwsElasticBlockStore { volume_id } => aws_volume_id(volume_id)
                .map_err(|error| format!("failed to translate Kubernetes ID to EBS Volume ID {error}")),
            Self::AzureDisk { uri, kind } => match kind {
                Some(kind) if !kind.eq_ignore_ascii_case("Managed") => {
                    Err(format!("kind({kind}) is not supported in csi migration"))
                }
                _ => Ok(Arc::clone(uri)),
            },
            Self::Cinder { volume_id } | Self::Portworx { volume_id } => Ok(Arc::clone(volume_id)),
            Self::AzureFile | Self::Vsphere => Ok("".into()),
        }
    }
}

fn gce_handle(name: &str, labels: Option<&Labels>) -> Result<Arc<str>, String> {
    let label = |key| {
        labels
            .and_then(|labels| labels.get(key))
            .filter(|text| !text.is_empty())
    };
    let zones: Vec<&str> = label(BETA_ZONE)
        .or_else(|| label(ZONE))
        .map_or_else(Vec::new, |text| text.split(ZONE_SEPARATOR).collect());
    let place = match zones.as_slice() {
        [] => format!("zones/{UNSPECIFIED}"),
        [zone] => format!("zones/{zone}"),
        _ => {
            let region = gce_region(&zones);
            let region = region.map_err(|error| format!("failed to get region from zones: {error}"))?;
            format!("regions/{region}")
        }
    };
    Ok(format!("projects/{UNSPECIFIED}/{place}/disks/{name}").into())
}

/// The region that `zones`, such as `us-central1-a`, have in common.
fn gce_region(zones: &[&str]) -> Result<String, String> {
    let mut regions = BTreeSet::new();
    for zone in zones {
        match zone.split('-').collect::<Vec<_>>().as_slice() {
            [continent, region, _] => regions.insert(format!("{continent}-{region}")),
            _ => {
                return Err(format!(
                    "zone in unexpected format, expected: {{locale}}-{{region}}-{{zone}}, got: {zone}"
                ));
            }
        };
    }
    if regions.len() > 1 {
        let all: Vec<String> = regions.iter().map(|region| format!("{region}:{{}}")).collect();
        return Err(format!(
            "multiple or no regions gotten from zones, got: map[{}]",
            all.join(" ")
        ));
    }
    Ok(regions.pop_first().unwrap_or_default())
}

/// The id in `vol-…`, which is taken as it is, or in `aws://ZONE/vol-…`.
fn aws_volume_id(written: &Arc<str>) -> Result<Arc<str>, String> {
    let Some(rest) = written.strip_prefix("aws://") else {
        return Ok(Arc::clone(written));
    };
    let rest = rest.split(['#', '?']).next().unwrap_or_default();
    let path = rest.find('/').map_or("", |at| &rest[at..]);
    let path = unescape(path).map_err(|escape| {
        format!("Invalid disk name ({written}): parse {written:?}: invalid URL escape {escape:?}")
    })?;
    let id = path.trim_matches('/');
    if !id.starts_with("vol-") || id.contains('/') {
        return Err(format!("Invalid format for AWS volume ({written})"));
    }
    Ok(id.into())
}

/// Resolves `%41` and the like.
///
/// # Errors
/// The first that is none.
fn unescape(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest.as_bytes()[at..];
        let digit = |at: usize| escape.get(at).and_then(|&b| char::from(b).to_digit(16));
        let (Some(high), Some(low)) = (digit(1), digit(2)) else {
            return Err(rest[at..].chars().take(3).collect());
        };
        bytes.push((high * 16 + low) as u8);
        rest = &rest[at + 3..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

impl PersistentVolume {
    /// Its node affinity as the driver that has taken the place of `disk`'s plugin sees it.
    ///
    /// # Errors
    /// Upstream's text for a disk that cannot be translated.
    pub fn migrated_affinity(&self, disk: &InTreeDisk) -> Result<Option<NodeSelector>, String> {
        disk.handle(Some(&self.labels))?;
        let own = self.node_affinity.as_deref().cloned();
        let Some(zone_key) = disk.plugin().zone_key() else {
            return Ok(own);
        };
        let named = |key: &str| {
            let terms = own.iter().flat_map(|selector| &selector.terms);
            let mut expressions = terms.flat_map(|term| &term.expressions);
            expressions.any(|r| &*r.key == key)
        };
        let beta = if named(ZONE) {
            false
        } else if named(BETA_ZONE) {
            true
        } else {
            self.labels.get(ZONE).is_none() && self.labels.get(BETA_ZONE).is_some()
        };
        let zone = if beta { BETA_ZONE } else { ZONE };
        let mut selector = own;
        if has_values(selector.as_ref(), zone) {
            rename(selector.as_mut(), zone, zone_key);
        } else if let Some(label) = self.labels.get(zone) {
            selector = within(selector, zone_key, label);
        }
        if beta && has_values(selector.as_ref(), BETA_REGION) {
            rename(selector.as_mut(), BETA_REGION, REGION);
        }
        Ok(selector)
    }
}

fn has_values(selector: Option<&NodeSelector>, key: &str) -> bool {
    let terms = selector.into_iter().flat_map(|selector| &selector.terms);
    let mut expressions = terms.flat_map(|term| &term.expressions);
    expressions.any(|r| &*r.key == key && !r.values.is_empty())
}

fn rename(selector: Option<&mut NodeSelector>, from: &str, to: &str) {
    let terms = selector.into_iter().flat_map(|selector| &mut selector.terms);
    for r in terms.flat_map(|term| &mut term.expressions) {
        if &*r.key == from {
            r.key = to.into();
        }
    }
}

/// `selector`, also asking for one of the zones in `label`.
fn within(selector: Option<NodeSelector>, key: &str, label: &str) -> Option<NodeSelector> {
    let zones: BTreeSet<&str> = label
        .split(ZONE_SEPARATOR)
        .map(str::trim)
        .filter(|zone| !zone.is_empty())
        .collect();
    if zones.is_empty() {
        return selector;
    }
    let mut selector = selector.unwrap_or_default();
    if selector.terms.is_empty() {
        selector.terms.push(NodeSelectorTerm::default());
    }
    for term in &mut selector.terms {
        term.expressions.push(Requirement {
            key: key.into(),
            operator: Operator::In,
            values: zones.iter().map(|&zone| zone.into()).collect(),
        });
    }
    Some(selector)
}
