//! Slash commands: what somebody types to have something done instead of said.
//!
//! Only composers ask for commands. What programs post is text, whatever it begins with.

/// The most characters of a command's name.
pub const NAME_CHARS_MAX: usize = 32;
/// The most characters of the sentence that says what a command does.
pub const SUMMARY_CHARS_MAX: usize = 120;
/// The most people that one `/invite` names.
pub const INVITED_MAX: usize = 20;

/// A command that every server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltIn {
    /// What follows the slash.
    pub name: &'static str,
    /// What follows the name.
    pub usage: &'static str,
    /// What it does.
    pub summary: &'static str,
}

const fn built_in(name: &'static str, usage: &'static str, summary: &'static str) -> BuiltIn {
    BuiltIn { name, usage, summary }
}

/// The commands that every server has, by name.
pub const BUILT_IN: [BuiltIn; 7] = [
    built_in("help", "", "List the commands"),
    built_in("invite", "@user …", "Bring people into this channel"),
    built_in("join", "#room", "Join a public channel"),
    built_in("leave", "", "Leave this channel"),
    built_in("me", "action", "Say what you do"),
    built_in("shrug", "[message]", "Add a shrug"),
    built_in("topic", "text", "Say what this channel is about"),
];

/// What was typed, as a composer understands it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed<'a> {
    /// Something to say.
    Text(&'a str),
    /// Something to have done.
    Command {
        /// Which, without the slash.
        name: &'a str,
        /// What follows, trimmed.
        rest: &'a str,
    },
}

/// Reads what was typed. It is a command where it begins with a slash and a name; two slashes stand for one, and
/// what merely looks like a path (`/etc/hosts`) is text.
#[must_use]
pub fn read(typed: &str) -> Typed<'_> {
    let typed = typed.trim();
    let Some(after) = typed.strip_prefix('/') else {
        return Typed::Text(typed);
    };
    if after.starts_with('/') {
        return Typed::Text(after);
    }
    let end = after.find(char::is_whitespace).unwrap_or(after.len());
    let (name, rest) = after.split_at(end);
    if is_name(name) {
        Typed::Command {
            name,
            rest: rest.trim(),
        }
    } else {
        Typed::Text(typed)
    }
}

/// Whether a command can be called so.
#[must_use]
pub fn is_name(name: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&name.len())
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command<'a>(name: &'a str, rest: &'a str) -> Typed<'a> {
        Typed::Command { name, rest }
    }

    #[test]
    fn a_slash_and_a_name_are_a_command_and_the_rest_is_what_it_is_given() {
        assert_eq!(read("/me waves"), command("me", "waves"));
        assert_eq!(
            read("  /topic  Ships\nand boats "),
            command("topic", "Ships\nand boats")
        );
        assert_eq!(read("/leave"), command("leave", ""));
        assert_eq!(read("/Deploy-2 now"), command("Deploy-2", "now"));
    }

    #[test]
    fn everything_else_is_text() {
        for text in [
            "hello",
            "a /me",
            "/",
            "/ me",
            "/etc/hosts",
            "/usr/bin is full",
            "/!",
            "/é",
            "",
        ] {
            assert_eq!(read(text), Typed::Text(text), "{text:?}");
        }
        let long = format!("/{}", "a".repeat(33));
        assert_eq!(read(&long), Typed::Text(&long));
    }

    #[test]
    fn two_slashes_say_one() {
        assert_eq!(read("//me waves"), Typed::Text("/me waves"));
        assert_eq!(read("///"), Typed::Text("//"));
    }

    #[test]
    fn the_commands_of_every_server_are_in_order_and_can_be_called() {
        assert!(BUILT_IN.is_sorted_by(|a, b| a.name < b.name));
        assert!(BUILT_IN.iter().all(|command| is_name(command.name)));
    }
}
