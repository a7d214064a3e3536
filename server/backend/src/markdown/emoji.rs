//! Emoji by name: `:tada:`. The names are those of the picker (`public/emoji.txt`, a line for each with its words),
//! and those that people bring along from elsewhere.

use std::{collections::HashMap, ops::Range, sync::LazyLock};

const LIST: &str = include_str!("../../../../public/emoji.txt");
/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// Names that are in use and not among the words of the list.
#[rustfmt::skip]
const KNOWN: &[(&str, &str)] = &[
    ("+1", "👍"), ("thumbsup", "👍"), ("-1", "👎"), ("thumbsdown", "👎"), ("heart", "❤️"), ("joy", "😂"), ("smile", "😄"),
    ("smiley", "😃"), ("grinning", "😀"), ("grin", "😁"), ("laughing", "😆"), ("satisfied", "😆"), ("sweat_smile", "😅"),
    ("rofl", "🤣"), ("wink", "😉"), ("blush", "😊"), ("slightly_smiling_face", "🙂"), ("simple_smile", "🙂"),
    ("upside_down_face", "🙃"), ("heart_eyes", "😍"), ("kissing_heart", "😘"), ("yum", "😋"), ("sunglasses", "😎"),
    ("thinking_face", "🤔"), ("thinking", "🤔"), ("neutral_face", "😐"), ("expressionless", "😑"), ("smirk", "😏"),
    ("unamused", "😒"), ("rolling_eyes", "🙄"), ("face_with_rolling_eyes", "🙄"), ("sleeping", "😴"), ("sob", "😭"),
    ("cry", "😢"), ("scream", "😱"), ("angry", "😠"), ("rage", "😡"), ("confused", "😕"), ("disappointed", "😞"),
    ("worried", "😟"), ("relieved", "😌"), ("sweat", "😓"), ("fearful", "😨"), ("flushed", "😳"), ("innocent", "😇"),
    ("stuck_out_tongue", "😛"), ("hugging_face", "🤗"), ("hugs", "🤗"), ("shushing_face", "🤫"), ("exploding_head", "🤯"),
    ("partying_face", "🥳"), ("clap", "👏"), ("wave", "👋"), ("ok_hand", "👌"), ("pray", "🙏"), ("raised_hands", "🙌"),
    ("muscle", "💪"), ("point_up", "☝️"), ("point_down", "👇"), ("point_left", "👈"), ("point_right", "👉"), ("fist", "✊"),
    ("v", "✌️"), ("handshake", "🤝"), ("shrug", "🤷"), ("facepalm", "🤦"), ("face_palm", "🤦"), ("eyes", "👀"), ("tada", "🎉"),
    ("confetti_ball", "🎊"), ("gift", "🎁"), ("balloon", "🎈"), ("birthday", "🎂"), ("cake", "🍰"), ("fire", "🔥"),
    ("rocket", "🚀"), ("star", "⭐"), ("star2", "🌟"), ("sparkles", "✨"), ("zap", "⚡"), ("boom", "💥"), ("100", "💯"),
    ("white_check_mark", "✅"), ("heavy_check_mark", "✔️"), ("x", "❌"), ("warning", "⚠️"), ("question", "❓"),
    ("exclamation", "❗"), ("bulb", "💡"), ("bug", "🐛"), ("memo", "📝"), ("pencil", "📝"), ("lock", "🔒"), ("key", "🔑"),
    ("wrench", "🔧"), ("hammer", "🔨"), ("package", "📦"), ("mag", "🔍"), ("link", "🔗"), ("pushpin", "📌"), ("calendar", "📅"),
    ("alarm_clock", "⏰"), ("hourglass", "⌛"), ("phone", "☎️"), ("email", "📧"), ("envelope", "✉️"), ("computer", "💻"),
    ("coffee", "☕"), ("tea", "🍵"), ("beer", "🍺"), ("beers", "🍻"), ("pizza", "🍕"), ("sunny", "☀️"), ("cloud", "☁️"),
    ("snowflake", "❄️"), ("rainbow", "🌈"), ("dog", "🐶"), ("cat", "🐱"), ("ghost", "👻"), ("robot_face", "🤖"), ("skull", "💀"),
    ("poop", "💩"), ("hankey", "💩"), ("see_no_evil", "🙈"), ("broken_heart", "💔"), ("orange_heart", "🧡"),
    ("yellow_heart", "💛"), ("green_heart", "💚"), ("blue_heart", "💙"), ("purple_heart", "💜"), ("black_heart", "🖤"),
    ("trophy", "🏆"), ("soccer", "⚽"), ("art", "🎨"), ("musical_note", "🎵"), ("chart_with_upwards_trend", "📈"),
    ("chart_with_downwards_trend", "📉"), ("moneybag", "💰"), ("arrow_up", "⬆️"), ("arrow_down", "⬇️"), ("arrow_left", "⬅️"),
    ("arrow_right", "➡️"), ("construction", "🚧"), ("rotating_light", "🚨"), ("lgtm", "👍"), ("eyes_closed", "😌"),
];

