//! The Community ID of a flow, version 1: the same on every sensor that sees the flow, either way.

use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// The id of a flow of a transport that has ports.
///
/// Source: <https://github.com/corelight/community-id-spec>, with seed 0.
pub(super) fn community_id(
    transport: &str,
    source: (IpAddr, u16),
    destination: (IpAddr, u16),
) -> Option<String> {
    let protocol: u8 = match transport {
        "tcp" => 6,
        "udp" => 17,
        "sctp" => 132,
        _ => return None,
    };
    let (from, to) = if source <= destination { (source, destination) } else { (destination, source) };
    let mut hash = Sha1::new();
    hash.update(0u16.to_be_bytes());
    for (address, _) in [from, to] {
        match address {
            IpAddr::V4(address) => hash.update(address.octets()),
            IpAddr::V6(address) => hash.update(address.octets()),
        }
    }
    hash.update([protocol, 0]);
    for (_, port) in [from, to] {
        hash.update(port.to_be_bytes());
    }
    Some(format!("1:{}", STANDARD.encode(hash.finalize())))
}
