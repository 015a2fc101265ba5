//! `lab class --lang fr`: the same marks as in English, and what a teacher and a student read is French.

#![cfg(unix)]

use std::fs;
use std::path::Path;

use crate::command_lines::{run, Ended, LAB};
use crate::support::TempDir;

/// The class as it was graded in one language.
struct Graded {
    ended: Ended,
    /// `marks.csv`, without its byte order mark.
    marks: String,
    page: String,
    /// The students' texts, one after the other.
    texts: String,
}

/// A student's folder with these files.
fn student(class: &Path, name: &str, files: &[(&str, &str)]) {
    let folder = class.join(name);
    fs::create_dir_all(&folder).unwrap();
    for (file, text) in files {
        fs::write(folder.join(file), text).unwrap();
    }
}

/// Five students, two of whom can be graded: a server and a client, with a mistake each.
fn make_class(class: &Path) {
    let server = format!("'{LAB}' broken text_mode --bind 127.0.0.1:{{port}} --dir {{dir}}");
    let client = format!("'{LAB}' broken no_logout {{host}} {{port}} {{dir}}");
    student(class, "abou", &[("command", &server)]);
    student(class, "ama", &[("client-command", &client)]);
    student(class, "awa", &[("command", "./server {port}"), ("build", "sh -c 'echo bad type; exit 1'")]);
    student(class, "kofi", &[("client-command", "sh -c 'echo oh no; exit 4'")]);
    student(class, "yao", &[]);
}

fn grade(class: &Path, out: &Path, lang: &str) -> Graded {
    let (class, to) = (class.to_str().unwrap(), out.to_str().unwrap());
    let options = ["class", class, "--out", to, "--level", "report", "--seed", "7", "--timeout", "2", "--jobs", "1"];
    let ended = run(LAB, &[&options[..], &["--lang", lang]].concat());
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let names = ["01-abou", "02-ama", "03-awa", "04-kofi", "05-yao"];
    let texts = names.map(|name| read(&format!("students/{name}.txt"))).concat();
    let marks = read("marks.csv").trim_start_matches('\u{feff}').to_string();
    Graded { ended, marks, page: read("class.html"), texts }
}

/// The numbers and the verdicts of `marks.csv`, a French verdict in English: neither names nor clauses.
fn numbers_and_verdicts(marks: &str) -> Vec<Vec<&str>> {
    let english = |cell| match cell {
        "réussie" => "passed",
        "échouée" => "failed",
        "pas de réponse" => "no reply",
        "connexion fermée" => "closed",
        "réponse perdue" => "lost to a reset",
        "omise" => "skipped",
        "sans objet" => "not applicable",
        other => other,
    };
    let cells = |line| str::split(line, ';').filter(|cell| !cell.starts_with('"')).map(english).collect();
    marks.lines().skip(1).map(cells).collect()
}

