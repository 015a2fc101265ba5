//! What was expected and what came, and why a program could not be graded, in French. These sentences are built out of
//! pieces in English; here each is known again by its frame. A sentence without a frame here stays English: those are
//! rare.
//!
//! Read first: `mod.rs`. It does not know which check says what.

/// In a frame, anything: it stays as it is.
const HOLE: &str = "{}";

/// In a frame, a part that has a frame of its own.
const PART: &str = "{+}";

/// What stands before each line that a program printed.
const PRINTED: &str = "    | ";

/// Frames in English and in French, with the same holes in the same order. The first that fits counts.
type Frames = &'static [(&'static str, &'static str)];

/// Those of what was expected and what came.
const SENTENCES: Frames = &[
    // What comes before another sentence.
    ("Before that: {+}", "Avant cela : {+}"),
    (
        "behind the checks before it (with a fresh program it passes): {+}",
        "à la suite des vérifications précédentes (avec un programme qui vient de démarrer, elle passe) : {+}",
    ),
    (
        "blocked by 2.1, for it needs the server's own list: {+}",
        "impossible sans 2.1, car il faut la liste du serveur : {+}",
    ),
    ("{+}; --timeout gives more time", "{+} ; --timeout donne plus de temps"),
    ("no limit could be met: {+}", "aucune limite n'a pu être atteinte : {+}"),
    ("the session should go on, but: {+}", "la session devrait continuer, mais : {+}"),
    ("already with one client alone: {+}", "déjà avec un seul client : {+}"),
    ("before this check connects anybody: {+}", "avant toute connexion de cette vérification : {+}"),
    ("with {+} in the directory LIST has changed: {+}", "avec {+} dans le répertoire, LIST a changé : {+}"),
    ("{} of {} places came back; then: {+}", "places rendues : {} sur {} ; ensuite : {+}"),
    ("client {} has received what it did not ask for; {+}", "le client {} a reçu ce qu'il n'avait pas demandé ; {+}"),
    ("since client {} is there: {+}", "depuis que le client {} est là : {+}"),
    (
        "bytes of {}, for which another client asked, came to this one; {+}",
        "des octets de {}, demandé par un autre client, sont arrivés à celui-ci ; {+}",
    ),
    // Replies.
    ("expected OK, received ERR {}", "attendu OK, reçu ERR {}"),
    ("expected ERR {}, received ERR {}", "attendu ERR {}, reçu ERR {}"),
    ("expected ERR {}, received OK with a body of {} bytes", "attendu ERR {}, reçu OK avec un corps de {} octets"),
    ("expected the greeting, received ERR {}", "attendu l'accueil, reçu ERR {}"),
    ("expected the greeting or SERVER_FULL, received ERR {}", "attendu l'accueil ou SERVER_FULL, reçu ERR {}"),
    ("expected the file {}, received ERR {}", "attendu le fichier {}, reçu ERR {}"),
    ("expected the end of the connection, received more: '{}'", "attendu la fin de la connexion, reçu encore : '{}'"),
    ("expected the bytes FF FC 06", "attendu les octets FF FC 06"),
    ("this is no reply's first line: '{}'; {+}", "ce n'est pas la première ligne d'une réponse : '{}' ; {+}"),
    ("a reply's first line must be UTF-8 text", "elle doit être du texte en UTF-8"),
    (
        "a reply's first line must have no control characters and end with LF alone",
        "elle ne doit pas avoir de caractères de contrôle, et doit finir par LF seul",
    ),
    ("an error code is made of A-Z and _", "un code d'erreur est fait de A à Z et de _"),
    (
        "a reply must begin with 'OK <size>' or 'ERR <CODE> <message>'",
        "une réponse doit commencer par 'OK <taille>' ou 'ERR <CODE> <message>'",
    ),
    (
        "a reply's first line has at most {} bytes, and this one does not end",
        "la première ligne d'une réponse a au plus {} octets, et celle-ci ne finit pas",
    ),
    (
        "the header promises {} bytes, and nothing here is so large",
        "la taille annoncée est de {} octets, et rien ici n'est aussi grand",
    ),
    (
        "the header promises {} bytes, and the file had {}",
        "la taille annoncée est de {} octets, et le fichier en avait {}",
    ),
    ("the body is not what it should be: {+}", "le corps n'est pas ce qu'il devrait être : {+}"),
    (
        "it has {} bytes and should have {}; at byte {} it goes on with '{}' and should with '{}'",
        "il a {} octets et devrait en avoir {} ; à l'octet {} il continue par '{}' et devrait par '{}'",
    ),
    (
        "behind the body that the header promised came more: '{}'",
        "après le corps de la taille annoncée est venu encore : '{}'",
    ),
    // What was waited for.
    (
        "client {} got no connection to {}: does the server still listen?",
        "le client {} n'a pas pu se connecter à {} : le serveur écoute-t-il encore ?",
    ),
    ("client {} waited in vain for {+}", "le client {} a attendu en vain {+}"),
    (
        "client {} waited for {+}, and the server reset the connection",
        "le client {} attendait {+}, et le serveur a réinitialisé la connexion (reset)",
    ),
    (
        "client {} waited for {+}, and the server ended the connection",
        "le client {} attendait {+}, et le serveur a mis fin à la connexion",
    ),
    ("a reply's first line", "la première ligne d'une réponse"),
    ("the rest of the body ({} of {} bytes came)", "le reste du corps (octets arrivés : {} sur {})"),
    ("the end of the connection", "la fin de la connexion"),
    ("a command, or the end of the connection", "une commande, ou la fin de la connexion"),
    // Lists, names and files.
    ("the word HELP is not in the greeting", "le mot HELP n'est pas dans l'accueil"),
    ("this line is not '<size> <name>': '{}'", "cette ligne n'est pas '<taille> <nom>' : '{}'"),
    ("the line '{}' is not in the list", "la ligne '{}' n'est pas dans la liste"),
    ("'{}' stands before '{}'", "'{}' vient avant '{}'"),
    ("the list is not UTF-8 text", "la liste n'est pas du texte en UTF-8"),
    ("the list's last line has no line feed", "la dernière ligne de la liste n'a pas de saut de ligne (LF)"),
    ("the list says that {} has {} bytes, {} came", "la liste donne à {} une taille de {} octets, il en est venu {}"),
    ("no line of HELP names {}", "aucune ligne de HELP ne nomme {}"),
    ("HELP has fewer lines than there are commands", "HELP a moins de lignes qu'il n'y a de commandes"),
    ("'{}' is in the list", "'{}' est dans la liste"),
    (
        "'{}' got the secret beside the served directory",
        "'{}' a obtenu le fichier secret placé à côté du répertoire servi",
    ),
    ("'{}' got OK and {} bytes", "'{}' a obtenu OK et {} octets"),
    ("a FIFO and a socket", "un tube nommé (FIFO) et une socket"),
    (
        "from byte {} on came what was never in the file",
        "à partir de l'octet {} est venu ce qui n'a jamais été dans le fichier",
    ),
    ("at byte {} of {} came something else", "à l'octet {} de {} est venu autre chose"),
    // Many clients, and time.
    (
        "to another client the server gives another list: '{}'",
        "à un autre client le serveur donne une autre liste : '{}'",
    ),
    (
        "one after the other {} clients come in, but {} if they come at once",
        "l'un après l'autre, {} clients entrent ; tous ensemble, {}",
    ),
    ("{+}, but the server said before that it was full", "{+}, mais le serveur avait dit qu'il était complet"),
    ("{+}, and a server needs none", "{+}, et un serveur n'en a pas besoin"),
    ("no limit met up to {} sessions", "pas de limite atteinte jusqu'à {} sessions"),
    (
        "no limit met with {} sessions, and there was no time for more",
        "pas de limite atteinte avec {} sessions, et le temps manquait pour en ouvrir plus",
    ),
    ("Meanwhile the program printed:", "Pendant ce temps, le programme a affiché :"),
    (
        "a server needs no idle time-out; --idle SECONDS says how long this one's is, and has it checked",
        "un serveur n'est pas obligé d'avoir un délai d'inactivité ; --idle SECONDES indique celui de ce serveur, et \
         le fait vérifier",
    ),
    ("IDLE_TIMEOUT came after {}, and the time-out is {}", "IDLE_TIMEOUT est venu après {}, et le délai est de {}"),
    (
        "after one and a half times the idle time-out the session goes on",
        "après une fois et demie le délai d'inactivité, la session continue",
    ),
    (
        "it does not come to rest: in {} looks, a thread of it was running",
        "le programme occupe encore le processeur : sur {} observations, un de ses fils d'exécution travaillait",
    ),
    (
        "blocked by {}: without a greeting nothing can be asked",
        "impossible sans {} : sans accueil, rien ne peut être demandé",
    ),
    (
        "not run: {} checks in a row got no reply, up to {}",
        "non faite : {} vérifications de suite, jusqu'à {}, sont restées sans réponse",
    ),
    ("not run: the time for this program was over", "non faite : le temps prévu pour ce programme était écoulé"),
    (
        "beside {} the server takes no more, and says SERVER_FULL; this check needs more",
        "à côté de {} clients, le serveur n'en accepte plus et répond SERVER_FULL ; cette vérification en demande plus",
    ),
    // What is graded with.
    ("no file in {} is {+}; lab fixtures makes one", "aucun fichier de {} n'est {+} ; lab fixtures en crée un"),
    ("named with a space", "nommé avec une espace"),
    ("named with an accent", "nommé avec un accent"),
    ("empty", "vide"),
    ("of all byte values", "fait de toutes les valeurs d'octet"),
    ("full of 0xFF", "rempli de 0xFF"),
    ("beginning like a reply", "semblable à une réponse par son début"),
    ("small and not empty", "petit sans être vide"),
    ("larger than a mebibyte", "plus grand qu'un mébioctet"),
    (
        "no file here has {} to {} bytes; lab fixtures makes some",
        "aucun fichier n'a ici de {} à {} octets ; lab fixtures en crée",
    ),
    ("there is no {+} in {}; lab fixtures makes one", "il n'y a pas de {+} dans {} ; lab fixtures en crée un"),
    ("hidden file", "fichier caché"),
    ("directory", "répertoire"),
    ("symbolic link", "lien symbolique"),
    (
        "no secret lies beside {}; lab fixtures plants one",
        "il n'y a pas de fichier secret à côté de {} ; lab fixtures en crée un",
    ),
    ("the fixture {} can't be read: {}", "le fichier {} ne peut pas être lu : {}"),
    (
        "this check puts something into the directory, and does so only where lab fixtures has made it",
        "cette vérification met quelque chose dans le répertoire, et seulement là où lab fixtures a créé celui-ci",
    ),
    ("names with a line feed, or not UTF-8,", "des noms avec un saut de ligne, ou qui ne sont pas de l'UTF-8,"),
    (
        "what a program's threads do is seen on Linux alone, and of a program of this machine",
        "ce que font les fils d'exécution d'un programme se voit sous Linux seulement, et pour un programme de cette \
         machine",
    ),
    ("this system does not make {+} here", "ce système ne permet pas de créer ici {+}"),
    ("the file that is to shrink can't be made: {}", "le fichier qui doit rétrécir ne peut pas être créé : {}"),
    // The program.
    ("all was answered", "tout a reçu une réponse"),
    ("the program does not start again", "le programme ne redémarre pas"),
    ("the program does not start again: {+}", "le programme ne redémarre pas : {+}"),
    ("The program has ended ({+}).", "Le programme s'est arrêté ({+})."),
    ("it started over {} processes", "il a lancé plus de {} processus"),
    ("It printed nothing.", "Il n'a rien affiché."),
    ("It printed last:", "Il a affiché en dernier :"),
    (
        "the program has ended ({+}) and does not listen on {port}{+}",
        "le programme s'est arrêté ({+}) et n'écoute pas sur {port}{+}",
    ),
    (": {}", " : {}"),
    (
        "its command has ended ({}) and what that started went into the background: let the server stay where it is \
         started, without & and without becoming a daemon",
        "sa commande s'est terminée ({}), et ce qu'elle a lancé est passé en arrière-plan : laissez le serveur là où \
         il est lancé, sans & et sans en faire un démon (daemon)",
    ),
    (
        "Its standard input is empty: who reads there meets the end at once.",
        "Son entrée standard est vide : y lire donne aussitôt la fin.",
    ),
    (
        "the program prints without end, and nobody listens on {port}: listen first, and print less",
        "le programme affiche sans fin, et personne n'écoute sur {port} : écoutez d'abord, et affichez moins",
    ),
    (
        "the program runs, but nobody listens on {port}: does it take {port} from its command line?",
        "le programme tourne, mais personne n'écoute sur {port} : prend-il {port} sur sa ligne de commande ?",
    ),
    (
        "it listens on {} alone, and not on 127.0.0.1: let it listen there, or on all addresses",
        "il écoute sur {} seulement, et non sur 127.0.0.1 : faites-le écouter là, ou sur toutes les adresses",
    ),
    (
        "it listens on another port instead of {port}: take {port} from the command line",
        "il écoute sur un autre port au lieu de {port} : prenez {port} sur la ligne de commande",
    ),
    ("The other port is {}, and {port} stood for {}.", "L'autre port est {}, et {port} était mis pour {}."),
    ("can't start {}: {}; is its name right?", "{} ne peut pas être lancé : {} ; son nom est-il juste ?"),
    (
        "nobody listens at {}: start the server, then grade it",
        "personne n'écoute à {} : lancez le serveur, puis faites-le vérifier",
    ),
    ("{} is not found: {}; it should be HOST:PORT", "{} est introuvable : {} ; il faut HÔTE:PORT"),
    (
        "can't read the fixtures: {}; lab fixtures DIR makes some",
        "impossible de lire les fichiers : {} ; lab fixtures RÉPERTOIRE en crée",
    ),
    // Clients.
    ("blocked by {}: the program has never connected", "impossible sans {} : le programme ne s'est jamais connecté"),
    (
        "the program ended ({}) without having connected to {host} {port}",
        "le programme s'est arrêté ({}) sans s'être connecté à {host} {port}",
    ),
    ("the program runs, and has not connected within {} s", "le programme tourne, et ne s'est pas connecté en {} s"),
    (
        "the command has no {timeout}, so nobody knows how long this client waits for a server that says nothing; \
         where the client can be told (in seconds), write {timeout} there",
        "la commande n'a pas de {timeout}, et personne ne sait combien de temps ce client attend un serveur muet ; là \
         où on peut l'indiquer au client (en secondes), écrivez {timeout}",
    ),
    ("expected LOGOUT, received '{}'", "attendu LOGOUT, reçu '{}'"),
    ("expected '{}', and the client ended the connection", "attendu '{}', et le client a mis fin à la connexion"),
    ("expected '{}', received '{}'", "attendu '{}', reçu '{}'"),
    ("waited in vain for a command", "le serveur a attendu en vain une commande"),
    ("waited in vain for {+}", "le serveur a attendu en vain {+}"),
    (
        "the conversation is over, and the program has not ended",
        "la conversation est finie, et le programme ne s'est pas arrêté",
    ),
    ("not all was done, and the exit code is 0", "tout n'a pas réussi, et le code de sortie est 0"),
    ("all was done, and the exit code is not 0", "tout a réussi, et le code de sortie n'est pas 0"),
    ("the client opened another connection", "le client a ouvert une autre connexion"),
    (
        "the client reset the connection: it closed without having read the goodbye",
        "le client a réinitialisé la connexion (reset) : il l'a fermée sans avoir lu l'au revoir",
    ),
    (
        "the client has left before the server ended the connection",
        "le client est parti avant que le serveur mette fin à la connexion",
    ),
    ("the client ended the connection inside a line", "le client a mis fin à la connexion au milieu d'une ligne"),
    ("the client ended the connection before its command", "le client a mis fin à la connexion avant sa commande"),
    (
        "after some {} bytes without a line feed the client has not left",
        "après environ {} octets sans saut de ligne (LF), le client n'est pas parti",
    ),
    ("{} bytes came without a line feed", "il est venu {} octets sans saut de ligne (LF)"),
    ("behind LOGOUT came: '{}'", "après LOGOUT est venu : '{}'"),
    (
        "the program printed the server's escape sequence as it came",
        "le programme a affiché telle quelle la séquence d'échappement du serveur",
    ),
    ("{} is not what was sent: {+}", "{} n'est pas ce qui a été envoyé : {+}"),
    (
        "it has {} bytes and should have {}; they part at byte {}",
        "il a {} octets et devrait en avoir {} ; la différence commence à l'octet {}",
    ),
    ("{+}, but outside of it", "{+}, mais en dehors"),
    ("{+}; {} has its bytes", "{+} ; {} a ses octets"),
    ("{} is not in {dir} at the end", "{} n'est pas dans {dir} à la fin"),
    ("{} stands in {dir} too at the end", "{} est aussi dans {dir} à la fin"),
    (
        "{} stands in {dir}, with {} bytes, and never came whole",
        "{} est dans {dir}, avec {} octets, et n'est jamais venu en entier",
    ),
    ("the file {} was made, outside of {dir}", "le fichier {} a été créé, en dehors de {dir}"),
    // A student's folder.
    ("it does not compile: {+}", "la compilation a échoué : {+}"),
    ("the build has ended ({})", "la commande du fichier 'build' s'est terminée ({})"),
    ("the build has not ended in {} s", "la commande du fichier 'build' ne s'est pas terminée en {} s"),
    ("there is no file '{}'", "il n'y a pas de fichier '{}'"),
    ("the file '{}' is not an ordinary file", "le fichier '{}' n'est pas un fichier ordinaire"),
    ("'{}' can't be read: {}", "le fichier '{}' est illisible : {}"),
    (
        "the file '{}' has over {} bytes; it should be one command line",
        "le fichier '{}' a plus de {} octets ; il faut une seule ligne de commande",
    ),
    ("the file '{}' is not UTF-8 text", "le fichier '{}' n'est pas du texte en UTF-8"),
    ("{+}: the quote {} does not end", "{+} : le guillemet {} n'est pas refermé"),
    (
        "{+}: there is no shell that would understand '{}'; name the program with its path, or start a shell: sh -c \
         'cd dir && exec {}'",
        "{+} : aucun shell ne lit cette ligne pour comprendre '{}' ; donnez le chemin du programme, ou lancez un \
         shell : sh -c 'cd dir && exec {}'",
    ),
    ("the file '{}' {+}", "le fichier '{}' {+}"),
    ("is empty", "est vide"),
    ("has more than one line", "a plus d'une ligne"),
    ("the file '{}'", "le fichier '{}'"),
    // A class as a whole.
    (
        "there is no folder in {}; it should hold one for each student",
        "il n'y a aucun dossier dans {} ; il en faut un par étudiant",
    ),
    (
        "level {} has no checks of a {+}, and nobody has anything else",
        "le niveau {} n'a aucune vérification d'un {+}, et personne n'a rendu autre chose",
    ),
    ("server", "serveur"),
    (
        "can't write to {}: {}; name another with --out",
        "impossible d'écrire dans {} : {} ; donnez un autre répertoire avec --out",
    ),
    (
        "can't write the marks to {}: {+}; name another with --out",
        "impossible d'écrire les notes dans {} : {+} ; donnez un autre répertoire avec --out",
    ),
    ("it is no directory", "ce n'est pas un répertoire"),
    ("it lies in the class's own directory", "il est dans le répertoire de la classe"),
    ("it is not empty", "il n'est pas vide"),
    (
        "can't make a directory beside {}: {}; name one with --out",
        "impossible de créer un répertoire à côté de {} : {} ; donnez-en un avec --out",
    ),
    ("can't write {}: {}", "impossible d'écrire {} : {}"),
    ("can't read {}: {}", "impossible de lire {} : {}"),
    ("{}, line {}: {+}", "{}, ligne {} : {+}"),
    ("{} has a weight already", "{} a déjà un poids"),
    ("it should be {+}, not '{}'", "il faut {+}, et non '{}'"),
    (
        "a level or a check, a space and its weight, such as 'report 4', '5.1 2' or 'client 5.1 2'",
        "un niveau ou une vérification, une espace et son poids, par exemple 'report 4', '5.1 2' ou 'client 5.1 2'",
    ),
    (
        "'{}' is no level and no check of a {+}; lab check {} shows them all",
        "'{}' n'est ni un niveau ni une vérification d'un {+} ; lab check {} --lang fr montre ce qu'il y a",
    ),
    ("a weight is a number from 0 to {}, not '{}'", "un poids est un nombre de 0 à {}, et non '{}'"),
    // These fit into much, so they stand last.
    ("{} bytes, or the end after {}", "{} octets, ou la fin après {}"),
    ("{} bytes", "{} octets"),
];

