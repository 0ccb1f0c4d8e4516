//! What can happen between choosing and placing.
