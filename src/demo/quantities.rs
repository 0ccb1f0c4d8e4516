//! Quantities, as far as a kubelet needs them: compared and added, never shown.

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

#[cfg(test)]
mod tests {
    use super::nanos;

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
