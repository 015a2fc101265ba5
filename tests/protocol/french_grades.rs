//! `lab check --lang fr`: the same verdicts as in English, and what a student reads is French.

use std::fs;

use crate::command_lines::{lab, LAB};
use crate::support::TempDir;

/// Grades in this language, where something is wrong. What was printed, and the TSV.
#[track_caller]
fn graded(lang: &str, arguments: &[&str]) -> (String, String) {
    let dir = TempDir::new();
    let tsv = dir.path().join("results.tsv");
    let options = ["check", "--lang", lang, "--seed", "7", "--tsv", tsv.to_str().unwrap()];
    let (code, printed, complaints) = lab(&[&options, arguments].concat());
    assert_eq!((code, complaints.as_str()), (Some(1), ""), "{printed}");
    (printed, fs::read_to_string(tsv).unwrap())
}

/// The marks and numbers of checks in a report, the French marks in English.
fn marks(report: &str) -> Vec<(String, String)> {
    let english = |mark: &str| match mark {
        "ok" => Some("ok"),
        "FAIL" | "ÉCHEC" => Some("FAIL"),
        "skip" | "omise" => Some("skip"),
        "n/a" | "s.o." => Some("n/a"),
        _ => None,
    };
    let of_line = |line: &str| {
        let mut words = line.split_whitespace().filter(|_| !line.starts_with(' '));
        Some((english(words.next()?)?.to_string(), words.next()?.to_string()))
    };
    report.lines().filter_map(of_line).collect()
}

/// The same checks in both languages: verdicts and TSV are equal, and the French report says these words.
#[track_caller]
fn assert_same_in_french(arguments: &[&str], wanted: &[&str]) {
    let ((english, english_tsv), (french, french_tsv)) = (graded("en", arguments), graded("fr", arguments));
    assert_eq!(marks(&english), marks(&french), "{english}\n{french}");
    assert!(marks(&english).len() > 1, "{english}");
    assert_eq!(english_tsv, french_tsv, "the TSV is for programs");
    for words in wanted {
        assert!(french.contains(words), "'{words}' is missing:\n{french}");
    }
    for label in ["FAIL ", "what ", "steps ", "rule ", "probably ", "passed of all", "Fix first"] {
        assert!(!french.contains(label), "'{label}' is English:\n{french}");
    }
}

#[test]
fn a_broken_server_is_graded_in_french_as_in_english() {
    let command = format!("'{LAB}' broken one_read --bind 127.0.0.1:{{port}} --dir {{dir}}");
    assert_same_in_french(
        &["--command", &command, "--only", "2.1", "--only", "2.6", "--only", "8.8"],
        &[
            "ok    2.1   LIST reçoit la réponse OK.",
            "ÉCHEC 2.6   Deux commandes dans un même paquet reçoivent deux réponses.  [pas de réponse]",
            "constat le client 1 a attendu en vain la première ligne d'une réponse",
            "cause   Probablement, le serveur n'a répondu qu'à la première des deux commandes",
            "s.o.  8.8",
            "motif   un serveur n'est pas obligé d'avoir un délai d'inactivité",
            "étape 2  demande de la liste             1/1      0/1        -        -",
            "Vérifications réussies : 1 sur 2 ; échouées : 1 ; omises : 0 ; sans objet : 1.",
            "À corriger d'abord : 2.6",
        ],
    );
}

#[test]
fn a_broken_client_is_graded_in_french_as_in_english() {
    let command = format!("'{LAB}' broken reads_once {{host}} {{port}} {{dir}}");
    assert_same_in_french(
        &["--client", &command, "--only", "5.1", "--only", "5.5"],
        &[
            "ok    5.1   Un petit fichier est enregistré dans {dir}, octet pour octet comme il a été envoyé.",
            "ÉCHEC 5.5   La première ligne d'une réponse et son corps peuvent arriver séparément.  [échouée]",
            "n'est pas ce qui a été envoyé : il a 0 octets",
            "cause   Probablement, le fichier est vide.",
            "de plus Le programme s'est arrêté",
            "étape 5  envoi du fichier                1/1      0/1        -        -",
            "À corriger d'abord : 5.5",
        ],
    );
}

#[test]
fn lists_warnings_and_complaints_are_french_too() {
    for (arguments, words) in [
        (&["--list"][..], " vérifications des serveurs"),
        (&["--client", "--list"], " vérifications des clients"),
        (&[], "quel serveur ?"),
        (&["--only", "99"], "aucune vérification n'a ce niveau"),
        (&["--command", "no-such-program {dir}"], "la commande n'a pas de {port}"),
        (&["--command", "no-such-program {dir}"], "ne peut pas être lancé"),
    ] {
        let (_, printed, complaints) = lab(&[&["check", "--lang", "fr"], arguments].concat());
        let printed = printed + &complaints;
        assert!(printed.contains(words), "{arguments:?}: '{words}' is missing:\n{printed}");
    }
}
