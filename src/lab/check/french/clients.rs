//! The checks of clients in French, in the order of their numbers.
//!
//! Read first: `mod.rs`. It does not know how a check is made.

use crate::lab::check::french::causes::{REFUSAL_STORED, WRITTEN_TOO_EARLY};
use crate::lab::check::french::French;

/// One for each check.
pub const CHECKS: &[French] = &[
    French {
        id: "1.1",
        title: "Le client se connecte au serveur, et s'arrête après sa session.",
        hint: "le client ne prend pas l'adresse et le port sur sa ligne de commande, ou il attend quelque chose \
               avant de se connecter",
    },
    French {
        id: "1.2",
        title: "Le message d'accueil peut arriver octet par octet.",
        hint: "une lecture est prise pour tout l'accueil, et le reste de l'accueil pour la réponse à la première \
               commande. Lisez la ligne, puis autant d'octets qu'elle en annonce, dans une boucle",
    },
    French {
        id: "1.3",
        title: "Un refus à la place de l'accueil est compris : le client s'arrête.",
        hint: "le client attend un accueil d'une certaine forme. Regardez le premier mot de la réponse, et \
               arrêtez-vous si c'est ERR",
    },
    French {
        id: "1.4",
        title: "Une connexion qui finit avant l'accueil ne bloque pas le client.",
        hint:
            "une lecture de 0 octet est prise pour 'rien pour l'instant', et la boucle ne finit jamais. C'est la fin \
             de la connexion",
    },
    French {
        id: "2.1",
        title: "LIST est envoyé en une ligne.",
        hint: "le client attend encore la fin de l'accueil, ou n'a pas envoyé la commande donnée. Lisez la ligne 'OK \
               <n>' et n octets, puis envoyez la première commande et un saut de ligne (LF), et videz le tampon \
               (flush)",
    },
    French {
        id: "3.1",
        title: "La liste est lue en entier, et la session continue.",
        hint: "le client attend plus que la liste. Son corps a le nombre d'octets annoncé par la première ligne, et \
               rien ensuite : pas de ligne vide pour le terminer, et la connexion reste ouverte",
    },
    French {
        id: "3.2",
        title: "Une liste vide est OK 0, et la session continue.",
        hint: "le client attend un corps qui n'a aucun octet. Après 'OK 0' rien ne vient : ne lisez rien",
    },
    French {
        id: "3.3",
        title: "La liste peut arriver octet par octet, même coupée au milieu d'un caractère.",
        hint: "chaque lecture est décodée à part, ou une lecture est prise pour toute la liste. Accumulez d'abord \
               <taille> octets, puis décodez-les",
    },
    French {
        id: "3.4",
        title: "Ce qu'un terminal interpréterait dans une liste n'est pas affiché tel quel.",
        hint: "les noms de la liste sont affichés tels quels. Remplacez ou échappez les caractères de contrôle, ou \
               refusez une telle liste",
    },
    French {
        id: "3.5",
        title: "Une liste coupée ne bloque pas le client.",
        hint:
            "une lecture de 0 octet est prise pour 'rien pour l'instant', et la boucle ne finit jamais. C'est la fin \
             de la connexion",
    },
    French {
        id: "4.1",
        title: "Un fichier est demandé par son nom.",
        hint: "la commande n'est pas faite de 'DOWNLOAD', une espace, le nom et un saut de ligne (LF)",
    },
    French {
        id: "4.2",
        title: "Un nom peut contenir des espaces, même deux de suite.",
        hint: "la commande est coupée à chaque espace. Coupez-la une seule fois, après son verbe : tout le reste est \
               le nom",
    },
    French {
        id: "4.3",
        title: "Un nom peut contenir des accents : il est envoyé en UTF-8.",
        hint: "le nom est lu ou envoyé dans un autre encodage que l'UTF-8. Indiquez l'encodage partout où des octets \
               deviennent du texte et où du texte devient des octets",
    },
    French {
        id: "4.4",
        title: "Après un refus, la session continue.",
        hint: "le client prend 'ERR' pour la fin, ou attend un corps. Un refus est une seule ligne, et la commande \
               suivante peut partir",
    },
    French {
        id: "4.5",
        title: "Une réponse ERR dont personne ne connaît le code est un refus, et la session continue.",
        hint:
            "les codes sont comparés à une liste, et un autre code est pris pour une réponse fausse. Toute réponse ERR \
             est un refus",
    },
    French {
        id: "4.6",
        title: "Ce qu'un terminal interpréterait dans un refus n'est pas affiché tel quel.",
        hint: "le message est affiché tel quel. Remplacez ou échappez les caractères de contrôle",
    },
    French {
        id: "4.7",
        title: "Un nom avec ../ ne fait pas sortir de {dir}, même si LIST le donne.",
        hint: "le nom est ajouté au répertoire sans être vérifié. Refusez un nom qui contient / ou \\",
    },
    French {
        id: "4.8",
        title: "Un chemin absolu ne fait pas sortir de {dir}, même si LIST le donne.",
        hint: "le nom est ajouté au répertoire sans être vérifié, et un répertoire suivi d'un chemin absolu donne ce \
               chemin absolu. Refusez un nom qui contient / ou \\",
    },
    French { id: "4.9", title: "Un téléchargement refusé ne crée pas de fichier.", hint: REFUSAL_STORED },
    French {
        id: "5.1",
        title: "Un petit fichier est enregistré dans {dir}, octet pour octet comme il a été envoyé.",
        hint: "le corps n'a pas été enregistré dans {dir} sous le nom du fichier",
    },
    French {
        id: "5.2",
        title: "Un fichier vide est enregistré aussi.",
        hint:
            "une taille de 0 est prise pour l'absence de fichier, ou le client attend un corps. Créez le fichier, et \
             ne lisez aucun octet",
    },
    French {
        id: "5.3",
        title: "Un fichier qui contient les 256 valeurs d'octet est enregistré inchangé.",
        hint: "le corps est traité comme du texte, et ce n'en est pas. Recevez des octets, gardez des octets, et \
               ouvrez le fichier en binaire",
    },
    French {
        id: "5.4",
        title: "Un fichier de plus d'un mébioctet est enregistré en entier.",
        hint:
            "une seule lecture est faite, et elle n'apporte pas tout le fichier. Lisez dans une boucle jusqu'à avoir \
               <taille> octets",
    },
    French {
        id: "5.5",
        title: "La première ligne d'une réponse et son corps peuvent arriver séparément.",
        hint: "une lecture est prise pour toute la réponse. Lisez la ligne, puis lisez jusqu'à avoir <taille> octets",
    },
    French {
        id: "5.6",
        title: "Un fichier peut arriver octet par octet.",
        hint: "une lecture est prise pour toute la ligne ou pour tout le corps. Lisez la ligne jusqu'à son saut de \
               ligne (LF), puis lisez jusqu'à avoir <taille> octets",
    },
    French {
        id: "5.7",
        title: "Un fichier qui ressemble à des réponses est enregistré tel quel.",
        hint: "le client cherche 'OK', 'ERR' ou des fins de ligne dans le corps. Seule la taille annoncée dit où le \
               corps finit",
    },
    French {
        id: "5.8",
        title: "Les fins de ligne sont enregistrées telles quelles.",
        hint: "les fins de ligne ont été converties, ou des espaces enlevées aux bouts. Ouvrez le fichier en \
               binaire, et n'enlevez rien",
    },
    French {
        id: "5.9",
        title: "Des fichiers de 1023 à 1025 et de 4095 à 4097 octets sont enregistrés en entier.",
        hint: "une lecture qui remplit le tampon, ou qui ne le remplit pas, est prise pour un signe. Seul le nombre \
               d'octets qui manquent encore dit quand le corps est fini",
    },
    French {
        id: "5.10",
        title: "Des fichiers de 65535 à 65537 octets sont enregistrés en entier.",
        hint: "une lecture qui remplit le tampon, ou qui ne le remplit pas, est prise pour un signe. Seul le nombre \
               d'octets qui manquent encore dit quand le corps est fini",
    },
    French {
        id: "5.11",
        title: "Un gros fichier qui arrive lentement est enregistré en entier.",
        hint: "une lecture courte est prise pour la fin. Lisez dans une boucle jusqu'à avoir <taille> octets",
    },
    French {
        id: "5.12",
        title: "Un silence d'une seconde au milieu d'un fichier n'est pas sa fin.",
        hint: "un délai dépassé sur la socket est pris pour la fin du corps. Comptez les octets ; un délai sert à \
               abandonner, et dure une demi-minute",
    },
    French {
        id: "5.13",
        title: "Ce qui arrive d'un bloc avec la fin d'un fichier est la réponse suivante.",
        hint:
            "tout ce qu'une lecture apporte est pris pour le fichier. Il finit après <taille> octets ; gardez ce qui \
             suit pour la réponse suivante",
    },
    French {
        id: "5.14",
        title: "Le client abandonne une première ligne qui ne finit jamais.",
        hint: "la ligne est lue jusqu'à son saut de ligne (LF), quels que soient le temps et la mémoire que cela \
               demande. Arrêtez après 512 octets",
    },
    French {
        id: "5.15",
        title: "'OK +5' n'est pas une réponse : rien n'est enregistré, et le client s'en va.",
        hint: "la conversion du langage accepte un signe. Vérifiez d'abord que tous les caractères sont des chiffres",
    },
    French {
        id: "5.16",
        title: "'OK 05' n'est pas une réponse : rien n'est enregistré, et le client s'en va.",
        hint: "la conversion du langage accepte des zéros au début. Une taille est 0, ou commence par un autre chiffre",
    },
    French {
        id: "5.17",
        title: "'OK -1' n'est pas une réponse : rien n'est enregistré, et le client s'en va.",
        hint: "une taille négative est acceptée comme nombre, et la boucle ne lit rien, ou lit sans fin (recv(-1)). \
               Vérifiez que tous les caractères sont des chiffres",
    },
    French {
        id: "5.18",
        title: "2^63 n'est pas une taille : rien n'est enregistré, et le client s'en va.",
        hint: "le nombre n'est pas comparé au plus grand permis (ou bien il déborde, et devient un autre nombre)",
    },
    French {
        id: "5.19",
        title: "Un fichier de 2^63 - 1 octets qui finit après cinq octets n'est pas enregistré.",
        hint: "la mémoire pour toute la taille est demandée d'un coup, ou une lecture de 0 octet est prise pour \
               'rien pour l'instant'. Recevez par morceaux, et arrêtez-vous à la fin",
    },
    French {
        id: "5.20",
        title: "Ce qui n'est ni OK ni ERR n'est pas une réponse : rien n'est enregistré, et le client s'en va.",
        hint: "tout ce qui n'est pas ERR est pris pour OK. Regardez le premier mot, et partez s'il n'est ni l'un ni \
               l'autre",
    },
    French {
        id: "5.21",
        title: "Un serveur muet ne retient pas le client pour toujours.",
        hint: "la socket n'a pas de délai (timeout), ou ce délai est plus long que {timeout}",
    },
    French {
        id: "5.22",
        title:
            "Un fichier dont le corps finit trop tôt n'est pas enregistré ; celui qui est venu en entier avant reste.",
        hint: WRITTEN_TOO_EARLY,
    },
    French {
        id: "5.23",
        title: "Un fichier dont la connexion est réinitialisée au milieu du corps n'est pas enregistré.",
        hint: WRITTEN_TOO_EARLY,
    },
    French {
        id: "5.24",
        title: "Un fichier du même nom déjà présent est remplacé, et les autres restent.",
        hint: "l'ancien fichier a été gardé, ou seul son début a été récrit. Ouvrez le fichier de façon à le vider \
               d'abord ('wb'), ou renommez le nouveau par-dessus",
    },
    French {
        id: "5.25",
        title: "Un corps qui finit trop tôt ne laisse pas une moitié à la place d'un fichier plus ancien.",
        hint: WRITTEN_TOO_EARLY,
    },
    French {
        id: "5.26",
        title: "Une connexion qui finit au milieu de la première ligne ne laisse pas de fichier.",
        hint: "une ligne sans son saut de ligne (LF) est prise pour une ligne entière : 'OK 0', début de 'OK 05000', \
               pour un fichier vide. Sans saut de ligne, ce n'est pas une ligne",
    },
    French {
        id: "6.1",
        title: "Une liste et plusieurs fichiers passent par une seule connexion.",
        hint:
            "la session finit après une commande, ou la deuxième réponse est mal lue. Envoyez les commandes dans une \
             boucle, et lisez exactement les octets de chaque réponse",
    },
    French {
        id: "6.2",
        title: "HELP est envoyé quand il est donné, et sa réponse est lue.",
        hint: "le client répond lui-même à HELP, ou ne le connaît pas. Envoyez-le, et lisez la réponse comme celle \
               de LIST",
    },
    French {
        id: "6.3",
        title: "SHUTTING_DOWN à la place d'une réponse arrête le client, et rien n'est enregistré.",
        hint: "le client attend une réponse, ou recommence sans fin. Après ce refus, la connexion est finie",
    },
    French {
        id: "7.1",
        title: "LOGOUT est envoyé, et rien après.",
        hint: "le client ferme sa socket sans LOGOUT. Envoyez-le, lisez l'au revoir, et attendez la fin",
    },
    French {
        id: "8.1",
        title: "Le client lit l'au revoir, et attend que le serveur mette fin à la connexion.",
        hint: "le client ferme juste après son LOGOUT, ou juste après l'au revoir. Lisez l'au revoir, lisez encore \
               jusqu'à la fin (une lecture de 0 octet), puis fermez",
    },
    French {
        id: "8.2",
        title: "Quand tout a réussi, le programme finit avec le code de sortie 0.",
        hint: "le programme finit par une erreur, ou renvoie un autre nombre. Regardez ce qu'il a affiché ; terminez \
               main par return 0",
    },
    French {
        id: "8.3",
        title: "L'au revoir peut arriver octet par octet.",
        hint: "une lecture est prise pour tout l'au revoir, et les octets qui suivent ne sont pas attendus. Lisez la \
               ligne, puis ses octets, puis la fin",
    },
    French {
        id: "8.4",
        title: "Une fin sans au revoir ne bloque pas le client, et ne coûte aucun fichier.",
        hint: "l'au revoir est attendu dans une boucle qui ne regarde pas si la connexion est finie",
    },
    French {
        id: "8.5",
        title: "Un au revoir sans fin de connexion ne retient pas le client pour toujours.",
        hint: "la fin est attendue sans délai (timeout)",
    },
    French {
        id: "8.6",
        title: "Quand un fichier a été refusé, le code de sortie n'est pas 0.",
        hint: "un refus est affiché puis oublié. Retenez que quelque chose a échoué, et finissez alors avec 1 \
               (sys.exit(1), ou return 1 dans main)",
    },
    French {
        id: "8.7",
        title: "Quand un fichier a été coupé, le code de sortie n'est pas 0.",
        hint: "le corps trop court n'est pas remarqué, ou il est remarqué puis oublié. Finissez avec 1 (sys.exit(1), \
               ou return 1 dans main)",
    },
];
