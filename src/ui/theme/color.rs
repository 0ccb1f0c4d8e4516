//! Colours as numbers: how light, how far apart, and what is nearest where there are 256 of them.

use ratatui::style::Color;

/// A colour of the sRGB space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self(red, green, blue))
    }

    /// What `color` is, where that does not depend on the terminal.
    pub fn of(color: Color) -> Option<Self> {
        match color {
            Color::Rgb(red, green, blue) => Some(Self(red, green, blue)),
            Color::Indexed(index) => Self::indexed(index),
            _ => None,
        }
    }

    /// Colour `index` of the palette of 256; the first sixteen are the terminal's own.
    pub fn indexed(index: u8) -> Option<Self> {
        let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
        match index {
            0..16 => None,
            16..232 => {
                let cube = index - 16;
                Some(Self(level(cube / 36), level(cube / 6 % 6), level(cube % 6)))
            }
            232.. => {
                let grey = 8 + 10 * (index - 232);
                Some(Self(grey, grey, grey))
            }
        }
    }

    /// Red, green and blue as amounts of light, from 0 to 1.
    pub fn linear(self) -> [f64; 3] {
        [self.0, self.1, self.2].map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        })
    }

    /// Relative luminance as WCAG 2 defines it, from 0 to 1.
    pub fn luminance(self) -> f64 {
        let [red, green, blue] = self.linear();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast ratio of WCAG 2, from 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance(), other.luminance());
        (one.max(two) + 0.05) / (one.min(two) + 0.05)
    }

    /// The colour of the palette of 256 that looks nearest, by distance in Oklab. The first sixteen are left out:
    /// nobody knows how they look.
    pub fn nearest_indexed(self) -> u8 {
        let wanted = oklab(self.linear());
        let distance =
            |index: u8| Self::indexed(index).map_or(f64::MAX, |have| far(wanted, oklab(have.linear())));
        (16..=255)
            .min_by(|&one, &two| distance(one).total_cmp(&distance(two)))
            .unwrap_or(16)
    }
}

/// Colours of the palette of 256 for `steps`, which go from dark to light or from light to dark: each another one, in the same
/// order of lightness, and as near to the steps as that allows. Nothing where the palette has none such.
pub fn distinct_indexed(steps: &[Rgb]) -> Option<Vec<u8>> {
    let wanted: Vec<[f64; 3]> = steps.iter().map(|step| oklab(step.linear())).collect();
    let rises = wanted.last()?[0] >= wanted.first()?[0];
    let mut palette: Vec<(u8, [f64; 3])> = (16..=255)
        .filter_map(|index| Some((index, oklab(Rgb::indexed(index)?.linear()))))
        .collect();
    palette.sort_by(|(_, one), (_, two)| one[0].total_cmp(&two[0]));
    if !rises {
        palette.reverse();
    }
    // For each step the cheapest way to get there that ends at a colour or one before it, and that colour.
    let mut best: Vec<(f64, Vec<u8>)> = vec![(0.0, Vec::new()); palette.len() + 1];
    for want in wanted {
        let mut next: Vec<(f64, Vec<u8>)> = vec![(f64::INFINITY, Vec::new())];
        for (at, (index, have)) in palette.iter().enumerate() {
            let (cost, way) = &best[at];
            // Squared: many that are a little off look better than one that is off by much.
            let cost = cost + far(want, *have).powi(2);
            let before = &next[at];
            next.push(if cost < before.0 {
                let mut way = way.clone();
                way.push(*index);
                (cost, way)
            } else {
                before.clone()
            });
        }
        best = next;
    }
    let (cost, way) = best.pop()?;
    cost.is_finite().then_some(way)
}

/// Amounts of light as lightness and two hues (Björn Ottosson's Oklab), in which distances are as they are seen.
pub fn oklab([red, green, blue]: [f64; 3]) -> [f64; 3] {
    let long = (0.412_221_470_8 * red + 0.536_332_536_3 * green + 0.051_445_992_9 * blue).cbrt();
    let medium = (0.211_903_498_2 * red + 0.680_699_545_1 * green + 0.107_396_956_6 * blue).cbrt();
    let short = (0.088_302_461_9 * red + 0.281_718_837_6 * green + 0.629_978_700_5 * blue).cbrt();
    [
        0.210_454_255_3 * long + 0.793_617_785_0 * medium - 0.004_072_046_8 * short,
        1.977_998_495_1 * long - 2.428_592_205_0 * medium + 0.450_593_709_9 * short,
        0.025_904_037_1 * long + 0.782_771_766_2 * medium - 0.808_675_766_0 * short,
    ]
}

/// How far apart two colours look.
pub fn far(one: [f64; 3], two: [f64; 3]) -> f64 {
    one.iter()
        .zip(two)
        .map(|(a, b)| (a - b) * (a - b))
        .sum::<f64>()
        .sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_that_of_the_guideline() {
        let (black, white) = (Rgb(0, 0, 0), Rgb(255, 255, 255));
        assert!((black.contrast(white) - 21.0).abs() < 1e-9);
        assert!((white.contrast(white) - 1.0).abs() < 1e-9);
        // The well known grey that is just enough on white.
        let grey = Rgb(0x76, 0x76, 0x76);
        assert!((4.5..4.6).contains(&grey.contrast(white)));
    }

    #[test]
    fn the_nearest_of_a_colour_of_the_palette_is_itself() {
        for index in 16..=255 {
            let have = Rgb::indexed(index).expect("it is no colour of the terminal's own");
            let found = Rgb::indexed(have.nearest_indexed());
            assert_eq!(found, Some(have), "{index}");
        }
        assert_eq!(Rgb(0x1c, 0x1d, 0x1c).nearest_indexed(), 234);
    }

    #[test]
    fn steps_stay_apart_and_in_order() {
        let steps: Vec<Rgb> = (0..9)
            .map(|step| Rgb(100 + step, 100 + step, 100 + step))
            .collect();
        let found = distinct_indexed(&steps).expect("the palette has more than nine");
        let lightness = |index: u8| Rgb::indexed(index).expect("a colour").luminance();
        assert!(
            found
                .windows(2)
                .all(|pair| lightness(pair[0]) < lightness(pair[1])),
            "{found:?}"
        );
        let back: Vec<Rgb> = steps.iter().rev().copied().collect();
        let mut other = distinct_indexed(&back).expect("the same the other way round");
        other.reverse();
        assert_eq!(other.len(), 9);
        assert!(
            other
                .windows(2)
                .all(|pair| lightness(pair[0]) < lightness(pair[1])),
            "{other:?}"
        );
        let cube = [Rgb(0, 0, 95), Rgb(0, 135, 135), Rgb(255, 255, 255)];
        let exact = distinct_indexed(&cube).expect("they are of the palette");
        let exact: Vec<_> = exact.into_iter().map(Rgb::indexed).collect();
        assert_eq!(exact, cube.map(Some), "what is of the palette stays");
        assert_eq!(distinct_indexed(&[]), None);
    }

    #[test]
    fn only_six_digits_are_a_colour() {
        assert_eq!(Rgb::parse("#0a1Bff"), Some(Rgb(10, 27, 255)));
        for text in ["0a1bff", "#0a1bf", "#0a1bfff", "#+a1bff", "#0a1bfg", "", "#é0000"] {
            assert_eq!(Rgb::parse(text), None, "{text}");
        }
    }
}
