//! The functions of EQL: their signatures, and what they compute. After Elasticsearch's `InternalEqlScriptUtils`.
//!
//! Strings are measured as Java does, in UTF-16 units: `length("😀")` is 2. A cut through the middle of such a pair
//! leaves the replacement character. Forms with `~` compare lower-case forms of all of Unicode, unlike patterns.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use rulehound_schema::{DataType, Value, parse_ip};

use crate::eql::types::Type;
use crate::{ArithmeticOp, Function};

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArgumentType {
    Any,
    String,
    Integer,
    Number,
    Boolean,
    Ip,
    /// A constant network in CIDR notation.
    Network,
}

impl ArgumentType {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Ip => "an ip",
            Self::Network => "a string",
        }
    }

    pub(crate) fn accepts(self, ty: Type) -> bool {
        match self {
            Self::Any => true,
            Self::String => matches!(ty, Type::String | Type::Version),
            Self::Integer => ty == Type::Integer,
            Self::Number => ty.is_number(),
            Self::Boolean => ty == Type::Boolean,
            Self::Ip => ty == Type::Ip,
            Self::Network => ty == Type::String,
        }
    }
}

/// How a function is called.
#[derive(Debug)]
pub(crate) struct Signature {
    /// Its name as the reference spells it.
    pub(crate) name: &'static str,
    function: Function,
    arguments: &'static [ArgumentType],
    /// How many of the arguments must be given.
    required: usize,
    /// Whether the last argument may be repeated.
    variadic: bool,
    /// Whether there is a form with `~`.
    pub(crate) case_aware: bool,
    pub(crate) returns: DataType,
}

const fn signature(
    name: &'static str,
    function: Function,
    arguments: &'static [ArgumentType],
    required: usize,
    returns: DataType,
) -> Signature {
    Signature { name, function, arguments, required, variadic: false, case_aware: false, returns }
}

const fn case_aware(signature: Signature) -> Signature {
    Signature { case_aware: true, ..signature }
}

const fn variadic(signature: Signature) -> Signature {
    Signature { variadic: true, ..signature }
}

use ArgumentType as A;

const SIGNATURES: &[Signature] = &[
    signature("add", Function::Add, &[A::Number, A::Number], 2, DataType::Double),
    case_aware(signature(
        "between",
        Function::Between,
        &[A::String, A::String, A::String, A::Boolean],
        3,
        DataType::String,
    )),
    variadic(signature("cidrMatch", Function::CidrMatch, &[A::Ip, A::Network], 2, DataType::Boolean)),
    variadic(signature("concat", Function::Concat, &[A::Any], 1, DataType::String)),
    signature("divide", Function::Divide, &[A::Number, A::Number], 2, DataType::Double),
    case_aware(signature("endsWith", Function::EndsWith, &[A::String, A::String], 2, DataType::Boolean)),
    case_aware(signature(
        "indexOf",
        Function::IndexOf,
        &[A::String, A::String, A::Number],
        2,
        DataType::Long,
    )),
    signature("length", Function::Length, &[A::String], 1, DataType::Long),
    signature("modulo", Function::Modulo, &[A::Number, A::Number], 2, DataType::Double),
    signature("multiply", Function::Multiply, &[A::Number, A::Number], 2, DataType::Double),
    signature("number", Function::Number, &[A::String, A::Integer], 1, DataType::Double),
    case_aware(signature("startsWith", Function::StartsWith, &[A::String, A::String], 2, DataType::Boolean)),
    signature("string", Function::String, &[A::Any], 1, DataType::String),
    case_aware(signature(
        "stringContains",
        Function::StringContains,
        &[A::String, A::String],
        2,
        DataType::Boolean,
    )),
    signature("substring", Function::Substring, &[A::String, A::Integer, A::Integer], 2, DataType::String),
    signature("subtract", Function::Subtract, &[A::Number, A::Number], 2, DataType::Double),
];

impl Signature {
    pub(crate) fn accepts(&self, count: usize) -> bool {
        count >= self.required && (self.variadic || count <= self.arguments.len())
    }

    /// How many arguments it takes, in words.
    pub(crate) fn expected(&self) -> String {
        let arguments = |n: usize| if n == 1 { "1 argument".to_owned() } else { format!("{n} arguments") };
        if self.variadic {
            format!("at least {}", arguments(self.required))
        } else if self.required == self.arguments.len() {
            arguments(self.required)
        } else {
            format!("{} or {}", self.required, arguments(self.arguments.len()))
        }
    }

