//! Drawing: pure functions from the app's state to the screen.
