//! The causes in French, to stand behind "Probablement,".
//!
//! Read first: `lab/check/cause.rs`. It does not know what was seen.

use crate::lab::check::cause::{Cause, HeaderFault};
use crate::lab::check::clients::causes::ClientCause;

/// Also the hint of the check that looks for nothing else.
pub const REFUSAL_STORED: &str =
    "un refus a été pris pour un fichier : un fichier vide a été créé sous le nom demandé. \
    Regardez d'abord si la ligne commence par OK ou par ERR, et ne créez le fichier qu'après OK";

/// Also the hint of the checks that look for nothing else.
pub const WRITTEN_TOO_EARLY: &str = "les octets ont été écrits sous le nom définitif avant d'être tous arrivés, et y \
    sont restés. Écrivez sous un autre nom et renommez à la fin, ou supprimez le fichier quand le corps est trop \
    court";

/// What was seen, in words.
pub fn of(cause: Cause) -> &'static str {
    match cause {
        Cause::SharedVariable => {
            "les sessions partagent une variable, alors que chacune devrait avoir la sienne : un client a reçu ce \
             qui est à un autre. Cherchez ce qui est global ou static, ou placé dans un objet que tous les fils \
             d'exécution (threads) utilisent (la socket, le tampon, le nom du fichier, le fichier ouvert), et \
             faites-en une variable locale de la session"
        }
        Cause::Died { of_a_client_that_left: true } => {
            "le départ d'un client a arrêté tout le programme : lui envoyer des octets, ou en lire de lui, est alors \
             une erreur (SIGPIPE, EPIPE, ECONNRESET). Ignorez SIGPIPE, ou attrapez l'erreur (avec Node : un \
             gestionnaire 'error' sur chaque socket), et mettez fin à cette seule session"
        }
        Cause::Died { of_a_client_that_left: false } => {
            "personne n'a attrapé une erreur : elle a arrêté tout le programme, et avec lui toutes les sessions. Ce \
             qu'il a affiché en dernier, ci-dessus, dit où. L'erreur d'une session ne doit arrêter que cette session"
        }
        Cause::LeftBehind => {
            "des sessions précédentes ont laissé quelque chose : avec un programme qui vient de démarrer, la même \
             vérification passe. Cherchez ce qu'une session prend et ne rend pas à sa fin (un verrou, un fil \
             d'exécution, un fichier ouvert, une place), ou laisse dans une variable qui reste après elle"
        }
        Cause::PlacesKept => {
            "des places ne sont pas rendues : les clients précédents sont partis, et le serveur les compte encore. \
             Rendez la place là où finit toute session, quelle que soit sa fin (finally, un destructeur)"
        }
        Cause::PlacesTwice => {
            "des places sont rendues deux fois, et la limite grandit : le serveur était complet avant, et il accepte \
             maintenant autant de clients que l'on veut. Rendez la place à un seul endroit du programme, là où finit \
             toute session"
        }
        Cause::LateGreeting => {
            "le serveur lit avant d'accueillir : il n'envoie l'accueil qu'après une commande, et le client attend \
             l'accueil. Envoyez-le juste après accept, avant la première lecture"
        }
        Cause::OneClient => {
            "un seul client est servi à la fois : le deuxième attend que le premier soit parti. Donnez à chaque \
             connexion son propre fil d'exécution (thread), et revenez aussitôt à accept"
        }
        Cause::FewClients => {
            "il y a trop peu de fils d'exécution (threads), ou un verrou reste pris : quelques clients sont servis, \
             et un de plus n'a pas de réponse. Donnez à chaque connexion son propre fil d'exécution ; un serveur qui \
             a une limite répond SERVER_FULL"
        }
        Cause::SizeTooSmall => {
            "la taille annoncée est trop petite : il est resté des octets après le corps. Comptez-vous des \
             caractères au lieu d'octets ? Le dernier saut de ligne (LF) est-il oublié ? Encodez d'abord le texte, \
             comptez ses octets, puis envoyez exactement ceux-là"
        }
        Cause::SizeTooLarge => {
            "la taille annoncée est trop grande : tout le corps est arrivé, et le client attend la suite. Comptez \
             les octets envoyés après la première ligne, sans la première ligne, et sans ce qui est enlevé avant \
             l'envoi"
        }
        Cause::WrongDirectory => {
            "le serveur sert un autre répertoire : aucun des fichiers du répertoire demandé n'est dans la liste. \
             Prenez le répertoire sur la ligne de commande ({dir}), et non celui où le programme est lancé"
        }
        Cause::SessionEnds => {
            "la session finit après une réponse : le serveur a fermé la connexion au lieu de lire la commande \
             suivante. Lisez dans une boucle, jusqu'à LOGOUT ou jusqu'à la fin du flux. La plupart des refus ne \
             mettent pas fin à la session, et aucune erreur ne doit rester sans être attrapée"
        }
        Cause::Reset => {
            "le serveur a fermé sa socket alors que des octets du client n'étaient pas lus (ou il s'est arrêté), et \
             TCP a envoyé une réinitialisation (reset), qui détruit les réponses en route. Fermez d'abord le côté \
             émission (shutdown), lisez et jetez un moment ce qui arrive encore, puis fermez"
        }
        Cause::ClosedUngreeted => {
            "la connexion est fermée sans message d'accueil : une erreur juste après accept. Reste-t-il au programme \
             des descripteurs de fichiers et des fils d'exécution (threads) ? Fermez chaque fichier et chaque socket \
             dès qu'ils ne servent plus"
        }
        Cause::EarlierAnswer => {
            "une variable garde ce qu'une commande précédente de la même session y a mis (le nom, la réponse, le \
             fichier ouvert). Donnez-lui une nouvelle valeur à chaque commande"
        }
        Cause::AloneToo => {
            "les fils d'exécution (threads) n'y sont pour rien : avec un seul client, c'est déjà faux. Corrigez \
             d'abord ce qui échoue dans les niveaux précédents"
        }
        Cause::ShortLines => {
            "un tampon est trop court : une ligne a été refusée comme trop longue, alors qu'elle ne l'est pas. Une \
             ligne peut avoir 1024 octets, saut de ligne (LF) compris, et le nom qu'elle contient 255"
        }
        Cause::OwnCode => {
            "le code d'erreur n'est pas celui du protocole, et les clients comparent ce code lettre par lettre. \
             Envoyez le code du protocole (UNKNOWN_COMMAND, NOT_FOUND, ...), et dites le reste dans la phrase qui \
             le suit"
        }
        Cause::Decoded => {
            "le fichier a été transformé en texte : des octets qui ne sont pas de l'UTF-8 ont été remplacés. Lisez \
             le fichier comme des octets et envoyez-les tels quels, sans passer par une chaîne de caractères"
        }
        Cause::CutAtZero => {
            "le corps s'arrête là où vient un octet nul : il a été pris pour une chaîne de C. Envoyez autant \
             d'octets que la lecture en a rendu, et non strlen du tampon"
        }
        Cause::Uncaught => {
            "personne n'a attrapé une erreur, et elle a mis fin à la session. Ce que le programme a affiché pendant \
             ce temps (voir l'échec) nomme l'erreur et la ligne"
        }
        Cause::Header(fault) => of_header(fault),
        Cause::OfClient(cause) => of_client(cause),
    }
}

