//! Reading a quantity: the grammar of `resource.ParseQuantity`.

use std::str::FromStr;

use super::{Form, Quantity};

/// The most decimal digits that the short form takes.
const SHORT_DIGITS: i32 = 18;
/// Billionths are the finest.
const NANO_PLACES: i32 = 9;

/// Why a text is no quantity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Not digits, then a suffix.
    #[error("a quantity is digits with a suffix, such as 250m, 1.5Gi or 1e3")]
    Format,
    /// No digits, or more than 38 of them.
    #[error("its digits cannot be read as a number")]
    Number,
    /// A suffix that there is not.
    #[error("its suffix is none of n, u, m, k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei, or e with an exponent")]
    Suffix,
}

enum Suffix {
    Decimal(i32),
    Binary(u32),
}

struct Parts<'a> {
    negative: bool,
    whole: &'a str,
    fraction: &'a str,
    /// Whether any digit was written.
    digits: bool,
    suffix: &'a str,
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        let parts = split(text)?;
        let suffix = parts.suffix()?;
        match parts.short(&suffix)? {
            Some(quantity) => Ok(quantity),
            None => parts.long(&suffix),
        }
    }
}

/// As upstream: leading zeros are dropped, and a missing number counts as zero.
fn split(text: &str) -> Result<Parts<'_>, QuantityError> {
    if text.is_empty() {
        return Err(QuantityError::Format);
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let significant = unsigned.trim_start_matches('0');
    let (whole, rest) = split_while(significant, |c| c.is_ascii_digit());
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => split_while(rest, |c| c.is_ascii_digit()),
        None => ("", rest),
    };
    let exponent = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
    let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if !exponent.bytes().all(|b| b.is_ascii_digit()) {
        return Err(QuantityError::Format);
    }
    Ok(Parts {
        negative: text.starts_with('-'),
        whole: if whole.is_empty() { "0" } else { whole },
        fraction,
        digits: significant.len() < unsigned.len() || !whole.is_empty() || !fraction.is_empty(),
        suffix,
    })
}

fn split_while(text: &str, holds: fn(char) -> bool) -> (&str, &str) {
    let end = text.find(|c| !holds(c)).unwrap_or(text.len());
    text.split_at(end)
}

impl Parts<'_> {
    fn suffix(&self) -> Result<Suffix, QuantityError> {
        Ok(match self.suffix {
            "n" => Suffix::Decimal(-9),
            "u" => Suffix::Decimal(-6),
            "m" => Suffix::Decimal(-3),
            "" => Suffix::Decimal(0),
            "k" => Suffix::Decimal(3),
            "M" => Suffix::Decimal(6),
            "G" => Suffix::Decimal(9),
            "T" => Suffix::Decimal(12),
            "P" => Suffix::Decimal(15),
            "E" => Suffix::Decimal(18),
            "Ki" => Suffix::Binary(10),
            "Mi" => Suffix::Binary(20),
            "Gi" => Suffix::Binary(30),
            "Ti" => Suffix::Binary(40),
            "Pi" => Suffix::Binary(50),
            "Ei" => Suffix::Binary(60),
            other => {
                let exponent = other.strip_prefix(['e', 'E']).ok_or(QuantityError::Suffix)?;
                // Upstream reads 64 bits and keeps the lower 32.
                Suffix::Decimal(exponent.parse::<i64>().map_err(|_| QuantityError::Suffix)? as i32)
            }
        })
    }

    /// The short form, for few enough digits.
    fn short(&self, suffix: &Suffix) -> Result<Option<Quantity>, QuantityError> {
        let (whole, fraction) = (self.whole.len() as i32, self.fraction.len() as i32);
        let (precision, exponent, factor) = match *suffix {
            Suffix::Decimal(exponent) => (SHORT_DIGITS - whole - fraction, exponent, 1),
            Suffix::Binary(power) if fraction == 0 => (14 - whole - power as i32 * 3 / 10, 0, 1_i64 << power),
            Suffix::Binary(_) => (-1, 0, 1),
        };
        let exponent = exponent.wrapping_sub(fraction);
        if precision < 0 || exponent < -NANO_PLACES {
            return Ok(None);
        }
        let digits = format!("{}{}", self.whole, self.fraction);
        let digits: i64 = digits.parse().map_err(|_| QuantityError::Number)?;
        Ok(digits.checked_mul(factor).map(|value| {
            let value = if self.negative { -value } else { value };
            Quantity(Form::Short { value, exponent })
        }))
    }

    /// Billionths, rounded away from zero; binary ones are capped.
    fn long(&self, suffix: &Suffix) -> Result<Quantity, QuantityError> {
        const CAP: i128 = i64::MAX as i128;
        if !self.digits {
            return Err(QuantityError::Number);
        }
        let digits = format!("{}{}", self.whole, self.fraction);
        let digits: i128 = digits.parse().map_err(|_| QuantityError::Number)?;
        let sign = if self.negative { -1 } else { 1 };
        let places = self.fraction.len() as i64;
        let (mantissa, scale) = match *suffix {
            Suffix::Decimal(exponent) => (digits, places - i64::from(exponent)),
            Suffix::Binary(power) => (digits.saturating_mul(1_i128 << power), places),
        };
        if mantissa == 0 {
            return Ok(Quantity::new(0));
        }
        let shift = i64::from(NANO_PLACES) - scale;
        let power = u32::try_from(shift.unsigned_abs())
            .ok()
            .and_then(|p| 10_i128.checked_pow(p));
        let nanos = match (shift < 0, power) {
            (true, None) => Some(1),
            (true, Some(power)) => Some(mantissa / power + i128::from(mantissa % power != 0)),
            (false, power) => power.and_then(|power| mantissa.checked_mul(power)),
        };
        let binary = matches!(suffix, Suffix::Binary(_));
        let form = match nanos {
            Some(nanos) if !binary || nanos <= CAP * 1_000_000_000 => Form::Long {
                unscaled: sign * nanos,
                scale: NANO_PLACES,
            },
            _ if binary => Form::Long {
                unscaled: sign * CAP,
                scale: 0,
            },
            _ => return Err(QuantityError::Number),
        };
        Ok(Quantity(form))
    }
}