/// The same for the steps of a conversation. What was sent and received stays as it is.
const STEPS: Frames = &[
    ("connects", "se connecte"),
    ("<- (connects)", "<- (se connecte)"),
    ("<- (connects again)", "<- (se connecte encore une fois)"),
    ("can't connect to {}: {}", "ne peut pas se connecter à {} : {}"),
    ("vanishes without LOGOUT", "disparaît sans LOGOUT"),
    ("does not read what has come", "ne lit pas ce qui est arrivé"),
    ("gets nothing", "ne reçoit rien"),
    ("reads nothing; {} bytes wait for it", "ne lit rien ; {} octets l'attendent"),
    ("-> (end of the sending side)", "-> (fin du côté émission)"),
    ("-> (end of the connection)", "-> (fin de la connexion)"),
    ("-> (the connection is reset)", "-> (la connexion est réinitialisée)"),
    ("<- (end of the connection)", "<- (fin de la connexion)"),
    ("<- (nothing more until the time-out)", "<- (plus rien jusqu'à la fin du délai)"),
    ("<- (the connection was reset)", "<- (la connexion a été réinitialisée)"),
    ("<- (the client has left)", "<- (le client est parti)"),
    (
        "   (the server takes no more: sending broke off)",
        "   (le serveur n'accepte plus rien : l'envoi s'est interrompu)",
    ),
    (
        "   (the client takes no more: sending broke off)",
        "   (le client n'accepte plus rien : l'envoi s'est interrompu)",
    ),
    ("   (the program starts; its commands: {})", "   (le programme démarre ; ses commandes : {})"),
    ("   (nothing is sent for {} ms)", "   (rien n'est envoyé pendant {} ms)"),
    ("{+} (in {} pieces of {} bytes)", "{+} (en {} morceaux de {} octets)"),
    ("{}... ({} bytes) ...{}", "{}... ({} octets) ...{}"),
];

