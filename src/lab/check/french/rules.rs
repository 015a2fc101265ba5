//! The rules that the checks quote, in the words of docs/PROTOCOLE.md. Those of docs/CLIENTS.md, which is in English
//! alone, are put into French here.
//!
//! Read first: `docs/PROTOCOLE.md`. It does not know which check rests on which rule.

/// The rule in French. Every rule has some: the tests look.
pub fn of(english: &str) -> Option<&'static str> {
    RULES.iter().find(|(rule, _)| *rule == english).map(|(_, french)| *french)
}

/// Each rule in English and in French, in the order of docs/PROTOCOL.md.
pub const RULES: &[(&str, &str)] = &[
    ("One TCP connection is one *session*", "Une connexion TCP est une *session*."),
    // The conversation.
    ("The client sends one line for each command.", "Le client envoie une ligne par commande."),
    (
        "The server answers each with exactly one reply, in order.",
        "Le serveur répond à chacune par une seule réponse, dans l'ordre.",
    ),
    ("Three replies come unasked", "Trois réponses arrivent sans qu'une commande les demande"),
    ("`HELP` may come at any time.", "`HELP` peut venir à tout moment."),
    // The grammar.
    ("*(size SP filename LF)", "*(size SP filename LF)"),
    ("reply = ok-reply / err-reply", "reply = ok-reply / err-reply"),
    ("\"0\" / (%x31-39 *DIGIT)", "\"0\" / (%x31-39 *DIGIT)"),
    ("at most 2^63 - 1", "au plus 2^63 - 1"),
    ("sorted by the bytes of the names", "dans l'ordre des octets des noms"),
    ("at most 512 bytes, LF included", "au plus 512 octets, LF compris"),
    ("UTF-8 without control characters", "de l'UTF-8 sans caractère de contrôle"),
    // Command lines.
    (
        "A command is one line of UTF-8 text that ends with LF.",
        "Une commande est une ligne de texte UTF-8 terminée par LF.",
    ),
    (
        "TCP keeps no boundaries: one read may bring half a line, or three.",
        "TCP ne garde aucune limite entre les envois : une lecture peut apporter une demi-ligne, ou trois lignes.",
    ),
    (
        "one read may bring half a line, or three. A line is complete when its LF is there",
        "une lecture peut apporter une demi-ligne, ou trois lignes. Une ligne est complète quand son LF est là.",
    ),
    ("A line is complete when its LF is there", "Une ligne est complète quand son LF est là."),
    ("what stands behind the LF belongs to the next line", "Ce qui vient après le LF appartient à la ligne suivante."),
    (
        "A line has at most 1024 bytes as received, its LF included.",
        "Une ligne a au plus 1024 octets tels que reçus, LF compris.",
    ),
    (
        "One CR right before the LF is dropped: telnet and `nc -C` send CR LF.",
        "Un CR juste avant le LF est supprimé : telnet et `nc -C` envoient CR LF.",
    ),
    (
        "Then spaces (U+0020, no other character) are dropped at both ends.",
        "Ensuite, les espaces (U+0020, et aucun autre caractère) sont supprimées aux deux bouts.",
    ),
    (
        "its ASCII letters match in either case",
        "Ses lettres ASCII se comparent sans distinguer majuscules et minuscules",
    ),
    (
        "its ASCII letters match in either case, and no other letters do (`LI\u{17f}T` is not LIST)",
        "Ses lettres ASCII se comparent sans distinguer majuscules et minuscules, et elles seules (`LI\u{17f}T` \
         n'est pas LIST).",
    ),
    (
        "After the verb and the spaces that follow it, the rest of the line is the argument",
        "Après le verbe et les espaces qui le suivent, le reste de la ligne est l'argument",
    ),
    (
        "the rest of the line is the argument, with the spaces inside it",
        "le reste de la ligne est l'argument, avec les espaces qu'il contient.",
    ),
    (
        "a client may send commands before the earlier ones are answered. They are answered in order.",
        "un client peut envoyer des commandes avant d'avoir reçu la réponse aux précédentes. Le serveur y répond \
         dans l'ordre.",
    ),
    ("They are answered in order.", "Le serveur y répond dans l'ordre."),
    (
        "a client that has ended its sending side still gets every answer to the complete lines that it sent",
        "un client qui a fermé son côté émission reçoit encore toutes les réponses aux lignes complètes qu'il a \
         envoyées.",
    ),
    (
        "a client that has ended its sending side still gets every answer",
        "un client qui a fermé son côté émission reçoit encore toutes les réponses",
    ),
    (
        "the session also ends if the client ends its sending side between two commands",
        "La session se termine donc aussi quand le client ferme son côté émission entre deux commandes.",
    ),
    ("a server holds many sessions at the same time", "Un serveur mène de nombreuses sessions en même temps."),
    (
        "A client that is silent, slow, reads nothing or vanishes delays no other client's greeting or answers",
        "Un client muet, lent, qui ne lit rien ou qui disparaît ne retarde ni l'accueil ni les réponses d'un autre \
         client",
    ),
    // Replies.
    ("then exactly `<size>` bytes", "puis exactement `<size>` octets."),
    (
        "They may be anything, LF and zero bytes included",
        "Ces octets sont quelconques : il peut y avoir des LF et des octets nuls.",
    ),
    ("Only the size says where the body ends.", "Seule la taille dit où le corps se termine."),
    ("a client takes an unknown one as a refusal", "un client prend un code inconnu pour un refus."),
    // The eight steps.
    ("The client opens a TCP connection to the server.", "Le client ouvre une connexion TCP vers le serveur."),
    ("The server greets it with a text that names HELP.", "Le serveur l'accueille avec un texte qui nomme HELP."),
    (
        "A server that is full or stopping sends `ERR SERVER_FULL` or `ERR SHUTTING_DOWN` in place of the greeting",
        "Un serveur complet ou en train de s'arrêter envoie `ERR SERVER_FULL` ou `ERR SHUTTING_DOWN` à la place de \
         l'accueil",
    ),
    (
        "a line for each: its size in bytes, a space, its name",
        "une ligne par fichier : sa taille en octets, une espace, son nom.",
    ),
    ("An empty directory is `OK 0`.", "Un répertoire vide donne `OK 0`."),
    (
        "`\u{e0}` is one letter and two bytes in UTF-8, and each LF is one byte",
        "`\u{e0}` est une lettre et deux octets en UTF-8, et chaque LF est un octet.",
    ),
    ("is one letter and two bytes in UTF-8", "est une lettre et deux octets en UTF-8"),
    ("The client asks for a file.", "Le client demande un fichier."),
    ("The name is all that follows, spaces included", "Le nom est tout ce qui suit, espaces comprises"),
    ("The server sends the file", "Le serveur envoie le fichier"),
    (
        "**6. Steps 4 and 5 repeat** for as many files as the client wants",
        "**6. Les étapes 4 et 5 se répètent**, pour autant de fichiers que le client veut.",
    ),
    ("A mistake does not end the session", "Une erreur ne met pas fin à la session"),
    ("S: OK 0", "S: OK 0"),
    ("**7. The client ends its session.**", "**7. Le client met fin à sa session.**"),
    ("What it sent after this line is not looked at.", "Ce qu'il a envoyé après cette ligne n'est pas examiné."),
    (
        "The server answers with a goodbye and closes the connection.",
        "Le serveur répond par un au revoir et ferme la connexion.",
    ),
    (
        "Its body has one line for each of the four commands.",
        "Son corps a une ligne pour chacune des quatre commandes.",
    ),
    // What is a file.
    ("has 1 to 255 bytes", "a de 1 à 255 octets"),
    ("does not start with a dot", "ne commence pas par un point"),
    (
        "has no control character (Unicode Cc, so the C1 characters too)",
        "n'a ni caractère de contrôle (Unicode Cc, donc les caractères C1 aussi)",
    ),
    ("no `/`, no `\\`", "ni `/`, ni `\\`"),
    (
        "Directories, symbolic links, FIFOs, sockets and devices are neither listed nor sent.",
        "Les répertoires, les liens symboliques, les FIFO, les sockets et les périphériques ne sont ni listés ni \
         envoyés.",
    ),
    ("Asking for one never blocks: it is NOT_FOUND.", "En demander un ne bloque jamais : la réponse est NOT_FOUND."),
    ("LIST gives every served file and nothing else", "LIST donne tous les fichiers servis et rien d'autre."),
    (
        "each name that it gives can be downloaded by exactly that name",
        "Chaque nom donné peut être téléchargé sous ce nom exactement",
    ),
    (
        "If it shrinks, or reading fails, the promise can't be kept: the server closes the connection",
        "Si le fichier rétrécit, ou si la lecture échoue, la promesse ne peut pas être tenue : le serveur ferme la \
         connexion",
    ),
    ("the client sees a short body", "le client voit un corps trop court."),
    // Errors.
    (
        "UNKNOWN_COMMAND | the verb is none of the four, or the line is empty | goes on",
        "UNKNOWN_COMMAND | le verbe n'est aucun des quatre, ou la ligne est vide | continue",
    ),
    (
        "BAD_ARGUMENTS | DOWNLOAD without a filename; LIST, HELP or LOGOUT with an argument | goes on",
        "BAD_ARGUMENTS | DOWNLOAD sans nom de fichier ; LIST, HELP ou LOGOUT avec un argument | continue",
    ),
    (
        "BAD_FILENAME | a name that no served file can have",
        "BAD_FILENAME | un nom qu'aucun fichier servi ne peut porter",
    ),
    (
        "a name that no served file can have (`../x`, `a/b`, `.hidden`, a control character, over 255 bytes)",
        "un nom qu'aucun fichier servi ne peut porter (`../x`, `a/b`, `.hidden`, un caractère de contrôle, plus de \
         255 octets)",
    ),
    (
        "NOT_FOUND | there is no served file of that name | goes on",
        "NOT_FOUND | aucun fichier servi ne porte ce nom | continue",
    ),
    ("NOT_TEXT | the line is not UTF-8 | goes on", "NOT_TEXT | la ligne n'est pas en UTF-8 | continue"),
    (
        "LINE_TOO_LONG | 1024 bytes arrived, Telnet's counted, without completing a line | ends",
        "LINE_TOO_LONG | 1024 octets sont arrivés, ceux de Telnet compris, sans compléter une ligne | se termine",
    ),
    (
        "INCOMPLETE_LINE | the client's sending side ended inside a line | ends",
        "INCOMPLETE_LINE | le client a fermé son côté émission au milieu d'une ligne | se termine",
    ),
    (
        "no complete command within the idle time-out, counted from the end of the last reply. A byte now and then \
         does not extend it.",
        "aucune commande complète pendant le délai d'inactivité (*idle time-out*), compté depuis la fin de la \
         dernière réponse. Un octet de temps en temps ne le prolonge pas.",
    ),
    (
        "SERVER_FULL | in place of the greeting: the most sessions, in all or from one address, are active | ends",
        "SERVER_FULL | à la place de l'accueil : le plus grand nombre permis de sessions, en tout ou depuis une même \
         adresse, est atteint | se termine",
    ),
    (
        "the most sessions, in all or from one address, are active",
        "le plus grand nombre permis de sessions, en tout ou depuis une même adresse, est atteint",
    ),
    (
        "SHUTTING_DOWN | the server is stopping: between two replies",
        "SHUTTING_DOWN | le serveur s'arrête : entre deux réponses",
    ),
    // Closing.
    (
        "So wherever the server closes, it first ends its sending side, then reads and drops what still comes",
        "Quand le serveur met fin à une connexion, il ferme donc toujours d'abord son côté émission. Ensuite il lit et \
         jette ce qui arrive encore",
    ),
    (
        "A session gives its place back before its client can see the end of the connection",
        "Une session rend sa place avant que son client puisse voir la fin de la connexion.",
    ),
    // Telnet.
    (
        "They are dropped wherever they stand, also inside a word.",
        "Elles sont supprimées partout où elles se trouvent, même au milieu d'un mot.",
    ),
    (
        "Only `IAC DO TIMING-MARK` (FF FD 06; RFC 860) is answered, with `IAC WONT TIMING-MARK` (FF FC 06)",
        "Seul `IAC DO TIMING-MARK` (FF FD 06 ; RFC 860) reçoit une réponse : `IAC WONT TIMING-MARK` (FF FC 06).",
    ),
    // What a client promises, in docs/CLIENTS.md.
    (
        "A file of that name that was there before is replaced",
        "Un fichier du même nom qui était là avant est remplacé.",
    ),
    (
        "A file appears under its name when all of it has come, or not at all.",
        "Un fichier apparaît sous son nom quand il est arrivé en entier, ou il n'apparaît pas.",
    ),
    ("A client ends when the connection does", "Un client s'arrête quand la connexion prend fin."),
    ("A client gives up on a server that says nothing", "Un client abandonne un serveur qui ne dit rien."),
    ("What a server sends is never printed as it came", "Ce qu'un serveur envoie n'est jamais affiché tel quel."),
    ("The exit code is 0 if all commands were done", "Le code de sortie est 0 si toutes les commandes ont réussi"),
    ("and another number if one was not", "et un autre nombre si l'une d'elles n'a pas réussi."),
];