fn of_header(fault: HeaderFault) -> &'static str {
    match fault {
        HeaderFault::CarriageReturn => {
            "il y a un CR à la fin de la première ligne. La première ligne d'une réponse se termine par LF seul : \
             écrivez \\n et non \\r\\n, sans fonction qui ajoute la fin de ligne du système"
        }
        HeaderFault::TwoLines => {
            "la première ligne est coupée en deux. Le mot OK, une espace et la taille sont sur la même ligne, 'OK \
             12', et le corps commence après son saut de ligne (LF)"
        }
        HeaderFault::NoSize => {
            "la taille manque dans la première ligne, et le client ne peut pas savoir où finit le corps. Écrivez \
             'OK', une espace, le nombre d'octets du corps, et un saut de ligne (LF)"
        }
        HeaderFault::NoLineFeed => {
            "le saut de ligne (LF) manque après la première ligne : le corps suit directement la taille. Écrivez 'OK \
             <taille>', un saut de ligne, puis le corps"
        }
        HeaderFault::LeadingZeros => {
            "la taille a des zéros devant elle, ou dépasse le plus grand nombre permis. Écrivez le nombre tel qu'il \
             est, comme dans 'OK 12'"
        }
        HeaderFault::MoreBehindSize => {
            "des mots suivent la taille. La ligne finit juste après le nombre, comme dans 'OK 12', et le texte va \
             dans le corps"
        }
        HeaderFault::NotANumber => {
            "la taille n'est pas un nombre. Écrivez des chiffres décimaux, sans signe, sans unité et sans point, \
             comme dans 'OK 12'"
        }
        HeaderFault::MissingSpace => "une espace manque. Il y en a une entre OK et la taille, comme dans 'OK 12'",
        HeaderFault::ExtraSpace => "il y a une espace de trop. Il y en a une entre OK et la taille, comme dans 'OK 12'",
        HeaderFault::SmallLetters => {
            "un mot est en minuscules. Les réponses commencent par OK ou ERR, en majuscules, car un client les \
             compare telles quelles"
        }
        HeaderFault::SizeAlone => "un mot manque. Avant la taille viennent OK et une espace, comme dans 'OK 12'",
        HeaderFault::Binary => {
            "la taille a été envoyée sous sa forme binaire (struct.pack, writeInt, htonl), ou le corps est parti \
             sans sa première ligne. Écrivez la taille en chiffres décimaux, dans une ligne de texte, comme dans 'OK \
             12'"
        }
        HeaderFault::NoCode => {
            "le code manque dans le refus. Après ERR et une espace vient un mot fait de A à Z et de _, comme \
             NOT_FOUND, puis une espace et une phrase"
        }
        HeaderFault::NoMessage => {
            "la phrase manque dans le refus. Après le code viennent une espace et une phrase pour une personne"
        }
        HeaderFault::NotPrintable => {
            "la première ligne contient des caractères de contrôle, ou des octets qui ne sont pas de l'UTF-8. \
             Échappez ce que vous citez de la ligne du client"
        }
        HeaderFault::NoHeader => {
            "la première ligne manque dans la réponse. Toute réponse, même l'accueil et l'au revoir, commence par \
             'OK <taille>' ou 'ERR <CODE> <message>', et le corps vient ensuite"
        }
    }
}

