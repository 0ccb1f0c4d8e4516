//! Ages as kubectl prints them.

use jiff::Timestamp;

/// How long ago `then` was: `12s`, `3m12s`, `45m`, `5h3m`, `20h`, `3d4h`, `200d`, `3y20d` (two units while the first
/// is small); `?` for the time that objects have which name none.
pub(super) fn age(then: Timestamp, now: Timestamp) -> String {
    if then == Timestamp::UNIX_EPOCH {
        return "?".to_owned();
    }
    let seconds = now.as_second().saturating_sub(then.as_second()).max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    let two = |first: i64, unit: &str, rest: i64, smaller: &str| {
        if rest == 0 {
            format!("{first}{unit}")
        } else {
            format!("{first}{unit}{rest}{smaller}")
        }
    };
    match () {
        () if seconds < 120 => format!("{seconds}s"),
        () if minutes < 10 => two(minutes, "m", seconds % 60, "s"),
        () if minutes < 180 => format!("{minutes}m"),
        () if hours < 8 => two(hours, "h", minutes % 60, "m"),
        () if hours < 48 => format!("{hours}h"),
        () if days < 8 => two(days, "d", hours % 24, "h"),
        () if days < 730 => format!("{days}d"),
        () if days < 8 * 365 => two(days / 365, "y", days % 365, "d"),
        () => format!("{}y", days / 365),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_those_of_kubectl() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let ago = |seconds: i64| age(Timestamp::from_second(1_800_000_000 - seconds).unwrap(), now);
        assert_eq!(ago(-5), "0s");
        assert_eq!(ago(119), "119s");
        assert_eq!(ago(120), "2m");
        assert_eq!(ago(192), "3m12s");
        assert_eq!(ago(45 * 60), "45m");
        assert_eq!(ago(5 * 3600 + 180), "5h3m");
        assert_eq!(ago(20 * 3600), "20h");
        assert_eq!(ago(3 * 86_400 + 4 * 3600), "3d4h");
        assert_eq!(ago(200 * 86_400), "200d");
        assert_eq!(ago(3 * 365 * 86_400 + 20 * 86_400), "3y20d");
        assert_eq!(age(Timestamp::UNIX_EPOCH, now), "?");
        assert_eq!(ago(10 * 365 * 86_400), "10y");
    }
}
