//! What is legal and nobody expects, and what an API server would refuse.

/// Those of [`QUANTITIES`] that 64 bits do not hold.
pub(super) const BEYOND_64_BITS: &[&str] = &["12Ei", "8Ei", "9223372036854775808", "1e19", "12E"];
pub(super) const QUANTITIES: &[&str] = &[
    "1n",
    "1u",
    "999999n",
    ".5",
    "1.",
    "1e3",
    "1E3",
    "0.0001",
    "1k",
    "12Ei",
    "8Ei",
    "7Ei",
    "1E",
    "-1",
    "1e-3",
    "0.1m",
    "100e-3",
    "3000000000n",
    "9223372036854775807",
    "9223372036854775808",
    "1.5Gi",
    "1e18",
    "1e19",
    "-500m",
    "-5Mi",
    "1.0001Gi",
    "0.5",
    "1Ei",
    "12E",
    "1.23456789012345678901",
    "+3",
    "00012",
    "1Pi",
    "3e2",
    "-1n",
    "1000000000000000001m",
    "9223372036854775807m",
    "1e-12",
    "0.000000001Ki",
    "123456789.987654321Mi",
];

pub(super) const RESOURCES: &[&str] = &[
    "attachable-volumes-x",
    "kubernetes.io/thing",
    "storage",
    "bare",
    "requests.example.com/gpu",
    "UPPER.com/gpu",
    "pods",
];

pub(super) const KEYS: &[&str] = &["not a key!", "a/b/c", "/x", "x/", "UP.com/x", "-"];

/// What would upset a terminal, a parser of words and a table.
pub(super) const TEXT: &str = "\u{1b}[31mr\u{e4}d\u{7} \"%s\" \\n, a long word: \u{202e}wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww";
