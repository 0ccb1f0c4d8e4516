//! Times as the server reads and writes them: RFC 3339, in UTC, with whole seconds or with six decimals.

use std::{borrow::Cow, ops::Range};

use jiff::Timestamp;

/// How many decimals the seconds have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    Seconds,
    Micros,
}

impl Precision {
    /// The layout as Go writes it, which its errors show.
    fn layout(self) -> &'static str {
        match self {
            Self::Seconds => "2006-01-02T15:04:05Z07:00",
            Self::Micros => "2006-01-02T15:04:05.000000Z07:00",
        }
    }
}

/// A time in the server's form; nothing where it is the zero time, which stands for none.
///
/// # Errors
/// Where the text is no such time; the message is Go's.
pub(super) fn canonical(text: &str, precision: Precision) -> Result<Option<String>, String> {
    check(text, precision).map_err(|Wrong { rest, wanted, why }| {
        let layout = precision.layout();
        if why.is_empty() {
            format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {wanted:?}")
        } else {
            format!("parsing time {text:?}: {why}")
        }
    })?;
    // Decimals are as many as anyone likes; whole seconds are all that is kept of them.
    let parsed = match precision {
        Precision::Seconds => Cow::Owned(format!("{}{}", part(text, 0..19), zone_of(text))),
        Precision::Micros => Cow::Borrowed(text),
    };
    let time: Timestamp = parsed
        .parse()
        .map_err(|_| format!("parsing time {text:?}: day out of range"))?;
    if time == ZERO {
        return Ok(None);
    }
    // What is in the form already need not be written anew.
    let length = match precision {
        Precision::Seconds => "2006-01-02T15:04:05Z".len(),
        Precision::Micros => "2006-01-02T15:04:05.000000Z".len(),
    };
    let written = text.len() == length && text.ends_with('Z');
    Ok(Some(if written {
        text.to_owned()
    } else {
        write(time, precision)
    }))
}

/// What follows the seconds and their decimals.
fn zone_of(text: &str) -> &str {
    let rest = part(text, 19..text.len());
    rest.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ','))
}

fn part(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

/// Seconds and nanoseconds since 1970, in the server's form; nothing where there is no such time.
pub(crate) fn from_unix(seconds: i64, nanos: i32, precision: Precision) -> Option<String> {
    let time = Timestamp::new(seconds, nanos).ok()?;
    Some(write(time, precision))
}

/// Go's zero time: the beginning of the year 1.
const ZERO: Timestamp = Timestamp::constant(-62_135_596_800, 0);

fn write(time: Timestamp, precision: Precision) -> String {
    let form = match precision {
        Precision::Seconds => "%Y-%m-%dT%H:%M:%SZ",
        Precision::Micros => "%Y-%m-%dT%H:%M:%S.%6fZ",
    };
    time.strftime(form).to_string()
}

struct Wrong<'a> {
    rest: &'a str,
    wanted: &'static str,
    /// What else is wrong, where the form is right.
    why: &'static str,
}

/// Goes through the layout as Go does, which is stricter than RFC 3339 in its letters.
fn check(text: &str, precision: Precision) -> Result<(), Wrong<'_>> {
    let mut rest = text;
    number(&mut rest, 4, "2006", 0, 9999, "")?;
    literal(&mut rest, "-")?;
    number(&mut rest, 2, "01", 1, 12, ": month out of range")?;
    literal(&mut rest, "-")?;
    number(&mut rest, 2, "02", 1, 31, ": day out of range")?;
    literal(&mut rest, "T")?;
    number(&mut rest, 2, "15", 0, 23, ": hour out of range")?;
    literal(&mut rest, ":")?;
    number(&mut rest, 2, "04", 0, 59, ": minute out of range")?;
    literal(&mut rest, ":")?;
    number(&mut rest, 2, "05", 0, 59, ": second out of range")?;
    let decimals = rest
        .strip_prefix(['.', ','])
        .map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
    match precision {
        Precision::Micros if decimals < 6 || rest.starts_with(',') => return Err(wrong(rest, ".000000")),
        Precision::Micros => rest = rest.get(7..).unwrap_or_default(),
        Precision::Seconds if decimals > 0 => rest = rest.get(1 + decimals..).unwrap_or_default(),
        Precision::Seconds => {}
    }
    zone(rest)
}

