// W: words.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { prove } from "../proof/tests.mjs";
import { bound } from "../verdict.mjs";

const LINKS = ["every_page_is_in_the_book_and_every_link_leads_somewhere", "every_variable_that_a_document_or_a_file_for_operators_names_is_one"];
const SETTINGS = [...LINKS, "every_setting_is_in_the_reference_with_its_default_and_no_other_is"];

// A page that is there and says something; that what it names is true is a test's to say. Whether it is any good, a reader's.
const written = (id, what, pages, rust = LINKS) => ({
  id, what, rust, floor: "there and true", aim: "there and true",
  how: `${pages.map((page) => `\`docs/${page}\``).join(", ")}; ${rust.map((name) => `\`${name}\``).join(", ")}; that it reads well no program can say`,
  bounds: [bound("words", "", ">= 200"), bound("tests failed", "", "= 0"), bound("tests passed", "", `>= ${rust.length}`)],
  measure: async (stage) => {
    const words = pages.map((page) => readFileSync(join(stage.root, "docs", page), "utf8").split(/\s+/).length);
    return { figures: { words: words.reduce((a, b) => a + b, 0), ...(await stage.once(`words ${rust.length}`, () => prove(stage, { rust }))).figures } };
  },
});

export const LINES = [
  written("W1", "performance guide", ["performance.md", "tuning.md"]),
  written("W2", "troubleshooting", ["troubleshooting.md", "runbook.md"]),
  written("W3", "monitoring set-up", ["monitoring.md"]),
  written("W4", "scaling procedures", ["scaling.md", "upgrading.md"]),
  written("W5", "reference of every variable and setting", ["configuration.md", "balancers.md"], SETTINGS),
];
