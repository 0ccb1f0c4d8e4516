//! A certificate authority that lives as long as one control plane, and the kubeconfigs of its users.

use std::net::Ipv4Addr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair,
};

pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
}

/// A certificate and its private key, as PEM.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let key = key();
        let mut params = CertificateParams::default();
        params.distinguished_name = name("berth-test-ca", None);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).expect("a CA certificate").pem();
        Self {
            issuer: Issuer::new(params, key),
            certificate,
        }
    }

    /// The CA's own certificate, as PEM.
    pub(crate) fn certificate(&self) -> &str {
        &self.certificate
    }

    /// For servers on this machine. It is good for clients, too, as kube-apiserver is one of etcd.
    pub(crate) fn server(&self) -> Identity {
        let names = ["localhost".into(), Ipv4Addr::LOCALHOST.to_string()];
        let mut params = CertificateParams::new(names).expect("legal host names");
        params.distinguished_name = name("localhost", None);
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        self.sign(&params)
    }

    /// For a user: Kubernetes reads the user's name from CN, the group from O.
    fn user(&self, user: &str, group: Option<&str>) -> Identity {
        let mut params = CertificateParams::default();
        params.distinguished_name = name(user, group);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Identity {
        let key = key();
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        Identity {
            certificate,
            key: key.serialize_pem(),
        }
    }

    /// A kubeconfig (as JSON, which is YAML) with everything in it: one cluster, one user, one context `test`.
    pub(crate) fn kubeconfig(&self, port: u16, user: &str, group: Option<&str>) -> String {
        let identity = self.user(user, group);
        serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {
                "server": format!("https://127.0.0.1:{port}"),
                "certificate-authority-data": BASE64.encode(&self.certificate),
            }}],
            "users": [{"name": user, "user": {
                "client-certificate-data": BASE64.encode(&identity.certificate),
                "client-key-data": BASE64.encode(&identity.key),
            }}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": user}}],
        })
        .to_string()
    }
}

/// A private key of the default kind, ECDSA P-256.
fn key() -> KeyPair {
    KeyPair::generate().expect("a private key")
}

fn name(common_name: &str, organisation: Option<&str>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    if let Some(organisation) = organisation {
        name.push(DnType::OrganizationName, organisation);
    }
    name
}
