//! Where things are on a screen of a given size: used to draw, to scroll and to know what was clicked.

/// A part of the screen, in cells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// First column.
    pub x: u16,
    /// First row.
    pub y: u16,
    /// Columns.
    pub width: u16,
    /// Rows.
    pub height: u16,
}

impl Area {
    /// The area of `width` by `height` at `x`, `y`.
    pub const fn new(x: u16, y: u16, width: u16, height: u16) -> Self {
        Self { x, y, width, height }
    }

    /// What is inside a border around it.
    #[must_use]
    pub const fn inner(self) -> Self {
        Self {
            x: self.x.saturating_add(1),
            y: self.y.saturating_add(1),
            width: self.width.saturating_sub(2),
            height: self.height.saturating_sub(2),
        }
    }

    /// It without its first `rows` rows.
    #[must_use]
    pub const fn below(self, rows: u16) -> Self {
        Self {
            y: self.y.saturating_add(rows),
            height: self.height.saturating_sub(rows),
            ..self
        }
    }

    /// Whether the cell is in it.
    pub const fn contains(self, x: u16, y: u16) -> bool {
        x >= self.x
            && y >= self.y
            && x < self.x.saturating_add(self.width)
            && y < self.y.saturating_add(self.height)
    }
}

/// A part of the home screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pane {
    /// The pods that wait.
    Waiting,
    /// The nodes for the selected pod.
    Nodes,
    /// Why the node under the cursor is judged as it is.
    Why,
    /// The cluster as a picture.
    Cluster,
    /// What was placed in this session.
    Placed,
}

impl Pane {
    /// All of them, in the order of the Tab key.
    pub const ALL: [Self; 5] = [Self::Waiting, Self::Nodes, Self::Why, Self::Cluster, Self::Placed];

    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting",
            Self::Nodes => "Nodes",
            Self::Why => "Why",
            Self::Cluster => "Cluster",
            Self::Placed => "Placed",
        }
    }

    /// The pane `by` further in the order of the Tab key.
    #[must_use]
    pub fn step(self, by: isize) -> Self {
        let count = Self::ALL.len() as isize;
        let at = Self::ALL.iter().position(|&pane| pane == self).unwrap_or(0) as isize;
        Self::ALL[(at + by).rem_euclid(count) as usize]
    }
}

/// How the home screen is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Too small to show anything.
    TooSmall,
    /// One pane at a time.
    Single,
    /// Two columns.
    Double,
    /// Three columns.
    Triple,
}

/// The home screen's parts. Panes of one column share the border between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// How it is divided.
    pub form: Form,
    /// The whole screen.
    pub screen: Area,
    /// The first line.
    pub header: Area,
    /// The line below it, where there is one.
    pub banner: Option<Area>,
    /// What is between these and the last two lines.
    pub body: Area,
    /// The line for messages.
    pub message: Area,
    /// The last line: keys.
    pub hints: Area,
    /// The lesson, with its border, where there is one; over the body where it has all of it.
    pub lesson: Area,
    /// Columns of panes with their borders.
    pub columns: Vec<Vec<(Pane, Area)>>,
    /// The requests below Nodes, with their border, where there is room for them.
    pub wire: Area,
}

impl Layout {
    /// The smallest screen that anything is shown on.
    pub const SMALLEST: (u16, u16) = (40, 10);

    /// The parts of a screen of `size` columns and rows, where `focus` is the pane to show if there is room for one, and
    /// `banner` whether there is a line below the first.
    pub fn of(size: (u16, u16), focus: Pane, banner: bool) -> Self {
        Self::with(size, focus, banner, Beside::Nothing)
    }

    /// As [`Layout::of`], with a lesson `beside` it.
    pub fn with(size: (u16, u16), focus: Pane, banner: bool, beside: Beside) -> Self {
        let (width, height) = size;
        let line = |y| Area::new(0, y, width, 1);
        let above = if banner { 2 } else { 1 };
        let whole = Area::new(0, above, width, height.saturating_sub(above + 2));
        let (body, lesson) = beside.split(whole);
        let form = match form(size) {
            Form::TooSmall => Form::TooSmall,
            _ => form((body.width, height.saturating_sub(beside.rows()))),
        };
        let width = body.width;
        let mut layout = Self {
            form,
            screen: Area::new(0, 0, size.0, height),
            header: line(0),
            banner: banner.then(|| line(1)),
            body,
            message: line(height.saturating_sub(2)),
            hints: line(height.saturating_sub(1)),
            lesson,
            columns: Vec::new(),
            wire: Area::default(),
        };
        match form {
            Form::TooSmall => {}
            Form::Single => layout.columns = vec![vec![(focus, body)]],
            Form::Double => {
                let left = (width * 7 / 15).clamp(46, 64);
                let why = (body.height * 9 / 20).max(8);
                layout.columns = vec![
                    left_column(Area { width: left, ..body }),
                    stack(
                        Area {
                            x: left,
                            width: width - left,
                            ..body
                        },
                        &[(Pane::Nodes, None), (Pane::Why, Some(why))],
                    ),
                ];
            }
            Form::Triple => {
                let left = (width * 3 / 10).clamp(50, 72);
                let right = (width * 7 / 20).clamp(60, 96);
                let column = |x, width| Area { x, width, ..body };
                let mut nodes = column(left, width - left - right);
                if body.height >= TALL {
                    let wire = body.height / 4;
                    nodes.height -= wire - 1;
                    layout.wire = Area {
                        y: nodes.y + nodes.height - 1,
                        height: wire,
                        ..nodes
                    };
                }
                layout.columns = vec![
                    left_column(column(0, left)),
                    vec![(Pane::Nodes, nodes)],
                    vec![(Pane::Why, column(width - right, right))],
                ];
            }
        }
        layout
    }