/// The sentences in French, each line for itself. What a program printed stays as it is.
pub fn french(english: &str) -> String {
    let line = |line: &str| if line.starts_with(PRINTED) { line.to_string() } else { line_in_french(SENTENCES, line) };
    english.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The step in French.
pub fn step_in_french(english: &str) -> String {
    line_in_french(STEPS, english)
}

fn line_in_french(frames: Frames, line: &str) -> String {
    let fitting = frames.iter().find_map(|(english, french)| Some((french, parts(english, line)?)));
    fitting.map_or(line.to_string(), |(french, parts)| filled(frames, french, &parts))
}

/// What stands in the holes, if the line has this frame.
fn parts<'a>(frame: &'static str, line: &'a str) -> Option<Vec<&'a str>> {
    let Some((before, _, behind)) = cut_at_hole(frame) else {
        return (frame == line).then(Vec::new);
    };
    let rest = line.strip_prefix(before)?;
    // The last hole takes all up to the frame's end, another one as little as it can.
    let end = match cut_at_hole(behind) {
        None => rest.strip_suffix(behind)?.len(),
        Some((next, _, _)) => rest.find(next)?,
    };
    let (part, others) = rest.split_at(end);
    Some([vec![part], parts(behind, others)?].concat())
}

/// The French frame with these parts in its holes.
fn filled(frames: Frames, french: &'static str, parts: &[&str]) -> String {
    let (Some((before, hole, behind)), Some((part, others))) = (cut_at_hole(french), parts.split_first()) else {
        return french.to_string();
    };
    let part = if hole == PART { line_in_french(frames, part) } else { part.to_string() };
    format!("{before}{part}{}", filled(frames, behind, others))
}

/// What stands before the first hole, the hole, and what stands behind it.
fn cut_at_hole(frame: &'static str) -> Option<(&'static str, &'static str, &'static str)> {
    let found = [HOLE, PART].into_iter().filter_map(|hole| Some((frame.find(hole)?, hole)));
    let (at, hole) = found.min()?;
    Some((&frame[..at], hole, &frame[at + hole.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_known_by_its_frame_and_its_parts_too() {
        for (english, wanted) in [
            ("expected OK, received ERR NOT_FOUND no {} here", "attendu OK, reçu ERR NOT_FOUND no {} here"),
            (
                "the session should go on, but: client 3 waited in vain for a reply's first line",
                "la session devrait continuer, mais : le client 3 a attendu en vain la première ligne d'une réponse",
            ),
            ("expected 'LIST', received '{}'", "attendu 'LIST', reçu '{}'"),
            (
                "The program has ended (signal: 9).\nIt printed last:\n    | all, but outside of it",
                "Le programme s'est arrêté (signal: 9).\nIl a affiché en dernier :\n    | all, but outside of it",
            ),
            (
                "The program has ended (it started over 9 processes).",
                "Le programme s'est arrêté (il a lancé plus de 9 processus).",
            ),
            (
                "it does not compile: can't start \"cc\": no such file; is its name right?\nIt printed nothing.",
                "la compilation a échoué : \"cc\" ne peut pas être lancé : no such file ; son nom est-il juste ?\n\
                 Il n'a rien affiché.",
            ),
            ("the file 'command': the quote ' does not end", "le fichier 'command' : le guillemet ' n'est pas refermé"),
            ("the file 'build' has more than one line", "le fichier 'build' a plus d'une ligne"),
            ("nobody says this", "nobody says this"),
        ] {
            assert_eq!(french(english), wanted);
        }
        assert_eq!(step_in_french("<- (connects)"), "<- (se connecte)");
        assert_eq!(step_in_french("<- OK 5\\n"), "<- OK 5\\n");
        assert_eq!(
            step_in_french("-> OK 9\\nab... (900 bytes) ...yz (in 9 pieces of 100 bytes)"),
            "-> OK 9\\nab... (900 octets) ...yz (en 9 morceaux de 100 octets)"
        );
    }

    #[test]
    fn both_languages_have_the_same_holes_in_the_same_order() {
        fn holes(frame: &'static str) -> Vec<&'static str> {
            cut_at_hole(frame).map_or(vec![], |(_, hole, behind)| [vec![hole], holes(behind)].concat())
        }
        for (english, french) in SENTENCES.iter().chain(STEPS) {
            assert_eq!(holes(english), holes(french), "{french}");
        }
    }

    /// A frame whose English nobody says any more would stay unseen. So each is looked for in the checks' own text.
    #[test]
    fn every_frame_is_said_by_a_check() {
        let sources = concat!(
            include_str!("../../class/folder.rs"),
            include_str!("../../class/mod.rs"),
            include_str!("../../class/out.rs"),
            include_str!("../../class/program.rs"),
            include_str!("../../class/weights.rs"),
            include_str!("../catalogue.rs"),
            include_str!("../command.rs"),
            include_str!("../mod.rs"),
            include_str!("../outcome.rs"),
            include_str!("../process.rs"),
            include_str!("../servers/exam.rs"),
            include_str!("../servers/fixtures.rs"),
            include_str!("../servers/mod.rs"),
            include_str!("../servers/names.rs"),
            include_str!("../servers/peer.rs"),
            include_str!("../servers/report.rs"),
            include_str!("../servers/robust.rs"),
            include_str!("../servers/special.rs"),
            include_str!("../servers/stream.rs"),
            include_str!("../servers/student.rs"),
            include_str!("../servers/subject.rs"),
            include_str!("../servers/threads.rs"),
            include_str!("../clients/causes.rs"),
            include_str!("../clients/downloads.rs"),
            include_str!("../clients/exam.rs"),
            include_str!("../clients/mod.rs"),
            include_str!("../clients/report.rs"),
            include_str!("../clients/robust.rs"),
            include_str!("../clients/session.rs"),
            include_str!("../../../wire/reply.rs"),
        );
        // A string that goes on in the next line is one; a brace that is none of a hole stands twice.
        let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = plain(&sources.replace("\\\n", "").replace("{{", "{").replace("}}", "}"));
        for (english, _) in SENTENCES.iter().chain(STEPS) {
            for piece in english.replace(PART, HOLE).split(HOLE) {
                assert!(said.contains(&plain(piece)), "nobody says '{piece}' of '{english}'");
            }
        }
    }
}