    pub(crate) fn argument(&self, index: usize) -> ArgumentType {
        self.arguments.get(index).or(self.arguments.last()).copied().unwrap_or(ArgumentType::Any)
    }
}

impl Function {
    /// The function of a name, whatever its case.
    pub fn from_name(name: &str) -> Option<Self> {
        SIGNATURES.iter().find(|s| s.name.eq_ignore_ascii_case(name)).map(|s| s.function)
    }

    /// The names of all functions, as the reference spells them.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SIGNATURES.iter().map(|signature| signature.name)
    }

    /// Its name, as the reference spells it.
    pub fn name(self) -> &'static str {
        self.signature().name
    }

    pub(crate) fn signature(self) -> &'static Signature {
        // The table has every function (tested), in the order of the enum.
        SIGNATURES.iter().find(|s| s.function == self).unwrap_or(&SIGNATURES[0])
    }

    /// The operator that computes the same.
    pub(crate) fn arithmetic(self) -> Option<ArithmeticOp> {
        Some(match self {
            Self::Add => ArithmeticOp::Add,
            Self::Subtract => ArithmeticOp::Subtract,
            Self::Multiply => ArithmeticOp::Multiply,
            Self::Divide => ArithmeticOp::Divide,
            Self::Modulo => ArithmeticOp::Modulo,
            _ => return None,
        })
    }

    /// The function of values; `None` is null. Null in, null out, but for optional arguments. What Elasticsearch
    /// answers with an error (a string that is no number, overflow, division by zero) is null.
    pub(crate) fn call(self, args: &[Option<Value<'_>>], case_insensitive: bool) -> Option<Value<'static>> {
        let arg = |index: usize| args.get(index).and_then(Option::as_ref);
        let string = |index: usize| match arg(index) {
            Some(Value::String(text)) if case_insensitive => Some(Cow::Owned(text.to_lowercase())),
            Some(Value::String(text)) => Some(Cow::Borrowed(&**text)),
            _ => None,
        };
        let value = match self {
            Self::Add | Self::Subtract | Self::Multiply | Self::Divide | Self::Modulo => {
                return self.arithmetic()?.apply(arg(0)?, arg(1)?);
            }
            Self::Between => {
                let Some(Value::String(source)) = arg(0) else { return None };
                let greedy = matches!(arg(3), Some(Value::Boolean(true)));
                Value::String(between(source, &string(0)?, &string(1)?, &string(2)?, greedy)?.into())
            }
            Self::CidrMatch => {
                let address = match arg(0)? {
                    Value::Ip(address) => *address,
                    Value::String(text) => parse_ip(text)?,
                    _ => return None,
                };
                let networks = args.iter().skip(1).flatten().filter_map(|network| match network {
                    Value::String(text) => parse_network(text),
                    _ => None,
                });
                Value::Boolean(networks.into_iter().any(|network| in_network(address, network)))
            }
            Self::Concat => {
                let parts: Option<String> = args.iter().map(|part| part.as_ref().map(render)).collect();
                Value::String(parts?.into())
            }
            Self::EndsWith => Value::Boolean(string(0)?.ends_with(&*string(1)?)),
            Self::StartsWith => Value::Boolean(string(0)?.starts_with(&*string(1)?)),
            Self::StringContains => Value::Boolean(string(0)?.contains(&*string(1)?)),
            Self::IndexOf => {
                Value::Long(index_of(&string(0)?, &string(1)?, arg(2).and_then(whole).unwrap_or(0))?)
            }
            Self::Length => {
                let Some(Value::String(text)) = arg(0) else { return None };
                Value::Long(i64::try_from(text.encode_utf16().count()).ok()?)
            }
            Self::Number => {
                let Some(Value::String(text)) = arg(0) else { return None };
                return number(text, arg(1).and_then(whole));
            }
            Self::String => Value::String(render(arg(0)?).into()),
            Self::Substring => {
                let Some(Value::String(text)) = arg(0) else { return None };
                let start = arg(1).and_then(whole);
                Value::String(substring(text, start.unwrap_or(0), arg(2).and_then(whole)).into())
            }
        };
        Some(value)
    }
}

/// An integer argument; a double loses its fraction.
fn whole(value: &Value<'_>) -> Option<i64> {
    match value {
        Value::Long(number) => Some(*number),
        Value::UnsignedLong(number) => i64::try_from(*number).ok(),
        #[expect(clippy::cast_possible_truncation, reason = "as Java's intValue")]
        Value::Double(number) => Some(*number as i64),
        _ => None,
    }
}

/// What stands between the first `left` and the next (greedy: the last) `right` behind it. `folded` is `source`
/// as it is compared; null if either is not found.
fn between(source: &str, folded: &str, left: &str, right: &str, greedy: bool) -> Option<String> {
    let start = folded.find(left)? + left.len();
    let rest = folded.get(start..)?;
    let end = start + if greedy { rest.rfind(right)? } else { rest.find(right)? };
    match source.get(start..end) {
        // Lower case has the same lengths almost always; where not, the folded text is what there is.
        Some(text) if folded.len() == source.len() => Some(text.to_owned()),
        _ => folded.get(start..end).map(str::to_owned),
    }
}

/// Where `part` stands in `text` from `start` on, in UTF-16 units; null if nowhere.
fn index_of(text: &str, part: &str, start: i64) -> Option<i64> {
    let (text, part): (Vec<u16>, Vec<u16>) = (text.encode_utf16().collect(), part.encode_utf16().collect());
    let start = usize::try_from(start.max(0)).ok()?.min(text.len());
    let rest = text.get(start..)?;
    let found =
        if part.is_empty() { Some(0) } else { rest.windows(part.len()).position(|window| window == part) };
    i64::try_from(start + found?).ok()
}

/// Python's slice, in UTF-16 units: negative positions count from the end.
fn substring(text: &str, start: i64, end: Option<i64>) -> String {
    let units: Vec<u16> = text.encode_utf16().collect();
    let length = i64::try_from(units.len()).unwrap_or(i64::MAX);
    let place =
        |at: i64| usize::try_from(if at < 0 { at + length } else { at }.clamp(0, length)).unwrap_or(0);
    let (start, end) = (place(start), place(end.unwrap_or(length)));
    String::from_utf16_lossy(units.get(start..end).unwrap_or_default())
}

/// A number as text in a base; `0x` means base 16. Whole numbers are integers.
fn number(text: &str, base: Option<i64>) -> Option<Value<'static>> {
    let hex = text.strip_prefix("0x");
    let base = base.unwrap_or(if hex.is_some() { 16 } else { 10 });
    let digits = if base == 16 { hex.unwrap_or(text) } else { text };
    let radix = u32::try_from(base).ok().filter(|radix| (2..=36).contains(radix))?;
    match i64::from_str_radix(digits, radix) {
        Ok(integer) => Some(Value::Long(integer)),
        Err(_) if radix == 10 => java_double(digits).map(Value::Double),
        Err(_) => None,
    }
}

