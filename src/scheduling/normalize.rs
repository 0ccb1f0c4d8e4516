//! Bringing raw scores into 0 to 100, as upstream's `DefaultNormalizeScore` does.

/// The highest score a plugin gives.
pub const MAX: i64 = 100;

/// The greatest raw score becomes 100, the others in proportion, rounded towards zero; all zero stays so.
pub fn more_is_better(scores: &mut [i64]) {
    let most = scores.iter().copied().max().unwrap_or(0);
    if most > 0 {
        for score in scores {
            *score = score.wrapping_mul(MAX) / most;
        }
    }
}

/// The other way round: the greatest raw score becomes 0; all zero becomes 100.
pub fn fewer_is_better(scores: &mut [i64]) {
    more_is_better(scores);
    for score in scores {
        *score = MAX - *score;
    }
}
