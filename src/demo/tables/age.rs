//! How long something takes or is ago, for people.
//!
//! The steps are those of `k8s.io/apimachinery/pkg/util/duration.HumanDuration`: two or three digits that matter.

use jiff::Timestamp;

/// What stands for a time that is not known.
pub(super) const UNKNOWN: &str = "<unknown>";

/// Reads a time as objects carry it. Go's zero time, year 1, is none.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let time: Timestamp = text.parse().ok()?;
    (!text.starts_with("0001-01-01T00:00:00")).then_some(time)
}

/// How long ago a time was.
pub(super) fn since(time: Option<Timestamp>, now: Timestamp) -> String {
    time.map_or_else(
        || UNKNOWN.to_owned(),
        |time| human(now.duration_since(time).as_secs()),
    )
}

/// A duration, given in whole seconds.
pub(super) fn human(seconds: i64) -> String {
    let pair = |large: i64, unit: char, small: i64, next: char| match small {
        0 => format!("{large}{unit}"),
        _ => format!("{large}{unit}{small}{next}"),
    };
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match () {
        // Clocks differ a little: what is a second ahead is now.
        () if seconds < -1 => "<invalid>".to_owned(),
        () if seconds < 0 => "0s".to_owned(),
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => pair(minutes, 'm', seconds % 60, 's'),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => pair(hours, 'h', minutes % 60, 'm'),
        () if hours < 48 => format!("{hours}h"),
        () if hours < 192 => pair(days, 'd', hours % 24, 'h'),
        () if days < 2 * 365 => format!("{days}d"),
        () if days < 8 * 365 => pair(days / 365, 'y', days % 365, 'd'),
        () => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_or_three_digits() {
        const HOUR: i64 = 3600;
        const DAY: i64 = 24 * HOUR;
        for (seconds, wanted) in [
            (-2, "<invalid>"),
            (-1, "0s"),
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (121, "2m1s"),
            (599, "9m59s"),
            (600, "10m"),
            (3 * HOUR - 1, "179m"),
            (3 * HOUR, "3h"),
            (3 * HOUR + 60, "3h1m"),
            (8 * HOUR, "8h"),
            (2 * DAY - 1, "47h"),
            (2 * DAY, "2d"),
            (2 * DAY + HOUR, "2d1h"),
            (8 * DAY - 1, "7d23h"),
            (8 * DAY, "8d"),
            (730 * DAY - 1, "729d"),
            (730 * DAY, "2y"),
            (731 * DAY, "2y1d"),
            (8 * 365 * DAY, "8y"),
            (i64::MAX, "292471208677y"),
        ] {
            assert_eq!(human(seconds), wanted, "{seconds}");
        }
        assert_eq!(
            since(time("0001-01-01T00:00:00Z"), Timestamp::UNIX_EPOCH),
            UNKNOWN
        );
    }
}
