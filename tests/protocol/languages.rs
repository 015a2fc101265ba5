//! Texts that stand in English and in French say the same: the same sections, commands, numbers and tasks. And a lab's
//! sheet has what a sheet needs.

use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Pairs whose names do not tell that they are one, below the project's root. All others are `x.en.md` and `x.fr.md`.
const NAMED_PAIRS: [(&str, &str); 5] = [
    ("README.md", "docs/LISEZMOI.md"),
    ("docs/PROTOCOL.md", "docs/PROTOCOLE.md"),
    ("docs/labs/README.md", "docs/labs/LISEZMOI.md"),
    ("docs/teacher/README.md", "docs/teacher/LISEZMOI.md"),
    ("docs/skeletons/README.md", "docs/skeletons/LISEZMOI.md"),
];

/// The words that begin a task of a lab, in English and in French.
const TASKS: [(&str, &str); 4] = [
    ("**Predict.**", "**Prédisez.**"),
    ("**Run.**", "**Lancez.**"),
    ("**Explain.**", "**Expliquez.**"),
    ("**Modify.**", "**Modifiez.**"),
];

/// How long a lab may take, in minutes.
const LAB_MINUTES: RangeInclusive<u32> = 90..=120;

/// What both texts of a pair have in common.
#[derive(Debug, PartialEq)]
struct Section {
    /// The heading's depth: `##` is 2. The text before the first heading has 0.
    depth: usize,
    /// Which tasks, by their place in the table, in order.
    tasks: Vec<usize>,
    /// The code blocks. The comments of a grammar belong to the text.
    code: Vec<Vec<Command>>,
    /// All numbers of the heading and the text, sorted: a French sentence may be built otherwise. Not those of links.
    numbers: Vec<String>,
    /// How many pictures.
    pictures: usize,
}

/// A command of a code block and what it prints. What is printed before the first command has an empty line.
#[derive(Debug, Default)]
struct Command {
    /// Without `--lang fr`.
    line: String,
    /// Is it told to speak French?
    is_french: bool,
    printed: String,
}

impl Command {
    fn of(line: &str) -> Command {
        let without = line.replacen(" --lang fr", "", 1);
        Command { is_french: without != line, line: without, printed: String::new() }
    }
}

/// A command that is told to speak French in one of the texts, or in both, prints something else than the other one.
impl PartialEq for Command {
    fn eq(&self, other: &Command) -> bool {
        let may_differ = self.is_french || other.is_french;
        self.line == other.line && (may_differ || self.printed == other.printed)
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn pairs() -> Vec<(PathBuf, PathBuf)> {
    let mut pairs: Vec<_> = NAMED_PAIRS.iter().map(|(en, fr)| (root().join(en), root().join(fr))).collect();
    for path in ["docs/labs", "docs/teacher"].iter().flat_map(|dir| markdown_in(&root().join(dir))) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(stem) = name.strip_suffix(".en.md") {
            pairs.push((path.clone(), path.with_file_name(format!("{stem}.fr.md"))));
        } else if let Some(stem) = name.strip_suffix(".fr.md") {
            assert!(path.with_file_name(format!("{stem}.en.md")).exists(), "{name} has no English text");
        }
    }
    pairs
}

fn markdown_in(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).into_iter().flatten().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> = entries.filter(|path| path.extension().is_some_and(|ending| ending == "md")).collect();
    found.sort();
    found
}

fn sections(text: &str) -> Vec<Section> {
    let mut sections = vec![Section::beginning_with("")];
    let (mut code, mut is_grammar): (Option<Vec<Command>>, bool) = (None, false);
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        match &mut code {
            Some(block) if is_fence => {
                sections.last_mut().unwrap().code.push(std::mem::take(block));
                code = None;
            }
            Some(block) if is_grammar => {
                let (rule, comment) = line.split_once(';').unwrap_or((line, ""));
                block.last_mut().unwrap().printed += &format!("{}\n", rule.trim_end());
                sections.last_mut().unwrap().reads(comment);
            }
            Some(block) if line.starts_with("$ ") => block.push(Command::of(line)),
            Some(block) => block.last_mut().unwrap().printed += &format!("{line}\n"),
            None if is_fence => (code, is_grammar) = (Some(vec![Command::default()]), line.trim() == "```abnf"),
            None if line.starts_with('#') => sections.push(Section::beginning_with(line)),
            None => sections.last_mut().unwrap().reads(line),
        }
    }
    sections.iter_mut().for_each(|section| section.numbers.sort());
    sections
}

