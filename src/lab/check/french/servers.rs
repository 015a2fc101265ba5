//! The checks of servers in French, in the order of their numbers.
//!
//! Read first: `mod.rs`. It does not know how a check is made.

use crate::lab::check::french::French;

/// One for each check.
pub const CHECKS: &[French] = &[
    French {
        id: "1.1",
        title: "Le serveur accueille un client qui se connecte.",
        hint: "le message d'accueil n'est pas parti en entier. Juste après accept, envoyez 'OK <n>', un saut de \
               ligne (LF), puis n octets de texte ; n compte des octets, y compris le saut de ligne du texte",
    },
    French {
        id: "1.2",
        title: "Le message d'accueil contient le mot HELP.",
        hint: "le mot HELP manque dans le texte d'accueil. C'est lui qui apprend à une personne venue avec netcat ce \
               qu'elle peut taper",
    },
    French {
        id: "1.3",
        title: "Une commande envoyée avant que l'accueil soit lu reçoit sa réponse après l'accueil.",
        hint: "ce qui arrive avant l'envoi de l'accueil est jeté. Lisez le flux à partir de son premier octet",
    },
    French {
        id: "1.4",
        title: "Des clients qui se connectent et disparaissent aussitôt ne font pas de dégâts.",
        hint: "envoyer l'accueil à un client déjà parti provoque une erreur (ou SIGPIPE), et elle a arrêté tout le \
               serveur. L'erreur d'une session ne doit arrêter que cette session",
    },
    French {
        id: "1.5",
        title: "Vingt clients sont accueillis pendant que tous restent connectés.",
        hint: "le serveur sert les clients l'un après l'autre. Donnez à chaque connexion son propre fil d'exécution \
               (thread), et revenez aussitôt à accept",
    },
    French {
        id: "1.6",
        title: "Un client qui ne dit rien ne retarde personne.",
        hint: "le serveur attend la commande du client silencieux avant d'accepter le suivant. Donnez à chaque \
               connexion son propre fil d'exécution (thread)",
    },
    French {
        id: "1.7",
        title: "Un serveur complet répond SERVER_FULL à la place de l'accueil, puis met fin à la connexion.",
        hint: "la connexion reste ouverte après le refus. Envoyez la ligne 'ERR SERVER_FULL' suivie d'une phrase, \
               puis fermez",
    },
    French {
        id: "1.8",
        title: "Le refus SERVER_FULL n'est pas perdu quand le client avait déjà envoyé quelque chose.",
        hint: "le serveur a répondu à ce que le client avait envoyé, ou il n'a pas envoyé le refus. Refusez avant de \
               lire",
    },
    French {
        id: "1.9",
        title: "La limite tient quand beaucoup de clients se connectent au même moment.",
        hint: "le serveur regarde si une place est libre, et la prend plus tard ; entre les deux, d'autres sont \
               entrés. Regardez et prenez sous un seul verrou, sans le relâcher entre les deux",
    },
    French {
        id: "2.1",
        title: "LIST reçoit la réponse OK.",
        hint: "la commande n'est pas reconnue, ou reste sans réponse. Enlevez la fin de ligne, puis comparez la \
               ligne à LIST",
    },
    French {
        id: "2.2",
        title: "Le verbe peut être en majuscules ou en minuscules.",
        hint: "le verbe est comparé tel qu'il est arrivé. Mettez d'abord ses lettres ASCII en majuscules",
    },
    French {
        id: "2.3",
        title: "Une commande peut se terminer par CR LF.",
        hint: "le CR est resté à la fin du verbe ou du nom de fichier. Une fois le LF enlevé, enlevez aussi un CR",
    },
    French {
        id: "2.4",
        title: "Une commande qui arrive en morceaux est une seule commande.",
        hint: "une lecture a été prise pour un message, et le serveur a répondu à une moitié de commande. Accumulez \
               les octets jusqu'au saut de ligne (LF), puis regardez la ligne",
    },
    French {
        id: "2.5",
        title: "Un CR et son LF peuvent arriver séparément.",
        hint: "le CR a été pris pour une fin de ligne, ou le LF qui le suit pour une ligne vide. Seul LF termine une \
               ligne ; enlevez ensuite un CR placé juste avant lui",
    },
    French {
        id: "2.6",
        title: "Deux commandes dans un même paquet reçoivent deux réponses.",
        hint: "le serveur n'a répondu qu'à la première des deux commandes arrivées dans un même paquet. Une lecture \
               n'est pas un message : gardez pour le tour suivant ce qui vient après le saut de ligne (LF)",
    },
    French {
        id: "2.7",
        title: "Une commande et demie : la moitié est gardée jusqu'à ce que le reste arrive.",
        hint: "ce qui suit le premier saut de ligne (LF) a été jeté, ou a reçu une réponse trop tôt. Gardez-le, et \
               ajoutez à sa suite les octets qui arrivent",
    },
    French {
        id: "2.8",
        title: "Un client qui a fermé son côté émission reçoit toutes les réponses.",
        hint: "la fin du flux du client a été prise pour la fin de la connexion. Répondez d'abord à toutes les \
               lignes complètes ; tenez compte de la fin seulement après",
    },
    French {
        id: "2.9",
        title: "Les espaces autour d'une commande sont enlevées.",
        hint: "la ligne est comparée avec ses espaces. Enlevez-les d'abord aux deux bouts",
    },
    French {
        id: "2.10",
        title: "LIST avec un argument est refusé avec BAD_ARGUMENTS, et la session continue.",
        hint: "ce qui suit le verbe n'a pas été regardé, ou a été pris pour une partie du verbe. Coupez la ligne à \
               sa première espace",
    },
    French {
        id: "2.11",
        title: "Une ligne vide est refusée avec UNKNOWN_COMMAND, et la session continue.",
        hint: "une ligne vide est restée sans réponse, ou a été prise pour la fin du flux. La fin du flux, c'est une \
               lecture de 0 octet, et rien d'autre",
    },
    French {
        id: "2.12",
        title: "Une ligne qui n'est pas de l'UTF-8 est refusée avec NOT_TEXT, et la session continue.",
        hint: "le décodage a provoqué une erreur qui a mis fin à la session, ou bien les octets ont été remplacés. \
               Attrapez l'erreur, et répondez par NOT_TEXT",
    },
    French {
        id: "2.13",
        title: "Seules les lettres ASCII peuvent changer de casse, et seule l'espace sépare : LI\u{17f}T, ou LIST \
                après une tabulation, est inconnu.",
        hint: "la fonction upper() du langage transforme d'autres lettres que celles de l'ASCII ; strip() et split() \
               enlèvent d'autres caractères que l'espace",
    },
    French {
        id: "2.14",
        title: "Un CR à l'intérieur d'une ligne ne la termine pas.",
        hint: "la ligne a été coupée à un CR (splitlines, universal newlines). Seul LF termine une ligne",
    },
    French {
        id: "2.15",
        title: "Une ligne de 1024 octets, LF compris, est acceptée.",
        hint: "la limite est décalée d'un octet, ou ne compte pas le LF",
    },
    French {
        id: "2.16",
        title: "Au bout de 1024 octets sans fin de ligne vient LINE_TOO_LONG, puis la fin.",
        hint: "la ligne s'accumule sans limite : un seul client peut remplir la mémoire. Comptez ses octets, \
               refusez, fermez",
    },
    French {
        id: "2.17",
        title: "Le refus d'une ligne sans fin n'est pas perdu.",
        hint: "le refus attend que le client fasse une pause, ou n'est jamais envoyé. Refusez dès que la limite est \
               atteinte",
    },
    French {
        id: "2.18",
        title: "Un client dont le flux finit au milieu d'une ligne reçoit INCOMPLETE_LINE.",
        hint: "le reste sans fin de ligne a été exécuté ou jeté : à la fin du flux, regardez s'il reste quelque \
               chose, refusez-le, fermez. Ou bien le serveur a fermé dès qu'il a vu cette fin, et ne pouvait plus \
               répondre (avec Node : allowHalfOpen)",
    },
    French {
        id: "2.19",
        title: "Les séquences Telnet sont enlevées, où qu'elles soient.",
        hint: "les séquences ont été prises pour du texte. Un client telnet les mêle à ce qu'il envoie, et chacune \
               commence par l'octet 0xFF. Enlevez-les octet par octet, avant de regarder la ligne",
    },
    French {
        id: "2.20",
        title: "La demande Telnet DO TIMING-MARK reçoit sa réponse aussitôt.",
        hint: "elle reste sans réponse, et un telnet dont l'utilisateur a tapé Ctrl-C n'affiche plus rien jusqu'à \
               cette réponse. Envoyez FF FC 06 dès que FF FD 06 est arrivé, sans attendre une fin de ligne",
    },
    French {
        id: "3.1",
        title: "Chaque ligne de la liste est une taille, une espace et un nom.",
        hint: "une ligne de la liste a une autre forme. Écrivez la taille, une espace, le nom, un saut de ligne (LF)",
    },
    French {
        id: "3.2",
        title: "La liste contient chaque fichier servi, avec sa taille en octets.",
        hint: "un fichier manque, ou sa taille n'est pas le nombre de ses octets. Donnez tous les fichiers \
               ordinaires du répertoire, aussi ceux dont le nom a des espaces ou des accents, et demandez la taille \
               au système de fichiers",
    },
    French {
        id: "3.3",
        title: "La liste est triée selon les octets des noms.",
        hint: "les noms sont dans l'ordre du système de fichiers, ou dans celui d'un dictionnaire. Triez selon les \
               octets UTF-8 du nom, sans tenir compte de la langue (Z vient avant a, et \u{e9} après z), et non \
               selon la taille ou la ligne entière",
    },
    French {
        id: "3.4",
        title: "La taille de la liste compte des octets : la réponse suivante commence juste après.",
        hint:
            "la taille compte des caractères, ou oublie le dernier saut de ligne (LF). Encodez d'abord le texte, puis \
               comptez ses octets",
    },
    French {
        id: "3.5",
        title: "Les fichiers cachés ne sont pas dans la liste.",
        hint: "un fichier dont le nom commence par un point est dans la liste. Ne le mettez pas",
    },
    French {
        id: "3.6",
        title: "Les répertoires ne sont pas dans la liste.",
        hint: "un répertoire est dans la liste. Vérifiez pour chaque entrée que c'est un fichier ordinaire",
    },
    French {
        id: "3.7",
        title: "Les liens symboliques ne sont pas dans la liste.",
        hint: "le test 'est-ce un fichier ?' suit les liens. Interrogez l'entrée elle-même (lstat, is_symlink), car \
               un lien peut mener n'importe où",
    },
    French {
        id: "3.8",
        title: "Les tubes nommés (FIFO) et les sockets ne sont pas dans la liste.",
        hint: "tout ce qui n'est pas un répertoire a été pris pour un fichier. Vérifiez pour chaque entrée que c'est \
               un fichier ordinaire",
    },
    French {
        id: "3.9",
        title: "Un fichier dont le nom contient un saut de ligne, ou n'est pas de l'UTF-8, n'est pas dans la liste, \
                et ne gêne pas LIST.",
        hint: "le nom a été écrit tel quel dans la liste, ou a provoqué une erreur qui a arrêté LIST. Un saut de \
               ligne dans un nom fait deux lignes d'une seule, et des octets qui ne sont pas de l'UTF-8 ne peuvent \
               pas être encodés. Ne mettez pas ces fichiers dans la liste",
    },
    French {
        id: "4.1",
        title: "Un fichier qui n'existe pas est refusé avec NOT_FOUND, et la session continue.",
        hint: "l'erreur d'ouverture du fichier n'est pas attrapée, ou elle met fin à la session. Répondez 'ERR \
               NOT_FOUND', une espace, une phrase et un saut de ligne (LF), puis lisez la commande suivante",
    },
    French {
        id: "4.2",
        title: "Un nom peut contenir des espaces, même deux de suite.",
        hint: "la ligne est coupée à chaque espace. Coupez-la une seule fois, après le verbe : tout le reste est le \
               nom",
    },
    French {
        id: "4.3",
        title: "Un nom peut contenir des accents : il est en UTF-8.",
        hint: "la ligne n'est pas décodée comme de l'UTF-8. Indiquez l'encodage là où des octets deviennent du texte",
    },
    French {
        id: "4.4",
        title: "Un nom qui arrive en morceaux, coupé au milieu d'un caractère, est un seul nom.",
        hint: "chaque lecture a été décodée à part, et une moitié de caractère n'est pas de l'UTF-8. Accumulez les \
               octets, et décodez la ligne entière",
    },
    French {
        id: "4.5",
        title: "DOWNLOAD sans nom de fichier est refusé avec BAD_ARGUMENTS, et la session continue.",
        hint: "le deuxième mot a été pris sans vérifier qu'il existe",
    },
    French {
        id: "4.6",
        title: "Les espaces autour du nom de fichier sont enlevées.",
        hint: "les espaces après le verbe, ou à la fin de la ligne, ont été prises pour une partie du nom",
    },
    French {
        id: "4.7",
        title: "Aucun nom avec .. ne fait sortir du répertoire servi.",
        hint: "le nom a été ajouté au répertoire sans être vérifié : n'importe qui peut lire tous les fichiers de \
               l'ordinateur. Refusez un nom qui contient / ou \\, ou qui commence par un point, avant qu'il n'arrive \
               au système de fichiers",
    },
    French {
        id: "4.8",
        title: "Aucun chemin absolu ne fait sortir du répertoire servi.",
        hint: "le nom a été ajouté au répertoire tel quel. Dans la plupart des langages, un répertoire suivi d'un \
               chemin absolu donne ce chemin absolu. Refusez un nom qui contient / ou \\ avant qu'il n'arrive au \
               système de fichiers",
    },
    French {
        id: "4.9",
        title: "Un fichier caché est refusé avec BAD_FILENAME.",
        hint: "le fichier est seulement absent de la liste. DOWNLOAD doit vérifier le nom, lui aussi",
    },
    French {
        id: "4.10",
        title: "Les noms qui mènent ailleurs sont refusés avec BAD_FILENAME.",
        hint: "le fichier est cherché avant que son nom soit vérifié. Refusez d'abord les noms qu'aucun fichier \
               servi ne peut porter",
    },
    French {
        id: "4.11",
        title: "Un nom a au plus 255 octets : un de plus, et c'est BAD_FILENAME.",
        hint:
            "la longueur n'a pas été vérifiée, ou a été comptée en caractères. En UTF-8, une lettre accentuée occupe \
               deux octets",
    },
    French {
        id: "4.12",
        title: "Un nom avec un caractère de contrôle est refusé avec BAD_FILENAME.",
        hint: "un tel nom est arrivé au système de fichiers, ou un octet nul du nom a provoqué une erreur qui a mis \
               fin à la session",
    },
    French {
        id: "4.13",
        title: "Un répertoire n'est pas envoyé : c'est NOT_FOUND.",
        hint: "l'ouverture d'un répertoire a réussi, ou son erreur est restée sans réponse. Vérifiez d'abord que \
               c'est un fichier ordinaire",
    },
    French {
        id: "4.14",
        title: "Un lien symbolique n'est pas suivi : c'est NOT_FOUND.",
        hint: "le lien a été suivi, et un lien peut mener à n'importe quel fichier de l'ordinateur. Interrogez \
               l'entrée elle-même (lstat), et vérifiez que c'est un fichier ordinaire",
    },
    French {
        id: "4.15",
        title: "Un tube nommé (FIFO) ou une socket n'est pas envoyé : c'est NOT_FOUND, sans attente.",
        hint: "ouvrir un tube nommé attend que quelqu'un y écrive. Vérifiez d'abord que c'est un fichier ordinaire, \
               ou ouvrez-le sans attendre (O_NONBLOCK)",
    },
    French {
        id: "5.1",
        title: "Un petit fichier arrive, précédé de sa taille.",
        hint: "la réponse n'est pas 'OK <taille>', un saut de ligne (LF), puis les octets du fichier",
    },
    French {
        id: "5.2",
        title: "Un fichier vide donne OK 0, et rien ne suit.",
        hint: "rien n'est envoyé pour un fichier vide, ou trop d'octets le sont. La première ligne part aussi quand \
               le corps est vide",
    },
    French {
        id: "5.3",
        title: "Un fichier qui contient les 256 valeurs d'octet arrive inchangé.",
        hint: "le fichier a été ouvert comme du texte : les fins de ligne ont été converties, ou les octets décodés. \
               Ouvrez-le en binaire, et envoyez ses octets tels quels",
    },
    French {
        id: "5.4",
        title: "Un fichier de plus d'un mébioctet arrive en entier.",
        hint: "seul le premier tampon a été envoyé, ou un tampon n'a pas été envoyé en entier. Lisez et envoyez dans \
               une boucle, et regardez combien d'octets chaque lecture et chaque envoi a vraiment traités (sendall, \
               write_all)",
    },
    French {
        id: "5.5",
        title: "Chaque nom donné par LIST peut être téléchargé, et a la taille annoncée par LIST.",
        hint: "LIST et DOWNLOAD ne sont pas d'accord sur ce qui est servi. Faites-leur utiliser la même fonction",
    },
    French {
        id: "5.6",
        title: "Des fichiers de 1023, 1024 et 1025 octets arrivent en entier.",
        hint: "une taille proche de celle d'un tampon de 1024 octets pose problème. Envoyez jusqu'à la fin du \
               fichier, et non jusqu'à un morceau plus court que le tampon ; envoyez exactement les octets lus",
    },
    French {
        id: "5.7",
        title: "Des fichiers de 65535, 65536 et 65537 octets arrivent en entier.",
        hint: "une taille proche de celle d'un tampon de 64 Kio pose problème. Envoyez jusqu'à la fin du fichier, et \
               non jusqu'à un morceau plus court que le tampon ; envoyez exactement les octets lus",
    },
    French {
        id: "5.8",
        title: "Un fichier rempli de 0xFF arrive inchangé.",
        hint: "0xFF a été pris pour la fin du fichier (un char qui reçoit le EOF de getc), doublé comme l'IAC de \
               Telnet, ou décodé comme du texte. Envoyez des octets",
    },
    French {
        id: "5.9",
        title: "Un fichier qui ressemble à des réponses arrive tel quel.",
        hint: "le corps a été envoyé ligne par ligne, ou examiné. Envoyez les octets du fichier, quels qu'ils soient",
    },
    French {
        id: "5.10",
        title: "Un client qui lit lentement reçoit tous les octets.",
        hint: "un envoi n'a pris qu'une partie des octets, car les tampons étaient pleins, et le reste n'est pas \
               parti. Regardez le nombre que send renvoie, ou utilisez sendall ou write_all. N'abandonnez pas parce \
               qu'un envoi doit attendre",
    },
    French {
        id: "5.11",
        title: "Un client qui a fermé son côté émission reçoit un gros fichier en entier.",
        hint: "pendant l'envoi, le serveur voit la fin du flux du client et s'arrête. Cette fin ne doit compter \
               qu'une fois la réponse partie",
    },
    French {
        id: "5.12",
        title: "Un client qui disparaît pendant un téléchargement ne fait pas de dégâts.",
        hint: "envoyer à un client déjà parti provoque une erreur (ou SIGPIPE), et elle a arrêté tout le serveur. \
               L'erreur d'une session ne doit arrêter que cette session",
    },
    French {
        id: "5.13",
        title: "Un client qui ne lit jamais ne retarde personne.",
        hint: "pendant qu'une réponse attend un client qui ne lit pas, les autres attendent aussi. Envoyez dans le \
               fil d'exécution (thread) de la session, et ne gardez jamais un verrou pendant une lecture ou un envoi",
    },
    French {
        id: "5.14",
        title: "Des clients qui téléchargent en même temps reçoivent chacun leur fichier.",
        hint: "les sessions partagent ce que chacune devrait avoir pour elle seule : un tampon, un fichier, une \
               variable globale",
    },
    French {
        id: "5.15",
        title: "Un fichier qui raccourcit pendant l'envoi met fin à la connexion, et aucun autre octet ne le remplace.",
        hint: "la fin du fichier est venue avant la taille annoncée, et le serveur a continué : il attend, ou lit \
               sans fin, ou complète avec d'autres octets, ou envoie un refus que le client prend pour le fichier. \
               Fermez la connexion",
    },
    French {
        id: "6.1",
        title: "Un client peut demander la liste et télécharger autant de fois qu'il veut.",
        hint: "la session finit, ou ne répond plus, après une réponse. Lisez la commande suivante dans une boucle",
    },
    French {
        id: "6.2",
        title: "HELP donne une ligne pour chacune des quatre commandes.",
        hint: "le serveur ne connaît pas HELP (alors il l'a refusé), ou une commande n'a pas de ligne dans son texte",
    },
    French {
        id: "6.3",
        title: "Une commande inconnue est refusée avec UNKNOWN_COMMAND, et la session continue.",
        hint: "ce qui n'est pas une commande est resté sans réponse, ou a reçu un texte d'une autre forme, et le \
               client attend sans fin. Répondez 'ERR UNKNOWN_COMMAND' suivi d'une phrase, et continuez à lire",
    },
    French {
        id: "6.4",
        title: "Cent commandes dans un même paquet reçoivent leurs réponses dans l'ordre.",
        hint: "des commandes ont été perdues, ou les réponses ne sont pas dans l'ordre. Prenez les lignes une par \
               une dans ce qui a été reçu, aussi quand une lecture finit au milieu d'une ligne",
    },
    French {
        id: "6.5",
        title: "HELP avec un argument est refusé avec BAD_ARGUMENTS, et la session continue.",
        hint: "ce qui suit le verbe n'a pas été regardé",
    },
    French {
        id: "6.6",
        title: "Un refus est une seule ligne affichable, quelle que soit la ligne refusée.",
        hint: "la ligne du client est citée telle quelle. Échappez ce qu'un terminal interpréterait, et coupez une \
               longue citation, pour que la ligne ait au plus 512 octets",
    },
    French {
        id: "6.7",
        title: "Une session survit à de nombreuses erreurs.",
        hint: "la session finit après quelques refus. Continuez à lire après chacun d'eux",
    },
    French {
        id: "6.8",
        title: "Deux clients qui alternent reçoivent chacun leurs réponses.",
        hint: "la moitié de ligne d'un client a été complétée par celle d'un autre. Chaque session a besoin de son \
               propre tampon",
    },
    French {
        id: "6.9",
        title: "Chaque réponse va au client qui a posé la question.",
        hint: "les sessions partagent ce que chacune devrait avoir pour elle seule : la socket, le nom du fichier ou \
               la réponse est dans une variable que toutes utilisent",
    },
    French {
        id: "7.1",
        title: "LOGOUT reçoit la réponse OK et un au revoir.",
        hint: "le serveur ferme sans sa dernière réponse, ou ne connaît pas LOGOUT. Envoyez 'OK <n>' et le texte, \
               puis fermez",
    },
    French {
        id: "7.2",
        title: "Ce qu'un client envoie après LOGOUT ne reçoit pas de réponse.",
        hint: "la boucle continue avec ce qui a été reçu après LOGOUT. Quittez-la après l'au revoir",
    },
    French {
        id: "7.3",
        title: "LOGOUT avec un argument est refusé avec BAD_ARGUMENTS, et la session continue.",
        hint: "ce qui suit le verbe n'a pas été regardé",
    },
    French {
        id: "7.4",
        title: "L'au revoir n'est pas perdu quand le client a envoyé autre chose après LOGOUT.",
        hint: "LOGOUT n'est pas vu quand d'autres octets le suivent. Prenez les lignes une par une dans ce qui a été \
               reçu",
    },
    French {
        id: "8.1",
        title: "Après l'au revoir la connexion prend fin, et plus rien n'est envoyé.",
        hint: "la socket n'est pas fermée après l'au revoir. Fermez-la (close, ou shutdown) quand la session est \
               finie, même si un autre fil d'exécution (thread) la tient encore",
    },
    French {
        id: "8.2",
        title: "Quand un client a terminé avec LOGOUT, le suivant est servi.",
        hint: "tout le serveur s'arrête avec une session, ou ne revient pas à accept",
    },
    French {
        id: "8.3",
        title: "Quand le client ferme son côté émission, le serveur met fin à la connexion.",
        hint:
            "une lecture de 0 octet est prise pour 'rien pour l'instant', et le serveur relit sans cesse : il occupe \
               tout un processeur. C'est la fin du flux, définitivement. Quittez la boucle et fermez",
    },
    French {
        id: "8.4",
        title: "Après la disparition d'un client, le serveur n'occupe plus le processeur.",
        hint:
            "une lecture de 0 octet est prise pour 'rien pour l'instant', et la boucle ne finit jamais. C'est la fin \
               du flux, définitivement. Quittez la boucle. Observez le programme avec top après avoir arrêté un \
               netcat par Ctrl-C",
    },
    French {
        id: "8.5",
        title: "Un client qui a vu la fin après LOGOUT peut se reconnecter.",
        hint: "le nombre de sessions ne diminue pas, ou diminue seulement après la fermeture de la socket. Rendez \
               d'abord la place",
    },
    French {
        id: "8.6",
        title: "Les places des clients disparus sont rendues.",
        hint: "la place n'est rendue qu'après LOGOUT. Rendez-la là où finit toute session, quelle que soit sa fin \
               (finally, un destructeur). Si une partie des places revient, le compteur est lu sous un verrou et \
               écrit sous un autre",
    },
    French {
        id: "8.7",
        title: "Vingt clients qui envoient LOGOUT en même temps reçoivent tous l'au revoir et la fin.",
        hint: "la fin d'une session en dérange une autre : une liste de sessions est modifiée par deux fils \
               d'exécution (threads), ou une socket est fermée à la place d'une autre",
    },
    French {
        id: "8.8",
        title: "Un client muet pendant le délai d'inactivité reçoit IDLE_TIMEOUT, puis la connexion prend fin.",
        hint: "la connexion est fermée sans un mot, trop tôt, ou jamais. Quand aucune commande n'est venue pendant \
               ce délai, envoyez 'ERR IDLE_TIMEOUT', une phrase et un saut de ligne (LF), puis fermez",
    },
    French {
        id: "8.9",
        title: "Un octet de temps en temps ne prolonge pas le délai d'inactivité.",
        hint: "le délai repart à zéro à chaque octet, et un client peut donc garder une session sans fin. Comptez \
               depuis la fin de la dernière réponse jusqu'à la prochaine ligne complète",
    },
];
