//! Natter's load generator: an independent client of the public contract that times and checks every
//! delivery at every receiver.
//!
//! A run, from left to right: `options` say what; `roster` seats the people of a tokens file in rooms;
//! `schedule` fixes when each message is due; `crowd` holds one `client` for each person in one loop
//! around `poll`; a `scenario` lets time pass in it and has messages sent; each client takes frames from
//! its `socket` (`upgrade`, `wire`), holds what it receives against the contract (`receive`, `resume`,
//! `check`) and books it in the `ledger`; `tally` closes the account; `report` judges it and `table`
//! prints it. `meter` reads what server and generator used meanwhile. `bench` does all of this several
//! times, each with a server of its own. `history` judges what other clients recorded.
//!
//! A run happens on one thread with one clock. Nothing here knows the server's code.

mod backfill;
pub mod bench;
pub mod check;
pub mod client;
pub mod crowd;
pub mod error;
pub mod frame;
pub mod history;
pub mod latency;
pub mod ledger;
pub mod limits;
pub mod machine;
pub mod marker;
pub mod meter;
pub mod options;
mod poll;
pub mod process;
mod receive;
pub mod report;
mod resume;
pub mod roster;
pub mod run;
pub mod scenario;
pub mod schedule;
pub mod socket;
pub mod table;
pub mod tally;
mod upgrade;
mod wire;