    /// The panes shown, with their borders.
    pub fn panes(&self) -> impl Iterator<Item = (Pane, Area)> + '_ {
        self.columns.iter().flatten().copied()
    }

    /// What is inside the border of `pane`; nothing where it is not shown.
    pub fn inside(&self, pane: Pane) -> Area {
        self.panes()
            .find(|&(shown, _)| shown == pane)
            .map_or_else(Area::default, |(_, area)| area.inner())
    }

    /// The rows of the table in `pane`, below its heads.
    pub fn rows(&self, pane: Pane) -> Area {
        match pane {
            Pane::Waiting | Pane::Nodes => self.inside(pane).below(1),
            Pane::Why | Pane::Cluster | Pane::Placed => self.inside(pane),
        }
    }

    /// Whether one pane is shown at a time.
    pub fn single(&self) -> bool {
        self.form == Form::Single
    }
}

/// Where a lesson is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Beside {
    /// Nowhere.
    #[default]
    Nothing,
    /// Below the body, in so many rows.
    Below(u16),
    /// At the right of the body, in so many columns.
    Right(u16),
    /// Over all of it.
    Over,
}

/// The rows that a lesson below the body takes without counting against two columns: its clusters are small.
const SPARED: u16 = 3;

impl Beside {
    /// The rows that the body lacks.
    const fn rows(self) -> u16 {
        match self {
            Self::Below(rows) => rows.saturating_sub(SPARED),
            Self::Nothing | Self::Right(_) | Self::Over => 0,
        }
    }

    /// What of `whole` is left to the body, and what the lesson has.
    fn split(self, whole: Area) -> (Area, Area) {
        match self {
            Self::Nothing => (whole, Area::default()),
            Self::Over => (whole, whole),
            Self::Below(rows) => {
                let rows = rows.min(whole.height);
                let body = Area {
                    height: whole.height - rows,
                    ..whole
                };
                let lesson = Area {
                    y: body.y + body.height,
                    height: rows,
                    ..whole
                };
                (body, lesson)
            }
            Self::Right(columns) => {
                let columns = columns.min(whole.width);
                let body = Area {
                    width: whole.width - columns,
                    ..whole
                };
                let lesson = Area {
                    x: body.width,
                    width: columns,
                    ..whole
                };
                (body, lesson)
            }
        }
    }
}

/// From so many rows on the nodes leave room for the requests.
const TALL: u16 = 40;

fn form((width, height): (u16, u16)) -> Form {
    let (least_width, least_height) = Layout::SMALLEST;
    if width < least_width || height < least_height {
        Form::TooSmall
    } else if width < 104 || height < 24 {
        Form::Single
    } else if width < 170 {
        Form::Double
    } else {
        Form::Triple
    }
}

fn left_column(area: Area) -> Vec<(Pane, Area)> {
    let cluster = (area.height / 4).clamp(5, 14);
    let placed = (area.height / 6).clamp(4, 10);
    stack(
        area,
        &[
            (Pane::Waiting, None),
            (Pane::Cluster, Some(cluster)),
            (Pane::Placed, Some(placed)),
        ],
    )
}

/// Panes one below the other in `area`, borders shared; the one without a height takes what is left.
fn stack(area: Area, panes: &[(Pane, Option<u16>)]) -> Vec<(Pane, Area)> {
    let shared = panes.len().saturating_sub(1) as u16;
    let fixed: u16 = panes.iter().filter_map(|(_, height)| *height).sum();
    let rest = (area.height + shared).saturating_sub(fixed);
    let mut y = area.y;
    panes
        .iter()
        .map(|&(pane, height)| {
            let height = height.unwrap_or(rest);
            let area = Area { y, height, ..area };
            y = (y + height).saturating_sub(1);
            (pane, area)
        })
        .collect()
}
