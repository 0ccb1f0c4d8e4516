//! Step by step: the scheduling cycle as a film. A frame is cut from the trace for each plugin that speaks; nothing is
//! judged again for it.

pub mod cells;
mod cut;
pub mod field;
pub mod film;
mod headlines;
pub mod rail;
mod rule;
mod said;
pub mod stop;

pub use cells::Cell;
pub use field::Field;
pub use film::{Film, Frame, Mark, Scene};
pub use stop::Stop;
