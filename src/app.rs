//! What the screen shows, and how messages change it: no I/O, no drawing, no clock.
//!
//! ```text
//! keys, views, answers ──Msg──▶ update(&mut State, Msg, now) ──▶ Vec<Effect> ──▶ runtime
//!                                        │
//!                                      State ──▶ ui::draw
//! ```
//! Scrolling, wrapping and hit areas are worked out here, so that drawing only reads.

pub mod actions;
pub mod adopt;
pub mod aftermath;
pub mod banner;
pub mod beside;
pub mod chooser;
pub mod chord;
pub mod compare;
pub mod confirm;
pub mod copying;
pub mod cycle;
pub mod details;
pub mod effect;
pub mod export;
pub mod figures;
pub mod fixes;
pub mod guard;
pub mod hints;
pub mod history;
pub mod keymap;
pub mod layout;
pub mod lesson;
pub mod link;
pub mod manifest;
pub mod matrix;
pub mod measure;
pub mod msg;
pub mod names;
pub mod node_rows;
pub mod notices;
pub mod options;
pub mod overlay;
pub mod picture;
pub mod plan;
pub mod prose;
pub mod queueing;
pub mod room;
pub mod rule;
pub mod screen;
pub mod scroll;
pub mod settings;
pub mod short_reasons;
mod stale;
pub mod state;
pub mod studies;
pub mod update;
pub mod waiting_rows;
pub mod what_if;
pub mod why;
pub mod wire;

pub use effect::Effect;
pub use keymap::Keymap;
pub use link::Link;
pub use msg::Msg;
pub use notices::Level;
pub use screen::Screen;
pub use settings::Settings;
pub use state::{Options, State};
pub use update::update;
