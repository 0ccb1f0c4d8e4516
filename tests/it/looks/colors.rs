//! The colours of the themes that are shipped: contrast by the guideline, and what is left for eyes that see fewer hues.

use berth::ui::theme::color::{Rgb, far, oklab};
use berth::ui::theme::contrast::{TEXT, too_faint};
use berth::ui::{ColorLevel, Theme, Themes};
use ratatui::style::{Color, Modifier, Style};

const PAINTED: [&str; 3] = ["dark", "light", "high-contrast"];
const LEVELS: [ColorLevel; 2] = [ColorLevel::True, ColorLevel::Ansi256];

/// How eyes see that lack one kind of cone: light of a colour to light as it is seen (Machado, Oliveira and Fernandes, 2009,
/// severity 1).
const EYES: [(&str, [[f64; 3]; 3]); 4] = [
    ("all cones", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

fn seen(color: Option<Color>, eyes: &[[f64; 3]; 3]) -> [f64; 3] {
    let light = Rgb::of(color.expect("a colour"))
        .expect("not one of the terminal's")
        .linear();
    let seen = eyes.map(|row| {
        row.iter()
            .zip(light)
            .map(|(part, light)| part * light)
            .sum::<f64>()
    });
    oklab(seen.map(|part| part.clamp(0.0, 1.0)))
}

#[test]
fn text_has_the_contrast_of_the_guideline() {
    for name in PAINTED {
        for level in LEVELS {
            let theme = Themes::new(level).get(name);
            assert_eq!(too_faint(&theme), [], "{name} {level:?}");
        }
    }
}

#[test]
fn high_contrast_is_high() {
    for level in LEVELS {
        let theme = Themes::new(level).get("high-contrast");
        for style in [
            theme.text,
            theme.dim,
            theme.accent,
            theme.good,
            theme.warn,
            theme.bad,
            theme.stale,
        ] {
            for ground in [theme.base, theme.dialog, theme.resting, theme.marked] {
                let colors = style.fg.and_then(Rgb::of).zip(ground.bg.and_then(Rgb::of));
                let (text, ground) = colors.expect("both are known");
                assert!(
                    text.contrast(ground) >= 7.0,
                    "{text:?} on {ground:?}: {}",
                    text.contrast(ground)
                );
            }
        }
    }
}

#[test]
fn what_is_too_faint_is_found() {
    let mut theme = Themes::new(ColorLevel::True).get("dark");
    theme.dim = Style::new().fg(Color::Rgb(0x50, 0x50, 0x50));
    theme.heat[0] = Style::new().fg(Color::Rgb(0x20, 0x20, 0x20));
    let found = too_faint(&theme);
    assert!(
        found
            .iter()
            .any(|faint| faint.what == "dim" && faint.on == "the ground" && faint.contrast < TEXT)
    );
    assert!(found.iter().any(|faint| faint.what == "heat"));
    assert!(
        found
            .iter()
            .all(|faint| faint.what == "dim" || faint.what == "heat"),
        "{found:?}"
    );
}

#[test]
fn load_is_told_by_lightness_to_all_eyes() {
    for name in PAINTED {
        let heat = Themes::new(ColorLevel::True).get(name).heat.map(|step| step.fg);
        for (eyes, matrix) in &EYES {
            let steps = heat.map(|color| seen(color, matrix));
            let rising = steps[8][0] > steps[0][0];
            for (at, pair) in steps.windows(2).enumerate() {
                let step = if rising {
                    pair[1][0] - pair[0][0]
                } else {
                    pair[0][0] - pair[1][0]
                };
                assert!(step > 0.02, "{name}, {eyes}: step {at} is {step:.3} of lightness");
                assert!(
                    far(pair[0], pair[1]) > 0.025,
                    "{name}, {eyes}: step {at} looks alike"
                );
            }
            assert!(
                far(steps[0], steps[8]) > 0.3,
                "{name}, {eyes}: empty and full look alike"
            );
        }
        // With 256 colours each step is a colour of its own, too, in the same order of lightness.
        let few = Themes::new(ColorLevel::Ansi256)
            .get(name)
            .heat
            .map(|step| step.fg);
        let lightness = few.map(|color| seen(color, &EYES[0].1)[0]);
        let rising = lightness[8] > lightness[0];
        for pair in lightness.windows(2) {
            let goes_on = if rising {
                pair[1] > pair[0]
            } else {
                pair[0] > pair[1]
            };
            assert!(goes_on, "{name}: {few:?} {lightness:?}");
        }
        for (at, color) in few.iter().enumerate() {
            assert!(
                !few[..at].contains(color),
                "{name}: step {at} is one of those before: {few:?}"
            );
        }
    }
}

#[test]
fn good_warning_and_bad_are_told_apart_by_all_eyes() {
    for name in PAINTED {
        for level in LEVELS {
            let theme = Themes::new(level).get(name);
            let pairs = [
                (theme.good, theme.warn),
                (theme.good, theme.bad),
                (theme.warn, theme.bad),
            ];
            for (eyes, matrix) in &EYES {
                for (one, two) in pairs {
                    let distance = far(seen(one.fg, matrix), seen(two.fg, matrix));
                    assert!(
                        distance > 0.05,
                        "{name} {level:?}, {eyes}: {one:?} and {two:?} are {distance:.3} apart"
                    );
                }
            }
        }
    }
}

#[test]
fn fewer_colours_are_what_the_terminal_can_show() {
    let few = Themes::new(ColorLevel::Ansi256).get("dark");
    assert!(matches!(few.base.bg, Some(Color::Indexed(16..))));
    let own = Themes::new(ColorLevel::Ansi16).get("dark");
    assert_eq!(own.accent, Theme::terminal().accent);
    assert_eq!(own.base.bg, Some(Color::Reset));
    let none = Themes::new(ColorLevel::None).get("light");
    assert_eq!(
        (none.bad.fg, none.base.bg),
        (Some(Color::Reset), Some(Color::Reset))
    );
    assert!(none.cursor.add_modifier.contains(Modifier::REVERSED));
}

#[test]
fn a_theme_of_the_terminals_colours_is_kept_where_there_are_sixteen() {
    let mut themes = Themes::new(ColorLevel::Ansi16);
    let text = "base: terminal\naccent: magenta\n";
    themes.add("mine", text, "mine.yaml").expect("it is a theme");
    assert_eq!(themes.get("mine").accent.fg, Some(Color::Magenta));
    let error = themes.add("dark", text, "dark.yaml").expect_err("there is one");
    assert!(
        error.to_string().contains("there is a theme 'dark' already"),
        "{error}"
    );
}

#[test]
fn the_ground_decides_where_nothing_is_chosen() {
    let mut themes = Themes::new(ColorLevel::True);
    assert_eq!(themes.get("auto").base.bg, Some(Color::Reset));
    themes.set_ground(berth::ui::theme::Ground::Light);
    assert_eq!(themes.get("auto").base.bg, themes.get("light").base.bg);
    themes.set_ground(berth::ui::theme::Ground::Dark);
    assert_eq!(themes.get("auto").base.bg, themes.get("dark").base.bg);
}
