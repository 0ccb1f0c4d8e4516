//! An embedded API server for demonstrations, lessons and tests.
