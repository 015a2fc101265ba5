"""A client of ../PROTOCOL.md, the key of ../skeletons/python/client.py. Python 3.8 or later.

    python3 client.py HOST PORT DIR [COMMAND...]      such as: LIST 'DOWNLOAD notes.txt'

Without commands it reads them from the standard input, one a line. It logs out by itself at the end.
"""
import os, re, socket, sys

TIMEOUT = 20  # seconds; then the server is given up
MAX_LINE, MAX_LIST, PART = 512, 64 * 1024 * 1024, 64 * 1024

class Broken(Exception):
    """The server does not speak the protocol, or has left. The client can't go on."""

class Refused(Exception):
    """The server answered ERR. The session goes on, unless the code says that the server leaves."""

LEAVES = ("SERVER_FULL", "SHUTTING_DOWN", "IDLE_TIMEOUT", "LINE_TOO_LONG", "INCOMPLETE_LINE")

def printable(data):
    """Text for a terminal: what a terminal would obey is escaped."""
    text = data.decode(errors="backslashreplace")
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)

def read_header(replies):
    """The size of the body that follows."""
    line = replies.readline(MAX_LINE)
    ok = re.fullmatch(rb"OK (0|[1-9][0-9]{0,18})\n", line)
    err = re.fullmatch(rb"ERR ([A-Z_]+) (.+)\n", line)
    if err:
        raise (Broken if err[1].decode() in LEAVES else Refused)(printable(err[1] + b" " + err[2]))
    if not line:
        raise Broken("the server ended the connection")
    if not ok or int(ok[1]) >= 2 ** 63:
        raise Broken("this is no reply: " + printable(line[:100].rstrip(b"\n")))
    return int(ok[1])

def parts(replies, left):
    """The body, in parts: exactly so many bytes."""
    while left > 0:
        part = replies.read1(min(left, PART))
        if not part:
            raise Broken("the connection ended %d bytes too early" % left)
        left -= len(part)
        yield part

def read_text(replies):
    size = read_header(replies)
    if size > MAX_LIST:
        raise Broken("a text of %d bytes is too long" % size)
    return b"".join(parts(replies, size))

def is_name(name):
    """Can a file be stored under this name? Not if it leads out of the directory."""
    is_text = os.fsencode(name).decode(errors="ignore") == name
    return is_text and 1 <= len(name.encode()) <= 255 and not re.search(r"[/\\\x00-\x1f\x7f-\x9f]|^\.", name)

def receive_file(replies, path):
    """Writes the body that follows into a file."""
    size = read_header(replies)  # before the file is made: a refusal makes none
    with open(path, "wb") as file:
        for part in parts(replies, size):
            file.write(part)

def store(replies, directory, name):
    """Stores the file when all of it has come, or not at all."""
    temporary = os.path.join(directory, ".download-%d.part" % os.getpid())
    try:
        receive_file(replies, temporary)
        os.replace(temporary, os.path.join(directory, name))  # in one step: nobody sees half a file
    finally:
        if os.path.exists(temporary):
            os.unlink(temporary)

def carry_out(connection, replies, directory, command):
    verb, _, name = command.partition(" ")
    is_download = verb.upper() == "DOWNLOAD"
    if is_download and not is_name(name.strip(" ")):
        raise Refused("no file can be stored under the name " + printable(os.fsencode(name)))
    connection.sendall(os.fsencode(command) + b"\n")
    if is_download:
        store(replies, directory, name.strip(" "))
    else:
        print(printable(read_text(replies)), end="", flush=True)

def converse(connection, directory, commands):
    """Carries out the commands. Returns True if all were done."""
    done = True
    replies = connection.makefile("rb")  # keeps what has arrived behind the end of a reply
    read_text(replies)  # the greeting
    for command in commands:
        command = command.rstrip("\n")
        if command.upper() == "LOGOUT":
            break
        try:
            carry_out(connection, replies, directory, command)
        except Refused as refusal:
            print("client: " + str(refusal), file=sys.stderr)
            done = False
    connection.sendall(b"LOGOUT\n")
    read_text(replies)  # the goodbye
    replies.read(1)  # the end of the connection
    return done

def connect(host, port):
    return socket.create_connection((host, port), TIMEOUT)  # also the longest silence that is waited for

def main():
    host, port, directory, *commands = sys.argv[1:]
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    try:
        with connect(host, int(port)) as connection:
            return 0 if converse(connection, directory, commands or sys.stdin) else 1
    except (OSError, Broken, Refused) as error:
        print("client: %s" % error, file=sys.stderr)
        return 1

sys.exit(main())