impl Section {
    fn beginning_with(heading: &str) -> Section {
        let depth = heading.chars().take_while(|letter| *letter == '#').count();
        let mut section = Section { depth, tasks: Vec::new(), code: Vec::new(), numbers: Vec::new(), pictures: 0 };
        section.reads(heading);
        section
    }

    fn reads(&mut self, line: &str) {
        let is_there = |word: &str| line.contains(word);
        self.tasks.extend((0..TASKS.len()).filter(|index| is_there(TASKS[*index].0) || is_there(TASKS[*index].1)));
        self.pictures += line.matches("![").count();
        let without_links: String = line
            .split("](")
            .enumerate()
            .map(|(index, part)| if index == 0 { part } else { behind_link(part) })
            .collect();
        let is_comment = line.starts_with("<!--");
        let numbers = without_links.split(|letter: char| !letter.is_ascii_digit());
        self.numbers.extend(numbers.filter(|number| !number.is_empty() && !is_comment).map(str::to_string));
    }
}

fn behind_link(part: &str) -> &str {
    part.split_once(')').map_or("", |(_, rest)| rest)
}

/// The minutes that the headings name, as in `(20 minutes)`.
fn minutes(text: &str) -> u32 {
    let headings = text.lines().filter(|line| line.starts_with("## "));
    headings.filter_map(|line| line.rsplit_once('(')?.1.strip_suffix(" minutes)")?.parse::<u32>().ok()).sum()
}

#[test]
fn both_texts_of_a_pair_have_the_same_sections_commands_numbers_and_tasks() {
    let mut wrong = Vec::new();
    for (english, french) in pairs() {
        let read = |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (one, other) = (sections(&read(&english)), sections(&read(&french)));
        let name = english.strip_prefix(root()).unwrap().display();
        if one.len() != other.len() {
            wrong.push(format!("{name} has {} sections, and in French {}", one.len(), other.len()));
        }
        let differ = one.iter().zip(&other).enumerate().filter(|(_, (one, other))| one != other);
        wrong.extend(differ.map(|(index, (one, other))| format!("{name}, section {index}:\n{one:#?}\n{other:#?}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_lab_has_three_things_to_know_every_kind_of_task_a_picture_and_fits_its_two_hours() {
    let sheets = markdown_in(&root().join("docs/labs"));
    for sheet in sheets.iter().filter(|sheet| sheet.to_string_lossy().ends_with(".en.md")) {
        let name = sheet.display();
        let text = fs::read_to_string(sheet).unwrap();
        let known = text.lines().skip_while(|line| *line != "## At the end you know").skip(1);
        let known = known.take_while(|line| !line.starts_with('#')).filter(|line| line.starts_with("- ")).count();
        assert_eq!(known, 3, "{name}: what one knows at the end, in three sentences");
        for (task, _) in TASKS {
            assert!(text.contains(task), "{name}: no {task}");
        }
        assert!(text.contains("!["), "{name}: no picture");
        assert!(LAB_MINUTES.contains(&minutes(&text)), "{name}: {} minutes", minutes(&text));
        let key = root().join("docs/teacher").join(sheet.file_name().unwrap());
        assert!(key.exists(), "{name}: no key for the teacher");
    }
}

#[test]
fn a_command_that_is_told_to_speak_french_may_print_otherwise_and_no_other_may() {
    let text =
        |lang: &str, printed: &str| format!("# A 1\n```console\n$ lab walk{lang}\n{printed}\n$ lab check\n2\n```\n");
    assert_eq!(sections(&text(" --lang fr", "un")), sections(&text("", "one")));
    assert_eq!(sections(&text(" --lang fr", "un")), sections(&text(" --lang fr", "one")));
    assert_ne!(sections(&text("", "un")), sections(&text("", "one")));
    assert_ne!(sections(&text(" --lang fr", "un")), sections(&text(" --pause", "one")));
    assert_ne!(sections("# A 1\n"), sections("# A 2\n"));
    assert_ne!(sections("**Run.** 1\n"), sections("**Expliquez.** 1\n"));
}

#[test]
fn the_comments_of_a_grammar_may_differ_but_not_their_numbers_and_not_its_rules() {
    let grammar = |rule: &str, comment: &str| sections(&format!("# A\n```abnf\n{rule} ; {comment}\n```\n"));
    assert_eq!(grammar("size = 1*DIGIT", "at most 9"), grammar("size = 1*DIGIT", "au plus 9"));
    assert_ne!(grammar("size = 1*DIGIT", "at most 9"), grammar("size = 1*DIGIT", "au plus 8"));
    assert_ne!(grammar("size = 1*DIGIT", "at most 9"), grammar("size = *DIGIT", "at most 9"));
}
