"""Right servers but for one mistake each, told by its name.

    python3 mistakes.py DIR PORT NAME
"""
import os, socket, sys, threading
import right

# More clients than this are sent away without a word, by a server that has no more file descriptors, say.
DESCRIPTORS = 10

# A class and some more.
PLACES = 30
LOCK = threading.Lock()
taken = 0  # only under the lock


def own_codes(answer, line):
    """A code that is not the protocol's."""
    return answer(line).replace(b"ERR NOT_FOUND", b"ERR FILE_NOT_FOUND")


def lists_directories(answer, line):
    """What LIST has can't all be downloaded."""
    if line.strip(b" \r").upper() != b"LIST":
        return answer(line)
    names = sorted(name for name in os.listdir(right.DIR) if right.is_name(name))
    names = [name for name in names if right.is_served(name) or os.path.isdir(os.path.join(right.DIR, name))]
    return right.ok(b"".join(b"%d %s\n" % (os.path.getsize(os.path.join(right.DIR, name)), name) for name in names))


def raises(answer, line):
    """An error that nobody catches ends the thread of the session, and is printed."""
    return answer(line) if line != b"LIST" else os.listdir("/nonexistent/directory")


def short_lines(answer, line):
    """A buffer of 200 bytes for a line."""
    return answer(line) if len(line) < 200 else b"ERR LINE_TOO_LONG send shorter lines\n"


def with_body(change):
    """The size stays, and the body of a file is changed."""

    def changed(answer, line):
        header, _, body = answer(line).partition(b"\n")
        return header + b"\n" + (change(body) if line.startswith(b"DOWNLOAD") else body)

    return changed


def remembers():
    """The first name that a session asks for stays in a variable."""
    first = []

    def remembering(answer, line):
        if line.startswith(b"DOWNLOAD"):
            first.append(line)
            return answer(first[0])
        return answer(line)

    return remembering


MISTAKES = {
    "own_codes": lambda: own_codes,
    "lists_directories": lambda: lists_directories,
    "raises": lambda: raises,
    "short_lines": lambda: short_lines,
    "decodes": lambda: with_body(lambda body: body.decode(errors="replace").encode()),
    "cuts_at_zero": lambda: with_body(lambda body: body.partition(b"\0")[0]),
    "remembers": remembers,
}


def mistaken_session(connection):
    mistake = MISTAKES[sys.argv[3]]()
    with connection:
        try:
            right.converse(connection, lambda line: mistake(right.answer, line))
            right.close(connection)
        except TimeoutError:
            pass


def ends_at_a_reset(connection):
    """A read that fails ends the program; a write that fails ends the session, as it should."""
    with connection:
        try:
            right.converse(connection, right.answer)
            right.close(connection)
        except ConnectionResetError:
            os._exit(1)
        except OSError:
            pass


def turns_away(connection):
    if threading.active_count() - 1 > DESCRIPTORS:
        connection.close()
    else:
        right.session(connection)


def admitted(connection):
    global taken
    with LOCK:
        is_free = taken < PLACES
        taken += is_free
    if not is_free:
        connection.sendall(b"ERR SERVER_FULL come back later\n")
        right.close(connection)
    return is_free


def give_back(count):
    global taken
    with LOCK:
        taken -= count


def keeps_places(connection):
    """The place comes back only where the session ends without an error."""
    with connection:
        if admitted(connection):
            right.converse(connection, right.answer)
            give_back(1)
            right.close(connection)


def gives_back_twice(connection):
    with connection:
        if admitted(connection):
            try:
                right.converse(connection, right.answer)
            except OSError:
                pass
            give_back(2)
            right.close(connection)


def forks():
    """No mistake: a process for each client."""
    listener = socket.create_server(("127.0.0.1", int(sys.argv[2])), backlog=128)
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            right.session(connection)
            os._exit(0)
        connection.close()
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass


if __name__ == "__main__":
    if sys.argv[3] == "forks":
        forks()
    whole = [ends_at_a_reset, turns_away, keeps_places, gives_back_twice]
    sessions = {session.__name__: session for session in whole}
    right.serve(sessions.get(sys.argv[3], mistaken_session))
