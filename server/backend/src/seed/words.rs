//! What seeded people are called and what they write.

/// Names that go together.
pub(super) struct Culture {
    /// Each as it is written; after a slash, as it is typed where that is something else than its lowercase.
    pub(super) given: &'static str,
    pub(super) family: &'static str,
    pub(super) family_first: bool,
}

/// How many given names each culture has.
pub(super) const GIVEN_NAMES: usize = 12;
/// How many family names each culture has.
pub(super) const FAMILY_NAMES: usize = 12;

pub(super) const CULTURES: &[Culture] = &[
    Culture {
        given: "Rosa Elin Gustav Astrid Björn/bjorn Ingrid Nils Saga Tove Viggo Åsa/asa Henrik",
        family: "Lindqvist Berg Sandström/sandstrom Holm Nyberg Ekdahl Dahl Lund Öberg/oberg Falk Hedin Strand",
        family_first: false,
    },
    Culture {
        given: "芽衣/mei 健太/kenta 陽菜/hina 蓮/ren 直樹/naoki 美咲/misaki 大輔/daisuke 桜/sakura 拓海/takumi 葵/aoi \
                真理子/mariko 悠斗/yuto",
        family: "田中/tanaka 佐藤/sato 鈴木/suzuki 高橋/takahashi 渡辺/watanabe 中村/nakamura 小林/kobayashi \
                 加藤/kato 吉田/yoshida 山本/yamamoto 松本/matsumoto 井上/inoue",
        family_first: true,
    },
    Culture {
        given: "Tomasz Agnieszka Paweł/pawel Zofia Michał/michal Kasia Wojciech Hanna Łukasz/lukasz Magda Piotr Ewa",
        family: "Wójcik/wojcik Kowalczyk Zieliński/zielinski Mazur Krawczyk Piotrowski Grabowska Nowicki Pawlak \
                 Wieczorek Jabłońska/jablonska Król/krol",
        family_first: false,
    },
    Culture {
        given: "Adaeze Chidi Ngozi Emeka Folake Tunde Yetunde Kelechi Amara Obinna Sade Ifeanyi",
        family: "Okafor Adeyemi Nwosu Balogun Eze Okonkwo Adebayo Obi Ogunleye Uche Afolabi Nnamdi",
        family_first: false,
    },
    Culture {
        given: "Priya Arjun Kavya Rohan Ananya Vikram Meera Sanjay Divya Aditya Lakshmi Nikhil",
        family: "Sharma Iyer Patel Reddy Menon Gupta Nair Chatterjee Desai Kulkarni Rao Bhatt",
        family_first: false,
    },
    Culture {
        given: "Lucía/lucia Mateo Valentina Joaquín/joaquin Camila Andrés/andres Ximena Diego Renata Emilio Paloma Iván/ivan",
        family: "Herrera Castillo Vargas Quintero Salazar Mendoza Ibáñez/ibanez Rojas Cárdenas/cardenas Peña/pena \
                 Zamora Fuentes",
        family_first: false,
    },
    Culture {
        given: "ليلى/layla عمر/omar نور/nour يوسف/yusuf سلمى/salma كريم/karim هدى/huda طارق/tariq مريم/maryam \
                سامي/sami رنا/rana زياد/ziad",
        family: "حداد/haddad منصور/mansour خوري/khoury نجار/najjar صباغ/sabbagh درويش/darwish عبود/abboud قاسم/qasim \
                 شاهين/shahin بركات/barakat زيدان/zidan حمدان/hamdan",
        family_first: false,
    },
    Culture {
        given: "Nora Callum Maeve Declan Isla Rhys Bronwyn Ewan Orla Gareth Fiona Hamish",
        family: "Whitlock Brennan Ashdown MacRae Pritchard Kinsella Thorpe Gallagher Llewellyn Fairley Sutherland \
                 Penhale",
        family_first: false,
    },
];

/// What rooms are about: who, and what of theirs.
pub(super) const TEAMS: &[&str] = &[
    "Design",
    "Platform",
    "Mobile",
    "Support",
    "Research",
    "Editorial",
    "Finance",
    "Workshop",
    "Field",
    "Archive",
    "Kitchen",
    "Logistics",
    "Garden",
    "Studio",
    "Harbour",
    "Night shift",
];

