//! Durations as Go writes them: `1m30s`, `250ms`, `-1.5h`.

/// `text` in nanoseconds; `None` where it is no duration.
pub(super) fn nanoseconds(text: &str) -> Option<i128> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut total: i128 = 0;
    let mut any = false;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let end = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && part.is_empty()) || part.contains('.') {
            return None;
        }
        let digits = |text: &str| {
            if text.is_empty() {
                Some(0)
            } else {
                text.parse::<i128>().ok()
            }
        };
        // Digits below a nanosecond do not count.
        let part = part.get(..part.len().min(18))?;
        let scale = 10_i128.checked_pow(u32::try_from(part.len()).ok()?)?;
        total = total
            .checked_add(digits(whole)?.checked_mul(unit)?)?
            .checked_add(digits(part)?.checked_mul(unit)? / scale)?;
        any = true;
        rest = after;
    }
    let total = if negative { -total } else { total };
    (any && i64::try_from(total).is_ok()).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::nanoseconds;

    #[test]
    fn durations_are_read_as_go_reads_them() {
        for (text, expected) in [
            ("15s", Some(15_000_000_000)),
            ("1m30s", Some(90_000_000_000)),
            ("-1.5h", Some(-5_400_000_000_000)),
            (".5ms", Some(500_000)),
            ("0", Some(0)),
            ("", None),
            ("5", None),
            ("1x", None),
            ("1.2.3s", None),
            (".s", None),
            ("9999999h", None),
        ] {
            assert_eq!(nanoseconds(text), expected, "{text}");
        }
    }
}
