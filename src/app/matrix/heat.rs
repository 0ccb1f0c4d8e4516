//! Heat: how much of something, by a glyph that grows and a level for the theme's colours, which only repeat it.

/// Levels of heat.
pub const LEVELS: usize = 8;

const GLYPHS: [&str; LEVELS] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];

/// How hot `value` is with `most` as the hottest: from 0 to [`LEVELS`] − 1.
pub fn level(value: i64, most: i64) -> usize {
    if most <= 0 || value <= 0 {
        return 0;
    }
    let top = LEVELS as i64 - 1;
    let rounded =
        (i128::from(value.min(most)) * i128::from(top) * 2 + i128::from(most)) / (2 * i128::from(most));
    usize::try_from(rounded).unwrap_or(0).min(LEVELS - 1)
}

/// The glyph of a level, one column wide.
pub fn glyph(level: usize) -> &'static str {
    GLYPHS[level.min(LEVELS - 1)]
}
