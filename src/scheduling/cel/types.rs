//! Types, and the functions that there are for them.

use std::fmt;

use kube_cel::cel::IdedExpr;
use kube_cel::cel::common::ast::Expr;

/// The type of an expression, as far as it is known before evaluation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// Anything.
    Dyn,
    /// A type without parameters, by its name.
    Named(&'static str),
    List(Box<Type>),
    Map(Box<Type>, Box<Type>),
    Optional(Box<Type>),
    /// `device`.
    Device,
}

pub(super) const BOOL: Type = Type::Named("bool");
pub(super) const INT: Type = Type::Named("int");
pub(super) const STRING: Type = Type::Named("string");
pub(super) const QUANTITY: Type = Type::Named("kubernetes.Quantity");

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dyn => f.write_str("dyn"),
            Self::Named(name) => f.write_str(name),
            Self::List(of) => write!(f, "list({of})"),
            Self::Map(key, value) => write!(f, "map({key}, {value})"),
            Self::Optional(of) => write!(f, "optional_type({of})"),
            Self::Device => f.write_str("kubernetes.DRADevice"),
        }
    }
}

impl Type {
    /// Whether a value of one can be one of the other.
    pub(super) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Dyn, _) | (_, Self::Dyn) => true,
            // Null can stand for a value of any type that is no scalar.
            (Self::Named("null"), other) | (other, Self::Named("null")) => !matches!(
                other,
                Self::Named("bool" | "int" | "uint" | "double" | "string" | "bytes")
            ),
            (Self::List(a), Self::List(b)) | (Self::Optional(a), Self::Optional(b)) => a.meets(b),
            (Self::Map(ka, a), Self::Map(kb, b)) => ka.meets(kb) && a.meets(b),
            _ => self == other,
        }
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self, Self::Named("int" | "uint" | "double"))
    }
}

/// Kubernetes' and the language's functions: `[TARGET.]NAME(ARGUMENTS):RESULT`.
const FUNCTIONS: [&str; 123] = [
    "size(string):int",
    "size(bytes):int",
    "size(list):int",
    "size(map):int",
    "string.size():int",
    "bytes.size():int",
    "list.size():int",
    "map.size():int",
    "string.startsWith(string):bool",
    "string.endsWith(string):bool",
    "string.contains(string):bool",
    "string.matches(string):bool",
    "matches(string,string):bool",
    "bool(bool):bool",
    "bool(string):bool",
    "int(int):int",
    "int(uint):int",
    "int(double):int",
    "int(string):int",
    "int(timestamp):int",
    "int(duration):int",
    "uint(uint):uint",
    "uint(int):uint",
    "uint(double):uint",
    "uint(string):uint",
    "double(double):double",
    "double(int):double",
    "double(uint):double",
    "double(string):double",
    "string(string):string",
    "string(bool):string",
    "string(int):string",
    "string(uint):string",
    "string(double):string",
    "string(bytes):string",
    "string(timestamp):string",
    "string(duration):string",
    "bytes(bytes):bytes",
    "bytes(string):bytes",
    "dyn(dyn):dyn",
    "type(dyn):type",
    "duration(string):duration",
    "duration(duration):duration",
    "timestamp(string):timestamp",
    "timestamp(timestamp):timestamp",
    "timestamp(int):timestamp",
    "duration.getHours():int",
    "duration.getMinutes():int",
    "duration.getSeconds():int",
    "duration.getMilliseconds():int",
    "timestamp.getFullYear():int",
    "timestamp.getMonth():int",
    "timestamp.getDate():int",
    "timestamp.getDayOfMonth():int",
    "timestamp.getDayOfWeek():int",
    "timestamp.getDayOfYear():int",
    "timestamp.getHours():int",
    "timestamp.getMinutes():int",
    "timestamp.getSeconds():int",
    "timestamp.getMilliseconds():int",
    "quantity(string):quantity",
    "isQuantity(string):bool",
    "quantity.sign():int",
    "quantity.isInteger():bool",
    "quantity.asInteger():int",
    "quantity.asApproximateFloat():double",
    "quantity.isGreaterThan(quantity):bool",
    "quantity.isLessThan(quantity):bool",
    "quantity.compareTo(quantity):int",
    "quantity.add(quantity):quantity",
    "quantity.add(int):quantity",
    "quantity.sub(quantity):quantity",
    "quantity.sub(int):quantity",
    "semver(string):semver",
    "semver(string,bool):semver",
    "isSemver(string):bool",
    "isSemver(string,bool):bool",
    "semver.major():int",
    "semver.minor():int",
    "semver.patch():int",
    "semver.isGreaterThan(semver):bool",
    "semver.isLessThan(semver):bool",
    "semver.compareTo(semver):int",
    "string.charAt(int):string",
    "string.indexOf(string):int",
    "string.indexOf(string,int):int",
    "string.lastIndexOf(string):int",
    "string.lastIndexOf(string,int):int",
    "string.lowerAscii():string",
    "string.upperAscii():string",
    "string.replace(string,string):string",
    "string.replace(string,string,int):string",
    "string.split(string):list",
    "string.split(string,int):list",
    "string.substring(int):string",
    "string.substring(int,int):string",
    "string.trim():string",
    "string.format(list):string",
    "list.join():string",
    "list.join(string):string",
    "string.find(string):string",
    "string.findAll(string):list",
    "string.findAll(string,int):list",
    "list.isSorted():bool",
    "list.sum():dyn",
    "list.min():dyn",
    "list.max():dyn",
    "list.indexOf(dyn):int",
    "list.lastIndexOf(dyn):int",
    "list.distinct():list",
    "list.reverse():list",
    "list.first():dyn",
    "list.last():dyn",
    "sets.contains(list,list):bool",
    "sets.intersects(list,list):bool",
    "sets.equivalent(list,list):bool",
    "optional.of(dyn):optional",
    "optional.ofNonZeroValue(dyn):optional",
    "optional.none():optional",
    "optional_type.hasValue():bool",
    "optional_type.value():dyn",
    "optional_type.or(dyn):dyn",
    "optional_type.orValue(dyn):dyn",
];

