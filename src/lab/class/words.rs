//! The sentences of a class that hold numbers and names, in English and in French. Words that are always the same
//! stand where they are shown, and why a program could not be graded stands in `lab/check/french/sentences.rs`.
//!
//! Read first: `lab/lang.rs`. It does not know where they are shown.

use std::path::Path;

use crate::lab::check::catalogue::Kind;
use crate::lab::class::kind::Sheet;
use crate::lab::class::weights::BEST;
use crate::lab::lang::Lang;

/// What is graded, and how: before the first student.
pub fn begins(students: usize, sheets: &[Sheet], seed: u64, jobs: usize, lang: Lang) -> String {
    let of_kind = |sheet: &Sheet| {
        let (count, kind) = (sheet.checks.len(), sheet.kind.word_in(lang));
        format!("{count} {} {kind}", lang.words("of a", "pour un"))
    };
    let checks = sheets.iter().map(of_kind).collect::<Vec<_>>().join(lang.words(" and ", " et "));
    match lang {
        Lang::English => {
            format!("students: {students}, checks: {checks}, files from seed {seed}, at the same time: {jobs}")
        }
        Lang::French => format!(
            "étudiants : {students}, vérifications : {checks}, fichiers tirés de la graine (seed) {seed}, en même \
             temps : {jobs}"
        ),
    }
}

/// Where the marks go.
pub fn marks_go_to(dir: &Path, lang: Lang) -> String {
    format!("{} {dir:?}", lang.words("the marks go to", "les notes vont dans"))
}

/// Which student this is, as wide for each of them.
pub fn number(number: usize, count: usize, lang: Lang) -> String {
    format!("{number:>3} {} {count}", lang.words("of", "sur"))
}

/// How many students were graded, after the last one.
pub fn ends(graded: usize, count: usize, lang: Lang) -> String {
    let not = count - graded;
    match (lang, not) {
        (Lang::English, 0) => format!("{graded} of {count} graded."),
        (Lang::English, _) => format!("{graded} of {count} graded, {not} not: the rows say why."),
        (Lang::French, 0) => format!("Étudiants notés : {graded} sur {count}."),
        (Lang::French, _) => {
            format!("Étudiants notés : {graded} sur {count} ; non notés : {not}, et leurs lignes disent pourquoi.")
        }
    }
}

/// Where to look then.
pub fn look_at(page: &Path, lang: Lang) -> String {
    format!("{} {page:?}.", lang.words("Look at", "Ouvrez"))
}

/// A student's clause: the check to fix first.
pub fn fix_first(id: &str, title: &str, lang: Lang) -> String {
    format!("{} {id} {title}", lang.words("fix first", "à corriger d'abord :"))
}

/// What begins the text of a student who has a mark.
pub fn has_mark(name: &str, mark: &str, seed: u64, lang: Lang) -> String {
    match lang {
        Lang::English => format!("{name}: {mark} of {BEST}; the files came from seed {seed}"),
        Lang::French => {
            format!("{name} : {mark} sur {BEST} ; les fichiers ont été tirés de la graine (seed) {seed}")
        }
    }
}

/// The text of a student who has none.
pub fn has_no_mark(name: &str, why: &str, lang: Lang) -> String {
    match lang {
        Lang::English => format!("{name}: not graded, because {why}"),
        Lang::French => format!("{name} : pas de note, car {why}"),
    }
}

/// The page's heading.
pub fn students(count: usize, lang: Lang) -> String {
    match lang {
        Lang::English => format!("{count} students"),
        Lang::French => format!("Étudiants : {count}"),
    }
}

/// How to read the page.
pub fn introduction(seed: u64, lang: Lang) -> String {
    match lang {
        Lang::English => format!(
            "Marks are out of {BEST}; the files came from seed {seed}. A name leads to the student's text; a cell \
             tells more when the pointer rests on it."
        ),
        Lang::French => format!(
            "Les notes sont sur {BEST} ; les fichiers ont été tirés de la graine (seed) {seed}. Un clic sur un nom \
             ouvre le texte de l'étudiant ; une case en dit plus quand le pointeur s'arrête sur elle."
        ),
    }
}

/// How many programs of a kind were graded, and by how many checks.
pub fn graded(graded: usize, sheet: &Sheet, all: usize, lang: Lang) -> String {
    let checks = sheet.checks.len();
    match lang {
        Lang::English => format!("{graded} of {all} graded, with {checks} checks each."),
        Lang::French => format!("Programmes notés : {graded} sur {all}, avec {checks} vérifications chacun."),
    }
}

/// Who has handed in another kind of program alone; nothing if nobody.
pub fn without(kind: Kind, names: &[String], lang: Lang) -> String {
    let (count, all, kind) = (names.len(), names.join(", "), kind.word_in(lang));
    match (lang, count) {
        (_, 0) => String::new(),
        (Lang::English, _) => format!(" {count} without a {kind}: {all}."),
        (Lang::French, _) => format!(" Sans {kind} ({count}) : {all}."),
    }
}

/// How many students the causes are about, and how many causes of all are shown.
pub fn causes(failed: usize, students: usize, shown: usize, count: usize, lang: Lang) -> String {
    let which = match lang {
        _ if shown == count => lang.words("all causes", "toutes les causes").to_string(),
        Lang::English => format!("the {shown} most common of {count} causes"),
        Lang::French => format!("les {shown} causes les plus fréquentes, sur {count}"),
    };
    match lang {
        Lang::English => format!(
            "A check failed for {failed} of {students} students. Each of them is counted once, for the cause of what \
             is to be fixed first: other failures often follow from it. Here are {which}."
        ),
        Lang::French => format!(
            "Étudiants dont au moins une vérification a échoué : {failed} sur {students}. Chacun est compté une seule \
             fois, pour la cause de ce qu'il doit corriger d'abord : les autres échecs en découlent souvent. Voici \
             {which}."
        ),
    }
}

/// So many of all.
pub fn of(some: usize, all: usize, lang: Lang) -> String {
    format!("{some} {} {all}", lang.words("of", "sur"))
}
