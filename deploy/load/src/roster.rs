//! Who takes part: the people of a tokens file, and who of them sits in which room.

use std::{collections::HashMap, fs, path::Path};

use crate::error::Error;

/// One line of the tokens file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name, for messages about this person.
    pub username: String,
    /// The personal access token.
    pub token: String,
    /// The ids of the rooms this person is a member of.
    pub rooms: Vec<String>,
}

/// A room that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Its id.
    pub id: String,
    /// The connections that open it, as indexes into the people.
    pub members: Vec<usize>,
}

/// Reads a tokens file.
pub fn load(path: &Path) -> Result<Vec<Person>, Error> {
    let text = fs::read_to_string(path).map_err(Error::io(path.display().to_string()))?;
    parse(&text)
}

/// Reads lines of `username<TAB>token<TAB>room-id[,room-id…]`; the room ids may also be apart by spaces.
pub fn parse(text: &str) -> Result<Vec<Person>, Error> {
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| person(line).ok_or_else(|| malformed(number + 1)))
        .collect()
}

fn person(line: &str) -> Option<Person> {
    let mut fields = line.trim_end().split('\t');
    let (username, token) = (fields.next()?.trim(), fields.next()?.trim());
    let rooms = fields
        .flat_map(|field| field.split([',', ' ']))
        .filter(|id| !id.is_empty());
    let rooms = rooms.map(str::to_owned).collect();
    (!token.is_empty()).then(|| Person {
        username: username.to_owned(),
        token: token.to_owned(),
        rooms,
    })
}

fn malformed(line: usize) -> Error {
    Error::Usage(format!(
        "tokens file, line {line}: expected username, token and room ids, apart by tabs"
    ))
}

/// The first `wanted` people, or an error that says how many there are.
pub fn take(mut people: Vec<Person>, wanted: usize) -> Result<Vec<Person>, Error> {
    if people.len() < wanted {
        let have = people.len();
        return Err(Error::Usage(format!(
            "the tokens file has {have} people, {wanted} connections need as many"
        )));
    }
    people.truncate(wanted);
    Ok(people)
}

/// Chooses `wanted` rooms of these people, and who opens them.
///
/// Without a `size`: the first rooms named, each with all of its members. With one: the rooms whose
/// membership comes nearest to it, with exactly so many members, spread over as many people as
/// possible. So a room that everybody is in does not get in the way of “20 rooms of 50”.
pub fn seat(people: &[Person], wanted: usize, size: Option<usize>) -> Result<Vec<Room>, Error> {
    let mut rooms = rooms_of(people);
    if let Some(size) = size {
        rooms.sort_by_key(|room| room.members.len().abs_diff(size));
    }
    if rooms.len() < wanted {
        let have = rooms.len();
        return Err(Error::Usage(format!(
            "these people share {have} rooms, {wanted} are asked for"
        )));
    }
    rooms.truncate(wanted);
    if let Some(size) = size {
        limit_members(&mut rooms, size, people.len())?;
    }
    Ok(rooms)
}

fn rooms_of(people: &[Person]) -> Vec<Room> {
    let mut rooms: Vec<Room> = Vec::new();
    let mut places = HashMap::new();
    for (index, person) in people.iter().enumerate() {
        for id in &person.rooms {
            let place = *places.entry(id.as_str()).or_insert_with(|| {
                rooms.push(Room {
                    id: id.clone(),
                    members: Vec::new(),
                });
                rooms.len() - 1
            });
            if rooms[place].members.last() != Some(&index) {
                rooms[place].members.push(index);
            }
        }
    }
    rooms
}

fn limit_members(rooms: &mut [Room], size: usize, people: usize) -> Result<(), Error> {
    let mut taken = vec![0_usize; people];
    for Room { id, members } in rooms {
        let have = members.len();
        if have < size {
            return Err(Error::Usage(format!(
                "room {id} has {have} of the {size} members asked for"
            )));
        }
        members.sort_by_key(|member| taken[*member]);
        members.truncate(size);
        members.sort_unstable();
        members.iter().for_each(|member| taken[*member] += 1);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(rooms: &[&str]) -> Vec<Person> {
        let line = |(i, rooms): (usize, &&str)| format!("u{i}\tt{i}\t{rooms}\n");
        parse(&rooms.iter().enumerate().map(line).collect::<String>()).unwrap()
    }

    #[test]
    fn room_ids_may_be_apart_by_commas_or_spaces() {
        let people = people(&["a,b", "a b"]);
        assert_eq!(people[0].rooms, people[1].rooms);
    }

    #[test]
    fn a_line_without_a_token_is_named() {
        let error = parse("ann\tsecret\troom\nbob\n").unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    #[test]
    fn without_a_size_the_first_rooms_take_all_their_members() {
        let rooms = seat(&people(&["a,b", "a,c", "a"]), 2, None).unwrap();
        assert_eq!(rooms[0].members, [0, 1, 2]);
        assert_eq!(rooms[1].members, [0]);
    }

    #[test]
    fn with_a_size_the_room_everybody_is_in_is_left_out() {
        let rooms = seat(&people(&["all,a", "all,a", "all,b", "all,b"]), 2, Some(2)).unwrap();
        let ids: Vec<_> = rooms.iter().map(|room| room.id.as_str()).collect();
        assert_eq!(ids, ["a", "b"]);
    }

    #[test]
    fn members_are_spread_over_as_many_people_as_possible() {
        let rooms = seat(&people(&["a,b"; 4]), 2, Some(2)).unwrap();
        assert_eq!(
            (rooms[0].members.clone(), rooms[1].members.clone()),
            (vec![0, 1], vec![2, 3])
        );
    }

    #[test]
    fn too_small_a_room_and_too_few_rooms_or_people_are_refused() {
        assert!(seat(&people(&["a"]), 1, Some(2)).is_err());
        assert!(seat(&people(&["a"]), 2, None).is_err());
        assert!(take(people(&["a"]), 2).is_err());
    }
}
