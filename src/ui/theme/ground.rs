//! Whether the terminal's ground is dark or light, as far as it tells.

use super::color::Rgb;

/// The terminal's own ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Dark: light text is on it.
    Dark,
    /// Light: dark text is on it.
    Light,
}

impl Ground {
    /// The question for the colour of the ground (OSC 11), which most terminals answer and others leave alone.
    pub const QUESTION: &'static str = "\u{1b}]11;?\u{1b}\\";

    /// What `COLORFGBG` says: the numbers of text and ground among the sixteen colours, such as `15;0`.
    pub fn of_variable(value: &str) -> Option<Self> {
        match value.rsplit(';').next()?.parse::<u8>().ok()? {
            0..=6 | 8 => Some(Self::Dark),
            7 | 9..=15 => Some(Self::Light),
            _ => None,
        }
    }

    /// What the terminal answers to [`Ground::QUESTION`], without what begins and ends it: `11;rgb:1010/1414/1a1a`.
    pub fn of_answer(answer: &str) -> Option<Self> {
        let color = answer.strip_prefix("11;")?;
        let parts = color
            .strip_prefix("rgb:")
            .or_else(|| color.strip_prefix("rgba:"))?;
        let mut parts = parts.split('/').map(part);
        let (red, green, blue) = (parts.next()??, parts.next()??, parts.next()??);
        let dark = Rgb(red, green, blue).luminance() < MIDDLE;
        Some(if dark { Self::Dark } else { Self::Light })
    }
}

/// The luminance on which black and white text have the same contrast.
const MIDDLE: f64 = 0.179;

/// One to four hexadecimal digits, of which the whole range is the part's.
fn part(digits: &str) -> Option<u8> {
    let most = match digits.len() {
        1 => 0xf,
        2 => 0xff,
        3 => 0xfff,
        4 => 0xffff,
        _ => return None,
    };
    let value = u32::from_str_radix(digits, 16).ok()?;
    u8::try_from(value * 255 / most).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_terminals_give_them() {
        for (answer, ground) in [
            ("11;rgb:1010/1414/1a1a", Some(Ground::Dark)),
            ("11;rgb:ffff/ffff/dddd", Some(Ground::Light)),
            ("11;rgb:00/2b/36", Some(Ground::Dark)),
            ("11;rgba:fdfd/f6f6/e3e3/ffff", Some(Ground::Light)),
            ("10;rgb:ffff/ffff/ffff", None),
            ("11;rgb:ffff/ffff", None),
            ("11;rgb:fffff/0/0", None),
            ("11;#ffffff", None),
            ("", None),
        ] {
            assert_eq!(Ground::of_answer(answer), ground, "{answer}");
        }
    }

    #[test]
    fn the_variable_is_read_as_terminals_set_it() {
        for (value, ground) in [
            ("15;0", Some(Ground::Dark)),
            ("0;15", Some(Ground::Light)),
            ("15;default;0", Some(Ground::Dark)),
            ("0;7", Some(Ground::Light)),
            ("7;8", Some(Ground::Dark)),
            ("0;default", None),
            ("0;200", None),
            ("", None),
        ] {
            assert_eq!(Ground::of_variable(value), ground, "{value}");
        }
    }
}
