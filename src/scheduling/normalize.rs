//! Bringing raw scores into 0 to 100, as upstream's `DefaultNormalizeScore` does.

/// The highest score a plugin gives.
pub const MAX: i64 = 100;

/// How a plugin's raw scores are brought into 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Normalization {
    /// They are already.
    AsIs,
    /// The greatest raw score becomes 100, the others in proportion, rounded towards zero; all zero stays so.
    MoreIsBetter,
    /// The other way round: the greatest raw score becomes 0; all zero becomes 100.
    FewerIsBetter,
    /// In a way of the plugin's own.
    Own,
}

impl Normalization {
    /// Normalises `scores` in place. A way of the plugin's own leaves them as they are.
    pub fn apply(self, scores: &mut [i64]) {
        if matches!(self, Self::MoreIsBetter | Self::FewerIsBetter) {
            let most = most(scores);
            for score in scores {
                *score = self.one(*score, most);
            }
        }
    }

    /// The normalised score for one raw score, of which `most` is the greatest.
    pub fn one(self, raw: i64, most: i64) -> i64 {
        let share = |raw: i64| {
            if most > 0 {
                raw.wrapping_mul(MAX) / most
            } else {
                raw
            }
        };
        match self {
            Self::AsIs | Self::Own => raw,
            Self::MoreIsBetter => share(raw),
            Self::FewerIsBetter => MAX.wrapping_sub(share(raw)),
        }
    }
}

/// The greatest of `scores`, 0 at the least.
pub fn most(scores: &[i64]) -> i64 {
    scores.iter().copied().max().unwrap_or(0).max(0)
}
