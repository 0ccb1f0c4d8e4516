//! What is photographed: the pictures of the gallery, and the tour.

/// A picture to take: the program's arguments, the terminal's size, and what is done before.
pub(crate) struct Shot {
    pub(crate) name: &'static str,
    pub(crate) args: &'static [&'static str],
    pub(crate) size: (u16, u16),
    pub(crate) steps: &'static [Step],
}

/// Something done at the terminal.
pub(crate) enum Step {
    /// Wait until the screen holds this text.
    Until(&'static str),
    /// Press these keys.
    Press(&'static [&'static str]),
    /// Type this text.
    Type(&'static str),
    /// Let the screen come to rest.
    Rest,
    /// In the tour: show the screen for so many tenths of a second, with this said below it.
    Show(u32, &'static str),
}

use Step::{Press, Rest, Show, Type, Until};

const SMALL: (u16, u16) = (80, 24);
const MIDDLE: (u16, u16) = (120, 36);
const LARGE: (u16, u16) = (200, 50);

const DEMO: &[&str] = &["demo"];
const OUTAGE: &[&str] = &["demo", "--scenario", "scheduler-outage"];
const THOUSAND: &[&str] = &[
    "demo",
    "--nodes",
    "1000",
    "--pods",
    "10000",
    "--pending",
    "60",
    "--seed",
    "7",
];

const fn shot(
    name: &'static str,
    args: &'static [&'static str],
    size: (u16, u16),
    steps: &'static [Step],
) -> Shot {
    Shot {
        name,
        args,
        size,
        steps,
    }
}

const FIT: Step = Until("nodes fit");

/// The gallery.
pub(crate) const SHOTS: &[Shot] = &[
    shot("home-120x36", DEMO, MIDDLE, &[FIT, Rest]),
    shot("home-80x24", DEMO, SMALL, &[Until("/12"), Rest]),
    shot("home-200x50", DEMO, LARGE, &[FIT, Rest]),
    shot("nowhere-120x36", DEMO, MIDDLE, &[FIT, Press(&["Down"]), Rest]),
    shot(
        "overrule-120x36",
        DEMO,
        MIDDLE,
        &[
            FIT,
            Press(&["Down", "o"]),
            Rest,
            Press(&["Enter"]),
            Until("overrule"),
            Type("only node with room until the pool grows"),
            Rest,
        ],
    ),
    shot("outage-120x36", OUTAGE, MIDDLE, &[FIT, Until("is down"), Rest]),
    shot("fit-120x36", DEMO, MIDDLE, &[FIT, Press(&["v", "v", "v"]), Rest]),
    shot("help-120x36", DEMO, MIDDLE, &[FIT, Press(&["?"]), Rest]),
    shot(
        "palette-120x36",
        DEMO,
        MIDDLE,
        &[FIT, Press(&[":"]), Type("pl"), Rest],
    ),
    shot("large-200x50", THOUSAND, LARGE, &[FIT, Rest]),
    shot("matrix-120x36", DEMO, MIDDLE, &[FIT, Press(&["x"]), Rest]),
    shot(
        "matrix-80x24",
        DEMO,
        SMALL,
        &[Until("/12"), Rest, Press(&["x"]), Rest],
    ),
    shot("matrix-200x50", THOUSAND, LARGE, &[FIT, Press(&["x"]), Rest]),
    shot(
        "cell-120x36",
        DEMO,
        MIDDLE,
        &[
            FIT,
            Press(&["x", "Right", "Right", "Right", "Right", "Right", "Right", "Enter"]),
            Rest,
        ],
    ),
    shot(
        "cell-200x50",
        DEMO,
        LARGE,
        &[
            FIT,
            Press(&["x", "Right", "Right", "Right", "Right", "Right", "Right", "Enter"]),
            Rest,
        ],
    ),
    shot("compare-120x36", DEMO, MIDDLE, &[FIT, Press(&["o", "c"]), Rest]),
    shot(
        "compare-80x24",
        DEMO,
        SMALL,
        &[Until("/12"), Rest, Press(&["o", "c"]), Rest],
    ),
    shot(
        "cycle-filter-120x36",
        DEMO,
        MIDDLE,
        &[FIT, Press(&["s", "Tab", "Tab", "Tab", "Right", "Right"]), Rest],
    ),
    shot(
        "cycle-score-200x50",
        DEMO,
        LARGE,
        &[
            FIT,
            Press(&["s", "End"]),
            Rest,
            Press(&["BackTab", "BackTab", "BackTab", "BackTab", "BackTab", "Left"]),
            Rest,
        ],
    ),
    shot(
        "cycle-80x24",
        DEMO,
        SMALL,
        &[Until("/12"), Rest, Press(&["s", "Tab", "Tab", "Tab"]), Rest],
    ),
    shot(
        "fixes-120x36",
        DEMO,
        MIDDLE,
        &[FIT, Press(&["Down"]), Rest, Press(&["f"]), Rest, Rest],
    ),
    shot(
        "fixes-80x24",
        DEMO,
        SMALL,
        &[
            Until("/12"),
            Rest,
            Press(&["Down"]),
            Rest,
            Press(&["f"]),
            Rest,
            Rest,
        ],
    ),
    shot(
        "what-if-120x36",
        DEMO,
        MIDDLE,
        &[
            FIT,
            Press(&["Down"]),
            Rest,
            Press(&["f"]),
            Rest,
            Rest,
            Press(&["Enter"]),
            Rest,
        ],
    ),
    shot(
        "plan-120x36",
        DEMO,
        MIDDLE,
        &[FIT, Press(&["P"]), Until("placed"), Rest],
    ),
    shot(
        "plan-200x50",
        DEMO,
        LARGE,
        &[FIT, Press(&["P"]), Until("placed"), Rest],
    ),
    shot(
        "plan-80x24",
        DEMO,
        SMALL,
        &[Until("/12"), Rest, Press(&["P"]), Until("placed"), Rest],
    ),
    shot("wire-120x36", DEMO, MIDDLE, &[FIT, Press(&["W"]), Rest]),
    shot("wire-200x50", DEMO, LARGE, &[FIT, Press(&["W", "Enter"]), Rest]),
    shot(
        "light-120x36",
        DEMO,
        MIDDLE,
        &[FIT, Press(&["T"]), Type("light"), Press(&["Enter"]), Rest],
    ),
    shot(
        "dark-120x36",
        DEMO,
        MIDDLE,
        &[FIT, Press(&["T"]), Type("dark"), Press(&["Enter"]), Rest],
    ),
    shot(
        "high-contrast-120x36",
        DEMO,
        MIDDLE,
        &[FIT, Press(&["T"]), Type("high"), Press(&["Enter"]), Rest],
    ),
    shot("no-color-120x36", &["demo", "--no-color"], MIDDLE, &[FIT, Rest]),
    shot(
        "light-matrix-120x36",
        DEMO,
        MIDDLE,
        &[FIT, Press(&["T"]), Type("light"), Press(&["Enter", "x"]), Rest],
    ),
];

/// The tour of the README.
pub(crate) const TOUR: Shot = shot(
    "tour",
    DEMO,
    MIDDLE,
    &[
        FIT,
        Rest,
        Show(30, "Who waits, how urgent it is, where it could go, and why"),
        Press(&["Down"]),
        Rest,
        Show(
            30,
            "A pod that fits nowhere: all the reasons, counted over every node",
        ),
        Press(&["f"]),
        Rest,
        Rest,
        Show(
            35,
            "f: the smallest changes that would make it fit, each tried on a copy",
        ),
        Press(&["Esc"]),
        Press(&["Up"]),
        Rest,
        Press(&["x"]),
        Rest,
        Show(25, "x: every node against every plugin"),
        Press(&["Right", "Right", "Right", "Right", "Right", "Right"]),
        Rest,
        Press(&["Enter"]),
        Rest,
        Show(
            40,
            "A cell opens to its arithmetic, the lines of both manifests, and the rule",
        ),
        Press(&["Esc"]),
        Press(&["Esc"]),
        Press(&["s"]),
        Rest,
        Show(12, "s: the scheduling cycle, step by step"),
        Press(&["Tab", "Tab", "Tab"]),
        Rest,
        Show(10, "s: the scheduling cycle, step by step"),
        Press(&["Right"]),
        Rest,
        Show(10, "Filter: nodes go out, one plugin after the other"),
        Press(&["Right"]),
        Rest,
        Show(10, "Filter: nodes go out, one plugin after the other"),
        Press(&["Right"]),
        Rest,
        Show(10, "Filter: nodes go out, one plugin after the other"),
        Press(&["End"]),
        Press(&["BackTab", "BackTab", "BackTab", "BackTab", "BackTab"]),
        Rest,
        Show(18, "Score: the bars grow"),
        Press(&["Esc"]),
        Press(&["P"]),
        Until("placed"),
        Rest,
        Show(30, "P: a plan for many pods, each judged after those before it"),
        Press(&["Esc"]),
        Rest,
        Press(&["Enter"]),
        Rest,
        Show(35, "You decide: what will be sent, before it is sent"),
        Press(&["Enter"]),
        Rest,
        Show(30, "Bound, with its Event"),
    ],
);
