//! Quantities in the form in which the server writes them: `1000m` is `1`, `1024Mi` is `1Gi`, `0.5` is `500m`.
//!
//! The rules are those of `k8s.io/apimachinery/pkg/api/resource`. What is canonical already is kept as it was written.

pub(super) const FORMAT: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const NUMBER: &str = "unable to parse numeric part of quantity";
const SUFFIX: &str = "unable to parse quantity's suffix";

/// The largest binary amount; larger ones are capped to it.
const LARGEST: i128 = i64::MAX as i128;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// `k`, `M`, `G`, …
    Decimal,
    /// `e3`, `E6`, …
    Exponent,
    /// `Ki`, `Mi`, `Gi`, …
    Binary,
}

/// A quantity's text, taken apart.
struct Parts<'a> {
    negative: bool,
    /// Digits before the point, without leading zeros; `0` where there are none.
    whole: &'a str,
    fraction: &'a str,
    form: Form,
    /// Of ten, or of two.
    exponent: i64,
}

/// The canonical form; `None` where the text has it.
///
/// # Errors
/// Where the text is no quantity; the message is upstream's.
pub(super) fn canonical(text: &str) -> Result<Option<String>, &'static str> {
    if is_short_number(text) {
        return Ok(None);
    }
    let parts = Parts::parse(text)?;
    if parts.is_kept()? {
        return Ok(None);
    }
    let written = parts.write();
    Ok((written != text).then_some(written))
}

/// A few digits, the commonest quantity of all, that do not end in three zeros.
fn is_short_number(text: &str) -> bool {
    text == "0"
        || text.len() < 16
            && text.bytes().all(|b| b.is_ascii_digit())
            && !text.starts_with('0')
            && !text.is_empty()
            && !text.ends_with("000")
}

impl<'a> Parts<'a> {
    fn parse(text: &'a str) -> Result<Self, &'static str> {
        let (negative, unsigned) = match text.as_bytes().first().ok_or(FORMAT)? {
            b'-' => (true, text.get(1..).unwrap_or_default()),
            b'+' => (false, text.get(1..).unwrap_or_default()),
            _ => (false, text),
        };
        let stripped = unsigned.trim_start_matches('0');
        let (whole, rest) = digits(stripped);
        let (fraction, suffix) = match rest.strip_prefix('.') {
            Some(rest) => digits(rest),
            None => ("", rest),
        };
        let letters = suffix.trim_start_matches(|c| "eEinumkKMGTP".contains(c));
        let exponent = letters.strip_prefix(['-', '+']).unwrap_or(letters);
        if !exponent.bytes().all(|b| b.is_ascii_digit()) {
            return Err(FORMAT);
        }
        let (form, exponent) = unit(suffix).ok_or(SUFFIX)?;
        Ok(Self {
            negative,
            whole: if whole.is_empty() { "0" } else { whole },
            fraction,
            form,
            exponent,
        })
    }

    /// Whether upstream keeps the text as it is: where the amount is a small one that is written without waste.
    fn is_kept(&self) -> Result<bool, &'static str> {
        let length = (self.whole.len() + self.fraction.len()) as i64;
        let (precision, scale) = match self.form {
            Form::Binary if self.fraction.is_empty() => (15 - length - self.exponent * 3 / 10 - 1, 0),
            Form::Binary => (-1, 0),
            Form::Decimal | Form::Exponent => (18 - length, self.exponent - self.fraction.len() as i64),
        };
        if precision < 0 || scale < -9 {
            return Ok(false);
        }
        let digits = format!("{}{}", self.whole, self.fraction);
        let value: i64 = digits.parse().map_err(|_| NUMBER)?;
        Ok(match self.form {
            Form::Binary => {
                let fits = i128::from(value) << self.exponent <= LARGEST;
                fits && self.exponent % 10 == 0 && value & 7 != 0
            }
            Form::Decimal | Form::Exponent => {
                scale % 3 == 0 && !digits.ends_with("000") && !digits.starts_with('0')
            }
        })
    }

    fn write(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        if self.form == Form::Binary {
            return match self.nanos() {
                0 => "0".into(),
                nanos => {
                    let one = 1_000_000_000;
                    let nanos = nanos.min(LARGEST * one);
                    if nanos < 1024 * one || nanos % one != 0 {
                        format!("{sign}{}", decimal(&nanos.to_string(), -9, Form::Decimal))
                    } else {
                        format!("{sign}{}", binary(nanos / one))
                    }
                }
            };
        }
        let all = format!("{}{}", self.whole, self.fraction);
        let digits = all.trim_start_matches('0');
        if digits.is_empty() {
            return "0".into();
        }
        let exponent = self.exponent - self.fraction.len() as i64;
        format!("{sign}{}", decimal(digits, exponent, self.form))
    }

    /// A binary amount in billionths, rounded up.
    fn nanos(&self) -> i128 {
        let kept: String = self.fraction.chars().take(20).collect();
        let Ok(mantissa) = format!("{}{kept}", self.whole).parse::<i128>() else {
            return i128::MAX;
        };
        let scaled = mantissa
            .checked_mul(1_i128 << self.exponent)
            .and_then(|amount| amount.checked_mul(1_000_000_000));
        let unit = 10_i128.pow(kept.len() as u32);
        match scaled {
            Some(amount) => amount / unit + i128::from(amount % unit != 0),
            // Without the billionths, then: an amount so large is capped anyway.
            None => (mantissa / unit)
                .saturating_mul(1_i128 << self.exponent)
                .saturating_mul(1_000_000_000),
        }
    }
}

fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()))
}

fn unit(suffix: &str) -> Option<(Form, i64)> {
    Some(match suffix {
        "n" => (Form::Decimal, -9),
        "u" => (Form::Decimal, -6),
        "m" => (Form::Decimal, -3),
        "" => (Form::Decimal, 0),
        "k" => (Form::Decimal, 3),
        "M" => (Form::Decimal, 6),
        "G" => (Form::Decimal, 9),
        "T" => (Form::Decimal, 12),
        "P" => (Form::Decimal, 15),
        "E" => (Form::Decimal, 18),
        "Ki" => (Form::Binary, 10),
        "Mi" => (Form::Binary, 20),
        "Gi" => (Form::Binary, 30),
        "Ti" => (Form::Binary, 40),
        "Pi" => (Form::Binary, 50),
        "Ei" => (Form::Binary, 60),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok()?;
            (Form::Exponent, exponent.into())
        }
    })
}

/// Digits (no leading zero) and an exponent of ten, written so that the exponent is one of the units'.
fn decimal(digits: &str, exponent: i64, form: Form) -> String {
    let mut kept = digits.to_owned();
    let mut exponent = exponent;
    // Nothing is finer than a billionth: what is, rounds up.
    if exponent < -9 {
        let cut = usize::try_from(-9 - exponent).unwrap_or(usize::MAX);
        exponent = -9;
        kept = match kept.len().checked_sub(cut).filter(|left| *left > 0) {
            None => "1".into(),
            Some(left) => {
                let (head, tail) = kept.split_at(left);
                if tail.bytes().any(|b| b != b'0') {
                    increment(head)
                } else {
                    head.to_owned()
                }
            }
        };
    }
    let length = kept.trim_end_matches('0').len();
    exponent = exponent.saturating_add((kept.len() - length) as i64);
    kept.truncate(length);
    let pad = exponent.rem_euclid(3);
    exponent -= pad;
    kept.extend(std::iter::repeat_n('0', pad as usize));
    let suffix = match (form, exponent) {
        (_, 0) => "",
        (Form::Exponent, exponent) => return format!("{kept}e{exponent}"),
        (_, -9) => "n",
        (_, -6) => "u",
        (_, -3) => "m",
        (_, 3) => "k",
        (_, 6) => "M",
        (_, 9) => "G",
        (_, 12) => "T",
        (_, 15) => "P",
        (_, 18) => "E",
        // There is no unit so large, and upstream writes none.
        _ => "",
    };
    kept + suffix
}

/// The number after that one.
fn increment(digits: &str) -> String {
    let nines = digits.len() - digits.trim_end_matches('9').len();
    let head = digits.get(..digits.len() - nines).unwrap_or_default();
    let raised = match head.as_bytes().last() {
        None => "1".to_owned(),
        Some(last) => {
            let mut raised = head.get(..head.len() - 1).unwrap_or_default().to_owned();
            raised.push(char::from(last + 1));
            raised
        }
    };
    raised + &"0".repeat(nines)
}

fn binary(amount: i128) -> String {
    let mut amount = amount;
    let mut times = 0;
    while times < 6 && amount >= 1024 && amount % 1024 == 0 {
        amount /= 1024;
        times += 1;
    }
    let unit = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];
    format!("{amount}{}", unit.get(times).unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> String {
        match canonical(text) {
            Ok(other) => other.unwrap_or_else(|| text.to_owned()),
            Err(error) => error.to_owned(),
        }
    }

    #[test]
    fn as_upstream_writes_them() {
        for (text, wanted) in [
            ("0", "0"),
            ("00", "0"),
            ("1", "1"),
            ("1000m", "1"),
            ("1500m", "1500m"),
            ("1024Mi", "1Gi"),
            ("1000Mi", "1000Mi"),
            ("1025Mi", "1025Mi"),
            ("512Ki", "512Ki"),
            ("0.5", "500m"),
            ("0.5Gi", "512Mi"),
            ("1.5Gi", "1536Mi"),
            ("1e3", "1e3"),
            ("1000e3", "1e6"),
            ("1E3", "1E3"),
            ("1000", "1k"),
            ("1000000", "1M"),
            ("100000", "100k"),
            ("0.1Ki", "102400m"),
            ("1Ki", "1Ki"),
            ("8Ki", "8Ki"),
            ("1024", "1024"),
            ("0.0000000001", "1n"),
            ("1.2345678999", "1234567900n"),
            ("-1000m", "-1"),
            ("+5", "+5"),
            (".5", "500m"),
            ("1.", "1."),
            ("+", "0"),
            ("m", "0"),
            ("16E", "16E"),
            ("100Ei", "9223372036854775807"),
        ] {
            assert_eq!(written(text), wanted, "{text}");
        }
        for text in ["", "x", "1x", "1.2.3", "--1", "1 Gi"] {
            assert!(canonical(text).is_err(), "{text}");
        }
    }

    proptest! {
        /// Whatever the text, there is an answer, and an answer stays as it is.
        #[test]
        fn once_is_enough(text in "[+-]?[0-9]{0,25}\\.?[0-9]{0,25}([eE][+-]?[0-9]{0,3}|[numkMGTPE]|[KMGTPE]i)?") {
            if let Ok(once) = canonical(&text) {
                let once = once.unwrap_or(text);
                if !once.contains(['e', 'E']) {
                    prop_assert_eq!(written(&once), once.clone());
                }
            }
        }

        #[test]
        fn no_text_is_too_odd(text in ".*") {
            let _ = canonical(&text);
        }
    }
}
