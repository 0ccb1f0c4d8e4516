//! What the screen shows, and how messages change it: no I/O, no drawing.
