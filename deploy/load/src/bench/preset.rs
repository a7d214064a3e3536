//! The measurements that are made again and again, by name.

use clap::builder::PossibleValuesParser;

const PRESETS: [(&str, &str); 9] = [
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
    (
        STORM,
        "fanout --connections 10000 --rooms 200 --room-size 50 --rate 600 --duration 30",
    ),
];
/// The preset whose server dies while everybody is connected.
pub(super) const STORM: &str = "storm";

/// The runs that `growth` is made of, and how many people there are in each. Each needs an open file in the server and one
/// in the generator, and a process may have 20,000 in many places.
const GROWTH: [(&str, usize); 5] = [
    ("growth-100", 100),
    ("growth-300", 300),
    ("growth-1000", 1_000),
    ("growth-3000", 3_000),
    ("growth-10000", 10_000),
];
/// How many are in a room.
const ROOM: usize = 50;
/// How many messages each sends a minute: what one core delivers for all 10,000.
const MESSAGES_A_MINUTE: usize = 3;

/// The names that are accepted.
pub(super) fn names() -> PossibleValuesParser {
    let all = PRESETS.iter().map(|(name, _)| *name);
    let sizes = GROWTH.iter().map(|(name, _)| *name);
    PossibleValuesParser::new(all.chain(sizes).chain(["growth", "all"]))
}

/// The names meant, `growth` being all its sizes and `all` all others.
pub(super) fn expand(wanted: &[String]) -> Vec<&'static str> {
    let is_wanted = |name: &str, group: &str| wanted.iter().any(|wanted| wanted == name || wanted == group);
    let all = PRESETS.iter().map(|(name, _)| *name);
    let sizes = GROWTH.iter().map(|(name, _)| *name);
    all.filter(|name| is_wanted(name, "all"))
        .chain(sizes.filter(|name| is_wanted(name, "growth")))
        .collect()
}

/// The command line of a preset.
pub(super) fn options(name: &str) -> Vec<String> {
    let size = GROWTH.iter().find(|(preset, _)| *preset == name);
    let line = match size {
        Some((_, people)) => growth(*people),
        None => PRESETS
            .iter()
            .find(|(preset, _)| *preset == name)
            .map_or_else(String::new, |(_, line)| (*line).to_owned()),
    };
    line.split_whitespace().map(str::to_owned).collect()
}

/// So many people do as many people do: everyone is in one room, and each says as much.
fn growth(people: usize) -> String {
    let (rooms, rate) = (people / ROOM, people * MESSAGES_A_MINUTE);
    format!("fanout --connections {people} --rooms {rooms} --room-size {ROOM} --rate {rate} --duration 30")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_command_line() {
        for name in expand(&["all".into(), "growth".into()]) {
            let scenario = super::super::parse(&options(name));
            assert!(scenario.is_ok(), "{name}: {scenario:?}");
        }
    }

    #[test]
    fn all_means_all_and_a_name_means_itself() {
        assert_eq!(expand(&["all".into()]).len(), PRESETS.len());
        assert_eq!(expand(&["idle".into(), "room".into()]), ["room", "idle"]);
        assert_eq!(expand(&["growth-300".into()]), ["growth-300"]);
    }

    #[test]
    fn growth_is_as_many_rooms_and_messages_as_there_are_people_for() {
        assert_eq!(expand(&["growth".into()]).len(), GROWTH.len());
        let line = options("growth-10000").join(" ");
        assert!(
            line.contains("--connections 10000 --rooms 200 --room-size 50 --rate 30000"),
            "{line}"
        );
    }
}
