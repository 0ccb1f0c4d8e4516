//! Times and identities as an API server writes them.

use fastrand::Rng;
use jiff::Timestamp;

/// A `metav1.Time`: whole seconds, UTC.
pub(crate) fn seconds(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Now, as a `metav1.Time`.
pub(crate) fn now() -> String {
    seconds(Timestamp::now())
}

/// A `metav1.MicroTime`: six decimals, UTC.
pub(crate) fn micros(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// A random uid (version 4 of RFC 9562).
pub(crate) fn uid(random: &mut Rng) -> String {
    // The four bits that name the version, and the two that name the variant, are given.
    let bits = random.u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)].join("-")
}

/// The random end of a generated name: no vowels and no look-alikes, so that no words arise.
pub(crate) fn suffix(random: &mut Rng, length: usize) -> String {
    const LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    (0..length)
        .filter_map(|_| {
            LETTERS
                .get(random.usize(..LETTERS.len()))
                .copied()
                .map(char::from)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let mut random = Rng::with_seed(1);
        let id = uid(&mut random);
        assert_eq!(id.len(), 36);
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(&id[14..15], "4");
        assert!("89ab".contains(&id[19..20]));
        assert_ne!(id, uid(&mut random));
        assert_eq!(suffix(&mut random, 5).len(), 5);
        assert_eq!(seconds(Timestamp::UNIX_EPOCH), "1970-01-01T00:00:00Z");
        assert_eq!(micros(Timestamp::UNIX_EPOCH), "1970-01-01T00:00:00.000000Z");
    }
}
