//! A certificate authority for one server, and the server's certificate.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio_rustls::rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// How long the certificates are good for. They live as long as the server; some clients take none for longer than this.
const VALID: SignedDuration = SignedDuration::from_hours(24 * 397);

/// What a server shows, and what clients trust it by.
pub(super) struct Certificates {
    /// The authority's certificate, as PEM.
    pub(super) authority: String,
    pub(super) server: Arc<ServerConfig>,
}

impl Certificates {
    /// Makes both, for a server that listens on that address. The authority's key is forgotten at once, so that nobody can
    /// ever use it for another server.
    pub(super) fn make(address: IpAddr) -> Result<Self, String> {
        Self::made(address).map_err(|error| error.to_string())
    }

    fn made(address: IpAddr) -> Result<Self, Box<dyn std::error::Error>> {
        let mut params = params("berth-demo-ca", Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let mut params = self::params("berth-demo", names(address))?;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &authority)?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let mut server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            authority: authority.pem(),
            server: Arc::new(server),
        })
    }
}

fn params(name: &str, alternatives: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(alternatives)?;
    params.distinguished_name.remove(DnType::CommonName);
    params.distinguished_name.push(DnType::CommonName, name);
    let day = |time: Timestamp| {
        let date = time.to_zoned(TimeZone::UTC).date();
        date_time_ymd(i32::from(date.year()), date.month() as u8, date.day() as u8)
    };
    let now = Timestamp::now();
    // Clocks differ: what is good from today on may not be good everywhere yet.
    params.not_before = day(now.checked_sub(SignedDuration::from_hours(24)).unwrap_or(now));
    params.not_after = day(now.checked_add(VALID).unwrap_or(now));
    Ok(params)
}

/// The names and addresses by which clients may come.
fn names(address: IpAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_owned()];
    let mut addresses = vec![
        IpAddr::from(Ipv4Addr::LOCALHOST),
        Ipv6Addr::LOCALHOST.into(),
        address,
    ];
    if !address.is_loopback() {
        names.extend(host_name());
        addresses.extend(outward(address));
    }
    addresses.retain(|address| !address.is_unspecified());
    addresses.dedup();
    names.extend(addresses.iter().map(ToString::to_string));
    names
}

/// What this machine calls itself, where that can stand in a certificate.
fn host_name() -> Option<String> {
    #[cfg(unix)]
    let name = rustix::system::uname().nodename().to_str().ok()?.to_owned();
    #[cfg(not(unix))]
    let name = std::env::var("COMPUTERNAME").ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    (!name.is_empty() && name.bytes().all(plain)).then_some(name)
}

/// The address by which this machine reaches others, asked of the system's routes; nothing is sent for it.
fn outward(address: IpAddr) -> Option<IpAddr> {
    // Addresses for documentation: routed as any other, and nobody's.
    let (here, there): (IpAddr, IpAddr) = match address {
        IpAddr::V4(_) => (Ipv4Addr::UNSPECIFIED.into(), [192, 0, 2, 1].into()),
        IpAddr::V6(_) => (
            Ipv6Addr::UNSPECIFIED.into(),
            [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into(),
        ),
    };
    let socket = UdpSocket::bind((here, 0)).ok()?;
    socket.connect((there, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}
