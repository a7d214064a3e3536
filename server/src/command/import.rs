//! `natter import`: what another program has written out.

use backend::{
    connect::connect,
    import::{Import, Summary, look_into},
};

use super::CommandError;
use crate::config::{Config, SlackArgs};

/// Imports an export of Slack, printing a line a room. What could not be read is printed at the end, which is an error
/// then.
pub(super) async fn slack(config: &Config, args: &SlackArgs) -> Result<(), CommandError> {
    let summary = if args.dry_run {
        let summary = look_into(&args.archive).await?;
        println!("The archive holds:");
        summary
    } else {
        let backend = connect(&config.backend()).await?;
        let import = Import {
            archive: args.archive.clone(),
            match_usernames: args.match_usernames,
        };
        let told = |room: &str, so_far: &Summary| {
            println!(
                "{room}: {} messages so far, {} of them new",
                so_far.messages, so_far.messages_stored
            );
        };
        let imported = backend.import_slack(import, told).await;
        backend.store.close().await;
        let summary = imported?;
        println!(
            "Stored {} messages and {} files.",
            summary.messages_stored, summary.files_stored
        );
        summary
    };
    print!("{summary}");
    for fault in &summary.faults {
        println!("FAILED  {fault}");
    }
    match summary.fault_count {
        0 => Ok(()),
        count => Err(CommandError::ImportFaults(count)),
    }
}