/// Functions of the same libraries whose arguments are not looked at before evaluation.
const OTHERS: [&str; 45] = [
    "ip",
    "isIP",
    "cidr",
    "isCIDR",
    "url",
    "isURL",
    "family",
    "isUnspecified",
    "isLoopback",
    "isLinkLocalMulticast",
    "isLinkLocalUnicast",
    "isGlobalUnicast",
    "containsIP",
    "containsCIDR",
    "prefixLength",
    "masked",
    "getScheme",
    "getHost",
    "getHostname",
    "getPort",
    "getEscapedPath",
    "getQuery",
    "validate",
    "format.named",
    "format.dns1123Label",
    "format.dns1123Subdomain",
    "format.dns1035Label",
    "format.qualifiedName",
    "format.dns1123LabelPrefix",
    "format.dns1123SubdomainPrefix",
    "format.dns1035LabelPrefix",
    "format.labelValue",
    "format.uri",
    "format.uuid",
    "format.byte",
    "format.date",
    "format.datetime",
    "ip.isCanonical",
    "flatten",
    "slice",
    "sort",
    "lists.range",
    "strings.quote",
    "jsonpatch.escapeKey",
    "optional_type",
];

/// One way to call a function.
pub(super) struct Overload {
    pub(super) target: Option<Type>,
    pub(super) arguments: Vec<Type>,
    pub(super) result: Type,
}

fn parse(name: &str) -> Type {
    let any = || Box::new(Type::Dyn);
    match name {
        "bool" => BOOL,
        "int" => INT,
        "string" => STRING,
        "uint" => Type::Named("uint"),
        "double" => Type::Named("double"),
        "bytes" => Type::Named("bytes"),
        "type" => Type::Named("type"),
        "quantity" => QUANTITY,
        "semver" => Type::Named("kubernetes.Semver"),
        "duration" => Type::Named("duration"),
        "timestamp" => Type::Named("timestamp"),
        "list" => Type::List(any()),
        "map" => Type::Map(any(), any()),
        "optional" | "optional_type" => Type::Optional(any()),
        _ => Type::Dyn,
    }
}

fn namespaced(text: &str) -> bool {
    ["sets.", "optional."]
        .iter()
        .any(|prefix| text.starts_with(prefix))
}

/// The ways to call function `name`.
pub(super) fn overloads(name: &str) -> Vec<Overload> {
    let all = FUNCTIONS.iter().filter_map(|text| {
        let (head, rest) = text.split_once('(')?;
        let (arguments, result) = rest.split_once("):")?;
        let (target, own) = match head.split_once('.') {
            Some((target, own)) if !namespaced(head) => (Some(parse(target)), own),
            _ => (None, head),
        };
        let arguments = arguments.split(',').filter(|text| !text.is_empty());
        (own == name).then(|| Overload {
            target,
            arguments: arguments.map(parse).collect(),
            result: parse(result),
        })
    });
    all.collect()
}

/// Whether there is a function `name` with overloads that are known here.
pub(super) fn is_known(name: &str) -> bool {
    !overloads(name).is_empty()
}

/// Whether there is a function `name` at all.
pub(super) fn is_function(name: &str) -> bool {
    is_known(name) || OTHERS.contains(&name)
}

/// `a.b.c` where the expression is that.
pub(super) fn dotted(of: &IdedExpr) -> Option<String> {
    match &of.expr {
        Expr::Ident(name) => Some(name.clone()),
        Expr::Select(select) if !select.test => {
            Some(format!("{}.{}", dotted(&select.operand)?, select.field))
        }
        _ => None,
    }
}

/// Whether a dotted name is that of a type.
pub(super) fn is_type(name: &str) -> bool {
    matches!(
        name,
        "google.protobuf.Duration"
            | "google.protobuf.Timestamp"
            | "kubernetes.Quantity"
            | "kubernetes.Semver"
            | "net.IP"
            | "net.CIDR"
            | "kubernetes.URL"
    )
}
