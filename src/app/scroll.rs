//! A cursor in a list, and which rows of the list are on the screen.

/// Cursor and first visible row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll {
    /// The row under the cursor.
    pub cursor: usize,
    /// The first row shown.
    pub offset: usize,
}

impl Scroll {
    /// Moves the cursor by `by` of `count` rows, stopping at the ends.
    pub fn step(&mut self, by: isize, count: usize) {
        self.cursor = self.cursor.saturating_add_signed(by).min(count.saturating_sub(1));
    }

    /// Brings `row` of `rows` rows into view, `height` of which are visible.
    pub fn show(&mut self, row: usize, rows: usize, height: usize) {
        if height == 0 {
            self.offset = 0;
            return;
        }
        if row < self.offset {
            self.offset = row;
        } else if row >= self.offset + height {
            self.offset = row + 1 - height;
        }
        self.offset = self.offset.min(rows.saturating_sub(height));
    }

    /// Scrolls by `by` of `rows` rows without a cursor.
    pub fn slide(&mut self, by: isize, rows: usize, height: usize) {
        let last = rows.saturating_sub(height);
        self.offset = self.offset.saturating_add_signed(by).min(last);
    }
}
