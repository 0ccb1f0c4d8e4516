//! What is known of the connection, as one stream for the screen.

use jiff::Timestamp;
