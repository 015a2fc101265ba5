"""A server of ../PROTOCOL.md, the key of ../skeletons/python/server.py:   python3 server.py DIR PORT [IDLE_SECONDS]"""
import contextlib, os, re, socket, stat, sys, threading, time

TEXTS = {b"HELP": b"LIST\nDOWNLOAD <filename>\nHELP\nLOGOUT\n", b"LOGOUT": b"Goodbye.\n"}
IDLE_TIMEOUT = int(sys.argv[3]) if len(sys.argv) > 3 else 300  # seconds
PART = 1024 * IDLE_TIMEOUT  # it must leave within the idle time-out: so a client takes 1 KiB a second at least
MAX_LINE, MAX_NAME, MAX_SESSIONS, MAX_DROPPED = 1024, 255, 64, 256 * 1024
PLACES = threading.Semaphore(MAX_SESSIONS)
TELNET = re.compile(rb"\xff(\xfa([^\xff]|\xff[^\xf0])*\xff\xf0|[\xfb-\xfe].|[^\xfa-\xfe])", re.S)  # a whole sequence
OPEN_FLAGS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # follow no link, wait for no FIFO

class Refusal(Exception): """Refusal(code, message): the server answers ERR."""

class Session:  # of one client
    def __init__(self, connection):
        self.connection, self.received = connection, b""  # what has arrived, and nobody has looked at yet
        self.line = self.telnet = b""  # the line that has begun, and the Telnet sequence

def send(connection, data):
    connection.settimeout(IDLE_TIMEOUT)  # a client that takes nothing must not keep its place for ever
    connection.sendall(data)

def send_ok(connection, body):
    send(connection, b"OK %d\n" % len(body) + body)

def send_err(connection, code, message):
    send(connection, ("ERR %s %s\n" % (code, message)).encode())

def is_name(name):
    text = name.decode(errors="ignore")
    good = text.encode() == name and not any(c in "/\\" or ord(c) < 32 or 127 <= ord(c) < 160 for c in text)
    return good and 1 <= len(name) <= MAX_NAME and text[0] not in ". " and text[-1] != " "

def list_files(directory):
    try:  # the directory is bytes, so the names are bytes, and are sorted as bytes
        files = [(e.name, e) for e in os.scandir(directory) if is_name(e.name) and e.is_file(follow_symlinks=False)]
        return b"".join(b"%d %s\n" % (entry.stat().st_size, name) for name, entry in sorted(files))
    except OSError:
        raise Refusal("READ_FAILED", "the directory can't be read; try again, or tell the server's operator")

def open_file(directory, name):
    if not is_name(name):
        raise Refusal("BAD_FILENAME", "no file here can have this name; LIST shows the files")
    path = os.path.join(directory, name)
    try:
        if not stat.S_ISREG(os.lstat(path).st_mode):  # lstat() looks at a link itself
            raise FileNotFoundError
        return open(path, "rb", opener=lambda path, flags: os.open(path, flags | OPEN_FLAGS))  # "b": a file is bytes
    except FileNotFoundError:
        raise Refusal("NOT_FOUND", "there is no such file; LIST shows the files")
    except OSError:
        raise Refusal("READ_FAILED", "the file can't be opened; tell the server's operator")

def send_file(connection, file):
    left = os.fstat(file.fileno()).st_size
    send(connection, b"OK %d\n" % left)
    while left > 0:
        part = file.read(min(left, PART))
        if not part:
            raise OSError("the file has become shorter: close the connection, so that the client sees it")
        send(connection, part)
        left -= len(part)

def answer(connection, directory, verb, argument):
    if verb == b"LIST":
        send_ok(connection, list_files(directory))
    elif verb == b"DOWNLOAD":
        with open_file(directory, argument) as file:
            send_file(connection, file)
    elif verb in TEXTS:
        send_ok(connection, TEXTS[verb])
    else:
        raise Refusal("UNKNOWN_COMMAND", "send HELP for the commands")
    return verb != b"LOGOUT"

def receive(session):
    try:
        session.connection.settimeout(max(session.end - time.monotonic(), 0.001))
        session.received = session.connection.recv(4096)
    except socket.timeout:
        raise Refusal("IDLE_TIMEOUT", "%d bytes of a line wait; end each line with a newline" % len(session.line))
    return session.received != b""

def text_of(session, byte):
    if not session.telnet and byte != b"\xff":
        return byte
    session.telnet += byte
    if TELNET.fullmatch(session.telnet):
        if session.telnet == b"\xff\xfd\x06":  # DO TIMING-MARK
            send(session.connection, b"\xff\xfc\x06")  # WONT TIMING-MARK
        session.telnet = b""
    return b""

def read_line(session):
    session.line, count, session.end = b"", 0, time.monotonic() + IDLE_TIMEOUT  # Telnet's bytes count too
    while not session.line.endswith(b"\n"):
        if count == MAX_LINE:
            raise Refusal("LINE_TOO_LONG", "a line has at most 1024 bytes; end each line with a newline")
        if not session.received and not receive(session):
            if session.line:
                raise Refusal("INCOMPLETE_LINE", "end each line with a newline")
            return None
        byte, session.received = session.received[:1], session.received[1:]
        session.line, count = session.line + text_of(session, byte), count + 1
    return session.line[:-2] if session.line.endswith(b"\r\n") else session.line[:-1]

def parse(line):
    if line.decode(errors="ignore").encode() != line:
        raise Refusal("NOT_TEXT", "send commands as UTF-8")
    verb, _, argument = line.strip(b" ").partition(b" ")
    verb, argument = verb.upper(), argument.lstrip(b" ")  # upper() of bytes changes ASCII letters only
    if verb in (b"LIST", b"HELP", b"LOGOUT") and argument or verb == b"DOWNLOAD" and not argument:
        raise Refusal("BAD_ARGUMENTS", "DOWNLOAD takes a filename, the others take nothing")
    return verb, argument

def converse(session, directory):
    send_ok(session.connection, b"Welcome. Send HELP for the commands.\n")
    while True:
        try:
            line = read_line(session)
            if line is None or not answer(session.connection, directory, *parse(line)):
                return
        except Refusal as refusal:
            send_err(session.connection, *refusal.args)
            if refusal.args[0] in ("LINE_TOO_LONG", "INCOMPLETE_LINE", "IDLE_TIMEOUT"):  # they end the session
                return

def close(connection):  # while bytes wait unread, to close would send a reset: the last reply could be lost
    connection.shutdown(socket.SHUT_WR)
    dropped, end = 0, time.monotonic() + 1
    while dropped < MAX_DROPPED and threading.active_count() < 2 * MAX_SESSIONS:
        connection.settimeout(max(end - time.monotonic(), 0.001))
        dropped += len(connection.recv(4096)) or MAX_DROPPED  # no bytes: the client has closed too

def serve(connection, directory):
    with connection, contextlib.suppress(OSError):  # a client that vanishes ends its own session, and nothing else
        if PLACES.acquire(blocking=False):  # looks for a place and takes it in one step
            try:
                converse(Session(connection), directory)
            finally:
                PLACES.release()  # before the client can see the end: who saw it can connect again
        else:
            send_err(connection, "SERVER_FULL", "all places are taken; try again later")
        close(connection)

def start(connection, directory):
    threading.Thread(target=serve, args=(connection, directory), daemon=True).start()

def main():
    listener = socket.create_server(("127.0.0.1", int(sys.argv[2])), backlog=128)
    while True:
        try:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            start(connection, os.fsencode(sys.argv[1]))
        except (OSError, RuntimeError):  # no descriptor or no thread is left: wait a moment, and do not spin
            time.sleep(0.1)

main()