pub(super) const SUBJECTS: &[(&str, &str)] = &[
    ("planning", "What comes next, and in which order"),
    ("standup", "Yesterday, today, what is in the way"),
    ("incidents", "One thread an incident. Facts first"),
    ("ideas", "Half-baked is welcome"),
    ("reviews", "Ask early, answer within a day"),
    ("releases", "What goes out and when"),
    ("questions", "No question is too small"),
    ("reading", "Articles, papers, the odd book"),
    ("music", "What is playing right now"),
    ("travel", "Who is where this week"),
    ("numbers", "The weekly figures and what they mean"),
    ("lunch", "12:30, usually downstairs"),
];

pub(super) const SENTENCES: &[&str] = &[
    "Good morning!",
    "Thanks, that did it.",
    "I will have a look after lunch.",
    "Sounds good to me.",
    "Can someone check whether this still happens on the old tablets?",
    "The second attempt worked, the first one timed out.",
    "Moved the meeting to Thursday, same room.",
    "Does anyone remember why we chose this in the first place?",
    "It is quicker now, but the first page still takes too long.",
    "I wrote down what we agreed on; please correct me where I am wrong.",
    "Never mind, found it.",
    "We should ask the people who use it every day.",
    "The numbers from last week are in, and they are *better* than expected.",
    "Let us not decide this today.",
    "That is **exactly** the case we forgot.",
    "Two of the three are done, the last one needs a decision.",
    "Happy to pair on this in the afternoon.",
    "I think the label is misleading: people read it as a button.",
    "The delivery is late again, they say Tuesday now.",
    "Who is on call this weekend?",
    "Works on my machine, which proves nothing.",
    "The draft is ready for a first reading.",
    "Please have a look at the last paragraph, I am not sure about the tone.",
    "We lost the connection for about four minutes and got everything back.",
    "Ha, I had the same thought.",
    "Could we make the default smaller?",
    "I would rather fix the cause than the symptom.",
    "The customer called, they are delighted 🎉",
    "Nobody has complained yet, so either it works or nobody uses it.",
    "It rained into the storage room, but the archive is dry.",
    "One more thing before we close this.",
    "I am out from three o'clock, back tomorrow.",
    "Great work everyone, this was not an easy one.",
    "The old version does this too, I checked.",
    "Let me know when you are back and I will show you.",
    "ありがとうございます、確認します。",
    "Das schaue ich mir morgen in Ruhe an.",
    "¿Lo dejamos para mañana?",
    "Jasne, biorę to.",
    "شكرا جزيلا!",
    "~~Friday~~ Monday, then.",
    "There is cake in the kitchen. There *was* cake in the kitchen.",
    "I opened a ticket for it, it is at the top of the list.",
    "My guess is that the cache is older than it claims to be.",
];

pub(super) const INLINE_CODE: &[&str] = &[
    "`make check` is green again.",
    "Set `retries = 3` and try once more, please.",
    "It fails in `parse_header`, line 42.",
    "The flag is called `--dry-run`, not `--test`.",
    "Somebody left a `TODO` in there, four years ago.",
    "`rsync -av --delete` is not what you want here!",
];

pub(super) const CODE: &[&str] = &[
    "```rust\nfn area(side: f64) -> f64 {\n    side * side\n}\n```",
    "```sql\nSELECT room, count(*)\nFROM visits\nWHERE day >= '2026-01-01'\nGROUP BY room\nORDER BY 2 DESC;\n```",
    "```sh\nfor file in *.csv; do\n  sort -u \"$file\" -o \"$file\"\ndone\n```",
    "```json\n{ \"name\": \"harbour\", \"depth\": 12.5, \"open\": true }\n```",
    "```\n[warn] slow answer: 2314 ms\n[warn] slow answer: 2290 ms\n[info] back to normal\n```",
];

pub(super) const ITEMS: &[&str] = &[
    "check the invoices of last month",
    "call the printer about the paper",
    "write the announcement",
    "update the **screenshots**",
    "measure again with `--release`",
    "ask for access to the shared folder",
    "book the room with the big table",
    "clean up the test accounts",
    "read the feedback and sort it",
    "say thank you",
];

pub(super) const LINKS: &[&str] = &[
    "[the notes of yesterday](https://example.org/notes/yesterday)",
    "[this article](https://example.com/articles/slow-is-smooth)",
    "https://example.net/status",
    "[page 14 of the manual](https://example.org/manual#page-14)",
    "https://example.com/talks/2026/on-naming-things",
];
