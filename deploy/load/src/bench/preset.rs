//! The measurements that are made again and again, by name.

use clap::builder::PossibleValuesParser;

const PRESETS: [(&str, &str); 8] = [
    (
        "rooms",
        "fanout --connections 1000 --rooms 20 --room-size 50 --rate 10000 --duration 60",
    ),
    (
        "room",
        "fanout --connections 1000 --rooms 1 --room-size 1000 --rate 600 --duration 60",
    ),
    (
        "busy",
        "fanout --connections 1000 --rooms 20 --room-size 50 --rate 100000 --duration 60",
    ),
    (
        "idle",
        "idle --connections 5000 --rooms 100 --room-size 50 --duration 30",
    ),
    (
        "saturate",
        "saturate --connections 500 --rooms 10 --room-size 50 --duration 20",
    ),
    ("posts", "posts --clients 64 --duration 20"),
    (
        "messages",
        "gets --clients 64 --duration 20 --path /api/messages?room={room}&limit=50",
    ),
    (
        "mix",
        "mix --users 200 --rooms 20 --room-size 50 --rate 6000 --duration 60",
    ),
];

/// The names that are accepted.
pub(super) fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(PRESETS.iter().map(|(name, _)| *name).chain(["all"]))
}

/// The names meant, `all` being all of them.
pub(super) fn expand(wanted: &[String]) -> Vec<&str> {
    let is_wanted = |name: &&str| wanted.iter().any(|wanted| wanted == name || wanted == "all");
    PRESETS.iter().map(|(name, _)| *name).filter(is_wanted).collect()
}

/// The command line of a preset.
pub(super) fn options(name: &str) -> Vec<String> {
    let line = PRESETS
        .iter()
        .find(|(preset, _)| *preset == name)
        .map_or("", |(_, line)| line);
    line.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_command_line() {
        for (name, _) in PRESETS {
            let scenario = super::super::parse(&options(name));
            assert!(scenario.is_ok(), "{name}: {scenario:?}");
        }
    }

    #[test]
    fn all_means_all_and_a_name_means_itself() {
        assert_eq!(expand(&["all".into()]).len(), PRESETS.len());
        assert_eq!(expand(&["idle".into(), "room".into()]), ["room", "idle"]);
    }
}