fn zone(rest: &str) -> Result<(), Wrong<'_>> {
    let (zone, after) = match rest.as_bytes() {
        [b'Z', ..] => return literal_end(rest.get(1..).unwrap_or_default()),
        [b'+' | b'-', a, b, b':', c, d, ..] if [a, b, c, d].iter().all(|byte| byte.is_ascii_digit()) => {
            rest.split_at(6)
        }
        _ => return Err(wrong(rest, "Z07:00")),
    };
    let hours: u32 = zone.get(1..3).and_then(|hours| hours.parse().ok()).unwrap_or(99);
    let minutes: u32 = zone
        .get(4..6)
        .and_then(|minutes| minutes.parse().ok())
        .unwrap_or(99);
    if hours > 24 {
        return Err(Wrong {
            rest,
            wanted: "",
            why: "time zone offset hour out of range",
        });
    }
    if minutes > 60 {
        return Err(Wrong {
            rest,
            wanted: "",
            why: "time zone offset minute out of range",
        });
    }
    literal_end(after)
}

fn literal_end(rest: &str) -> Result<(), Wrong<'_>> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(Wrong {
            rest,
            wanted: "",
            why: "extra text",
        })
    }
}

fn literal<'a>(rest: &mut &'a str, wanted: &'static str) -> Result<(), Wrong<'a>> {
    *rest = rest.strip_prefix(wanted).ok_or_else(|| wrong(rest, wanted))?;
    Ok(())
}

fn number<'a>(
    rest: &mut &'a str,
    length: usize,
    wanted: &'static str,
    least: u32,
    most: u32,
    why: &'static str,
) -> Result<(), Wrong<'a>> {
    let digits = rest
        .get(..length)
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))
        .ok_or_else(|| wrong(rest, wanted))?;
    let number: u32 = digits.parse().unwrap_or(u32::MAX);
    if !(least..=most).contains(&number) {
        return Err(Wrong {
            rest,
            wanted,
            why: why.trim_start_matches(": "),
        });
    }
    *rest = rest.get(length..).unwrap_or_default();
    Ok(())
}

fn wrong<'a>(rest: &'a str, wanted: &'static str) -> Wrong<'a> {
    Wrong {
        rest,
        wanted,
        why: "",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times() {
        let seconds = |text| canonical(text, Precision::Seconds);
        let some = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(seconds("2026-01-01T00:00:00Z"), some("2026-01-01T00:00:00Z"));
        assert_eq!(
            seconds("2026-01-01T02:00:00.9+02:00"),
            some("2026-01-01T00:00:00Z")
        );
        assert_eq!(seconds("0001-01-01T00:00:00Z"), Ok(None));
        assert_eq!(
            seconds("yesterday").unwrap_err(),
            r#"parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006""#
        );
        assert_eq!(
            seconds("2026-13-01T00:00:00Z").unwrap_err(),
            r#"parsing time "2026-13-01T00:00:00Z": month out of range"#
        );
        assert_eq!(
            seconds("2026-01-01T00:00:00.1234567890Z"),
            some("2026-01-01T00:00:00Z")
        );
        assert!(seconds("2026-02-30T00:00:00Z").is_err());
        assert!(seconds("2026-02-20t00:00:00z").is_err());
        let micros = |text| canonical(text, Precision::Micros);
        assert_eq!(
            micros("2026-01-01T02:00:00.123456+02:00"),
            some("2026-01-01T00:00:00.123456Z")
        );
        assert_eq!(
            micros("2026-01-01T00:00:00Z").unwrap_err(),
            "parsing time \"2026-01-01T00:00:00Z\" as \"2006-01-02T15:04:05.000000Z07:00\": \
             cannot parse \"Z\" as \".000000\""
        );
        assert_eq!(
            micros("2026-01-01").unwrap_err(),
            "parsing time \"2026-01-01\" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"\" as \"T\""
        );
        assert!(micros("2026-01-01T00:00:00.1234567Z").is_err());
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".*", near in "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{0,10})?(Z|[+-][0-9]{2}:[0-9]{2})?") {
            for precision in [Precision::Seconds, Precision::Micros] {
                let _ = canonical(&text, precision);
                let _ = canonical(&near, precision);
            }
        }
    }
}
