//! Quantities, as far as the server and its kubelets need them: compared, added, and shown in the canonical form.

/// A thousandth, in billionths.
const MILLI: i128 = 1_000_000;

/// A quantity in billionths; `None` where the text is none. Amounts beyond the range are capped, as upstream caps.
pub(crate) fn nanos(text: &str) -> Option<i128> {
    let (negative, text) = match text.as_bytes().first()? {
        b'-' => (true, text.get(1..)?),
        b'+' => (false, text.get(1..)?),
        _ => (false, text),
    };
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
        return None;
    }
    let (base, exponent): (i128, i32) = match unit {
        "" => (10, 0),
        "n" => (10, -9),
        "u" => (10, -6),
        "m" => (10, -3),
        "k" => (10, 3),
        "M" => (10, 6),
        "G" => (10, 9),
        "T" => (10, 12),
        "P" => (10, 15),
        "E" => (10, 18),
        "Ki" => (1024, 1),
        "Mi" => (1024, 2),
        "Gi" => (1024, 3),
        "Ti" => (1024, 4),
        "Pi" => (1024, 5),
        "Ei" => (1024, 6),
        _ => (
            10,
            unit.strip_prefix(['e', 'E'])?
                .parse()
                .ok()
                .filter(|e: &i32| e.abs() <= 100)?,
        ),
    };
    // Nine decimals are all that counts; what is finer rounds up.
    let kept: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    let finer = fraction
        .get(9..)
        .is_some_and(|rest| rest.bytes().any(|b| b != b'0'));
    let mantissa: i128 = format!("{whole}{kept}").parse().unwrap_or(i128::MAX / 2);
    let mantissa = mantissa.saturating_add(i128::from(finer));
    let scale = base.checked_pow(exponent.unsigned_abs()).unwrap_or(i128::MAX);
    let amount = if exponent >= 0 {
        mantissa.saturating_mul(scale)
    } else {
        mantissa / scale + i128::from(mantissa % scale != 0)
    };
    Some(if negative { -amount } else { amount })
}

/// The quantity rounded up to a thousandth, where it is finer than that: what the API keeps of resources.
pub(crate) fn rounded_to_milli(text: &str) -> Option<String> {
    if !text.ends_with(['n', 'u']) && !text.contains(['.', 'e']) {
        return None;
    }
    let amount = nanos(text).filter(|amount| amount % MILLI != 0)?;
    let up = amount.div_euclid(MILLI).saturating_add(1).saturating_mul(MILLI);
    Some(show(up, false))
}

/// A quantity of so many billionths, with the largest unit that keeps it whole: powers of 1024 or of 1000.
pub(crate) fn show(amount: i128, binary: bool) -> String {
    let (base, first, units): (i128, i128, &[&str]) = if binary && amount % 1_000_000_000 == 0 {
        (1024, 1_000_000_000, &["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"])
    } else {
        (1000, 1, &["n", "u", "m", "", "k", "M", "G", "T", "P", "E"])
    };
    if amount == 0 {
        return "0".to_owned();
    }
    let mut left = amount / first;
    let mut units = units.iter();
    let mut unit = units.next().copied().unwrap_or_default();
    for larger in units {
        if left % base != 0 {
            break;
        }
        left /= base;
        unit = larger;
    }
    format!("{left}{unit}")
}

#[cfg(test)]
mod tests {
    use super::{nanos, rounded_to_milli, show};

    #[test]
    fn shown() {
        for (text, binary, wanted) in [
            ("1500m", false, "1500m"),
            ("2000m", false, "2"),
            ("2000", false, "2k"),
            ("2048", true, "2Ki"),
            ("1500", true, "1500"),
            ("3Gi", true, "3Gi"),
            ("0", true, "0"),
            ("1.5", true, "1500m"),
        ] {
            assert_eq!(
                nanos(text).map(|n| show(n, binary)).as_deref(),
                Some(wanted),
                "{text}"
            );
        }
        assert_eq!(rounded_to_milli("1500u").as_deref(), Some("2m"));
        assert_eq!(rounded_to_milli("0.5"), None);
        assert_eq!(rounded_to_milli("1Gi"), None);
    }

    #[test]
    fn quantities() {
        for (text, whole) in [
            ("1", 1),
            ("2Gi", 2 << 30),
            ("1.5k", 1500),
            ("1e3", 1000),
            ("12E", 12_000_000_000_000_000_000),
            (".5k", 500),
        ] {
            assert_eq!(nanos(text), Some(whole * 1_000_000_000_i128), "{text}");
        }
        assert_eq!(nanos("100m"), Some(100_000_000));
        assert_eq!(nanos("-1m"), Some(-1_000_000));
        assert_eq!(nanos("0.5n"), Some(1));
        for none in ["", "x", "1x", "1.2.3", "--1", "e3", "1Kii"] {
            assert_eq!(nanos(none), None, "{none}");
        }
    }
}
