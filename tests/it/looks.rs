//! What the screen looks like besides its text: colours, contrast, what can be set, what is exported.

mod choosing;
mod colors;
mod every;
mod export;
mod setting;
mod styles;

pub(crate) use every::look;

use berth::app::measure::width;
use ratatui::buffer::Buffer;

/// Every row is exactly as wide as the screen: no wide character hangs over its end, and nothing is hidden beneath one.
pub(crate) fn whole(buffer: &Buffer) {
    let columns = buffer.area.width;
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < columns {
            let symbol = buffer[(x, y)].symbol();
            let wide = width(symbol).max(1) as u16;
            assert!(x + wide <= columns, "row {y} is too wide at {x}: {symbol:?}");
            for hidden in x + 1..x + wide {
                let below = buffer[(hidden, y)].symbol();
                assert!(
                    below.trim().is_empty(),
                    "row {y}: {below:?} is hidden beneath {symbol:?}"
                );
            }
            x += wide;
        }
    }
}
