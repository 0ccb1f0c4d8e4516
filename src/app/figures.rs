//! Times and counts as a person reads them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// How long ago `then` was, in at most four columns: `40s`, `12m`, `3h`, `5d`, `2y`; `?` for the time that objects
/// have which name none.
pub fn age(then: Timestamp, now: Timestamp) -> String {
    if then == Timestamp::UNIX_EPOCH {
        return "?".to_owned();
    }
    let seconds = now.duration_since(then).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        172_800..63_072_000 => format!("{}d", seconds / 86_400),
        _ => format!("{}y", (seconds / 31_536_000).min(999)),
    }
}

/// How long ago `then` was, to the tenth of a second while that tells something.
pub fn ago(then: Timestamp, now: Timestamp) -> String {
    let millis = now.duration_since(then).as_millis().max(0);
    if millis < 10_000 {
        format!("{}.{} s", millis / 1000, millis % 1000 / 100)
    } else {
        age(then, now)
    }
}

/// The time of the day in `zone`.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
}

/// A latency in few columns: `3 ms`, `1.2 s`.
pub fn latency(latency: Duration) -> String {
    let millis = latency.as_millis();
    if millis < 1000 {
        format!("{} ms", millis.max(1))
    } else {
        format!("{}.{} s", millis / 1000, millis % 1000 / 100)
    }
}

/// `count` with its thousands apart: `12,000`.
pub fn count(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Thousandths of a core: `340m`, `4`, `1.5`.
pub fn cores(milli: i64) -> String {
    match milli {
        _ if milli.abs() < 1000 => format!("{milli}m"),
        _ if milli % 1000 == 0 => (milli / 1000).to_string(),
        _ => format!("{}.{}", milli / 1000, milli.abs() % 1000 / 100),
    }
}

/// Bytes: `512Mi`, `7.5Gi`.
pub fn bytes(bytes: i64) -> String {
    const UNITS: [&str; 5] = ["", "Ki", "Mi", "Gi", "Ti"];
    let unit = (bytes.unsigned_abs().max(1).ilog2() as usize / 10).min(UNITS.len() - 1);
    let one = 1_i64 << (10 * unit);
    let (whole, tenth) = (bytes / one, bytes.abs() % one * 10 / one);
    if tenth == 0 || whole.abs() >= 100 {
        format!("{whole}{}", UNITS[unit])
    } else {
        format!("{whole}.{tenth}{}", UNITS[unit])
    }
}
