//! Quantities that are written back: with the form in which they came.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{Form, Quantity, QuantityError};

/// The family of suffixes in which a quantity is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// `m`, `k`, `M` and the like.
    Decimal,
    /// `Ki`, `Mi` and the like.
    Binary,
    /// `e3`.
    Exponent,
}

/// A quantity together with how it is written. Upstream keeps the text of most quantities that it reads, and writes
/// others in the shortest form of their family of suffixes.
#[derive(Clone, Debug)]
pub struct WrittenQuantity {
    /// The amount.
    pub amount: Quantity,
    /// The family of suffixes.
    pub format: Format,
    text: Option<Arc<str>>,
}

impl WrittenQuantity {
    /// `amount`, worked out rather than read.
    pub const fn new(amount: Quantity, format: Format) -> Self {
        Self {
            amount,
            format,
            text: None,
        }
    }

    /// Whether upstream's `==` holds between the two: same text and same inner form, not only the same amount.
    pub fn is_identical(&self, other: &Self) -> bool {
        match (&self.amount.0, &other.amount.0) {
            (
                Form::Short {
                    value: a,
                    exponent: ea,
                },
                Form::Short {
                    value: b,
                    exponent: eb,
                },
            ) => a == b && ea == eb && self.format == other.format && self.text == other.text,
            _ => false,
        }
    }
}

impl PartialEq for WrittenQuantity {
    fn eq(&self, other: &Self) -> bool {
        self.amount == other.amount && self.format == other.format && self.text == other.text
    }
}

impl FromStr for WrittenQuantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let amount: Quantity = text.parse()?;
        let format = format(text);
        Ok(Self {
            amount,
            format,
            text: is_kept(text, format, &amount).then(|| text.into()),
        })
    }
}

fn format(text: &str) -> Format {
    let unsigned = text.trim_end_matches(|c: char| c.is_ascii_digit() || c == '+' || c == '-');
    if text.ends_with('i') {
        Format::Binary
    } else if unsigned.ends_with(['e', 'E']) && unsigned.len() < text.len() {
        Format::Exponent
    } else {
        Format::Decimal
    }
}

/// Whether upstream keeps the text: it looks as if it were in the shortest form.
fn is_kept(text: &str, format: Format, amount: &Quantity) -> bool {
    let Form::Short { exponent, .. } = amount.0 else {
        return false;
    };
    if text == "0" {
        return true;
    }
    let digits = text.trim_start_matches(['+', '-']).trim_start_matches('0');
    let end = digits
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(digits.len());
    let digits = digits.get(..end).unwrap_or_default();
    match format {
        Format::Binary => digits.parse::<u64>().is_ok_and(|value| value & 7 != 0),
        Format::Decimal | Format::Exponent => {
            let shifted = digits.replace('.', "");
            exponent % 3 == 0 && !shifted.ends_with("000") && !digits.starts_with('.') && !shifted.is_empty()
        }
    }
}

impl fmt::Display for WrittenQuantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.text {
            return f.write_str(text);
        }
        let (mut value, scale) = self.amount.long();
        let mut exponent = -scale;
        if value == 0 {
            return f.write_str("0");
        }
        while value % 10 == 0 {
            value /= 10;
            exponent = exponent.saturating_add(1);
        }
        if self.format == Format::Binary
            && let Some(whole) = whole(value, exponent)
            && whole.unsigned_abs() >= 1024
        {
            return binary(whole, f);
        }
        while exponent % 3 != 0 {
            value = value.saturating_mul(10);
            exponent -= 1;
        }
        let suffix = match exponent {
            -9 => "n",
            -6 => "u",
            -3 => "m",
            0 => "",
            3 => "k",
            6 => "M",
            9 => "G",
            12 => "T",
            15 => "P",
            18 => "E",
            _ => return write!(f, "{value}e{exponent}"),
        };
        if self.format == Format::Exponent && exponent != 0 {
            return write!(f, "{value}e{exponent}");
        }
        write!(f, "{value}{suffix}")
    }
}

fn whole(value: i128, exponent: i32) -> Option<i128> {
    let power = 10_i128.checked_pow(u32::try_from(exponent).ok()?)?;
    value.checked_mul(power)
}

fn binary(mut value: i128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const SUFFIXES: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    let mut at = 0;
    while value % 1024 == 0 && at + 1 < SUFFIXES.len() {
        value /= 1024;
        at += 1;
    }
    write!(f, "{value}{}", SUFFIXES.get(at).copied().unwrap_or_default())
}
