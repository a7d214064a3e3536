//! Private PostgreSQL, Redis and nginx: real ones, each in a folder and on a port of its own.
