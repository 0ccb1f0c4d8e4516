//! What is not to be seen while a prediction is asked for.

use std::sync::Arc;

use crate::app::actions::Action;
use crate::app::screen::Screen;
use crate::engine::View;

/// A view without decisions, and the one behind it.
#[derive(Clone, Debug)]
pub(in crate::app) struct Veil {
    pub(in crate::app) behind: Arc<View>,
    pub(in crate::app) shown: Arc<View>,
}

impl Veil {
    /// One over `behind`. Where the same pods wait as behind the `last` one, their list keeps its address.
    pub(in crate::app) fn over(behind: Arc<View>, last: Option<Self>) -> Self {
        let mut shown = behind.without_decisions();
        if let Some(last) = last.filter(|last| Arc::ptr_eq(&last.behind.waiting, &behind.waiting)) {
            shown.waiting = Arc::clone(&last.shown.waiting);
        }
        Self {
            behind,
            shown: Arc::new(shown),
        }
    }
}

/// Whether `action` on `screen` shows what the scheduling code says of a pod, or acts on it.
pub const fn tells(screen: Screen, action: Action) -> bool {
    match action {
        Action::Show(to) => !matches!(to, Screen::Home | Screen::Wire),
        Action::Open => !matches!(screen, Screen::Wire),
        Action::Place | Action::MakeRoom | Action::OtherNode | Action::BestNode => true,
        _ => false,
    }
}
