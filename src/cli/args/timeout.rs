//! Durations as kubectl takes them for `--request-timeout`.

use std::time::Duration;

/// Reads a duration of Go (`1m30s`, `500ms`, `1.5h`) or a number of seconds. Zero stands for no limit.
pub(super) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("'{text}' is no duration: write such as 500ms, 5s or 1m30s");
    let seconds = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse::<u32>().map_err(|_| wrong())?.into()
    } else {
        parts(text).ok_or_else(wrong)?
    };
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

fn parts(mut text: &str) -> Option<f64> {
    let mut seconds = 0.0;
    while !text.is_empty() {
        let number_end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, rest) = text.split_at(number_end);
        let unit_end = rest
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(rest.len());
        let (unit, rest) = rest.split_at(unit_end);
        let factor = match unit {
            "h" => 3600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" | "μs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        seconds += number.parse::<f64>().ok()? * factor;
        text = rest;
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_kubectl() {
        let read = |text| parse(text).unwrap();
        assert_eq!(read("0"), Duration::ZERO);
        assert_eq!(read("30"), Duration::from_secs(30));
        assert_eq!(read("1m30s"), Duration::from_secs(90));
        assert_eq!(read("500ms"), Duration::from_millis(500));
        assert_eq!(read("1.5h"), Duration::from_secs(5400));
        for text in ["", "soon", "-1s", "5 s", "1", "5x", "s", "99999999999999"] {
            assert_eq!(parse(text).is_ok(), text == "1", "{text}");
        }
    }
}