static NAMES: LazyLock<HashMap<String, &'static str>> = LazyLock::new(read);

/// A name for each way to call an emoji: all of a line's words, the first two or more of them, and a word that is
/// in one line only.
fn read() -> HashMap<String, &'static str> {
    let lines = LIST.lines().filter(|line| !line.starts_with('#'));
    let lines: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(' ')).collect();
    let mut names: HashMap<String, &'static str> = KNOWN
        .iter()
        .map(|(name, emoji)| ((*name).to_owned(), *emoji))
        .collect();
    let mut singles: HashMap<&str, Option<&'static str>> = HashMap::new();
    for (emoji, line) in &lines {
        let words: Vec<&str> = line.split(' ').collect();
        for count in 2..=words.len() {
            names
                .entry(words[..count].join("_").replace('-', "_"))
                .or_insert(emoji);
        }
        for word in words {
            let single = singles.entry(word).or_insert(Some(emoji));
            *single = single.filter(|known| known == emoji);
        }
    }
    for (word, emoji) in singles {
        if let Some(emoji) = emoji {
            names.entry(word.replace('-', "_")).or_insert(emoji);
        }
    }
    names
}

/// The emoji of this name, written in small letters.
#[must_use]
pub(crate) fn named(name: &str) -> Option<&'static str> {
    NAMES.get(name).copied()
}

/// Where names of emoji stand between colons, with their emoji.
pub(super) fn spans(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    text.match_indices(':').filter_map(|(at, _)| {
        let before = text[..at].chars().next_back();
        let rest = &text[at + 1..];
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '+' | '-');
        let end = rest.find(|c| !is_name(c))?;
        let is_free = !before.is_some_and(char::is_alphanumeric);
        let is_named = rest[end..].starts_with(':') && (1..=NAME_BYTES_MAX).contains(&end);
        let emoji = (is_free && is_named).then(|| named(&rest[..end])).flatten()?;
        Some((at..at + end + 2, emoji))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emoji_are_found_by_the_names_that_people_use() {
        let cases = [
            ("tada", "🎉"),
            ("+1", "👍"),
            ("thumbs_up", "👍"),
            ("face_with_tears_of_joy", "😂"),
            ("grinning_face", "😀"),
        ];
        for (name, emoji) in cases {
            assert_eq!(named(name), Some(emoji), "{name}");
        }
        for none in ["", "a", "face", "with", "of", "tada_", "TADA"] {
            assert_eq!(named(none), None, "{none}");
        }
    }

    #[test]
    fn every_name_is_that_of_one_emoji() {
        for (name, emoji) in NAMES.iter() {
            assert!(chat::Emoji::new(*emoji).is_ok(), "{name} {emoji}");
        }
        assert!(NAMES.len() > KNOWN.len() + 1_000, "{} names", NAMES.len());
    }

    #[test]
    fn times_and_scores_are_no_emoji() {
        for text in [
            "10:30:20",
            "a:tada:",
            "::",
            ":tada",
            ":nobody_knows:",
            "http://a:80:b",
        ] {
            assert_eq!(spans(text).count(), 0, "{text}");
        }
        assert_eq!(spans(":tada::tada: (:+1:)").count(), 3);
    }
}