fn of_client(cause: ClientCause) -> &'static str {
    match cause {
        ClientCause::OneConnection => {
            "le client a ouvert une autre connexion. Une session est une seule connexion TCP : connectez-vous une \
             fois, avant la boucle, et gardez la socket pour toutes les commandes"
        }
        ClientCause::NoLineEnd => {
            "la ligne n'a pas de saut de ligne (LF) à la fin, et le serveur attend toujours la suite. Envoyez '\\n' \
             après chaque commande, et videz le tampon (flush) si votre langage garde ce qu'il doit envoyer"
        }
        ClientCause::StillReads => {
            "le client attend encore la suite de la dernière réponse. Un corps est fini après <taille> octets (des \
             octets, non des caractères), et rien d'autre n'indique sa fin : ni ligne vide, ni lecture courte, ni fin \
             de la connexion, qui reste ouverte. Lisez dans une boucle jusqu'à avoir ce nombre d'octets (aucun après \
             'OK 0'), puis envoyez la commande suivante"
        }
        ClientCause::CantStart => {
            "le nom est faux, ou le fichier n'est pas exécutable. Donnez le chemin du programme, et devant un script \
             le nom de son langage ('python3 client.py ...')"
        }
        ClientCause::EndedEarly => {
            "il y a eu une erreur avant la connexion. Regardez ce que le programme a affiché, et s'il prend {host} \
             et {port} sur sa ligne de commande"
        }
        ClientCause::NotConnected => {
            "le programme attend quelque chose avant de se connecter (une réponse à une question, une autre \
             adresse), ou il démarre trop lentement. Connectez-vous d'abord à {host} et {port}, puis lisez les \
             commandes"
        }
        ClientCause::Uncaught => {
            "personne n'a attrapé une erreur, et elle a arrêté le programme : le fichier n'est pas entier. Ce que le \
             programme a affiché en dernier (voir l'échec) nomme l'erreur et la ligne"
        }
        ClientCause::NothingStored => {
            "rien n'a été enregistré sous le nom demandé. Écrivez le corps dans un fichier de ce nom, dans {dir}"
        }
        ClientCause::RefusalStored => REFUSAL_STORED,
        ClientCause::WrittenTooEarly => WRITTEN_TOO_EARLY,
        ClientCause::OneFileTooMany => {
            "le client laisse un fichier que personne n'a demandé. Supprimez ce qui n'a servi qu'un moment"
        }
        ClientCause::OtherName => "le fichier a été enregistré sous un autre nom que celui qui a été demandé",
        ClientCause::Outside => {
            "un fichier a été enregistré en dehors du répertoire donné sur la ligne de commande. Ajoutez le nom à \
             {dir}, et refusez un nom qui contient / ou \\, ou qui commence par un point"
        }
        ClientCause::BehindLogout => {
            "quelque chose est envoyé après LOGOUT, peut-être un deuxième LOGOUT. Il est donné comme dernière \
             commande ; à la fin de l'entrée, ne l'envoyez que s'il n'a pas été envoyé avant"
        }
        ClientCause::EmptyLine => {
            "une ligne vide a été envoyée. Deux fins de ligne après une commande ? (println en ajoute déjà une.) Ou \
             une ligne vide de l'entrée a été transmise"
        }
        ClientCause::ZeroBytesInLine => {
            "il y a des octets nuls dans la ligne. N'envoyez d'un tampon que les octets de la ligne, strlen(ligne) \
             et non sizeof ; et n'envoyez pas d'UTF-16"
        }
        ClientCause::LineNotUtf8 => {
            "la ligne n'est pas de l'UTF-8. Indiquez l'encodage là où le texte devient des octets, et là où il a été \
             lu"
        }
        ClientCause::NameCutAtSpace => {
            "le nom a été coupé à une espace. Coupez la commande une seule fois, après son verbe : tout le reste est \
             le nom"
        }
        ClientCause::NameInQuotes => {
            "le nom a été mis entre guillemets. Sur la connexion il est tel quel, espaces comprises"
        }
        ClientCause::NameEncodedTwice => {
            "le nom a été encodé deux fois : il a été lu comme du Latin-1, puis envoyé en UTF-8"
        }
        ClientCause::OtherCommand => {
            "le client envoie une autre commande que celle qu'on lui a donnée. Il doit envoyer ce qu'on lui donne, \
             dans cet ordre, et rien d'autre"
        }
        ClientCause::HeaderStored => {
            "la première ligne de la réponse a été enregistrée avec le corps. Lisez jusqu'au premier saut de ligne \
             (LF), puis lisez le corps"
        }
        ClientCause::MoreThanBody => {
            "plus que le corps a été enregistré. Après <taille> octets commence la réponse suivante : gardez pour \
             elle ce qui suit"
        }
        ClientCause::NothingOfBody => {
            "le fichier est vide. Le corps n'a pas été attendu (une lecture peut n'apporter que la première ligne), \
             ou ce qui est arrivé d'un bloc avec la première ligne a été jeté"
        }
        ClientCause::EndsAtZeroByte => {
            "le fichier finit là où le corps a son premier octet nul : le corps a été pris pour une chaîne du C. \
             Comptez les octets, et écrivez-en autant (fwrite, et non fputs ou fprintf)"
        }
        ClientCause::OnlyBeginning => {
            "seul le début a été enregistré. Une lecture apporte ce qui est arrivé, et non tout le corps : lisez \
             dans une boucle jusqu'à avoir <taille> octets (et fermez le fichier, pour que ses derniers octets \
             soient écrits)"
        }
        ClientCause::BeginningMissing => {
            "le début manque. Il est arrivé dans le même paquet que la première ligne de la réponse, et a été jeté \
             avec elle"
        }
        ClientCause::BytesReplaced => {
            "le corps a été changé en texte : les octets qui ne sont pas de l'UTF-8 ont été remplacés. Recevez, \
             gardez et écrivez des octets"
        }
        ClientCause::BodyEncodedAgain => {
            "le corps a été changé en texte, puis encodé à nouveau. Recevez, gardez et écrivez des octets"
        }
        ClientCause::LineEndsTranslated => {
            "les fins de ligne ont été converties. Ouvrez le fichier en binaire ('wb'), et ne faites rien passer par \
             un flux de texte"
        }
    }
}