/// `Double.valueOf`: white space around, a type suffix, `NaN` and `Infinity`, but not Rust's other names for them.
fn java_double(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c| c <= ' ');
    let digits = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    let named = matches!(unsigned, "NaN" | "Infinity") && digits == text;
    (named || unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')).then(|| digits.parse().ok())?
}

pub(crate) fn in_network(address: Ipv6Addr, (network, length): (Ipv6Addr, u8)) -> bool {
    let shift = 128 - u32::from(length.min(128));
    let mask = u128::MAX.checked_shl(shift).unwrap_or(0);
    address.to_bits() & mask == network.to_bits() & mask
}

/// A value as Java prints it.
pub(crate) fn render(value: &Value<'_>) -> String {
    match value {
        Value::Double(number) => render_double(*number),
        other => other.to_string(),
    }
}

/// `Double.toString`: plain from a thousandth to ten million, else with one digit before the point and an exponent.
fn render_double(number: f64) -> String {
    if number.is_nan() {
        return "NaN".into();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity".into() } else { "-Infinity".into() };
    }
    if number == 0.0 || (1e-3..1e7).contains(&number.abs()) {
        return format!("{number:?}");
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    format!("{digits}{point}E{exponent}")
}

/// A network in CIDR notation, or an address as a network of its own, in IPv6 terms.
pub fn parse_network(text: &str) -> Option<(Ipv6Addr, u8)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let parsed = parse_ip(address)?;
    let v4 = !address.contains(':');
    let (width, offset) = if v4 { (32, 96) } else { (128, 0) };
    let length = match prefix {
        Some(prefix) if prefix.bytes().all(|b| b.is_ascii_digit()) => prefix.parse::<u8>().ok()?,
        Some(_) => return None,
        None => width,
    };
    (length <= width).then_some((parsed, length + offset))
}
