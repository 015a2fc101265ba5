"""An example: a server of the protocol in PROTOCOL.md.   python3 server.py DIR PORT

A thread for each client, the standard library alone, Python 3.8 or later. It knows no limit of sessions, no idle
time-out and no Telnet: what `lab check` says of those is left as an exercise.
"""
import io, os, socket, stat, sys, threading

class Refusal(Exception):
    """Its text stands behind ERR."""

def decoded(line):
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise Refusal("NOT_TEXT send commands as UTF-8")

def is_served(name):
    try:
        text = decoded(name)
    except Refusal:
        return False
    bad = any(c in "/\\" or ord(c) < 32 or 127 <= ord(c) < 160 for c in text)
    return 1 <= len(name) <= 255 and text[0] not in ". " and text[-1] != " " and not bad

def list_files(directory):
    with os.scandir(directory) as entries:  # the path is bytes, so the names are, and are sorted as bytes
        files = sorted((e.name, e) for e in entries if is_served(e.name) and e.is_file(follow_symlinks=False))
    return io.BytesIO(b"".join(b"%d %s\n" % (entry.stat().st_size, name) for name, entry in files))

def open_file(directory, name):
    if not is_served(name):
        raise Refusal("BAD_FILENAME no file here can have this name; LIST shows the files")
    path = os.path.join(directory, name)
    if not os.path.lexists(path) or not stat.S_ISREG(os.lstat(path).st_mode):
        raise Refusal("NOT_FOUND there is no such file; LIST shows the files")
    return open(path, "rb")  # "b": a file is bytes

def answer(line, directory):
    """The body that answers a command line, as an open file; or a Refusal."""
    decoded(line)
    line = line[:-2] if line.endswith(b"\r\n") else line[:-1]
    verb, _, argument = line.strip(b" ").partition(b" ")
    verb, argument = verb.upper(), argument.lstrip(b" ")
    if verb not in (b"LIST", b"DOWNLOAD", b"HELP", b"LOGOUT"):
        raise Refusal("UNKNOWN_COMMAND send HELP for the commands")
    if (verb == b"DOWNLOAD") != (argument != b""):
        raise Refusal("BAD_ARGUMENTS DOWNLOAD takes a filename, the others take nothing")
    if verb == b"LIST":
        return list_files(directory)
    if verb == b"DOWNLOAD":
        return open_file(directory, argument)
    return io.BytesIO(b"LIST\nDOWNLOAD <filename>\nHELP\nLOGOUT\n" if verb == b"HELP" else b"Goodbye.\n")

def send(connection, body):
    left = body.seek(0, io.SEEK_END)
    body.seek(0)
    connection.sendall(b"OK %d\n" % left)  # not send(), which may take less
    while left > 0:
        part = body.read(min(left, 65536))
        if not part:
            raise OSError("the file shrank: the promised size can't be kept")
        connection.sendall(part)
        left -= len(part)

def converse(connection, directory):
    send(connection, io.BytesIO(b"Welcome. Send HELP for the commands.\n"))
    lines = connection.makefile("rb")  # readline() reads until a line is complete, and keeps what follows it
    while True:
        line = lines.readline(1024)
        if line == b"":  # the end of the stream
            return
        if not line.endswith(b"\n"):
            code = b"LINE_TOO_LONG" if len(line) == 1024 else b"INCOMPLETE_LINE"
            return connection.sendall(b"ERR %s end each command with a newline\n" % code)
        try:
            body = answer(line, directory)
        except Refusal as refusal:
            connection.sendall(b"ERR %s\n" % str(refusal).encode())
            continue
        except OSError:
            connection.sendall(b"ERR READ_FAILED the system refuses it; tell the server's operator\n")
            continue
        with body:
            send(connection, body)
        if line.strip().upper() == b"LOGOUT":
            return

def serve(connection, directory):
    with connection:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            converse(connection, directory)
            # To close while input waits unread would be a reset, and could cost the client the last reply.
            connection.shutdown(socket.SHUT_WR)
            connection.settimeout(1)
            for _ in range(64):
                if not connection.recv(4096):
                    break
        except OSError:
            pass  # the client has vanished

def main():
    directory, port = os.fsencode(sys.argv[1]), int(sys.argv[2])
    with socket.create_server(("127.0.0.1", port), backlog=128) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=serve, args=(connection, directory), daemon=True).start()

main()
