//! Functions of addresses. After Elastic's "ES|QL IP functions".

use std::net::Ipv6Addr;
use std::sync::Arc;

use datafusion::arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, FixedSizeBinaryBuilder,
};
use datafusion::arrow::datatypes::{DataType, Int32Type};
use datafusion::common::{Result, ScalarValue, exec_datafusion_err};
use rulehound_query::parse_network;

use super::rows::Given;
use super::{Call, Implementation};

pub(super) const FUNCTIONS: &[Implementation] =
    &[Implementation::of_values("cidr_match", cidr_match), Implementation::of_values("ip_prefix", prefix)];

/// Where the addresses of version 4 lie.
const V4: u128 = 0xffff_0000_0000;

impl Call<'_> {
    /// Addresses as numbers.
    fn addresses(&self, place: usize) -> Result<Vec<Option<u128>>> {
        let column = self.array(place)?;
        if *column.data_type() == DataType::Null {
            return Ok(vec![None; self.rows]);
        }
        let column: &FixedSizeBinaryArray = column
            .as_fixed_size_binary_opt()
            .ok_or_else(|| exec_datafusion_err!("`{}` takes addresses", self.name))?;
        let number = |octets: &[u8]| <[u8; 16]>::try_from(octets).ok().map(u128::from_be_bytes);
        Ok(column.iter().map(|octets| number(octets?)).collect())
    }
}

/// The first so many bits, of 128.
fn mask(length: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)
}

fn is_within(address: u128, (network, length): (Ipv6Addr, u8)) -> bool {
    (address ^ u128::from(network)) & mask(length) == 0
}

/// `CIDRMatch`: whether the address is in one of the networks. A network that is null is not among them.
fn cidr_match(call: &Call<'_>) -> Result<ArrayRef> {
    let addresses = call.addresses(0)?;
    let networks = 1..call.args.len();
    let read = |text: &str| parse_network(text).ok_or("not an IP string literal in CIDR notation");
    let constants: Option<Vec<Option<&ScalarValue>>> =
        networks.clone().map(|place| call.constant(place).map(Some)).collect();
    if let Some(constants) = constants {
        let networks = constants
            .into_iter()
            .flatten()
            .filter_map(|value| match value {
                ScalarValue::Utf8View(text) | ScalarValue::Utf8(text) => text.as_deref(),
                _ => None,
            })
            .map(|text| read(text).map_err(|problem| exec_datafusion_err!("[{text}] is {problem}")))
            .collect::<Result<Vec<_>>>()?;
        let matches = |address: u128| networks.iter().any(|network| is_within(address, *network));
        return Ok(Arc::new(
            addresses.into_iter().map(|address| address.map(matches)).collect::<BooleanArray>(),
        ));
    }
    let networks = networks.map(|place| call.strings(place)).collect::<Result<Vec<_>>>()?;
    call.booleans_of(addresses.into_iter().enumerate().map(|(row, address)| -> Given<bool> {
        let Some(address) = address else { return Ok(None) };
        for network in networks.iter().filter(|network| network.is_valid(row)) {
            if is_within(address, read(network.value(row))?) {
                return Ok(Some(true));
            }
        }
        Ok(Some(false))
    }))
}

/// `IpPrefix`: the first bits of an address, as many as are said for its version.
fn prefix(call: &Call<'_>) -> Result<ArrayRef> {
    let (v4, v6) = (call.primitives::<Int32Type>(1)?, call.primitives::<Int32Type>(2)?);
    let rows = call.addresses(0)?.into_iter().zip(v4.iter().zip(v6.iter())).map(|row| -> Given<u128> {
        let (Some(address), (Some(v4), Some(v6))) = row else { return Ok(None) };
        let length = |length: i32, most: u8| u8::try_from(length).ok().filter(|length| *length <= most);
        let v4 = length(v4, 32).ok_or("Prefix length v4 must be in range [0, 32]")?;
        let v6 = length(v6, 128).ok_or("Prefix length v6 must be in range [0, 128]")?;
        let is_v4 = address >> 32 == V4 >> 32;
        Ok(Some(address & mask(if is_v4 { v4 + 96 } else { v6 })))
    });
    let mut builder = FixedSizeBinaryBuilder::new(16);
    let mut result = Ok(());
    call.each(rows, |address| match address {
        Some(address) => {
            if let Err(problem) = builder.append_value(address.to_be_bytes()) {
                result = Err(problem);
            }
        }
        None => builder.append_null(),
    });
    result?;
    Ok(Arc::new(builder.finish()))
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{Arg, NULL, column, constant, refused, rows, run, text, values};
    use rulehound_query::esql::Literal;
    use rulehound_query::esql::Type::{self, *};

    fn ip(text: &str) -> Literal {
        rulehound_schema::parse_ip(text).map_or(NULL, Literal::Ip)
    }

    fn addresses() -> Arg {
        column(Ip, [ip("10.1.2.3"), ip("192.168.0.1"), ip("2001:db8::7"), NULL])
    }

    /// The page "CIDR_MATCH".
    #[test]
    fn an_address_in_one_of_the_networks_matches() {
        let found = rows("cidr_match", &[addresses(), text("10.0.0.0/8"), text("2001:db8::/32")]);
        assert_eq!(found, values![true, false, true, NULL]);
        assert_eq!(
            rows("cidr_match", &[addresses(), text("192.168.0.1")]),
            values![false, true, false, NULL]
        );
        let networks = column(Keyword, values!["10.1.2.0/24", NULL, "x", "::/0"]);
        let outcome = run("cidr_match", &[addresses(), networks]);
        assert_eq!(outcome.rows, values![true, false, NULL, NULL]);
        assert_eq!(outcome.warnings.len(), 1);
        let several = column(Ip, [Literal::List(vec![ip("10.0.0.1"), ip("10.0.0.2")])]);
        assert_eq!(rows("cidr_match", &[several, text("10.0.0.0/8")]), values![NULL]);
        refused("cidr_match", &[constant(Type::Integer, 1), text("10.0.0.0/8")]);
    }

    /// The page "IP_PREFIX".
    #[test]
    fn a_prefix_has_the_length_of_the_version() {
        let found = rows("ip_prefix", &[addresses(), constant(Integer, 24), constant(Integer, 32)]);
        assert_eq!(found, [ip("10.1.2.0"), ip("192.168.0.0"), ip("2001:db8::"), NULL]);
        let outcome = run("ip_prefix", &[addresses(), constant(Integer, 33), constant(Integer, 0)]);
        assert_eq!(outcome.rows, values![NULL, NULL, NULL, NULL]);
        assert_eq!(outcome.warnings.len(), 1);
    }
}
