//! `KubeSchedulerConfiguration` of `kubescheduler.config.k8s.io/v1`, as it is written. Unknown fields are errors.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::points::Point;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct ConfigurationObject {
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) parallelism: Option<i32>,
    pub(super) leader_election: LeaderElection,
    pub(super) client_connection: ClientConnection,
    #[serde(rename = "enableProfiling")]
    pub(super) _enable_profiling: Option<bool>,
    #[serde(rename = "enableContentionProfiling")]
    pub(super) _enable_contention_profiling: Option<bool>,
    pub(super) percentage_of_nodes_to_score: Option<i32>,
    pub(super) pod_initial_backoff_seconds: Option<i64>,
    pub(super) pod_max_backoff_seconds: Option<i64>,
    pub(super) profiles: Vec<ProfileObject>,
    pub(super) extenders: Vec<Extender>,
    #[serde(rename = "delayCacheUntilActive")]
    pub(super) _delay_cache_until_active: bool,
}

/// `leaderElection`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct LeaderElection {
    pub(super) leader_elect: Option<bool>,
    pub(super) lease_duration: Option<String>,
    pub(super) renew_deadline: Option<String>,
    pub(super) retry_period: Option<String>,
    pub(super) resource_lock: String,
    #[serde(rename = "resourceName")]
    pub(super) _resource_name: String,
    #[serde(rename = "resourceNamespace")]
    pub(super) _resource_namespace: String,
}

/// `clientConnection`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct ClientConnection {
    #[serde(rename = "kubeconfig")]
    pub(super) _kubeconfig: String,
    #[serde(rename = "acceptContentTypes")]
    pub(super) _accept_content_types: String,
    #[serde(rename = "contentType")]
    pub(super) _content_type: String,
    #[serde(rename = "qps")]
    pub(super) _qps: f32,
    pub(super) burst: i32,
}

/// An item of `extenders`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Extender {
    pub(super) url_prefix: String,
    pub(super) filter_verb: String,
    pub(super) preempt_verb: String,
    pub(super) prioritize_verb: String,
    pub(super) weight: i64,
    pub(super) bind_verb: String,
    #[serde(rename = "enableHTTPS")]
    pub(super) _enable_https: bool,
    #[serde(rename = "tlsConfig")]
    pub(super) _tls_config: Option<TlsConfig>,
    #[serde(rename = "httpTimeout")]
    pub(super) http_timeout: Option<String>,
    #[serde(rename = "nodeCacheCapable")]
    pub(super) _node_cache_capable: bool,
    pub(super) managed_resources: Vec<ManagedResource>,
    #[serde(rename = "ignorable")]
    pub(super) _ignorable: bool,
}

/// `tlsConfig` of an extender.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct TlsConfig {
    insecure: bool,
    server_name: String,
    cert_file: String,
    key_file: String,
    ca_file: String,
    cert_data: String,
    key_data: String,
    ca_data: String,
}

/// A resource that an extender manages.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct ManagedResource {
    pub(super) name: String,
    #[serde(rename = "ignoredByScheduler")]
    pub(super) _ignored_by_scheduler: bool,
}

/// An item of `profiles`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct ProfileObject {
    pub(super) scheduler_name: Option<String>,
    pub(super) percentage_of_nodes_to_score: Option<i32>,
    pub(super) plugins: Plugins,
    pub(super) plugin_config: Vec<PluginConfig>,
}

/// `plugins` of a profile.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(super) struct Plugins {
    pub(super) multi_point: PluginSet,
    pre_enqueue: PluginSet,
    queue_sort: PluginSet,
    pre_filter: PluginSet,
    filter: PluginSet,
    post_filter: PluginSet,
    pre_score: PluginSet,
    score: PluginSet,
    reserve: PluginSet,
    permit: PluginSet,
    pre_bind: PluginSet,
    bind: PluginSet,
    post_bind: PluginSet,
    placement_generate: PluginSet,
    placement_score: PluginSet,
    pod_group_post_filter: PluginSet,
}

impl Plugins {
    /// What is said of `point` by name.
    pub(super) const fn at(&self, point: Point) -> &PluginSet {
        match point {
            Point::PreEnqueue => &self.pre_enqueue,
            Point::QueueSort => &self.queue_sort,
            Point::PreFilter => &self.pre_filter,
            Point::Filter => &self.filter,
            Point::PostFilter => &self.post_filter,
            Point::PreScore => &self.pre_score,
            Point::Score => &self.score,
            Point::Reserve => &self.reserve,
            Point::Permit => &self.permit,
            Point::PreBind => &self.pre_bind,
            Point::Bind => &self.bind,
            Point::PostBind => &self.post_bind,
            Point::PlacementGenerate => &self.placement_generate,
            Point::PlacementScore => &self.placement_score,
            Point::PodGroupPostFilter => &self.pod_group_post_filter,
        }
    }
}

/// Plugins of an extension point, or of `multiPoint`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PluginSet {
    pub(super) enabled: Vec<PluginRef>,
    pub(super) disabled: Vec<PluginRef>,
}

/// A plugin that is enabled or disabled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PluginRef {
    pub(super) name: String,
    /// 0 where none is given.
    pub(super) weight: i32,
}

/// An item of `pluginConfig`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PluginConfig {
    pub(super) name: String,
    pub(super) args: Option<BTreeMap<String, Value>>,
}