#[test]
fn a_class_is_graded_in_french_as_in_english() {
    let dir = TempDir::new();
    let class = dir.path().join("class");
    make_class(&class);
    let english = grade(&class, &dir.path().join("english"), "en");
    let french = grade(&class, &dir.path().join("french"), "fr");

    assert_eq!((english.ended.code, french.ended.code), (Some(1), Some(1)), "{:?}", french.ended);
    assert_eq!(numbers_and_verdicts(&english.marks), numbers_and_verdicts(&french.marks), "{}", french.marks);
    for (place, text, wanted, unwanted) in [
        (
            "what is printed",
            &french.ended.stdout,
            &[
                "étudiants : 5, vérifications : 21 pour un serveur et 17 pour un client, fichiers tirés de la graine \
                 (seed) 7, en même temps : 1\nles notes vont dans ",
                " sur 5  abou  serveur  16,2  à corriger d'abord : 5.3 Un fichier qui contient",
                " sur 5  ama   client   17,6  à corriger d'abord : 7.1 LOGOUT est envoyé",
                " sur 5  awa   serveur     -  la compilation a échoué : la commande du fichier 'build' s'est terminée",
                " sur 5  yao   serveur     -  il n'y a pas de fichier 'command'\n",
                "Étudiants notés : 2 sur 5 ; non notés : 3, et leurs lignes disent pourquoi.\nOuvrez ",
            ][..],
            &[" of ", "fix first", "graded", "marks go", "server "][..],
        ),
        (
            "marks.csv",
            &french.marks,
            &[
                "étudiant;serveur : note;serveur : réussies;serveur : sur;serveur : sans objet;serveur : en bref;client",
                ";serveur 8.2;client 1.1;",
                "\"abou\";16,2;17;21;0;\"à corriger d'abord : 5.3 Un fichier",
                "s'est arrêté (exit status: 4) sans s'être connecté à {host} {port}\"",
                ";échouée;",
            ],
            &["student", "mark", "passed", "failed", "there is no file", "server 1.1"],
        ),
        (
            "the page",
            &french.page,
            &[
                "<html lang=\"fr\">",
                "<title>La classe</title>",
                "<h1>Étudiants : 5</h1>",
                "omise (compte comme non réussie)",
                "<h2>serveurs</h2>\n<p>Programmes notés : 1 sur 3, avec 21 vérifications chacun. Sans serveur (2) : ama",
                "<th class=\"mark\">note</th>",
                "<td class=\"mark\">16,2</td>",
                "title=\"LIST reçoit la réponse OK.\"",
                "title=\"abou 2.1 LIST reçoit la réponse OK. : réussie\"",
                "pas de note : la compilation a échoué : ",
                "<h3>À corriger d'abord</h3>",
                "a échoué : 1 sur 3. Chacun est compté une seule fois",
                "1 sur 1</td><td>le fichier a été ouvert comme du texte",
                "vue dans 5.3",
            ],
            &[" of ", ">student", ">mark<", "graded", "passed", "seen in", "fix first"],
        ),
        (
            "the students' texts",
            &french.texts,
            &[
                "abou, serveur : 16,2 sur 20 ; les fichiers ont été tirés de la graine (seed) 7\n\nok    1.1   Le serveur",
                "      cause   Probablement, le fichier a été ouvert comme du texte",
                "réussies / total ",
                "awa, serveur : pas de note, car la compilation a échoué : ",
                "\nIl a affiché en dernier :\n    | bad type\n",
                "kofi, client : pas de note, car le programme s'est arrêté (exit status: 4) sans s'être connecté",
                "ÉCHEC 1.1   Le client se connecte au serveur",
                "yao, serveur : pas de note, car il n'y a pas de fichier 'command'",
            ],
            &["FAIL ", "probably", "passed of all", "Fix first", "because", "printed last"],
        ),
    ] {
        for words in wanted {
            assert!(text.contains(words), "{place}: '{words}' is missing:\n{text}");
        }
        for words in unwanted {
            assert!(!text.contains(words), "{place}: '{words}' is English:\n{text}");
        }
    }
}

#[test]
fn what_is_wrong_with_the_class_is_told_in_french() {
    let dir = TempDir::new();
    let (class, empty) = (dir.path().join("class"), dir.path().join("empty"));
    student(&class, "ama", &[("command", "x {port}")]);
    fs::create_dir_all(&empty).unwrap();
    dir.put("weights", "report 4\nreprot 2\n");
    let (class, empty, weights) = (class.to_str().unwrap(), empty.to_str().unwrap(), dir.path().join("weights"));
    let out = dir.path().join("out");
    let out = out.to_str().unwrap();
    for (code, arguments, words) in [
        (2, &[][..], "quelle classe ?"),
        (1, &[empty], "il en faut un par étudiant"),
        (1, &[class, "--level", "files"], "le niveau files n'a aucune vérification d'un serveur"),
        (1, &[class, "--out", class], "il est dans le répertoire de la classe ; donnez un autre répertoire"),
        (
            1,
            &[class, "--out", out, "--weights", weights.to_str().unwrap()],
            "ligne 2 : 'reprot' n'est ni un niveau ni une vérification d'un serveur",
        ),
    ] {
        let ended = run(LAB, &[&["class", "--lang", "fr"], arguments].concat());
        ended.expect_failure(code, &[words]);
    }
}
