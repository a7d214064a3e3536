//! What cannot be seen through the port.
